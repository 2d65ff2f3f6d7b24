"""Deadlines: one daemon thread that calls back when a time is up.

A deadline costs a dict entry. The thread wakes only when the soonest one is near: the usual hook timeout of a minute
never wakes it, because it looks again every half minute anyway.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from hookcell.forks import in_child

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SLEEP = 30.0
_monotonic = time.monotonic


class Deadlines:
    """Calls `call()` at a time, unless it is taken back first."""

    def __init__(self) -> None:
        self._due: dict[object, tuple[float, Callable[[], object]]] = {}
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._wakes_at = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, key: object, seconds: float, call: Callable[[], object]) -> None:
        """Have `call` called on the deadline thread in so many seconds; `key` takes it back."""
        when = _monotonic() + seconds
        self._due[key] = (when, call)
        if when < self._wakes_at:
            self._nudge()

    def remove(self, key: object) -> None:
        """Take a deadline back; nothing happens if it has passed."""
        self._due.pop(key, None)

    def after_fork(self) -> None:
        """Begin anew in a forked process, where the thread is not."""
        self._wake, self._wakes_at, self._thread = SimpleQueue(), float("inf"), None

    def _nudge(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._wakes_at = _monotonic() + LONGEST_SLEEP
            self._thread = threading.Thread(target=self._watch, name="hookcell-deadlines", daemon=True)
            self._thread.start()
        self._wake.put(None)

    def _watch(self) -> None:
        while True:
            now = _monotonic()
            soonest = min((when for when, _ in tuple(self._due.values())), default=now + LONGEST_SLEEP)
            self._wakes_at = min(soonest, now + LONGEST_SLEEP)
            try:
                self._wake.get(timeout=max(0.0, self._wakes_at - now))
            except Empty:
                self._ring()

    def _ring(self) -> None:
        now = _monotonic()
        for key, (when, call) in tuple(self._due.items()):
            if when <= now and self._due.pop(key, None) is not None:
                call()


deadlines: Deadlines = Deadlines()
in_child(deadlines.after_fork)
