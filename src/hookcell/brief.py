"""Brief: a value's repr in a line, for the reprs of what holds it: short, without addresses, and never an error."""

from __future__ import annotations

import re
from itertools import islice
from reprlib import Repr
from typing import Any

MOST, MOST_ITEMS, MOST_SORTED, MOST_BITS = 400, 12, 1_000, 1_000
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")


class _Brief(Repr):
    """Looks at no more of a container than it shows; of any other value it has only the repr that its class gives."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdeque = self.maxarray = MOST_ITEMS
        self.maxstring = MOST
        self.maxlevel = 4

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Keep the order of the keys, which reprlib would sort."""
        if not x or level <= 0:
            return "{...}" if x else "{}"
        told = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, MOST_ITEMS)]
        return f"{{{', '.join([*told, *['...'][: len(x) > MOST_ITEMS]])}}}"

    def repr_set(self, x: set[Any], level: int) -> str:
        """Sort a small set, so that it reads the same in every session."""
        return f"{{{self._several(x, level)}}}" if x else "set()"

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        """Sort a small set, so that it reads the same in every session."""
        return f"frozenset({{{self._several(x, level)}}})" if x else "frozenset()"

    def _several(self, x: set[Any] | frozenset[Any], level: int) -> str:
        if level <= 0:
            return "..."
        told = [self.repr1(one, level - 1) for one in islice(x, MOST_SORTED)]
        return ", ".join([*sorted(told)[:MOST_ITEMS], *["..."][: len(x) > MOST_ITEMS]])

    def repr_int(self, x: int, level: int) -> str:  # noqa: ARG002 -- the signature is reprlib's
        """Give no digits of a number that has thousands of them: Python refuses to, or takes long."""
        return repr(x) if x.bit_length() < MOST_BITS else f"<int of {x.bit_length():,} bits>"

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002 -- the signature is reprlib's
        """Give a value's own repr, cut short."""
        text = repr(x)
        return text if len(text) <= MOST else f"{text[:MOST]}..."


_brief = _Brief()


def brief(value: object) -> str:
    """Give a value's repr, cut short; what its `__repr__` does must not break who shows it.

    >>> brief({"rows": [1, 2, 3]})
    "{'rows': [1, 2, 3]}"
    >>> brief(object())
    '<object object at 0x…>'
    """
    try:
        text = _brief.repr(value)
        return _ADDRESS.sub("0x…", text if len(text) <= 2 * MOST else f"{text[: 2 * MOST]}...")
    except Exception as error:  # noqa: BLE001 -- `__repr__` is user code
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
