"""Entries: a step's parameters object, context and inputs, told apart by annotation when it is decorated."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hookcell.injection import bound_in, hints_of
from hookcell.zenml.context import StepContext
from hookcell.zenml.exceptions import MissingStepParameterError, StepInterfaceError
from hookcell.zenml.parameters import BaseParameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Entry:
    """A step's signature, read once: which parameter is its parameters object, which its context, which are inputs.

    Args:
        fn: The step's function.
        step: The step's name, for messages.

    Raises:
        StepInterfaceError: It has two of a kind, or `*args` beside them.
    """

    def __init__(self, fn: Callable[..., Any], step: str) -> None:
        self.step = step
        signature = inspect.signature(fn)
        hints = hints_of(inspect.unwrap(bound_in(fn)), extras=False)
        classes = {name: hints[name] for name in signature.parameters if isinstance(hints.get(name), type)}
        self.params: str | None = self._only("parameter", _of(BaseParameters, classes))
        self.context: str | None = self._only("context", _of(StepContext, classes))
        self.params_class: type[BaseParameters] | None = classes[self.params] if self.params else None
        own = {self.params, self.context}
        self.inputs = signature.replace(parameters=[p for n, p in signature.parameters.items() if n not in own])
        self.plain: bool = own == {None}
        if not self.plain and any(p.kind in _PLACED for p in self.inputs.parameters.values()):
            raise StepInterfaceError(
                f"step '{step}' takes *args, or parameters by position only, beside its parameters or context; "
                "give each input a name"
            )

    def _only(self, what: str, names: Iterable[str]) -> str | None:
        first, *more = [*names, None]
        if more and more[0] is not None:
            raise StepInterfaceError(
                f"Found multiple {what} arguments ('{first}' and '{more[0]}') when creating step '{self.step}'."
            )
        return first

    # -- a call

    def arguments(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], configured: Any
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give the arguments of a call with the parameters object among them, and the configured values.

        Raises:
            StepInterfaceError: They do not fit.
            MissingStepParameterError: The parameters class has a field without a value.
        """
        if self.params is not None:
            args, kwargs = self._with_params(args, kwargs, configured)
        elif configured:
            kwargs = {**self._not_given(args, kwargs, configured), **kwargs}
        given = {name: value for name, value in kwargs.items() if name not in {self.params, self.context}}
        try:
            bound = self.inputs.bind(*args, **given)
        except TypeError as error:
            raise StepInterfaceError(
                f"Wrong arguments when calling step '{self.step}': {error}; it takes {self._taken()}"
            ) from None
        if self.plain:
            return args, kwargs
        own = {name: kwargs[name] for name in (self.params, self.context) if name in kwargs}
        return (), {**own, **_by_name(bound)}

    def _taken(self) -> str:
        return str(self.inputs.replace(return_annotation=inspect.Signature.empty))

    def _not_given(self, args: tuple[Any, ...], kwargs: dict[str, Any], configured: Any) -> dict[str, Any]:
        """Give the configured values of plain parameters that this call does not give itself."""
        by_position = list(self.inputs.parameters)[: len(args)]
        return {name: value for name, value in configured.items() if name not in {*by_position, *kwargs}}

    def _with_params(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], configured: Any
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        name, cls = self.params or "", self.params_class or BaseParameters
        if name in kwargs:
            return args, {**kwargs, name: self._checked(kwargs[name])}
        place = next((place for place, one in enumerate(args) if isinstance(one, cls)), None)
        if place is not None:
            return (*args[:place], *args[place + 1 :]), {**kwargs, name: args[place]}
        return args, {**kwargs, name: self.params_from(configured)}

    def _checked(self, value: Any) -> Any:
        cls = self.params_class or BaseParameters
        if not isinstance(value, cls):
            raise StepInterfaceError(
                f"`{value}` object passed when creating a '{self.step}' step is not a `{cls.__name__}` instance."
            )
        return value

    def params_from(self, configured: Any) -> BaseParameters:
        """Make the parameters object of what was configured: an instance, a dictionary, or nothing.

        Raises:
            StepInterfaceError: It does not fit the class.
        """
        cls = self.params_class or BaseParameters
        if isinstance(configured, BaseParameters):
            return self._checked(configured)  # type: ignore[no-any-return]
        try:
            return cls(**(configured or {}))
        except ValidationError as error:
            missing = [str(one["loc"][0]) for one in error.errors() if one["type"] == "missing"]
            raise (
                MissingStepParameterError(_missing(missing, self.step, cls.__name__))
                if missing
                else _misfit(error, self.step, cls.__name__)
            ) from None

    def overridden(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], values: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
        """Put configured values before those of a call, as ZenML does; gives the ones of the call that did not count.

        Raises:
            StepInterfaceError: The parameters class does not take one of them.
        """
        if self.params is not None:
            passed = dict(kwargs[self.params])
            kwargs = {**kwargs, self.params: self.params_from({**passed, **values})}
        else:
            bound = self.inputs.bind(*args, **kwargs)
            passed, args = {**bound.arguments}, ()
            kwargs = {**_by_name(bound), **values}
        lost = {name: passed[name] for name in values if name in passed and differ(passed[name], values[name])}
        return args, kwargs, lost

    # -- making an instance, as the document does

    def made_with(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Give the parameters object that `my_step(...)` was given to make an instance with; None for none.

        Raises:
            StepInterfaceError: It was given something else, in ZenML's words.
        """
        count, most = len(args) + len(kwargs), 0 if self.params is None else 1
        if count > most:
            raise StepInterfaceError(
                f"Too many arguments ({count}, expected: {most}) passed when creating a '{self.step}' step."
            )
        for key in kwargs:
            if key != self.params:
                raise StepInterfaceError(
                    f"Unknown keyword argument '{key}' when creating a '{self.step}' step, only expected a single "
                    f"argument with key '{self.params}'."
                )
        value = next(iter((*args, *kwargs.values())), None)
        return self._checked(value) if count else None

    def check_configured(self, parameters: Any) -> None:
        """Refuse configured parameters that the step does not take.

        Raises:
            StepInterfaceError: It takes none of the kind.
        """
        if not parameters or self.params is not None:
            return
        known = set(self.inputs.parameters)
        if isinstance(parameters, BaseParameters) or not known.issuperset(parameters):
            raise StepInterfaceError(
                f"Function parameters configured for step {self.step} which does not accept any function parameters."
                if not known or isinstance(parameters, BaseParameters)
                else f"Function parameters {sorted({*parameters} - known)} configured for step {self.step}, which "
                f"takes {self._taken()}"
            )


_PLACED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY)


def _of(cls: type, classes: dict[str, Any]) -> list[str]:
    return [name for name, one in classes.items() if issubclass(one, cls)]


def _by_name(bound: inspect.BoundArguments) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        else:
            named[name] = value
    return named


def differ(one: Any, other: Any) -> bool:
    """Whether two values are not the same, as far as can be told."""
    try:
        return one is not other and bool(one != other)
    except Exception:  # noqa: BLE001 -- arrays and the like compare in their own way
        return True


def _missing(names: list[str], step: str, cls: str) -> str:
    return (
        f"Missing parameters {names} for '{step}' step. There are three ways to solve this issue: (1) Specify a "
        f"default value in the parameters class `{cls}` (2) Specify the parameters in code: `{step}({cls}(...))` "
        f"(3) Configure them: `{step}.configure(parameters={{...}})`"
    )


def _misfit(error: ValidationError, step: str, cls: str) -> StepInterfaceError:
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return StepInterfaceError(f"The parameters of step '{step}' are no `{cls}`: {told}")
