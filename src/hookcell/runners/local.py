"""Local runners: in the caller's thread, or in a pool of threads."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from hookcell.errors import UnknownOptionError
from hookcell.forks import in_child
from hookcell.shield import ThreadShield, use_shield

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_WORKERS = 8


class Runner(Protocol):
    """Runs submitted work."""

    name: str
    in_process: bool
    can_kill: bool
    # Whether `submit` returns only when the work is done.
    at_once: bool

    def submit(self, work: Callable[[], Any]) -> None:
        """Have `work` called, now or later, here or elsewhere; it raises nothing."""

    def close(self) -> None:
        """Take no more work; what runs is left to end."""


class InlineRunner:
    """Runs work at once, in the caller's thread: `.submit()` returns when the run is over."""

    name = "inline"
    in_process = True
    can_kill = False
    at_once = True

    def submit(self, work: Callable[[], Any]) -> None:
        """Call `work` now."""
        work()

    def close(self) -> None:
        """Nothing to close."""


_pools: WeakSet[ThreadRunner] = WeakSet()


@in_child
def _after_fork() -> None:
    for pool in tuple(_pools):
        pool.after_fork()


class ThreadRunner:
    """Runs work in daemon threads, started as they are needed.

    A worker that waits for a future does not count, so that work submitted from inside the pool never hangs; one that
    is stuck in a body whose run went on without it is replaced.

    Args:
        max_workers: How many bodies run at once.
    """

    name = "threads"
    in_process = True
    can_kill = False
    at_once = False

    def __init__(self, max_workers: int = DEFAULT_WORKERS) -> None:
        if not isinstance(max_workers, int) or max_workers < 1:  # type: ignore[redundant-expr] # not all code is typed
            raise UnknownOptionError(f"max_workers is {max_workers!r}; give a whole number of 1 or more")
        self.max_workers = max_workers
        self.after_fork()
        _pools.add(self)

    def after_fork(self) -> None:
        """Begin anew, without threads, and without the work that the threads of another process do."""
        self._queue: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._away = 0  # workers that wait for a future, or are stuck
        # One entry for each worker that waits for work: appending and popping need no lock.
        self._idle: list[None] = []
        self._closed = False

    def submit(self, work: Callable[[], Any]) -> None:
        """Queue `work`; a thread is started if all are busy and there may be more."""
        self._queue.put(work)
        if len(self._idle) < self._queue.qsize() and self._threads - self._away < self.max_workers:
            self._start_one()

    def _start_one(self) -> None:
        with self._lock:
            if self._threads - self._away >= self.max_workers:
                return
            self._threads += 1
        threading.Thread(target=self._work, name="hookcell-worker", daemon=True).start()

    def _work(self) -> None:
        shield = use_shield(ThreadShield(self))
        try:
            while (work := self._next()) is not None:
                work()
                del work
                if shield.replaced or self._threads - self._away > self.max_workers:
                    return
        finally:
            with self._lock:
                self._threads -= 1
                self._away -= shield.replaced

    def _next(self) -> Callable[[], Any] | None:
        self._idle.append(None)
        try:
            return self._queue.get()
        finally:
            self._idle.pop()

    def blocks(self) -> None:
        """A worker is about to wait for a future: another one may work meanwhile."""
        with self._lock:
            self._away += 1
        if not self._queue.empty():
            self._start_one()

    def goes_on(self) -> None:
        """A worker has stopped waiting."""
        with self._lock:
            self._away -= 1

    def lost(self) -> None:
        """A worker is stuck in a body whose run has gone on without it."""
        self.blocks()

    def close(self) -> None:
        """Let every worker end when it has nothing to do."""
        self._closed = True
        for _ in range(self._threads):
            self._queue.put(None)


RUNNERS: dict[str, Callable[[], Runner]] = {"inline": InlineRunner, "threads": ThreadRunner}


def make_runner(asked: Any) -> Callable[[], Runner]:
    """Give what makes the runner that was asked for: by name, as a class, as an instance to copy the settings of.

    Raises:
        UnknownOptionError: There is no such runner.
    """
    if asked is None:
        return ThreadRunner
    if isinstance(asked, str) and asked in RUNNERS:
        return RUNNERS[asked]
    if isinstance(asked, ThreadRunner):
        return lambda: ThreadRunner(asked.max_workers)
    if isinstance(asked, InlineRunner):
        return InlineRunner
    if isinstance(asked, type) and issubclass(asked, ThreadRunner | InlineRunner):
        return asked
    raise UnknownOptionError(
        f"there is no runner {asked!r}; there are {', '.join(sorted(RUNNERS))}, and ThreadRunner(max_workers=...)"
    )
