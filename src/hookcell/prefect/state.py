"""The state of Prefect's runs: hookcell's own, which also knows which run it belongs to."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell import states as native
from hookcell.prefect._either import either_way
from hookcell.prefect.exceptions import MissingResult
from hookcell.session import session
from hookcell.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    SCHEDULED,
    StateType,
    story_of,
)
from hookcell.store.memory import remembered

if TYPE_CHECKING:
    from uuid import UUID

R = TypeVar("R")


@dataclass
class StateDetails:
    """What else is known of a state: its run, and times that belong to its type.

    Attributes:
        flow_run_id: The flow run it belongs to, or in which its task run is.
        task_run_id: The task run it belongs to.
        scheduled_time: When a SCHEDULED run shall start (UTC).
        pause_timeout: When a pause ends by itself (UTC).
    """

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = None
    scheduled_time: datetime | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    deferred: bool | None = None
    untrackable_result: bool = False
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = None
    task_parameters_id: UUID | None = None


_DETAILS = frozenset(one.name for one in fields(StateDetails))


def details_of(given: StateDetails | dict[str, Any] | None) -> StateDetails:
    """Give details, of a dict too; what they do not know is left out."""
    if isinstance(given, StateDetails):
        return given
    return StateDetails(**{name: value for name, value in (given or {}).items() if name in _DETAILS})


class _MadeByHand(type):
    """Makes a state with a place for details, if it is given any; the engine goes past it."""

    def __call__(
        cls,
        type: StateType | str,  # noqa: A002 -- the field's word
        name: str | None = None,
        message: str | None = None,
        data: Any = None,
        timestamp: datetime | None = None,
        state_details: StateDetails | dict[str, Any] | None = None,
        id: UUID | None = None,  # noqa: A002 -- Prefect's word
    ) -> Any:
        detailed = cls is State and not (state_details is None and id is None)
        at = None if timestamp is None else timestamp.timestamp()
        state: Any = engine_made(_Detailed if detailed else cls, StateType(type), name, message, data, at)
        if detailed:
            state._details, state._id = details_of(state_details), id
        return state


# What makes an instance when no class of ours is asked.
engine_made: Any = type.__call__


class State(native.State[R], metaclass=_MadeByHand):
    """What a run is in at one time.

    Args:
        type: What kind of state it is.
        name: A word for people; the type's own word if None.
        message: Why, in a sentence.
        data: A result, or an exception.
        timestamp: When it was made (UTC); now if None.
        state_details: What else is known of it.
        id: What it is known by; made up if None.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # what the metaclass takes, for readers of types

        def __init__(
            self,
            type: StateType | str,  # noqa: A002 -- the field's word
            name: str | None = None,
            message: str | None = None,
            data: Any = None,
            timestamp: datetime | None = None,
            state_details: StateDetails | dict[str, Any] | None = None,
            id: UUID | None = None,  # noqa: A002 -- Prefect's word
        ) -> None:
            """Make a state."""

    @property
    def id(self) -> UUID:
        """What the state is known by."""
        return uuid.UUID(bytes=pack(">dQ", self.at, id(self)))

    @property
    def state_details(self) -> StateDetails:
        """Which run it belongs to, and times that belong to its type."""
        details = StateDetails()
        if self.type is SCHEDULED:
            wait = self.data if self.name == "AwaitingRetry" and isinstance(self.data, int | float) else 0
            details.scheduled_time = self.timestamp + timedelta(seconds=wait)
        *_, oldest = story_of(self)
        if isinstance(oldest, Born):
            details.flow_run_id, details.task_run_id = oldest.run_ids
        return details

    @property
    def whose(self) -> str | None:
        """The run it belongs to, in words, if the session remembers it."""
        *_, oldest = story_of(self)
        run = remembered.find(oldest.number) if isinstance(oldest, Born) else None
        return f"{run.definition.kind} run {run.name!r}" if run is not None else None

    @either_way
    def result(self, raise_on_failure: bool = True, retry_result_failure: bool = True) -> Any:
        """Give what the run returned, or raise what it raised; may be awaited.

        Args:
            raise_on_failure: False returns the exception instead of raising it.
            retry_result_failure: Not used: results are never fetched.

        Raises:
            UnfinishedRun: The state is not final (PausedRun for a paused one).
            MissingResult: A completed state was made by hand, without a result.
            FailedRun, CrashedRun, CancelledRun: The run left no exception of its own.
        """
        if self.type is COMPLETED and self.data is None and self.before is None:
            raise MissingResult("State data is missing. Typically, this occurs when a state was made without data=.")
        return native.State.result(self, raise_on_failure=raise_on_failure)

    async def aresult(self, raise_on_failure: bool = True, retry_result_failure: bool = True) -> Any:
        """Give what the run returned, or raise what it raised."""
        return self.result(raise_on_failure, retry_result_failure, _sync=True)

    def copy(self) -> State[R]:
        """Make a state like this one that no run has entered."""
        new = copy.copy(self)
        new.before = None
        return new

    def model_copy(self, *, update: dict[str, Any] | None = None, deep: bool = False) -> State[R]:
        """Make a copy with another id, made now, some fields changed.

        Args:
            update: Fields to change.
            deep: Whether to copy the data too.
        """
        known = {
            "type": self.type,
            "name": self.name,
            "message": self.message,
            "data": copy.deepcopy(self.data) if deep else self.data,
            "state_details": replace(self.state_details),
        }
        return State(**{**known, **(update or {})})

    def fresh_copy(self, **update: Any) -> State[R]:
        """Make a copy with another id, made now, that belongs to no run."""
        details = replace(self.state_details, flow_run_id=None, task_run_id=None)
        return self.model_copy(update={"state_details": details, **update})


