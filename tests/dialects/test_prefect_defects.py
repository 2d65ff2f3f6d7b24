"""Where Prefect is wrong, by its own reference (the numbers are those of its list), and what hookcell does instead."""

import asyncio
import socket
import threading
import time
from functools import partial

import pytest

from hookcell import waiting
from hookcell.errors import HookSignatureError
from hookcell.prefect import OutOfScope, flow, get_run_logger, task
from hookcell.prefect.context import FlowRunContext, get_run_context
from hookcell.prefect.runtime import flow_run as runtime_flow_run
from hookcell.prefect.tasks import exponential_backoff
from hookcell.testing import instant_retries, record


class Calls(list):
    """A list of what hooks were called with, by the name of the state."""

    def hook(self, name):
        def hook(definition, run, state):
            self.append((name, state.name))

        return hook


@pytest.fixture
def calls():
    return Calls()


def test_1_a_task_that_crashes_fires_on_running_once(calls):
    @task(on_running=[calls.hook("running")])
    def leave():
        raise SystemExit

    with pytest.raises(SystemExit):
        leave()
    assert calls == [("running", "Running")]


def test_2_a_task_has_on_crashed(calls):
    @task(on_crashed=[calls.hook("crashed")])
    def leave():
        raise SystemExit

    with pytest.raises(SystemExit):
        leave()
    assert calls == [("crashed", "Crashed")]


def test_2_a_task_has_on_cancellation(calls):
    @task(on_running=[lambda task, run, state: run.cancel()], on_cancellation=[calls.hook("cancellation")])
    def work():
        time.sleep(10)

    assert work(return_state=True).name == "Cancelled"
    assert calls == [("cancellation", "Cancelling")]


@pytest.mark.parametrize("decorate", [flow, task])
def test_3_an_empty_list_clears_hooks(decorate, calls):
    noisy = decorate(on_completion=[calls.hook("completion")])(lambda: 1)
    noisy.with_options(on_completion=[])()
    assert calls == []
    noisy.with_options(on_completion=None)()
    assert calls == [("completion", "Completed")]


@pytest.mark.parametrize("decorate", [flow, task])
def test_4_definitions_do_not_share_a_list_of_hooks(decorate, calls):
    mine = [calls.hook("first")]
    one = decorate(on_completion=mine)(lambda: 1)
    other = decorate(on_completion=mine)(lambda: 2)
    copy = one.with_options()
    copy.on_completion(calls.hook("later"))
    mine.append(calls.hook("appended"))
    one()
    other()
    assert calls == [("first", "Completed")] * 2


def contexts_seen(**options):
    """Run a flow with a hook that looks around; give what it saw."""
    seen = []

    def look(flow, flow_run, state):
        around = get_run_context()
        seen.append((around.flow_run is flow_run, around.flow is flow, runtime_flow_run.name == flow_run.name))
        get_run_logger().info("from a hook")

    def body(x: int = 0):
        if x:
            raise SystemExit

    (kind,) = options
    watched = flow(**{kind: [look]})(body)
    with record(), pytest.raises((SystemExit, TypeError)) if options[kind] else record():
        watched(options[kind]) if options[kind] else watched()
    return seen


@pytest.mark.parametrize("options", [{"on_running": 0}, {"on_crashed": 1}, {"on_failure": "x"}, {"on_completion": 0}])
def test_5_every_hook_has_its_runs_own_context(options):
    assert contexts_seen(**options) == [(True, True, True)]


def test_5_on_running_of_a_subflow_sees_the_subflow_not_its_parent():
    seen = []

    @flow(on_running=[lambda flow, run, state: seen.append(FlowRunContext.get().flow_run.name == run.name)])
    def child():
        pass

    @flow
    def parent():
        child()

    parent()
    assert seen == [True]


def test_6_hooks_of_flows_see_counts_and_times():
    seen = {}

    def look(flow, flow_run, state):
        seen[state.name] = (flow_run.run_count, flow_run.start_time is not None, flow_run.end_time is not None)

    flow(on_running=[look], on_completion=[look])(lambda: 1)()
    assert seen == {"Running": (1, True, False), "Completed": (1, True, True)}


def test_7_a_keyboard_interrupt_in_a_hook_is_on_record_and_the_other_hooks_run(calls):
    def interrupt(flow, flow_run, state):
        raise KeyboardInterrupt

    noisy = flow(name="noisy", on_completion=[interrupt, calls.hook("next")])(lambda: 1)
    with record() as recording:
        assert noisy() == 1
    assert [call.outcome for call in recording.of("noisy").hooks] == ["failed", "ok"]


class OnlyConnections:
    def __call__(self, task, task_run, state):
        return isinstance(state.exception, ConnectionError)


def only(kind, task, task_run, state):
    return isinstance(state.exception, kind)


@pytest.mark.parametrize("condition", [partial(only, ConnectionError), OnlyConnections()])
@pytest.mark.parametrize(("error", "tries"), [(ConnectionError, 3), (ValueError, 1)])
def test_8_any_callable_decides_about_retries(condition, error, tries):
    tried = []

    @task(retries=2, retry_condition_fn=condition)
    def fetch():
        tried.append(1)
        raise error

    assert fetch(return_state=True).name == "Failed"
    assert len(tried) == tries


