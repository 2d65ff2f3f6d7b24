"""Deeds: what is done when a run is asked for something, gathered for the session, whose runs stand below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell import endings, rerun
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run

# How many of the runs below one its text tells.
MOST_LINES = 20


def show(run: Run) -> None:
    """Show a run here and now; see `Run.view`."""
    if session.show_run is not None:
        session.show_run(run)
    else:
        print("\n".join(_lines(run)))  # noqa: T201 -- it was asked for


def _lines(run: Run) -> Iterator[str]:
    yield f"{run.definition.kind} {run.definition.name!r}, run {run.name!r}: {run.state}"
    below = run.children
    for child in below[:MOST_LINES]:
        yield f"  {child.name}: {child.state}"
    if len(below) > MOST_LINES:
        yield f"  and {len(below) - MOST_LINES} more"


class Deeds:
    """What floors above do for runs."""

    wait = staticmethod(endings.wait)
    result = staticmethod(endings.result)
    awaited = staticmethod(endings.awaited_run)
    again = staticmethod(rerun.again)
    show = staticmethod(show)

    def retry(self, run: Run) -> Any:
        """Make the same call once more, with what completed taken over."""
        return rerun.retry(run)
