"""Running flows and tasks by function, as Prefect's engine modules do."""

import asyncio
import os
import signal
import sys

import pytest

from hookcell.prefect import flow, get_client, task
from hookcell.prefect.context import FlowRunContext
from hookcell.prefect.exceptions import OutOfScope, ParameterTypeError, TerminationSignal
from hookcell.prefect.flow_engine import (
    AsyncFlowRunEngine,
    FlowRunEngine,
    FlowRunTimeoutError,
    NotSet,
    get_intent,
    load_flow_and_flow_run,
    run_flow,
    run_flow_async,
    run_flow_sync,
)
from hookcell.prefect.states import Cancelling, Completed
from hookcell.prefect.task_engine import (
    AsyncTaskRunEngine,
    SyncTaskRunEngine,
    TaskRunTimeoutError,
    run_task,
    run_task_async,
    run_task_sync,
)
from hookcell.prefect.utilities.annotations import NotSet as SameNotSet
from hookcell.prefect.utilities.callables import get_call_parameters
from hookcell.prefect.utilities.engine import (
    RunType,
    capture_sigterm,
    get_state_for_result,
    link_state_to_flow_run_result,
    link_state_to_task_run_result,
    propose_state,
)

KINDS = {
    "flow": (flow, run_flow, run_flow_sync, run_flow_async),
    "task": (task, run_task, run_task_sync, run_task_async),
}
of_each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def pair(x: int, y: str = "y"):
    return x, y


async def apair(x: int, y: str = "y"):
    return x, y


@of_each_kind
def test_a_sync_one_runs_with_its_parameters(kind):
    decorate, run, run_sync, _ = kind
    known = decorate(pair)
    assert run(known, parameters={"x": 1}) == (1, "y")
    assert run_sync(known, parameters=get_call_parameters(known.fn, (1,), {"y": "z"})) == (1, "z")


@of_each_kind
def test_an_async_one_runs_when_awaited(kind):
    decorate, run, _, run_async = kind
    known = decorate(apair)

    async def both():
        return await run(known, parameters={"x": 1}), await run_async(known, parameters={"x": 2})

    assert asyncio.run(both()) == ((1, "y"), (2, "y"))


@of_each_kind
def test_the_state_can_be_asked_for(kind):
    decorate, run, run_sync, _ = kind

    @decorate
    def spoil():
        raise ValueError("spoilt")

    assert run(spoil, return_type="state").is_failed()
    assert run_sync(decorate(pair), parameters={"x": 1}, return_type="state").result() == (1, "y")


@of_each_kind
def test_a_failure_is_raised(kind):
    decorate, run, *_ = kind

    @decorate
    def spoil():
        raise ValueError("spoilt")

    with pytest.raises(ValueError, match=r"^spoilt$"):
        run(spoil)


@of_each_kind
def test_what_is_waited_for_is_over_first(kind):
    decorate, run, *_ = kind
    order = []
    first, second = task(lambda: order.append("first")), decorate(lambda: order.append("second"))

    @flow
    def outer():
        run(second, wait_for=[first.submit()])

    outer()
    assert order == ["first", "second"]


def test_parameters_of_a_flow_are_converted_and_checked():
    assert run_flow_sync(flow(pair), parameters={"x": "1"}) == (1, "y")
    state = run_flow_sync(flow(pair), parameters={"x": "one"}, return_type="state")
    with pytest.raises(ParameterTypeError, match=r"^Flow run received invalid parameters:\n - x: "):
        state.result()


@pytest.mark.parametrize(
    "absent",
    [FlowRunEngine, AsyncFlowRunEngine, load_flow_and_flow_run, SyncTaskRunEngine, AsyncTaskRunEngine],
    ids=repr,
)
def test_prefects_engines_are_not_here_and_say_so(absent):
    with pytest.raises(OutOfScope, match=rf"^{absent.__name__} is a part of Prefect that hookcell does not have; "):
        absent(flow=None)


def test_not_set_is_one_thing():
    assert NotSet is SameNotSet


# -- SIGTERM


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def names_into(names):
    return [lambda flow, run, state: names.append(state.name)]


@pytest.fixture
def calm():
    """Whoever is told of SIGTERM after us does nothing."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send")


@needs_signals
@pytest.mark.usefixtures("calm")
def test_sigterm_means_what_the_intent_says(monkeypatch):
    names = []
    nightly = flow(on_cancellation=names_into(names), on_crashed=names_into(names))(terminate)
    with pytest.raises(TerminationSignal):
        nightly()
    monkeypatch.setattr("hookcell.prefect.flow_engine.get_intent", lambda: "cancel")
    with pytest.raises(TerminationSignal):
        nightly()
    assert names == ["Crashed", "Cancelling"]


@needs_signals
@pytest.mark.usefixtures("calm")
def test_a_run_may_say_before_that_sigterm_shall_cancel_it():
    names = []

    @task
    def wish():
        id_ = FlowRunContext.get().flow_run.id
        result = get_client(sync_client=True).set_flow_run_state(id_, Cancelling(), force=True)
        return result.state.name

    @flow(on_cancellation=names_into(names), on_crashed=names_into(names))
    def nightly():
        names.append(wish())
        terminate()

    with pytest.raises(TerminationSignal):
        nightly()
    assert names == ["Running", "Cancelling"]
    assert get_intent() is None


def test_timeouts_have_names_of_their_own():
    assert issubclass(FlowRunTimeoutError, TimeoutError)
    assert issubclass(TaskRunTimeoutError, TimeoutError)


def test_there_is_no_intent_unless_a_test_has_one():
    assert get_intent() is None
    with capture_sigterm():
        pass


# -- whose result a value is


def test_the_state_of_a_result_is_found_in_its_flow():
    @task
    def load():
        return {"rows": [1, 2]}

    @flow
    def inner():
        return [3]

    @flow
    def nightly():
        rows, other = load(), inner()
        (state, type_), (_, type_of_inside) = get_state_for_result(rows), get_state_for_result(rows["rows"])
        assert (state.is_completed(), type_, type_of_inside) == (True, RunType.TASK_RUN, RunType.TASK_RUN)
        assert get_state_for_result(other)[1] is RunType.FLOW_RUN
        return get_state_for_result([1, 2])

    assert nightly() is None


@pytest.mark.parametrize("value", [None, True, 5, ...], ids=repr)
def test_values_that_are_everywhere_the_same_come_from_nowhere(value):
    @flow
    def nightly():
        task(lambda: value)()
        link_state_to_task_run_result(Completed(), value)
        return get_state_for_result(value)

    assert nightly() is None


def test_whose_result_a_value_is_can_be_said():
    value, other, state = [1000], [2000], Completed()

    @flow
    def nightly():
        link_state_to_task_run_result(state, value)
        link_state_to_flow_run_result(state, other)
        return get_state_for_result(value), get_state_for_result(other)

    assert nightly() == ((state, RunType.TASK_RUN), (state, RunType.FLOW_RUN))
    assert get_state_for_result(value) is None


def test_states_are_not_proposed():
    with pytest.raises(OutOfScope, match=r"^propose_state is a part of Prefect that hookcell does not have; return"):
        propose_state(None, Completed())
