"""Telling: the outermost runs that are open, what has been told of them, and where it is told. It knows no thread."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from hookcell.notebook.console import words
from hookcell.notebook.console.frame import frame_of
from hookcell.notebook.console.region import Region
from hookcell.notebook.console.tally import Tally
from hookcell.notebook.palette import many
from hookcell.notebook.settled.plain import tally_said
from hookcell.notebook.snapshots import short_of
from hookcell.states import COMPLETED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hookcell.runs import Run

FRAME_EVERY = 0.2
SHOW_AFTER = 0.3  # a run that has ended by then is one line
MOST_ENDED, MOST_FAILURES = 8, 10


class _Open:
    """An outermost run that is open, and what has been told of it."""

    def __init__(self, run: Run) -> None:
        self.run, self.since = run, time.monotonic()
        self.begun = False
        self.failures = 0
        self.tally = Tally(run)


class Telling:
    """Tells of runs on a stream: in lines or, if `live`, drawn at the bottom of its screen as long as they are open."""

    def __init__(self, out: TextIO | None, *, live: bool) -> None:
        self._out = out
        self._open: dict[int, _Open] = {}
        self._region = Region(self._stream()) if live else None
        self._at_prompt = False
        self._next_frame = 0.0

    @property
    def idle(self) -> bool:
        """Whether no run is open."""
        return not self._open

    # -- what has happened

    def begin(self, runs: Iterable[Run]) -> None:
        """Take in outermost runs that have begun."""
        self._open.update((run.number, _Open(run)) for run in runs)

    def admit(self, runs: Iterable[Run]) -> None:
        """Take in runs that have begun below others."""
        for run in runs:
            of = self._open.get(run.root.number)
            if of is not None and run is not of.run:
                of.tally.admit(run)

    def fail(self, runs: Iterable[Run]) -> None:
        """Tell the first runs that failed below others; on a screen they are drawn."""
        for run in runs:
            of = self._open.get(run.root.number)
            if of is not None and run is not of.run and self._region is None:
                of.failures += 1
                self._say_failure(run, of.failures)

    def _say_failure(self, run: Run, nth: int) -> None:
        if nth <= MOST_FAILURES:
            self._say(words.failure(run))
        elif nth == MOST_FAILURES + 1:
            self._say("  … more failures are counted when it ends")

    # -- telling

    def tell(self, now: float) -> None:
        """Tell what has ended, what takes longer than a moment, and draw what is open."""
        self._tell_ended([of for of in self._open.values() if of.run.over])
        for of in self._open.values():
            if not of.begun and now - of.since >= SHOW_AFTER:
                of.begun = True
                if self._region is None or self._at_prompt:
                    self._say(words.begun(of.run))
        if self._region is not None and not self._at_prompt and (self.idle or now >= self._next_frame):
            before = time.monotonic()
            self._draw(self._region)
            # To look at very many runs takes its time: no more of it than a small part.
            self._next_frame = now + max(FRAME_EVERY, 20 * (time.monotonic() - before))

    def _tell_ended(self, over: list[_Open]) -> None:
        """Tell what has ended; of very many at once the first, those that did not complete before others."""
        first = set(sorted(over, key=lambda of: of.run.state.type is COMPLETED)[:MOST_ENDED])
        for of in over:
            del self._open[of.run.number]
            if of in first:
                self._say("\n".join(words.ended(short_of(of.run))))
        if rest := Counter(of.run.state.name for of in over if of not in first):
            self._say(f"and {many(sum(rest.values()), 'more run')}: {tally_said(rest)}")

    def _draw(self, region: Region) -> None:
        drawn = [of.tally for of in self._open.values() if of.begun]
        for tally in drawn:
            tally.look()
        out = self._stream()
        size, colours = words.size_of(out), words.coloured(out)
        rows = frame_of(drawn, time.time(), size=size, colours=colours) if drawn else []
        region.draw([words.sendable(row, out) for row in rows])

    def _say(self, text: str) -> None:
        out = self._stream()
        told = [words.with_inks(row) for row in text.split("\n")] if words.coloured(out) else [text]
        said = words.sendable("\n".join(told), out)
        if self._region is not None and not self._at_prompt:
            self._region.say(said)
        else:
            out.write(f"{said}\n")
            out.flush()

    def _stream(self) -> TextIO:
        """Give where to write: IPython puts other streams in place while it waits for a command."""
        return sys.stderr if self._out is None else self._out

    # -- whose the screen is

    def take_screen(self) -> None:
        """Draw from now on."""
        self._at_prompt = False
        if self._region is not None:
            self._region.begin_anew()

    def leave_screen(self) -> None:
        """Draw nothing any more until the screen is taken again."""
        if self._region is not None:
            self._region.draw([])
        self._at_prompt = True

    def close(self) -> None:
        """Leave nothing on the screen that is only for a time."""
        if self._region is not None:
            try:
                self._region.close()
            except (OSError, ValueError):  # the stream is gone
                self._region.let_go()
            self._region = None

    def let_go(self) -> None:
        """Hear no more what is written; takes no lock."""
        if self._region is not None:
            self._region.let_go()
