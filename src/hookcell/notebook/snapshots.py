"""Snapshots of runs that nobody has watched: a run and all that is below it, as a board of their own."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire import Board, row_of
from hookcell.runs import FlowRun
from hookcell.states import COMPLETED, FINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run

MOST_ROWS, MOST_TROUBLED = 400, 100


def snapshot_of(root: Run) -> dict[str, Any]:
    """Give an outermost run and all that is below it as the wire tells them."""
    board = Board(0)
    board.see_all(with_those_below(root))
    return board.snapshot()


def short_of(root: Run) -> dict[str, Any]:
    """Give what the plain text of a run is made from: exact counts, and rows of the first runs and of troubled ones."""
    counts: Counter[str] = Counter()
    first: list[Run] = []
    troubled: list[Run] = []
    for run in with_those_below(root):
        if run is root:
            continue
        state = run.state
        counts[state.name] += not isinstance(run, FlowRun)
        if len(first) < MOST_ROWS:
            first.append(run)
        elif state.type in FINAL and state.type is not COMPLETED and len(troubled) < MOST_TROUBLED:
            troubled.append(run)
    rows = [row_of(run, {}) for run in [*first, *troubled]]
    return {"runs": [row_of(root, dict(+counts))], "tasks": rows, "more_runs": {}, "now": time.time()}


def with_those_below(root: Run) -> Iterator[Run]:
    """Go through runs, each before those that it started; they may be nested deeper than Python's stack."""
    waiting = [root]
    while waiting:
        run = waiting.pop()
        yield run
        waiting += reversed(run.children)
