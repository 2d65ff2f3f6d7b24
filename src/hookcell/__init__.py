"""hookcell runs workflows inside a Jupyter kernel and lets code react to every change of state."""

from __future__ import annotations

from hookcell.definitions import every_run, tags
from hookcell.errors import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    HookcellError,
    HookSignatureError,
    HookTimeout,
    InvalidMove,
    InvalidNameError,
    MappingLengthMismatch,
    MappingMissingIterable,
    ParameterBindError,
    ParameterTypeError,
    PausedRun,
    ReservedArgumentError,
    RunEnded,
    RunInterrupted,
    RunTimeout,
    SelfWaitError,
    UnfinishedRun,
    UnknownOptionError,
    UpstreamTaskError,
)
from hookcell.flows import Flow, flow
from hookcell.futures import Future, FutureList
from hookcell.hooks import HookRun, Hooks, hook
from hookcell.injection import provide
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

__version__ = "0.1.0"


def load_ipython_extension(shell: object) -> None:
    """Add hookcell to a notebook: `%load_ext hookcell`."""
    from hookcell.notebook.magics import load  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take hookcell out of a notebook: `%unload_ext hookcell`."""
    from hookcell.notebook.magics import unload  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

    unload(shell)


__all__ = [
    "Cancelled",
    "CancelledRun",
    "Cancelling",
    "Completed",
    "Crashed",
    "CrashedRun",
    "Failed",
    "FailedRun",
    "Flow",
    "FlowRun",
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
    "Task",
    "TaskRun",
    "ThreadRunner",
    "UnfinishedRun",
    "UnknownOptionError",
    "UpstreamTaskError",
    "every_run",
    "flow",
    "hook",
    "provide",
    "remembered",
    "session",
    "tags",
    "task",
]
