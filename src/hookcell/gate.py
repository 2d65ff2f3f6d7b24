"""The gate: hooks run one at a time, so that they may share the notebook's variables.

It is owned by a hook call, not by a thread. Ownership travels in the context, so the hooks of runs that a hook starts
pass; a hook that waits for a future lends the gate meanwhile; an abandoned hook loses it at once.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hookcell.forks import in_child

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.hooks import HookRun

holding: ContextVar[HookRun | None] = ContextVar("hookcell_holding", default=None)


class Gate:
    """Lets one hook call in at a time, and those that it gives rise to."""

    def __init__(self) -> None:
        # Reentrant: a signal handler may cancel, and so release a hook, in the thread that is inside it.
        self._lock = threading.RLock()
        # Async hook calls that are suspended at an await, and the thread of their loop.
        self._suspended: dict[HookRun, int] = {}
        # Hook calls that are in, each let in by the one before it; only the last may let another in.
        self._inside: list[HookRun] = []
        self._waiting: list[Callable[[], None]] = []

    @property
    def owner(self) -> HookRun | None:
        """The hook call whose turn it is."""
        inside = self._inside
        return inside[-1] if inside else None

    def after_fork(self) -> None:
        """Keep only those inside that the forking thread is in: the others go on in another process."""
        self._lock, self._waiting = threading.RLock(), []
        here = holding.get()
        self._inside = self._inside[: self._inside.index(here) + 1] if here in self._inside else []

    def try_take(self, hook_run: HookRun) -> bool:
        """Let a hook call in if nobody is in, or if it was started by the one whose turn it is."""
        with self._lock:
            if not self._inside or self._inside[-1] is holding.get():
                self._inside.append(hook_run)
                return True
        return False

    def try_take_over(self, hook_run: HookRun) -> bool:
        """Let a plain hook in on top of one that is suspended on this very thread's loop.

        That one cannot go on before this thread is free again, so waiting for it would be for ever; and it does not
        run meanwhile, so nothing overlaps.
        """
        with self._lock:
            if not self._inside or self._suspended.get(self._inside[-1]) == get_ident():
                self._inside.append(hook_run)
                return True
        return self.try_take(hook_run)

    def suspend(self, hook_run: HookRun) -> Callable[[], object]:
        """Note that an async hook call awaits on this thread's loop; the function returned ends that."""
        self._suspended[hook_run] = get_ident()
        return lambda: self._suspended.pop(hook_run, None)

    def release(self, hook_run: HookRun) -> None:
        """Let the next one in; a call that is no longer inside is ignored."""
        with self._lock:
            if hook_run not in self._inside:
                return
            self._inside.remove(hook_run)
            if not self._waiting:
                return
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()

    def on_free(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called (it only enqueues or signals) when it is worth trying again.

        Returns:
            A function that ends the wait.
        """
        with self._lock:
            self._waiting.append(wake)
            free = not self._inside
        if free:
            wake()
        return lambda: self._forget(wake)

    def _forget(self, wake: Callable[[], None]) -> None:
        with self._lock:
            if wake in self._waiting:
                self._waiting.remove(wake)

    def lend(self, *, blocking: bool = False) -> tuple[HookRun, ...]:
        """Let others in while the present hook, and those that let it in, wait; `try_return` undoes it.

        Args:
            blocking: Whether this thread stands still meanwhile, and with it a hook that is suspended on its loop.
        """
        hook_run = holding.get()
        with self._lock:
            last = self._inside[-1] if self._inside else None
            if blocking and last is not None and self._suspended.get(last) == get_ident():
                hook_run = last
            if hook_run is None or hook_run not in self._inside:
                return ()
            upto = self._inside.index(hook_run) + 1
            lent, self._inside = tuple(self._inside[:upto]), self._inside[upto:]
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()
        return lent

    def try_return(self, lent: tuple[HookRun, ...]) -> bool:
        """Have the turn back if nobody is in; those that were abandoned meanwhile stay out."""
        with self._lock:
            if self._inside:
                return False
            self._inside = [hook_run for hook_run in lent if hook_run.outcome == "running"]
            return True


gate: Gate = Gate()
in_child(gate.after_fork)
