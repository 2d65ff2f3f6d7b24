"""Texts and times as they may stand on the wire: what a user gave is cut to size, and can be sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hookcell.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hookcell.states import State

MOST_TEXT = 2_000
# Nobody's clock says more: about the year 33,000.
LATEST = 1e12


def clip(text: Any, most: int = MOST_TEXT) -> str | None:
    """Cut a text that is too long for a view; halves of surrogate pairs, which cannot be sent, become `?`."""
    if text is None:
        return None
    whole = text if isinstance(text, str) else shown(text)
    if len(whole) > most:
        whole = whole[: most - 1] + "…"
    return whole if whole.isascii() else whole.encode("utf-8", "replace").decode("utf-8")


def moment(at: Any) -> float:
    """Give a time that can be sent: code may make states of its own, with any time."""
    if isinstance(at, int | float) and -LATEST < at < LATEST:  # false for nan
        return at
    return time.time()


def forward(story: Iterable[State[Any]]) -> list[float]:
    """Give the times of states, oldest first, none before the one before it: clocks are set back."""
    times: list[float] = []
    latest = -LATEST
    for state in story:
        latest = max(latest, moment(state.at))
        times.append(latest)
    return times
