"""Prefect's states: hookcell's own, which also know which run they belong to."""

from __future__ import annotations

import copy
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell import states as native
from hookcell.annotations import Annotation
from hookcell.errors import PausedRun, crash_message, describe
from hookcell.policies import returned
from hookcell.prefect._either import either_way
from hookcell.prefect.exceptions import MissingResult
from hookcell.session import session
from hookcell.states import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
    StateType,
    failure_of,
    story_of,
)
from hookcell.store.memory import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

R = TypeVar("R")
TERMINAL_STATES = native.FINAL


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


def _details(given: StateDetails | dict[str, Any] | None) -> StateDetails:
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
            state._details, state._id = _details(state_details), id
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


_FAILURES = frozenset({FAILED, CRASHED, CANCELLED})


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
        return self._run_ids


Recalled.__name__ = "State"


def _recalled(type_: StateType, name: str, message: str | None, data: Any, at: float, run_ids: Any) -> Recalled[Any]:
    state: Recalled[Any] = engine_made(Recalled, type_, name, message, data, at)
    state.flow_number = state.task_number = None
    state._run_ids = run_ids
    return state


def _id_of(number: int | None) -> UUID | None:
    return uuid.UUID(int=session.bits | number) if number is not None else None


# -- constructors ----------------------------------------------------------------------------------------------------


def Scheduled(cls: type[State[Any]] = State, scheduled_time: datetime | None = None, **known: Any) -> State[Any]:
    """Make a SCHEDULED state.

    Args:
        cls: The class of state to make.
        scheduled_time: When the run shall start (UTC); now if None.
        **known: What else `State` takes.

    Raises:
        ValueError: The time is given twice.
    """
    details = _details(known.pop("state_details", None))
    if scheduled_time is not None and details.scheduled_time is not None:
        raise ValueError("An extra scheduled_time was provided in state_details")
    details.scheduled_time = scheduled_time or details.scheduled_time or datetime.now(UTC)
    return cls(type=SCHEDULED, state_details=details, **known)


