"""The board: what one cell execution shows, counted exactly and told in part."""

from __future__ import annotations

import time
from collections import defaultdict
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hookcell.notebook.told import Told
from hookcell.notebook.wire import ledger
from hookcell.notebook.wire.branches import Branches
from hookcell.notebook.wire.groups import facts_of
from hookcell.notebook.wire.ledger import Ledger
from hookcell.notebook.wire.logs import Log
from hookcell.notebook.wire.names import Names
from hookcell.notebook.wire.plain import Plain
from hookcell.notebook.wire.rows import TROUBLE, has_ended, row_of
from hookcell.notebook.wire.texts import LATEST, moment
from hookcell.runs import FlowRun
from hookcell.session import session
from hookcell.store.memory import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hookcell.log import LogLine
    from hookcell.notebook.wire.groups import Group
    from hookcell.runs import Run
    from hookcell.session import Definition

VERSION = 2
MOST_ROOTS, MOST_ROWS, MOST_TROUBLED = 50, 400, 100
# From so many on it pays to look for plain runs.
MANY = 16
_parent_of = attrgetter("parent")


class Board:
    """What one cell execution shows: the outermost runs it started, and those below them.

    It takes notice of runs in any order and any number of times, and gives rows for the first few hundred and for
    those in trouble; its counts are exact for all. Not thread-safe: one thread draws.

    Attributes:
        hint: A sentence for the user, or None.
        log: What the loggers of its runs were told.
        can: What the browser may ask for besides looking.
        look: How its reader wants it to begin, as JSON.
        told: What its reader is asked. A board with an open question has not ended.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.seq = 0
        self.hint: str | None = None
        self.can: tuple[str, ...] = ()
        self.look: dict[str, Any] = {}
        self.told = Told()
        self._roots: dict[int, Run] = {}
        self._rows: dict[int, Run] = {}
        # The last rows of runs that the session has let go, so that a long loop of flows does not keep them here.
        self._past_roots: dict[int, dict[str, Any]] = {}
        self._past_rows: dict[int, dict[str, Any]] = {}
        self._troubled = 0
        self._branches = Branches()
        self._ledger = Ledger()
        self._names = Names()
        # Of runs in no group, by the numbers of their outermost run and of their state's name.
        self._apart: dict[int, dict[int, int]] = {}
        self._last: tuple[Run | None, Definition | None, Any, Group | None] = (None, None, None, None)
        self.log = Log()
        self._more: dict[int, int] = {}
        self._open: dict[int, Run] = {}
        self._changed: dict[int, Run] = {}
        self._changed_groups: dict[int, Group] = {}
        self._touched = False
        self._latest = -LATEST

    # -- taking notice

    def see(self, run: Run) -> None:
        """Take notice of what a run is in now."""
        parent, definition, root, group = self._last
        if run.parent is None:
            self._see_root(run)
        elif run.parent is parent and run.definition is definition:  # one of a map, say
            self._see_inner(run, root, group)
        elif (root := run.root).number in self._roots:
            group = self._branches.of(run)
            self._last = run.parent, run.definition, root, group
            self._see_inner(run, root, group)

    def see_all(self, runs: Iterable[Run]) -> None:
        """Take notice of what many runs are in now."""
        for parent, several in groupby(runs, _parent_of):
            while (parent is None or self._places_left()) and (run := next(several, None)) is not None:
                self.see(run)
            others = list(several)
            if len(others) >= MANY and parent is not None and parent.root.number in self._roots:
                others = self._see_plain(others, parent.root)
            for run in others:
                self.see(run)

    def _see_plain(self, runs: list[Run], root: Run) -> list[Run]:
        """Take notice of those of a run's children that simply ran; give the others."""
        others: list[Run] = []
        alike: defaultdict[Definition, list[Run]] = defaultdict(list)
        for run in runs:
            alike[run.definition].append(run)
        for several in alike.values():
            if (group := self._branches.of(several[0])) is None:
                others += several
                continue
            plain = Plain()
            plain.take(several, self._ledger, self._names, self._rows)
            others += plain.others
            if plain.ended:
                group.count_plain(plain)
                self._changed[root.number] = root
                self._changed_groups[group.number] = group
                self._latest = max(self._latest, *(ends[-1] for ends in plain.ended.values()))
        return others

    def _see_root(self, run: Run) -> None:
        number, name = run.number, self._names.number_of(run.state)
        if number in self._past_roots:
            return
        if isinstance(run, FlowRun) and not self._ledger.of(number):
            self._let_go()
        if number in self._roots or len(self._roots) + len(self._past_roots) < MOST_ROOTS:
            self._roots[number] = self._changed[number] = run
        else:
            _recount(self._more, self._ledger.of(number), name)
            self._touched = True
        self._ledger.enter(number, name)
        self._latest = max(self._latest, moment(run.state.at))
        if not run.over:
            self._open[number] = run

    def _see_inner(self, run: Run, root: Run, group: Group | None) -> None:
        number, state = run.number, run.state
        before = self._ledger.of(number)
        facts = facts_of(run, state)
        entry = facts[0] | self._names.number_of(state) | before & ledger.TROUBLED
        if group is not None:
            entry |= ledger.GROUPED
        if entry != before:
            self._ledger.enter(number, entry)
            self._changed[root.number] = root
            if group is None:
                self._count_apart(run, root, before, entry)
            else:
                if not before and run.awaited:
                    self._branches.follow(run, group)
                group.count(run, before, entry, facts)
                self._changed_groups[group.number] = group
            if facts[3] > self._latest:  # noqa: PLR1730 -- max() takes three times as long, and a map has thousands of runs
                self._latest = facts[3]
        if group is not None and (number in self._rows or self._admits(run)):
            self._rows[number] = self._changed[number] = run

    def _count_apart(self, run: Run, root: Run, before: int, entry: int) -> None:
        """Count a run that is in no group, because there are too many."""
        if run.definition.kind == "task":
            counts = self._apart.setdefault(root.number, {})
            _recount(counts, before & ledger.NAME, entry & ledger.NAME)

    def _admits(self, run: Run) -> bool:
        if self._places_left():
            return True
        if run.state.type in TROUBLE and self._troubled < MOST_TROUBLED:
            self._troubled += 1
            return True
        return False

    def _places_left(self) -> int:
        """Give how many rows are left for runs that are not in trouble."""
        return max(0, MOST_ROWS + self._troubled - len(self._rows) - len(self._past_rows))

    # -- letting go

    def _let_go(self) -> None:
        """Let those outermost runs go, with all below them, that the session has let go."""
        for root in tuple(self._roots.values()):
            if root.below is not None and root.over and isinstance(root, FlowRun) and root not in remembered.flow_runs:
                self._make_past(root)

    def _make_past(self, root: Run) -> None:
        below = [run for run in self._rows.values() if run.root is root]
        self._past_roots[root.number] = self.row(root)
        self._past_rows.update((run.number, self.row(run)) for run in below)
        del self._roots[root.number]
        for run in below:
            del self._rows[run.number]
        for group in self._branches:
            if group.root == root.number:
                group.let_go()
        self.log.let_go(root)
        self._last = (None, None, None, None)

    # -- groups

    def group(self, number: int) -> Group | None:
        """Give a group by its number."""
        return next((group for group in self._branches if group.number == number), None)

    def runs_in(self, group: Group, name: str) -> list[Run]:
        """Give the runs of a group that are in states of a name now; those that await a retry are Retrying too."""
        names = (name, "AwaitingRetry") if name == "Retrying" else (name,)
        wanted = self._names.numbers_of(names)
        return [run for run in group.in_order() if self._names.number_of(run.state) in wanted]

    # -- logs and what is told besides runs

    def hear(self, run: Run, line: LogLine) -> None:
        """Take a line in that the logger of a run was told."""
        root = run.root
        if root.number not in self._roots:
            return
        self.log.take(run, line)
        self._changed[root.number] = root
        if run.number in self._rows:
            self._changed[run.number] = run

    def touch(self) -> None:
        """Note that there is something to tell that is no run: a hint, an alert, a question."""
        self._touched = True

    # -- telling

    @property
    def ended(self) -> bool:
        """Whether every outermost run is over, its hooks too, and no question is open."""
        return self._all_over() and not self.told.open

    def _all_over(self) -> bool:
        while self._open:
            number, run = next(iter(self._open.items()))
            if not run.over:
                return False
            self._close(number, run)
        return True

    def _close(self, number: int, run: Run) -> None:
        """Tell once more of a run that is over, and of those below it that ended in a state that is no end."""
        del self._open[number]
        if number not in self._roots:
            return
        self._changed[number] = run
        below = (one for one in self._rows.values() if one.root is run and not has_ended(one.state))
        self._changed.update((one.number, one) for one in below)
        self._changed_groups.update((group.number, group) for group in self._branches if group.root == number)

    @property
    def ending(self) -> bool:
        """Whether the end of a run is near, which nobody tells: it has a last state, and its hooks are being called."""
        return any(has_ended(run.state) for run in islice(self._open.values(), MOST_ROOTS))

    @property
    def dirty(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._changed or self._changed_groups or self._touched or self.told.dirty)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The outermost runs that have a place on the board."""
        return tuple(self._roots.values())

    def holds(self, number: int) -> bool:
        """Whether an outermost run has a place on the board, or is not over."""
        return number in self._roots or number in self._open

    def find(self, number: object) -> Run | None:
        """Give a run on the board by its number."""
        if not isinstance(number, int):
            return None
        run = self._roots.get(number) or self._rows.get(number)
        if run is None and self._ledger.of(number) & ledger.GROUPED:
            run = next((one for group in self._branches for one in group.runs if one.number == number), None)
        return run

    def snapshot(self) -> dict[str, Any]:
        """Give the whole board."""
        return {
            "v": VERSION,
            **self._stamp(),
            "look": dict(self.look),
            "runs": self._told(self._past_roots, self._roots),
            "tasks": self._told(self._past_rows, self._rows),
            "groups": [group.told(self._names.texts) for group in self._branches],
        }

    def skip(self) -> None:
        """Leave out the next delta: a snapshot is told instead."""
        self.seq += 1
        self._changed, self._changed_groups, self._touched, self.told.dirty = {}, {}, False, False

    @property
    def size(self) -> int:
        """How many rows a snapshot has."""
        return len(self._roots) + len(self._past_roots) + len(self._rows) + len(self._past_rows)

    def _told(self, past: dict[int, dict[str, Any]], present: dict[int, Run]) -> list[dict[str, Any]]:
        rows = {**past, **{number: self.row(run) for number, run in present.items()}}
        return [rows[number] for number in sorted(rows)]

    def delta(self) -> dict[str, Any]:
        """Give what has changed since the last delta."""
        self.seq += 1
        changed, self._changed = self._changed, {}
        groups, self._changed_groups = self._changed_groups, {}
        self._touched = self.told.dirty = False
        rows = [self.row(run) for run in sorted(changed.values(), key=_number)]
        told = [group.told(self._names.texts) for group in sorted(groups.values(), key=_number)]
        return {"type": "delta", **self._stamp(), "rows": rows, "groups": told}

    def _stamp(self) -> dict[str, Any]:
        live = not self.ended
        self._latest = max(self._latest, time.time())
        return {
            "session": session.word,
            "board": self.number,
            "seq": self.seq,
            "now": self._latest,
            "live": live,
            "hint": self.hint,
            "can": self._possible(),
            "more_runs": self._named(self._more),
            **self.told.stamp(),
        }

    def _possible(self) -> list[str]:
        """Give what the browser may ask for: a cell's run cannot be run again from elsewhere."""
        repeatable = any(getattr(run.definition, "only_here", None) is None for run in self._roots.values())
        return [one for one in self.can if repeatable or one == "cancel"]

    def row(self, run: Run) -> dict[str, Any]:
        """Give one run of the board as JSON."""
        counts = self._counts_below(run) if run.parent is None else {}
        group = self._branches.known(run)
        return row_of(run, counts, group.number if group is not None else None, self.log.total(run))

    def _counts_below(self, root: Run) -> dict[str, int]:
        """Count the task runs below an outermost run by their states."""
        groups = [group.counts for group in self._branches if group.root == root.number and group.is_of_tasks]
        counts: dict[int, int] = {}
        for each in (self._apart.get(root.number, {}), *groups):
            for name, count in each.items():
                counts[name] = counts.get(name, 0) + count
        return self._named(counts)

    def _named(self, counts: dict[int, int]) -> dict[str, int]:
        return {self._names.texts[name]: count for name, count in counts.items() if count}


def _recount(counts: dict[int, int], before: int, now: int) -> None:
    """Move one from one name, if it had any, to another."""
    if before != now:
        if before:
            counts[before] -= 1
        counts[now] = counts.get(now, 0) + 1


def _number(one: Run | Group) -> int:
    return one.number
