"""The gate: hooks run one at a time, and none waits for ever."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT

from hookcell import ThreadRunner, flow, hook, shield, task
from hookcell.gate import Gate, gate, holding
from hookcell.hooks import HookRun
from hookcell.testing import record


@pytest.fixture(autouse=True)
def _nothing_held():
    yield
    assert gate.owner is None


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


class Room:
    """Sees whether two are in it at once."""

    def __init__(self):
        self.inside = self.most = self.visits = 0

    def __enter__(self):
        self.inside += 1
        self.visits += 1
        self.most = max(self.most, self.inside)

    def __exit__(self, *_):
        self.inside -= 1

    def visit(self):
        with self:
            time.sleep(0.0005)

    async def avisit(self):
        with self:
            for _ in range(3):
                await asyncio.sleep(0)


@pytest.fixture
def room():
    return Room()


def outcomes(recording):
    return [event.detail.outcome for event in recording.events if event.what == "hook_ended"]


# -- one at a time


def test_hooks_of_tasks_in_many_threads_never_overlap(room):
    step = task(on_running=room.visit, on_completion=room.visit)(lambda x: x)
    flow(runner=ThreadRunner(8))(lambda: step.map(range(20)).result(LIMIT))()
    assert (room.visits, room.most) == (40, 1)


def test_hooks_of_flows_in_many_threads_never_overlap(room):
    etl = flow(on_completion=room.visit)(lambda: 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: etl(), range(20)))
    assert (room.visits, room.most) == (20, 1)


def test_async_hooks_of_two_runs_on_one_loop_never_overlap(room):
    @flow(on_running=room.avisit, on_completion=room.avisit)
    async def etl():
        await asyncio.sleep(0)

    async def several():
        await asyncio.gather(*(etl() for _ in range(10)))

    asyncio.run(several())
    assert (room.visits, room.most) == (20, 1)


def test_plain_and_async_hooks_of_loops_and_threads_never_overlap(room):
    step = task(on_completion=[room.visit, room.avisit])(lambda x: x)

    @task(on_completion=[room.avisit, room.visit])
    async def astep(x):
        return x

    @flow(runner=ThreadRunner(4))
    async def etl():
        futures = [*step.map(range(5)), *astep.map(range(5))]
        await asyncio.gather(*(astep(x) for x in range(5)))
        return [await future for future in futures]

    assert asyncio.run(etl()) == [0, 1, 2, 3, 4] * 2
    assert (room.visits, room.most) == (30, 1)


def test_concurrent_hooks_may_overlap():
    together = threading.Barrier(2)
    step = task(on_completion=hook(lambda: together.wait(LIMIT), concurrent=True))(lambda x: x)
    flow(lambda: step.map([1, 2]).result(LIMIT))()
    assert not together.broken


def test_a_concurrent_hook_does_not_wait_for_one_whose_turn_it_is():
    inside, go_on = threading.Event(), threading.Event()

    def holds():
        inside.set()
        assert go_on.wait(LIMIT)

    holder = flow(on_completion=holds)(lambda: 1)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(holder)
        assert inside.wait(LIMIT)
        flow(on_completion=hook(go_on.set, concurrent=True))(lambda: 1)()
        assert held.result(LIMIT) == 1


# -- what a hook starts passes


def test_hooks_of_runs_that_a_hook_starts_pass(recording):
    inner = flow(name="inner", on_completion=lambda: 1)(lambda: 1)
    middle = flow(name="middle", on_completion=lambda: inner() and None)(lambda: 1)
    flow(name="outer", on_completion=lambda: middle() and None)(lambda: 1)()
    assert outcomes(recording) == ["ok", "ok", "ok"]


def test_a_hook_that_waits_for_a_task_with_a_hook_that_it_submitted_ends(recording):
    report = task(on_completion=lambda: 1)(lambda: 2)
    etl = flow(on_completion=lambda: report.submit().result(LIMIT))(lambda: 1)
    etl()
    assert outcomes(recording) == ["ok", "ok"]


def test_a_hook_that_waits_for_a_task_with_a_hook_submitted_before_it_ends(recording):
    futures, go_on = [], threading.Event()
    slow = task(on_completion=lambda: 1)(lambda: go_on.wait(LIMIT))

    def waits():
        go_on.set()
        futures[0].result(LIMIT)

    quick = task(on_completion=waits)(lambda: 1)

    @flow
    def etl():
        futures.append(slow.submit())
        quick()

    etl()
    assert outcomes(recording) == ["ok", "ok"]


def test_an_async_hook_that_awaits_a_task_with_a_hook_submitted_before_it_ends(recording):
    futures, go_on = [], threading.Event()
    slow = task(on_completion=lambda: 1)(lambda: go_on.wait(LIMIT))

    async def waits():
        go_on.set()
        await futures[0]

    @task(on_completion=hook(waits, timeout_seconds=LIMIT))
    async def quick():
        """Do nothing."""

    @flow
    async def etl():
        futures.append(slow.submit())
        await quick()

    asyncio.run(etl())
    assert outcomes(recording) == ["ok", "ok"]


def test_an_async_hook_of_a_sync_run_that_awaits_a_task_with_a_hook_ends(recording):
    report = task(on_completion=lambda: 1)(lambda: 2)

    async def waits():
        assert await report.submit() == 2

    flow(on_completion=hook(waits, timeout_seconds=LIMIT))(lambda: 1)()
    assert outcomes(recording) == ["ok", "ok"]


def test_a_sync_task_called_on_the_loop_of_a_hook_that_awaits_does_not_wait_for_it():
    async def awaits():
        inside.set()
        await asyncio.sleep(0.01)

    @flow(on_completion=awaits)
    async def first():
        return 1

    step = task(on_completion=lambda: 1)(lambda: 2)

    @flow
    async def second():
        await inside.wait()
        return step()

    async def both():
        return await asyncio.gather(first(), second())

    inside, results = asyncio.Event(), []
    loop = threading.Thread(target=lambda: results.append(asyncio.run(both())))
    loop.start()
    loop.join(LIMIT)
    if hung := loop.is_alive():
        gate.release(gate.owner)
        loop.join(LIMIT)
    assert (hung, results) == (False, [[1, 2]])


def test_a_sync_task_with_an_async_hook_called_on_the_background_loop_ends(recording):
    async def awaits():
        await asyncio.sleep(0)

    step = task(name="step", on_completion=hook(awaits, timeout_seconds=LIMIT))(lambda: 1)

    @task
    async def submitted():
        return step()

    assert flow(lambda: submitted.submit().result(LIMIT))() == 1
    assert outcomes(recording) == ["ok"]


def test_a_hook_that_waits_for_many_tasks_with_hooks_ends_and_they_do_not_overlap(room, recording):
    report = task(on_completion=room.visit)(lambda x: x)
    etl = flow(on_completion=lambda: report.map(range(10)).result(LIMIT))(lambda: 1)
    etl()
    assert (room.visits, room.most) == (10, 1)
    assert outcomes(recording) == ["ok"] * 11


def test_after_it_has_waited_a_hook_has_the_turn_again(room):
    report = task(lambda: 1)

    def waits():
        report.submit().result(LIMIT)
        room.visit()

    etl = flow(on_completion=waits)(lambda: 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: etl(), range(10)))
    assert (room.visits, room.most) == (10, 1)


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
def test_a_hook_that_has_waited_waits_for_its_turn_again(is_async, room, recording):
    waiting, other_is_in = threading.Event(), threading.Event()

    @task
    def part():
        waiting.set()
        assert other_is_in.wait(LIMIT)

    def waits():
        part.submit().result(LIMIT)
        room.visit()

    async def awaits():
        await part.submit()
        await room.avisit()

    def other():
        with room:
            other_is_in.set()
            time.sleep(0.005)

    first = flow(on_completion=hook(awaits if is_async else waits, timeout_seconds=LIMIT))(lambda: 1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert waiting.wait(LIMIT)
        flow(on_completion=other)(lambda: 1)()
        running.result(LIMIT)
    assert (room.visits, room.most) == (2, 1)
    assert outcomes(recording) == ["ok", "ok"]


def test_a_task_that_a_hook_submitted_and_left_does_not_pass_the_next_hook(room):
    go_on = threading.Event()
    late = task(on_completion=room.visit)(lambda: go_on.wait(LIMIT))

    def holds():
        with room:
            go_on.set()
            time.sleep(0.002)

    submits = flow(on_completion=lambda: futures.append(late.submit()))(lambda: 1)
    futures = []
    submits()
    flow(on_completion=holds)(lambda: 1)()
    futures[0].result(LIMIT)
    assert (room.visits, room.most) == (2, 1)


# -- whoever is abandoned lets the next one in


def test_a_hook_that_timed_out_lets_the_next_one_in(recording, monkeypatch):
    monkeypatch.setattr(shield, "GRACE", 0.01)
    never = threading.Event()
    stuck = task(name="stuck", on_completion=hook(lambda: never.wait(LIMIT), timeout_seconds=0.01))(lambda: 1)
    other = task(name="other", on_completion=lambda: 1)(lambda: 1)

    @flow
    def etl():
        stuck.submit().result(LIMIT)
        other.submit().result(LIMIT)

    try:
        etl()
        assert outcomes(recording) == ["timed out", "ok"]
    finally:
        never.set()


def test_a_hook_that_waits_for_its_turn_is_abandoned_by_a_second_press(recording):
    inside, go_on = threading.Event(), threading.Event()

    def holds():
        inside.set()
        go_on.wait(LIMIT)

    holder = flow(on_completion=holds)(lambda: 1)
    waiter = flow(name="waiter", on_completion=lambda: 1)(lambda: 1)

    def hook_began(what="hook_began"):
        return next((e.run for e in recording.events if e.what == what and e.run.definition is waiter), None)

    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(holder)
        assert inside.wait(LIMIT)
        waiting = pool.submit(waiter, return_state=True)
        while (run := hook_began()) is None:
            time.sleep(0.001)
        run.cancel()
        run.cancel()
        try:
            assert waiting.result(LIMIT).is_completed()
            assert [call.outcome for call in run.hooks] == ["abandoned"]
        finally:
            go_on.set()
        held.result(LIMIT)


@pytest.mark.parametrize("times", [1, 2])
def test_a_coroutine_that_is_cancelled_while_it_waits_for_its_turn_waits_on_once(times, room, recording):
    """After the second time it is abandoned, and its loop is closed when the turn would come."""
    inside, go_on = threading.Event(), threading.Event()

    def holds():
        with room:
            inside.set()
            go_on.wait(LIMIT)

    holder = flow(on_completion=holds)(lambda: 1)

    @flow(name="waiter", on_completion=room.visit)
    async def waiter():
        return 2

    async def at_the_gate(before=None):
        while not gate._waiting or gate._waiting[0] is before:  # noqa: ASYNC110 -- the gate tells nobody who waits
            await asyncio.sleep(0)
        return gate._waiting[0]

    async def gives_up():
        running = asyncio.create_task(waiter())
        first = await at_the_gate()
        running.cancel()
        await at_the_gate(first)
        assert not running.done()
        go_on.set() if times == 1 else running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(holder)
        assert inside.wait(LIMIT)
        try:
            asyncio.run(gives_up())
        finally:
            go_on.set()
        assert held.result(LIMIT) == 1
    assert (room.visits, room.most) == (3 - times, 1)
    assert [call.outcome for call in recording.of("waiter").hooks] == [["ok"], ["abandoned"]][times - 1]


# -- the gate itself


@pytest.fixture
def hook_runs():
    return [HookRun(None, None, None) for _ in range(3)]


def test_one_is_let_in_and_the_next_when_it_is_out(hook_runs):
    gate, (first, second, _) = Gate(), hook_runs
    assert gate.try_take(first)
    assert not gate.try_take(second)
    gate.release(first)
    assert gate.try_take(second)
    assert gate.owner is second


def test_who_waits_is_woken_once_when_the_gate_is_free(hook_runs):
    gate, woken = Gate(), []
    gate.try_take(hook_runs[0])
    gate.on_free(lambda: woken.append(1))
    assert woken == []
    gate.release(hook_runs[0])
    gate.try_take(hook_runs[1])
    gate.release(hook_runs[1])
    assert woken == [1]


def test_who_comes_when_the_gate_is_free_is_woken_at_once():
    woken = []
    Gate().on_free(lambda: woken.append(1))
    assert woken == [1]


def test_releasing_what_is_not_inside_changes_nothing(hook_runs):
    gate, (first, second, _) = Gate(), hook_runs
    gate.try_take(first)
    gate.release(second)
    assert gate.owner is first


def test_the_holder_lets_in_what_it_started_but_only_one_at_a_time(hook_runs):
    gate, (first, second, third) = Gate(), hook_runs
    gate.try_take(first)
    entered = holding.set(first)
    try:
        assert gate.try_take(second)
        assert not gate.try_take(third)
        gate.release(second)
        assert gate.try_take(third)
    finally:
        holding.reset(entered)


def test_a_holder_that_lends_has_the_gate_back_when_it_is_free(hook_runs):
    gate, (first, second, _) = Gate(), hook_runs
    gate.try_take(first)
    entered = holding.set(first)
    try:
        lent = gate.lend()
        assert lent == (first,)
        assert gate.try_take(second)
        assert not gate.try_return(lent)
        gate.release(second)
        assert gate.try_return(lent)
        assert gate.owner is first
    finally:
        holding.reset(entered)


def test_what_was_abandoned_while_it_lent_stays_out(hook_runs):
    gate, (first, _, _) = Gate(), hook_runs
    gate.try_take(first)
    entered = holding.set(first)
    try:
        lent = gate.lend()
    finally:
        holding.reset(entered)
    first.outcome = "timed out"
    assert gate.try_return(lent)
    assert gate.owner is None


def test_who_holds_nothing_lends_nothing():
    assert Gate().lend() == ()
