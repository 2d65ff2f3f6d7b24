"""Parameters: the arguments of a call, bound to the signature and checked against the annotations."""

from __future__ import annotations

import inspect
from types import MethodType
from typing import TYPE_CHECKING, Any

from hookcell.errors import ParameterBindError, ParameterTypeError, ReservedArgumentError, describe
from hookcell.injection import hints_of

if TYPE_CHECKING:
    from collections.abc import Callable

RESERVED = ("return_state", "wait_for")
# A value of just this type needs no check, so that pydantic is imported only when it has work to do.
_EXACT = frozenset({int, str, float, bool, bytes, list, dict, tuple, set})
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Binder:
    """Binds the arguments of one function.

    Args:
        fn: The function.
        kind: "flow" or "task", for messages.
        check: Whether to convert and check arguments by their annotations (pydantic's rules).

    Raises:
        ReservedArgumentError: A parameter has a name that hookcell needs.
    """

    __slots__ = (
        *("_fields", "_hints", "_least", "_most", "_validators"),
        *("check", "fn", "kind", "receiver", "signature"),
    )

    fn: Callable[..., Any]
    kind: str
    check: bool
    signature: inspect.Signature
    # The name of the parameter that a method's instance or class is given as.
    receiver: str | None

    def __init__(self, fn: Callable[..., Any], kind: str, *, check: bool) -> None:
        self.fn, self.kind, self.check = fn, kind, check
        self.signature = _signature(fn)
        # Parameters whose default is pydantic's `Field(...)`, which says what their default is.
        self._fields: dict[str, Any] = {
            name: p.default for name, p in self.signature.parameters.items() if _is_field(p.default)
        }
        self.receiver = next(iter(_signature(fn.__func__).parameters), None) if isinstance(fn, MethodType) else None
        self._hints: dict[str, Any] | None = None
        self._validators: dict[str, Any] = {}
        taken = [name for name in RESERVED if name in self.signature.parameters]
        if taken:
            raise ReservedArgumentError(f"{taken[0]!r} is a reserved argument name and cannot be used.")
        self._least, self._most = self._positional_range()

    def _positional_range(self) -> tuple[int, int]:
        """Between how many plain positional arguments fit without looking closer."""
        parameters = self.signature.parameters.values()
        if self._fields or any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters):
            return (1, 0)
        positional = [p for p in parameters if p.kind in _POSITIONAL]
        unlimited = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        return sum(p.default is p.empty for p in positional), 1_000_000 if unlimited else len(positional)

    def fits(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> bool:
        """Whether plain positional arguments fit; says nothing about keyword arguments."""
        return kwargs is None and self._least <= len(args) <= self._most

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> tuple[tuple[Any, ...], dict[str, Any] | None]:
        """Bind and check arguments; give them as they are to be passed.

        Raises:
            ParameterBindError: They do not fit the signature.
            ParameterTypeError: They do not fit the annotations.
        """
        if self.fits(args, kwargs) and not self.check:
            return args, kwargs
        bound = self._bound(args, kwargs)
        for name in self._fields.keys() - bound.arguments.keys():
            bound.arguments[name] = self._default_of(name, args, kwargs)
        if self.check and self._annotations():
            bound.arguments.update(self._checked(bound))
        return bound.args, bound.kwargs or None

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> dict[str, Any]:
        """Give arguments by name, defaults included; as far as they fit."""
        try:
            bound = self.signature.bind(*args, **(kwargs or {}))
        except TypeError:
            return self._loosely_named(args, kwargs or {})
        bound.apply_defaults()
        named = {name: default_in(value) for name, value in bound.arguments.items()}
        for name in (p.name for p in self.signature.parameters.values() if p.kind is p.VAR_KEYWORD):
            named.update(named.pop(name, {}))
        return named

    def _loosely_named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        parameters = self.signature.parameters
        defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
        places = [name for name, p in parameters.items() if p.kind in _POSITIONAL]
        given = {**defaults, **kwargs, **dict(zip(places, args, strict=False))}
        return {name: given[name] for name in parameters if name in given}

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> inspect.BoundArguments:
        try:
            return self.signature.bind(*args, **(kwargs or {}))
        except TypeError as error:
            raise ParameterBindError(self._misfit(args, kwargs, error)) from None

    def _default_of(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
        """Give what a `Field(...)` says is the default of a parameter.

        Raises:
            ParameterBindError: It says nothing.
        """
        field = self._fields[name]
        if field.is_required():
            missing = TypeError(f"missing a required argument: {name!r}")
            raise ParameterBindError(self._misfit(args, kwargs, missing))
        return default_in(field)

    def _misfit(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None, error: TypeError) -> str:
        given = [*(["_"] * len(args)), *(f"{name}=..." for name in kwargs or {})]
        name = getattr(self.fn, "__name__", "call")
        called = f"{self.kind} {name!r} was called as {name}({', '.join(given)})"
        return f"{called}: {error}; its signature is {name}{self.signature}"

    # -- checking by annotation

    def _annotations(self) -> dict[str, Any]:
        if self._hints is None:
            self._hints = hints_of(inspect.unwrap(self.fn), extras=True)
        return self._hints

    def _checked(self, bound: inspect.BoundArguments) -> dict[str, Any]:
        checked, problems = {}, []
        for name, value in bound.arguments.items():
            hint = self._annotations().get(name, Any)
            if self.signature.parameters[name].kind in {
                inspect.Parameter.VAR_POSITIONAL,
                inspect.Parameter.VAR_KEYWORD,
            }:
                continue
            if hint is Any or (type(value) is hint and type(value) in _EXACT):
                continue
            try:
                checked[name] = self._validator(name, hint).validate_python(value)
            except Exception as error:  # noqa: BLE001 -- validators are user code, and pydantic cannot check every type
                problems += _problems(name, error)
        if problems:
            lines = "\n".join(f" - {problem}" for problem in problems)
            raise ParameterTypeError(f"{self.kind.capitalize()} run received invalid parameters:\n{lines}")
        return {**self._converted_defaults(bound), **checked}

    def _converted_defaults(self, bound: inspect.BoundArguments) -> dict[str, Any]:
        """Convert defaults as given values are, say a dict to a model; one that does not fit stays as it is."""
        converted = {}
        for name, parameter in self.signature.parameters.items():
            default, hint = parameter.default, self._annotations().get(name, Any)
            if name in bound.arguments or default is parameter.empty or default is None or hint is Any:
                continue
            if type(default) is hint and hint in _EXACT:
                continue
            try:
                converted[name] = self._validator(name, hint).validate_python(default)
            except Exception:  # noqa: BLE001, S112 -- nobody has given it, and many a default is none of its type
                continue
        return converted

    def _validator(self, name: str, hint: Any) -> Any:
        if name not in self._validators:
            self._validators[name] = _adapter(hint)
        return self._validators[name]


def _is_field(value: Any) -> bool:
    """Whether it is a pydantic `Field(...)`, told without importing pydantic."""
    return type(value).__name__ == "FieldInfo" and type(value).__module__ == "pydantic.fields"


def default_in(value: Any) -> Any:
    """Give the default that a pydantic `Field(default=...)` holds; anything else is given back."""
    if not _is_field(value) or value.is_required():
        return value
    return value.get_default(call_default_factory=True)


def _adapter(hint: Any) -> Any:
    import pydantic  # noqa: PLC0415 -- slow to import, and most arguments are already what they should be

    config = None if _has_config(hint, pydantic) else pydantic.ConfigDict(arbitrary_types_allowed=True)
    return pydantic.TypeAdapter(hint, config=config)


def _has_config(hint: Any, pydantic: Any) -> bool:
    """Models and dataclasses bring their own configuration; pydantic refuses a second one."""
    return isinstance(hint, type) and (
        issubclass(hint, pydantic.BaseModel) or hasattr(hint, "__dataclass_fields__") or hasattr(hint, "__total__")
    )


def _problems(name: str, error: Any) -> list[str]:
    details = error.errors() if hasattr(error, "errors") else [{"loc": (), "msg": describe(error)}]
    return [".".join([name, *map(str, detail["loc"])]) + f": {detail['msg']}" for detail in details]


def _signature(fn: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(fn)
    except (TypeError, ValueError):  # some builtins tell nothing about themselves
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
