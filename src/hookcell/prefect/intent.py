"""What a SIGTERM means: it crashes the runs, unless one of them has said before that it wants to be cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hookcell import shield

if TYPE_CHECKING:
    from hookcell.runs import Run

_wishes: list[Run] = []


def wish_to_cancel(run: Run) -> None:
    """Let a SIGTERM that comes while a run goes on cancel it."""
    _wishes.append(run)


def wished() -> str | None:
    """Give "cancel" if a run that goes on wishes to be cancelled."""
    _wishes[:] = [run for run in _wishes if not run.over]
    return "cancel" if _wishes else None


shield.termination_intent = wished
