"""The runs that a run has submitted: which are not over, and which nobody has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell import unseen, upstream
from hookcell.futures import Future
from hookcell.states import CRASHED, FAILED, PENDING, by_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run

_FAILURES = frozenset({FAILED, CRASHED})


def pending_of(submitted: list[Any]) -> list[Any]:
    """Give the futures whose runs are not over."""
    return [future for future in submitted if not future.done()]


def look_at_returned(value: Any) -> None:
    """Note that the futures in what a run gave have been looked at: whoever called it decides about them."""
    for future in upstream.awaited_in((value,)):
        if isinstance(future, Future):
            future.looked_at = True


def cancel_unstarted(submitted: list[Any]) -> None:
    """Cancel the runs that have not started."""
    for future in submitted:
        if future.run.state.type is PENDING:
            future.run.cancel()


def tell_of_unseen(run: Run, submitted: list[Any]) -> None:
    """Nothing is silent: a failure that nobody looked at is told."""
    known: set[Run] = set()
    for future in submitted:
        if future.looked_at and _was_not_ready(future.run):
            for blamed in _reasons(future.run):
                upstream.look_at(blamed)
                if blamed.run in known:
                    break
                known.add(blamed.run)
    for future in submitted:
        state = future.run.state
        if state.type in _FAILURES and not (future.looked_at or future.run in known or by_signal(state)):
            run.note(f"task run {future.run.name!r} {state.name.lower()} and nobody looked at it: {state.message}")


def look_at_end(run: Run) -> None:
    """Note that somebody asks how a run ended, which is over; of one that was not ready that tells why."""
    unseen.look_at(run)
    if _was_not_ready(run):
        look_at_reason(run)


def look_at_reason(run: Run) -> None:
    """Note that somebody is told why a run was not ready: that names the run at the root of it."""
    for blamed in _reasons(run):
        if blamed.looked_at:  # from there on it was seen to then, or is at the end of the run that submitted it
            return
        upstream.look_at(blamed)


def _reasons(run: Run) -> Iterator[Future[Any]]:
    """Give what is to blame that a run was not ready; if that was not ready either, what is to blame for that."""
    blamed = upstream.to_blame(run.awaited)
    while isinstance(blamed, Future):
        yield blamed
        blamed = upstream.to_blame(blamed.run.awaited) if _was_not_ready(blamed.run) else None


def _was_not_ready(run: Run) -> bool:
    return run.state.name == "NotReady"
