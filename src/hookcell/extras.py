"""What some runs have and most have not: it is made when needed, because all are kept, and each slot costs 8 bytes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hookcell.session import session

if TYPE_CHECKING:
    from hookcell.runs import Run


class Below:
    """The runs that a run started, and the futures of those it submitted."""

    __slots__ = ("children", "submitted")

    def __init__(self) -> None:
        self.children: deque[Run] = deque(maxlen=session.most_children)
        self.submitted: list[Any] = []


class Aside:
    """A name that its definition gave a run, sentences for its user, and whether it was started in the background."""

    __slots__ = ("background", "given_name", "notes")

    def __init__(self) -> None:
        self.given_name: str | None = None
        self.notes: list[str] = []
        self.background: bool = False
