"""Tokens: how a run is told to stop, from any thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from hookcell.forks import in_child

if TYPE_CHECKING:
    from collections.abc import Callable

# The last two are SIGTERM's: a run that is told to terminate crashes; one that is revoked is cancelled.
Reason = Literal["interrupt", "cancel", "timeout", "shutdown", "terminate", "revoke"]

# Reentrant: a signal handler cancels in the very thread that may be inside it.
_deciding = threading.RLock()


@in_child
def _after_fork() -> None:
    global _deciding  # noqa: PLW0603 -- the old one may be taken for good
    _deciding = threading.RLock()


_pokes: list[Callable[[CancelToken], None]] = []


def poke_on_cancel(poke: Callable[[CancelToken], None]) -> None:
    """Call `poke(token)` after any token is cancelled; shields use it to reach the thread that runs the body."""
    _pokes.append(poke)


def forget_poke(poke: Callable[[CancelToken], None]) -> None:
    """Undo `poke_on_cancel`."""
    if poke in _pokes:
        _pokes.remove(poke)


class CancelToken:
    """Says whether, why and how urgently a run (and all below it) shall stop.

    `presses` counts how often the stop was asked for: hooks finish after the first and are abandoned after the
    second. `heard` counts how often it was delivered into the code this token guards.
    """

    __slots__ = ("_presses", "_reason", "_watchers", "asked", "heard", "parent")

    parent: CancelToken | None
    heard: int

    def __init__(self, parent: CancelToken | None = None) -> None:
        self.parent = parent
        # The stops that an outermost run and all below it were asked for; while it is empty, nobody need look for one.
        self.asked: list[Reason] = [] if parent is None else parent.asked
        self.heard = 0
        self._presses = 0
        self._reason: Reason | None = None
        self._watchers: list[Callable[[], None]] | None = None

    @property
    def reason(self) -> Reason | None:
        """Why this token, or the nearest one above it, was cancelled; None if it was not."""
        if self._reason is not None or self.parent is None:
            return self._reason
        return self.parent.reason

    @property
    def presses(self) -> int:
        """How often a stop was asked for, here and above."""
        return self._presses if self.parent is None else self._presses + self.parent.presses

    def due(self) -> bool:
        """Whether a stop was asked for that the guarded code has not been told of."""
        return self.presses > self.heard

    def under(self, other: CancelToken) -> bool:
        """Whether `other` is this token or one above it."""
        token: CancelToken | None = self
        while token is not None:
            if token is other:
                return True
            token = token.parent
        return False

    def cancel(self, reason: Reason) -> bool:
        """Ask for a stop, from any thread; the first reason wins, and no user code runs.

        Returns:
            Whether this was the first time.
        """
        with _deciding:
            first = self._reason is None
            if first:
                self._reason = reason
            self._presses += 1
            self.asked.append(reason)
        for wake in tuple(self._watchers or ()):
            wake()
        for poke in tuple(_pokes):
            poke(self)
        return first

    def time_out(self) -> None:
        """Ask for a stop because a time is up."""
        self.cancel("timeout")

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called (it only enqueues or signals) at each cancel here or above.

        Returns:
            A function that ends the watch.
        """
        chain = self._chain()
        with _deciding:
            for token in chain:
                if token._watchers is None:
                    token._watchers = []
                token._watchers.append(wake)
        if self.asked and self.reason is not None:
            wake()
        return lambda: _unwatch(chain, wake)

    def _chain(self) -> list[CancelToken]:
        chain: list[CancelToken] = []
        token: CancelToken | None = self
        while token is not None:
            chain.append(token)
            token = token.parent
        return chain


class HookToken(CancelToken):
    """A token that guards a hook, and the runs it starts: the first press for the hook's run passes it by."""

    __slots__ = ()

    @property
    def reason(self) -> Reason | None:
        """Why the hook is to be abandoned; None while it may finish."""
        return self._reason or (self.parent.reason if self.parent is not None and self.presses else None)

    @property
    def presses(self) -> int:
        """How often a stop was asked for that concerns the hook: its own timeout, and all presses but the first."""
        asked, token = 0, self.parent
        while token is not None:
            if token._presses and token._reason != "timeout":
                asked += token._presses
            token = token.parent
        return self._presses + (asked - 1 if asked else 0)

    @property
    def timed_out(self) -> bool:
        """Whether the hook's own time is up."""
        return self._reason == "timeout"


def _unwatch(chain: list[CancelToken], wake: Callable[[], None]) -> None:
    with _deciding:
        for token in chain:
            if token._watchers is not None and wake in token._watchers:
                token._watchers.remove(wake)
