"""What a body returns decides the final state of its run, as in Prefect."""

import asyncio

import pytest

from hookcell import (
    Cancelled,
    CancelledRun,
    Cancelling,
    Completed,
    Crashed,
    CrashedRun,
    Failed,
    FailedRun,
    Paused,
    PausedRun,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
    UnfinishedRun,
    flow,
    remembered,
    runs,
    task,
)
from hookcell.states import failure_of
from hookcell.testing import record

BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])


def ends(state):
    """A task run that ends in a state, as a future."""
    return task(lambda: state).submit()


def good():
    return ends(Completed(data=1))


def bad():
    return ends(Failed(message="no price"))


def gone():
    return ends(Cancelled())


def held():
    return ends(Paused())


def open_():
    return ends(Pending())


def crashed():
    return ends(Crashed(message="no power"))


def end_of(body):
    """The final state of a flow that ends like this; waits for what it submitted."""
    return flow(runner="inline")(body)(return_state=True)


def seen(state):
    return state.type.value, state.message


# -- data


DATA = [None, 0, "", "text", [], {}, [1, 2], (1,), {"a": 1}, {1, 2}, 3.5, object()]


@BOTH
@pytest.mark.parametrize("value", DATA, ids=lambda value: type(value).__name__ + str(len(str(value))))
def test_plain_data_completes_the_run_and_is_its_result(definition, value):
    state = definition(lambda: value)(return_state=True)
    assert (seen(state), state.data is value) == (("COMPLETED", None), True)
    assert definition(lambda: value)() is value


@BOTH
def test_a_list_that_holds_itself_is_data(definition):
    circle = [1]
    circle.append(circle)
    assert definition(lambda: circle)() is circle


MIXED = {
    "dict": lambda: {"a": bad()},
    "list": lambda: [1, bad()],
    "tuple": lambda: (bad(), "text"),
    "deep": lambda: [[bad(), 1]],
}


@pytest.mark.parametrize("body", MIXED.values(), ids=MIXED)
def test_states_among_other_data_are_not_summed_up(body):
    assert seen(end_of(body)) == ("COMPLETED", None)


def test_futures_in_the_result_are_replaced_by_their_states():
    first, rest = flow(runner="inline")(lambda: (good(), {"b": [bad(), 2]}))()
    assert isinstance(first, State)
    assert [str(first), str(rest["b"][0]), rest["b"][1]] == ["Completed()", "Failed('no price')", 2]


# -- generators


@BOTH
@pytest.mark.parametrize(
    "make", [lambda: (n for n in range(3)), lambda: iter([0, 1, 2])], ids=["generator", "iterator"]
)
def test_a_generator_is_run_to_its_end_and_other_iterators_are_left_alone(definition, make):
    result = definition(make)()
    assert list(result) == [0, 1, 2]
    assert isinstance(result, list) == (type(make()).__name__ == "generator")


@BOTH
def test_a_generator_function_runs_inside_its_run(definition):
    done = []

    def steps():
        yield 1
        done.append("half")
        yield 2

    assert definition(steps)() == [1, 2]
    assert done == ["half"]


@BOTH
def test_an_async_generator_function_runs_inside_its_run(definition):
    async def steps():
        yield 1
        await asyncio.sleep(0)
        yield runs.current.get().definition.name

    assert asyncio.run(definition(name="steps")(steps)()) == [1, "steps"]
    assert flow(lambda: task(steps).submit().result())() == [1, "steps"]


@BOTH
def test_a_generator_that_raises_fails_its_run(definition):
    def steps():
        yield 1
        raise KeyError("price")

    with record() as recording:
        definition(name="steps")(steps)(return_state=True)
    assert recording.states("steps") == ["Pending", "Running", "Failed"]


# -- states that runs have made


SUMS = {
    "one completed": (lambda: [good()], "COMPLETED", "All states completed."),
    "all completed": (lambda: [good(), good()], "COMPLETED", "All states completed."),
    "a tuple": (lambda: (good(), good()), "COMPLETED", "All states completed."),
    "one failed": (lambda: [good(), bad()], "FAILED", "1/2 states failed."),
    "one crashed": (lambda: [good(), crashed(), bad()], "FAILED", "2/3 states failed."),
    "one cancelled": (lambda: [good(), gone()], "CANCELLED", "1/2 states cancelled."),
    "one paused": (lambda: [good(), held()], "PAUSED", "1/2 states paused."),
    "one open": (lambda: [good(), open_()], "FAILED", "1/2 states are not final."),
    "cancelled before paused": (lambda: [held(), gone()], "CANCELLED", "1/2 states cancelled."),
    "paused before failed": (lambda: [bad(), held()], "PAUSED", "1/2 states paused."),
    "cancelled before failed": (lambda: [bad(), gone(), bad()], "CANCELLED", "1/3 states cancelled."),
    "failed before open": (lambda: [open_(), bad()], "FAILED", "1/2 states failed."),
    "nested": (lambda: [[good()], [bad(), (good(),)]], "FAILED", "1/3 states failed."),
    "a single future": (bad, "FAILED", "1/1 states failed."),
    "a single completed future": (good, "COMPLETED", "All states completed."),
}


@pytest.mark.parametrize(("body", "type_", "message"), SUMS.values(), ids=SUMS)
def test_states_of_runs_are_summed_up(body, type_, message):
    assert seen(end_of(body)) == (type_, message)


