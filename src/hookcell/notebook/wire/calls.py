"""Calls: how a run would be started again by hand, as code that can be pasted."""

from __future__ import annotations

import inspect
from itertools import islice
from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire.masks import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run

# What cannot be pasted: still Python, so that the rest of the call is.
LEFT_OUT = "..."
MOST, MOST_ARGUMENTS, DEEPEST = 1_000, 50, 6
_PLAIN = frozenset({int, float, bool, str, bytes, type(None)})
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}")}


def code_of(run: Run) -> str:
    """Give the call that makes a run like this one; what is secret, or is no literal, is left out with `...`."""
    definition: Any = run.definition
    try:
        arguments = ", ".join(islice(_arguments(definition.binder.signature, run), MOST_ARGUMENTS))
    except Exception:  # noqa: BLE001 -- arguments that do not fit are why it failed; containers may be the user's
        arguments = LEFT_OUT
    if definition.only_here is not None:
        return f"%%flow {definition.name}"
    if getattr(definition.fn, "__qualname__", "").startswith("CellBody."):  # its name stands for the run
        return f"{definition.name}.again()"
    call = f"{getattr(definition, '__name__', definition.name)}({arguments})"
    return f"await {call}" if definition.is_async else call


def _arguments(signature: inspect.Signature, run: Run) -> Iterator[str]:
    bound = signature.bind(*run.args, **(run.kwargs or {}))
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from (_literal(one, name) for one in value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from (_named(key, one) for key, one in value.items())
        elif kind is inspect.Parameter.POSITIONAL_ONLY:
            yield _literal(value, name)
        else:
            yield f"{name}={_literal(value, name)}"


def _named(key: str, value: Any) -> str:
    told = _literal(value, key)
    return f"{key}={told}" if key.isidentifier() else f"**{{{_literal(key)}: {told}}}"


def _literal(value: Any, name: object = None) -> str:
    """Give a value as code, if it is made of plain values and is not too long."""
    if is_secret(name, value):
        return LEFT_OUT
    try:
        return _plainly(value, DEEPEST, [MOST])
    except _TooMuchError:
        return LEFT_OUT


class _TooMuchError(Exception):
    """A value cannot be written as a short literal."""


def _plainly(value: Any, depth: int, left: list[int]) -> str:
    type_ = type(value)
    if not depth or (hasattr(type_, "__len__") and len(value) > left[0]):
        raise _TooMuchError
    if type_ in _PLAIN:
        return _spent(_number(value) if type_ is float else _text(value), left)
    if type_ is dict:
        pairs = [f"{_plainly(key, depth - 1, left)}: {_inside(one, key, depth, left)}" for key, one in value.items()]
        return f"{{{', '.join(pairs)}}}"
    if type_ not in _BRACKETS or (type_ is set and not value):
        raise _TooMuchError
    items = ", ".join([_plainly(one, depth - 1, left) for one in value])
    first, last = _BRACKETS[type_]
    return f"{first}{items}{',' if type_ is tuple and len(value) == 1 else ''}{last}"


def _inside(value: Any, key: Any, depth: int, left: list[int]) -> str:
    return LEFT_OUT if is_secret(key, value) else _plainly(value, depth - 1, left)


def _text(value: Any) -> str:
    if type(value) is int and value.bit_length() > MOST:
        raise _TooMuchError
    return repr(value)


def _number(value: float) -> str:
    return repr(value) if value - value == 0 else f"float('{value!r}')"


def _spent(text: str, left: list[int]) -> str:
    left[0] -= len(text) + 2
    if left[0] < 0:
        raise _TooMuchError
    return text
