"""Plain runs: many at once are counted as they are one by one."""

from random import Random

import pytest

from hookcell import flow, task
from hookcell.notebook.wire import Board
from hookcell.notebook.wire.bins import MOST_BINS, Bins
from hookcell.notebook.wire.board import MOST_ROWS
from hookcell.session import Listener, session
from hookcell.states import Completed, State, StateType
from hookcell.testing import instant_retries

SEEDS = range(12)
KINDS = 8


class TwoBoards(Listener):
    """Two boards that take notice at the same moments: one of many runs at once, the other of each by itself."""

    def __init__(self, seed):
        self.at_once, self.one_by_one = Board(1), Board(1)
        self._chance, self._noted = Random(seed), {}  # noqa: S311 -- no secret

    def created(self, run):
        self._noted[run] = None
        if self._chance.random() < 0.01:
            self.take_notice()

    def moved(self, run, _state):
        self.created(run)

    def hook_began(self, run, _hook_run):
        self.created(run)

    def hook_ended(self, run, _hook_run):
        self.created(run)

    def take_notice(self):
        noted, self._noted = list(self._noted), {}
        self.at_once.see_all(noted)
        for run in noted:
            self.one_by_one.see(run)


def told(board):
    """What a board tells, but for when: the rows beyond the first may be others."""
    snapshot = board.snapshot()
    counts = [{key: value for key, value in group.items() if key != "bins"} for group in snapshot["groups"]]
    return snapshot["runs"], counts, snapshot["tasks"], [group["bins"] for group in snapshot["groups"]]


def fails(task, run, state):
    raise TimeoutError


def passes(task, run, state):
    pass


@task
def plain(n):
    return n


@task(on_running=passes, on_completion=[passes, passes])
def hooked(n):
    return n


@task(on_completion=fails)
def hooked_badly(n):
    return n


@task(retries=1)
def various(n, tried):
    kind = n % KINDS
    if kind == 0:
        raise ValueError(n)
    if kind == 1 and n not in tried:
        tried.add(n)
        raise ValueError(n)
    return Completed(name="Cached") if kind == 2 else State(StateType.PAUSED, "Resting") if kind == 3 else n


@flow
def inner(n):
    return plain(n)


@flow(runner="inline")
def whole(seed):
    chance, tried = Random(seed), set()  # noqa: S311 -- no secret
    first = plain.submit(0)
    for n in range(900):
        one = chance.choice([plain, plain, plain, hooked, hooked_badly, None, None])
        if one is None:
            various(n, tried, return_state=True)
        elif n % 50 == 0:
            inner(n)
        else:
            one.submit(n, wait_for=[first] if n % 7 == 0 else None)


@pytest.mark.parametrize("seed", SEEDS)
def test_many_runs_at_once_are_counted_as_they_are_one_by_one(seed):
    boards = TwoBoards(seed)
    ignore = session.listen(boards)
    with instant_retries():
        whole(seed, return_state=True)
    boards.take_notice()
    ignore()
    at_once, one_by_one = told(boards.at_once), told(boards.one_by_one)
    for here, there in zip(at_once, one_by_one, strict=True):
        assert here == there
    assert sum(group["total"] for group in at_once[1]) > 2 * MOST_ROWS
    assert boards.at_once.ended


class Recorded(Listener):
    def __init__(self):
        self.runs = []

    def created(self, run):
        self.runs.append(run)


def runs_of(body, *, name="whole"):
    """The runs of a flow with this body: the flow's first."""
    listener = Recorded()
    ignore = session.listen(listener)
    flow(body, name=name)(return_state=True)
    ignore()
    return listener.runs


@pytest.fixture
def many():
    """A board that has no rows left, and a hundred plain runs that it has not seen."""
    runs, board = runs_of(lambda: [plain(n) for n in range(MOST_ROWS + 100)]), Board(1)
    board.see(runs[0])
    board.see_all(runs[1 : MOST_ROWS + 1])
    return board, runs[MOST_ROWS + 1 :]


def test_plain_runs_are_looked_at_together(many, monkeypatch):
    board, runs = many
    monkeypatch.setattr(board, "see", lambda run: pytest.fail(f"{run.name} was looked at by itself"))
    board.see_all(runs)
    [group] = board.snapshot()["groups"]
    assert (group["total"], group["counts"]) == (MOST_ROWS + 100, {"Completed": MOST_ROWS + 100})


