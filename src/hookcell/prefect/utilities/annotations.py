"""What says how an argument is to be taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.annotations import Annotation as BaseAnnotation
from hookcell.annotations import allow_failure, opaque, quote, unmapped
from hookcell.prefect.strictness import NotSet

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")


class freeze(BaseAnnotation[T]):  # noqa: N801 -- used like a function
    """A parameter that a deployment fixes; it must have a JSON form.

    Raises:
        ValueError: It has none.
    """

    __slots__ = ()

    def __new__(cls, value: T) -> Self:
        """Check that the value has a JSON form."""
        try:
            json.dumps(value, default=_as_list)
        except (TypeError, ValueError):
            raise ValueError("Value must be JSON serializable") from None
        return super().__new__(cls, value)

    def unfreeze(self) -> T:
        """Give the value."""
        return self.unwrap()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Let pydantic make one of any value, and write it down as that value."""
        from pydantic_core import core_schema  # noqa: PLC0415 -- slow to import, and only pydantic asks

        plain = core_schema.plain_serializer_function_ser_schema(lambda frozen: frozen.unfreeze())
        return core_schema.no_info_after_validator_function(cls, core_schema.any_schema(), serialization=plain)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


__all__ = ["BaseAnnotation", "NotSet", "allow_failure", "freeze", "opaque", "quote", "unmapped"]
