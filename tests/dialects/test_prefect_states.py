"""States as Prefect's users know them: constructors, texts, results, groups, and the run they belong to."""

import asyncio
import copy
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hookcell.prefect import flow, task
from hookcell.prefect.exceptions import CancelledRun, CrashedRun, FailedRun, MissingResult, PausedRun, UnfinishedRun
from hookcell.prefect.states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    InfrastructurePending,
    Late,
    Paused,
    Pending,
    Retrying,
    Running,
    Scheduled,
    State,
    StateDetails,
    StateGroup,
    StateType,
    Submitting,
    Suspended,
    aget_state_exception,
    araise_state_exception,
    exception_to_crashed_state,
    exception_to_failed_state,
    get_state_exception,
    is_state_iterable,
    raise_state_exception,
    return_value_to_state,
)


@pytest.mark.parametrize(
    ("make", "type_", "name"),
    [
        (Scheduled, "SCHEDULED", "Scheduled"),
        (Pending, "PENDING", "Pending"),
        (Running, "RUNNING", "Running"),
        (Completed, "COMPLETED", "Completed"),
        (Failed, "FAILED", "Failed"),
        (Crashed, "CRASHED", "Crashed"),
        (Cancelling, "CANCELLING", "Cancelling"),
        (Cancelled, "CANCELLED", "Cancelled"),
        (Paused, "PAUSED", "Paused"),
        (Suspended, "PAUSED", "Suspended"),
        (AwaitingRetry, "SCHEDULED", "AwaitingRetry"),
        (AwaitingConcurrencySlot, "SCHEDULED", "AwaitingConcurrencySlot"),
        (Late, "SCHEDULED", "Late"),
        (Retrying, "RUNNING", "Retrying"),
        (Submitting, "PENDING", "Submitting"),
        (InfrastructurePending, "PENDING", "InfrastructurePending"),
    ],
)
def test_a_constructor_makes_the_state_of_its_name(make, type_, name):
    state = make(message="m")
    assert (state.type, state.name, state.message) == (StateType(type_), name, "m")
    assert isinstance(state, State)
    assert getattr(state, f"is_{type_.lower()}")()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Completed(), "Completed()"),
        (Completed(message="m"), "Completed('m')"),
        (State(type="FAILED", name="X", message="m"), "X('m', type=FAILED)"),
        (State(type=StateType.FAILED, name="X"), "X(type=FAILED)"),
    ],
)
def test_a_state_reads_as_its_name_message_and_type(state, text):
    assert str(state) == text


def test_the_repr_of_a_state_has_its_result():
    assert repr(Completed(data=1)) == "Completed(message=None, type=COMPLETED, result=1)"


def test_two_states_are_never_equal():
    state = Completed(data=1)
    assert state == state  # noqa: PLR0124 -- that is the fact
    assert state != Completed(data=1)
    assert state != state.model_copy()
    assert len({state, state.model_copy()}) == 2


def test_an_id_stays_and_a_copy_has_another():
    state = Completed()
    assert state.id == state.id
    assert isinstance(state.id, UUID)
    assert state.id != state.fresh_copy().id


def test_id_timestamp_and_details_may_be_given():
    known, moment = uuid4(), datetime(2026, 1, 2, tzinfo=UTC)
    state = State(type="COMPLETED", id=known, timestamp=moment, state_details={"task_run_id": known, "unheard": 1})
    assert (state.id, state.timestamp, state.state_details.task_run_id) == (known, moment, known)


def test_a_copy_may_have_other_fields():
    state = Failed(message="m", data=[1], state_details=StateDetails(task_run_id=uuid4()))
    assert state.model_copy(update={"name": "X"}).name == "X"
    assert state.model_copy().data is state.data
    assert state.model_copy(deep=True).data is not state.data
    assert state.fresh_copy().state_details.task_run_id is None


def test_a_scheduled_state_has_a_time():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert Scheduled(scheduled_time=moment).state_details.scheduled_time == moment
    assert Scheduled().state_details.scheduled_time is not None
    assert State(type="SCHEDULED").state_details.scheduled_time is not None
    with pytest.raises(ValueError, match="An extra scheduled_time was provided in state_details"):
        Scheduled(scheduled_time=moment, state_details={"scheduled_time": moment})


