"""Prefect's states: what is made of several, of exceptions and of returned values; all names of `prefect.states`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell import states as native
from hookcell.annotations import Annotation
from hookcell.errors import PausedRun, crash_message, describe
from hookcell.policies import returned
from hookcell.prefect._either import either_way
from hookcell.prefect.made_states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    InfrastructurePending,
    Late,
    Paused,
    Pending,
    Retrying,
    Running,
    Scheduled,
    Submitting,
    Suspended,
)
from hookcell.prefect.state import FAILURES, State, StateDetails, as_prefect
from hookcell.states import CANCELLED, COMPLETED, CRASHED, FAILED, PAUSED, StateType, failure_of

if TYPE_CHECKING:
    from collections.abc import Iterable

TERMINAL_STATES = native.FINAL


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
    if state.type not in FAILURES:
        raise ValueError(f"Expected failed or crashed state got {state!r}.")
    if isinstance(state.data, native.State) and state.data.type not in FAILURES:
        raise ValueError(f"Expected failed or crashed state got {state.data!r}.")
    error = failure_of(state)
    if isinstance(error, TypeError | ValueError) and error is not state.data and not _comes_from(state.data):
        raise error  # the state cannot be read
    return error


def _comes_from(data: Any) -> bool:
    """Whether a state's data leads to an exception by way of further states that have failed."""
    inner = [data] if isinstance(data, native.State) else data if is_state_iterable(data) else ()
    return any(one.type in FAILURES for one in inner)


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
    if state.type in FAILURES:
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
