"""The shield: a stop reaches the code of a body or a hook, and never hookcell's own.

The thread that runs a body arms its shield with the body's token just before, and disarms it just after. Whoever
cancels a token pokes every shield; one that is armed under that token makes its thread raise `RunInterrupted` (or
`TerminationSignal`, after SIGTERM). Where the shield is not armed the stop stays noted in the token, and is delivered
when the next enclosing body is re-entered.

Tried: 600 SIGINTs into an engine without this left 311 runs unfinished for ever and 21 gates locked.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

# The module `signal` wraps it in enumerations, at twenty times the price, for each outermost run.
from _signal import signal as set_handler  # type: ignore[import-not-found]
from _thread import get_ident
from typing import TYPE_CHECKING, Any
from weakref import ref

from hookcell.cancel import forget_poke, poke_on_cancel
from hookcell.deadlines import deadlines
from hookcell.errors import RunInterrupted
from hookcell.outcome import LeftBehind, Outcome
from hookcell.stops import Shield, deliver, enter_body, hide_frames_of, users_own
from hookcell.thread_shield import Stint, ThreadShield

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hookcell.cancel import CancelToken, Reason
    from hookcell.stops import GoOn, Kwargs

__all__ = ["Shield", "ThreadShield", "main_shield", "never_raise_in", "shield_here", "use_shield"]

# How long a thread's body may go on after it was told to stop, in seconds, before the run goes on without it.
GRACE = 0.3
# How long the main thread has to hear a poke before it is repeated, in seconds.
POKE_AGAIN = 0.05
# On Windows nobody can send it: to terminate a process there is to kill it.
_HAS_SIGTERM = sys.platform != "win32"

hide_frames_of(__file__)


def _no_intent() -> str | None:
    """Give what whoever sends SIGTERM wants; here nobody can have said."""
    return None


# Asked in SIGTERM's handler: "cancel" if its sender wants the runs cancelled, else they crash. A dialect may know.
termination_intent: Callable[[], str | None] = _no_intent


def _intended() -> Reason:
    try:
        return "revoke" if termination_intent() == "cancel" else "terminate"
    except BaseException:  # noqa: BLE001 -- in a signal handler, whose frame may be anybody's
        return "terminate"


class MainShield(Shield):
    """The main thread's shield: a signal, from the keyboard, the kernel or a poke, raises inside bodies only.

    SIGINT cancels the outermost runs. SIGTERM ends them too, with all that is inside them: they crash, or are cancelled
    if its sender wanted that. It is sent again once they are over, so that the process ends as it would have.
    """

    def __init__(self) -> None:
        self.ident: int | None = threading.main_thread().ident
        self._roots: list[CancelToken] = []
        self._woken = False
        self._lock = threading.Lock()
        # Whose the signals were, by number, and in which process: a forked one has handlers that are not its own.
        self._before: dict[int, Any] = {}
        self._pid = 0
        # Why the outermost runs are ended, once SIGTERM has come.
        self._terminated: Reason | None = None
        # Why a run is to stop that is just beginning.
        self._early: list[Reason] = []

    def guard(
        self,
        token: CancelToken,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Kwargs,
        go_on: GoOn,  # noqa: ARG002 -- a signal ends whatever the main thread waits for: no run goes on without it
    ) -> Outcome:
        """Run user code in the main thread.

        The handler does not raise while this very frame is the one interrupted, so nothing can come between the end
        of the body and the outcome.
        """
        __tracebackhide__ = True
        self.armed = token
        try:
            value = enter_body(token, fn, args, kwargs)
        except BaseException as error:  # noqa: BLE001 -- the engine decides what an error means
            self.armed = None
            return Outcome(None, users_own(error))
        self.armed = None
        return Outcome(value)

    def lower(self) -> CancelToken | None:
        """Enter hookcell's own code."""
        outer, self.armed = self.armed, None
        return outer

    def raise_again(self, outer: CancelToken | None) -> None:
        """Re-enter the enclosing body."""
        self.armed = outer
        if outer is not None and outer.asked:
            deliver(outer)

    # -- the signals

    def open(self, token: CancelToken | None = None) -> bool:
        """Take the signals over for an outermost run of the main thread.

        Args:
            token: What stops the run; None if it is about to begin, and `adopt` will tell.

        Returns:
            Whether they were taken, so that `close` must be called. Several are open at once only on an event loop.
        """
        if get_ident() != self.ident:
            return False
        self._early.clear()
        if not self._before and not self._take_over():
            return False
        if token is not None:
            self.adopt(token)
        return True

    def adopt(self, token: CancelToken) -> CancelToken:
        """Let signals stop a run, also those that came since `open`; gives its token back."""
        self._roots.append(token)
        for reason in self._early:
            token.cancel(reason)
        self._early.clear()
        # The process ends as soon as the runs do that SIGTERM has stopped: a new one shall not hold it up.
        if self._terminated is not None and token.reason is None:
            token.cancel(self._terminated)
        return token

    def _take_over(self) -> bool:
        self._pid = os.getpid()
        try:
            self._before[signal.SIGINT] = set_handler(signal.SIGINT, self._on_signal)
        except ValueError:  # a sub-interpreter, or an embedding that keeps signals to itself
            return False
        if _HAS_SIGTERM:
            before = set_handler(signal.SIGTERM, self._on_signal)
            if _is_for_others(before):
                set_handler(signal.SIGTERM, before)
            else:
                self._before[signal.SIGTERM] = before
        poke_on_cancel(self.poke)
        return True

    def close(self, token: CancelToken | None, *, over: bool = True) -> None:
        """Give the signals back to whoever had them, once no outermost run is left; send on what came meanwhile.

        Args:
            token: What stopped the run; None if it has not begun.
            over: Whether the run is; if it lives on, so does the wish that the process shall end.
        """
        if len(self._roots) > (token is not None):
            if token is not None:
                self._roots.remove(token)
            return
        forget_poke(self.poke)
        with self._lock:  # after this no poke is on its way
            self.armed = None
        for _ in range(100):  # a poke's signal must reach our handler, not the one restored below
            if not self._woken:
                break
            time.sleep(0)
        try:
            self._give_all_back()
        finally:
            self._roots.clear()
            self._before.clear()
            if over and self._terminated is not None:
                self._terminated = None
                _flush()
                os.kill(self._pid, signal.SIGTERM)

    def stand_in(self, handler: Callable[[int, FrameType | None], Any]) -> bool:
        """Have SIGTERM handled from now on while no run of the main thread is open, unless somebody else does.

        Returns:
            Whether it is.
        """
        if get_ident() != self.ident or not _HAS_SIGTERM:
            return False
        if self._before:
            free = self._before.get(signal.SIGTERM) == signal.SIG_DFL
            if free:
                self._before[signal.SIGTERM] = handler
            return free
        if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
            return False
        try:
            set_handler(signal.SIGTERM, handler)
        except ValueError:  # a sub-interpreter, or an embedding that keeps signals to itself
            return False
        return True

    def _give_all_back(self) -> None:
        try:
            if signal.SIGTERM in self._before:
                self._give_back(signal.SIGTERM)
        finally:  # a handler that is back may be called at once, and raise
            self._give_back(signal.SIGINT)

    def _give_back(self, number: int) -> None:
        before = self._before[number]
        set_handler(number, before if before is not None else signal.SIG_DFL)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if os.getpid() != self._pid:  # forked by a body: to its child the runs are none of its business
            self._give_back(number)
            os.kill(os.getpid(), number)
            return
        if number == signal.SIGTERM:
            self._terminate()
        elif self._woken:  # two signals may arrive as one, so this is no count
            self._woken = False
        else:
            self._stop_roots("interrupt")
        armed = self.armed
        if armed is not None and (frame is None or frame.f_code not in _guards):
            deliver(armed)

    def _terminate(self) -> None:
        reason = self._terminated = self._terminated or _intended()
        self._stop_roots(reason)

    def _stop_roots(self, reason: Reason) -> None:
        self._early.append(reason)
        for root in tuple(self._roots):
            root.cancel(reason)

    def poke(self, token: CancelToken) -> None:
        """Wake the main thread if what it runs is to stop; any thread may ask."""
        if get_ident() == self.ident:
            self._poke_self(token)
            return
        with self._lock:
            armed = self.armed
            if armed is None or not armed.under(token) or not armed.due():
                return
            self._woken = True
            _interrupt_main(self.ident)
        # A signal that comes just before a wait begins does not end it: ask again until it was heard.
        deadlines.add(self, POKE_AGAIN, lambda: self.poke(token))

    def _poke_self(self, token: CancelToken) -> None:
        """Deliver a stop that code in the main thread asked for itself, once it is back in that code."""
        if self.armed is not None and self.armed.under(token) and not self._handling():
            self._woken = True
            _interrupt_main(self.ident)

    def _handling(self) -> bool:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code is _HANDLER:
                return True
            frame = frame.f_back
        return False