def test_plain_runs_that_are_seen_again_are_not_counted_again(many):
    board, runs = many
    board.see_all(runs)
    before = board.snapshot()["groups"]
    board.delta()
    board.see_all(runs)
    assert board.snapshot()["groups"] == before
    assert not board.dirty


def test_runs_of_an_outermost_run_without_a_place_are_not_counted(many):
    _board, runs = many
    empty = Board(2)
    empty.see_all(runs)
    assert empty.snapshot()["groups"] == []
    assert not empty.dirty


@pytest.mark.parametrize("at", [float("nan"), float("inf"), "noon", None, -1e300])
def test_a_plain_run_whose_clock_is_wrong_is_looked_at_by_itself(many, at):
    board, runs = many
    runs[50].state.at = at
    board.see_all(runs)
    [group] = board.snapshot()["groups"]
    assert group["counts"] == {"Completed": MOST_ROWS + 100}
    assert group["end"] is not None


def test_a_failure_among_plain_runs_has_a_row(many):
    board, runs = many
    board.see_all(runs)
    with instant_retries():
        other, failed, *good = runs_of(
            lambda: [various(0, set(), return_state=True), *(various(7, set()) for _ in range(30))], name="other"
        )
    board.see(other)
    board.see_all([*good[:20], failed, *good[20:]])
    rows = {row["n"]: row["state"]["name"] for row in board.snapshot()["tasks"]}
    assert rows[failed.number] == "Failed"
    assert not {run.number for run in good} & set(rows)


def test_plain_runs_that_waited_for_others_come_after_them(many):
    board, runs = many

    def body():
        first = plain.submit(0)
        for n in range(30):
            various.submit(7 + KINDS * n, set(), wait_for=[first])

    board.see_all(runs)
    other, first, *later = runs_of(body, name="other")
    board.see(other)
    board.see_all([first, *later])
    before, after = board.snapshot()["groups"][1:]
    assert (before["of"], after["of"], after["total"], after["after"]) == ("plain", "various", 30, [before["g"]])


class Created(Listener):
    """A board that takes notice of runs when they are created."""

    def __init__(self):
        self.board = Board(1)

    def created(self, run):
        self.board.see(run)


def test_a_row_that_ends_among_plain_runs_is_told_again():
    listener = Created()
    ignore = session.listen(listener)
    runs = runs_of(lambda: [plain(n) for n in range(MOST_ROWS + 100)])
    ignore()
    listener.board.delta()
    listener.board.see_all(runs[1:])
    rows = listener.board.delta()["rows"]
    assert [row["n"] for row in rows] == [run.number for run in runs[: MOST_ROWS + 1]]
    assert {row["state"]["name"] for row in rows} == {"Completed"}


def test_of_more_runs_than_are_kept_the_oldest_are_forgotten_whatever_they_came_to(many, monkeypatch):
    monkeypatch.setattr(session, "most_children", 50)
    board, _runs = many
    with instant_retries():
        mixed = runs_of(lambda: [various(n, set(), return_state=True) for n in range(400)], name="other")
    board.see(mixed[0])
    for place in range(1, 401, 40):
        board.see_all(mixed[place : place + 40])
    group = board.group(board.snapshot()["groups"][-1]["g"])
    kept = [run.number for run in group.in_order()]
    assert kept == [run.number for run in mixed[-len(kept) :]]
    assert group.gone + len(kept) == group.total == 400


# -- bins


def bins_of(times, count):
    bins = Bins()
    count(bins, times)
    return bins.told(["", "Completed"])


@pytest.mark.parametrize("seed", SEEDS)
def test_bins_count_many_times_at_once_as_they_count_each(seed):
    chance = Random(seed)  # noqa: S311 -- no secret
    starts = sorted(round(chance.uniform(0, 10 ** chance.randint(-3, 4)), 3) for _ in range(500))
    shuffled = chance.sample(starts, len(starts))

    def each(bins, times):
        for at in times:
            bins.started(at)
        for at in times:
            bins.ended(1, at + 1)

    def at_once(bins, times):
        bins.all_started(times)
        bins.all_ended(1, [at + 1 for at in times])

    one, many = bins_of(starts, each), bins_of(shuffled, at_once)
    assert many == one
    assert len(many["started"]) <= MOST_BINS


def test_no_times_at_all_leave_bins_as_they_were():
    bins = Bins()
    bins.all_started([])
    assert bins.told([]) is None
