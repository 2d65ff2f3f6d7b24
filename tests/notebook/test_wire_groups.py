"""Groups of the wire: exact counts and bins for any number of runs, in a picture of bounded size."""

import json
import threading
from itertools import accumulate

import pytest

from hookcell import flow, get_run_logger, states, task
from hookcell.notebook.wire import Board
from hookcell.notebook.wire.bins import FINEST, MOST_BINS, Bins
from hookcell.notebook.wire.board import MOST_ROWS, MOST_TROUBLED
from hookcell.notebook.wire.branches import MOST_GROUPS, MOST_PARENTS
from hookcell.notebook.wire.ledger import Ledger
from hookcell.notebook.wire.names import MOST_NAMES
from hookcell.session import Listener, session
from hookcell.states import Completed, Failed, State, StateType
from hookcell.store.memory import remembered
from hookcell.testing import instant_retries

MAPPED = 10_000
MOST_BYTES = 400_000


class OnBoard(Listener):
    """A board that takes notice of each run at each move."""

    def __init__(self):
        self.board = Board(1)

    def created(self, run):
        self.board.see(run)

    def moved(self, run, _state):
        self.board.see(run)

    def hook_ended(self, run, _hook_run):
        self.board.see(run)

    def groups(self):
        return self.board.snapshot()["groups"]

    def group(self, of):
        [group] = [group for group in self.groups() if group["of"] == of]
        return group


@pytest.fixture
def on_board():
    listener = OnBoard()
    ignore = session.listen(listener)
    yield listener
    ignore()


@task
def part(n):
    if n % 100 == 7:
        raise ValueError(n)
    return n


def running(bins):
    """How many are running at the end of each bin."""
    ends = [sum(column) for column in zip(*bins["ended"].values(), strict=True)] or [0] * len(bins["started"])
    return list(accumulate(start - end for start, end in zip(bins["started"], ends, strict=True)))


# -- many runs


@pytest.fixture(scope="module")
def big():
    """A board on which a map of 10,000 has ended."""
    on_board = OnBoard()
    ignore = session.listen(on_board)
    flow(lambda: part.map(range(MAPPED)).wait(), name="big", runner="inline")(return_state=True)
    ignore()
    return on_board


def test_counts_and_bins_of_ten_thousand_runs_are_exact(big):
    group = big.group("part")
    assert (group["total"], group["counts"]) == (MAPPED, {"Completed": 9_900, "Failed": 100})
    bins = group["bins"]
    assert sum(bins["started"]) == MAPPED
    assert {name: sum(row) for name, row in bins["ended"].items()} == group["counts"]
    assert 1 <= len(bins["started"]) <= MOST_BINS
    assert running(bins)[-1] == 0
    assert min(running(bins)) >= 0
    assert bins["from"] == group["start"]
    assert bins["from"] + len(bins["started"]) * bins["step"] >= group["end"] - FINEST


def test_the_root_counts_what_its_groups_count(big):
    [root] = big.board.snapshot()["runs"]
    assert (root["counts"], root["total"]) == ({"Completed": 9_900, "Failed": 100}, MAPPED)


def test_a_snapshot_of_ten_thousand_runs_is_small(big):
    snapshot = big.board.snapshot()
    assert len(snapshot["tasks"]) == MOST_ROWS + MOST_TROUBLED - sum(n % 100 == 7 for n in range(MOST_ROWS))
    assert len(json.dumps(snapshot)) < MOST_BYTES


def test_failures_beyond_the_first_rows_have_rows_too(big):
    failed = [row for row in big.board.snapshot()["tasks"] if row["state"]["type"] == "FAILED"]
    assert len(failed) == 100


def test_a_run_that_is_seen_again_is_not_counted_again(big):
    before = big.groups()
    for _ in range(3):
        for run in big.board.runs[0].children:
            big.board.see(run)
    assert big.groups() == before


