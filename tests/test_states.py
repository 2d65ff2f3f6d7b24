"""States: what they say, what may follow what, and what they give."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from threading import Barrier

import pytest
from small_runs import LIMIT

from hookcell import (
    Cancelled,
    CancelledRun,
    Cancelling,
    Completed,
    Crashed,
    CrashedRun,
    Failed,
    FailedRun,
    InvalidMove,
    Paused,
    PausedRun,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
    UnfinishedRun,
    flow,
)
from hookcell.errors import describe
from hookcell.runs import FlowRun
from hookcell.states import story_of

# Read: a run in the state on the left may enter those on the right.
LEGAL = {
    "SCHEDULED": "PENDING RUNNING CANCELLING COMPLETED FAILED CANCELLED CRASHED",
    "PENDING": "PENDING SCHEDULED RUNNING PAUSED CANCELLING COMPLETED FAILED CANCELLED CRASHED",
    "RUNNING": "RUNNING SCHEDULED PENDING PAUSED CANCELLING COMPLETED FAILED CANCELLED CRASHED",
    "PAUSED": "PENDING SCHEDULED RUNNING CANCELLING COMPLETED FAILED CANCELLED CRASHED",
    "CANCELLING": "CANCELLED CRASHED",
    "COMPLETED": "",
    "FAILED": "",
    "CANCELLED": "",
    "CRASHED": "",
}
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
MOVES = list(product(StateType, StateType))
CONSTRUCTORS = {
    Scheduled: StateType.SCHEDULED,
    Pending: StateType.PENDING,
    Running: StateType.RUNNING,
    Completed: StateType.COMPLETED,
    Failed: StateType.FAILED,
    Crashed: StateType.CRASHED,
    Cancelling: StateType.CANCELLING,
    Cancelled: StateType.CANCELLED,
    Paused: StateType.PAUSED,
}
ENDED = {"FAILED": (Failed, FailedRun), "CRASHED": (Crashed, CrashedRun), "CANCELLED": (Cancelled, CancelledRun)}


def is_legal(move):
    return move[1].value in LEGAL[move[0].value].split()


def named(move):
    return f"{move[0].value}-{move[1].value}"


@pytest.fixture
def run():
    return FlowRun(flow(name="moves")(lambda: None), None, (), None)


# -- which state may follow which


@pytest.mark.parametrize("move", [move for move in MOVES if is_legal(move)], ids=named)
def test_a_legal_move_is_made(run, move):
    first, second = State(move[0]), State(move[1])
    run.enter(first)
    assert run.enter(second)
    assert run.story == (first, second)


@pytest.mark.parametrize("move", [move for move in MOVES if not is_legal(move)], ids=named)
def test_an_illegal_move_changes_nothing(run, move):
    first = State(move[0])
    run.enter(first)
    try:
        assert run.enter(State(move[1])) is False
    except InvalidMove:
        assert move[0].value not in FINAL
    assert run.story == (first,)


@pytest.mark.parametrize("move", [m for m in MOVES if not is_legal(m) and m[0].value not in FINAL], ids=named)
def test_an_illegal_move_is_an_error_that_names_both_states_and_what_may_follow(run, move):
    run.enter(State(move[0]))
    with pytest.raises(InvalidMove) as caught:
        run.enter(State(move[1]))
    before, after = move[0].value, move[1].value
    assert str(caught.value) == (
        f"run {run.name!r} cannot enter {after.capitalize()} ({after}) after {before.capitalize()}; "
        f"from here it may enter {', '.join(sorted(LEGAL[before].split()))}"
    )


def test_the_error_of_an_illegal_move_tells_the_whole_story(run):
    for state in (Pending(), Running(), Scheduled(name="AwaitingRetry"), Running(name="Retrying"), Cancelling()):
        run.enter(state)
    with pytest.raises(InvalidMove) as caught:
        run.enter(Completed(name="Cached"))
    assert str(caught.value) == (
        f"run {run.name!r} cannot enter Cached (COMPLETED) after Pending -> Running -> AwaitingRetry -> Retrying -> "
        "Cancelling; from here it may enter CANCELLED, CRASHED"
    )


def test_of_two_threads_that_end_a_run_one_wins_and_the_other_is_told_so():
    ended = flow(name="raced")(lambda: None)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            run, start = FlowRun(ended, None, (), None), Barrier(2)
            states = Completed(), Failed()
            won = list(pool.map(lambda state, run=run, start=start: (start.wait(LIMIT), run.enter(state))[1], states))
            assert sorted(won) == [False, True]
            assert run.state is states[won.index(True)]


def test_a_state_remembers_the_one_before(run):
    pending, running = Pending(), Running()
    run.enter(pending)
    run.enter(running)
    assert (running.before, pending.before) == (pending, None)
    assert list(story_of(running)) == [running, pending]


# -- what a state says


@pytest.mark.parametrize(("make", "type_"), CONSTRUCTORS.items(), ids=lambda x: getattr(x, "__name__", x))
def test_each_constructor_makes_its_type(make, type_):
    state = make(message="why", data=3)
    assert (state.type, state.name, state.message, state.data) == (type_, type_.value.capitalize(), "why", 3)
    assert make(name="Special").name == "Special"
    said = {t: getattr(state, f"is_{t.value.lower()}")() for t in StateType}
    assert said == {t: t is type_ for t in StateType}


def test_there_is_a_constructor_for_every_type():
    assert set(CONSTRUCTORS.values()) == set(StateType)


def test_final_types_are_completed_failed_cancelled_and_crashed():
    assert {type_.value for type_ in StateType if State(type_).is_final()} == FINAL


def test_a_type_is_equal_to_its_word_and_finds_the_same_dict_entry():
    assert StateType.RUNNING == "RUNNING"
    assert {"RUNNING": 1}[StateType.RUNNING] == 1


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Completed(), "Completed()"),
        (Completed(name="Cached"), "Cached(type=COMPLETED)"),
        (Failed(message="no answer"), "Failed('no answer')"),
        (Failed(message="too slow", name="TimedOut"), "TimedOut('too slow', type=FAILED)"),
    ],
    ids=str,
)
def test_str_is_short(state, text):
    assert str(state) == text


def test_repr_tells_message_type_and_result():
    assert repr(Completed(data=[1, "a"])) == "Completed(message=None, type=COMPLETED, result=[1, 'a'])"
    assert repr(Failed(name="TimedOut", message="slow")) == "TimedOut(message='slow', type=FAILED, result=None)"


def test_the_timestamp_is_in_utc():
    assert State(StateType.RUNNING, at=0.0).timestamp == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_state_is_stamped_when_it_is_made():
    before = datetime.now(UTC)
    assert before <= Completed().timestamp <= datetime.now(UTC)


def test_a_copy_is_like_its_model_but_no_run_has_entered_it(run):
    run.enter(Pending())
    state = Completed(name="Odd", message="why", data=3)
    run.enter(state)
    copy = state.copy()
    assert (copy.type, copy.name, copy.message, copy.data, copy.at) == (state.type, "Odd", "why", 3, state.at)
    assert copy.before is None


def test_the_exception_and_its_traceback_can_be_had():
    try:
        raise ValueError("no price")  # noqa: TRY301 -- it needs a traceback
    except ValueError as error:
        state = Failed(data=error)
    assert isinstance(state.exception, ValueError)
    assert state.traceback.startswith("Traceback (most recent call last):")
    assert state.traceback.endswith("ValueError: no price\n")


def test_a_state_without_an_exception_has_no_traceback():
    assert (Completed(data=1).exception, Completed(data=1).traceback) == (None, "")


# -- what a state gives


def test_the_result_of_a_completed_state_is_its_data():
    assert Completed(data=[1]).result() == [1]
    assert Completed().result() is None


@pytest.mark.parametrize("type_", [t for t in StateType if t.value not in FINAL and t is not StateType.PAUSED])
def test_a_state_that_is_not_final_has_no_result(type_):
    with pytest.raises(UnfinishedRun) as caught:
        State(type_).result(raise_on_failure=False)
    assert str(caught.value) == f"Run is in {type_.value} state, its result is not available."


def test_a_paused_state_has_no_result():
    with pytest.raises(PausedRun) as caught:
        Paused().result()
    assert str(caught.value) == "Run is paused, its result is not available."


@pytest.mark.parametrize(("make", "error"), ENDED.values(), ids=ENDED)
def test_a_failure_raises_the_exception_in_its_data(make, error):
    cause = KeyError("price")
    with pytest.raises(KeyError) as caught:
        make(data=cause).result()
    assert caught.value is cause
    assert make(data=cause).result(raise_on_failure=False) is cause


@pytest.mark.parametrize(("make", "error"), ENDED.values(), ids=ENDED)
def test_a_failure_without_data_raises_its_message(make, error):
    with pytest.raises(error) as caught:
        make(message="the disk is full").result()
    assert str(caught.value) == "the disk is full"


@pytest.mark.parametrize(
    ("state", "text"),
    [(Failed(), "Run failed."), (Crashed(), "Run crashed."), (Cancelled(), "Run cancelled.")],
    ids=str,
)
def test_a_failure_without_data_or_message_says_what_it_is(state, text):
    error = state.result(raise_on_failure=False)
    assert (type(error), str(error)) == (ENDED[state.type.value][1], text)


@pytest.mark.parametrize(("make", "error"), ENDED.values(), ids=ENDED)
def test_a_text_as_data_becomes_the_error(make, error):
    with pytest.raises(error) as caught:
        make(data="no disk").result()
    assert str(caught.value) == "no disk"


def test_of_a_state_as_data_the_failure_inside_counts():
    with pytest.raises(CrashedRun, match=r"^inner$"):
        Failed(data=Crashed(message="inner")).result()
    with pytest.raises(FailedRun, match=r"^outer$"):
        Failed(message="outer", data=Completed()).result()


def test_of_several_states_as_data_the_first_failed_one_counts():
    with pytest.raises(FailedRun, match=r"^second$"):
        Failed(data=[Completed(), Failed(message="second"), Failed(message="third")]).result()
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its whole text is compared
        Failed(data=[Completed()]).result()
    assert str(caught.value) == "Failed state result was an iterable of states but none were failed."


def test_other_data_of_a_failed_state_is_an_error():
    with pytest.raises(TypeError) as caught:
        Failed(data=5).result()
    assert str(caught.value) == "Unexpected result for failed state: 5 —— int cannot be resolved into an exception"
    assert Failed(data=5).result(raise_on_failure=False) == 5


def test_an_exception_whose_text_cannot_be_had_is_described_by_its_type():
    class Broken(Exception):
        def __str__(self):
            raise ValueError

    assert describe(Broken()) == "Broken: (its text cannot be had)"
    assert describe(KeyError("a")) == "KeyError: 'a'"
