"""Stacks: how the notebook finds the stack in force of a dialect that has one, without asking for the dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Offer(NamedTuple):
    """What a dialect says of its stacks: their class, the one in force, how to put one in force, how to go back."""

    type: type
    active: Callable[[], Any]
    activate: Callable[[Any], Any]


_offers: list[Offer] = []


def offer(type_: type, active: Callable[[], Any], activate: Callable[[Any], Any]) -> None:
    """Say that there are stacks; a dialect does so when it is imported.

    Args:
        type_: Their class.
        active: Gives the one in force.
        activate: Puts one in force; given None, the one that is configured.
    """
    _offers.append(Offer(type_, active, activate))


def offered() -> Offer | None:
    """Give what the dialect with stacks has said; None if it has not been imported."""
    return _offers[0] if _offers else None
