"""The live view: what happens to runs, told to the browser at most 25 times a second.

Listening only enqueues. One thread draws: it keeps a board for each cell that started a run, shows the board once it
is worth it, and replaces it by the settled picture in the end.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
from collections import deque
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from hookcell.notebook import kernel, settled
from hookcell.notebook.wire import Board
from hookcell.session import Listener, session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context

    from hookcell.hooks import HookRun
    from hookcell.notebook.told import Question
    from hookcell.runs import Run
    from hookcell.states import State

INTERVAL = 0.04  # 25 messages a second
SHOW_AFTER = 0.2  # a run that has ended by then is a line, not a widget
SNAPSHOT_EVERY = 2.0
CANNOT_HEAR = "This kernel cannot hear Cancel while a cell runs: use Interrupt (■)."

BUNDLE = Path(__file__).parent / "static" / "widget.js"


class BoardWidget(anywidget.AnyWidget):
    """One board in the browser."""

    _esm = BUNDLE if BUNDLE.exists() else "export default {}"
    snapshot = traitlets.Dict().tag(sync=True)

    def __init__(self, picture: Picture) -> None:
        super().__init__(snapshot=picture.board.snapshot())
        self._picture = picture
        kernel.hear_while_busy(self.comm)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer the browser; may run on any thread, so it only enqueues, signals and replies."""
        if isinstance(content, dict):
            self._picture.hear(content)

    def __repr__(self) -> str:
        return settled.to_text(self.snapshot)


