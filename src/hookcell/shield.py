"""The shield: a stop reaches the code of a body or a hook, and never hookcell's own.

The thread that runs a body arms its shield with the body's token just before, and disarms it just after. Whoever
cancels a token pokes every shield; one that is armed under that token makes its thread raise `RunInterrupted`. Where
the shield is not armed the stop stays noted in the token, and is delivered when the next enclosing body is re-entered.

Tried: 600 SIGINTs into an engine without this left 311 runs unfinished for ever and 21 gates locked.
"""

from __future__ import annotations

import signal
import threading
import time
from _thread import get_ident
from typing import TYPE_CHECKING, Any
from weakref import ref

from hookcell.cancel import CancelToken, forget_poke, poke_on_cancel
from hookcell.deadlines import deadlines
from hookcell.errors import RunInterrupted
from hookcell.outcome import LOST, LeftBehind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Kwargs = dict[str, Any] | None
    GoOn = Callable[["Outcome"], None] | None

# How long a thread's body may go on after it was told to stop, in seconds, before the run goes on without it.
GRACE = 0.3
# How long the main thread has to hear a poke before it is repeated, in seconds.
POKE_AGAIN = 0.05


def _enter_body(
    token: CancelToken, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None
) -> Any:
    """Run the body in a frame in which a stop may raise; without it one that comes just before the body is lost."""
    __tracebackhide__ = True
    if token.asked:
        deliver(token)
    return fn(*args, **kwargs) if kwargs else fn(*args)


def deliver(token: CancelToken) -> None:
    """Raise the stop that a token's code has not been told of, if there is one."""
    __tracebackhide__ = True
    if token.due():
        token.heard = token.presses
        raise RunInterrupted


def users_own(error: BaseException) -> BaseException:
    """Take our frames off the front of a traceback."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return error.with_traceback(trace)


class Shield:
    """What stands between one thread's runs and those who want to stop them."""

    armed: CancelToken | None = None
    # The pool whose worker this thread is, if it is one.
    pool: Any = None

    def guard(
        self, token: CancelToken, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Kwargs, go_on: GoOn
    ) -> Outcome:
        """Run user code; whatever it raises, or is stopped by, is in the outcome.

        Args:
            token: Who may stop it.
            fn, args, kwargs: What to call.
            go_on: Continues the run with an outcome if this thread does not come back in time.
        """
        raise NotImplementedError

    def lower(self) -> CancelToken | None:
        """Enter hookcell's own code: nothing raises from here on. Returns what `raise_again` needs."""
        raise NotImplementedError

    def raise_again(self, outer: CancelToken | None) -> None:
        """Re-enter the enclosing body, and deliver there what came meanwhile."""
        raise NotImplementedError


class MainShield(Shield):
    """The main thread's shield: SIGINT, from the keyboard, the kernel or a poke, raises inside bodies only."""

    def __init__(self) -> None:
        self.ident: int | None = threading.main_thread().ident
        self._roots: list[CancelToken] = []
        self._woken = False
        self._lock = threading.Lock()
        self._before: Any = None

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
            value = _enter_body(token, fn, args, kwargs)
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

    # -- the signal

    def open(self, token: CancelToken) -> bool:
        """Take SIGINT over for an outermost run of the main thread.

        Returns:
            Whether it was taken, so that `close` must be called. Several are open at once only on an event loop.
        """
        if get_ident() != self.ident:
            return False
        if not self._roots:
            try:
                self._before = signal.signal(signal.SIGINT, self._on_signal)
            except ValueError:  # a sub-interpreter, or an embedding that keeps signals to itself
                return False
            poke_on_cancel(self.poke)
        self._roots.append(token)
        return True

    def close(self, token: CancelToken) -> None:
        """Give SIGINT back to whoever had it, once no outermost run is left."""
        if len(self._roots) > 1:
            self._roots.remove(token)
            return
        forget_poke(self.poke)
        with self._lock:  # after this no poke is on its way
            self.armed = None
        for _ in range(100):  # a poke's signal must reach our handler, not the one restored below
            if not self._woken:
                break
            time.sleep(0)
        signal.signal(signal.SIGINT, self._before if self._before is not None else signal.SIG_DFL)
        self._roots.clear()

    def _on_signal(self, _number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if self._woken:  # two signals may arrive as one, so this is no count
            self._woken = False
        else:
            for root in tuple(self._roots):
                root.cancel("interrupt")
        armed = self.armed
        if armed is not None and (frame is None or frame.f_code not in _guards):
            deliver(armed)

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
        import sys  # noqa: PLC0415 -- a cancel from the main thread itself is rare

        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code is _HANDLER:
                return True
            frame = frame.f_back
        return False


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


class Stint:
    """A plan that a thread is performing a step of, and how to go on without that thread."""

    __slots__ = ("go_on", "token")

    def __init__(self, token: CancelToken, go_on: Callable[[Outcome], None]) -> None:
        self.token, self.go_on = token, go_on


class ThreadShield(Shield):
    """Any other thread's shield: a stop is raised in the body by CPython, which cannot wake a sleep or a C call.

    So a run whose body does not stop within `GRACE` seconds goes on without the thread: the step's outcome is a stop,
    and what the body does later is dropped.
    """

    def __init__(self, pool: Any = None) -> None:
        self.ident: int = get_ident()
        self._lock = threading.Lock()
        self._sent = False
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
                outcome = Outcome(_enter_body(token, fn, args, kwargs))
            except BaseException as error:  # noqa: BLE001 -- the engine decides what an error means
                outcome = Outcome(None, users_own(error))
            return outcome if self._end(stint) else LOST
        except RunInterrupted as late:  # sent while the body was ending
            kept = self._end(stint)
            return (outcome if outcome is not LOST else Outcome(None, late)) if kept else LOST

    def _begin(self, token: CancelToken, stint: Stint | None) -> None:
        with self._lock:
            self.armed = token
            if stint is not None:
                self._stints.append(stint)

    def _end(self, stint: Stint | None) -> bool:
        with self._lock:
            self.armed = None
            if self._sent:
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
                armed.heard = armed.presses
                self._sent = True
                _raise_in(self.ident, RunInterrupted)

    @property
    def busy(self) -> bool:
        """Whether the thread is in a step that could go on without it."""
        return bool(self._stints)

    def _take_back(self) -> None:
        """Have a stop that was sent and has not been raised yet raised here, where nobody minds.

        Not taken back with SetAsyncExc(NULL): that leaves CPython's "something is pending" flag set for good, and a
        debugger or coverage on 3.11 then never gets on.
        """
        if self._sent:
            self._sent = False
            try:
                for _ in range(2):  # what is pending is raised at the jump back
                    pass
            except RunInterrupted:
                pass

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


def _raise_in(ident: int, error: type[BaseException]) -> None:
    import ctypes  # noqa: PLC0415 -- slow to import, and needed only once a thread is to be stopped

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))


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
