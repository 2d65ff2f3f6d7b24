"""What Prefect's client answers about variables."""

from __future__ import annotations

from typing import Any

from hookcell.prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from hookcell.prefect.variables import Variable


class VariableAnswers:
    """The methods of a client that are about variables; `hookcell.prefect.variables.Variable` is the shorter way."""

    def read_variable_by_name(self, name: str) -> Variable | None:
        """Give a variable with its tags and times; None if there is none."""
        return Variable.read(name)

    def read_variables(self, limit: int | None = None) -> list[Variable]:
        """Give all variables, in the order of their names."""
        return Variable.all()[:limit]

    def create_variable(self, variable: Any) -> Variable:
        """Keep a variable.

        Args:
            variable: A `VariableCreate`, or a dict with "name", "value" and, if there are any, "tags".

        Raises:
            ObjectAlreadyExists: There is one of this name.
        """
        new = _fields(variable)
        if Variable.read(new["name"]) is not None:
            raise ObjectAlreadyExists(f"there is a variable {new['name']!r} already; update_variable(...) changes it")
        return _kept(new["name"], new["value"], new.get("tags"))

    def update_variable(self, variable: Any) -> None:
        """Change a variable.

        Args:
            variable: A `VariableUpdate`, or a dict with "name" and what is to change: "value", "tags".

        Raises:
            ObjectNotFound: There is none of this name.
        """
        new = _fields(variable)
        old = _known_variable(new["name"])
        _kept(new["name"], new.get("value", old.value), new.get("tags", old.tags))

    def delete_variable_by_name(self, name: str) -> None:
        """Forget a variable.

        Raises:
            ObjectNotFound: There is none of this name.
        """
        _known_variable(name)
        Variable.unset(name, _sync=True)


def _fields(variable: Any) -> dict[str, Any]:
    known = variable if isinstance(variable, dict) else vars(variable)
    return {name: value for name, value in known.items() if name == "value" or value is not None}


def _known_variable(name: str) -> Variable:
    known = Variable.read(name)
    if known is None:
        raise ObjectNotFound(f"there is no variable {name!r}")
    return known


def _kept(name: str, value: Any, tags: list[str] | None) -> Variable:
    return Variable.set(name, value, tags, overwrite=True, _sync=True)  # type: ignore[no-any-return]
