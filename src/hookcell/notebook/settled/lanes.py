"""Which rows a timeline has: mapped tasks fold into one, what failed or was tried again is never folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.palette import counted, look_of
from hookcell.notebook.settled.trees import bad_in, is_troubled, urgency

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hookcell.notebook.palette import Look
    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]

FOLD = 4
MOST_TROUBLED = 3


class Row(NamedTuple):
    """One row: a run, or a group of runs that is folded into it."""

    depth: int
    run: Wire | None
    group: Wire | None

    @property
    def urgency(self) -> int:
        """What is left out last comes first: troubled runs, then folded ones."""
        if self.run is not None:
            return 0 if is_troubled(self.run) else 2
        return 0 if self.group and bad_in(self.group["counts"]) else 1


def rows_of(tree: Tree, most: int) -> tuple[list[Row], int]:
    """Choose at most so many rows, in the order in which things began; also give how many were left out."""
    rows = list(_walk(tree))
    kept = set(sorted(range(len(rows)), key=lambda place: (rows[place].urgency, place))[:most])
    return [row for place, row in enumerate(rows) if place in kept], len(rows) - len(kept)


def _walk(tree: Tree) -> Iterator[Row]:
    """Go through groups, each followed by what is below its runs; flows may be nested deeper than Python's stack."""
    groups, runs = _sorted_out(tree)
    if tree.root["attempt"] > 1:
        yield Row(0, tree.root, None)
    open_ = [iter(groups.get(("run", tree.root["n"]), []))]
    while open_:
        group = next(open_[-1], None)
        if group is None:
            open_.pop()
            continue
        depth, own = len(open_) - 1, runs.get(group["g"], [])
        if group["total"] >= FOLD or not own:
            yield Row(depth, None, group)
            own = sorted(filter(is_troubled, own), key=urgency)[:MOST_TROUBLED]
            depth += 1
        below = groups.get(("group", group["g"]), [])
        for run in sorted(own, key=lambda run: run["n"]):
            yield Row(depth, run, None)
            below = below + groups.get(("run", run["n"]), [])
        open_.append(iter(below))


def _sorted_out(tree: Tree) -> tuple[dict[tuple[str, int], list[Wire]], dict[int, list[Wire]]]:
    """Give groups by the run around them, or the group where many runs around share one; and runs by their group."""
    groups: dict[tuple[str, int], list[Wire]] = {}
    for group in sorted(tree.groups, key=lambda group: (group["first"], group["g"])):
        around = ("group", group["in"]) if group["parent"] is None else ("run", group["parent"])
        groups.setdefault(around, []).append(group)
    runs: dict[int, list[Wire]] = {}
    for run in tree.tasks:
        runs.setdefault(run["g"], []).append(run)
    return groups, runs


def group_look(group: Wire) -> Look:
    """Find how a folded group looks: as its worst, else as most of its runs."""
    present = counted(group["counts"])
    for wanted in ("Crashed", "Failed", "Running", "Cancelled"):
        if any(look_of(name) == look_of(wanted) for name, _ in present):
            return look_of(wanted)
    return usual_look(group)


def usual_look(group: Wire) -> Look:
    """Find how most of a group's runs look."""
    present = counted(group["counts"])
    return look_of(max(present, key=lambda one: one[1])[0] if present else "")
