"""The easel: the boards that are open, brought up to date and drawn, each in its turn."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from hookcell.notebook import kernel
from hookcell.notebook.picture import Picture
from hookcell.notebook.wire.logs import line_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context

    from hookcell.log import LogLine
    from hookcell.notebook.settings import Manner
    from hookcell.notebook.told import Question
    from hookcell.runs import Run

MOST_CELLS, MOST_LATE, MANY = 10_000, 20, 10_000
_root_of = attrgetter("root")


@contextmanager
def _giving_up(picture: Picture) -> Iterator[None]:
    """Give up a board that cannot be drawn: the others, and the runs, go on."""
    try:
        yield
    except Exception:  # noqa: BLE001 -- whatever a picture raises, it is only a picture
        _give_up(picture)


def _give_up(picture: Picture) -> None:
    if picture.given_up:
        return
    picture.given_up = picture.settled = True
    picture.board.told.withdraw()
    tell = partial(logging.getLogger("hookcell").exception, "The view of a cell cannot be drawn; its runs go on.")
    picture.context.copy().run(tell)


class Easel:
    """The boards that are open, and what has happened to their runs since they were drawn.

    Notes are taken on any thread; everything else is done by one at a time.

    Args:
        nudge: Wakes who draws.
        manner: How runs are shown whose cell has no board yet.
    """

    def __init__(self, nudge: Callable[[], None], manner: Manner) -> None:
        self._nudge = nudge
        self.manner = manner
        self._moved: deque[Run] = deque()
        self._lines: deque[tuple[Run, LogLine]] = deque()
        # Outermost runs that have no board yet: the cell they began in, and what reaches it.
        self._born: dict[int, tuple[str, Context]] = {}
        self._ended_cells: deque[str] = deque(maxlen=MOST_CELLS)
        self._open: list[Picture] = []
        self._late: deque[Picture] = deque()
        self._of_cell: dict[str, Picture] = {}
        self._of_root: dict[int, list[Picture]] = {}
        # So many entries there may be before those that nobody needs are looked for.
        self._many = MANY
        self._numbers = itertools.count(1)
        # The run that was noted last, and is noted still: what else happens to it need not be noted again.
        self.last: Run | None = None

    # -- notes: on the engine's path

    def note(self, run: Run) -> None:
        """Note that something happened to a run."""
        self.last = run  # before, because a note is there for as long as this says so, or a moment longer
        self._moved.append(run)

    def born(self, run: Run) -> None:
        """Note that a run began that nothing started but a cell."""
        self._born[run.number] = kernel.cell_key(), kernel.here()

    def hear(self, run: Run, text: str) -> None:
        """Note what a run's logger was told."""
        if (line := line_told(text)) is not None:
            self._lines.append((run, line))

    # -- taking notice

    def take_notice(self) -> None:
        """Bring the boards up to date."""
        noted = len(self._moved)
        self.last = None  # after the count: a run that is noted from now on is noted anew, and taken next time
        once = dict.fromkeys(itertools.starmap(self._moved.popleft, itertools.repeat((), noted)))
        for _root, runs in itertools.groupby(once, _root_of):
            together = tuple(runs)
            for picture in self._pictures_of(together[0]):
                with _giving_up(picture):
                    picture.board.see_all(together)
        for _ in range(len(self._lines)):
            run, line = self._lines.popleft()
            for picture in self._pictures_of(run):
                picture.board.hear(run, line)

    def _pictures_of(self, run: Run) -> list[Picture]:
        """Give the pictures that a run is in."""
        number = run.root.number
        if number in self._born:
            if len(self._of_root) > self._many:
                self._forget_most()
            self._of_root[number] = [self._picture_in(*self._born.pop(number))]
        return self._of_root.get(number, [])

    def _picture_in(self, key: str, context: Context) -> Picture:
        """Give the picture of a cell: its present one, or a new one."""
        picture = self._of_cell.get(key)
        if picture is None or (picture.settled and not picture.late):
            picture = self._of_cell[key] = self._new(key, context)
            picture.late = picture.cell_ended
        elif picture.settled:
            picture.go_on()
            self._open.append(picture)
        return picture

    def _new(self, key: str, context: Context, *, asked_for: bool = False) -> Picture:
        picture = Picture(next(self._numbers), key, context, self._nudge, self.manner, asked_for=asked_for)
        picture.cell_ended = key in self._ended_cells  # a thread that a cell left behind may start runs later
        self._open.append(picture)
        return picture

    def _forget_most(self) -> None:
        """Forget the outermost runs that are over and had no place on a board: a loop may make millions."""
        kept = {n: several for n, several in self._of_root.items() if any(one.board.holds(n) for one in several)}
        self._of_root, self._many = kept, max(MANY, 2 * len(kept))

    # -- drawing

    def draw(self, now: float, settle_after: float) -> None:
        """Answer all that was asked, and draw one of the boards that have changed, each in its turn."""
        drawn = False
        for picture in tuple(self._open):
            with _giving_up(picture):
                picture.answer(now)
                if not drawn and not picture.settled and self._drawn(picture, now, settle_after):
                    drawn = True
                    self._open.remove(picture)
                    self._open.append(picture)
            if picture.settled:
                self._forget(picture)

    def _drawn(self, picture: Picture, now: float, settle_after: float) -> bool:
        if picture.draw(now):
            return True
        if picture.idle(now, settle_after):
            picture.settle()
        return picture.settled

    def patience(self, now: float, settle_after: float) -> float | None:
        """Give for how many seconds there is nothing to do unless something happens; None for ever."""
        times = [picture.due(now, settle_after) for picture in self._open]
        return min((seconds for seconds in times if seconds is not None), default=None)

    def show(self, run: Run, now: float) -> None:
        """Show the board of a run in the cell that runs here."""
        root, key = run.root, kernel.cell_key()
        self.take_notice()
        picture = self._of_cell.get(key)
        if picture is None or picture.settled or root not in picture.board.runs:
            picture = self._new(key, kernel.here(), asked_for=True)
            self._of_root.setdefault(root.number, []).append(picture)
            with _giving_up(picture):
                picture.look_back(root)
        picture.asked_for = True
        with _giving_up(picture):
            picture.draw(now)

    def ask(self, question: Question) -> None:
        """Put a question on the board of the cell whose run asks, or which runs here."""
        self.take_notice()
        pictures = [] if question.run is None else self._pictures_of(question.run)
        open_ = [picture for picture in pictures if not picture.settled]
        picture = open_[0] if open_ else self._picture_in(kernel.cell_key(), kernel.here())
        picture.board.told.ask(question)

    def end_cell(self, key: str, now: float) -> None:
        """Show what a cell's runs came to, before its next cell begins."""
        self.take_notice()
        self._ended_cells.append(key)
        for picture in tuple(self._open):
            if picture.key == key and not picture.settled:
                with _giving_up(picture):
                    picture.end_cell(now)
            if picture.settled:
                self._forget(picture)

    def settle(self) -> None:
        """Settle whatever is open."""
        self.take_notice()
        for picture in tuple(self._open):
            with _giving_up(picture):
                picture.board.told.withdraw()
                picture.settle()
            self._forget(picture)
        self._of_cell.clear()

    def _forget(self, picture: Picture) -> None:
        """Let go of a board that has settled; that of a cell which has long ended may go on, when more begins there."""
        self._open.remove(picture)
        if picture.late and picture not in self._late:
            self._late.append(picture)
        gone = self._late.popleft() if len(self._late) > MOST_LATE else None if picture.late else picture
        if gone is not None and self._of_cell.get(gone.key) is gone:
            del self._of_cell[gone.key]
        for number, several in tuple(self._of_root.items()):
            if picture in several:
                self._of_root[number] = [one for one in several if one is not picture]
                if not self._of_root[number]:
                    del self._of_root[number]