def _is_for_others(handler: Any) -> bool:
    """Whether SIGTERM is ignored, handled in C, or an event loop's, which would hear of it as well."""
    if handler is None or handler == signal.SIG_IGN:
        return True
    return str(getattr(handler, "__module__", "")).partition(".")[0] == "asyncio"


# Called before the process dies of SIGTERM, when its runs are over: what tells of them says its last.
last_words: list[Callable[[], object]] = []


def _flush() -> None:
    """Write out what hooks have printed: a process that dies of SIGTERM does not do so itself."""
    for say in tuple(last_words):
        try:
            say()
        except Exception:  # noqa: BLE001, S110 -- the process is about to end, and there is nobody to tell
            pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S110 -- the process is about to end, and there is nobody to tell
            pass


# Frames in which the handler does not raise though a body is armed: the run's outcome is being taken there.
_guards = {MainShield.guard.__code__}
_HANDLER = MainShield._on_signal.__code__


def never_raise_in(*functions: Any) -> None:
    """Keep stops out of functions that arm and disarm the main thread's shield themselves."""
    _guards.update(function.__code__ for function in functions)


def _interrupt_main(ident: int | None) -> None:
    if hasattr(signal, "pthread_kill") and ident is not None:
        signal.pthread_kill(ident, signal.SIGINT)
    else:
        import _thread  # noqa: PLC0415 -- Windows has no pthread_kill; this does not end a sleep there

        _thread.interrupt_main()


