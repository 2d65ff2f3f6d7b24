"""Settings as texts: what the environment, a configuration file or a magic's line says of a notifier."""

from __future__ import annotations

import inspect
from typing import Any

from hookcell.errors import UnknownOptionError
from hookcell.notify.notifier import Notifier

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
# What every notifier takes; their checks say what is wrong with a value, so their annotations do not.
_NUMBERS = {"timeout_seconds", "retries"}


def read(flavour: str, cls: type[Any], texts: dict[str, Any]) -> dict[str, Any]:
    """Give the values that texts mean for a flavour; what is no text stays as it is.

    Raises:
        UnknownOptionError: One says neither yes nor no where it has to. The text is not shown: it may be a secret.
    """
    kinds = _kinds_of(cls)
    return {
        name: _value(flavour, name, value, kinds.get(name, "")) if isinstance(value, str) else value
        for name, value in texts.items()
    }


def _kinds_of(cls: type[Any]) -> dict[str, str]:
    """Give the annotations of what a class takes, as texts."""
    both = {**inspect.signature(Notifier).parameters, **inspect.signature(cls).parameters}
    return {name: _spelled(one.annotation) for name, one in both.items() if one.annotation is not one.empty}


def _spelled(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _value(flavour: str, name: str, text: str, kind: str) -> Any:
    if kind.startswith("bool"):
        if text.lower() not in _TRUE | _FALSE:
            raise UnknownOptionError(f"{name} of notifier {flavour!r} is neither true nor false; give one of them")
        return text.lower() in _TRUE
    if name in _NUMBERS or kind.startswith(("int", "float")):
        return _number(text)
    if "list[" in kind and "," in text:
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


def _number(text: str) -> Any:
    for type_ in (int, float):
        try:
            return type_(text)
        except ValueError:
            continue
    return text  # the notifier says what it has to be
