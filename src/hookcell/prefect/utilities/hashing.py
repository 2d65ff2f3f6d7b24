"""Hashes of texts, files and objects."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hookcell.prefect.exceptions import HashError

if TYPE_CHECKING:
    from collections.abc import Callable

_md5 = partial(hashlib.md5, usedforsecurity=False)


def stable_hash(*args: str | bytes, hash_algo: Callable[[], Any] = _md5) -> str:
    """Hash texts and bytes: the same in every session.

    Args:
        *args: What to hash, one after the other.
        hash_algo: A function of `hashlib`.
    """
    digest = hash_algo()
    for part in args:
        digest.update(part.encode() if isinstance(part, str) else part)
    return str(digest.hexdigest())


def file_hash(path: str | Path, hash_algo: Callable[[], Any] = _md5) -> str:
    """Hash what a file contains.

    Args:
        path: The file.
        hash_algo: A function of `hashlib`.

    Raises:
        FileNotFoundError: There is no such file.
    """
    return stable_hash(Path(path).read_bytes(), hash_algo=hash_algo)


def hash_objects(
    *args: Any, hash_algo: Callable[[], Any] = _md5, raise_on_failure: bool = False, **kwargs: Any
) -> str | None:
    """Hash objects by their JSON, or by their pickle; None if they have neither.

    Args:
        *args, **kwargs: What to hash.
        hash_algo: A function of `hashlib`.
        raise_on_failure: Whether to raise instead of giving None.

    Raises:
        HashError: They have neither, and that was to be raised.
    """
    failures = []
    for form, dump in (("JSON", _as_json), ("Pickle", _as_pickle)):
        try:
            return stable_hash(dump((args, kwargs)), hash_algo=hash_algo)
        except Exception as error:  # noqa: BLE001 -- how an object is written down is user code
            failures.append(f"  {form} error: {error}")
    if not raise_on_failure:
        return None
    raise HashError("\n".join(["Unable to create hash - objects could not be serialized.", *failures]))


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _as_pickle(value: Any) -> bytes:
    import cloudpickle  # type: ignore[import-untyped] # noqa: PLC0415 -- slow to import, and JSON does for most

    return cloudpickle.dumps(value)  # type: ignore[no-any-return]


__all__ = ["file_hash", "hash_objects", "stable_hash"]
