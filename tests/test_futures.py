"""Futures: what submit promises, and what a future says and gives."""

import asyncio
import contextvars
import threading

import pytest
from small_runs import LIMIT, broken, in_flow, one, same

from hookcell import (
    Completed,
    Failed,
    Future,
    FutureList,
    Running,
    ThreadRunner,
    UpstreamTaskError,
    as_completed,
    flow,
    runs,
    task,
    wait,
)

# -- submit


def test_submit_gives_a_future_whose_result_is_the_runs():
    assert in_flow(lambda: one.submit().result(LIMIT)) == 1


def test_submit_goes_on_at_once(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        future = waits.submit()
        assert not future.done()
        assert future.state.name in {"Pending", "Running"}
        go_on.set()
        return future.result(LIMIT)

    assert etl() is True


def test_submitted_tasks_run_beside_each_other():
    together = threading.Barrier(3)
    meets = task(lambda x: together.wait(LIMIT))
    assert sorted(in_flow(lambda: meets.map(range(3)).result(LIMIT))) == [0, 1, 2]


def test_a_submitted_task_runs_in_a_thread_of_the_runner_or_in_the_callers():
    where = task(threading.get_ident)
    here = threading.get_ident()
    assert in_flow(lambda: where.submit().result(LIMIT)) != here
    assert in_flow(lambda: where.submit().result(LIMIT), runner="inline") == here


def test_a_task_can_be_submitted_outside_any_flow():
    assert one.submit().result(LIMIT) == 1


def test_an_async_task_can_be_submitted_from_sync_code():
    @task
    async def answer(x):
        await asyncio.sleep(0)
        return x

    assert in_flow(lambda: answer.submit(42).result(LIMIT)) == 42
    assert answer.submit(42).result(LIMIT) == 42


def test_a_submitted_async_task_runs_on_the_loop_of_the_async_flow_that_submits_it():
    @task
    async def loop():
        return asyncio.get_running_loop()

    @flow
    async def etl():
        return await loop.submit() is asyncio.get_running_loop()

    assert asyncio.run(etl())


def test_a_submitted_task_sees_the_context_it_was_submitted_in():
    seen = task(lambda: runs.current.get().parent)
    (around, seen_parent) = in_flow(lambda: (runs.current.get(), seen.submit().result(LIMIT)))
    assert seen_parent is around


def test_a_flow_does_not_end_before_what_it_submitted(recording, go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        waits.submit()
        threading.Timer(0.001, go_on.set).start()

    etl()
    assert recording.states("waits")[-1] == "Completed"


def test_a_task_does_not_end_before_what_it_submitted(recording):
    outer = task(name="outer")(lambda: one.submit() and None)
    in_flow(lambda: outer())  # noqa: PLW0108 -- called in the flow
    events = [str(event) for event in recording.events]
    assert events.index("task one: Completed") < events.index("task outer: Completed")


def test_a_run_that_a_flows_hook_submits_is_run_all_the_same(recording):
    done = threading.Event()
    report = task(name="report", on_end=done.set)(lambda: 1)
    flow(on_completion=lambda: report.submit())(lambda: 1)()  # noqa: PLW0108 -- submitted in the hook
    assert done.wait(LIMIT)
    assert recording.states("report") == ["Pending", "Running", "Completed"]


def test_when_the_body_fails_what_has_not_started_never_does(recording, go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))
    started = threading.Event()
    first = task(name="first")(lambda: (started.set(), go_on.wait(LIMIT)))

    @flow(runner=ThreadRunner(1))
    def etl():
        first.submit()
        waits.submit().run.token.watch(go_on.set)  # the first goes on once the other was told to stop
        assert started.wait(LIMIT)
        raise ValueError

    etl(return_state=True)
    assert recording.states("first") == ["Pending", "Running", "Completed"]
    assert recording.states("waits") == ["Pending", "Cancelled"]


# -- what a future says and gives


def test_a_future_resolves_after_its_runs_hooks(go_on):
    hooks = []
    step = task(on_completion=lambda: (go_on.wait(LIMIT), hooks.append("done")))(lambda: 1)

    @flow
    def etl():
        future = step.submit()
        future.wait(0)
        assert not future.done()
        go_on.set()
        future.result(LIMIT)
        return list(hooks)

    assert etl() == ["done"]


def test_a_failure_is_raised_or_given():
    @flow
    def etl():
        future = broken.submit()
        with pytest.raises(KeyError, match="price"):
            future.result(LIMIT)
        return type(future.result(raise_on_failure=False)), future.state.name

    assert etl() == (KeyError, "Failed")


def test_wait_raises_nothing_and_result_says_what_was_late(go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        future = waits.submit()
        assert future.wait(0.001) is None
        with pytest.raises(TimeoutError) as caught:
            future.result(0.001)
        assert str(caught.value) == "Task run 'waits' did not complete within 0.001 seconds"
        with pytest.raises(TimeoutError):
            future.result(0)
        go_on.set()

    etl()


def test_a_negative_timeout_is_an_error(go_on):
    waits = task(lambda: go_on.wait(LIMIT))
    future = waits.submit()
    for waiting in (future.wait, future.result, FutureList([future]).wait, FutureList([future]).result):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its whole text is compared
            waiting(-1)
        assert str(caught.value) == (
            "'timeout' must be a non-negative number, got -1; give seconds, or None for no limit"
        )


def test_a_future_can_be_awaited():
    @flow
    async def etl():
        return await same.submit(3), await broken.submit()

    with pytest.raises(KeyError, match="price"):
        asyncio.run(etl())

    async def outside_any_flow():
        return await one.submit()

    assert asyncio.run(outside_any_flow()) == 1


def test_a_future_that_is_done_can_be_awaited_again():
    async def twice():
        future = one.submit()
        return await future, await future, future.result()

    assert asyncio.run(twice()) == (1, 1, 1)


def test_a_done_callback_is_called_once_with_the_future(go_on):
    waits = task(lambda: go_on.wait(LIMIT))
    called, futures = threading.Event(), []

    @flow
    def etl():
        future = waits.submit()
        future.add_done_callback(lambda done: (futures.append(done), called.set()))
        assert futures == []
        go_on.set()
        future.result(LIMIT)
        assert called.wait(LIMIT)
        future.add_done_callback(futures.append)
        return futures == [future, future]

    assert etl()


def test_a_done_callback_that_raises_is_noted_and_the_others_are_called(recording):
    called = threading.Event()

    def raises(_future):
        raise OSError("no mail")

    def etl():
        future = task(name="step")(lambda: 1).submit()
        future.add_done_callback(raises)
        future.add_done_callback(lambda _: called.set())
        return future.result(LIMIT)

    assert in_flow(etl) == 1
    assert called.wait(LIMIT)
    assert recording.of("step").notes == ("a done callback of 'step' raised OSError: no mail; the run went on",)


def test_waiting_in_vain_again_and_again_leaves_nothing_behind(go_on):
    future = task(lambda: go_on.wait(LIMIT)).submit()
    for _ in range(10):
        future.wait(0)
        FutureList([future]).wait(0)
    assert future._wakes == []


def test_a_future_can_be_cancelled(go_on, recording):
    @task(name="waits")
    def waits():
        while not go_on.wait(0.001):
            pass

    def etl():
        future = waits.submit()
        assert future.cancel()
        future.wait(LIMIT)
        assert not future.cancel()
        return future.state.is_cancelled()

    assert in_flow(etl)


def test_cancelling_one_future_leaves_the_others_alone(go_on):
    def etl():
        first, second = same.submit(1, wait_for=[task(lambda: go_on.wait(LIMIT)).submit()]), same.submit(2)
        first.cancel()
        first.wait(LIMIT)
        go_on.set()
        return first.state.name, second.result(LIMIT)

    assert in_flow(etl) == ("Cancelled", 2)


def test_a_future_shows_its_run_and_knows_its_id(recording):
    future = one.submit()
    future.result(LIMIT)
    assert repr(future) == f"<Future of {recording.of('one')!r}>"
    assert future.task_run_id == recording.of("one").id


# -- futures of a dialect


class Elsewhere:
    """Stands for a run that somebody else carries out."""

    id, name = 7, "elsewhere"

    def __init__(self):
        self.state = Running()

    def cancel(self):
        return False


class TheirFuture(Future):
    """A future whose run is none of hookcell's."""

    __slots__ = ()

    def __init__(self):
        super().__init__(Elsewhere(), contextvars.copy_context())

    def end(self, state):
        self.run.state = state
        self.resolve()


@pytest.fixture
def theirs():
    """A future that another thread ends once it is waited for, with 42."""
    future = EndsOnceWaitedFor()
    thread = threading.Thread(target=lambda: future.waited_for.wait(LIMIT) and future.end(Completed(data=42)))
    thread.start()
    yield future
    future.waited_for.set()
    thread.join(LIMIT)


class EndsOnceWaitedFor(TheirFuture):
    __slots__ = ("waited_for",)

    def __init__(self):
        super().__init__()
        self.waited_for = threading.Event()

    def on_done(self, wake):
        super().on_done(wake)
        self.waited_for.set()


THEIR_WAITS = {
    "result": lambda future: future.result(LIMIT),
    "wait": lambda future: (future.wait(LIMIT), future.state.data)[1],
    "list": lambda future: FutureList([future]).result(LIMIT)[0],
    "wait()": lambda future: next(iter(wait([future], LIMIT).done)).result(),
    "as_completed": lambda future: next(as_completed([future], LIMIT)).result(),
    "an argument": lambda future: in_flow(lambda: same.submit([future]).result(LIMIT))[0],
    "mapped over": lambda future: in_flow(lambda: same.map([1], y=future).result(LIMIT)) and 42,
    "awaited": lambda future: asyncio.run(awaiting(future)),
}


async def awaiting(future):
    return await future


@pytest.mark.parametrize("waited", THEIR_WAITS.values(), ids=THEIR_WAITS)
def test_a_future_of_a_dialect_is_waited_for_in_every_way(waited, theirs):
    assert waited(theirs) == 42


def test_a_future_of_a_dialect_that_failed_raises_and_holds_others_up():
    future = TheirFuture()
    future.end(Failed(data=KeyError("price")))
    with pytest.raises(KeyError, match="price"):
        FutureList([future]).result()
    with pytest.raises(UpstreamTaskError) as caught:
        in_flow(lambda: same(future))
    assert str(caught.value) == (
        "Upstream task run 'elsewhere' did not reach a 'COMPLETED' state: it is Failed. KeyError: 'price'"
    )


# -- callbacks that raise more than an Exception


class Stubborn(BaseException):
    """What a callback may raise that is no Exception."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [Stubborn, SystemExit, KeyboardInterrupt])
def test_a_done_callback_that_wants_to_end_everything_ends_nothing(go_on, error, caplog):
    waits = task(lambda: go_on.wait(LIMIT))
    seen = []

    def leave(_):
        raise error("no")

    @flow
    def etl():
        future = waits.submit()
        future.add_done_callback(leave)
        future.add_done_callback(seen.append)
        after = one.submit(wait_for=[future])
        go_on.set()
        return future.result(LIMIT), after.result(LIMIT), len(seen)

    assert etl() == (True, 1, 1)
    assert f"a done callback of '<lambda>' raised {error.__name__}: no; the run went on" in caplog.text


def test_a_done_callback_that_is_called_at_once_raises_in_its_caller_what_is_no_exception():
    def body():
        future = one.submit()
        future.wait(LIMIT)
        with pytest.raises(Stubborn):
            future.add_done_callback(lambda _: (_ for _ in ()).throw(Stubborn()))

    in_flow(body)
