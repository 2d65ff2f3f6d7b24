"""Stop means cancel: Cancelling, with its hooks, then Cancelled; nothing starts any more, and nothing late counts.

The signals behind the kernel's Interrupt: test_fault_injection.py.
"""

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, RunInterrupted, ThreadRunner, engine, flow, runs, task
from hookcell.drive import guard
from hookcell.engine import STRAGGLERS
from hookcell.gate import gate
from hookcell.shield import GRACE
from hookcell.testing import record

# CPython may raise a stop in a weak reference's callback, where it is told and lost; that is not what this is about.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _nothing_left():
    yield
    assert gate.owner is None
    assert runs.current.get() is None


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def never():
    """An event that bodies wait for; it comes when the test is over, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def deaf(never):
    """A body that does not stop before the test is over, and a queue into which those in it put their threads."""
    inside = SimpleQueue()

    def body(_x=None):
        try:
            inside.put(threading.current_thread())
            never.wait(LIMIT)
        except BaseException:  # noqa: BLE001 -- it does not listen
            body()
        return "late"

    return body, inside


@pytest.fixture
def aside():
    """Have something called in another thread: one put into a queue, which a stop in the caller cannot break."""
    calls = SimpleQueue()

    def work():
        while (call := calls.get()) is not None:
            call()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield lambda fn, *args: calls.put(partial(fn, *args))
    for _ in threads:
        calls.put(None)
    for thread in threads:
        thread.join(LIMIT)


@pytest.fixture
def cancel(aside):
    """`cancel(run)` has another thread cancel a run: the current one if none is given."""
    return lambda run=None: aside((run or runs.current.get()).cancel)


def busy():
    while True:
        pass


def kinds(into):
    """Hooks of every ending kind that note their kind and state."""
    names = ("on_completion", "on_failure", "on_crashed", "on_cancellation", "on_end")
    return {kind: lambda owner, run, state, kind=kind: into.append((owner.name, kind, state.name)) for kind in names}


def cancelled(name):
    return [(name, "on_cancellation", "Cancelling"), (name, "on_end", "Cancelled")]


# -- wherever a body runs


def asleep_in_main(cancel, **options):
    return flow(**options)(lambda: (cancel(), time.sleep(LIMIT)))(return_state=True)


def busy_in_main(cancel, **options):
    return flow(**options)(lambda: (cancel(), busy()))(return_state=True)


def waiting_in_main(cancel, **options):
    never = threading.Event()
    return flow(**options)(lambda: (cancel(), never.wait(LIMIT)))(return_state=True)


def busy_in_a_users_thread(cancel, **options):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(busy_in_main, cancel, **options).result(LIMIT)


def busy_in_a_worker(cancel, **options):
    body = task(**options)(lambda: (cancel(), busy()))

    def around():
        future = body.submit()
        future.wait(LIMIT)
        return future.state, None

    return flow(around)()[0]


def task_in_main(cancel, **options):
    body = task(**options)(lambda: (cancel(), time.sleep(LIMIT)))
    return flow(lambda: (body(return_state=True), None))()[0]


async def _asleep(cancel):
    cancel()
    await asyncio.sleep(LIMIT)


def async_flow(cancel, **options):
    return asyncio.run(flow(**options)(_asleep)(cancel, return_state=True))


def async_task(cancel, **options):
    return asyncio.run(task(**options)(_asleep)(cancel, return_state=True))


def submitted_async_task(cancel, **options):
    future = task(**options)(_asleep).submit(cancel)
    future.wait(LIMIT)
    return future.state


WAYS = [
    asleep_in_main,
    busy_in_main,
    waiting_in_main,
    busy_in_a_users_thread,
    busy_in_a_worker,
    task_in_main,
    async_flow,
    async_task,
    submitted_async_task,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_cancelled_run_is_cancelling_with_its_hooks_and_then_cancelled(way, cancel, recording):
    hooks = []
    began = time.monotonic()
    state = way(cancel, name="slow", **kinds(hooks))
    assert time.monotonic() - began < LIMIT / 2
    assert recording.states("slow") == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert hooks == cancelled("slow")
    assert state is recording.of("slow").state
    kind = recording.of("slow").definition.kind.capitalize()
    assert str(state) == f"Cancelled('{kind} run was cancelled.')"


@pytest.mark.parametrize("way", WAYS)
def test_a_cancelled_run_is_not_tried_again(way, cancel, recording):
    way(cancel, name="slow", retries=3)
    assert recording.states("slow")[-2:] == ["Cancelling", "Cancelled"]
    assert recording.of("slow").run_count == 1


def test_without_return_state_the_call_raises(cancel):
    with pytest.raises(CancelledRun) as caught:
        flow(lambda: (cancel(), time.sleep(LIMIT)))()
    assert str(caught.value) == "Flow run was cancelled."
    with pytest.raises(CancelledRun, match=r"^Flow run was cancelled\.$"):
        asyncio.run(flow(_asleep)(cancel))


def test_a_body_that_cancels_its_own_run_is_stopped_there(recording):
    reached = []

    def body():
        assert runs.current.get().cancel()
        reached.append("after")

    flow(name="etl")(body)(return_state=True)
    assert reached == []
    assert recording.states("etl") == ["Pending", "Running", "Cancelling", "Cancelled"]


def test_what_a_body_raises_when_it_is_stopped_does_not_matter(recording):
    def body():
        try:
            runs.current.get().cancel()
        finally:
            raise ValueError("on the way out")

    flow(name="etl")(body)(return_state=True)
    assert recording.states("etl")[-2:] == ["Cancelling", "Cancelled"]


# -- before and between bodies


def test_a_run_cancelled_while_pending_never_runs(recording):
    hooks = []
    etl = flow(name="etl", on_transition=lambda flow, run, state: run.cancel() if state.is_pending() else None)
    state = etl(lambda: hooks.append("body")).with_options(**kinds(hooks))(return_state=True)
    assert recording.states("etl") == ["Pending", "Cancelled"]
    assert hooks == [("etl", "on_end", "Cancelled")]
    assert state.message == "Flow run was cancelled before it started."


def test_a_run_cancelled_by_its_on_running_hook_never_enters_its_body(recording):
    reached = []
    flow(name="etl", on_running=lambda flow, run: run.cancel() and None)(lambda: reached.append(1))(return_state=True)
    assert (reached, recording.states("etl")) == ([], ["Pending", "Running", "Cancelling", "Cancelled"])


def test_a_wait_between_tries_ends_at_once(recording):
    def body():
        raise ValueError

    etl = flow(name="etl", retries=1, retry_delay_seconds=60, on_retry=lambda flow, run: run.cancel() and None)
    etl(body)(return_state=True)
    assert recording.states("etl") == ["Pending", "Running", "AwaitingRetry", "Cancelling", "Cancelled"]


def test_a_wait_between_tries_of_an_async_run_ends_at_once(recording):
    @flow(retries=1, retry_delay_seconds=60, on_retry=lambda flow, run: run.cancel() and None)
    async def etl():
        raise ValueError

    asyncio.run(etl(return_state=True))
    assert recording.states("etl")[2:] == ["AwaitingRetry", "Cancelling", "Cancelled"]


# -- nested runs


def test_runs_inside_a_cancelled_run_are_cancelled_first(cancel, recording):
    hooks = []
    inner = task(name="inner", **kinds(hooks))(lambda: (cancel(runs.current.get().root), time.sleep(LIMIT)))
    middle = flow(name="middle", **kinds(hooks))(inner)
    flow(name="outer", **kinds(hooks))(middle)(return_state=True)
    assert hooks == [*cancelled("inner"), *cancelled("middle"), *cancelled("outer")]


def test_async_runs_inside_a_cancelled_run_are_cancelled_first(cancel, recording):
    hooks = []

    @task(name="inner", **kinds(hooks))
    async def inner():
        cancel(runs.current.get().root)
        await asyncio.sleep(LIMIT)

    @flow(name="outer", **kinds(hooks))
    async def outer():
        await inner()

    asyncio.run(outer(return_state=True))
    assert hooks == [*cancelled("inner"), *cancelled("outer")]


def test_every_branch_of_a_gather_is_cancelled(cancel, recording):
    hooks = []

    async def slowly():
        for _ in range(10):
            await asyncio.sleep(0)

    @task(name="branch", on_running=slowly, on_cancellation=[slowly, lambda: hooks.append("branch")])
    async def branch(n):
        begun.append(n)
        if len(begun) == 3:
            cancel(runs.current.get().root)
        await asyncio.sleep(LIMIT)

    @flow(name="outer", on_cancellation=[slowly, lambda: hooks.append("outer")])
    async def outer():
        await asyncio.gather(*map(branch, range(3)))

    begun = []
    asyncio.run(outer(return_state=True))
    assert hooks == ["branch", "branch", "branch", "outer"]
    assert {run.state.name for run in recording.runs} == {"Cancelled"}
    assert {call.outcome for run in recording.runs for call in run.hooks} == {"ok"}


def test_a_cancelled_child_fails_a_parent_that_does_not_expect_it(cancel, recording):
    inner = task(name="inner")(lambda: (cancel(), time.sleep(LIMIT)))
    flow(name="outer")(inner)(return_state=True)
    assert recording.states("inner")[-1] == "Cancelled"
    assert str(recording.of("outer").state) == (
        "Failed('Flow run encountered an exception: CancelledRun: Task run was cancelled.')"
    )


def test_of_two_flows_on_one_loop_only_the_cancelled_one_stops(cancel, recording):
    @flow
    async def etl(stop):
        if stop:
            cancel()
            await asyncio.sleep(LIMIT)
        await asyncio.sleep(0.002)
        return "done"

    async def both():
        return await asyncio.gather(etl(True, return_state=True), etl(False, return_state=True))

    states = asyncio.run(both())
    assert [state.name for state in states] == ["Cancelled", "Completed"]


# -- submitted runs


def test_submitted_tasks_that_have_not_started_never_do(cancel, recording):
    hooks = []
    first = task(name="first", **kinds(hooks))(busy)
    later = task(name="later", **kinds(hooks))(lambda _x: hooks.append("body"))

    @flow(name="etl", runner=ThreadRunner(1))
    def etl():
        futures = [first.submit(), *later.map([1, 2])]
        while not futures[0].state.is_running():
            time.sleep(0)
        cancel()
        futures[-1].result(LIMIT)

    etl(return_state=True)
    assert recording.states("later[0]") == recording.states("later[1]") == ["Pending", "Cancelled"]
    assert recording.of("later[0]").state.message == "Task run was cancelled before it started."
    assert sorted(hooks) == sorted([*cancelled("first"), *[("later", "on_end", "Cancelled")] * 2])


def test_a_task_that_waits_for_its_upstream_is_cancelled_without_having_run(cancel, recording):
    first = task(name="first")(busy)
    later = task(name="later")(lambda x: x)

    @flow
    def etl():
        future = later.submit(first.submit())
        cancel()
        future.result(LIMIT)

    etl(return_state=True)
    assert recording.states("later") == ["Pending", "Cancelled"]


def test_a_flow_is_cancelled_after_what_it_submitted(cancel, recording):
    order = []
    note = {"on_end": lambda owner: order.append(owner.name)}
    slow = task(name="slow", **note)(lambda _x: busy())
    etl = flow(name="etl", **note)(lambda: (slow.map([1, 2]), cancel(), time.sleep(LIMIT)))
    etl(return_state=True)
    assert order == ["slow", "slow", "etl"]


def test_cancelling_while_a_flow_waits_for_what_it_submitted_stops_both(cancel, recording):
    slow = task(name="slow")(busy)
    flow(name="etl")(lambda: (slow.submit(), cancel(), None)[2])(return_state=True)
    assert recording.states("etl") == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert recording.states("slow")[-1] == "Cancelled"


# -- code that does not stop


SWALLOWED = "was told to stop, but its code caught that and went on; it ends as if nothing had happened"


def test_a_body_that_swallows_the_stop_has_completed_with_a_note(cancel, recording):
    def stubborn():
        try:
            cancel()
            time.sleep(LIMIT)
        except RunInterrupted:
            return "saved"

    assert flow(name="etl")(stubborn)() == "saved"
    run = recording.of("etl")
    assert [state.name for state in run.story] == ["Pending", "Running", "Completed"]
    assert run.notes == (f"{run.name!r} {SWALLOWED}",)


def test_an_async_body_that_swallows_the_stop_has_completed_with_a_note(cancel, recording):
    @flow
    async def etl():
        try:
            await _asleep(cancel)
        except asyncio.CancelledError:
            return "saved"

    assert asyncio.run(etl()) == "saved"
    assert [note.endswith(SWALLOWED) for note in recording.of("etl").notes] == [True]


def test_a_worker_body_that_swallows_the_stop_has_completed_with_a_note(cancel, recording):
    @task
    def stubborn():
        try:
            cancel()
            busy()
        except RunInterrupted:
            return "saved"

    assert flow(lambda: stubborn.submit().result(LIMIT))() == "saved"
    assert recording.of("stubborn").notes == (f"'stubborn' {SWALLOWED}",)


def test_a_second_press_stops_a_body_that_swallowed_the_first(cancel, recording):
    def stubborn():
        run = runs.current.get()
        try:
            cancel()
            time.sleep(LIMIT)
        except RunInterrupted:
            cancel(run)
            time.sleep(LIMIT)

    flow(name="etl")(stubborn)(return_state=True)
    assert recording.states("etl")[-2:] == ["Cancelling", "Cancelled"]


@pytest.mark.usefixtures("little_grace")
def test_a_worker_body_that_is_stuck_is_named_and_its_late_result_dropped(never, deaf, cancel, recording):
    stuck, inside = task(name="stuck")(deaf[0]), deaf[1]
    fine = task(name="fine")(lambda: 1)
    threads = []

    @flow(name="etl")
    def etl():
        fine.submit().wait(LIMIT)
        future = stuck.submit()
        threads.append(inside.get(timeout=LIMIT))
        cancel()
        future.result(LIMIT)

    state = etl(return_state=True)
    assert state.message == "Flow run was cancelled. Still running, its result will be dropped: stuck."
    run = recording.of("stuck")
    story = run.story
    assert [state.name for state in story] == ["Pending", "Running", "Cancelling", "Cancelled"]
    never.set()
    threads[0].join(LIMIT)
    assert run.story == story


def test_what_does_not_stop_is_waited_for_less_than_a_second():
    """Nearly all tests are more patient: conftest.py."""
    assert 0 < GRACE < STRAGGLERS < 1


@pytest.mark.usefixtures("little_grace")
def test_a_flow_with_stuck_tasks_ends_before_they_do(never, cancel, recording):
    inside, ended = SimpleQueue(), []

    def stays(x):
        inside.put(x)
        try:
            never.wait(LIMIT)
        finally:
            ended.append(x)

    stuck = task(name="stuck")(stays)

    def body():
        futures = stuck.map(range(8))
        for _ in futures:
            inside.get(timeout=LIMIT)
        cancel()
        futures.result(LIMIT)

    assert flow(body)(return_state=True).is_cancelled()
    assert ended == []


def test_an_async_flow_waits_for_many_stuck_tasks_no_longer_than_for_one(deaf, cancel, recording, monkeypatch):
    waits, nudged = [], guard.nudged

    def noting(subscribe, seconds=None):
        waits.append(seconds or 0)
        return nudged(subscribe, seconds)

    monkeypatch.setattr(engine, "STRAGGLERS", 0.1)
    monkeypatch.setattr(guard, "nudged", noting)
    stuck, inside = task(name="stuck")(deaf[0]), deaf[1]

    @flow
    async def etl():
        stuck.map(range(8))
        for _ in range(8):
            assert await asyncio.to_thread(inside.get, timeout=LIMIT)
        cancel()
        await asyncio.sleep(LIMIT)

    state = asyncio.run(etl(return_state=True))
    assert state.message.count("stuck") == 8
    assert 0 < sum(waits) < 0.2


@pytest.mark.usefixtures("little_grace")
def test_what_a_body_that_was_left_behind_starts_never_runs(never, deaf, cancel, recording):
    later = task(name="later")(lambda: 1)
    waits, inside = deaf
    tried = threading.Event()

    @task
    def stuck():
        waits()
        try:
            later()
        finally:
            tried.set()

    @flow
    def etl():
        future = stuck.submit()
        assert inside.get(timeout=LIMIT)
        cancel()
        future.result(LIMIT)

    etl(return_state=True)
    never.set()
    assert tried.wait(LIMIT)
    assert recording.states("later") == ["Pending", "Cancelled"]


AFTER_A_STOP = """
import sys
from hookcell import runs, task
@task
def stopped():
    runs.current.get().cancel()
    while True:
        pass