def test_what_has_not_changed_is_not_told_again(big):
    big.board.delta()
    assert not big.board.dirty
    run = big.board.runs[0].children[5]
    big.board.see(run)
    delta = big.board.delta()
    assert ([row["n"] for row in delta["rows"]], delta["groups"]) == ([run.number], [])


def test_the_runs_of_a_map_of_three_are_told_one_by_one(on_board):
    flow(lambda: part.map([1, 2, 3]).wait(), name="few", runner="inline")()
    assert on_board.group("part")["bins"] is None
    flow(lambda: part.map([1, 2, 3, 4]).wait(), name="more", runner="inline")()
    assert sum(on_board.groups()[1]["bins"]["started"]) == 4


# -- one after another


def test_a_group_knows_when_it_began_and_that_it_goes_on(on_board, go_on):
    @task
    def waits():
        begun.set()
        assert go_on.wait(60)

    @flow
    def whole():
        future = waits.submit()
        assert begun.wait(60)
        part(1)
        seen.append(on_board.group("waits"))
        go_on.set()
        future.wait()

    begun, seen = threading.Event(), []
    whole()
    [group] = seen
    assert (group["counts"], group["end"]) == ({"Running": 1}, None)
    assert group["first"] <= group["start"]
    after = on_board.group("waits")
    assert (after["counts"], after["end"] >= after["start"]) == ({"Completed": 1}, True)


def test_tries_hooks_and_troubled_runs_are_counted(on_board):
    def fails(task, run, state):
        raise TimeoutError

    @task(retries=2, on_retry=fails, on_end=lambda task, run, state: None)
    def flaky(n):
        if n < 2 and len(tried) < 5:
            tried.append(n)
            raise ValueError(n)

    @flow
    def whole():
        for n in range(5):
            flaky(n, return_state=True)

    tried = []
    with instant_retries():
        whole()
    group = on_board.group("flaky")
    assert tried == [0, 0, 0, 1, 1]
    assert (group["retries"], group["trouble"], group["hooks_ok"], group["hooks_failed"]) == (4, 2, 5, 4)
    assert group["counts"] == {"Completed": 4, "Failed": 1}


def test_runs_that_never_ran_count_as_started_where_they_ended(on_board):
    @task
    def broken():
        raise KeyError("key")

    @task
    def after(_n):
        return 1

    @flow(runner="inline")
    def whole():
        after.map([1, 2, 3, 4, 5], wait_for=[broken.submit()]).wait()

    whole(return_state=True)
    group = on_board.group("after")
    assert (group["counts"], group["start"] is not None, group["end"] is not None) == ({"NotReady": 5}, True, True)
    assert running(group["bins"])[-1] == 0
    assert group["after"] == [on_board.group("broken")["g"]]


def test_groups_and_rows_say_what_they_come_after_by_futures_and_by_wait_for(on_board):
    @flow(runner="inline")
    def whole():
        first = part.submit(1)
        second = part.with_options(name="second").submit(first)
        third = part.with_options(name="third").map([1, 2], wait_for=[second, [first]])
        part.with_options(name="fourth").submit({"n": third}["n"][0]).wait()

    whole()
    numbers = {group["of"]: group["g"] for group in on_board.groups()}
    told = {group["of"]: group["after"] for group in on_board.groups()}
    assert told == {
        "part": [],
        "second": [numbers["part"]],
        "third": [numbers["part"], numbers["second"]],
        "fourth": [numbers["third"]],
    }
    rows = {row["name"]: row for row in on_board.board.snapshot()["tasks"]}
    assert rows["third[0]"]["after"] == [rows["second"]["n"], rows["part"]["n"]]


# -- groups within groups


