"""States: what a run can be in, and which state may follow which."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hookcell.brief import brief
from hookcell.errors import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    PausedRun,
    RunEnded,
    TerminationSignal,
    UnfinishedRun,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

R = TypeVar("R")
_clock = time.time


class StateType(str, Enum):  # noqa: UP042 -- as in Prefect: its members print as StateType.RUNNING
    """The kind of a state, in Prefect's words; hooks are chosen by it, never by a state's name."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"

    # Enum hashes by name in Python code; types are dict keys on the hot path.
    __hash__ = str.__hash__

    final: bool
    word: str
    then: frozenset[StateType]


SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING, COMPLETED, FAILED, CANCELLED, CRASHED = StateType
FINAL = frozenset({COMPLETED, FAILED, CANCELLED, CRASHED})

# Every move a run may make. PENDING -> PENDING is NotReady; RUNNING -> RUNNING is Retrying without a delay.
MOVES: dict[StateType, frozenset[StateType]] = {
    SCHEDULED: frozenset({PENDING, RUNNING, CANCELLING, *FINAL}),
    PENDING: frozenset({PENDING, SCHEDULED, RUNNING, PAUSED, CANCELLING, *FINAL}),
    RUNNING: frozenset({RUNNING, SCHEDULED, PENDING, PAUSED, CANCELLING, *FINAL}),
    PAUSED: frozenset({PENDING, SCHEDULED, RUNNING, CANCELLING, *FINAL}),
    CANCELLING: frozenset({CANCELLED, CRASHED}),
    **{type_: frozenset() for type_ in FINAL},
}

for _type in StateType:
    _type.final, _type.word, _type.then = _type in FINAL, _type.value.capitalize(), MOVES[_type]


class State(Generic[R]):
    """What a run is in at one time; a run's story is the chain of its states by `before`.

    Args:
        type: What kind of state it is; hooks are chosen by it.
        name: A word for people; the type's own word if None.
        message: Why, in a sentence.
        data: A result (Completed) or an exception (Failed, Crashed, Cancelled).
        at: When it was made, in seconds since 1970 UTC; now if None.
    """

    __slots__ = ("at", "before", "data", "message", "name", "type")

    type: StateType
    name: str
    message: str | None
    data: Any
    at: float

    def __init__(
        self,
        type: StateType,  # noqa: A002 -- the field's word, as in Prefect
        name: str | None = None,
        message: str | None = None,
        data: Any = None,
        at: float | None = None,
    ) -> None:
        self.type = type
        self.name = name or type.word
        self.message = message
        self.data = data
        self.at = _clock() if at is None else at
        self.before: State[Any] | None = None

    @property
    def timestamp(self) -> datetime:
        """When the state was made (UTC)."""
        from datetime import UTC, datetime  # noqa: PLC0415 -- only people ask for it, and it costs import time

        return datetime.fromtimestamp(self.at, UTC)

    def is_scheduled(self) -> bool:
        """Whether the type is SCHEDULED."""
        return self.type is SCHEDULED

    def is_pending(self) -> bool:
        """Whether the type is PENDING."""
        return self.type is PENDING

    def is_running(self) -> bool:
        """Whether the type is RUNNING."""
        return self.type is RUNNING

    def is_completed(self) -> bool:
        """Whether the type is COMPLETED."""
        return self.type is COMPLETED

    def is_failed(self) -> bool:
        """Whether the type is FAILED."""
        return self.type is FAILED

    def is_crashed(self) -> bool:
        """Whether the type is CRASHED."""
        return self.type is CRASHED

    def is_cancelled(self) -> bool:
        """Whether the type is CANCELLED."""
        return self.type is CANCELLED

    def is_cancelling(self) -> bool:
        """Whether the type is CANCELLING."""
        return self.type is CANCELLING

    def is_paused(self) -> bool:
        """Whether the type is PAUSED."""
        return self.type is PAUSED

    def is_final(self) -> bool:
        """Whether no other state can follow."""
        return self.type.final

    @property
    def exception(self) -> BaseException | None:
        """The exception that ended the run, if one did."""
        return self.data if isinstance(self.data, BaseException) else None

    @property
    def traceback(self) -> str:
        """The exception's traceback as text, or an empty string."""
        if self.exception is None:
            return ""
        import traceback  # noqa: PLC0415 -- only people ask for it, and it costs import time

        return "".join(traceback.format_exception(self.exception))

    def result(self, *, raise_on_failure: bool = True) -> R:
        """Give what the run returned, or raise what it raised.

        Args:
            raise_on_failure: False returns the exception instead of raising it.

        Raises:
            UnfinishedRun: The state is not final (PausedRun for a paused one).
            FailedRun, CrashedRun, CancelledRun: The run left no exception of its own.
        """
        if not self.type.final:
            raise unfinished(self.type)
        if self.type is COMPLETED:
            return self.data  # type: ignore[no-any-return]
        error = failure_of(self)
        if raise_on_failure:
            raise error
        return error if self.data is None else self.data  # type: ignore[return-value]

    def copy(self) -> State[R]:
        """Make a state like this one that no run has entered."""
        return State(self.type, self.name, self.message, self.data, self.at)

    def __str__(self) -> str:
        parts = [repr(self.message)] if self.message else []
        parts += [f"type={self.type.value}"] if self.name != self.type.word else []
        return f"{self.name}({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"{self.name!s:.200}(message={brief(self.message)}, type={self.type.value}, result={brief(self.data)})"


