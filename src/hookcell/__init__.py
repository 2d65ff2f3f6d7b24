"""hookcell runs workflows inside a Jupyter kernel and lets code react to every change of state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hookcell import deeds, watching
from hookcell.annotations import allow_failure, opaque, quote, unmapped
from hookcell.conditions import hook
from hookcell.definitions import every_run, tags
from hookcell.errors import (
    CancelledRun,
    CannotRunAgain,
    CrashedRun,
    DamagedStore,
    FailedRun,
    ForeignStore,
    HookcellError,
    HookSignatureError,
    HookTimeout,
    InvalidMove,
    InvalidNameError,
    MappingLengthMismatch,
    MappingMissingIterable,
    MissingContextError,
    NewerStore,
    ParameterBindError,
    ParameterTypeError,
    PausedRun,
    ReservedArgumentError,
    RunEnded,
    RunInterrupted,
    RunTimeout,
    SelfWaitError,
    StoreError,
    TerminationSignal,
    UnfinishedRun,
    UnknownOptionError,
    UpstreamTaskError,
    WaitTimeout,
)
from hookcell.flows import Flow, flow
from hookcell.futures import DoneAndNotDone, Future, FutureList, as_completed, wait
from hookcell.hooks import HookRun, Hooks
from hookcell.injection import provide
from hookcell.log import get_run_logger
from hookcell.policies import exponential_backoff
from hookcell.runners.local import InlineRunner, ThreadRunner
from hookcell.runs import FlowRun, Run, TaskRun
from hookcell.session import Listener, session
from hookcell.states import (
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
)
from hookcell.store.memory import MemoryStore, remembered
from hookcell.tasks import Task, task
from hookcell.watching import Watching, watch

if TYPE_CHECKING:
    from hookcell import notify as notify
    from hookcell import prefect as prefect
    from hookcell import testing as testing
    from hookcell import zenml as zenml

__version__ = "0.1.0"

session.acts = deeds.Deeds()
watching.watch_as_asked()


def load_ipython_extension(shell: object) -> None:
    """Add hookcell to a notebook: `%load_ext hookcell`."""
    from hookcell.notebook.magics import load  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take hookcell out of a notebook: `%unload_ext hookcell`."""
    from hookcell.notebook.magics import unload  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

    unload(shell)


# Loaded when they are first asked for, because `import hookcell` is to be quick.
_PARTS = frozenset({"notify", "prefect", "testing", "zenml"})

if not TYPE_CHECKING:  # they would take every name for one that exists

    def __getattr__(name: str) -> object:
        if name not in _PARTS:
            raise AttributeError(f"module 'hookcell' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 -- most sessions need none of the parts

        return import_module(f"hookcell.{name}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *_PARTS})


__all__ = [
    "Cancelled",
    "CancelledRun",
    "Cancelling",
    "CannotRunAgain",
    "Completed",
    "Crashed",
    "CrashedRun",
    "DamagedStore",
    "DoneAndNotDone",
    "Failed",
    "FailedRun",
    "Flow",
    "FlowRun",
    "ForeignStore",
    "Future",
    "FutureList",
    "HookRun",
    "HookSignatureError",
    "HookTimeout",
    "HookcellError",
    "Hooks",
    "InlineRunner",
    "InvalidMove",
    "InvalidNameError",
    "Listener",
    "MappingLengthMismatch",
    "MappingMissingIterable",
    "MemoryStore",
    "MissingContextError",
    "NewerStore",
    "ParameterBindError",
    "ParameterTypeError",
    "Paused",
    "PausedRun",
    "Pending",
    "ReservedArgumentError",
    "Run",
    "RunEnded",
    "RunInterrupted",
    "RunTimeout",
    "Running",
    "Scheduled",
    "SelfWaitError",
    "State",
    "StateType",
    "StoreError",
    "Task",
    "TaskRun",
    "TerminationSignal",
    "ThreadRunner",
    "UnfinishedRun",
    "UnknownOptionError",
    "UpstreamTaskError",
    "WaitTimeout",
    "Watching",
    "allow_failure",
    "as_completed",
    "every_run",
    "exponential_backoff",
    "flow",
    "get_run_logger",
    "hook",
    "opaque",
    "provide",
    "quote",
    "remembered",
    "session",
    "tags",
    "task",
    "unmapped",
    "wait",
    "watch",
]
