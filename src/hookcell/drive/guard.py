"""What an asyncio task needs to be driven: to be stopped in user code only, and to wait without blocking its loop."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell.errors import RunInterrupted
from hookcell.gate import gate
from hookcell.outcome import Outcome
from hookcell.stops import hide_frames_of, users_own

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence

    from hookcell.cancel import CancelToken


class _Loops:
    """Which token guards the code that an asyncio task is in: a stop cancels the task only there."""

    def __init__(self) -> None:
        self._armed: dict[Any, CancelToken] = {}

    def lower(self, task: Any) -> CancelToken | None:
        return self._armed.pop(task, None)

    def raise_again(self, task: Any, outer: CancelToken | None) -> None:
        if outer is not None:
            self._armed[task] = outer
            if outer.due():
                outer.heard = outer.presses
                raise interrupted_error()

    def arm(self, task: Any, token: CancelToken) -> None:
        self._armed[task] = token

    def guards(self, task: Any, token: CancelToken) -> bool:
        return self._armed.get(task) is token


loops = _Loops()


async def awaited(awaitable: Awaitable[Any], token: CancelToken, task: asyncio.Task[Any]) -> Outcome:
    """Await user code that a token guards."""
    with TaskGuard(token, task):
        try:
            return Outcome(await awaitable)
        except BaseException as error:
            if isinstance(error, GeneratorExit) and not _is_running(task):
                raise  # the coroutine is being closed: it may not go on
            return Outcome(None, users_own(error))


def _is_running(task: asyncio.Task[Any]) -> bool:
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    try:
        return asyncio.current_task() is task
    except RuntimeError:  # no loop runs here: the garbage collector closes the coroutine
        return False


class TaskGuard:
    """Lets a stop cancel an asyncio task while it is in the code that a token guards, and only there."""

    def __init__(self, token: CancelToken, task: asyncio.Task[Any]) -> None:
        self._token, self._task = token, task
        self._cancels = 0
        self._unwatch: Callable[[], None] | None = None

    def __enter__(self) -> None:
        loops.arm(self._task, self._token)
        self._unwatch = self._token.watch(partial(_wake_loop, self._task.get_loop(), self._stop))

    def _stop(self) -> None:
        if loops.guards(self._task, self._token) and self._token.due():
            self._token.heard = self._token.presses
            self._cancels += 1
            self._task.cancel()

    def __exit__(self, *_error: object) -> None:
        if self._unwatch is not None:
            self._unwatch()
        loops.lower(self._task)
        for _ in range(self._cancels):
            self._task.uncancel()


_interrupted: type[BaseException] | None = None


def interrupted_error(told: str = "the run was interrupted") -> BaseException:
    """Make what an async call raises after an Interrupt: an asyncio.CancelledError, because a loop survives that."""
    global _interrupted  # noqa: PLW0603 -- asyncio is not imported before somebody uses it
    if _interrupted is None:
        import asyncio  # noqa: PLC0415

        _interrupted = type("RunInterrupted", (asyncio.CancelledError,), {"__module__": RunInterrupted.__module__})
    return _interrupted(told)


# -- waiting -------------------------------------------------------------------------------------------------------


async def until_done(futures: Sequence[Any], token: CancelToken | None = None, seconds: float | None = None) -> None:
    """Await until futures are done, the token is cancelled, or so many seconds have passed."""
    deadline = None if seconds is None else time.monotonic() + seconds
    for future in futures:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not future.done():
            await nudged(partial(_when_done, future, token), left)
        if token is not None and token.reason is not None:
            return


async def await_futures(futures: Sequence[Any]) -> None:
    """Await futures for user code: a hook that waits lends the gate meanwhile."""
    lent = gate.lend()
    try:
        await until_done(futures)
    finally:
        while lent and not gate.try_return(lent):
            await nudged(gate.on_free)


def _wake_loop(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(wake)
    except RuntimeError:  # the loop was closed, so nobody waits any more
        pass


def _when_done(future: Any, token: CancelToken | None, wake: Callable[[], None]) -> Callable[[], None] | None:
    future.on_done(wake)
    return token.watch(wake) if token is not None else None


async def nudged(subscribe: Callable[[Callable[[], None]], Any], seconds: float | None = None) -> None:
    """Await one call of the function that `subscribe` is given, from any thread, or so many seconds."""
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    loop = asyncio.get_running_loop()
    nudge = loop.create_future()

    def wake() -> None:
        if not nudge.done():
            nudge.set_result(None)

    unsubscribe = subscribe(partial(_wake_loop, loop, wake))
    timer = loop.call_later(seconds, wake) if seconds is not None else None
    try:
        await nudge
    finally:
        if timer is not None:
            timer.cancel()
        if callable(unsubscribe):
            unsubscribe()


_tasks: set[Any] = set()


def keep(task: Any) -> None:
    """Hold a task that nobody else does: the loop itself only holds weak references."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


hide_frames_of(__file__)
