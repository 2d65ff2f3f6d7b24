"""Tasks with a thread of their own: submitted async ones that anybody may block for, on any event loop."""

import asyncio
import contextvars
import threading
import time

import pytest
from small_runs import LIMIT, in_flow, same

from hookcell import ThreadRunner, flow, runs, shield, task
from hookcell.drive import own_loop
from hookcell.gate import gate
from hookcell.tasks import Task


@pytest.fixture(autouse=True)
def _nothing_left():
    yield
    assert gate.owner is None
    assert runs.current.get() is None


class OwnThread(Task):
    """A dialect's task."""

    own_thread = True


def own(fn=None, **options):
    """Make such a task of a function."""
    return OwnThread(fn, **options) if fn is not None else lambda function: OwnThread(function, **options)


@own
async def answer(x=42):
    await asyncio.sleep(0)
    return x


@own
async def thread():
    return threading.current_thread()


RUNNERS = {"a pool": ThreadRunner(), "a pool of one": ThreadRunner(1), "inline": "inline"}
on_every_runner = pytest.mark.parametrize("runner", RUNNERS.values(), ids=RUNNERS)


# -- where it runs


@on_every_runner
def test_its_result_can_be_blocked_for_on_any_loop(runner):
    @flow(runner=runner)
    async def etl():
        return answer.submit(1).result(LIMIT), answer.map([2, 3]).result(LIMIT), await answer.submit(4)

    assert asyncio.run(etl()) == (1, [2, 3], 4)


@on_every_runner
def test_in_a_sync_flow_inside_a_running_loop(runner):
    async def cell():
        return in_flow(lambda: answer.submit().result(LIMIT), runner=runner)

    assert asyncio.run(cell()) == 42


@on_every_runner
def test_one_that_blocks_for_one_it_submitted_ends(runner):
    @own
    async def outer(depth):
        return outer.submit(depth - 1).result(LIMIT) + 1 if depth else 0

    assert in_flow(lambda: outer.submit(3).result(LIMIT), runner=runner) == 3


@on_every_runner
def test_one_that_awaits_one_it_submitted_ends(runner):
    @own
    async def outer(depth):
        return await outer.submit(depth - 1) + 1 if depth else 0

    assert in_flow(lambda: outer.submit(3).result(LIMIT), runner=runner) == 3


@on_every_runner
def test_one_that_submits_and_leaves_ends(runner, recording):
    @own
    async def outer():
        answer.submit()
        same.submit(1)

    in_flow(lambda: outer.submit().result(LIMIT), runner=runner)
    assert [recording.states(name)[-1] for name in ("outer", "answer", "same")] == ["Completed"] * 3


def test_many_waits_in_one_thread_give_one_place_back():
    lock, inside, most = threading.Lock(), [], []

    @task
    def counts(x):
        with lock:
            inside.append(x)
            most.append(len(inside))
        with lock:
            inside.remove(x)

    @own
    async def outer():
        await asyncio.gather(*counts.map(range(20)))

    in_flow(lambda: outer.submit().result(LIMIT), runner=ThreadRunner(1))
    assert (len(most), max(most)) == (20, 1)


def test_it_runs_in_a_worker_and_beside_an_inline_flow_in_a_thread_made_for_it():
    assert in_flow(lambda: thread.submit().result(LIMIT)).name == "hookcell-worker"
    made = in_flow(lambda: thread.submit().result(LIMIT), runner="inline")
    made.join(LIMIT)
    assert (made.name, made.is_alive()) == ("hookcell-beside", False)


def test_an_inline_submit_returns_when_the_run_is_over():
    assert in_flow(lambda: answer.submit().done(), runner="inline")


def test_it_can_be_submitted_outside_any_flow():
    assert answer.submit().result(LIMIT) == 42


def test_a_direct_call_stays_on_the_callers_loop():
    @flow
    async def etl():
        return await thread() is threading.current_thread()

    assert asyncio.run(etl())


def test_sync_tasks_of_such_a_definition_run_as_always():
    where = own(threading.get_ident)
    assert in_flow(lambda: where.submit().result(LIMIT), runner="inline") == threading.get_ident()


def test_it_sees_the_context_it_was_submitted_in():
    word = contextvars.ContextVar("word")

    @own
    async def reads():
        return word.get(), runs.current.get().parent.definition.name

    def body():
        word.set("red")
        return reads.submit().result(LIMIT)

    assert in_flow(body) == ("red", "around")


