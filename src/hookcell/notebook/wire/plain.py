"""Plain runs: those that ran once and completed, which most do. Many of them are counted at once, for a third."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hookcell.notebook.wire import ledger
from hookcell.notebook.wire.texts import LATEST
from hookcell.states import COMPLETED, PENDING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from hookcell.notebook.wire.ledger import Ledger
    from hookcell.notebook.wire.names import Names
    from hookcell.runs import Run
    from hookcell.states import State

ONE_TRY = 1 << ledger.TRIES_AT
PLAIN = ledger.GROUPED | ledger.STARTED | ledger.ENDED | ONE_TRY
# What the entry of a run may have been before: nothing, or that it is Pending or Running.
NOT_YET = ledger.GROUPED | ledger.STARTED | ledger.NAME | ONE_TRY


class Plain:
    """What plain runs of one group come to, and which runs are not plain.

    Attributes:
        new: Those that have not been counted before.
        created: When the first of these was created.
        started: When those started that were not known to run.
        ended: When they ended, by the numbers of their states' names.
        left: The numbers of the names of the states that they were counted in until now.
        hooks: How many hooks of theirs have ended well.
        others: The runs that must be looked at one by one.
    """

    def __init__(self) -> None:
        self.new: list[Run] = []
        self.created = LATEST
        self.started: list[float] = []
        self.ended: defaultdict[int, list[float]] = defaultdict(list)
        self.left: list[int] = []
        self.hooks = 0
        self.others: list[Run] = []

    def take(self, runs: Iterable[Run], entries: Ledger, names: Names, rows: Container[int]) -> None:
        """Take in runs of a group, and write the entries of the plain ones; those in `rows` are others."""
        for run in runs:
            number, state, call = run.number, run.state, run._hook_runs
            before = entries.of(number)
            times = _plain_times(state)
            if times is None or before & ~NOT_YET or number in rows or (run.awaited and not before):
                self.others.append(run)
                continue
            if call is not None:
                if call.before is not None or call.outcome != "ok":
                    self.others.append(run)
                    continue
                self.hooks += 1
            name = names.number_of(state)
            entries.enter(number, PLAIN | name | (call is not None) << ledger.OK_AT)
            self._note(run, before, name, times)

    def _note(self, run: Run, before: int, name: int, times: tuple[float, float, float]) -> None:
        created, start, at = times
        if not before:
            self.new.append(run)
            if created < self.created:  # noqa: PLR1730 -- min() takes three times as long
                self.created = created
        else:
            self.left.append(before & ledger.NAME)
        if not before & ledger.STARTED:
            self.started.append(start)
        self.ended[name].append(at)


def _plain_times(state: State[object]) -> tuple[float, float, float] | None:
    """Give when a run was created, started and ended; None if it is not plain."""
    ran = state.before
    if state.type is not COMPLETED or ran is None or ran.type is not RUNNING:
        return None
    born = ran.before
    if born is None or born.type is not PENDING or born.before is not None:
        return None
    try:
        in_order = -LATEST < born.at <= ran.at <= state.at < LATEST
    except TypeError:  # code makes states of its own, with anything for a time
        return None
    return (born.at, ran.at, state.at) if in_order else None
