"""Waiting in a thread: for futures, for a turn, for a time; signals work meanwhile, and a pool gets its place back."""

from __future__ import annotations

import sys
import time
from functools import partial
from queue import Empty, SimpleQueue
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Any

from hookcell.gate import gate
from hookcell.shield import shield_here

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hookcell.cancel import CancelToken
    from hookcell.stops import Shield

# How often a wait looks up, in seconds. On Windows a signal cannot end one; elsewhere one that comes just before the
# wait begins does not (tried: of 150 at random moments of a wait two were heard at its end only).
SLICE = 0.1 if sys.platform == "win32" else 0.5


def until(ready: Callable[[], bool], nudge: SimpleQueue[Any], seconds: float | None = None) -> bool:
    """Block until `ready()`, looking again after each nudge; False if so many seconds pass first."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not ready():
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        _take(nudge, sliced(left))
    return True


def sliced(seconds: float | None) -> float | None:
    """Give how long to wait at a time, where a signal shall end a wait of so many seconds; None for no limit."""
    return SLICE if seconds is None else min(seconds, SLICE)


def pace(seconds: float) -> float:
    """Give how long a wait between tries really takes; `hookcell.testing` makes it nothing."""
    return seconds


def _take(nudge: SimpleQueue[Any], seconds: float | None) -> None:
    try:
        nudge.get(timeout=None if seconds is None else min(seconds, TIMEOUT_MAX))
    except Empty:
        pass


def take_back(lent: tuple[Any, ...]) -> None:
    """Wait for the gate to be free again, and have it back."""
    nudge: SimpleQueue[None] = SimpleQueue()

    def returned() -> bool:
        if gate.try_return(lent):
            return True
        gate.on_free(lambda: nudge.put(None))
        return False

    until(returned, nudge)


# -- for futures ---------------------------------------------------------------------------------------------------


def for_futures(futures: Sequence[Any], token: CancelToken | None, seconds: float | None = None) -> None:
    """Block until all futures are done, the token is cancelled, or so many seconds have passed."""
    countdown = Countdown(futures)
    left = countdown.left
    try:
        if token is None:
            stand_still(lambda: not left, countdown.nudge, None, seconds)
        else:
            stand_still(lambda: not left or token.reason is not None, countdown.nudge, token, seconds)
    finally:
        countdown.give_up()


class Countdown:
    """Says when all of several futures are done, or one that is looked for.

    Args:
        futures: What to wait for.
        stop_at: Whether a future that is done is the one.

    Attributes:
        left: One entry for each that is not done: `pop` is atomic, and looking at all of them each time is not cheap.
        found: Those that `stop_at` is true of, in the order in which they were done.
        nudge: Gets an item when there is something to see.
    """

    def __init__(self, futures: Sequence[Any], stop_at: Callable[[Any], bool] | None = None) -> None:
        self.left: list[None] = [None] * len(futures)
        self.found: list[Any] = []
        self.nudge: SimpleQueue[None] = SimpleQueue()
        self._stop_at = stop_at
        self._wakes = [(future, partial(self._look_at, future) if stop_at else self._count) for future in futures]
        for future, wake in self._wakes:
            future.on_done(wake)

    def _count(self) -> None:
        self.left.pop()
        if not self.left:
            self.nudge.put(None)

    def _look_at(self, future: Any) -> None:
        if self._stop_at is not None and self._stop_at(future):
            self.found.append(future)
            self.nudge.put(None)
        self._count()

    def give_up(self) -> None:
        """Forget those that are not done: a run may be waited for in vain many times, and nothing shall pile up."""
        if self.left:
            for future, wake in self._wakes:
                future.forget(wake)


def stand_still(
    ready: Callable[[], bool], nudge: SimpleQueue[None], token: CancelToken | None, seconds: float | None
) -> None:
    """Block until `ready()`, looking again after each nudge and each stop, or until so many seconds have passed."""
    unwatch = token.watch(partial(nudge.put, None)) if token is not None else None
    left = leave_place()
    try:
        until(ready, nudge, seconds)
    finally:
        if unwatch is not None:
            unwatch()
        come_back(left)


def leave_place() -> Shield:
    """Let a pool know that its worker, if this is one, is about to wait for a future: another one may work meanwhile.

    Returns:
        What `come_back` needs.
    """
    shield = shield_here()
    if shield.pool is not None:
        shield.waits += 1
        if shield.waits == 1:
            shield.pool.blocks()
    return shield


def come_back(shield: Shield) -> None:
    """Have the place in the pool back."""
    if shield.pool is not None:
        shield.waits -= 1
        if not shield.waits:
            shield.pool.goes_on()
