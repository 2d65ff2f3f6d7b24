"""Attributes that are functions, and environment variables that stand in for them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def attributes(module: str, fields: dict[str, Callable[[], Any]]) -> Callable[[str], Any]:
    """Give a module's `__getattr__`: each read calls a function.

    Args:
        module: The module's name in Prefect's `runtime`.
        fields: The functions by attribute; looked at on each read.
    """

    def read(name: str) -> Any:
        mock = os.environ.get(f"PREFECT__RUNTIME__{module.upper()}__{name.upper()}")
        if name in fields:
            return fields[name]() if mock is None else _like(fields[name](), mock)
        if mock is None:
            raise AttributeError(f"prefect.runtime.{module} has no attribute {name!r}")
        return mock

    return read


def _like(real: Any, mock: str) -> Any:
    """Give a text as a value of the real one's type.

    Raises:
        ValueError: A text cannot stand in for it.
    """
    if type(real) not in _CASTS:
        raise ValueError(
            "This runtime context attribute cannot be mocked using an environment variable. Please use monkeypatch "
            "instead."
        )
    return _CASTS[type(real)](mock)


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


_CASTS: dict[type, Callable[[str], Any]] = {
    bool: lambda text: text.lower() == "true",
    int: int,
    float: float,
    str: str,
    datetime: _time,
    type(None): str,
}
