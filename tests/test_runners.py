"""Runners: where submitted tasks run, and that nothing waits there for ever."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT, in_flow, one, same

from hookcell import (
    Future,
    InlineRunner,
    SelfWaitError,
    ThreadRunner,
    UnknownOptionError,
    flow,
    task,
)

# -- nothing hangs


def test_a_task_that_waits_for_one_it_submitted_to_a_pool_of_one_ends():
    inner = task(lambda x: x + 1)
    middle = task(lambda x: inner.submit(x).result(LIMIT) + 1)
    outer = task(lambda x: middle.submit(x).result(LIMIT) + 1)
    assert in_flow(lambda: outer.submit(0).result(LIMIT), runner=ThreadRunner(1)) == 3


def test_many_tasks_that_wait_for_one_each_in_a_pool_of_one_end():
    inner = task(lambda x: x)
    outer = task(lambda x: inner.submit(x).result(LIMIT))
    assert in_flow(lambda: outer.map(range(10)).result(LIMIT), runner=ThreadRunner(1)) == list(range(10))


def test_a_task_that_submits_and_leaves_in_a_pool_of_one_ends():
    outer = task(lambda x: one.submit() and x)
    assert in_flow(lambda: outer.map(range(5)).result(LIMIT), runner=ThreadRunner(1)) == list(range(5))


def test_a_subflow_in_a_pool_of_one_ends():
    inner = flow(lambda: one.submit().result(LIMIT))
    outer = task(inner)
    assert in_flow(lambda: outer.submit().result(LIMIT), runner=ThreadRunner(1)) == 1


def test_waiting_on_the_loop_that_has_to_run_it_is_an_error():
    @task
    async def answer():
        return 1

    @flow
    async def etl():
        future = answer.submit()
        with pytest.raises(SelfWaitError) as caught:
            future.result()
        assert str(caught.value) == (
            "waiting for 'answer' here would block the event loop that has to run it; write: await future"
        )
        return await future

    assert asyncio.run(etl()) == 1


def test_a_sync_flow_that_must_run_async_work_works_inside_a_running_loop():
    @task
    async def answer():
        await asyncio.sleep(0)
        return 42

    hooks = []

    async def notify(flow, run, state):
        hooks.append(state.name)

    etl = flow(on_completion=notify)(lambda: answer.submit().result(LIMIT))

    async def cell():
        return etl()

    assert asyncio.run(cell()) == 42
    assert hooks == ["Completed"]


PATCHED = """
import asyncio, nest_asyncio2
nest_asyncio2.apply()
from hookcell import flow
async def notify():
    print(asyncio.get_running_loop() is kernels)
    await asyncio.sleep(0)
@flow(on_completion=notify)
def etl():
    return 42
async def cell():
    global kernels
    kernels = asyncio.get_running_loop()
    print(etl())
asyncio.run(cell())
"""


def test_on_a_patched_loop_async_work_of_sync_code_runs_on_that_loop():
    pytest.importorskip("nest_asyncio2")
    done = subprocess.run([sys.executable, "-c", PATCHED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "42"]


def test_flows_in_many_threads_each_have_their_own_runs(recording):
    etl = flow(name="etl")(lambda x: same.map([x, x]).result(LIMIT))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(etl, range(8))) == [[x, x] for x in range(8)]
    assert [len(run.children) for run in recording.runs if run.definition is etl] == [2] * 8


# -- runners


@pytest.mark.parametrize(
    "runner", ["inline", "threads", ThreadRunner, InlineRunner, ThreadRunner(max_workers=2), InlineRunner()], ids=repr
)
def test_a_flow_takes_a_runner_by_name_class_or_instance(runner):
    assert in_flow(lambda: same.map([1, 2]).result(LIMIT), runner=runner) == [1, 2]


def test_one_runner_instance_can_serve_many_flow_runs():
    etl = flow(runner=ThreadRunner(2))(lambda: one.submit().result(LIMIT))
    assert [etl(), etl.with_options()(), etl()] == [1, 1, 1]


def test_no_more_bodies_run_at_once_than_the_runner_has_workers():
    lock, inside = threading.Lock(), []

    @task
    def counts(x):
        with lock:
            inside.append(1)
            most = len(inside)
        with lock:
            inside.pop()
        return most

    assert max(in_flow(lambda: counts.map(range(50)).result(LIMIT), runner=ThreadRunner(3))) <= 3


def test_a_subflow_without_a_runner_uses_the_one_around_it():
    where = task(threading.get_ident)
    inner = flow(lambda: where.submit().result(LIMIT))
    assert in_flow(inner, runner="inline") == threading.get_ident()
    assert in_flow(inner.with_options(runner="threads"), runner="inline") != threading.get_ident()


def test_an_unknown_runner_is_an_error():
    with pytest.raises(UnknownOptionError) as caught:
        flow(runner="dsk")(lambda: 1)
    assert str(caught.value) == "there is no runner 'dsk'; there are inline, threads, and ThreadRunner(max_workers=...)"


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"], ids=repr)
def test_a_wrong_number_of_workers_is_an_error(workers):
    with pytest.raises(UnknownOptionError) as caught:
        ThreadRunner(workers)
    assert str(caught.value) == f"max_workers is {workers!r}; give a whole number of 1 or more"


def test_when_a_flow_ends_its_threads_end(recording):
    threads = task(threading.current_thread)
    used = in_flow(lambda: threads.submit().result(LIMIT))
    used.join(LIMIT)
    assert not used.is_alive()


def test_a_future_is_one_of_ours():
    assert isinstance(one.submit(), Future)