def Completed(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a COMPLETED state."""
    return cls(type=COMPLETED, **known)


def Running(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a RUNNING state."""
    return cls(type=RUNNING, **known)


def Failed(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a FAILED state."""
    return cls(type=FAILED, **known)


def Crashed(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a CRASHED state."""
    return cls(type=CRASHED, **known)


def Cancelling(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a CANCELLING state."""
    return cls(type=CANCELLING, **known)


def Cancelled(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a CANCELLED state."""
    return cls(type=CANCELLED, **known)


def Pending(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a PENDING state."""
    return cls(type=PENDING, **known)


def Paused(
    cls: type[State[Any]] = State,
    timeout_seconds: float | None = None,
    pause_expiration_time: datetime | None = None,
    reschedule: bool = False,
    pause_key: str | None = None,
    **known: Any,
) -> State[Any]:
    """Make a PAUSED state.

    Args:
        cls: The class of state to make.
        timeout_seconds: How long the pause may last.
        pause_expiration_time: When it ends at the latest (UTC); not together with `timeout_seconds`.
        reschedule: Whether the run is to be started anew afterwards.
        pause_key: What tells this pause from others of the run.
        **known: What else `State` takes.

    Raises:
        ValueError: The end of the pause is given twice.
    """
    details = _details(known.pop("state_details", None))
    if details.pause_timeout:
        raise ValueError("An extra pause timeout was provided in state_details")
    if pause_expiration_time is not None and timeout_seconds is not None:
        raise ValueError("Cannot supply both a pause_expiration_time and timeout_seconds")
    if timeout_seconds is not None:
        pause_expiration_time = datetime.now(UTC) + timedelta(seconds=timeout_seconds)
    details.pause_timeout, details.pause_reschedule, details.pause_key = pause_expiration_time, reschedule, pause_key
    return cls(type=PAUSED, state_details=details, **known)


def Suspended(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make a PAUSED state of a run that has left its process."""
    return Paused(cls, **{"name": "Suspended", "reschedule": True, **known})


def AwaitingRetry(cls: type[State[Any]] = State, scheduled_time: datetime | None = None, **known: Any) -> State[Any]:
    """Make the SCHEDULED state between two tries."""
    return Scheduled(cls, scheduled_time, **{"name": "AwaitingRetry", **known})


def AwaitingConcurrencySlot(
    cls: type[State[Any]] = State, scheduled_time: datetime | None = None, **known: Any
) -> State[Any]:
    """Make the SCHEDULED state of a run that waits for its turn."""
    return Scheduled(cls, scheduled_time, **{"name": "AwaitingConcurrencySlot", **known})


def Late(cls: type[State[Any]] = State, scheduled_time: datetime | None = None, **known: Any) -> State[Any]:
    """Make the SCHEDULED state of a run that should have started."""
    return Scheduled(cls, scheduled_time, **{"name": "Late", **known})


def Retrying(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make the RUNNING state of a further try."""
    return cls(type=RUNNING, **{"name": "Retrying", **known})


def Submitting(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make the PENDING state of a run that is being handed over."""
    return cls(type=PENDING, **{"name": "Submitting", **known})


def InfrastructurePending(cls: type[State[Any]] = State, **known: Any) -> State[Any]:
    """Make the PENDING state of a run whose machine is not there yet."""
    return cls(type=PENDING, **{"name": "InfrastructurePending", **known})


# -- several states ----------------------------------------------------------------------------------------------------


class StateGroup:
    """Several states, counted."""

    def __init__(self, states: Iterable[native.State[Any]]) -> None:
        self.states = list(states)
        self.type_counts: Counter[StateType] = Counter(state.type for state in self.states)
        self.total_count = len(self.states)
        self.cancelled_count = self.type_counts[CANCELLED]
        self.paused_count = self.type_counts[PAUSED]
        self.final_count = sum(state.is_final() for state in self.states)
        self.not_final_count = self.total_count - self.final_count

    @property
    def fail_count(self) -> int:
        """How many have failed or crashed."""
        return self.type_counts[FAILED] + self.type_counts[CRASHED]

    def all_completed(self) -> bool:
        """Whether all are COMPLETED."""
        return self.type_counts[COMPLETED] == self.total_count

    def any_cancelled(self) -> bool:
        """Whether one is CANCELLED."""
        return self.cancelled_count > 0

    def any_failed(self) -> bool:
        """Whether one is FAILED or CRASHED."""
        return self.fail_count > 0

    def any_paused(self) -> bool:
        """Whether one is PAUSED."""
        return self.paused_count > 0

    def all_final(self) -> bool:
        """Whether all have ended."""
        return self.final_count == self.total_count

    def counts_message(self) -> str:
        """Say how many there are of each type.

        >>> StateGroup([Completed(), Running()]).counts_message()
        "total=2, not_final=1, 'COMPLETED'=1, 'RUNNING'=1"
        """
        told = [f"total={self.total_count}"]
        told += [f"not_final={self.not_final_count}"] if self.not_final_count else []
        return ", ".join(told + [f"{type_.value!r}={count}" for type_, count in self.type_counts.items()])

    def __repr__(self) -> str:
        return f"StateGroup<{self.counts_message()}>"


def is_state(obj: Any) -> bool:
    """Whether something is a state."""
    return isinstance(obj, native.State)


def is_state_iterable(obj: Any) -> bool:
    """Whether something is a list, tuple or set of states and nothing else, and not empty."""
    if isinstance(obj, Annotation) or not isinstance(obj, list | tuple | set) or not obj:
        return False
    return all(isinstance(one, native.State) for one in obj)


# -- states and exceptions ---------------------------------------------------------------------------------------------


def _exception_of(state: native.State[Any]) -> BaseException:
    if state.type not in _FAILURES:
        raise ValueError(f"Expected failed or crashed state got {state!r}.")
    if isinstance(state.data, native.State) and state.data.type not in _FAILURES:
        raise ValueError(f"Expected failed or crashed state got {state.data!r}.")
    error = failure_of(state)
    if isinstance(error, TypeError | ValueError) and error is not state.data and not _comes_from(state.data):
        raise error  # the state cannot be read
    return error


def _comes_from(data: Any) -> bool:
    """Whether a state's data leads to an exception by way of further states that have failed."""
    inner = [data] if isinstance(data, native.State) else data if is_state_iterable(data) else ()
    return any(one.type in _FAILURES for one in inner)


@either_way
def get_state_exception(state: native.State[Any]) -> BaseException:
    """Give the exception that a failed, crashed or cancelled state stands for; may be awaited.

    Raises:
        ValueError: The state is of another type.
        TypeError: Its data cannot be read as an exception.
    """
    return _exception_of(state)


async def aget_state_exception(state: native.State[Any]) -> BaseException:
    """Give the exception that a failed, crashed or cancelled state stands for."""
    return _exception_of(state)


@either_way
def raise_state_exception(state: native.State[Any]) -> None:
    """Raise what a failed, crashed or cancelled state stands for; of any other, do nothing."""
    if state.type in _FAILURES:
        raise _exception_of(state)


async def araise_state_exception(state: native.State[Any]) -> None:
    """Raise what a failed, crashed or cancelled state stands for; of any other, do nothing."""
    raise_state_exception(state, _sync=True)


format_exception = describe


@either_way
def exception_to_crashed_state(exc: BaseException, result_store: Any = None) -> State[Any]:
    """Make the state of a run that an exception from outside its code has ended."""
    return Crashed(message=crash_message(exc), data=exc)


@either_way
def exception_to_failed_state(
    exc: BaseException | None = None,
    result_store: Any = None,
    write_result: bool = False,
    **known: Any,
) -> State[Any]:
    """Make the state of a run that raised an exception: the one being handled, if none is given.

    Raises:
        ValueError: There is no exception.
    """
    exc = exc or sys.exc_info()[1]
    if exc is None:
        raise ValueError("Exception was not passed and no active exception could be found.")
    before = known.pop("message", None) or ""
    message = before + (" " if before and not before.endswith(" ") else "") + describe(exc)
    return Failed(data=exc, message=message, **known)


@either_way
def return_value_to_state(retval: Any, *_result_store: Any, **_known: Any) -> State[Any]:
    """Make the state of a run from what its function returned, by Prefect's rules."""
    if isinstance(retval, State):
        details = retval.state_details
        if details.flow_run_id is None and details.task_run_id is None:
            return retval
        state = as_prefect(returned([retval]))
        state.data = retval
        return state
    return as_prefect(returned(retval, keeps_state=True))


def as_prefect(state: native.State[Any]) -> State[Any]:
    """Make a state of hookcell's one of Prefect's: the same object, of another class."""
    if type(state) is native.State:
        state.__class__ = State
    return state  # type: ignore[return-value]


__all__ = [
    "TERMINAL_STATES",
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "InfrastructurePending",
    "Late",
    "Paused",
    "PausedRun",
    "Pending",
    "Retrying",
    "Running",
    "Scheduled",
    "State",
    "StateDetails",
    "StateGroup",
    "StateType",
    "Submitting",
    "Suspended",
    "aget_state_exception",
    "araise_state_exception",
    "exception_to_crashed_state",
    "exception_to_failed_state",
    "format_exception",
    "get_state_exception",
    "is_state",
    "is_state_iterable",
    "raise_state_exception",
    "return_value_to_state",
]
