"""Masks: which parameters are secret, and texts in which what they hold is covered."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from hookcell.notify.hidden import SHORTEST_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hookcell.runs import Run

MASK = "••••••"
# How deep, and among how many items of each container, secrets are looked for.
DEEPEST, MOST_ITEMS = 4, 100
_SECRET = re.compile(
    r"pass_?(word|wd|phrase|code)|(^|_)(passwd|pwd|pw|pin|otp|auth|jwt|dsn|cookies?|bearer)(_|$)|secret"
    r"|token(?!s|i[sz])|credential|(api|access|private|secret|signing|encryption|account|ssh|auth)_?key"
    r"|connection_?string|authori[sz]ation|session_?id",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def looks_secret(name: object) -> bool:
    """Whether a name says that what it stands for is nobody's to see: password, api_key, authToken."""
    return isinstance(name, str) and _SECRET.search(_WORDS.sub("_", name)) is not None


def is_secret(name: object, value: object) -> bool:
    """Whether what stands under a name is to be masked: because of the name, or because it is a secret of pydantic."""
    if value is None or isinstance(value, bool):
        return False
    return hasattr(type(value), "get_secret_value") or looks_secret(name)


def secrets_given(run: Run) -> tuple[str, ...]:
    """Give the secret texts among the parameters of a run and those around it, long ones first.

    Short ones are left out: they are too common to be covered in texts.
    """
    found: set[str] = set()
    around: Run | None = run
    while around is not None:
        found.update(_secrets_of(around))
        around = around.parent
    return tuple(sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True))


def _secrets_of(run: Run) -> list[str]:
    if not run.args and not run.kwargs:
        return []
    try:
        return list(_secrets(run.parameters, DEEPEST))
    except Exception:  # noqa: BLE001 -- defaults may be made by the user's code, and containers be the user's
        return []


def _secrets(value: Any, depth: int) -> Iterator[str]:
    """Find what is secret by its name or type in a container."""
    if depth:
        for name, one in islice(named_in(value), MOST_ITEMS):
            if is_secret(name, one):
                yield from _texts(one, depth)
            else:
                yield from _secrets(one, depth - 1)


def named_in(value: Any) -> Iterable[tuple[Any, Any]]:
    """Give what a container holds with its names: keys of a dict, fields of a model or dataclass, None in a list."""
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return ((None, one) for one in value)
    return fields_of(value)


def fields_of(value: Any) -> list[tuple[str, Any]]:
    """Give the fields of a dataclass or of a pydantic model, told without importing pydantic."""
    if isinstance(value, type):
        return []
    fields = getattr(type(value), "__dataclass_fields__", None) or getattr(type(value), "model_fields", None)
    held = getattr(value, "__dict__", {})
    return [(name, held[name] if name in held else getattr(value, name, None)) for name in fields or ()]


def _texts(secret: Any, depth: int) -> Iterator[str]:
    """Give the texts in which a secret may be told."""
    if hasattr(type(secret), "get_secret_value"):
        secret = secret.get_secret_value()
    if isinstance(secret, str):
        yield secret
    elif isinstance(secret, bytes):
        yield secret.decode("utf-8", "replace")
    elif isinstance(secret, int | float):
        yield str(secret)
    elif depth:
        for _, one in islice(named_in(secret), MOST_ITEMS):
            yield from _texts(one, depth - 1)


def covered(text: str | None, secrets: tuple[str, ...]) -> str | None:
    """Cover secrets in a text."""
    if text is not None:
        for secret in secrets:
            text = text.replace(secret, MASK)
    return text
