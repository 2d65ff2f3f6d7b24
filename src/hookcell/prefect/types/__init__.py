"""Prefect's types by their names."""

from hookcell.prefect.types._datetime import DateTime

MAX_VARIABLE_NAME_LENGTH = 255
MAX_VARIABLE_VALUE_LENGTH = 5000

__all__ = ["MAX_VARIABLE_NAME_LENGTH", "MAX_VARIABLE_VALUE_LENGTH", "DateTime"]
