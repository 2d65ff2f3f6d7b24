"""The live view: what happens to runs, told to the browser at most 25 times a second, or as often as is set.

Listening only enqueues. One thread draws: it keeps a board for each cell that started a run, shows the board once it
is worth it, and replaces it by the settled picture in the end.
"""

from __future__ import annotations

import atexit
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from hookcell.notebook import kernel
from hookcell.notebook.easel import Easel
from hookcell.notebook.model import BUNDLE
from hookcell.notebook.settings import Manner
from hookcell.session import Listener, session

if TYPE_CHECKING:
    from hookcell.hooks import HookRun
    from hookcell.notebook.told import Question
    from hookcell.runs import Run
    from hookcell.states import State

__all__ = ["BUNDLE", "Painter", "Rounds"]

# What happens within it is told at once: most runs are Running a moment after they are Pending.
AT_ONCE = 0.004
# After drawing it rests for so many times what that took, so that pictures take a fifth of the time at most; but never
# for more than so many seconds. Taking notice is not counted: what a rest puts off is done after it all the same.
REST, LONGEST_REST = 4.0, 0.5


class Rounds:
    """When the drawing thread may draw: so that there are never too many messages, and it leaves time for others."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def rest(self, now: float) -> float:
        """Give for how many seconds it has to wait."""
        return max(AT_ONCE, self._next - now)

    def drawn(self, now: float, spent: float, interval: float) -> None:
        """Note that there has been a round, and what drawing in it took of the processor's time."""
        self._next = now + max(interval, min(REST * spent, LONGEST_REST))


class Painter(Listener):
    """Listens to all runs, and draws the boards of the cells that started them.

    Args:
        manner: How they are shown.
    """

    def __init__(self, manner: Manner = Manner()) -> None:  # noqa: B008 -- it cannot be changed
        self._easel = Easel(self.nudge, manner)
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._awake = False
        self._closed = False
        self._rounds = Rounds()
        # Who holds it draws: the thread, or the end of a cell.
        self._drawing = threading.RLock()
        self._thread = threading.Thread(target=self._paint, name="hookcell-view", daemon=True)
        self._ends = [session.listen(self), kernel.on_cell_end(self.end_cell)]
        session.show_run = self.show
        self._thread.start()
        atexit.register(self.close)

    @property
    def manner(self) -> Manner:
        """How runs are shown; of a board that is there, how often it is told of them and when it settles."""
        return self._easel.manner

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self._easel.manner = manner
        self.nudge()

    # -- listening: on the engine's path

    def created(self, run: Run) -> None:
        """Note that there is something to draw, and the cell of a run that nothing else started."""
        easel = self._easel
        if run.parent is None:
            easel.born(run)
        easel.note(run)
        if not self._awake:
            self.nudge()

    def moved(self, run: Run, state: State[Any]) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        easel = self._easel
        if easel.last is not run:
            easel.note(run)
            if not self._awake:
                self.nudge()

    def hook_began(self, run: Run, hook_run: HookRun) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        easel = self._easel
        if easel.last is not run:
            easel.note(run)
            if not self._awake:
                self.nudge()

    def hook_ended(self, run: Run, hook_run: HookRun) -> None:  # noqa: ARG002
        """Note that there is something to draw."""
        easel = self._easel
        if easel.last is not run:
            easel.note(run)
            if not self._awake:
                self.nudge()

    def logged(self, run: Run, line: str) -> None:
        """Note what a run's logger was told."""
        self._easel.hear(run, line)
        self._easel.note(run)
        if not self._awake:
            self.nudge()

    def nudge(self) -> None:
        """Wake the drawing thread."""
        self._awake = True
        self._wake.put(None)

    # -- drawing: on the thread

    def _paint(self) -> None:
        while not self._closed:
            with self._drawing:
                patience = self._easel.patience(time.monotonic(), self.manner.settle_seconds)
            self._sleep(patience)
            if not self._closed:
                with self._drawing:
                    self._round()

    def _sleep(self, patience: float | None) -> None:
        try:
            self._wake.get(timeout=patience)
            while True:
                self._wake.get_nowait()
        except Empty:
            pass
        if not self._closed:
            time.sleep(self._rounds.rest(time.monotonic()))

    def _round(self) -> None:
        self._awake = False
        self._easel.take_notice()
        # Not the time on the wall: most of that is the runs', which take turns with this thread.
        now, before = time.monotonic(), time.thread_time()
        self._easel.draw(now, self.manner.settle_seconds)
        self._rounds.drawn(now, time.thread_time() - before, self.manner.interval)

    # -- on the thread of a cell

    def ask(self, question: Question) -> None:
        """Put a question on the board of the cell that the running code belongs to, and show it at once."""
        with self._drawing:
            self._easel.ask(question)
            if self._closed:
                question.withdraw()
        self.nudge()

    def show(self, run: Run) -> None:
        """Show the board of a run in the cell that runs here, live if somebody looks on."""
        with self._drawing:
            self._easel.show(run, time.monotonic())
        self.nudge()

    def end_cell(self, _result: Any = None) -> None:
        """Show what the cell's runs came to, before its next cell begins."""
        with self._drawing:
            self._easel.end_cell(kernel.cell_key(), time.monotonic())
        self.nudge()

    def close(self) -> None:
        """Settle what is open, and stop listening."""
        if self._closed:
            return
        self._closed = True
        for end in self._ends:
            end()
        if session.show_run == self.show:
            session.show_run = None
        atexit.unregister(self.close)
        with self._drawing:
            self._easel.settle()
        self._wake.put(None)
