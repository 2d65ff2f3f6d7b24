"""The region: lines at the bottom of a terminal that are drawn anew, below whatever else is written.

The streams stay what they are; their `write` is heard, so that the region makes way for what anybody prints, and stays
away while a line is not finished or an answer is waited for. The cursor is never hidden and each drawing is one write:
whenever the process ends, nothing is left half drawn.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from hookcell.notebook.console.words import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType


# A flush that comes so many seconds after something was written is for that.
AT_ONCE = 0.005


class Region:
    """The lines below everything else that is written to a terminal.

    Args:
        out: The terminal.
    """

    def __init__(self, out: TextIO) -> None:
        # Not what others have put in the stream's place for writing: IPython keeps for its history what passes there.
        self._write: Callable[[str], Any] = partial(type(out).write, out)
        self._flush: Callable[[], Any] = partial(type(out).flush, out)
        self._lock = threading.RLock()
        self._height = 0
        self._may_draw = True
        self._ears = [_Ear(stream, self) for stream in _terminals(out)]

    def draw(self, rows: Sequence[str]) -> None:
        """Put lines in place of those drawn before; none of them may be wider than the screen."""
        with self._lock:
            if self._may_draw:
                text = self._erasing() + "".join(f"{row}\n" for row in rows)
                self._height = len(rows)
                self._send(text)

    def say(self, text: str) -> None:
        """Write lines that stay, above the region."""
        with self._lock:
            before = self._erasing() if self._may_draw else "\n"
            self._height, self._may_draw = 0, True
            self._send(f"{before}{text}\n")

    def begin_anew(self) -> None:
        """Take it that the cursor stands at the beginning of a line, and hear again: IPython puts streams back."""
        with self._lock:
            self._height, self._may_draw = 0, True
            self._ears = [ear if ear.in_place else ear.successor() for ear in self._ears]

    def close(self) -> None:
        """Leave nothing on the screen, and hear no more."""
        with self._lock:
            if self._height:
                self._send(self._erasing())
                self._height = 0
        self.let_go()

    def let_go(self) -> None:
        """Hear no more; takes no lock, because in a forked process nobody gives it back."""
        for ear in self._ears:
            ear.go()

    def _erasing(self) -> str:
        return f"\x1b[{self._height}F\x1b[J" if self._height else ""

    def _send(self, text: str) -> None:
        if text:
            self._write(text)
            self._flush()

    # -- what others write

    def heard(self, write: Callable[[str], Any], text: str) -> Any:
        """Make way for what somebody writes."""
        with self._lock:
            self._make_way()
            self._may_draw = text.endswith("\n") if text else self._may_draw
            return write(text)

    def heard_flush(self) -> None:
        """Make way where a flush comes with nothing written before: so `input` announces that it shows its prompt."""
        with self._lock:
            self._make_way()
            self._may_draw = False

    def _make_way(self) -> None:
        if self._height:
            erasing, self._height = self._erasing(), 0
            with suppress(OSError, ValueError):  # the terminal is gone: whoever writes will hear of it
                self._send(erasing)


def _terminals(out: TextIO) -> list[TextIO]:
    streams = {id(one): one for one in (out, sys.__stdout__, sys.__stderr__) if one is not None and is_terminal(one)}
    return list(streams.values())


# What flushes without having written anything, and waits for no answer: multiprocessing does before each fork.
_FLUSHING = frozenset({"multiprocessing", "logging", "subprocess", "concurrent"})


def _is_of_a_library(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _FLUSHING


class _Ear:
    """Hears what is written to a stream; whoever holds the stream is heard.

    It stands in front of what stood there when it was made, and never anywhere else: then no two of those that do such
    things can come to call each other for ever.
    """

    def __init__(self, stream: Any, region: Region) -> None:
        self._stream, self._region = stream, region
        self._write, self._flush = stream.write, stream.flush
        self._written = 0.0
        self._listens = True
        try:
            stream.write, stream.flush = self._heard, self._heard_flush
        except AttributeError:  # a stream of C code: it is not heard
            self._listens = False

    @property
    def in_place(self) -> bool:
        """Whether it hears, or never could."""
        return not self._listens or self._is_at("write")

    def _is_at(self, name: str) -> bool:
        return getattr(getattr(self._stream, name), "__self__", None) is self

    def successor(self) -> _Ear:
        """Make one that stands in front, and hear no more."""
        self.go()
        return _Ear(self._stream, self._region)

    def _heard(self, text: str) -> Any:
        self._written = time.monotonic()
        if self._listens and isinstance(text, str):
            return self._region.heard(self._write, text)
        return self._write(text)

    def _heard_flush(self) -> None:
        alone = time.monotonic() - self._written > AT_ONCE
        if self._listens and alone and not _is_of_a_library(sys._getframe(1)):
            self._region.heard_flush()
        self._flush()

    def go(self) -> None:
        """Hear no more."""
        self._listens = False
        for name in ("write", "flush"):
            if self._is_at(name):
                setattr(self._stream, name, getattr(self, f"_{name}"))
