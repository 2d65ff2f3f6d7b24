"""Outcomes: what a body or a hook did, carried to where it counts."""

from __future__ import annotations

from typing import Any


class Outcome:
    """What a body or hook did: gave a value, or raised; carried, never thrown across threads or tasks."""

    __slots__ = ("error", "value")

    value: Any
    error: BaseException | None

    def __init__(self, value: Any = None, error: BaseException | None = None) -> None:
        self.value, self.error = value, error


class LeftBehind(Outcome):
    """What is known of a body whose thread did not stop: its run goes on without it."""

    __slots__ = ()


class Closed(Outcome):
    """What the end of a stream did that nobody asks for more of: it is not tried again."""

    __slots__ = ()


# A thread came back from a body whose run has meanwhile gone on without it.
LOST = Outcome()