FAILURES = frozenset({FAILED, CRASHED, CANCELLED})


class _Detailed(State[R]):
    """A state made by hand, with details."""

    __slots__ = ("_details", "_id")

    _details: StateDetails
    _id: UUID | None

    @property
    def id(self) -> UUID:
        return self._id or super().id

    @property
    def state_details(self) -> StateDetails:
        details = self._details
        if self.type is SCHEDULED and details.scheduled_time is None:
            details.scheduled_time = self.timestamp
        *_, oldest = story_of(self)
        if isinstance(oldest, Born):
            details.flow_run_id, details.task_run_id = oldest.run_ids
        return details


_Detailed.__name__ = "State"  # and not its __qualname__, by which pickle finds it


STANDS_FOR_SUBFLOW = -1


def tracking_id(flow_run_id: UUID | None) -> UUID | None:
    """Give the id of the task run that stands for a subflow run in the flow run around it."""
    return uuid.uuid5(flow_run_id, "task run") if flow_run_id is not None else None


class Born(State[R]):
    """The state a run is born in: by it the later ones know their run.

    It holds numbers, not the run: a run and its states in a circle would wait for the garbage collector.
    """

    __slots__ = ("flow_number", "task_number")

    flow_number: int | None
    task_number: int | None

    @property
    def number(self) -> int | None:
        """The number of the run."""
        return self.flow_number if self.task_number in {None, STANDS_FOR_SUBFLOW} else self.task_number

    @property
    def run_ids(self) -> tuple[UUID | None, UUID | None]:
        """The ids of the flow run and of the task run; of a subflow, that of the task run that stands for it."""
        flow_run_id = _id_of(self.flow_number)
        if self.task_number == STANDS_FOR_SUBFLOW:
            return flow_run_id, tracking_id(flow_run_id)
        return flow_run_id, _id_of(self.task_number)

    def __reduce__(self) -> tuple[Any, ...]:
        """Send the ids along: in another session the numbers are those of other runs."""
        return _recalled, (self.type, self.name, self.message, self.data, self.at, self.run_ids)


Born.__name__ = "State"


class Recalled(Born[R]):
    """The first state of a run of another session."""

    __slots__ = ("_run_ids",)

    _run_ids: tuple[UUID | None, UUID | None]

    @property
    def run_ids(self) -> tuple[UUID | None, UUID | None]:
        """The ids of the flow run and of the task run, as they were where it was sent from."""
        return self._run_ids


Recalled.__name__ = "State"


def _recalled(type_: StateType, name: str, message: str | None, data: Any, at: float, run_ids: Any) -> Recalled[Any]:
    state: Recalled[Any] = engine_made(Recalled, type_, name, message, data, at)
    state.flow_number = state.task_number = None
    state._run_ids = run_ids
    return state


def _id_of(number: int | None) -> UUID | None:
    return uuid.UUID(int=session.bits | number) if number is not None else None


def as_prefect(state: native.State[Any]) -> State[Any]:
    """Make a state of hookcell's one of Prefect's: the same object, of another class."""
    if type(state) is native.State:
        state.__class__ = State
    return state  # type: ignore[return-value]
