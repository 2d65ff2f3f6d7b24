"""Rows of the wire: what changes about a run while it goes on, and what a view must not reckon for itself."""

import pytest

from hookcell import flow, policies, task
from hookcell.notebook.settled import to_html, to_text
from hookcell.notebook.wire import Board, row_of
from hookcell.prefect import flow as prefect_flow
from hookcell.prefect import task as prefect_task
from hookcell.prefect.states import AwaitingRetry
from hookcell.session import Listener, session
from hookcell.testing import instant_retries

BOTH = pytest.mark.parametrize(
    ("flow", "task"), [(flow, task), (prefect_flow, prefect_task)], ids=["native", "prefect"]
)


class OnBoard(Listener):
    """A board of all runs, which is told of each move, and the deltas it gave."""

    def __init__(self):
        self.board, self.deltas = Board(1), []

    def created(self, run):
        self.board.see(run)

    def moved(self, run, _state):
        self.board.see(run)
        self.deltas += self.board.delta()["rows"]

    def seen(self, of):
        """Give the name and state that a view was told, one after another."""
        return [(row["name"], row["state"]["name"]) for row in self.deltas if row["of"] == of]


@pytest.fixture
def on_board():
    listener = OnBoard()
    ignore = session.listen(listener)
    yield listener
    ignore()


# -- when the next try comes


@BOTH
def test_the_next_try_comes_when_the_delay_that_was_drawn_is_over(flow, task, monkeypatch):
    monkeypatch.setattr(policies, "uniform", lambda: 0.25)
    told = []

    @task(
        retries=1,
        retry_delay_seconds=10,
        retry_jitter_factor=0.5,
        on_retry=[lambda task, run, state: told.append((row_of(run, {})["retry_at"] - state.at, state.data))],
    )
    def load():
        raise ValueError("no answer")

    with instant_retries():
        load(return_state=True)
    [(waits, drawn)] = told
    assert waits == pytest.approx(drawn)
    assert drawn == policies.jittered(10.0, 0.5)
    assert drawn != 10


def test_a_state_of_that_name_that_code_returns_says_nothing_about_a_next_try(recording):
    @prefect_flow
    def awaits():
        return AwaitingRetry()

    awaits(return_state=True)
    [run] = recording.runs
    assert run.state.name == "AwaitingRetry"
    assert row_of(run, {})["retry_at"] is None


# -- names that are given when a run starts


@pytest.mark.parametrize(
    ("flow", "of", "word"),
    [(flow, "whole_of", "run_name"), (prefect_flow, "whole-of", "flow_run_name")],
    ids=["native", "prefect"],
)
def test_every_row_after_the_start_has_the_name_a_flow_run_was_given(flow, of, word, on_board):
    def whole_of(n):
        return n

    flow(**{word: "whole of {n}"})(whole_of)(3)
    assert on_board.seen(of) == [("whole of 3", "Running"), ("whole of 3", "Completed")]
    snapshot = on_board.board.snapshot()
    assert to_text(snapshot) == f"✓ Completed {of} (whole of 3)"
    assert "whole of 3" in to_html(snapshot)


@pytest.mark.parametrize(
    ("kinds", "word", "before"),
    [((flow, task), "run_name", "after"), ((prefect_flow, prefect_task), "task_run_name", "after-000")],
    ids=["native", "prefect"],
)
def test_a_task_run_that_waits_is_shown_by_the_name_it_is_given_later(kinds, word, before, on_board, go_on):
    flow, task = kinds

    @task
    def first():
        assert go_on.wait(60)
        return 5

    @task(**{word: "after {n}"})
    def after(n):
        raise ValueError(n)

    @flow
    def both():
        second = after.submit(first.submit())
        waiting.extend(row["name"] for row in on_board.board.snapshot()["tasks"] if row["of"] == "after")
        go_on.set()
        second.wait()

    waiting = []
    both(return_state=True)
    assert waiting == [before]
    moved = [one for one in on_board.seen("after") if one[1] != "Pending"]
    assert moved == [("after 5", "Running"), ("after 5", "Failed")]
    snapshot = on_board.board.snapshot()
    assert "after 5 failed after 1 try: ValueError: 5" in to_text(snapshot)
    assert "after 5" in to_html(snapshot)
    assert ">after<" not in to_html(snapshot)


def test_a_name_is_text_and_nothing_else(on_board):
    name = "<b>{n}</b> \u202e & \n second line"
    flow(run_name=name)(lambda n: n)(3)
    html, text = to_html(on_board.board.snapshot()), to_text(on_board.board.snapshot())
    assert "<b>3" not in html
    assert "&lt;b&gt;3&lt;/b&gt;" in html
    assert text.count("\n") == 0


# -- runs of Prefect's dialect


def test_a_flow_of_the_dialect_is_told_with_its_tags_states_and_tries(on_board):
    @prefect_task(tags=["io"], task_run_name="load-{n}", retries=1)
    def load(n):
        if not tried:
            tried.append(n)
            raise ValueError("no answer")
        return n

    @prefect_flow(retries=1)
    def whole():
        load(1)
        if len(tried) < 2:
            tried.append(2)
            raise KeyError("second try")

    tried = []
    with instant_retries():
        whole()
    root = on_board.board.snapshot()["runs"][0]
    assert [name for name, *_ in root["story"]] == ["Pending", "Running", "AwaitingRetry", "Running", "Completed"]
    assert (root["of"], root["attempt"], root["attempts"], root["counts"]) == ("whole", 2, 2, {"Completed": 2})
    load_1 = on_board.board.snapshot()["tasks"][0]
    assert [name for name, *_ in load_1["story"]] == ["Pending", "Running", "Retrying", "Completed"]
    assert (load_1["name"], load_1["of"], load_1["attempts"]) == ("load-1", "load", 2)
    assert on_board.board.runs[0].tags == []
    assert on_board.board.runs[0].children[0].tags == ["io"]
    assert repr(on_board.board.runs[0].children[0]) == "<TaskRun 'load-1' Completed>"
