"""What a block holds as what JSON can spell, secrets readable: for the store, and for nothing else."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python


def plain(value: Any, block: str, field: str) -> Any:
    """Give a value of a dumped block as JSON has it.

    Args:
        value: What the block holds.
        block, field: What the error names.

    Raises:
        ValueError: JSON has no word for it.
    """
    if isinstance(value, dict):
        return {str(key): plain(one, block, field) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one, block, field) for one in value]
    if hasattr(value, "get_secret_value"):
        return plain(value.get_secret_value(), block, field)
    try:
        return to_jsonable_python(value)
    except (PydanticSerializationError, UnicodeDecodeError):
        # Raised anew: the old one may show the value.
        raise ValueError(
            f"Field {field!r} of block type {block!r} holds a {type(value).__name__} that JSON cannot spell; "
            "keep it as a text, for example in base64"
        ) from None
