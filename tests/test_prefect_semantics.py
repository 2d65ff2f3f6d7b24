"""Where hookcell does better than Prefect: each test is a defect that was seen there, by its number in our list."""

import functools
import threading
import time

import pytest
from small_runs import LIMIT

from hookcell import FlowRun, UpstreamTaskError, flow, hook, runs, task, waiting
from hookcell.testing import record


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def raises(error):
    def body():
        raise error

    return body


def noting(into, *kinds):
    return {kind: lambda owner, run, state, kind=kind: into.append((kind, state.name)) for kind in kinds}


# 1: a crash in a task body fires the task's on_running hooks a second time.
@pytest.mark.parametrize("crash", [SystemExit(), KeyboardInterrupt()], ids=repr)
def test_a_crash_does_not_fire_on_running_again(crash):
    hooks = []
    with pytest.raises(type(crash)):
        flow(task(**noting(hooks, "on_running"))(raises(crash)))()
    assert hooks == [("on_running", "Running")]


# 2: tasks have neither on_crashed nor on_cancellation.
def test_tasks_have_on_crashed_and_on_cancellation():
    hooks = []
    kinds = noting(hooks, "on_crashed", "on_cancellation")
    with pytest.raises(SystemExit):
        task(**kinds)(raises(SystemExit()))()
    task(**kinds)(lambda: runs.current.get().cancel())(return_state=True)
    assert hooks == [("on_crashed", "Crashed"), ("on_cancellation", "Cancelling")]


# 3: with_options(on_completion=[]) keeps the old hooks, so that they cannot be cleared.
def test_an_empty_list_clears_hooks_and_none_keeps_them():
    hooks = []
    etl = flow(**noting(hooks, "on_completion"))(lambda: 1)
    etl.with_options(on_completion=[])()
    assert hooks == []
    etl.with_options(on_completion=None)()
    assert hooks == [("on_completion", "Completed")]


# 4: hook lists are kept by reference: a list given to two flows is shared, and so is that of a with_options copy.
def test_hook_lists_are_shared_by_nobody():
    hooks, fired = [], []
    first, second = flow(on_completion=hooks)(lambda: 1), flow(on_completion=hooks)(lambda: 1)
    copy = first.with_options()
    copy.on_completion(lambda: fired.append("copy"))
    second.on_completion(lambda: fired.append("second"))
    hooks.append(lambda: fired.append("list"))
    first()
    assert fired == []


# 5: on_running, on_crashed and on_failure after a wrong parameter run without their run's context.
@pytest.mark.parametrize(
    ("kind", "body", "args"),
    [
        ("on_running", lambda x: 1, [1]),
        ("on_completion", lambda x: 1, [1]),
        ("on_crashed", lambda x: raises(SystemExit())(), [1]),
        ("on_failure", lambda x: 1, []),
        ("on_cancellation", lambda x: runs.current.get().cancel(), [1]),
    ],
)
def test_every_hook_runs_in_its_own_runs_context(kind, body, args):
    seen = []
    inner = flow(**{kind: lambda flow, run: seen.append(runs.current.get() is run)})(body)

    @flow
    def outer():
        try:
            inner(*args, return_state=True)
        except SystemExit:
            pass

    outer()
    assert seen == [True]


# 6: in hooks of flows end_time is None, total_run_time 0, and run_count 0 in on_running.
def test_hooks_of_flows_see_counts_and_times():
    seen = {}

    def look(kind):
        def hook(flow, run, state):
            seen[kind] = (run.run_count, run.start_time is not None, run.end_time is not None, run.total_run_time > 0)

        return hook

    hooks = {kind: look(kind) for kind in ("on_running", "on_completion", "on_end")}
    flow(**hooks)(lambda: time.sleep(0.001))()
    assert seen == {
        "on_running": (1, True, False, False),
        "on_completion": (1, True, True, True),
        "on_end": (1, True, True, True),
    }


# 7: KeyboardInterrupt in a hook of a final state skips the other hooks and is lost without a trace.
def test_a_keyboard_interrupt_of_a_hooks_own_is_recorded_and_the_others_run(recording):
    fired = []
    etl = flow(name="etl", on_completion=[raises(KeyboardInterrupt()), lambda: fired.append("next")])(lambda: 42)
    assert etl() == 42
    assert fired == ["next"]
    assert [repr(call.error) for call in recording.of("etl").hooks] == ["KeyboardInterrupt()", "None"]


def test_a_keyboard_interrupt_of_on_running_does_not_crash_the_run():
    assert flow(on_running=raises(KeyboardInterrupt()))(lambda: 42)() == 42


class Says:
    def __init__(self, answer):
        self.answer = answer

    def __call__(self, *_):
        return self.answer


# 8: a retry condition that is a partial or a callable object counts as a no.
@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("make", [Says, lambda answer: functools.partial(lambda said, *_: said, answer)])
def test_partials_and_objects_are_as_good_as_functions(make, answer):
    fired = []
    flow(on_completion=hook(lambda: fired.append(1), when=make(answer)))(lambda: 1)()
    assert bool(fired) == answer
    delayed = flow(retries=1, retry_delay_seconds=make([0.0]), retry_condition_fn=make(answer))
    with record() as recording:
        assert delayed(raises(ValueError()))(return_state=True).is_failed()
    assert recording.runs[0].run_count == 1 + answer


# 9: retry_jitter_factor was taken and ignored.
def test_a_jitter_factor_changes_the_delays(monkeypatch):
    waits = []
    monkeypatch.setattr(waiting, "pace", lambda seconds: waits.append(seconds) or 0.0)
    flow(retries=9, retry_delay_seconds=10, retry_jitter_factor=0.5)(raises(ValueError()))(return_state=True)
    assert len(set(waits)) == 9
    assert max(waits) <= 15


# 12: Ctrl-C never cancels, and blocks until the threads that run have ended.
@pytest.mark.usefixtures("little_grace")
def test_a_stop_cancels_and_does_not_wait_for_threads_that_do_not_listen(recording):
    never, hooks, ended = threading.Event(), [], []

    @task
    def stuck(x):
        try:
            never.wait(LIMIT)
        finally:
            ended.append(x)

    @flow(name="etl", **noting(hooks, "on_cancellation", "on_crashed", "on_end"))
    def etl():
        futures = stuck.map(range(3))
        while not all(future.state.is_running() for future in futures):
            time.sleep(0)
        runs.current.get().cancel()

    try:
        state = etl(return_state=True)
        assert ended == []
    finally:
        never.set()
    assert state.is_cancelled()
    assert hooks == [("on_cancellation", "Cancelling"), ("on_end", "Cancelled")]


# 13: a task whose upstream failed fires no hook at all.
def test_a_task_whose_upstream_failed_fires_on_end_with_the_root_cause():
    told = []

    def tell(run: FlowRun, error: UpstreamTaskError):
        told.append((run.definition.name, type(error.__cause__)))

    load, clean = task(raises(KeyError("price"))), task(on_end=tell)(lambda rows: rows)
    flow(name="etl")(lambda: clean.submit(load.submit()) and None)(return_state=True)
    assert told == [("etl", KeyError)]


# Beside those: what a finished run leaves behind.
def test_a_run_that_is_over_keeps_no_thread_and_no_token():
    before = threading.active_count()
    step = task(lambda x: x)
    for _ in range(5):
        flow(lambda: step.map(range(4)).result(LIMIT))()
    deadline = time.monotonic() + LIMIT
    while threading.active_count() > before + 1 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threading.active_count() <= before + 1
