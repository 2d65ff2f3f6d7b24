"""Logs: the newest lines of the runs of a board, as pages that are read backwards."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hookcell.log import MOST_LINES, remembered_logs
from hookcell.notebook.wire.masks import covered, secrets_given
from hookcell.notebook.wire.texts import clip, moment

if TYPE_CHECKING:
    from hookcell.log import LogLine
    from hookcell.runs import Run

LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
MOST_ON_PAGE = 500
# So far back a line may stand among those of other threads when listeners are told of it.
NEAR = 16


def line_told(message: str) -> LogLine | None:
    """Give the line that a listener is being told of; None if it is a note, or is not kept."""
    for back in range(1, NEAR + 1):
        try:
            line = remembered_logs[-back]
        except IndexError:  # there are so few
            return None
        if line.message is message:
            return line
    return None


class Log:
    """The lines of a board's runs; counts are exact, also of those that were let go.

    Args:
        most: How many lines are kept.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        self._lines: deque[tuple[Run, LogLine]] = deque(maxlen=most)
        self._counts: dict[int, int] = {}

    def take(self, run: Run, line: LogLine) -> None:
        """Take a line in: it is the run's, and the outermost run's around it."""
        self._lines.append((run, line))
        for number in {run.number, run.root.number}:
            self._counts[number] = self._counts.get(number, 0) + 1

    def let_go(self, root: Run) -> None:
        """Let the lines of an outermost run and those below it go."""
        kept = [(run, line) for run, line in self._lines if run.root is not root]
        self._lines = deque(kept, maxlen=self._lines.maxlen)

    def total(self, run: Run) -> int:
        """Count the lines of a run; of an outermost one, those below it too."""
        return self._counts.get(run.number, 0)

    def of(self, run: Run) -> list[tuple[Run, LogLine]]:
        """Give the lines of a run that are left, oldest first."""
        if run.parent is None:
            return [kept for kept in self._lines if kept[0].root is run]
        return [kept for kept in self._lines if kept[0] is run]

    def page(self, run: Run, before: int | None, most: int) -> dict[str, Any]:
        """Give the lines before the one that has a number, newest last.

        Args:
            run: Whose.
            before: The number of the first line that is not wanted; None for the newest lines.
            most: How many lines.
        """
        kept, total = self.of(run), self.total(run)
        gone = total - len(kept)
        end = min(total if before is None else max(before, 0), total)
        first = max(end - max(0, min(most, MOST_ON_PAGE)), gone, 0)
        wanted = kept[first - gone : max(end, first) - gone]
        names = (clip(one.name, 200) for one, _ in wanted)
        lines = zip(_told(wanted), names, strict=True)
        return {"from": first, "total": total, "lines": [[at, level, name, text] for (at, level, text), name in lines]}

    def newest(self, run: Run, most: int) -> list[list[Any]]:
        """Give the newest lines of a run, newest last."""
        return _told(self.of(run)[-most:])


def _told(kept: list[tuple[Run, LogLine]]) -> list[list[Any]]:
    """Give lines as time, level and text, with the secrets of their runs covered."""
    secrets = {run.number: secrets_given(run) for run in {run.number: run for run, _ in kept}.values()}
    texts = (clip(covered(line.message, secrets[run.number])) for run, line in kept)
    about = ((moment(line.at), LEVELS.get(line.level, f"level {line.level}")) for _, line in kept)
    return [[at, level, text] for (at, level), text in zip(about, texts, strict=True)]