def test_9_the_jitter_is_heard():
    waits = []

    @task(
        retries=20, retry_delay_seconds=10, retry_jitter_factor=0.5, on_retry=[lambda t, r, s: waits.append(s.message)]
    )
    def fail():
        raise ValueError

    with instant_retries():
        fail(return_state=True)
    delays = {float(message.split("next try in ")[1].split()[0]) for message in waits}
    assert len(delays) > 10
    assert all(0 <= delay <= 15 for delay in delays)


def test_10_a_flow_starts_no_thread_that_is_waited_for():
    before = set(threading.enumerate())
    seen = []
    flow(lambda: seen.extend(threading.enumerate()))()
    assert set(seen) <= before


@pytest.mark.parametrize("kind", ["on_rollback", "on_commit"])
def test_11_hooks_of_transactions_are_refused_where_they_are_given(kind):
    with pytest.raises(OutOfScope, match=f"{kind} is a part of Prefect that hookcell does not have"):
        task(**{kind: [print]})(lambda: 1)
    with pytest.raises(OutOfScope, match=kind):
        getattr(task(lambda: 1), kind)(print)


@pytest.mark.usefixtures("little_grace")
def test_12_an_interrupt_is_no_crash_and_threads_are_not_waited_for(calls):
    ended = []

    @task
    def long():
        time.sleep(60)
        ended.append("long")

    @flow(on_cancellation=[calls.hook("cancellation")], on_crashed=[calls.hook("crashed")])
    def work():
        long.submit()
        FlowRunContext.get().flow_run.cancel()
        time.sleep(60)

    assert work(return_state=True).name == "Cancelled"
    assert ended == []
    assert calls == [("cancellation", "Cancelling")]


def test_13_a_task_whose_upstream_failed_fires_on_end(calls):
    fail = task(lambda: 1 / 0)

    @task(on_end=[calls.hook("end")])
    def after(x):
        return x

    @flow
    def work():
        return after.submit(fail.submit()).state

    work(return_state=True)
    assert calls == [("end", "NotReady")]


# -- rows of its users' list -------------------------------------------------------------------------------------------


def test_a_hook_that_could_not_be_called_is_an_error_at_decoration():
    with pytest.raises(HookSignatureError, match="needs 'address', but a hook is called with"):
        flow(on_failure=[lambda flow, flow_run, state, address: None])(lambda: 1)


def test_27_an_empty_flow_waits_for_nobody(monkeypatch):
    def refuse(*_):
        raise AssertionError("it waits")

    for owner, name in ((time, "sleep"), (threading.Thread, "start"), (socket.socket, "connect"), (waiting, "until")):
        monkeypatch.setattr(owner, name, refuse)
    assert flow(lambda: None)(return_state=True).is_completed()


def test_29_a_nested_list_of_states_does_not_hide_a_failure():
    @task
    def invert(x):
        return 1 / x

    @flow
    def work():
        return [[invert(1, return_state=True)], [invert(0, return_state=True)]]

    assert str(work(return_state=True)) == "Failed('1/2 states failed.')"


def test_11_the_state_of_a_run_that_never_started_tells_the_root_cause():
    fail = task(lambda: 1 / 0, name="fail")
    after = task(lambda x: x)

    @flow
    def work():
        future = after.submit(after.submit(fail.submit()))
        future.wait()
        return 1, future.state

    _, state = work()
    assert "ZeroDivisionError: division by zero" in state.message


def test_13_a_hook_sees_the_tasks_parameters():
    seen = []
    task(on_completion=[lambda task, run, state: seen.append(run.parameters)])(lambda x, y=2: x)(1)
    assert seen == [{"x": 1, "y": 2}]


def test_16_sync_calls_stay_sync_while_a_loop_runs():
    from hookcell.prefect.states import get_state_exception

    async def cell():
        state = task(lambda: 1 / 0)(return_state=True)
        return get_state_exception(state), state.result(raise_on_failure=False)

    assert [type(error) for error in asyncio.run(cell())] == [ZeroDivisionError] * 2


def test_30_a_timeout_is_kept_in_a_thread():
    ended = []

    @task(timeout_seconds=0.05)
    def spin():
        for _ in range(60_000):
            time.sleep(0.001)
        ended.append("spin")

    @flow
    def work():
        return spin.submit().state, spin.submit().result(raise_on_failure=False)

    work(return_state=True)
    assert ended == []


def test_32_flows_retry_with_exponential_backoff_and_jitter():
    seen = []
    retry = [lambda flow, run, state: seen.append(state.name)]

    @flow(retries=2, retry_delay_seconds=exponential_backoff(1), on_retry=retry)
    def fail():
        raise ValueError

    with instant_retries():
        fail(return_state=True)
    assert seen == ["AwaitingRetry"] * 2


def test_33_the_function_of_a_task_may_be_called_by_hand_with_its_logger_off():
    from hookcell.prefect.logging import disable_run_logger

    @task
    def work():
        get_run_logger().info("working")
        return 3

    with disable_run_logger():
        assert work.fn() == 3
