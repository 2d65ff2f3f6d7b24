"""The shield of any thread but the main one: stops are raised in its bodies by CPython, and some never hear them."""

from __future__ import annotations

import threading
from _thread import get_ident
from typing import TYPE_CHECKING, Any

from hookcell.outcome import LOST, Outcome
from hookcell.stops import STOPS, Shield, deliver, enter_body, hide_frames_of, stop_of, users_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.cancel import CancelToken
    from hookcell.stops import GoOn, Kwargs

hide_frames_of(__file__)


class Stint:
    """A plan that a thread is performing a step of, and how to go on without that thread."""

    __slots__ = ("go_on", "token")

    def __init__(self, token: CancelToken, go_on: Callable[[Outcome], None]) -> None:
        self.token, self.go_on = token, go_on


class ThreadShield(Shield):
    """Any other thread's shield: a stop is raised in the body by CPython, which cannot wake a sleep or a C call.

    So a run whose body does not stop within `shield.GRACE` seconds goes on without the thread: the step's outcome is a
    stop, and what the body does later is dropped.
    """

    def __init__(self, pool: Any = None) -> None:
        self.ident: int = get_ident()
        # Reentrant: a signal handler pokes in the main thread, which may be inside it for a cancel of its own.
        self._lock = threading.RLock()
        # The token whose stop was sent, and how many stops its code had heard of before that.
        self._sent: tuple[CancelToken, int] | None = None
        self._stints: list[Stint] = []
        self.pool = pool
        # Set once a run has gone on without this thread, which its pool has then replaced.
        self.replaced: bool = False

    def guard(
        self, token: CancelToken, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Kwargs, go_on: GoOn
    ) -> Outcome:
        """Run user code in this thread; `LOST` if the run has gone on without it."""
        __tracebackhide__ = True
        stint = Stint(token, go_on) if go_on is not None else None
        outcome = LOST
        try:
            try:
                self._begin(token, stint)
                outcome = Outcome(enter_body(token, fn, args, kwargs))
            except BaseException as error:  # noqa: BLE001 -- the engine decides what an error means
                outcome = Outcome(None, users_own(error))
            return outcome if self._end(stint) else LOST
        except STOPS as late:  # sent while the body was beginning or ending
            sent, kept = self._sent, self._end(stint)
            if outcome is LOST:
                outcome = Outcome(None, late)
            else:
                _unsay(sent)
            return outcome if kept else LOST

    def _begin(self, token: CancelToken, stint: Stint | None) -> None:
        with self._lock:
            self.armed = token
            if stint is not None:
                self._stints.append(stint)

    def _end(self, stint: Stint | None) -> bool:
        with self._lock:
            self.armed = None
            if self._sent is not None:
                self._take_back()
            # Those inside it have ended: if it was not taken away, it is the last.
            if stint is not None and self._stints and self._stints[-1] is stint:
                self._stints.pop()
                return True
            return stint is None

    def lower(self) -> CancelToken | None:
        """Enter hookcell's own code."""
        with self._lock:
            outer, self.armed = self.armed, None
            if self._sent is not None:
                self._take_back()
        return outer

    def raise_again(self, outer: CancelToken | None) -> None:
        """Re-enter the enclosing body."""
        with self._lock:
            self.armed = outer
        if outer is not None and outer.asked:
            deliver(outer)

    def poke(self, token: CancelToken) -> None:
        """Stop what this thread runs, if it is to stop; any thread may ask."""
        with self._lock:
            armed = self.armed
            if armed is not None and armed.under(token) and armed.due():
                self._sent = (armed, armed.heard)
                armed.heard = armed.presses
                _raise_in(self.ident, stop_of(armed))

    @property
    def busy(self) -> bool:
        """Whether the thread is in a step that could go on without it."""
        return bool(self._stints)

    def _take_back(self) -> None:
        """Have a stop that was sent and has not been raised yet raised here, where nobody minds.

        Not taken back with SetAsyncExc(NULL): that leaves CPython's "something is pending" flag set for good, and a
        debugger or coverage on 3.11 then never gets on.
        """
        try:
            for _ in range(2):  # what is pending is raised at the jump back
                pass
        except STOPS:
            _unsay(self._sent)
        self._sent = None

    def take_stuck(self, token: CancelToken) -> list[Stint]:
        """Take away the steps that were told to stop under a token and have not, innermost first."""
        with self._lock:
            stuck: list[Stint] = []
            for stint in reversed(self._stints):
                if stint.token.under(token) and (stint.token.heard or (stuck and stint.token.due())):
                    stuck.append(stint)
            self._stints = [stint for stint in self._stints if stint not in stuck]
        if stuck and not self._stints and self.pool is not None:
            self.replaced = True
            self.pool.lost()
        return stuck


def _unsay(sent: tuple[CancelToken, int] | None) -> None:
    """Note that the code which was sent a stop has not heard it: it had ended, or is not being run just now."""
    if sent is not None:
        token, heard = sent
        token.heard = heard


def _raise_in(ident: int, error: type[BaseException]) -> None:
    import ctypes  # noqa: PLC0415 -- slow to import, and needed only once a thread is to be stopped

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))
