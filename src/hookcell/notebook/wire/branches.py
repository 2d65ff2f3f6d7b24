"""Branches: which group each run below an outermost one is in: few groups, however many runs branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hookcell.annotations import bare
from hookcell.notebook.wire.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run

MOST_GROUPS = 400
# So many runs of a group have groups of their own below them; what later ones start is told together.
MOST_PARENTS = 12
NOWHERE = 0


class Branches:
    """The groups of a board.

    Runs are grouped by where they hang and by their definition. Each of the first parents in a group is such a place;
    all later ones in that group are one together.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[int, str, str], Group] = {}
        # Where the runs that a run started hang: its own number, or minus the number of the group it is in.
        self._places: dict[int, int] = {}

    def __iter__(self) -> Iterator[Group]:
        """Go through all groups, in order of their numbers."""
        return iter(self._groups.values())

    def of(self, run: Run) -> Group | None:
        """Give the group of a run below an outermost one, a new one if need be; None if there are too many."""
        parent, definition = run.parent, run.definition
        assert parent is not None  # noqa: S101 -- it is below another
        place = self._places.get(parent.number)
        if place is None:
            place = self._places[parent.number] = self._place_below(parent)
        group = self._groups.get((place, definition.kind, definition.name))
        if group is None and place != NOWHERE and len(self._groups) < MOST_GROUPS:
            within = self.of(parent) if parent.parent is not None else None
            group = Group(len(self._groups) + 1, run, within, shared=place < 0)
            self._groups[place, definition.kind, definition.name] = group
        return group

    def _place_below(self, parent: Run) -> int:
        """Decide where the runs hang that a run starts."""
        if parent.parent is None:
            return parent.number
        group = self.of(parent)
        if group is None:
            return NOWHERE
        if group.parents < MOST_PARENTS:
            group.parents += 1
            return parent.number
        return -group.number

    def known(self, run: Run) -> Group | None:
        """Give the group that a run has been counted in, if it has."""
        place = self._places.get(run.parent.number) if run.parent is not None else None
        return self._groups.get((place, run.definition.kind, run.definition.name)) if place is not None else None

    def follow(self, run: Run, group: Group) -> None:
        """Note which groups a run comes after."""
        last: Run | None = None
        for upstream in (one.run for one in map(bare, run.awaited) if hasattr(one, "run")):
            alike = last is not None and last.parent is upstream.parent and last.definition is upstream.definition
            if not alike and (before := self.known(upstream)) is not None and before is not group:
                group.after.add(before.number)
            last = upstream
