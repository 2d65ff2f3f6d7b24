"""States made by hand: a function for each that Prefect has a name for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hookcell.prefect.state import State, details_of
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
)


def Scheduled(cls: type[State[Any]] = State, scheduled_time: datetime | None = None, **known: Any) -> State[Any]:
    """Make a SCHEDULED state.

    Args:
        cls: The class of state to make.
        scheduled_time: When the run shall start (UTC); now if None.
        **known: What else `State` takes.

    Raises:
        ValueError: The time is given twice.
    """
    details = details_of(known.pop("state_details", None))
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
    details = details_of(known.pop("state_details", None))
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
