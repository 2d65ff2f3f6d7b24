"""Secrets: how they are kept from being seen, found in whatever sends messages, and covered in texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Shorter parts of a secret are too common to be taken out of texts.
SHORTEST_SECRET = 6
COVERED = "**********"


class Hidden:
    """A text that is not shown where its holder is; it has the method of pydantic's secrets."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Give the text."""
        return self._text

    def __repr__(self) -> str:
        return COVERED


def secrets_of(value: Any) -> Iterator[str]:
    """Give every text that is secret in a block or notifier, and the parts of it that are when it is a URL."""
    if hasattr(value, "get_secret_value"):
        yield from _texts_in(value.get_secret_value())
    elif hasattr(value, "model_fields_set"):
        for _, field in value:
            yield from secrets_of(field)
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from secrets_of(one)
    else:
        for one in getattr(value, "__dict__", {}).values():
            if hasattr(one, "get_secret_value"):
                yield from _texts_in(one.get_secret_value())


def _texts_in(secret: Any) -> Iterator[str]:
    if isinstance(secret, (list, tuple, dict)):
        for one in secret.values() if isinstance(secret, dict) else secret:
            yield from _texts_in(one)
        return
    text = secret.decode("utf-8", "replace") if isinstance(secret, bytes) else str(secret)
    yield text
    if "://" in text:
        try:
            url = urlsplit(text)
        except ValueError:  # no URL after all
            return
        for part in (*url.path.split("/"), *url.query.split("&"), *url.netloc.rpartition("@")[0].split(":")):
            yield from (part, unquote(part), part.partition("=")[2])


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Cover the secrets in a text, long ones first."""
    for secret in sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True):
        text = text.replace(secret, COVERED)
    return text
