"""The block for a secret of any kind."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from pydantic import Field, SecretStr, field_validator
from pydantic import Secret as AnySecret

from hookcell.prefect.blocks.core import Block

T = TypeVar("T")


class Secret(Block, Generic[T]):
    """A value that is kept and not shown: `Secret(value="...").save("my-key")`, then `Secret.load("my-key").get()`."""

    value: SecretStr | AnySecret[T] = Field(description="A value that should be kept secret.")

    @field_validator("value", mode="before")
    @classmethod
    def _cover(cls, value: Any) -> Any:
        return value if hasattr(value, "get_secret_value") else AnySecret[Any](value)

    def get(self) -> Any:
        """Give the value; a text that spells a JSON object or list is read as such, as Prefect reads it."""
        value = self.value.get_secret_value()
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value
