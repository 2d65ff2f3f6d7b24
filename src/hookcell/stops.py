"""Stops: what is raised in code that is told to stop, and what the shields of all threads have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hookcell.cancel import HookToken
from hookcell.errors import RunInterrupted, TerminationSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.cancel import CancelToken
    from hookcell.outcome import Outcome
    from hookcell.runs import Run

    Kwargs = dict[str, Any] | None
    GoOn = Callable[["Outcome"], None] | None

# Everything that a shield may raise in the code it guards.
STOPS = (RunInterrupted, TerminationSignal)
# The reasons that SIGTERM gives: "terminate" crashes the run, "revoke" cancels it.
SIGTERM_REASONS = frozenset({"terminate", "revoke"})
_own_files = {__file__}


def enter_body(token: CancelToken, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
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
        raise stop_of(token)


def stop_of(token: CancelToken) -> type[BaseException]:
    """Give what is raised in the code that a token guards; a hook is only abandoned, whatever it was."""
    by_signal = token.reason in SIGTERM_REASONS and not isinstance(token, HookToken)
    return TerminationSignal if by_signal else RunInterrupted


def unheard_stop(run: Run, token: CancelToken, interrupted: Callable[[str], BaseException]) -> BaseException | None:
    """Give what an outermost call raises because of a signal, unless the run's code heard it and decided to go on.

    Args:
        run: The run, which is over.
        token: What could stop it.
        interrupted: Makes what an Interrupt raises there, of a text.
    """
    if not token.asked or not (run.state.is_cancelled() or not token.heard):
        return None
    if token.reason == "interrupt":
        return interrupted(f"{run.definition.kind} run {run.name!r} was interrupted")
    return TerminationSignal() if token.reason in SIGTERM_REASONS else None


def users_own(error: BaseException) -> BaseException:
    """Take our frames off the front of a traceback; mend what a stop may have left broken."""
    if isinstance(error, STOPS):
        _unlock_log(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in _own_files:
        trace = trace.tb_next
    return error.with_traceback(trace)


def _unlock_log(stop: BaseException) -> None:
    """Give back a lock of `logging` that a stop has left taken: else everybody who logs after that would hang.

    Until Python 3.13 `logging` takes its locks just before the `try` that gives them back, and a stop may come in
    between. Tried: in a loop that logs, one in ten did.
    """
    logging: Any = sys.modules.get("logging") if sys.version_info < (3, 13) else None
    trace = stop.__traceback__ if logging is not None else None
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if frame.f_code.co_filename == logging._srcfile:
            for lock in (logging._lock, getattr(frame.f_locals.get("self"), "lock", None)):
                while lock is not None and lock._is_owned():
                    lock.release()


def hide_frames_of(file: str) -> None:
    """Count a file's frames among those that `users_own` takes off."""
    _own_files.add(file)


class Shield:
    """What stands between one thread's runs and those who want to stop them."""

    armed: CancelToken | None = None
    # The pool whose worker this thread is, if it is one.
    pool: Any = None
    # In how many waits for futures this thread is: more than one on an event loop of its own.
    waits: int = 0

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
