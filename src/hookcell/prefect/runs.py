"""Prefect's flow runs and task runs: hookcell's own, with the attributes that Prefect's have."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from os import environ
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hookcell import runs as native
from hookcell.hooks import Hooks
from hookcell.prefect.exceptions import FlowRunTimeoutError, TaskRunTimeoutError
from hookcell.prefect.inputs import inputs_of
from hookcell.prefect.state import STANDS_FOR_SUBFLOW, Born, State, engine_made, tracking_id
from hookcell.prefect.strictness import refuse_misfits
from hookcell.runs import flow_run_of
from hookcell.states import RUNNING, StateType
from hookcell.states import State as NativeState

if TYPE_CHECKING:
    from uuid import UUID

# Names become ids by it: those of flows, which hookcell knows by name only.
_NAMES = uuid.UUID("5d0f7f4e-9c1b-5d5e-8a53-7f3f3c8f0b1a")
_enter = native.Run.enter


def id_of_flow(name: str) -> UUID:
    """Give the id of the flow of a name: the same in every session."""
    return uuid.uuid5(_NAMES, name)


class Record(SimpleNamespace):
    """A run made by hand, as tests do: the attributes it was given, None for any other."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class _MadeByHand(type):
    """Makes a record when a run is made by hand, with keywords only; the engine goes past it."""

    def __call__(cls, **known: Any) -> Any:
        return Record(**known)


class _Run(native.Run):
    """What Prefect's runs of both kinds have besides hookcell's."""

    __slots__ = ()

    keeps_state = True

    def enter(self, state: NativeState[Any]) -> bool:
        """Enter a state, which becomes one of Prefect's."""
        if type(state) is NativeState:
            state.__class__ = State
        return _enter(self, state)

    @property
    def tags(self) -> list[str]:  # type: ignore[override] # Prefect has a list, and people print it
        """Its tags, sorted."""
        return sorted(self._tags)

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments by name, defaults included; those for `*args` and `**kwargs` under these names."""
        try:
            bound = self.definition.binder.signature.bind(*self.args, **(self.kwargs or {}))  # type: ignore[attr-defined]
        except TypeError:  # they do not fit, which is why the run failed
            return self.definition.parameters_of(self)
        bound.apply_defaults()
        return dict(bound.arguments)

    @property
    def state_id(self) -> UUID:
        """The present state's id."""
        return self.state.id  # type: ignore[no-any-return,attr-defined] # its states are Prefect's

    @property
    def created(self) -> datetime:
        """When it was created (UTC)."""
        return self.expected_start_time

    @property
    def updated(self) -> datetime:
        """When its state last changed (UTC)."""
        return self.state.timestamp

    @property
    def total_run_time(self) -> timedelta:  # type: ignore[override] # Prefect's is no number
        """The time it has spent running, waits between tries left out."""
        steps = pairwise(self.story)
        return sum((after.timestamp - state.timestamp for state, after in steps if state.type is RUNNING), timedelta())

    @property
    def estimated_run_time(self) -> timedelta:
        """The time it has spent running so far, the present try included."""
        running = datetime.now(UTC) - self.state.timestamp if self.state.type is RUNNING else timedelta()
        return self.total_run_time + running

    @property
    def next_scheduled_start_time(self) -> datetime | None:
        """When a run that waits for its next try goes on (UTC)."""
        return self.state.state_details.scheduled_time if self.state.is_scheduled() else None  # type: ignore[attr-defined]

    @property
    def labels(self) -> dict[str, Any]:
        """Nothing: labels are what a server keeps."""
        return {}


