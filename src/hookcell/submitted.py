"""The runs that a run has submitted: which are not over, and which nobody has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell import policies, upstream
from hookcell.annotations import bare
from hookcell.futures import Future
from hookcell.states import COMPLETED, CRASHED, FAILED, PENDING

if TYPE_CHECKING:
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
    for future in submitted:
        if future.looked_at and future.run.state.name == "NotReady":
            look_at_reason(future.run)
    for future in submitted:
        state = future.run.state
        if state.type in _FAILURES and not future.looked_at and not policies.by_signal(state):
            run.note(f"task run {future.run.name!r} {state.name.lower()} and nobody looked at it: {state.message}")


def look_at_reason(run: Run) -> None:
    """Note that somebody is told why a run was not ready: that names the run to blame, through any others between."""
    reason: Any = run
    while reason is not None:
        failed = (one for one in map(bare, reason.awaited) if upstream.state_of(one).type is not COMPLETED)
        future = next(failed, None)
        if isinstance(future, Future):
            future.looked_at = True
        reason = future.run if isinstance(future, Future) and future.run.state.name == "NotReady" else None
