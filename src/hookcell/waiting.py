"""Waiting from user code: for futures, without hanging a pool, a gate or an event loop."""

from __future__ import annotations

import sys
import time
from _thread import get_ident
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from hookcell.errors import SelfWaitError
from hookcell.gate import gate
from hookcell.runs import current
from hookcell.shield import shield_here

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hookcell.cancel import CancelToken

# Where a signal cannot end a wait (Windows), waits look up this often, in seconds.
SLICE = 0.1
_NEEDS_SLICES = sys.platform == "win32"


def until(ready: Callable[[], bool], nudge: SimpleQueue[Any], seconds: float | None = None) -> bool:
    """Block until `ready()`, looking again after each nudge; False if so many seconds pass first."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not ready():
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        _take(nudge, min(left, SLICE) if left is not None and _NEEDS_SLICES else SLICE if _NEEDS_SLICES else left)
    return True


def pace(seconds: float) -> float:
    """Give how long a wait between tries really takes; `hookcell.testing` makes it nothing."""
    return seconds


def _take(nudge: SimpleQueue[Any], seconds: float | None) -> None:
    try:
        nudge.get(timeout=seconds)
    except Empty:
        pass


def for_futures(futures: Sequence[Any], token: CancelToken | None, seconds: float | None = None) -> bool:
    """Block until all futures are done (True), the token is cancelled, or so many seconds have passed (False)."""
    nudge: SimpleQueue[None] = SimpleQueue()
    left = [None] * len(futures)  # a countdown: `pop` is atomic, and looking at every future each time is not cheap

    def one_done() -> None:
        left.pop()
        if not left:
            nudge.put(None)

    for future in futures:
        future.on_done(one_done)
    unwatch = token.watch(lambda: nudge.put(None)) if token is not None else None
    pool = shield_here().pool
    if pool is not None:
        pool.blocks()
    try:
        until(lambda: not left or (token is not None and token.reason is not None), nudge, seconds)
    finally:
        if unwatch is not None:
            unwatch()
        if pool is not None:
            pool.goes_on()
    return not left


def block(futures: Sequence[Any], seconds: float | None) -> bool:
    """Block the caller, who is user code, until futures are done; False if so many seconds pass first.

    Raises:
        ValueError: The number of seconds is negative.
        SelfWaitError: The caller is on the event loop that has to drive one of them.
    """
    __tracebackhide__ = True
    if seconds is not None and seconds < 0:
        raise ValueError(f"timeout is {seconds!r}; give seconds of 0 or more, or None for no limit")
    _refuse_self_wait(futures)
    shield = shield_here()
    outer = shield.lower()
    run = current.get()
    lent = gate.lend(blocking=True)
    try:
        return for_futures(futures, run.scope if run is not None else None, seconds)
    finally:
        if lent:
            take_back(lent)
        shield.raise_again(outer)


def take_back(lent: tuple[Any, ...]) -> None:
    """Wait for the gate to be free again, and have it back."""
    nudge: SimpleQueue[None] = SimpleQueue()

    def returned() -> bool:
        if gate.try_return(lent):
            return True
        gate.on_free(lambda: nudge.put(None))
        return False

    until(returned, nudge)


def _refuse_self_wait(futures: Sequence[Any]) -> None:
    here = get_ident()
    stuck = next((future for future in futures if future.loop_ident == here and not future.done()), None)
    if stuck is not None:
        name = stuck.run.name
        raise SelfWaitError(
            f"waiting for {name!r} here would block the event loop that has to run it; write: await future"
        )
