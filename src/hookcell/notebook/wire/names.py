"""Names of states, each with a number, so that a run's entry in the ledger can hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire.texts import clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hookcell.states import State

MOST_NAMES = 60


class Names:
    """The names of states on a board; of very many different ones, the later are counted by the type's own word.

    Attributes:
        texts: The names by their numbers, which count from 1.
    """

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {}

    def number_of(self, state: State[Any]) -> int:
        """Give the number of a state's name."""
        try:
            return self._numbers[state.name]
        except (KeyError, TypeError):  # code makes states of its own, with any name
            return self._learnt(state)

    def numbers_of(self, names: Iterable[str]) -> set[int]:
        """Give the numbers of those names that are known."""
        return {self._numbers[name] for name in names if name in self._numbers}

    def _learnt(self, state: State[Any]) -> int:
        name = clip(state.name) or ""
        if name not in self._numbers and len(self.texts) > MOST_NAMES:
            name = state.type.word
        if name not in self._numbers:
            self._numbers[name] = len(self.texts)
            self.texts.append(name)
        return self._numbers[name]