class FlowRun(_Run, native.FlowRun, metaclass=_MadeByHand):
    """One execution of a flow. Made by hand with keywords, it is a plain record of them."""

    __slots__ = ()

    # Prefect's server lets each retry of a flow wait, if only for a moment, and then run.
    retry_name = None
    awaits_each_retry = True
    timeout_error = FlowRunTimeoutError

    def born(self, type_: StateType) -> Born[Any]:
        """Make its first state, from which the later ones know their run."""
        first: Born[Any] = engine_made(Born, type_)
        first.flow_number, first.task_number = self.number, None if self.parent is None else STANDS_FOR_SUBFLOW
        return first

    @classmethod
    def model_construct(cls, **known: Any) -> Any:
        """Make a record by hand."""
        return Record(**known)

    @property
    def flow_id(self) -> UUID:
        """The id of its flow."""
        return id_of_flow(self.definition.name)

    @property
    def flow_version(self) -> str | None:
        """The version of its flow."""
        return self.definition.version  # type: ignore[attr-defined,no-any-return]

    @property
    def parent_task_run_id(self) -> UUID | None:
        """The id of the task run that stands for it in the flow run around it, if there is one."""
        return tracking_id(self.id) if self.parent is not None else None

    @property
    def parent_flow_run_id(self) -> UUID | None:
        """The id of the flow run around it, if there is one."""
        around = flow_run_of(self.parent)
        return around.id if around is not None else None

    deployment_id = deployment_version = work_queue_name = work_queue_id = idempotency_key = None
    infrastructure_pid = infrastructure_document_id = created_by = None
    auto_scheduled = False


class TaskRun(_Run, native.TaskRun, metaclass=_MadeByHand):
    """One execution of a task. Made by hand with keywords, it is a plain record of them."""

    __slots__ = ()

    timeout_error = TaskRunTimeoutError

    def born(self, type_: StateType) -> Born[Any]:
        """Make its first state, from which the later ones know their run."""
        first: Born[Any] = engine_made(Born, type_)
        around = self.parent if self.parent.__class__ is FlowRun else self.flow_run
        first.flow_number, first.task_number = around.number if around is not None else None, self.number
        return first

    @classmethod
    def model_construct(cls, **known: Any) -> Any:
        """Make a record by hand."""
        return Record(**known)

    @property
    def name(self) -> str:
        """The name it was given, or the task's with the number of its run in hexadecimal: `load-000`."""
        if self.given_name is not None:
            return self.given_name
        if self.flow_run is None:
            return self.definition.name
        return f"{self.definition.name}-{self.dynamic_key}"

    @property
    def dynamic_key(self) -> str:
        """What tells it from other runs of its task in the same flow run."""
        return f"{self.ordinal if self.ordinal >= 0 else ~self.ordinal:03x}"

    @property
    def flow_run_id(self) -> UUID | None:
        """The id of the flow run it belongs to."""
        around = self.flow_run
        return around.id if around is not None else None

    @property
    def flow_run_run_count(self) -> int:
        """How many tries its flow run had begun when it was asked for."""
        around = self.flow_run
        return around.run_count if around is not None else 0

    @property
    def task_key(self) -> str:
        """What its task is known by."""
        return self.definition.task_key  # type: ignore[attr-defined,no-any-return]

    @property
    def task_version(self) -> str | None:
        """The version of its task."""
        return self.definition.version  # type: ignore[attr-defined,no-any-return]

    @property
    def task_inputs(self) -> dict[str, Any]:
        """Where its arguments came from, by parameter."""
        return inputs_of(self)

    cache_key = cache_expiration = None


# -- what the engine calls to make a run -------------------------------------------------------------------------------

# Prefect's runner sets it for the process of a run whose hooks it calls itself.
ENABLED = "PREFECT__ENABLE_CANCELLATION_AND_CRASHED_HOOKS"
_NO_CANCELLATION = Hooks(on_cancellation=[]).plan("flow")


def begin_flow_run(flow: Any, parent: native.Run | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> FlowRun:
    """Make a flow run.

    Raises:
        ParameterBindError: The arguments do not fit the signature; as in Prefect there is no run then.
    """
    if kwargs or not flow.binder._least <= len(args) <= flow.binder._most:
        refuse_misfits(flow.binder, args, kwargs)
    run: FlowRun = engine_made(FlowRun, flow, parent, args, kwargs)
    if parent is None and "on_cancellation" in flow.hooks and environ.get(ENABLED, "").lower() in {"0", "false"}:
        run.due = run.due.replacing(_NO_CANCELLATION)
    return run


def begin_task_run(task: Any, parent: native.Run | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TaskRun:
    """Make a task run.

    Raises:
        ParameterBindError: The arguments do not fit the signature; as in Prefect there is no run then.
    """
    if kwargs or not task.binder._least <= len(args) <= task.binder._most:
        refuse_misfits(task.binder, args, kwargs)
    return engine_made(TaskRun, task, parent, args, kwargs)  # type: ignore[no-any-return]


__all__ = ["FlowRun", "Record", "TaskRun", "id_of_flow"]