class Picture:
    """A board and how it is shown: not yet, live, or settled."""

    def __init__(self, number: int, context: Context, nudge: Callable[[], None]) -> None:
        self.board = Board(number)
        self.context = context
        self.began = time.monotonic()
        self.touched = self.began
        self.cell_ended = False
        self.settled = False
        self.widget: BoardWidget | None = None
        self._display: Any = None
        self._nudge = nudge
        self._snapped, self._snapped_seq = 0.0, 0
        self._asked: deque[dict[str, Any]] = deque()
        if not kernel.hears_while_busy():
            self.board.hint = CANNOT_HEAR

    # -- the browser's messages

    def hear(self, message: dict[str, Any]) -> None:
        """Take a message from the browser."""
        self.touched = time.monotonic()
        if message.get("type") == "cancel":
            self._cancel(message)
        elif message.get("type") == "answer":
            self._answer_question(message)
        elif message.get("type") == "resync":
            self._asked.append(message)
            self._nudge()

    def _cancel(self, message: dict[str, Any]) -> None:
        run = self.board.find(message.get("run", 0))
        stopped = run is not None and run.cancel()
        text = "" if stopped else "This run has already ended."
        self._send({"type": "reply", "id": message.get("id"), "ok": stopped, "text": text})

    def _answer_question(self, message: dict[str, Any]) -> None:
        refused = self.board.told.answer(message.get("question"), message.get("approve"))
        self._send({"type": "reply", "id": message.get("id"), "ok": not refused, "text": refused})
        self._nudge()

    def _send(self, content: dict[str, Any]) -> None:
        if self.widget is not None:
            self.context.copy().run(self.widget.send, content)

    # -- drawing

    def draw(self, now: float) -> None:
        """Show what has changed, in whichever way the board is shown."""
        if self.widget is None:
            due = now - self.began >= SHOW_AFTER or self.board.told.open
            if due and not self.board.ended and not kernel.headless():
                self._show_live(now)
            return
        self._answer()
        ended = self.board.ended
        if self.board.dirty:
            self._send(self.board.delta())
        if self._snapped_seq != self.board.seq and (ended or now - self._snapped >= SNAPSHOT_EVERY):
            self._snap(now)
        if not ended:
            self.touched = now

    def _answer(self) -> None:
        while self._asked:
            asked = self._asked.popleft()
            self._send({"type": "snapshot", "id": asked.get("id"), "snapshot": self.board.snapshot()})

    def _snap(self, now: float) -> None:
        self._snapped, self._snapped_seq = now, self.board.seq
        if self.widget is not None:
            snapshot = self.board.snapshot()
            self.context.copy().run(lambda: setattr(self.widget, "snapshot", snapshot))

    def _show_live(self, now: float) -> None:
        self.board.delta()
        self._snapped, self._snapped_seq = now, self.board.seq
        self.context.copy().run(self._display_widget)

    def _display_widget(self) -> None:
        from IPython.display import display  # noqa: PLC0415 -- only a kernel draws

        self.widget = BoardWidget(self)
        mime = {"application/vnd.jupyter.widget-view+json": self._view_mime(), "text/plain": repr(self.widget)}
        self._display = display(mime, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _view_mime(self) -> dict[str, Any]:
        assert self.widget is not None  # noqa: S101 -- just made
        return {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}

    # -- settling

    def end_cell(self, now: float) -> None:
        """The cell has ended: a board that has not been shown is shown now, if its runs have ended too."""
        self.cell_ended = True
        self.draw(now)
        calm = self.board.ended and (self.widget is None or settled.is_small(self.board.snapshot()))
        if calm or (self.board.ended and kernel.headless()):
            self.settle()
        elif kernel.headless() and self._display is None:
            self.context.copy().run(self._display_so_far)

    def idle(self, now: float, settle_after: float) -> bool:
        """Whether the board is done with, and was never live or has not been touched for long."""
        return self.cell_ended and self.board.ended and (self.widget is None or now - self.touched >= settle_after)

    def settle(self) -> None:
        """Show the picture that needs no kernel, in place of the live one; once."""
        if not self.settled:
            self.settled = True
            self.context.copy().run(self._display_settled)

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
        else:
            display(mime, raw=True)  # type: ignore[no-untyped-call]
        if self.widget is not None:
            self.widget.layout.close()  # a model of its own, which every widget has
            self.widget.close()
            self.widget = None


@contextmanager
def _giving_up(picture: Picture) -> Iterator[None]:
    """Give up a board that cannot be drawn: the others, and the runs, go on."""
    try:
        yield
    except Exception:  # noqa: BLE001 -- whatever a picture raises, it is only a picture
        picture.settled = True
        picture.board.told.withdraw()
        tell = partial(logging.getLogger("hookcell").exception, "The view of a cell cannot be drawn; its runs go on.")
        picture.context.copy().run(tell)


class Painter(Listener):
    """Listens to all runs, and draws the boards of the cells that started them.

    Args:
        settle_after: Seconds after which a board whose runs are over, and that nobody touches, becomes a fixed picture.
    """

    def __init__(self, settle_after: float = 120.0) -> None:
        self.settle_after = settle_after
        self._ended_cells: set[str] = set()
        self._moved: deque[Run] = deque()
        self._pictures: dict[str, Picture] = {}
        self._of_root: dict[int, Picture] = {}
        self._numbers = itertools.count(1)
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._awake = False
        self._closed = False
        # Who holds it draws: the thread, or the end of a cell.
        self._drawing = threading.RLock()
        self._thread = threading.Thread(target=self._paint, name="hookcell-view", daemon=True)
        self._ends = [session.listen(self), kernel.on_cell_end(self.end_cell)]
        self._thread.start()
        atexit.register(self.close)

    # -- listening: on the engine's path

    def created(self, run: Run) -> None:
        """Give a run that nothing started but a cell its place."""
        if run.parent is None:
            self._of_root[run.number] = self._picture_here()
        self._moved.append(run)
        if not self._awake:
            self.nudge()

    def moved(self, run: Run, state: State[Any]) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        self._moved.append(run)
        if not self._awake:
            self.nudge()

    def hook_began(self, run: Run, hook_run: HookRun) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        self._moved.append(run)
        if not self._awake:
            self.nudge()

    def hook_ended(self, run: Run, hook_run: HookRun) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        self._moved.append(run)
        if not self._awake:
            self.nudge()

    def ask(self, question: Question) -> None:
        """Put a question on the board of the cell that the running code belongs to, and show it at once."""
        with self._drawing:
            told = self._picture_of(question.run).board.told
            told.ask(question)
            if self._closed:
                told.withdraw()
        self.nudge()

    def _picture_of(self, run: Run | None) -> Picture:
        picture = self._of_root.get(run.root.number) if run is not None else None
        return self._picture_here() if picture is None or picture.settled else picture

    def nudge(self) -> None:
        """Wake the drawing thread."""
        self._awake = True
        self._wake.put(None)

    def _picture_here(self) -> Picture:
        key = kernel.cell_key()
        picture = self._pictures.get(key)
        if picture is None or picture.settled:
            picture = self._pictures[key] = Picture(next(self._numbers), kernel.here(), self.nudge)
            picture.cell_ended = key in self._ended_cells  # a thread that a cell left behind may start runs later
        return picture

    # -- drawing: on the thread

    def _paint(self) -> None:
        while not self._closed:
            self._sleep()
            with self._drawing:
                self._round(time.monotonic())

    def _sleep(self) -> None:
        try:
            self._wake.get(timeout=self._patience())
        except Empty:
            pass
        if not self._closed:
            time.sleep(INTERVAL)

    def _patience(self) -> float | None:
        """How long nothing needs to be drawn: for ever if no board is open."""
        pictures = tuple(self._pictures.values())
        if any(not picture.board.ended for picture in pictures):
            return INTERVAL
        waiting = [self.settle_after - (time.monotonic() - picture.touched) for picture in pictures]
        return max(INTERVAL, min(waiting)) if waiting else None

    def _round(self, now: float) -> None:
        self._awake = False
        self._take_notice()
        for key, picture in tuple(self._pictures.items()):
            if not picture.settled:
                self._draw(picture, now)
            if picture.settled:
                self._forget(key, picture)

    def _draw(self, picture: Picture, now: float) -> None:
        with _giving_up(picture):
            picture.draw(now)
            if picture.idle(now, self.settle_after):
                picture.settle()

    def _take_notice(self) -> None:
        moved = self._moved
        runs: dict[int, Run] = {}
        for _ in range(len(moved)):
            run = moved.popleft()
            runs[run.number] = run
        for run in runs.values():
            picture = self._of_root.get(run.root.number)
            if picture is not None:
                picture.board.see(run)

    def _forget(self, key: str, picture: Picture) -> None:
        if self._pictures.get(key) is picture:
            del self._pictures[key]
        for number in [number for number, one in tuple(self._of_root.items()) if one is picture]:
            del self._of_root[number]

    # -- the cell's end: on the main thread

    def end_cell(self, _result: Any = None) -> None:
        """Show what the cell's runs came to, before its next cell begins."""
        key = kernel.cell_key()
        self._ended_cells.add(key)
        picture = self._pictures.get(key)
        if picture is None:
            return
        with self._drawing:
            self._take_notice()
            with _giving_up(picture):
                picture.end_cell(time.monotonic())
        self.nudge()

    def close(self) -> None:
        """Settle what is open, and stop listening."""
        if self._closed:
            return
        self._closed = True
        for end in self._ends:
            end()
        atexit.unregister(self.close)
        with self._drawing:
            self._take_notice()
            for picture in tuple(self._pictures.values()):
                with _giving_up(picture):
                    picture.board.told.withdraw()
                    picture.settle()
            self._pictures.clear()
            self._of_root.clear()
        self._wake.put(None)
