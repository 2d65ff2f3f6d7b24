"""ZenML's errors, by its names; every one is hookcell's too."""

from __future__ import annotations

from hookcell.errors import HookcellError, HookSignatureError


class ZenMLBaseException(HookcellError):
    """Any error that ZenML's dialect raises on purpose."""


class StepInterfaceError(ZenMLBaseException):
    """A step is made, called or returned from in a way that does not fit it."""


class MissingStepParameterError(StepInterfaceError):
    """A step's parameters class has a field without a value."""


class StepContextError(ZenMLBaseException):
    """A context has not what it was asked for."""


class PipelineInterfaceError(ZenMLBaseException):
    """A pipeline is called in a way that does not fit it."""


class ConfigurationError(ZenMLBaseException, ValueError):
    """A configuration file, or what was configured in code, cannot be understood."""


class NotInstalled(ZenMLBaseException, ImportError):
    """Something optional is needed, and not there."""


class HookValidationException(ZenMLBaseException, HookSignatureError, ValueError):
    """A hook cannot be called with what a step's hook receives; a ValueError, as in ZenML."""


class HookModuleNotFound(HookValidationException, ModuleNotFoundError):
    """The path that was given as a hook leads to no module, or to one that cannot be imported."""


class HookAttributeNotFound(HookValidationException, AttributeError):
    """The path that was given as a hook leads to a module without that function."""


class OutOfScope(ZenMLBaseException, NotImplementedError):
    """An option of ZenML's that hookcell does not have."""


def outside(name: str, instead: str) -> OutOfScope:
    """Say what is not part of hookcell, and what to do instead."""
    return OutOfScope(f"ZenML's {name} is not part of hookcell; {instead}")