def test_subflows_have_groups_of_their_own_as_long_as_they_are_few(on_board):
    @flow
    def inner(n):
        part(1)

    @flow
    def outer():
        inner(1)
        inner(2)

    outer()
    inner_group, *inside = on_board.groups()
    assert (inner_group["of"], inner_group["total"], inner_group["in"]) == ("inner", 2, None)
    children = on_board.board.runs[0].children
    assert [(group["parent"], group["in"], group["depth"]) for group in inside] == [
        (run.number, inner_group["g"], 2) for run in children
    ]
    assert [row["g"] for row in on_board.board.snapshot()["tasks"]] == [1, 2, 1, 3]


def test_a_thousand_subflows_make_a_handful_of_groups(on_board):
    @flow
    def inner(n):
        part(n)

    @flow
    def outer():
        for n in range(1_000):
            inner(n, return_state=True)

    outer()
    groups = on_board.groups()
    assert len(groups) == 1 + MOST_PARENTS + 1
    shared = groups[-1]
    assert (shared["parent"], shared["in"], shared["total"]) == (None, groups[0]["g"], 1_000 - MOST_PARENTS)
    assert on_board.board.snapshot()["runs"][0]["counts"] == {"Completed": 990, "Failed": 10}


def test_runs_beyond_the_last_group_are_counted_but_have_no_row(on_board):
    @flow
    def whole():
        for n in range(MOST_GROUPS + 5):
            part.with_options(name=f"part {n}")(1)

    whole()
    snapshot = on_board.board.snapshot()
    assert len(snapshot["groups"]) == MOST_GROUPS
    assert len(snapshot["tasks"]) == MOST_ROWS
    assert (snapshot["runs"][0]["total"], snapshot["runs"][0]["counts"]) == (405, {"Completed": 405})


def test_a_board_keeps_no_more_runs_of_a_group_than_the_session_does(on_board, monkeypatch):
    monkeypatch.setattr(session, "most_children", 20)
    flow(lambda: [part(1) for _ in range(35)], name="loop")()
    group = on_board.board.group(1)
    assert (group.total, group.gone, len(group.runs)) == (35, 16, 19)
    assert on_board.group("part")["counts"] == {"Completed": 35}


