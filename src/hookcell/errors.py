"""What can go wrong, by name.

HookcellError
├── HookSignatureError (TypeError)       a hook that cannot be called, found when it is attached
├── ReservedArgumentError (TypeError)    a flow or task with a parameter called return_state or wait_for
├── InvalidNameError (ValueError)        a name that cannot be used
├── UnknownOptionError (ValueError)      a setting that does not exist or has a wrong value
├── ParameterBindError (TypeError)       arguments that do not fit the signature
├── ParameterTypeError (TypeError)       arguments that do not fit the annotations
├── MappingLengthMismatch (TypeError)    .map() over iterables of different lengths
├── MappingMissingIterable (TypeError)   .map() with nothing to map over
├── InvalidMove (RuntimeError)           a state that cannot follow the present one
├── MissingContextError (RuntimeError)   something only a run has was asked for outside any run
├── SelfWaitError (RuntimeError)         waiting on the event loop for what that same loop must do
├── RunTimeout (TimeoutError)            a run took longer than its timeout_seconds
├── WaitTimeout (TimeoutError)           a wait for a run took longer than it was to; the run goes on
├── CannotRunAgain (RuntimeError)        a run whose call cannot be made once more
├── HookTimeout (TimeoutError)           a hook took longer than its timeout_seconds
├── StoreError (RuntimeError)            the store's file cannot be used; nothing in it was changed
│   ├── DamagedStore                     it is no database, or a broken one
│   ├── ForeignStore                     it belongs to another application
│   └── NewerStore                       a newer hookcell has written it
└── RunEnded (RuntimeError)              a run has no result to give
    ├── UnfinishedRun                    not yet
    │   └── UpstreamTaskError            never: an argument comes from a run that did not complete
    ├── PausedRun                        not yet
    └── FailedRun, CrashedRun, CancelledRun
RunInterrupted (KeyboardInterrupt)       an Interrupt stopped the run; in async calls an asyncio.CancelledError
TerminationSignal (BaseException)        SIGTERM told the process to end, and its runs with it
"""

from __future__ import annotations

from signal import SIGTERM


class HookcellError(Exception):
    """Any error that hookcell raises on purpose."""


class HookSignatureError(HookcellError, TypeError):
    """A hook cannot be called with what a hook receives."""


class ReservedArgumentError(HookcellError, TypeError):
    """A flow or task has a parameter whose name hookcell needs for itself."""


class InvalidNameError(HookcellError, ValueError):
    """A name cannot be used for a flow, task or run."""


class UnknownOptionError(HookcellError, ValueError):
    """A setting does not exist, or has a value it cannot take."""


class ParameterBindError(HookcellError, TypeError):
    """The arguments of a call do not fit the signature."""


class ParameterTypeError(HookcellError, TypeError):
    """The arguments of a call do not fit the annotations."""


class MappingLengthMismatch(HookcellError, TypeError):
    """`.map()` was given iterables of different lengths."""


class MappingMissingIterable(HookcellError, TypeError):
    """`.map()` was given nothing to map over."""


class InvalidMove(HookcellError, RuntimeError):
    """A run was told to enter a state that cannot follow its present one."""


class MissingContextError(HookcellError, RuntimeError):
    """Something that only a run has was asked for outside any run."""


class SelfWaitError(HookcellError, RuntimeError):
    """A call would block the event loop that has to do the work it waits for."""


class RunTimeout(HookcellError, TimeoutError):
    """A run took longer than its `timeout_seconds`."""


class WaitTimeout(HookcellError, TimeoutError):
    """A wait for a run took longer than it was to; the run goes on."""


class CannotRunAgain(HookcellError, RuntimeError):
    """The call that a run is of cannot be made once more."""


class HookTimeout(HookcellError, TimeoutError):
    """A hook took longer than its `timeout_seconds`."""


class StoreError(HookcellError, RuntimeError):
    """The file in which hookcell keeps things cannot be used; nothing in it was changed."""


class DamagedStore(StoreError):
    """The store's file is not a database, or a broken one."""


class ForeignStore(StoreError):
    """The store's file is a database of another application."""


class NewerStore(StoreError):
    """The store's file was written by a newer hookcell."""


class RunEnded(HookcellError, RuntimeError):
    """A run has no result to give."""


class UnfinishedRun(RunEnded):
    """The run has not ended, so it has no result yet."""


class UpstreamTaskError(UnfinishedRun):
    """An argument, or something in `wait_for`, comes from a run that did not complete."""


class PausedRun(RunEnded):
    """The run is paused, so it has no result yet."""


class FailedRun(RunEnded):
    """The run failed and left no exception of its own."""


class CrashedRun(RunEnded):
    """The run was ended from outside its code, or by SystemExit and the like."""


class CancelledRun(RunEnded):
    """The run was cancelled."""


class RunInterrupted(KeyboardInterrupt):
    """The kernel's Interrupt, a Cancel button or `run.cancel()` stopped the code that was running."""


class TerminationSignal(BaseException):
    """A signal told the process to end, and with it the code that was running.

    It is no `Exception`, so that code which goes on after errors does not go on after this. Event loops survive it.

    Attributes:
        signal: The number of the signal.
    """

    def __init__(self, signal: int = SIGTERM) -> None:
        super().__init__(signal)
        self.signal: int = signal

    def __str__(self) -> str:
        told = "SIGTERM" if self.signal == SIGTERM else f"signal {self.signal}"
        return f"the process was told to end, by {told}"


def is_cancelled_error(error: BaseException | None) -> bool:
    """Whether it is an asyncio.CancelledError, told without importing asyncio."""
    return any(cls.__name__ == "CancelledError" and cls.__module__.startswith("asyncio") for cls in type(error).__mro__)


def describe(error: BaseException) -> str:
    """Give an exception's type and text; what its `__str__` does must not stop the engine."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 -- `__str__` is user code
        return f"{type(error).__name__}: (its text cannot be had)"


def shown(value: object) -> str:
    """Give a value's repr; what its `__repr__` does must not stop the engine."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 -- `__repr__` is user code
        return f"({type(value).__name__}, which cannot be shown)"


def crash_message(error: BaseException) -> str:
    """Say what crashed a run, in Prefect's words."""
    if is_cancelled_error(error):
        return "Execution was cancelled by the runtime environment."
    if isinstance(error, KeyboardInterrupt):
        return "Execution was aborted by an interrupt signal."
    if isinstance(error, TerminationSignal):
        return "Execution was aborted by a termination signal."
    if isinstance(error, SystemExit):
        return "Execution was aborted by Python system exit call."
    return f"Execution was interrupted by an unexpected exception: {describe(error)}"