def test_a_pause_ends_at_a_time_or_after_seconds():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert Paused(pause_expiration_time=moment, reschedule=True, pause_key="k").state_details == StateDetails(
        pause_timeout=moment, pause_reschedule=True, pause_key="k"
    )
    in_a_minute = Paused(timeout_seconds=60).state_details.pause_timeout - datetime.now(UTC)
    assert timedelta(seconds=50) < in_a_minute <= timedelta(seconds=60)
    with pytest.raises(ValueError, match="Cannot supply both a pause_expiration_time and timeout_seconds"):
        Paused(pause_expiration_time=moment, timeout_seconds=1)
    with pytest.raises(ValueError, match="An extra pause timeout was provided in state_details"):
        Paused(state_details={"pause_timeout": moment})


# -- results -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "error", "text"),
    [
        (Failed(data=ValueError("v")), ValueError, "v"),
        (Failed(), FailedRun, "Run failed."),
        (Crashed(), CrashedRun, "Run crashed."),
        (Cancelled(), CancelledRun, "Run cancelled."),
        (Failed(message="m"), FailedRun, "m"),
        (Failed(data="text"), FailedRun, "text"),
        (Failed(data=Crashed(data="inner")), CrashedRun, "inner"),
        (Failed(data=[Completed(data=1), Failed(data="second")]), FailedRun, "second"),
        (Failed(data=[Completed(data=1)]), ValueError, "an iterable of states but none were failed"),
        (Failed(data=5), TypeError, "Unexpected result for failed state: 5 —— int cannot be resolved"),
        (Running(), UnfinishedRun, "Run is in RUNNING state, its result is not available."),
        (Paused(), PausedRun, "Run is paused, its result is not available."),
        (Completed(), MissingResult, "State data is missing."),
    ],
    ids=str,
)
def test_the_result_of_a_state_without_one_is_raised(state, error, text):
    with pytest.raises(error, match=text):
        state.result()

    async def ask():
        await state.result()

    with pytest.raises(error, match=text):
        asyncio.run(ask())


def test_a_failure_may_be_given_instead_of_raised():
    error = ValueError("v")
    assert Failed(data=error).result(raise_on_failure=False) is error
    assert isinstance(Failed().result(False), FailedRun)
    assert Failed(data="text").result(raise_on_failure=False) == "text"


def test_a_result_comes_either_way():
    async def main():
        state = Completed(data=3)
        return state.result(), await state.result(), await state.aresult(), state.result(_sync=True)

    assert asyncio.run(main()) == (3, 3, 3, 3)


def test_a_run_that_gave_none_has_the_result_none():
    assert flow(lambda: None)(return_state=True).result() is None


# -- the run of a state ------------------------------------------------------------------------------------------------


def test_states_know_the_runs_they_belong_to():
    seen = []

    def look(task, task_run, state):
        seen.append((state.state_details.task_run_id == task_run.id, state.state_details.flow_run_id))

    work = task(on_running=[look], on_completion=[look])(lambda: 1)

    @flow
    def around():
        work()

    state = around(return_state=True)
    assert state.state_details.task_run_id is None
    assert seen == [(True, state.state_details.flow_run_id)] * 2


def test_the_state_of_a_task_alone_belongs_to_no_flow_run():
    details = task(lambda: 1)(return_state=True).state_details
    assert details.flow_run_id is None
    assert details.task_run_id is not None


def test_a_state_made_by_hand_belongs_to_no_run_until_one_enters_it():
    given = Completed(data=1, message="by hand", state_details={"pause_key": "k"})
    assert given.state_details.flow_run_id is None
    state = flow(lambda: given)(return_state=True)
    assert (state.message, state.data, state.state_details.pause_key) == ("by hand", 1, "k")
    assert state.state_details.flow_run_id is not None


# -- several states ----------------------------------------------------------------------------------------------------