def test_a_set_of_states_is_summed_up():
    assert seen(end_of(lambda: {bad().state, good().state})) == ("FAILED", "1/2 states failed.")


def test_the_result_of_several_states_is_the_states():
    states = end_of(lambda: [good(), good()]).result()
    assert [str(state) for state in states] == ["Completed()", "Completed()"]


def test_the_result_of_a_single_completed_future_is_its_result():
    assert flow(runner="inline")(good)() == 1


def test_a_summed_up_failure_raises_the_first_one():
    with pytest.raises(FailedRun, match=r"^no price$"):
        flow(runner="inline")(lambda: [good(), bad()])()


def test_a_summed_up_cancellation_raises_so():
    with pytest.raises(CancelledRun):
        flow(runner="inline")(lambda: [good(), gone()])()


# -- states made by hand


BY_HAND = [
    Completed(),
    Completed(name="Skipped", message="nothing new", data=3),
    Failed(message="no price"),
    Crashed(message="no power"),
    Cancelled(message="not today"),
    Cancelling(),
    Paused(),
    Scheduled(name="Later"),
    Pending(),
    Running(),
    State(StateType.FAILED, "Odd", "why", "data"),
]


@BOTH
@pytest.mark.parametrize("made", BY_HAND, ids=str)
def test_a_state_made_by_hand_is_used_as_it_is(definition, made):
    with record() as recording:
        state = definition(name="ends")(lambda: made)(return_state=True)
    assert (state.type, state.name, state.message, state.data) == (made.type, made.name, made.message, made.data)
    assert recording.of("ends").state is state


@BOTH
def test_the_same_state_by_hand_can_end_many_runs(definition):
    made = Completed(message="again")
    ends = definition(lambda: made)
    first, second = ends(return_state=True), ends(return_state=True)
    assert first is not second
    assert made.before is None


RAISED = {
    FailedRun: Failed(message="no price"),
    CrashedRun: Crashed(message="no power"),
    CancelledRun: Cancelled(message="not today"),
    UnfinishedRun: Cancelling(),
    PausedRun: Paused(),
}


@BOTH
@pytest.mark.parametrize(("error", "made"), RAISED.items(), ids=str)
def test_called_without_return_state_an_end_that_is_no_success_raises(definition, error, made):
    with pytest.raises(error) as caught:
        definition(lambda: made)()
    if made.message:
        assert str(caught.value) == made.message


FIRES = {
    "on_failure": Failed(),
    "on_crashed": Crashed(),
    "on_cancellation": Cancelling(),
    "on_completion": State(StateType.COMPLETED),
    "on_running": Running(),
}


@BOTH
@pytest.mark.parametrize(("kind", "made"), FIRES.items(), ids=FIRES)
def test_a_returned_state_fires_the_hooks_of_its_type(definition, kind, made):
    states = []
    definition(**{kind: lambda owner, run, state: states.append(state)})(lambda: made)(return_state=True)
    assert states[-1].type is made.type


@BOTH
def test_a_returned_cancelled_state_fires_no_cancellation_hook(definition):
    hooks = []
    ends = definition(on_cancellation=lambda: hooks.append("on_cancellation"), on_end=lambda: hooks.append("on_end"))
    ends(lambda: Cancelled())(return_state=True)  # noqa: PLW0108 -- made anew in each run
    assert hooks == ["on_end"]


@BOTH
def test_a_returned_failed_state_is_tried_again(definition):
    made = iter([Failed(), Completed(data=2)])
    assert definition(retries=1)(lambda: next(made))() == 2


# -- runs inside runs


def test_a_failed_subflow_asked_for_its_state_does_not_fail_its_parent():
    inner = flow(lambda: Failed(message="no price"))
    assert seen(flow(lambda: inner(return_state=True) and None)(return_state=True)) == ("COMPLETED", None)


def test_a_returned_subflow_state_counts():
    inner = flow(lambda: Failed(message="no price"))
    outer = flow(lambda: inner(return_state=True))
    assert seen(outer(return_state=True)) == ("FAILED", "1/1 states failed.")
    with pytest.raises(FailedRun, match=r"^no price$"):
        outer()


def test_a_cancelling_subflow_called_plainly_fails_its_parent():
    inner = flow(lambda: Cancelling())  # noqa: PLW0108 -- made anew in each run
    state = flow(lambda: inner())(return_state=True)  # noqa: PLW0108 -- called in the flow
    assert state.message == (
        "Flow run encountered an exception: UnfinishedRun: Run is in CANCELLING state, its result is not available."
    )


# -- what cannot be shown


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


def test_a_failed_state_may_hold_what_cannot_be_shown(recording):
    seen = []
    fails = flow(name="fails", on_failure=lambda flow, run, state: seen.append(state.name))(
        lambda: Failed(data=Unshown())
    )
    assert fails(return_state=True).name == "Failed"
    assert seen == ["Failed"]
    told = "Unexpected result for failed state: (Unshown, which cannot be shown) —— Unshown cannot be resolved into an "
    assert str(failure_of(fails(return_state=True))) == f"{told}exception"
    flow(lambda: 1)()
    assert remembered.flow_runs[-1].state.is_completed()  # the session still remembers
