"""Filters: which runs a question to the client is about.

Prefect has a class for each filter and for each part of one; here every name such as `FlowRunFilter` or
`FlowRunFilterId` is a plain record of criteria, and a dict does as well.
"""

from __future__ import annotations

import re
from enum import Enum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hookcell.prefect.outside import outside

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = re.compile(r"(Flow|FlowRun|TaskRun|Log|Variable)Filter[A-Za-z]*")


class Criteria(SimpleNamespace):
    """What something must be like: names of its attributes, and for each what is asked of it."""


def __getattr__(name: str) -> Any:
    if _NAMES.fullmatch(name) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = type(name, (Criteria,), {"__module__": __name__})
    return made


def admits(criteria: Any, one: Any) -> bool:
    """Whether something is as a filter asks.

    Args:
        criteria: A filter, as a record or a dict; None admits everything.
        one: A run, a flow, a log line or a state.

    Raises:
        OutOfScope: It asks for what hookcell does not know.
        TypeError: It is no filter.
    """
    asked = {name: value for name, value in _as_dict(criteria).items() if value is not None}
    enough = any if _plain(asked.pop("operator", "and_")) == "or_" else all
    return not asked or enough(_admits(name, value, one) for name, value in asked.items())


def _admits(name: str, asked: Any, one: Any) -> bool:
    if name in _TESTS:
        return _TESTS[name](one, asked)
    value = getattr(one, name, _UNKNOWN)
    if value is _UNKNOWN:
        raise outside(f"A filter by {name!r}", "ask without it, and look through the list")
    return admits(asked, value)


_UNKNOWN = object()


def _as_dict(criteria: Any) -> dict[str, Any]:
    if criteria is None:
        return {}
    if not isinstance(criteria, dict) and not hasattr(criteria, "__dict__"):
        told = 'give a dict such as {"name": {"any_": ["nightly"]}}, or a FlowRunFilter'
        raise TypeError(f"A filter is {criteria!r}; {told}")
    return dict(criteria) if isinstance(criteria, dict) else dict(vars(criteria))


def _plain(value: Any) -> Any:
    """Give a value in the form it is compared in: ids and words as text."""
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


def _members(value: Any) -> set[Any]:
    several = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return {_plain(member) for member in several}


# What can be asked of a value, by Prefect's word for it.
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "any_": lambda value, asked: bool(_members(value) & _members(asked)),
    "not_any_": lambda value, asked: not _members(value) & _members(asked),
    "all_": lambda value, asked: _members(value) >= _members(asked),
    "is_null_": lambda value, asked: (value is None or value in ([], ())) is bool(asked),
    "like_": lambda value, asked: asked.lower() in str(value).lower(),
    "startswith_": lambda value, asked: str(value).startswith(tuple(asked)),
    "before_": lambda value, asked: value is not None and value <= asked,
    "after_": lambda value, asked: value is not None and value >= asked,
    "ge_": lambda value, asked: value is not None and value >= asked,
    "le_": lambda value, asked: value is not None and value <= asked,
}