def test_a_group_counts_its_states():
    group = StateGroup([Completed(), Failed(), Crashed(), Running(), Cancelled(), Paused()])
    assert (group.total_count, group.final_count, group.not_final_count) == (6, 4, 2)
    assert (group.fail_count, group.cancelled_count, group.paused_count) == (2, 1, 1)
    assert group.any_failed()
    assert group.any_cancelled()
    assert group.any_paused()
    assert not group.all_completed()
    assert not group.all_final()
    assert StateGroup([Completed(), Completed()]).all_completed()
    assert repr(StateGroup([Completed(), Running()])) == (
        "StateGroup<total=2, not_final=1, 'COMPLETED'=1, 'RUNNING'=1>"
    )


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ([Completed()], True),
        ((Completed(),), True),
        ({Completed()}, True),
        ([], False),
        ([Completed(), 1], False),
        ({"a": Completed()}, False),
        ("text", False),
        (Completed(), False),
    ],
)
def test_lists_tuples_and_sets_of_states_only_are_iterables_of_states(value, is_one):
    assert is_state_iterable(value) is is_one


# -- exceptions --------------------------------------------------------------------------------------------------------


def test_the_exception_of_a_state_is_given_or_raised():
    error = ValueError("v")

    async def main():
        state = Failed(data=error)
        assert await get_state_exception(state) is error
        assert await aget_state_exception(state) is error
        with pytest.raises(ValueError, match="v"):
            await araise_state_exception(state)
        await raise_state_exception(Completed())

    asyncio.run(main())
    assert get_state_exception(Failed(data=error)) is error
    with pytest.raises(ValueError, match="v"):
        raise_state_exception(Failed(data=error))
    assert raise_state_exception(Running()) is None


@pytest.mark.parametrize(
    ("state", "error", "text"),
    [
        (Completed(data=1), ValueError, "Expected failed or crashed state got Completed"),
        (Failed(data=5), TypeError, "int cannot be resolved into an exception"),
        (Failed(data=[Completed()]), ValueError, "none were failed"),
    ],
)
def test_a_state_without_an_exception_says_so(state, error, text):
    with pytest.raises(error, match=text):
        get_state_exception(state)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyboardInterrupt(), "Execution was aborted by an interrupt signal."),
        (SystemExit(1), "Execution was aborted by Python system exit call."),
        (asyncio.CancelledError(), "Execution was cancelled by the runtime environment."),
        (ValueError("v"), "Execution was interrupted by an unexpected exception: ValueError: v"),
    ],
)
def test_a_crash_says_what_crashed_the_run(error, message):
    state = exception_to_crashed_state(error)
    assert (state.name, state.message, state.data) == ("Crashed", message, error)


def test_an_exception_becomes_a_failed_state():
    error = ValueError("v")
    assert exception_to_failed_state(error).message == "ValueError: v"
    assert exception_to_failed_state(error, message="No.").message == "No. ValueError: v"
    try:
        raise error
    except ValueError:
        assert exception_to_failed_state().data is error
    with pytest.raises(ValueError, match="Exception was not passed and no active exception could be found"):
        exception_to_failed_state()


def test_what_was_returned_becomes_a_state():
    given = Completed(data=1)
    assert return_value_to_state(given) is given
    assert return_value_to_state(5).data == 5
    assert str(return_value_to_state([Completed(), Failed()])) == "Failed('1/2 states failed.')"
    assert str(return_value_to_state([Completed(), Cancelled()])) == "Cancelled('1/2 states cancelled.')"
    assert str(return_value_to_state([Completed(), Paused()])) == "Paused('1/2 states paused.')"
    assert str(return_value_to_state([Completed(), Running()])) == "Failed('1/2 states are not final.')"
    assert str(return_value_to_state([Completed(), Completed()])) == "Completed('All states completed.')"
    assert isinstance(return_value_to_state([Completed(), Completed()]), State)


# -- copies


def ended():
    return task(lambda: 7)(return_state=True), flow(lambda: {"a": 1})(return_state=True)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])  # noqa: S301 -- our own
def test_a_state_can_be_copied_and_sent_elsewhere_and_still_knows_its_run(again):
    for state in (*ended(), Failed(message="m", data=KeyError("x"), state_details=StateDetails(pause_key="k"))):
        other = again(state)
        assert type(other).__name__ == "State"
        assert (repr(other), other.timestamp) == (repr(state), state.timestamp)
        assert other.state_details == state.state_details


def test_a_state_that_was_sent_to_another_session_knows_its_run(tmp_path):
    state = flow(lambda: 7)(return_state=True)
    (tmp_path / "state").write_bytes(pickle.dumps(state))
    code = (
        "import pathlib, pickle, sys\n"
        "state = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(state.state_details.flow_run_id, state.result())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "state")], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(state.state_details.flow_run_id), "7"]
