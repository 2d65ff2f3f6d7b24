"""Which classes of blocks there are, by their slugs, and what saved blocks are called."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, UUID, uuid5

from hookcell.errors import HookcellError, InvalidNameError
from hookcell.session import session
from hookcell.store.keyvalue import kept

if TYPE_CHECKING:
    from hookcell.prefect.blocks.core import Block

KIND = "block"
known: dict[str, type[Block]] = {}


class UnknownBlockType(HookcellError):
    """No class of blocks with this slug has been imported."""


def register(slug: str, cls: type[Block]) -> None:
    """Let a class be found by its slug."""
    before = known.get(slug)
    # A cell that is run again defines its class again.
    if before is not None and place_of(before) != place_of(cls):
        session.warn(f"Blocks of type {slug!r} are now of class {place_of(cls)}, no longer {place_of(before)}.")
    known[slug] = cls


def class_of(slug: str, place: str = "") -> type[Block]:
    """Give the class of blocks with a slug.

    Args:
        slug: What stands before the slash.
        place: Where the class was when a block of it was saved.

    Raises:
        UnknownBlockType: It has not been imported.
    """
    if (found := known.get(slug)) is not None:
        return found
    module, _, name = place.partition(":")
    todo = f"Import it first: from {module} import {name.partition('.')[0]}"
    if module in {"", "__main__"} or "<" in name:
        todo = f"Run the code that defines {name.rpartition('.')[2] or 'it'} first."
    raise UnknownBlockType(f"No block class found for slug {slug!r}: its class has not been imported. {todo}")


def document_of(slug: str, name: str) -> dict[str, Any]:
    """Give a saved block as it lies in the store.

    Raises:
        ValueError: There is none.
    """
    entry = kept.get(KIND, f"{slug}/{name}")
    if entry is None:
        raise missing_block(slug, name)
    document: dict[str, Any] = entry.value
    return document


def missing_block(slug: str, name: str) -> ValueError:
    """Make the error for a block that is not in the store."""
    if slug in known:
        todo = f'To keep one in the store of this machine, once: {known[slug].__name__}(...).save("{name}")'
    else:
        near = get_close_matches(slug, known, n=1, cutoff=0.5)
        todo = f"There is no such type; did you mean {near[0]!r}?" if near else "Import its class, and save one."
    if "/" in name:
        todo = f"Blocks of another type are loaded with Block.load({name!r})"
    return ValueError(f"Unable to find block document named {name} for block type {slug}. {todo}")


def checked(name: Any) -> str:
    """Check the name to save a block by.

    Raises:
        ValueError: There is none.
        InvalidNameError: It cannot be used.
    """
    if name is None:
        raise ValueError(
            "You're attempting to save a block document without a name. Please either call `save` with a `name` or "
            "pass `is_anonymous=True` to save an anonymous block."
        )
    if not isinstance(name, str) or not re.fullmatch("[a-z0-9-]+", name):
        raise InvalidNameError(
            "Block document name must only contain lowercase letters, numbers, and dashes; "
            f"{name!r} does not: write {slug_of(str(name)) or 'my-block'!r}"
        )
    return name


def slug_of(name: str) -> str:
    """Make a name fit before the slash: "Slack Webhook" is slack-webhook."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", ascii_only.lower()).strip("-")


def id_of(slug: str, name: str) -> UUID:
    """Give a saved block's id: the same for the same name, always."""
    return uuid5(NAMESPACE_OID, f"hookcell/{KIND}/{slug}/{name}")


def place_of(cls: type[Block]) -> str:
    """Say where a class is defined, as module:name; of Secret[str], where Secret is."""
    cls = cls.__pydantic_generic_metadata__["origin"] or cls  # type: ignore[assignment]
    return f"{cls.__module__}:{cls.__qualname__}"
