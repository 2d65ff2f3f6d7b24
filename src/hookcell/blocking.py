"""Blocking from user code: a stop ends it, a hook lends its turn, and no event loop is made to wait for itself."""

from __future__ import annotations

import sys
from _thread import get_ident
from collections import deque
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.cancel import CancelToken
from hookcell.drive.guard import loops
from hookcell.errors import RunInterrupted, SelfWaitError
from hookcell.gate import gate
from hookcell.outcome import Outcome
from hookcell.runs import current
from hookcell.shield import main_shield, shield_here
from hookcell.waiting import Countdown, stand_still, take_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hookcell.runs import Run

T = TypeVar("T")


def check_timeout(timeout: float | None) -> None:
    """Refuse a number of seconds that cannot be waited.

    Raises:
        ValueError: It is negative.
        TypeError: It is no number.
    """
    is_number = hasattr(timeout, "__float__") and not isinstance(timeout, bool)
    if timeout is None or (is_number and timeout >= 0):
        return
    told = f"'timeout' must be a non-negative number, got {timeout!r}; give seconds, or None for no limit"
    raise ValueError(told) if is_number else TypeError(told)


def block(futures: Sequence[Any], seconds: float | None, stop_at: Callable[[Any], bool] | None = None) -> Countdown:
    """Block until futures are done, or so many seconds have passed.

    Args:
        futures: What to wait for.
        seconds: Most seconds to wait; None for no limit.
        stop_at: Whether to wait no more, now that this future is done.

    Returns:
        How many are left, and what was found.

    Raises:
        ValueError: The number of seconds is negative.
        SelfWaitError: The caller is on the event loop that has to drive one of them.
        RunInterrupted: The caller's run is to stop.
    """
    __tracebackhide__ = True
    check_timeout(seconds)
    refuse_self_wait(futures)
    countdown = Countdown(futures, stop_at)
    left, found = countdown.left, countdown.found
    try:
        stand(lambda: not left or bool(found), countdown.nudge, seconds)
    finally:
        countdown.give_up()
    return countdown


class Arrivals:
    """Futures in the order in which they are done; those that are done already come first, in the order given.

    Raises:
        SelfWaitError: The caller is on the event loop that has to drive one of them.
    """

    def __init__(self, futures: Iterable[Any]) -> None:
        several = list(futures)
        pending = [future for future in several if not future.done()]
        refuse_self_wait(pending)
        self._nudge: SimpleQueue[None] = SimpleQueue()
        late = set(pending)
        self._arrived = deque(future for future in several if future not in late)
        self._wakes = [(future, partial(self._arrive, future)) for future in pending]
        for future, wake in self._wakes:
            future.on_done(wake)

    def _arrive(self, future: Any) -> None:
        self._arrived.append(future)
        self._nudge.put(None)

    def next(self, seconds: float | None) -> Any:
        """Block until the next one is done and give it; None if so many seconds pass first."""
        __tracebackhide__ = True
        if not self._arrived:
            stand(lambda: bool(self._arrived), self._nudge, seconds)
        return self._arrived.popleft() if self._arrived else None

    def give_up(self) -> None:
        """Wait for no more of them."""
        for future, wake in self._wakes:
            future.forget(wake)


def refuse_self_wait(futures: Iterable[Any]) -> None:
    """Refuse to block an event loop for what that same loop has to do.

    Raises:
        SelfWaitError: The caller is on the event loop that has to drive one of them.
    """
    here = get_ident()
    stuck = next((future for future in futures if future.loop_ident == here and not future.done()), None)
    if stuck is not None:
        name = stuck.run.name
        raise SelfWaitError(
            f"waiting for {name!r} here would block the event loop that has to run it; write: await future"
        )


# -- outside any run -----------------------------------------------------------------------------------------------


def guarded(wait_here: Callable[[], Any]) -> Outcome:
    """Block for code that is in no run: an Interrupt then ends the wait, whatever the thread is in the middle of.

    Inside a run a stop of that run ends the wait, and is raised at once.
    """
    __tracebackhide__ = True
    shield, token = shield_here(), CancelToken()
    if current.get() is not None or shield.armed is not None or not main_shield().open(token):
        return Outcome(wait_here())
    try:
        return shield.guard(token, wait_here, (), None, None)
    finally:
        main_shield().close(token)


def only_the_wait(wait_here: Callable[[], T], runs: Callable[[], Sequence[Run]]) -> T:
    """Block for runs; an Interrupt outside any run ends only the wait, and says so.

    Args:
        wait_here: Does it.
        runs: Gives what is waited for.
    """
    __tracebackhide__ = True
    outcome = guarded(wait_here)
    if outcome.error is not None:
        raise RunInterrupted(told_of(runs())) if outcome.error.__class__ is RunInterrupted else outcome.error
    return outcome.value  # type: ignore[no-any-return]


def told_of(runs: Sequence[Run]) -> str:
    """Say that a wait for runs was interrupted, and what becomes of them."""
    if len(runs) == 1:
        whose = f"{runs[0].definition.kind} run {runs[0].name!r}"
        return f"the wait was interrupted; {whose} goes on, and its cancel() stops it"
    go_on = f"; {len(runs)} runs go on, and the cancel() of each stops it" if runs else ""
    return f"the wait was interrupted{go_on}"


# -- anywhere ------------------------------------------------------------------------------------------------------


def stand(ready: Callable[[], bool], nudge: SimpleQueue[None], seconds: float | None = None) -> None:
    """Block the thread that user code is in until `ready()`, looking again after each nudge.

    A stop ends the wait only where it can be raised at once: in the thread or asyncio task that a run's code is in. Any
    other thread waits on; the runs it waits for are stopped with the one that submitted them.
    """
    __tracebackhide__ = True
    shield = shield_here()
    outer = shield.lower()
    task = _task_here() if outer is None else None
    awaiting = loops.lower(task)
    token = outer or awaiting
    lent = gate.lend(blocking=True)
    try:
        stand_still(ready if token is None else lambda: ready() or token.due(), nudge, token, seconds)
    finally:
        if lent:
            take_back(lent)
        shield.raise_again(outer)
        loops.raise_again(task, awaiting)


def _task_here() -> Any:
    """Give the asyncio task that this is in, if it is in one, without importing asyncio."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return None
    return asyncio.current_task()
