"""Outputs: what a step's annotation promises, checked by count and type before the step counts as completed."""

from __future__ import annotations

import builtins
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from hookcell.errors import describe
from hookcell.injection import _enclosed
from hookcell.zenml.exceptions import StepInterfaceError

if TYPE_CHECKING:
    from collections.abc import ItemsView

_SINGLE = "output"
_UNIONS = (Union, types.UnionType)


class Output:
    """Names and types of what a step returns: `def my_step() -> Output(first_num=int): ...`.

    Args:
        **outputs: The type of each output, in order.

    >>> from hookcell.zenml import step
    >>> from hookcell.zenml.steps import Output
    >>> @step
    ... def halves(x: int) -> Output(low=int, high=int):
    ...     return x // 2, x - x // 2
    >>> halves(7)
    (3, 4)
    """

    def __init__(self, **outputs: Any) -> None:
        self.outputs: dict[str, Any] = outputs

    def items(self) -> ItemsView[str, Any]:
        """Give (name, type) of each."""
        return self.outputs.items()

    def __call__(self) -> None:  # typing takes only what can be called for an annotation
        """Do nothing."""

    def __repr__(self) -> str:
        return f"Output({', '.join(f'{name}={_spelled(type_)}' for name, type_ in self.items())})"


class Promise(NamedTuple):
    """What a step says it returns: nothing (no outputs), one value, or several in a list or tuple."""

    outputs: dict[str, Any]

    def named(self, value: Any) -> dict[str, Any]:
        """Give the values by the names of the outputs."""
        if len(self.outputs) == 1:
            return {next(iter(self.outputs)): value}
        return dict(zip(self.outputs, value, strict=False)) if self.outputs else {}

    def broken_by(self, value: Any, step: str) -> StepInterfaceError | None:
        """Give the error for a value that is not what was promised, in ZenML's words; None if it is."""
        if not self.outputs:
            return None if value is None else StepInterfaceError(_unexpected(value, step))
        values = [value] if len(self.outputs) == 1 else value
        if not isinstance(values, list | tuple):
            return StepInterfaceError(_no_sequence(self.outputs, value, step))
        if len(values) != len(self.outputs):
            return StepInterfaceError(_miscounted(len(self.outputs), values, step))
        for (name, type_), one in zip(self.outputs.items(), values, strict=True):
            if not _is_a(one, type_):
                return StepInterfaceError(
                    f"Wrong type for output '{name}' of step '{step}' (expected type: {type_}, "
                    f"actual type: {type(one)})."
                )
        return None


def _unexpected(value: Any, step: str) -> str:
    return (
        f"Wrong step function output type for step '{step}': Expected no outputs but the function returned "
        f"something: {_told(value)}."
    )


def _no_sequence(outputs: dict[str, Any], value: Any, step: str) -> str:
    return (
        f"Wrong step function output type for step '{step}': Expected multiple outputs ({outputs}) but the function "
        f"did not return a list or tuple (actual return value: {_told(value)})."
    )


def _miscounted(expected: int, values: Any, step: str) -> str:
    return (
        f"Wrong amount of step function outputs for step '{step}: Expected {expected} outputs but the function "
        f"returned {len(values)} outputs(return values: {_told(values)})."
    )


def _told(value: Any) -> str:
    """Tell a value, whatever its own `__str__` does."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 -- it is the user's code
        return f"a {type(value).__name__} that cannot be told: {describe(error)}"


# -- reading the annotation ----------------------------------------------------------------------------------------

_UNKNOWN = Promise({_SINGLE: Any})


def promise_of(fn: Any) -> Promise:
    """Read what a function says it returns; if it says nothing, or nothing that can be read, one value of any type."""
    annotations = getattr(fn, "__annotations__", {})
    if "return" not in annotations:
        return _UNKNOWN
    annotation = annotations["return"]
    if isinstance(annotation, str):
        names = {**vars(builtins), **getattr(fn, "__globals__", {}), **_enclosed(fn)}
        try:
            annotation = eval(annotation, names)  # noqa: S307 -- the user's own annotation, as typing would evaluate it
        except Exception:  # noqa: BLE001 -- often a name that exists for type checkers only
            return _UNKNOWN
    return _promised(annotation)


def _promised(annotation: Any) -> Promise:
    if isinstance(annotation, Output):
        return Promise(dict(annotation.outputs))
    if annotation is None or annotation is type(None):
        return Promise({})
    several = get_args(annotation) if get_origin(annotation) is tuple else ()
    if len(several) < 2 or Ellipsis in several:  # a tuple of one is one value
        name, type_ = _named(annotation, _SINGLE)
        return Promise({name: type_})
    return Promise(dict(_named(one, f"{_SINGLE}_{place}") for place, one in enumerate(several)))


def _named(annotation: Any, otherwise: str) -> tuple[str, Any]:
    """Give the name in `Annotated[int, "name"]`, and the type."""
    if get_origin(annotation) is not Annotated:
        return otherwise, annotation
    type_, *marks = get_args(annotation)
    named = (getattr(mark, "name", mark) for mark in marks)  # ArtifactConfig(name=...) too
    return next((name for name in named if isinstance(name, str)), otherwise), type_


# -- checking ------------------------------------------------------------------------------------------------------


def _is_a(value: Any, type_: Any) -> bool:
    """Whether a value is of a type, as far as `isinstance` can tell; what it cannot tell passes."""
    origin = get_origin(type_)
    if origin in _UNIONS:
        return any(_is_a(value, arm) for arm in get_args(type_))
    if origin is Annotated:
        return _is_a(value, get_args(type_)[0])
    if origin is Literal:
        return value in get_args(type_)
    known = type(None) if type_ is None else origin or type_
    try:
        return known is Any or not isinstance(known, type) or isinstance(value, known)
    except TypeError:  # a protocol that is not runtime_checkable, say
        return True


def _spelled(type_: Any) -> str:
    return type_.__name__ if isinstance(type_, type) else repr(type_)
