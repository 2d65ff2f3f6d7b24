"""Values: the parameters and the result of a run, looked at on a thread that is left behind if they take too long."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from hookcell.notebook.wire.calls import code_of
from hookcell.notebook.wire.masks import MASK, is_secret
from hookcell.notebook.wire.previews import preview, type_of
from hookcell.notebook.wire.texts import clip
from hookcell.states import COMPLETED
from hookcell.thread_shield import _raise_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from hookcell.runs import Run

# Seconds that all values of a run may take together.
LONGEST = 0.5
MOST_PARAMETERS, MOST_LEFT_BEHIND = 100, 4

_left_behind: list[threading.Thread] = []
_slow: WeakSet[type] = WeakSet()


class TooSlowError(BaseException):
    """Raised in a repr that takes too long; the only kind of stop that reaches a loop on another thread."""


class Values:
    """What a run was given and what it gave, as texts; they come in one after another.

    Args:
        run: The run.
        context: A copy of it is what reprs run in: what they print reaches its cell.
        done: Called on their thread when all are there.
    """

    def __init__(self, run: Run, context: Context, done: Callable[[], None]) -> None:
        self.run = run
        self.code = ""
        self._parameters: list[list[Any]] = []
        self._result: dict[str, str] | None = None
        self._names: list[str] = ["…"]
        self._present: Any = None
        self._over = threading.Event()
        self._done = done
        self._give_up_at = time.monotonic() + LONGEST
        work = context.copy().run
        self._thread = threading.Thread(target=work, args=(self._look,), name="hookcell-values", daemon=True)
        _left_behind[:] = [thread for thread in _left_behind if thread.is_alive()]
        if len(_left_behind) < MOST_LEFT_BEHIND:
            self._thread.start()
        else:
            self._give_up_at = 0.0

    def wait(self, seconds: float) -> None:
        """Wait until all texts are there, or so many seconds."""
        self._over.wait(seconds)

    def ready(self, now: float) -> bool:
        """Whether all texts are there, or have been waited for long enough."""
        if not self._over.is_set() and now >= self._give_up_at:
            self._give_up()
        return self._over.is_set()

    def _give_up(self) -> None:
        """Leave the thread behind, and do not try such a value again."""
        self._over.set()
        slow = type(self._present)
        if slow.__module__ != "builtins":
            _slow.add(slow)
        if self._thread.is_alive() and self._thread.ident is not None:
            _left_behind.append(self._thread)
            _raise_in(self._thread.ident, TooSlowError)

    # -- on their thread

    def _look(self) -> None:
        try:
            named = list(self.run.parameters.items())[:MOST_PARAMETERS]
            self._names = [clip(name, 100) or "" for name, _ in named]
            self.code = code_of(self.run)
            for name, value in named:
                self._parameters.append([clip(name, 100), self._text(name, value), is_secret(name, value)])
            state = self.run.state
            if state.type is COMPLETED and state.data is not None:
                self._result = {"type": type_of(state.data), "text": self._text(None, state.data)}
        except BaseException:  # noqa: BLE001, S110 -- what is there is told, and the rest is told to be missing
            pass
        if not self._over.is_set():
            self._over.set()
            self._done()

    def _text(self, name: object, value: Any) -> str:
        if self._over.is_set():
            raise TooSlowError
        if is_secret(name, value):
            return MASK
        if type(value) in _slow:
            return _late(value)
        self._present = value
        text = preview(value)
        if self._over.is_set():  # a repr that was stopped says that it raised
            raise TooSlowError
        self._present = None
        return text

    # -- on the drawing thread

    @property
    def parameters(self) -> list[list[Any]]:
        """Each parameter as its name, its text, and whether it is masked."""
        there = list(self._parameters)
        return [*there, *([name, "(not shown: it takes too long)", False] for name in self._names[len(there) :])]

    @property
    def result(self) -> dict[str, str] | None:
        """The result's type and text; None if there is none."""
        state = self.run.state
        if self._result is None and state.type is COMPLETED and state.data is not None:
            return {"type": type_of(state.data), "text": _late(state.data)}
        return self._result


def _late(value: Any) -> str:
    return f"({type(value).__name__}, whose repr takes longer than {LONGEST:g} s)"
