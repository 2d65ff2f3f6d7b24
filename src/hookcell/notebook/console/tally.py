"""The tally: how many runs of what are in which state, kept for each outermost run that is open.

The wire's board knows more and costs more. Here a hundred thousand runs pass by while somebody waits for them: each is
noted once, and looked at, until it has ended, only as often as there is a frame to draw.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from hookcell.notebook.failure import NAME
from hookcell.notebook.palette import line
from hookcell.runs import FlowRun
from hookcell.states import CRASHED, FAILED, FINAL

if TYPE_CHECKING:
    from hookcell.runs import Run

MOST_FAILURES = 3
_TROUBLE = frozenset({FAILED, CRASHED})


class Line:
    """The runs of one flow or task below an outermost run.

    Attributes:
        ended: How many have ended in which state.
        present: How many others are in which state.
        total: How many there are.
    """

    def __init__(self, run: Run) -> None:
        self.name, self.depth, self.since = line(run.definition.name, NAME), _depth(run), run.state.at
        self.is_flow = isinstance(run, FlowRun)
        self.ended: Counter[str] = Counter()
        self.present: Counter[str] = Counter()
        self.total = 0

    @property
    def counts(self) -> Counter[str]:
        """All of them by state."""
        return self.ended + self.present


class Tally:
    """An outermost run that is open, and what those below it are at.

    Attributes:
        lines: What there is a line for, in the order in which it began.
        failures: The runs that failed last.
    """

    def __init__(self, root: Run) -> None:
        self.root, self.began = root, time.time()
        self.lines: dict[Any, Line] = {}
        self.failures: deque[Run] = deque(maxlen=MOST_FAILURES)
        self._open: list[tuple[Line, Run]] = []

    @property
    def counts(self) -> Counter[str]:
        """The task runs by state."""
        return sum((of.counts for of in self.lines.values() if not of.is_flow), Counter[str]())

    def admit(self, run: Run) -> None:
        """Note a run that has begun below it."""
        key = (run.definition.kind, run.definition.name)
        of = self.lines.get(key)
        if of is None:
            of = self.lines[key] = Line(run)
        of.total += 1
        self._open.append((of, run))

    def look(self) -> None:
        """Look at the runs that have not ended."""
        for of in self.lines.values():
            of.present.clear()
        several, self._open = self._open, []
        for one in several:
            of, run = one
            state = run.state
            if state.type not in FINAL:
                of.present[state.name] += 1
                self._open.append(one)
                continue
            of.ended[state.name] += 1
            if state.type in _TROUBLE:
                self.failures.append(run)


def _depth(run: Run) -> int:
    depth = 0
    while run.parent is not None:
        run, depth = run.parent, depth + 1
    return depth