_main = MainShield()
_here = threading.local()
if get_ident() == _main.ident:
    _here.shield = _main
# By thread, weakly: a dict, because copying one is atomic, and a set that shrinks while it is copied raises.
_of_threads: dict[int, ref[ThreadShield]] = {}


def main_shield() -> MainShield:
    """Give the main thread's shield."""
    return _main


def shield_here() -> Shield:
    """Give the present thread's shield."""
    try:
        return _here.shield  # type: ignore[no-any-return]
    except AttributeError:
        return _main if get_ident() == _main.ident else use_shield(ThreadShield())


def use_shield(shield: ThreadShield) -> ThreadShield:
    """Make a shield the present thread's."""
    _here.shield = shield
    for ident in [ident for ident, known in tuple(_of_threads.items()) if known() is None]:
        _of_threads.pop(ident, None)
    _of_threads[get_ident()] = ref(shield)
    return shield


def thread_shields() -> list[ThreadShield]:
    """Give the shields of all threads but the main one."""
    return [shield for known in tuple(_of_threads.values()) if (shield := known()) is not None]


def _poke_threads(token: CancelToken) -> None:
    for shield in thread_shields():
        shield.poke(token)
    if any(shield.busy for shield in thread_shields()):
        deadlines.add(object(), GRACE, lambda: _rescue(token))


def _rescue(token: CancelToken) -> None:
    for shield in thread_shields():
        if stuck := shield.take_stuck(token):
            threading.Thread(target=_go_on_without, args=(stuck,), name="hookcell-rescue", daemon=True).start()


def _go_on_without(stuck: list[Stint]) -> None:
    for stint in stuck:
        stint.go_on(LeftBehind(None, RunInterrupted()))


# Registered before any main-thread poke: that one may raise in the very thread that asks.
poke_on_cancel(_poke_threads)
