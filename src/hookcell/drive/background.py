"""Async work for sync callers: one event loop in a daemon thread, or the user's own loop if it is patched for that."""

from __future__ import annotations

import sys
import threading
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from hookcell import shield
from hookcell.drive.guard import awaited, interrupted_error, keep
from hookcell.forks import in_child
from hookcell.outcome import Outcome

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable

    from hookcell.cancel import CancelToken


class _Background:
    """One event loop in a daemon thread, for async hooks and submitted async tasks of sync code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ident: int | None = None
        # Loops whose threads are in another process; kept, because a loop that goes unclosed complains.
        self._of_the_parent: list[asyncio.AbstractEventLoop | None] = []

    def after_fork(self) -> None:
        """Begin anew in a forked process, where the thread is not."""
        self._of_the_parent.append(self._loop)
        self._lock, self._loop, self.ident = threading.Lock(), None, None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                import asyncio  # noqa: PLC0415 -- slow to import, and most sync code needs no loop

                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(target=self._loop.run_forever, name="hookcell-loop", daemon=True)
                thread.start()
                self.ident = thread.ident
            return self._loop


background: _Background = _Background()
in_child(background.after_fork)
# Event loops that end with the run they drive: nothing else is to be put on them.
passing: set[asyncio.AbstractEventLoop] = set()


def on_loop(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    """Await something for sync code, on the user's own loop if it is patched for that, else on the background loop."""
    if (patched := _patched_loop()) is not None:
        return patched.run_until_complete(on_this_loop(awaitable, token))  # type: ignore[no-any-return]
    if threading.get_ident() == background.ident:
        return _in_thread(awaitable, token)
    loop = background.loop()
    result: SimpleQueue[Outcome | None] = SimpleQueue()

    def start() -> None:
        task = loop.create_task(on_this_loop(awaitable, token))
        task.add_done_callback(lambda done: result.put(outcome_of(done)))
        keep(task)

    loop.call_soon_threadsafe(start)
    return _get_or_leave(result, token)


def _get_or_leave(result: SimpleQueue[Outcome | None], token: CancelToken) -> Outcome:
    """Wait for an outcome; what was told to stop and does not is left behind after a moment."""
    unwatch = token.watch(partial(result.put, None))
    limit: float | None = None
    try:
        while (outcome := result.get(timeout=limit)) is None:
            limit = shield.GRACE if token.heard or token.due() else None
    except Empty:
        return Outcome(None, interrupted_error())
    finally:
        unwatch()
    return outcome


def outcome_of(task: Any) -> Outcome:
    """Give the outcome that an asyncio task of ours has carried."""
    if task.cancelled():
        return Outcome(None, interrupted_error())
    if (error := task.exception()) is not None:
        return Outcome(None, error)
    return task.result()  # type: ignore[no-any-return]


async def on_this_loop(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    """Await something in a task of its own, guarded by a token."""
    import asyncio  # noqa: PLC0415

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- we are in one
    return await awaited(awaitable, token, task)


def _in_thread(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    """Await something for sync code that runs on the background loop itself, where it would wait for itself."""
    import asyncio  # noqa: PLC0415
    import contextvars  # noqa: PLC0415

    result: SimpleQueue[Outcome | None] = SimpleQueue()
    context = contextvars.copy_context()
    work = partial(context.run, lambda: result.put(asyncio.run(on_this_loop(awaitable, token))))
    threading.Thread(target=work, name="hookcell-await", daemon=True).start()
    return _get_or_leave(result, token)


async_mode = "background"


def _patched_loop() -> Any:
    """Give the running loop if it can be run from inside (nest_asyncio), or the user asked for that."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not (hasattr(asyncio, "_nest_patched") or async_mode == "nested"):
        return None
    return asyncio._get_running_loop()
