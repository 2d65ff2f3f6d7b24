"""Small things that outlive the session, by kind and key: variables, blocks."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

from hookcell.store.sqlite import StoreFile, damaged

FIELDS = "key, value, created, updated"


class Entry:
    """One thing that is kept. Its repr leaves out the value, which may be a secret.

    Args:
        kind: What sort of thing it is.
        key: Its name within its kind.
        value: Anything that JSON can spell.
        created, updated: When it was first and last written, in seconds since 1970.
    """

    __slots__ = ("created", "key", "kind", "updated", "value")

    def __init__(self, kind: str, key: str, value: Any, created: float, updated: float) -> None:
        self.kind, self.key, self.value = kind, key, value
        self.created, self.updated = created, updated

    def __repr__(self) -> str:
        return f"Entry({self.kind!r}, {self.key!r})"


class Store(Protocol):
    """What can keep small things; each call is atomic, for all processes."""

    def get(self, kind: str, key: str) -> Entry | None:
        """Give what is kept under a key."""

    def put(self, kind: str, key: str, value: Any, *, overwrite: bool) -> Entry | None:
        """Keep a value; give None, and change nothing, if the key is taken and must not be overwritten."""

    def drop(self, kind: str, key: str) -> bool:
        """Forget a key; say whether there was one."""

    def entries(self, kind: str) -> list[Entry]:
        """Give everything of one kind, in the order of the keys."""


class KeyValues:
    """Keeps small things in the store's file.

    Every method raises StoreError if the file cannot be used.

    Args:
        file: The file; other parts of the store may share it.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def get(self, kind: str, key: str) -> Entry | None:
        """Give what is kept under a key."""
        rows = self._file.read(f"SELECT {FIELDS} FROM key_values WHERE kind = ? AND key = ?", kind, key)  # noqa: S608
        return self._entry(kind, rows[0]) if rows else None

    def put(self, kind: str, key: str, value: Any, *, overwrite: bool = True) -> Entry | None:
        """Keep a value; give None, and change nothing, if the key is taken and must not be overwritten."""
        text, now = json.dumps(value), time.time()
        with self._file.writing() as connection:
            where = "FROM key_values WHERE kind = ? AND key = ?"
            found = connection.execute(f"SELECT created {where}", (kind, key)).fetchone()
            if found and not overwrite:
                return None
            created = found[0] if found else now
            row = (kind, key, text, created, now)
            connection.execute("INSERT OR REPLACE INTO key_values VALUES (?, ?, ?, ?, ?)", row)
        return Entry(kind, key, json.loads(text), created, now)

    def drop(self, kind: str, key: str) -> bool:
        """Forget a key; say whether there was one."""
        with self._file.writing() as connection:
            done = connection.execute("DELETE FROM key_values WHERE kind = ? AND key = ?", (kind, key))
            return done.rowcount > 0

    def entries(self, kind: str) -> list[Entry]:
        """Give everything of one kind, in the order of the keys."""
        rows = self._file.read(f"SELECT {FIELDS} FROM key_values WHERE kind = ? ORDER BY key", kind)  # noqa: S608
        return [self._entry(kind, row) for row in rows]

    def _entry(self, kind: str, row: tuple[str, str, float, float]) -> Entry:
        key, text, created, updated = row
        try:
            return Entry(kind, key, json.loads(text), created, updated)
        except ValueError:
            raise damaged(self._file.path, f"{kind} {key!r} is not JSON") from None


# The user's own store.
file: StoreFile = StoreFile()
kept: Store = KeyValues(file)