def unfinished(type_: StateType) -> RunEnded:
    """Give the error for asking a state that is not final for its result."""
    if type_ is PAUSED:
        return PausedRun("Run is paused, its result is not available.")
    return UnfinishedRun(f"Run is in {type_.value} state, its result is not available.")


def by_signal(state: State[Any]) -> bool:
    """Whether it was SIGTERM that led to a state."""
    return isinstance(state.data, TerminationSignal)


_ENDED: dict[StateType, tuple[type[RunEnded], str]] = {
    FAILED: (FailedRun, "Run failed."),
    CRASHED: (CrashedRun, "Run crashed."),
    CANCELLED: (CancelledRun, "Run cancelled."),
}


def failure_of(state: State[Any]) -> BaseException:
    """Give the exception that a failed, crashed or cancelled state stands for.

    Prefect's rules: the exception in `data`; a text becomes FailedRun and the like; of several states the first
    failed one counts.
    """
    wrapper, default = _ENDED[state.type]
    match state.data:
        case None:
            return wrapper(state.message or default)
        case BaseException() as error:
            return error
        case str() as text:
            return wrapper(text)
        case State() as inner:
            return failure_of(inner) if inner.type in _ENDED else wrapper(state.message or default)
        case list() | tuple() | set() | frozenset() as several if several and all(
            isinstance(s, State) for s in several
        ):
            return _first_failure(several)
        case other:
            what = f"{shown(other)} —— {type(other).__name__}"
            return TypeError(f"Unexpected result for failed state: {what} cannot be resolved into an exception")


def _first_failure(states: Any) -> BaseException:
    for state in states:
        if state.type in _ENDED:
            return failure_of(state)
    return ValueError("Failed state result was an iterable of states but none were failed.")


def story_of(state: State[Any] | None) -> Iterator[State[Any]]:
    """Walk a chain of states from the newest to the oldest."""
    while state is not None:
        yield state
        state = state.before


def Scheduled(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a SCHEDULED state."""
    return State(SCHEDULED, name, message, data)


def Pending(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a PENDING state."""
    return State(PENDING, name, message, data)


def Running(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a RUNNING state."""
    return State(RUNNING, name, message, data)


def Completed(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a COMPLETED state."""
    return State(COMPLETED, name, message, data)


def Failed(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a FAILED state."""
    return State(FAILED, name, message, data)


def Crashed(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a CRASHED state."""
    return State(CRASHED, name, message, data)


def Cancelling(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a CANCELLING state."""
    return State(CANCELLING, name, message, data)


def Cancelled(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a CANCELLED state."""
    return State(CANCELLED, name, message, data)


def Paused(*, message: str | None = None, data: Any = None, name: str | None = None) -> State[Any]:
    """Make a PAUSED state."""
    return State(PAUSED, name, message, data)
