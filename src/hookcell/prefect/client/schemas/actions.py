"""What the client is given to act on, by the names it has in Prefect."""

from types import SimpleNamespace


class VariableCreate(SimpleNamespace):
    """A variable to keep: its name, value and tags."""


class VariableUpdate(SimpleNamespace):
    """What to change of a variable: its name, and its new value or tags."""


__all__ = ["VariableCreate", "VariableUpdate"]
