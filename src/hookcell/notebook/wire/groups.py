"""Groups: what is told of many runs of one definition at once: exact counts, and when they started and ended."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire import ledger
from hookcell.notebook.wire.bins import Bins
from hookcell.notebook.wire.rows import depth_of, has_ended
from hookcell.notebook.wire.texts import LATEST, clip, forward
from hookcell.session import session
from hookcell.states import CRASHED, FAILED, RUNNING, SCHEDULED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hookcell.hooks import HookRun
    from hookcell.notebook.wire.plain import Plain
    from hookcell.runs import Run
    from hookcell.states import State

# So many runs of a definition are folded into one line.
FOLD = 4
OVER = ledger.ENDED | ledger.STARTED
_number_of = attrgetter("number")


# What is counted of a run at one moment: what goes into the ledger, but for the number of its state's name; when it was
# created, when it first ran, and when it entered its state, none before the one before it.
Facts = tuple[int, float, float | None, float]


def facts_of(run: Run, state: State[Any]) -> Facts:
    """Give what is to be counted of a run in a state."""
    tries, start, past = 0, None, state
    while True:
        if past.type is RUNNING:
            tries, start = tries + 1, past.at
        before = past.before
        if before is None:
            break
        past = before
    created, at = past.at, state.at
    try:
        if not -LATEST < created <= (created if start is None else start) <= at < LATEST:
            created, start, at = _careful(run)
    except TypeError:  # code makes states of its own, with anything for a time
        created, start, at = _careful(run)
    entry = min(tries, ledger.TRIES) << ledger.TRIES_AT
    if run._hook_runs is not None:
        entry |= _hooks(run._hook_runs)
    type_ = state.type
    if type_.final or has_ended(state) or run.over:
        entry |= OVER
    elif start is not None:
        entry |= ledger.STARTED
    if tries > 1 or type_ is FAILED or type_ is CRASHED or (type_ is SCHEDULED and state.name == "AwaitingRetry"):
        entry |= ledger.TROUBLED
    return entry, created, start, at


def _careful(run: Run) -> tuple[float, float | None, float]:
    """Give the times of a run whose clock was set back."""
    story = run.story
    times = forward(story)
    start = next((at for at, past in zip(times, story, strict=True) if past.type is RUNNING), None)
    return times[0], start, times[-1]


def _hooks(call: HookRun | None) -> int:
    """Count hooks that ended well and badly, as part of an entry."""
    ok = failed = 0
    while call is not None:
        ok += call.outcome == "ok"
        failed += call.outcome not in {"ok", "running"}
        call = call.before
    return min(ok, ledger.HOOKS) << ledger.OK_AT | min(failed, ledger.HOOKS) << ledger.FAILED_AT


class Group:
    """The runs of one definition that one run started; or, where many runs did so, that all of those started.

    Attributes:
        number: Counts groups on their board, from 1.
        runs: The newest runs, as many as the session keeps of one parent.
        gone: How many older ones it has let go.
        trouble: Those that failed, crashed or were tried again, in the order in which they did first.
        troubled: How many of these there have been.
        parents: How many of its runs have groups of their own below them.
    """

    def __init__(self, number: int, run: Run, within: Group | None, *, shared: bool) -> None:
        self.number, self.root = number, run.root.number
        # While its runs are kept.
        self._root: Run | None = run.root
        self.runs: list[Run] = []
        self.gone = 0
        self.trouble: list[Run] = []
        self.troubled = 0
        self.parents = 0
        self.after: set[int] = set()
        self.within = within.number if within is not None else None
        self.is_of_tasks = run.definition.kind == "task"
        # By the number of a state's name.
        self.counts: dict[int, int] = defaultdict(int)
        self._parent = None if shared or run.parent is None else run.parent.number
        self._definition, self._depth = run.definition, depth_of(run)
        self._total = self._over = self._ok = self._failed = self._retries = 0
        self._first, self._start, self._end = LATEST, LATEST, -LATEST
        self._bins = Bins()
        self._in_order = True

    @property
    def total(self) -> int:
        """How many runs there have been."""
        return self._total

    def count(self, run: Run, before: int, entry: int, facts: Facts) -> None:
        """Count what is new in a run's entry."""
        _, created, start, at = facts
        if not before:
            self._admit((run,), created)
        was, now = before & ledger.NAME, entry & ledger.NAME
        if was != now:
            if was:
                self.counts[was] -= 1
            self.counts[now] += 1
        new = entry & ~before
        if new & ledger.STARTED:
            began = at if start is None else start
            self._bins.started(began)
            if began < self._start:  # noqa: PLR1730 -- min() takes three times as long, and a map has thousands of runs
                self._start = began
        if new & ledger.ENDED:
            self._over += 1
            self._bins.ended(now, at)
            if at > self._end:  # noqa: PLR1730 -- as above
                self._end = at
        if entry & ledger.OKS:
            self._ok += ledger.ok_in(entry) - ledger.ok_in(before)
        if entry & ledger.UNUSUAL:
            self._count_unusual(run, before, entry)

    def _count_unusual(self, run: Run, before: int, entry: int) -> None:
        """Count what few runs have: failures, further tries, hooks that failed."""
        if entry & ~before & ledger.TROUBLED:
            self.trouble.append(run)
            self.troubled += 1
        self._retries += ledger.retries_in(entry) - ledger.retries_in(before)
        self._failed += ledger.failed_in(entry) - ledger.failed_in(before)

    def _admit(self, new: Sequence[Run], created: float) -> None:
        self._total += len(new)
        if created < self._first:  # noqa: PLR1730 -- as above
            self._first = created
        runs = self.runs
        runs += new
        self._in_order = False
        if len(runs) > session.most_children:  # what the session forgets must not live on here
            older = max(len(runs) - session.most_children, session.most_children // 10)
            del self.in_order()[:older]
            self.gone += older

    def count_plain(self, plain: Plain) -> None:
        """Count runs that ran once and completed."""
        if plain.new:
            self._admit(plain.new, plain.created)
        for name in plain.left:
            self.counts[name] -= 1
        self._bins.all_started(plain.started)
        self._start = min([self._start, *plain.started[:1]])
        for name, ends in plain.ended.items():
            self.counts[name] += len(ends)
            self._over += len(ends)
            self._bins.all_ended(name, ends)
            self._end = max(self._end, ends[-1])
        self._ok += plain.hooks

    def in_order(self) -> list[Run]:
        """Give the runs in order of their numbers; threads that submit side by side tell of them in another."""
        if not self._in_order:
            self.runs.sort(key=_number_of)
            self._in_order = True
        return self.runs

    def let_go(self) -> None:
        """Let its runs go, which are over; what has been counted stays."""
        self.gone += len(self.runs)
        self.runs, self.trouble, self._root = [], [], None

    def told(self, names: Sequence[str]) -> dict[str, Any]:
        """Give the group as JSON; `names` are those of states, by their numbers."""
        ended = self._over >= self._total or self._root is None or self._root.over
        return {
            "g": self.number,
            "root": self.root,
            "parent": self._parent,
            "in": self.within,
            "depth": self._depth,
            "kind": self._definition.kind,
            "of": clip(self._definition.name),
            "total": self._total,
            "counts": {names[name]: count for name, count in self.counts.items() if count},
            "first": self._first,
            "start": self._start if self._start < LATEST else None,
            "end": self._end if ended and self._end > -LATEST else None,
            "hooks_ok": self._ok,
            "hooks_failed": self._failed,
            "retries": self._retries,
            "trouble": self.troubled,
            "after": sorted(self.after),
            "bins": self._bins.told(names) if self._total >= FOLD else None,
        }
