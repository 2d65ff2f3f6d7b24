"""Prefect's exceptions by their names; most are hookcell's own."""

from __future__ import annotations

from hookcell.errors import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    HookcellError,
    InvalidNameError,
    MappingLengthMismatch,
    MappingMissingIterable,
    MissingContextError,
    ParameterBindError,
    ParameterTypeError,
    PausedRun,
    ReservedArgumentError,
    RunTimeout,
    TerminationSignal,
    UnfinishedRun,
    UpstreamTaskError,
)
from hookcell.prefect.outside import OutOfScope

PrefectException = HookcellError


class MissingResult(PrefectException):
    """A completed state was made by hand, without a result."""


class ObjectNotFound(PrefectException):
    """This session has no record of what was asked for."""


class ObjectAlreadyExists(PrefectException):
    """There is one of this name already."""


class ConfigurationError(PrefectException):
    """A setting is wrong."""


class ScriptError(PrefectException):
    """A script could not be run."""


class MissingFlowError(PrefectException):
    """There is no such flow."""


class HashError(PrefectException):
    """Something has no hash that would be the same in the next session."""


class SignatureMismatchError(PrefectException, TypeError):
    """Parameters do not fit a function's signature."""


class _TimedOut(RunTimeout):
    def __init__(self, message: str) -> None:
        # The words that Prefect's errors have, where its states' messages have the others.
        super().__init__(message.replace("exceeded timeout of", "timed out after"))


class FlowRunTimeoutError(_TimedOut):
    """A flow run took longer than its `timeout_seconds`."""


class TaskRunTimeoutError(_TimedOut):
    """A task run took longer than its `timeout_seconds`."""


class NotPausedError(PrefectException):
    """The run is not paused."""


class FlowPauseTimeout(PrefectException):
    """Nobody resumed the run in time."""


class PrefectSignal(BaseException):
    """What is raised to reach the engine, past `except Exception`."""


class Pause(PrefectSignal):
    """A run wants to pause."""


class Abort(PrefectSignal):
    """A run may not start."""


ExternalSignal = TerminationSignal

__all__ = [
    "Abort",
    "CancelledRun",
    "ConfigurationError",
    "CrashedRun",
    "ExternalSignal",
    "FailedRun",
    "FlowPauseTimeout",
    "FlowRunTimeoutError",
    "HashError",
    "InvalidNameError",
    "MappingLengthMismatch",
    "MappingMissingIterable",
    "MissingContextError",
    "MissingFlowError",
    "MissingResult",
    "NotPausedError",
    "ObjectAlreadyExists",
    "ObjectNotFound",
    "OutOfScope",
    "ParameterBindError",
    "ParameterTypeError",
    "Pause",
    "PausedRun",
    "PrefectException",
    "PrefectSignal",
    "ReservedArgumentError",
    "ScriptError",
    "SignatureMismatchError",
    "TaskRunTimeoutError",
    "TerminationSignal",
    "UnfinishedRun",
    "UpstreamTaskError",
]