def test_it_waits_for_what_its_arguments_come_from_and_takes_up_no_thread(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    def body():
        after = [answer.submit(waits.submit()) for _ in range(3)]
        free = answer.submit().result(LIMIT)
        go_on.set()
        return free, [future.result(LIMIT) for future in after]

    assert in_flow(body, runner=ThreadRunner(4)) == (42, [True] * 3)


# -- what belongs to a run


def test_its_hooks_and_tries_are_as_always(recording):
    tries = iter([ValueError("no answer"), None])
    seen = []

    async def note(task, run, state):
        await asyncio.sleep(0)
        seen.append(state.name)

    @own(retries=1, on_running=note, on_completion=[note, lambda task, run, state: seen.append(state.data)])
    async def flaky():
        if error := next(tries):
            raise error
        return 42

    assert in_flow(lambda: flaky.submit().result(LIMIT)) == 42
    assert recording.states("flaky") == ["Pending", "Running", "Retrying", "Completed"]
    assert seen == ["Running", "Retrying", "Completed", 42]


def test_a_failure_is_raised_as_always():
    @own
    async def fails():
        raise KeyError("price")

    with pytest.raises(KeyError, match="price"):
        in_flow(lambda: fails.submit().result(LIMIT))


def test_an_async_generator_is_run_to_its_end():
    @own
    async def several():
        for x in range(3):
            await asyncio.sleep(0)
            yield x

    assert in_flow(lambda: several.submit().result(LIMIT)) == [0, 1, 2]


# -- stops


def test_it_can_be_cancelled(recording):
    hooks = []
    started = threading.Event()

    @own(on_cancellation=lambda: hooks.append("cancelled"))
    async def waits():
        started.set()
        await asyncio.sleep(LIMIT)

    def body():
        future = waits.submit()
        started.wait(LIMIT)
        future.cancel()
        future.wait(LIMIT)
        return future.state.name

    assert in_flow(body) == "Cancelled"
    assert hooks == ["cancelled"]


def test_it_times_out_as_always():
    @own(timeout_seconds=0.01)
    async def slow():
        await asyncio.sleep(LIMIT)

    def body():
        future = slow.submit()
        future.wait(LIMIT)
        return future.state.name, future.state.message

    assert in_flow(body) == ("TimedOut", "Task run exceeded timeout of 0.01 second(s)")


@on_every_runner
def test_a_cancelled_flow_stops_it(runner, recording):
    started = threading.Event()

    @own(name="waits")
    async def waits():
        started.set()
        await asyncio.sleep(LIMIT)

    @flow(runner=runner)
    def etl():
        run = runs.current.get()
        threading.Thread(target=lambda: started.wait(LIMIT) and run.cancel()).start()
        waits.submit().result(LIMIT)

    assert etl(return_state=True).name == "Cancelled"
    assert recording.states("waits") == ["Pending", "Running", "Cancelling", "Cancelled"]


def test_one_that_blocks_its_loop_for_another_can_be_stopped(recording):
    started = threading.Event()

    @own(name="inner")
    async def inner():
        started.set()
        await asyncio.sleep(LIMIT)

    @own(name="outer")
    async def outer():
        inner.submit().result(LIMIT)

    def body():
        future = outer.submit()
        started.wait(LIMIT)
        future.cancel()
        future.wait(LIMIT)
        return future.state.name

    assert in_flow(body) == "Cancelled"
    assert recording.states("inner")[-1] == "Cancelled"


def test_an_inline_one_that_does_not_stop_is_left_behind(monkeypatch, go_on):
    monkeypatch.setattr(shield, "GRACE", 0.01)
    started = threading.Event()

    @own
    async def deaf():
        started.set()
        go_on.wait(LIMIT)

    def body():
        run = runs.current.get()
        threading.Thread(target=lambda: started.wait(LIMIT) and run.children[0].cancel()).start()
        future = deaf.submit()
        over = future.done()
        go_on.set()
        future.wait(LIMIT)
        return over

    assert in_flow(body, runner="inline") is False


# -- what a run leaves behind on its loop


def test_what_it_has_not_awaited_is_cancelled(go_on):
    ended = []

    async def goes_on():
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    @own
    async def leaves():
        ended.append(asyncio.create_task(goes_on()))
        await asyncio.sleep(0)

    in_flow(lambda: leaves.submit().result(LIMIT), runner="inline")
    ended[0].get_loop()
    while not ended[0].done():  # the thread made for it winds up after the run is over
        time.sleep(0)
    assert ended[1:] == ["cancelled"]


def test_a_worker_that_something_holds_on_to_is_replaced(monkeypatch):
    monkeypatch.setattr(shield, "GRACE", 0.001)
    loops, free = [], asyncio.Event()

    async def stays():
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                pass

    @own
    async def leaves():
        loops.append(asyncio.get_running_loop())
        loops.append(asyncio.create_task(stays()))
        await asyncio.sleep(0)

    def body():
        leaves.submit().result(LIMIT)
        return answer.submit().result(LIMIT)

    assert in_flow(body, runner=ThreadRunner(1)) == 42
    loops[0].call_soon_threadsafe(free.set)
    while not loops[0].is_closed():
        time.sleep(0)


def test_a_run_that_its_hook_submits_is_run_all_the_same(recording):
    done = threading.Event()

    @task(name="report", on_end=done.set)
    async def report():
        await asyncio.sleep(0)

    @own(on_completion=lambda: report.submit())  # noqa: PLW0108 -- submitted in the hook
    async def ends():
        pass

    in_flow(lambda: ends.submit().result(LIMIT))
    assert done.wait(LIMIT)
    assert recording.states("report") == ["Pending", "Running", "Completed"]


def test_without_a_loop_to_be_had_the_run_crashes_and_nobody_waits_for_ever(monkeypatch):
    def no_loop():
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio, "new_event_loop", no_loop)

    def body():
        future = answer.submit()
        future.wait(LIMIT)
        return future.state.name, future.state.message

    assert in_flow(body) == ("Crashed", "hookcell could not go on: OSError")


def test_its_loop_is_closed_and_forgotten():
    @own
    async def loop():
        return asyncio.get_running_loop()

    used = in_flow(lambda: loop.submit().result(LIMIT), runner="inline")
    while used in own_loop.passing:
        time.sleep(0)
    assert used.is_closed()
