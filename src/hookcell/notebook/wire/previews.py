"""Previews: a value as a line or two of text, without rendering all of it, and with what is secret in it masked.

A repr is the user's code. It may raise, print pages or never come back: whoever calls `preview` does so where that
harms nobody (`aside`), and has a text in any case.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire.masks import MASK, fields_of, is_secret
from hookcell.notebook.wire.texts import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST, MOST_STRING, MOST_ITEMS, DEEPEST = 600, 200, 8, 4
MOST_BITS = 2_000
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# By the repr: a class that has one of its own shall be shown by it.
_BRACKETS: dict[Any, tuple[str, str]] = {
    list.__repr__: ("[", "]"),
    tuple.__repr__: ("(", ")"),
    set.__repr__: ("{", "}"),
    frozenset.__repr__: ("frozenset({", "})"),
    deque.__repr__: ("deque([", "])"),
}


def preview(value: Any) -> str:
    """Give a value as text; it raises nothing, but may take as long as the value's own repr."""
    try:
        return clip(_Preview().of(value), MOST) or ""
    except BaseException as error:  # noqa: BLE001 -- it may be a container of the user's own
        return f"({type(value).__name__}, which cannot be shown: {type(error).__name__})"


def type_of(value: Any) -> str:
    """Give the name of a value's type as its user writes it: DataFrame of pandas is pandas.DataFrame."""
    module, name = type(value).__module__, type(value).__qualname__
    top = str(module).partition(".")[0]
    return clip(name if top in {"builtins", "__main__"} else f"{top}.{name}", 100) or ""


class _Preview:
    """Looks into one value, and at nothing twice that holds itself."""

    def __init__(self) -> None:
        self._inside: set[int] = set()
        self._left = MOST

    def of(self, value: Any, name: object = None, depth: int = 0) -> str:
        left = self._left
        if left <= 0:
            return "…"
        told = MASK if is_secret(name, value) else self._told(value, depth)
        self._left = left - len(told)
        return told

    def _told(self, value: Any, depth: int) -> str:
        if (look := _LOOKS.get(type(value))) is not None:
            return look(value)
        if (told := _shape(value)) is not None:
            return told
        parts = self._parts(value, depth)
        return _own(value) if parts is None else self._once(value, depth, parts)

    def _once(self, value: Any, depth: int, parts: Callable[[], str]) -> str:
        if id(value) in self._inside or depth >= DEEPEST:
            return "…"
        self._inside.add(id(value))
        try:
            return parts()
        finally:
            self._inside.discard(id(value))

    def _parts(self, value: Any, depth: int) -> Callable[[], str] | None:
        """Give what tells of a value by its parts; None if only its own repr can."""
        shown_by: Any = type(value).__repr__
        if shown_by is dict.__repr__:
            return lambda: f"{{{self._pairs(value, depth)}}}"
        if (brackets := _BRACKETS.get(shown_by)) is not None:
            return lambda: f"{brackets[0]}{self._items(value, depth)}{brackets[1]}"
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return lambda: f"{type(value).__name__}({self._fields(zip(value._fields, value, strict=False), depth)})"
        if _is_made_of_fields(value):
            return lambda: f"{type(value).__name__}({self._fields(fields_of(value), depth)})"
        return None

    def _items(self, value: Any, depth: int) -> str:
        told = [self.of(one, None, depth + 1) for one in islice(value, MOST_ITEMS)]
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return ", ".join([*told, *_more(len(value))]) + comma

    def _pairs(self, value: Any, depth: int) -> str:
        pairs = islice(value.items(), MOST_ITEMS)
        told = [f"{self.of(key, None, depth + 1)}: {self.of(one, key, depth + 1)}" for key, one in pairs]
        return ", ".join([*told, *_more(len(value))])

    def _fields(self, fields: Iterable[tuple[str, Any]], depth: int) -> str:
        several = list(fields)
        told = [f"{name}={self.of(one, name, depth + 1)}" for name, one in several[:MOST_ITEMS]]
        return ", ".join([*told, *_more(len(several))])


def _more(total: int) -> list[str]:
    return [f"… {total:,} in all"] if total > MOST_ITEMS else []


def _is_made_of_fields(value: Any) -> bool:
    """Whether its repr was made for it, and names its fields: then secret ones can be masked."""
    repr_ = type(value).__repr__
    if hasattr(type(value), "__dataclass_fields__"):
        return "__create_fn__" in repr_.__qualname__ or hasattr(repr_, "__wrapped__")
    return getattr(repr_, "__module__", "").startswith("pydantic.") and bool(fields_of(value))


# -- one value -----------------------------------------------------------------------------------------------------


def _string(value: Any) -> str:
    if len(value) <= MOST_STRING:
        return repr(value)
    unit = "characters" if isinstance(value, str) else "bytes"
    return f"{value[:MOST_STRING]!r}… {len(value):,} {unit} in all"


def _integer(value: int) -> str:
    return repr(value) if value.bit_length() < MOST_BITS else f"(int of {value.bit_length():,} bits)"


_LOOKS: dict[type, Callable[[Any], str]] = {
    str: _string,
    bytes: _string,
    bytearray: _string,
    int: _integer,
    float: repr,
    complex: repr,
    bool: repr,
    type(None): repr,
    range: repr,
    slice: repr,
}


def _own(value: Any) -> str:
    """Give a value's own repr, without addresses, which say nothing."""
    try:
        return _ADDRESS.sub("", repr(value)[: MOST + 1])
    except BaseException as error:  # noqa: BLE001 -- a repr is the user's code
        return f"({type(value).__name__}, whose repr raised {type(error).__name__})"


# Of these, tables and arrays are told by their shape.
_SHAPED = frozenset(
    "cudf cupy dask geopandas jax jaxlib modin narwhals numpy pandas polars pyarrow scipy tensorflow torch vaex xarray "
    "zarr".split()
)


def _shape(value: Any) -> str | None:
    """Give type, shape and columns of a table or array; None for anything else."""
    top = str(type(value).__module__).partition(".")[0]
    if top not in _SHAPED:
        return None
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or not shape:  # a number of numpy's, a dtype, a time stamp
        return None
    name, sizes = type(value).__name__, [_size(size) for size in shape]
    columns = getattr(value, "columns", None)
    if len(sizes) == 2 and columns is not None:
        told = ", ".join(str(one) for one in islice(columns, MOST_ITEMS))
        more = ", …" if len(columns) > MOST_ITEMS else ""
        return f"{name}, {sizes[0]} rows × {sizes[1]} columns: {told}{more}"
    dtype = getattr(value, "dtype", None)
    of = f" of {dtype}" if dtype is not None else ""
    if len(sizes) == 1:
        return f"{name}{of}, {sizes[0]} values"
    return f"{name}{of}, shape ({', '.join(sizes)})"


def _size(size: Any) -> str:
    return f"{size:,}" if isinstance(size, int) else "?"
