"""Watching: hears of the runs of this process, and has them told by a thread that runs never wait for."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar

from hookcell import shield
from hookcell.notebook.console.telling import Telling
from hookcell.session import Listener, session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hookcell.runs import Run
    from hookcell.states import State

T = TypeVar("T")
INTERVAL = 0.1


class Watch(Listener):
    """Tells the runs of this process as they happen; `close` ends it, as does the `with` block that it heads.

    A run that takes longer than a moment is told when it begins or, on a screen, drawn until it ends; failures are
    told at once, and each run with what came of it when it is over.
    """

    def __init__(self, out: TextIO | None = None, *, live: bool = False) -> None:
        self.out = out
        self.telling = Telling(out, live=live)
        self._began: deque[Run] = deque()
        self._failed: deque[Run] = deque()
        self._created: deque[Run] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._closed = False
        self._lock = threading.RLock()
        self._unlisten: Callable[[], None] = session.listen(_Ears(self, self._created) if live else self)
        # Called when it ends, by itself or by others.
        self.on_end: Callable[[Watch], None] = lambda _: None
        atexit.register(self.close)
        shield.last_words.append(self._last_words)

    def start(self) -> Self:
        """Tell from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="hookcell-console", daemon=True).start()
        return self

    # -- listening: on the engine's path

    def opened(self, run: Run) -> None:
        """Note a run that has begun."""
        self._began.append(run)
        self._wake.put(None)

    def failed(self, run: Run, state: State[Any]) -> None:  # noqa: ARG002 -- the listener's signature
        """Note a run that has failed."""
        self._failed.append(run)

    # -- telling: on the thread

    def _run(self) -> None:
        while not self._closed:
            self._sleep()
            with self._lock:
                self.round(time.monotonic())

    def _sleep(self) -> None:
        try:
            self._wake.get(timeout=None if self.telling.idle else INTERVAL)
        except Empty:
            return
        if not self._closed:
            time.sleep(INTERVAL / 2)  # what ends at once is told once

    def round(self, now: float) -> None:
        """Tell what has happened since the last round."""
        if self._closed:
            return
        with self._giving_up():
            # In this order: what is around them has begun before.
            created, failed = _taken(self._created), _taken(self._failed)
            self.telling.begin(_taken(self._began))
            self.telling.admit(created)
            self.telling.fail(failed)
            self.telling.tell(now)

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """End the watching where it cannot be told: the runs go on."""
        try:
            yield
        except (OSError, ValueError):  # nobody reads any more, or the stream is closed
            self._leave()
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is only the telling
            self._leave()
            session.warn(f"Runs are not told in the terminal any more ({type(error).__name__}: {error}); they go on.")

    # -- between commands

    def begin_command(self) -> None:
        """Draw again: the shell has read a command."""
        with self._lock:
            self.telling.take_screen()

    def end_command(self) -> None:
        """Tell what has happened, and leave the screen to the shell that waits for a command."""
        with self._lock:
            self.round(time.monotonic())
            self.telling.leave_screen()

    # -- the end

    def close(self) -> None:
        """Tell what has happened, and end."""
        if self._closed:
            return
        with self._lock:
            self.round(time.monotonic())
            self._leave()

    def _last_words(self) -> None:
        """Tell what has happened before the process dies; not if the terminal stands still."""
        if self._lock.acquire(timeout=1):
            try:
                self.round(time.monotonic())
            finally:
                self._lock.release()

    def _leave(self) -> None:
        self._end_listening()
        atexit.unregister(self.close)
        self.telling.close()
        self._wake.put(None)
        self.on_end(self)

    def let_go(self) -> None:
        """End in a forked process, where neither the thread nor a lock can be had."""
        self._end_listening()
        self.telling.let_go()

    def _end_listening(self) -> None:
        self._closed = True
        self._unlisten()
        if self._last_words in shield.last_words:
            shield.last_words.remove(self._last_words)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Ears(Listener):
    """Hears for a watch that draws: of every run, once. Failures are drawn."""

    def __init__(self, watch: Watch, created: deque[Run]) -> None:
        self._watch, self._created = watch, created

    def opened(self, run: Run) -> None:
        """Note a run that has begun."""
        self._watch.opened(run)

    def created(self, run: Run) -> None:
        """Note a run that there is more to draw of."""
        self._created.append(run)


def _taken(events: deque[T]) -> list[T]:
    return [events.popleft() for _ in range(len(events))]