def test_a_board_lets_runs_go_when_the_session_does_and_is_told_as_before(on_board, monkeypatch):
    monkeypatch.setattr(remembered, "_most_flow_runs", 3)

    @flow
    def whole(n):
        part.map([n, n + 1]).wait()
        get_run_logger().debug("unheard")

    for n in range(0, 20, 2):
        whole(n, return_state=True)
        on_board.board.delta()
        before = on_board.board.snapshot()
    assert len(on_board.board.runs) == 3
    assert [len(group.runs) for group in on_board.board._branches] == [0] * 7 + [2] * 3
    assert [row["counts"] for row in before["runs"]].count({"Completed": 2}) == 9
    assert [row["g"] for row in before["tasks"]] == [n // 2 + 1 for n in range(20)]
    assert [group["counts"]["Completed"] for group in before["groups"]] == [2, 2, 2, 1, 2, 2, 2, 2, 2, 2]
    assert (before["groups"][3]["trouble"], before["groups"][3]["end"] is not None) == (1, True)
    forgotten = before["tasks"][0]["n"]
    assert on_board.board.find(forgotten) is None
    assert on_board.board.find(before["tasks"][-1]["n"]) is not None


def test_a_board_of_cells_that_run_only_where_they_are_offers_no_other_run(on_board):
    cell = flow(lambda: 1, name="cell")
    cell.only_here = "run its cell again"
    on_board.board.can = ("cancel", "again", "retry")
    cell()
    assert on_board.board.snapshot()["can"] == ["cancel"]
    flow(lambda: 1, name="other")()
    assert on_board.board.snapshot()["can"] == ["cancel", "again", "retry"]


# -- states and clocks of all kinds


def test_names_of_states_without_number_are_counted_by_their_types(on_board):
    @flow
    def whole():
        for n in range(MOST_NAMES + 40):
            task(lambda n: Completed(name=f"Done {n}"), name="done")(n)

    whole()
    counts = on_board.group("done")["counts"]
    assert len(counts) <= MOST_NAMES + len(StateType)
    assert sum(counts.values()) == MOST_NAMES + 40
    assert counts["Completed"] >= 40


@pytest.mark.parametrize("at", [float("nan"), float("inf"), -1e300, "noon", None], ids=str)
def test_a_state_with_a_time_that_is_none_can_be_told(on_board, at):
    def made(n):
        state = Failed(name=["no", "text"])
        state.at = at
        return state

    flow(lambda: [task(made, name="made")(n, return_state=True) for n in range(5)], name="odd")(return_state=True)
    told = json.dumps(on_board.board.snapshot(), allow_nan=False)
    assert json.loads(told)["groups"][0]["counts"] == {"['no', 'text']": 5}


def test_no_time_lies_before_another_when_the_clock_is_set_back(on_board, monkeypatch):
    now = iter(range(1_000_000, 0, -3_600))
    monkeypatch.setattr(states, "_clock", lambda: float(next(now)))
    flow(lambda: [part(n) for n in range(5)], name="back")()
    monkeypatch.undo()
    snapshot = on_board.board.snapshot()
    for row in (*snapshot["runs"], *snapshot["tasks"]):
        assert row["created"] <= row["start"] <= row["end"] <= snapshot["now"]
        assert [at for *_, at in row["story"]] == sorted(at for *_, at in row["story"])
    group = snapshot["groups"][0]
    assert group["first"] <= group["start"] <= group["end"]
    assert min(running(group["bins"])) >= 0
    assert running(group["bins"])[-1] == 0


def test_a_clock_that_jumps_ahead_leaves_bins_that_can_be_told(on_board, monkeypatch):
    now = iter([1e9 + n * 1e-4 for n in range(20)] + [4e9 + n for n in range(100)])
    monkeypatch.setattr(states, "_clock", lambda: next(now))
    flow(lambda: [part(n) for n in range(20, 30)], name="ahead")()
    bins = on_board.group("part")["bins"]
    assert len(bins["started"]) <= MOST_BINS
    assert (sum(bins["started"]), running(bins)[-1]) == (10, 0)


# -- bins


def test_bins_double_their_width_when_time_has_filled_them():
    bins = Bins()
    for second in range(1_000):
        bins.started(float(second))
        bins.ended(1, second + 0.5)
    told = bins.told(["", "Completed"])
    assert told["step"] == FINEST * 2**14
    assert told["step"] * MOST_BINS >= 1_000 > told["step"] * MOST_BINS / 2
    assert (sum(told["started"]), sum(told["ended"]["Completed"])) == (1_000, 1_000)
    assert len(told["started"]) == len(told["ended"]["Completed"]) == 62
    assert told["started"][:3] == [17, 16, 17]


def test_a_start_that_is_told_late_counts_in_the_first_bin():
    bins = Bins()
    bins.started(10.0)
    bins.started(9.0)
    assert bins.told([])["started"] == [2]
    assert Bins().told([]) is None


# -- the ledger


def test_the_ledger_keeps_eight_bytes_for_each_run():
    ledger, known, unknown = Ledger(), (1, 63, 64, 10**9), (2, 10**12)
    for number in known:
        ledger.enter(number, 2**64 - number)
    assert [ledger.of(number) for number in known] == [2**64 - number for number in known]
    assert [ledger.of(number) for number in unknown] == [0, 0]
    assert {len(page.tobytes()) for page in ledger._pages.values()} == {64 * 8}


def test_a_state_made_by_hand_is_no_trouble(on_board):
    flow(lambda: State(StateType.PAUSED, "Resting"), name="rests")(return_state=True)
    [root] = on_board.board.snapshot()["runs"]
    assert (root["state"]["name"], root["end"] is not None, on_board.board.ended) == ("Resting", True, True)