stopped.submit().wait()
sys.settrace(lambda *_: None)
(lambda: print("traced"))()
"""


def test_after_a_stop_in_a_worker_a_debugger_still_works():
    """CPython 3.11 traces for ever while it believes that an asynchronous exception is on its way to some thread."""
    done = subprocess.run(
        [sys.executable, "-c", AFTER_A_STOP], capture_output=True, text=True, timeout=LIMIT, check=True
    )
    assert done.stdout == "traced\n"


# -- pressing twice, and too late


def in_main(press, **options):
    flow(**options)(lambda: (press(), time.sleep(LIMIT)))(return_state=True)


def in_a_worker(press, **options):
    task(**options)(lambda: (press(), busy())).submit().wait(LIMIT)


def on_a_loop(press, **options):
    asyncio.run(flow(**options)(_asleep)(press, return_state=True))


@pytest.mark.parametrize("way", [in_main, in_a_worker, on_a_loop])
@pytest.mark.usefixtures("little_grace")
def test_a_second_press_abandons_the_hooks(way, never, aside, recording):
    hanging = threading.Event()

    def hang():
        hanging.set()
        never.wait(LIMIT)

    async def ahang():
        hanging.set()
        await asyncio.sleep(LIMIT)

    def press_twice(run):
        run.cancel()
        hanging.wait(LIMIT)
        run.cancel()

    def press():
        aside(press_twice, runs.current.get())

    began = time.monotonic()
    way(press, name="etl", on_cancellation=ahang if way is on_a_loop else hang, on_end=lambda: 1)
    assert time.monotonic() - began < LIMIT / 2
    run = recording.of("etl")
    assert [state.name for state in run.story] == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert [(call.kind, call.outcome) for call in run.hooks] == [
        ("on_cancellation", "abandoned"),
        ("on_end", "abandoned"),
    ]


def test_the_first_press_lets_a_hook_that_is_running_finish(recording):
    reached = []

    def hook(flow, run):
        run.cancel()
        reached.append("after")

    flow(name="etl", on_running=hook)(lambda: time.sleep(LIMIT))(return_state=True)
    assert reached == ["after"]
    assert [call.outcome for call in recording.of("etl").hooks] == ["ok"]


def test_a_run_that_is_over_cannot_be_cancelled(recording):
    flow(name="etl")(lambda: 1)()
    run = recording.of("etl")
    story = run.story
    assert run.cancel() is False
    assert run.story == story


def test_cancelling_in_a_hook_of_a_final_state_changes_nothing(recording):
    etl = flow(name="etl", on_completion=[lambda flow, run: run.cancel() and None, lambda: 1])(lambda: 42)
    assert etl() == 42
    run = recording.of("etl")
    assert [state.name for state in run.story] == ["Pending", "Running", "Completed"]
    assert [call.outcome for call in run.hooks] == ["ok", "ok"]


def test_many_threads_may_cancel_at_once(aside, recording):
    start = threading.Barrier(4)

    def press(run):
        start.wait(LIMIT)
        run.cancel()

    def body():
        for _ in range(4):
            aside(press, runs.current.get())
        time.sleep(LIMIT)

    flow(name="etl")(body)(return_state=True)
    assert recording.states("etl")[-2:] == ["Cancelling", "Cancelled"]


def test_cancelling_again_and_again_harms_nobody(recording):
    """The canceller may meet a run at any moment of its life, its loop may be closed: neither side breaks."""

    @flow(name="etl", on_cancellation=lambda: 1)
    async def etl():
        run = runs.current.get()
        presses.append(pool.submit(lambda: [run.cancel() for _ in range(3)]))
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(5)))

    presses = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            asyncio.run(etl(return_state=True))
        assert [press.exception(LIMIT) for press in presses] == [None] * 50
    assert {run.state.is_final() for run in recording.runs} == {True}
