"""A picture: one board in one cell, not shown yet, live, or settled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets

from hookcell.log import remembered_logs
from hookcell.notebook import kernel, settled
from hookcell.notebook.model import Model
from hookcell.notebook.wire import Board
from hookcell.notebook.wire.asks import Asks
from hookcell.notebook.wire.logs import Log
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context

    from hookcell.log import LogLine
    from hookcell.notebook.settings import Manner
    from hookcell.runs import Run

SNAPSHOT_EVERY = 2.0
# How often a live board is looked at that nothing is heard of, and how often its page is told that it is still there.
LOOK_EVERY, ALIVE_EVERY = 1.0, 5.0
SOON = 0.04
# A board with more rows than this is never small; to look closer takes a snapshot.
MOST_SMALL = 100
CANNOT_HEAR = "This kernel cannot hear Cancel while a cell runs: use Interrupt (■)."
BUTTONS = ("cancel", "again", "retry")

_clock = time.monotonic


class BoardWidget(Model):
    """One board in the browser."""

    snapshot = traitlets.Dict().tag(sync=True)

    def __repr__(self) -> str:
        return settled.to_text(self.snapshot)


class Picture:
    """A board and how it is shown.

    Args:
        number: Counts boards in this session.
        key: Which cell it is in.
        context: What is displayed in a copy of it reaches that cell.
        nudge: Wakes the drawing thread.
        manner: How it is shown.
        asked_for: Whether somebody asked to see it: then it is live at once, and also if its runs are over.
    """

    def __init__(
        self,
        number: int,
        key: str,
        context: Context,
        nudge: Callable[[], None],
        manner: Manner,
        *,
        asked_for: bool = False,
    ) -> None:
        self.board = Board(number)
        self.board.look = {"layout": manner.layout}
        self.board.log = Log(manner.log_lines)
        self._show_after = manner.show_after
        self.board.can = BUTTONS
        self.board.hint = None if kernel.hears_while_busy() else CANNOT_HEAR
        self.key, self.context, self.asked_for = key, context, asked_for or manner.always
        self.asks = Asks(self.board, context, nudge)
        self.began = self.touched = _clock()
        self.cell_ended = False
        # Whether its cell had ended when its first run began: it goes on where it was when more follow.
        self.late = False
        # Whether a page has been loaded anew, or a second one: there JupyterLab does not know the display's id any
        # more, so that the settled picture would reach nobody, and the live one would be gone.
        self.rejoined = False
        self.settled = self.given_up = False
        self.widget: BoardWidget | None = None
        self._display: Any = None
        self._snapped, self._snapped_seq = 0.0, 0
        # When its page was told something last.
        self._told = 0.0

    # -- the browser's messages

    def hear(self, message: Any) -> None:
        """Take a message from the browser; may be called on any thread, so it only enqueues."""
        self.touched = _clock()
        if isinstance(message, dict) and message.get("joined") is True:
            self.rejoined = True
        self.asks.put(message)

    def answer(self, now: float) -> int:
        """Answer what has been asked; give how many answers that took."""
        answers = self.asks.answers(now)
        for answer in answers:
            self._send(answer)
        return len(answers)

    def _send(self, content: dict[str, Any]) -> None:
        if self.widget is not None:
            self._told = _clock()
            self.context.copy().run(self.widget.send, content)

    # -- drawing

    def draw(self, now: float) -> bool:
        """Show what has changed, with one message at most; whether it took one."""
        if self.widget is None:
            return self._begin(now)
        ended = self.board.ended
        if not ended:
            self.touched = now
        if self.board.dirty and not self._snapshot_is_due(now):
            self._send(self.board.delta())
        elif self._snapped_seq != self.board.seq and (ended or self._snapshot_is_due(now)):
            self._snap(now)
        elif not ended and now - self._told >= ALIVE_EVERY:
            self._send({"type": "alive"})
        else:
            return False
        return True

    def _snapshot_is_due(self, now: float) -> bool:
        return self._snapped_seq != self.board.seq and now - self._snapped >= SNAPSHOT_EVERY

    def due(self, now: float, settle_after: float) -> float | None:
        """Give in how many seconds there is something to do that nobody tells of; None for never."""
        if self.asks.waiting or self.board.ending:
            return SOON
        if self.widget is None:
            return self._shown_in(now)
        if self.board.dirty or (self.board.ended and self._snapped_seq != self.board.seq):
            return SOON
        if not self.board.ended:
            return LOOK_EVERY
        return max(SOON, settle_after - (now - self.touched)) if self.cell_ended and not self.rejoined else None

    def _shown_in(self, now: float) -> float | None:
        if self.board.ended:
            return SOON if self.cell_ended else None
        if self._is_wanted():
            return SOON
        if self._show_after is None or self._is_unseen():
            return LOOK_EVERY
        return max(SOON, self._show_after - (now - self.began))

    def _is_unseen(self) -> bool:
        """Whether nobody sees it live: nobody looks on, or nobody wants to."""
        return kernel.headless() or (self._show_after is None and not self._is_wanted())

    def _is_wanted(self) -> bool:
        """Whether it is to be live at once: somebody asked to see it, or is asked something on it."""
        return self.asked_for or self.board.told.open

    def flush(self) -> None:
        """Show what has changed without waiting for the next round."""
        if self.widget is not None and self.board.dirty:
            self._send(self.board.delta())

    def _snap(self, now: float) -> None:
        self._told, self._snapped, self._snapped_seq = now, now, self.board.seq
        if self.widget is not None:
            snapshot = self.board.snapshot()
            self.context.copy().run(lambda: setattr(self.widget, "snapshot", snapshot))

    def _begin(self, now: float) -> bool:
        """Show the board if it is worth it."""
        if self._is_unseen() or self.settled:
            return False
        if not self._is_wanted() and (self.board.ended or now - self.began < (self._show_after or 0)):
            return False
        self.board.skip()
        self._told, self._snapped, self._snapped_seq = now, now, self.board.seq
        self.context.copy().run(self._display_widget)
        return True

    def _display_widget(self) -> None:
        from IPython.display import display  # noqa: PLC0415 -- only a kernel draws

        self.widget = BoardWidget(self.hear, snapshot=self.board.snapshot())
        mime = {"application/vnd.jupyter.widget-view+json": self._view_mime(), "text/plain": repr(self.widget)}
        if self._display is not None:  # it has settled, and goes on
            self._display.update(mime, raw=True)
        else:
            self._display = display(mime, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _view_mime(self) -> dict[str, Any]:
        assert self.widget is not None  # noqa: S101 -- just made
        return {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}

    # -- settling

    def end_cell(self, now: float) -> None:
        """The cell has ended: what its runs have come to is shown before the next one begins."""
        self.cell_ended = True
        if self._is_unseen():
            if self.board.ended:
                self.settle()
            elif self._display is None:
                self.context.copy().run(self._display_so_far)
            return
        self.flush()
        if self.asked_for:
            self.draw(now)
        elif self.board.ended and not self.rejoined and (self.widget is None or self._is_small()):
            self.settle()

    def _is_small(self) -> bool:
        return self.board.size <= MOST_SMALL and settled.is_small(self.board.snapshot())

    def idle(self, now: float, settle_after: float) -> bool:
        """Whether the board is done with, and was never live or has not been touched for long."""
        if not (self.cell_ended and self.board.ended) or self.rejoined:
            return False
        return (self.widget is None and not self.asked_for) or now - self.touched >= settle_after

    def settle(self) -> None:
        """Show the picture that needs no kernel, in place of the live one; once."""
        if not self.settled:
            self.answer(_clock())
            self.settled = True
            self.context.copy().run(self._display_settled)

    def go_on(self) -> None:
        """Be drawn again after it has settled: something began in a cell that has long ended."""
        self.settled = False

    def _picture(self) -> dict[str, str]:
        snapshot = self.board.snapshot()
        return {"text/html": settled.to_html(snapshot), "text/plain": settled.to_text(snapshot)}

    def _display_so_far(self) -> None:
        """Show a board that goes on after its cell to nobody who looks: settling will replace it."""
        from IPython.display import display  # noqa: PLC0415 -- only a kernel draws

        self._display = display(self._picture(), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _display_settled(self) -> None:
        from IPython.display import display  # noqa: PLC0415 -- only a kernel draws

        mime = self._picture()
        if self._display is not None:
            self._display.update(mime, raw=True)
        elif self.late:
            self._display = display(mime, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            display(mime, raw=True)  # type: ignore[no-untyped-call]
        if self.widget is not None:
            self.widget.end()
            self.widget = None

    # -- runs that were there before

    def look_back(self, root: Run) -> None:
        """Take in what has happened to an outermost run and those below it."""
        runs = {run.number: run for run in _with_all_below(root)}
        self.board.see_all(runs.values())
        for line in tuple(remembered_logs):
            if (writer := runs.get(_number_of(line))) is not None:
                self.board.hear(writer, line)


def _with_all_below(root: Run) -> Iterator[Run]:
    waiting = [root]
    while waiting:
        run = waiting.pop()
        yield run
        waiting += reversed(run.children)


def _number_of(line: LogLine) -> int:
    """Give the number of the run of this session that a line is of; 0, which no run has, if it is of another."""
    try:
        number = int((line.task_run_id or line.flow_run_id or "0").replace("-", ""), 16)
    except ValueError:  # a record of the user's own making
        return 0
    return number - session.bits if number >> 56 == session.bits >> 56 else 0
