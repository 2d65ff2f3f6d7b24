"""Modules of Prefect's that are not here: their names can be imported, and say so when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.prefect.outside import stub

if TYPE_CHECKING:
    from collections.abc import Callable


def stubs_of(module: str, instead: str, names: str) -> Callable[[str], Any]:
    """Give a module's `__getattr__`: each of the names is a stub.

    Args:
        module: The module's name in Prefect.
        instead: What to do without it, as the end of a sentence.
        names: The names that Prefect has there, with blanks between them.
    """
    known = frozenset(names.split())

    def find(name: str) -> Any:
        if name not in known:
            raise AttributeError(f"module 'hookcell.prefect.{module}' has no attribute {name!r}")
        return stub(f"{module}.{name}", instead)

    return find
