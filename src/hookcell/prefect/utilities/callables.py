"""Functions and their parameters."""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.errors import ReservedArgumentError
from hookcell.parameters import default_in
from hookcell.prefect.exceptions import SignatureMismatchError
from hookcell.prefect.strictness import misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

R = TypeVar("R")


# -- calls -----------------------------------------------------------------------------------------------------------


def get_call_parameters(
    fn: Callable[..., Any],
    call_args: tuple[Any, ...],
    call_kwargs: dict[str, Any],
    apply_defaults: bool = True,
) -> dict[str, Any]:
    """Give the arguments of a call by parameter; those of `**kwargs` stay together under its name.

    Args:
        fn: The function.
        call_args, call_kwargs: What it is called with.
        apply_defaults: Whether parameters that are left out are there with their defaults.

    Raises:
        ParameterBindError: They do not fit the signature.
    """
    signature = inspect.signature(fn)
    try:
        bound = signature.bind(*call_args, **call_kwargs)
    except TypeError as error:
        raise misfit(fn, signature, call_args, call_kwargs, error) from None
    if apply_defaults:
        bound.apply_defaults()
    return {name: default_in(value) for name, value in bound.arguments.items()}


def parameters_to_args_kwargs(
    fn: Callable[..., Any], parameters: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give arguments that are known by parameter as they are to be passed.

    Raises:
        SignatureMismatchError: There is no such parameter.
    """
    signature = inspect.signature(fn)
    if unknown := parameters.keys() - signature.parameters.keys():
        raise SignatureMismatchError(
            f"Function expects parameters {list(signature.parameters)} but was provided with parameters "
            f"{list(parameters)}: there is no {min(unknown)!r}"
        )
    bound = inspect.BoundArguments(signature, dict(parameters))
    return bound.args, bound.kwargs


def call_with_parameters(fn: Callable[..., R], parameters: dict[str, Any]) -> R:
    """Call a function with arguments that are known by parameter."""
    args, kwargs = parameters_to_args_kwargs(fn, parameters)
    return fn(*args, **kwargs)


def raise_for_reserved_arguments(fn: Callable[..., Any], reserved_arguments: Iterable[str]) -> None:
    """Refuse a function that has a parameter of a name that is needed.

    Raises:
        ReservedArgumentError: It has one.
    """
    for name in reserved_arguments:
        if name in inspect.signature(fn).parameters:
            raise ReservedArgumentError(f"{name!r} is a reserved argument name and cannot be used.")


def cloudpickle_wrapped_call(__fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], bytes]:
    """Give a call that any process can be sent: calling it gives its pickled result."""
    import cloudpickle  # type: ignore[import-untyped] # noqa: PLC0415 -- slow to import, and few send calls away

    return partial(_run_pickled, cloudpickle.dumps((__fn, args, kwargs)))


def _run_pickled(call: bytes) -> bytes:
    import cloudpickle  # noqa: PLC0415

    fn, args, kwargs = cloudpickle.loads(call)
    return cloudpickle.dumps(fn(*args, **kwargs))  # type: ignore[no-any-return]


# -- schemas ---------------------------------------------------------------------------------------------------------


@dataclass
class ParameterSchema:
    """A function's parameters, as OpenAPI describes an object."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    definitions: dict[str, Any] = field(default_factory=dict)
    title: str = "Parameters"
    type: str = "object"

    def model_dump(self, **_options: Any) -> dict[str, Any]:
        """Give it as a dict."""
        return asdict(self)

    def model_dump_for_openapi(self) -> dict[str, Any]:
        """Give it as a dict that says only what there is to say."""
        return {name: value for name, value in asdict(self).items() if name != "required" or value}


def parameter_schema(fn: Callable[..., Any]) -> ParameterSchema:
    """Describe a function's parameters: their types, defaults, and what the docstring's `Args:` says of them.

    >>> def fetch(url: str, retries: int = 3):
    ...     '''Fetch a page.
    ...
    ...     Args:
    ...         url: Where it is.
    ...     '''
    >>> parameter_schema(fetch).properties["url"]
    {'description': 'Where it is.', 'position': 0, 'title': 'url', 'type': 'string'}
    """
    import pydantic  # noqa: PLC0415 -- slow to import, and few ask for a schema

    described = parameter_docstrings(inspect.getdoc(fn))
    known: dict[str, Any] = {}
    for position, parameter in enumerate(_signature(fn).parameters.values()):
        if parameter.name not in {"self", "cls"}:
            known[f"p{position}"] = _field(pydantic, parameter, position, described.get(parameter.name))
    schema = _model(pydantic, known).model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    return ParameterSchema(
        schema.get("properties", {}), schema.get("required", []), schema.get("definitions", schema.get("$defs", {}))
    )


def _signature(fn: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(fn, eval_str=True)
    except (NameError, TypeError):  # an annotation that cannot be evaluated
        return inspect.signature(fn)


def _field(pydantic: Any, parameter: inspect.Parameter, position: int, description: str | None) -> tuple[Any, Any]:
    """Give a parameter as a field of a model, under an alias: models forbid some names that functions may use."""
    has_default = parameter.default is not parameter.empty
    about = pydantic.Field(
        parameter.default if has_default else ...,
        alias=parameter.name,
        title=parameter.name,
        description=description,
        json_schema_extra={"position": position},
    )
    hint = Any if parameter.annotation is parameter.empty else parameter.annotation
    try:
        _model(pydantic, {"p": (hint, about)}).model_json_schema()
    except Exception:  # noqa: BLE001 -- pydantic has no schema for it: anything goes
        return Any, about
    return hint, about


def _model(pydantic: Any, known: dict[str, Any]) -> Any:
    config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    return pydantic.create_model("Parameters", __config__=config, **known)


_ARGS = re.compile(r"^(?:Args|Arguments|Parameters):\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)
_ARG = re.compile(r"^(?P<name>\*{0,2}\w+)\s*(?:\([^)]*\))?:\s*(?P<text>.*(?:\n[ \t]+.*)*)", re.MULTILINE)


def parameter_docstrings(docstring: str | None) -> dict[str, str]:
    """Read what a docstring in Google's style, as `inspect.getdoc` gives it, says of each parameter."""
    section = _ARGS.search(f"{docstring or ''}\n")
    if section is None:
        return {}
    lines = inspect.cleandoc("\n" + section[1])
    return {one["name"].lstrip("*"): re.sub(r"\n\s+", "\n", one["text"]).strip() for one in _ARG.finditer(lines)}


__all__ = [
    "ParameterSchema",
    "call_with_parameters",
    "cloudpickle_wrapped_call",
    "get_call_parameters",
    "parameter_docstrings",
    "parameter_schema",
    "parameters_to_args_kwargs",
    "raise_for_reserved_arguments",
]
