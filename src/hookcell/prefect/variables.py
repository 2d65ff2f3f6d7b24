"""Prefect's variables: small JSON values that outlive the session, kept in this machine's store."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from hookcell.errors import InvalidNameError
from hookcell.prefect._either import either_way
from hookcell.store.keyvalue import kept

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from datetime import datetime
    from uuid import UUID

    from hookcell.store.keyvalue import Entry

KIND = "variable"
LONGEST_NAME, LONGEST_VALUE = 255, 5000


class Text(str):
    """A variable's text, as `Variable.get` gives it: a str, with `.value` and `await` for code that asks for them."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """The text itself."""
        return str(self)

    def __await__(self) -> Generator[Any, None, Text]:
        yield from ()
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class Variable:
    """A small named JSON value that outlives the session. `-` and `_` in names are one.

    Args:
        name: Lowercase letters, digits, `-` and `_`.
        value: A text, number, bool, None, or a list or dict of such.
        tags: Words to find it by.
    """

    def __init__(self, name: str, value: Any, tags: list[str] | None = None) -> None:
        now = time.time()
        self.name, self.value, self.tags = _checked(name), _json(name, value), _tags(name, tags)
        self._created = self._updated = now

    def __class_getitem__(cls, _value_type: Any) -> type[Variable]:
        """Say what type the value has, for the reader: `Variable[str].get("x")`."""
        return cls

    # -- in the store

    @classmethod
    @either_way
    def set(cls, name: str, value: Any, tags: list[str] | None = None, overwrite: bool = False) -> Variable:
        """Keep a value under a name; may be awaited.

        Args:
            name: Lowercase letters, digits, `-` and `_`, at most 255 of them.
            value: A text, number, bool, None, or a list or dict of such; as JSON at most 5000 bytes long.
            tags: Words to find it by.
            overwrite: Whether a variable of that name may be replaced.

        Raises:
            ValueError: The name is taken, or the value is not JSON, or too long.
            InvalidNameError: The name cannot be used.
            StoreError: The store's file cannot be used.
        """
        made = cls(name, value, tags)
        record = {"name": name, "value": made.value, "tags": made.tags}
        entry = kept.put(KIND, _key(name), record, overwrite=overwrite)
        if entry is None:
            raise ValueError(f"Variable {name!r} already exists. Use `overwrite=True` to update it.")
        return cls._of(entry)

    @classmethod
    @either_way
    def get(cls, name: str, default: Any = None) -> Any:
        """Give the value that is kept under a name, or the default; may be awaited.

        Raises:
            StoreError: The store's file cannot be used.
        """
        variable = cls.read(name)
        if variable is None:
            return default
        return Text(variable.value) if isinstance(variable.value, str) else variable.value

    @classmethod
    @either_way
    def unset(cls, name: str) -> bool:
        """Forget a variable; say whether there was one; may be awaited.

        Raises:
            StoreError: The store's file cannot be used.
        """
        return kept.drop(KIND, _key(name))

    @classmethod
    async def aset(cls, name: str, value: Any, tags: list[str] | None = None, overwrite: bool = False) -> Variable:
        """Keep a value under a name, as `set` does."""
        variable: Variable = cls.set(name, value, tags, overwrite)
        return variable

    @classmethod
    async def aget(cls, name: str, default: Any = None) -> Any:
        """Give the value that is kept under a name, as `get` does."""
        return cls.get(name, default)

    @classmethod
    async def aunset(cls, name: str) -> bool:
        """Forget a variable, as `unset` does."""
        found: bool = cls.unset(name)
        return found

    @classmethod
    def read(cls, name: str) -> Variable | None:
        """Give the variable of a name with its tags and times; None if there is none."""
        entry = kept.get(KIND, _key(name))
        return None if entry is None else cls._of(entry)

    @classmethod
    def all(cls) -> list[Variable]:
        """Give every variable of the store, in the order of their names."""
        return [cls._of(entry) for entry in kept.entries(KIND)]

    @classmethod
    def _of(cls, entry: Entry) -> Variable:
        variable = cls.__new__(cls)
        variable.name, variable.value, variable.tags = (entry.value[field] for field in ("name", "value", "tags"))
        variable._created, variable._updated = entry.created, entry.updated
        return variable

    # -- what it tells of itself

    @property
    def id(self) -> UUID:
        """The same for the same name, always."""
        import uuid  # noqa: PLC0415 -- seldom asked for

        return uuid.uuid5(uuid.NAMESPACE_OID, f"hookcell/{KIND}/{_key(self.name)}")

    @property
    def created(self) -> datetime:
        """When it was first set, in UTC."""
        return _moment(self._created)

    @property
    def updated(self) -> datetime:
        """When it was last set, in UTC."""
        return _moment(self._updated)

    def __await__(self) -> Generator[Any, None, Variable]:
        yield from ()
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variable) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(_key(self.name))

    def _facts(self) -> tuple[str, Any, list[str]]:
        return _key(self.name), self.value, self.tags

    def __repr__(self) -> str:
        return f"Variable(name={self.name!r}, value={self.value!r}, tags={self.tags!r})"


def _key(name: str) -> str:
    """Code writes `_` where people write `-`: both mean the same variable."""
    return str(name).replace("-", "_")


def _moment(seconds: float) -> datetime:
    from datetime import UTC, datetime  # noqa: PLC0415 -- seldom asked for

    return datetime.fromtimestamp(seconds, UTC)


def _checked(name: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch("[a-z0-9_-]+", name):
        raise InvalidNameError(
            "Variable name must only contain lowercase letters, numbers, and dashes or underscores; "
            f"{name!r} does not: write {_mended(name)!r}"
        )
    if len(name) > LONGEST_NAME:
        raise InvalidNameError(f"Variable name should have at most {LONGEST_NAME} characters; this has {len(name)}")
    return name


def _mended(name: Any) -> str:
    return re.sub("[^a-z0-9_-]+", "_", str(name).lower()).strip("_") or "my_variable"


def _tags(name: str, tags: Any) -> list[str]:
    several = list(tags or ()) if hasattr(tags or (), "__iter__") else [tags]
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in several):
        raise ValueError(f'tags of variable {name!r} must be a list of texts, such as ["production"]')
    return several


def _json(name: str, value: Any) -> Any:
    """Give the value as it will be read back: tuples are lists then."""
    try:
        trouble = _trouble(value)
    except RecursionError:
        trouble = "contains itself"
    if trouble is not None:
        raise ValueError(f"Variable value must be serializable to JSON; that of {name!r} {trouble}")
    # As Prefect does it: the limit is on the bytes, None apart.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if value is not None and len(text.encode("utf-8", "surrogatepass")) > LONGEST_VALUE:
        raise ValueError(f"Variable value must be less than {LONGEST_VALUE} characters; that of {name!r} is longer")
    return json.loads(text)


def _trouble(value: Any) -> str | None:
    """Say what in a value JSON cannot spell, or would change."""
    if isinstance(value, dict):
        odd = [key for key in value if not isinstance(key, str)]
        return f"has a key that is no text: {odd[0]!r}" if odd else _first_trouble(value.values())
    if isinstance(value, (list, tuple)):
        return _first_trouble(value)
    if isinstance(value, float) and value - value != 0:
        return f"holds {value!r}, for which JSON has no word"
    if value is None or isinstance(value, (str, int, float)):
        return None
    return f"holds a value of type {type(value).__name__}: make a text, number, list or dict of it first"


def _first_trouble(values: Iterable[Any]) -> str | None:
    return next(filter(None, map(_trouble, values)), None)
