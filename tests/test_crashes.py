"""Crashes: what ends a run like SystemExit or from outside its code is told once, and is in nobody's way."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT

from hookcell import CrashedRun, RunInterrupted, flow, policies, remembered, runs, task, waiting
from hookcell.errors import describe
from hookcell.gate import gate
from hookcell.testing import record


@pytest.fixture(autouse=True)
def _no_current_run():
    yield
    assert runs.current.get() is None


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


class Odd(BaseException):
    pass


CRASHES = {
    SystemExit(3): "Execution was aborted by Python system exit call.",
    KeyboardInterrupt(): "Execution was aborted by an interrupt signal.",
    RunInterrupted(): "Execution was aborted by an interrupt signal.",
    asyncio.CancelledError(): "Execution was cancelled by the runtime environment.",
    GeneratorExit(): "Execution was interrupted by an unexpected exception: GeneratorExit: ",
    Odd("x"): "Execution was interrupted by an unexpected exception: Odd: x",
}
each_crash = pytest.mark.parametrize(("error", "message"), CRASHES.items(), ids=lambda x: type(x).__name__)
# A coroutine that is closed raises GeneratorExit: that one is no crash by its body.
IN_COROUTINES = {error: message for error, message in CRASHES.items() if not isinstance(error, GeneratorExit)}
each_async_crash = pytest.mark.parametrize("error", IN_COROUTINES, ids=lambda x: type(x).__name__)
BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])


def raises(error):
    def body():
        raise error

    return body


def araises(error):
    async def body():
        await asyncio.sleep(0)
        raise error

    return body


def noting(into):
    kinds = ("on_running", "on_completion", "on_failure", "on_crashed", "on_cancellation", "on_end")
    return {kind: lambda owner, run, state, kind=kind: into.append((kind, state.name)) for kind in kinds}


# -- what a crash is


@BOTH
@each_crash
def test_a_body_that_raises_what_is_no_exception_has_crashed(definition, error, message, recording):
    hooks = []
    with pytest.raises(type(error)) as caught:
        definition(name="etl", **noting(hooks))(raises(error))()
    assert caught.value is error
    state = recording.of("etl").state
    assert (state.name, state.message, state.data) == ("Crashed", message, error)
    assert hooks == [("on_running", "Running"), ("on_crashed", "Crashed"), ("on_end", "Crashed")]


@BOTH
@each_crash
def test_return_state_does_not_hold_a_crash_back(definition, error, message, recording):
    with pytest.raises(type(error)):
        definition(name="etl")(raises(error))(return_state=True)
    assert recording.states("etl")[-1] == "Crashed"


@each_crash
def test_a_crash_in_a_task_crashes_the_flows_around_it(error, message, recording):
    inner = task(name="inner")(raises(error))
    middle = flow(name="middle")(lambda: inner(return_state=True))
    outer = flow(name="outer")(lambda: middle(return_state=True))
    with pytest.raises(type(error)):
        outer()
    assert {run.state.name for run in recording.runs} == {"Crashed"}
    assert {run.state.message for run in recording.runs} == {message}


@BOTH
def test_an_exception_is_a_failure_and_no_crash(definition, recording):
    state = definition(name="etl")(raises(ValueError("no price")))(return_state=True)
    assert state.is_failed()


def test_a_flow_may_catch_the_crash_of_a_task():
    inner = task(raises(SystemExit(3)))

    @flow
    def outer():
        try:
            inner()
        except SystemExit as error:
            return error.code

    assert outer() == 3


# -- in workers and on loops


def test_a_crash_in_a_worker_is_raised_where_its_result_is_asked_for(recording):
    inner = task(name="inner")(raises(SystemExit(3)))
    with pytest.raises(SystemExit):
        flow(name="outer")(lambda: inner.submit().result(LIMIT))()
    assert recording.states("inner")[-1] == recording.states("outer")[-1] == "Crashed"


def test_a_crash_in_a_worker_that_nobody_looked_at_is_noted(recording):
    inner = task(name="inner")(raises(SystemExit(3)))
    flow(name="outer")(lambda: inner.submit() and None)()
    assert recording.of("outer").notes == (
        "task run 'inner' crashed and nobody looked at it: Execution was aborted by Python system exit call.",
    )


def test_after_a_crash_the_pool_and_the_loop_work_on():
    plain, coroutine = task(raises(SystemExit())), task(araises(SystemExit()))
    fine, afine = task(lambda: 1), task(araises_nothing)

    @flow(runner="threads")
    def outer():
        for future in (plain.submit(), coroutine.submit()):
            assert isinstance(future.result(LIMIT, raise_on_failure=False), SystemExit)
        return fine.submit().result(LIMIT), afine.submit().result(LIMIT)

    assert outer() == (1, 1)


async def araises_nothing():
    return 1


@each_async_crash
def test_in_an_async_flow_the_crash_of_an_awaited_task_can_be_caught(error):
    inner = task(araises(error))

    @flow
    async def outer():
        with pytest.raises(type(error)) as caught:
            await inner()
        return caught.value

    assert asyncio.run(outer()) is error


def test_what_would_kill_a_loop_leaves_an_outermost_async_run_as_crashed_run(recording):
    etl = flow(name="etl")(araises(SystemExit(3)))

    async def kernel():
        with pytest.raises(CrashedRun) as caught:
            await asyncio.create_task(etl())
        assert str(caught.value) == "Execution was aborted by Python system exit call. (SystemExit: 3)"
        assert isinstance(caught.value.__cause__, SystemExit)
        return "alive"

    assert asyncio.run(kernel()) == "alive"
    assert recording.states("etl")[-1] == "Crashed"


def test_what_would_kill_a_loop_leaves_a_branch_of_a_gather_as_crashed_run():
    branch = task(araises(KeyboardInterrupt()))

    @flow
    async def etl():
        return await asyncio.gather(branch(), return_exceptions=True)

    (error,) = asyncio.run(etl())
    assert str(error).startswith("Execution was aborted by an interrupt signal.")


# -- stopped from outside, by asyncio


def test_an_asyncio_timeout_around_a_run_crashes_it_and_is_raised(recording):
    hooks = []

    @flow(name="etl", **noting(hooks))
    async def etl():
        await asyncio.sleep(LIMIT)

    async def impatient(**options):
        async with asyncio.timeout(0.001):
            await etl(**options)

    for options in ({}, {"return_state": True}):
        with pytest.raises(TimeoutError):
            asyncio.run(impatient(**options))
        assert recording.states("etl") == ["Pending", "Running", "Crashed"]
        assert recording.of("etl").state.message == "Execution was cancelled by the runtime environment."
    assert hooks == [("on_running", "Running"), ("on_crashed", "Crashed"), ("on_end", "Crashed")] * 2


def test_a_task_group_can_cancel_runs(recording):
    @flow(name="slow")
    async def slow():
        await asyncio.sleep(LIMIT)

    async def group():
        async with asyncio.TaskGroup() as group:
            group.create_task(slow())
            await asyncio.sleep(0)
            raise ValueError

    with pytest.raises(ExceptionGroup):
        asyncio.run(group())
    assert recording.states("slow")[-1] == "Crashed"


def test_a_cancellation_while_hooks_run_comes_after_them(recording):
    hooks = []

    async def slowly():
        await asyncio.sleep(0.005)
        hooks.append("done")

    @flow(name="etl", on_completion=[slowly, lambda: hooks.append("next")])
    async def etl():
        return 1

    async def impatient():
        async with asyncio.timeout(0.001):
            await etl()

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    assert recording.states("etl")[-1] == "Completed"
    assert hooks == ["done", "next"]
    assert [call.outcome for call in recording.of("etl").hooks] == ["ok", "ok"]


def impatient(coroutine):
    async def waits():
        async with asyncio.timeout(0.005):
            await coroutine

    with pytest.raises(TimeoutError):
        asyncio.run(waits())


def test_a_cancellation_between_tries_leaves_no_other_try(recording):
    @flow(name="etl", retries=1, retry_delay_seconds=60)
    async def etl():
        raise ValueError

    impatient(etl())
    assert recording.states("etl") == ["Pending", "Running", "AwaitingRetry", "Crashed"]
    assert recording.of("etl").state.message == "Execution was cancelled by the runtime environment."


@pytest.fixture
def slow():
    """A task that ends when the test is over."""
    over = threading.Event()
    yield task(name="slow")(lambda: over.wait(LIMIT))
    over.set()


def test_a_cancellation_while_a_run_waits_for_its_upstream_leaves_it_crashed(slow, recording):
    @task(name="after")
    async def after(x):
        raise AssertionError

    async def starts():
        await after(slow.submit())

    impatient(starts())
    assert recording.states("after") == ["Pending", "Crashed"]


def test_a_cancellation_while_a_run_waits_for_what_it_submitted_leaves_it_crashed(slow, recording):
    @flow(name="etl")
    async def etl():
        slow.submit()

    impatient(etl())
    assert recording.states("etl") == ["Pending", "Running", "Crashed"]


def test_a_coroutine_that_is_closed_leaves_no_run_behind(recording):
    @flow(name="etl")
    async def etl():
        await asyncio.sleep(LIMIT)

    async def starts():
        coroutine = etl()
        coroutine.send(None)
        coroutine.close()

    asyncio.run(starts())
    assert str(recording.of("etl").state) == "Crashed('Its coroutine was closed before the run ended.')"
    assert recording.of("etl").over


def test_a_coroutine_that_is_closed_while_a_hook_is_in_lets_the_next_one_in(recording):
    async def slowly():
        await asyncio.sleep(LIMIT)

    @flow(name="etl", on_running=slowly)
    async def etl():
        """Never reached."""

    async def starts():
        coroutine = etl()
        coroutine.send(None)
        await asyncio.sleep(0)
        assert gate.owner is recording.of("etl").hooks[0]
        coroutine.close()

    asyncio.run(starts())
    assert [call.outcome for call in recording.of("etl").hooks] == ["abandoned"]
    assert gate.owner is None


# -- errors that are hard to tell


class Untold(Exception):
    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__


@BOTH
def test_an_exception_without_a_text_fails_its_run(definition, recording):
    with pytest.raises(Untold):
        definition(name="etl")(raises(Untold()))()
    assert recording.of("etl").state.message.endswith("Untold: (its text cannot be had)")


def test_an_exception_without_a_text_in_a_worker_and_upstream_hangs_nobody(recording):
    first, after = task(name="first")(raises(Untold())), task(name="after")(lambda x: x)
    flow(lambda: after.submit(first.submit()) and None)()
    assert recording.states("first")[-1] == "Failed"
    assert recording.of("after").state.message == (
        "Upstream task run 'first' did not reach a 'COMPLETED' state: it is Failed. Untold: (its text cannot be had)"
    )


@BOTH
def test_an_exception_without_a_text_is_tried_again(definition):
    assert definition(retries=1)(raises(Untold()))(return_state=True).is_failed()


# -- a fault of hookcell itself


@pytest.fixture
def faulty(monkeypatch):
    def end_of(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(policies, "end_of", end_of)


@pytest.mark.usefixtures("faulty")
def test_a_fault_in_the_engine_ends_the_run_and_wakes_who_waits(recording):
    step = task(name="step")(lambda: 1)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(step.submit).result(LIMIT)
    with pytest.raises(ZeroDivisionError):
        future.result(LIMIT)
    assert recording.states("step") == ["Pending", "Running", "Crashed"]
    assert recording.of("step").over


@pytest.mark.usefixtures("faulty")
def test_a_fault_in_the_engine_is_raised_in_the_caller(recording):
    with pytest.raises(ZeroDivisionError):
        flow(name="etl")(lambda: 1)()
    assert recording.states("etl")[-1] == "Crashed"


@pytest.fixture
def faulty_wait(monkeypatch):
    def pace(_seconds):
        raise ZeroDivisionError

    monkeypatch.setattr(waiting, "pace", pace)


DRIVEN = {
    "sync": lambda step: step(raises(ValueError()))(),
    "async": lambda step: asyncio.run(step(araises(ValueError()))()),
    "submitted": lambda step: step(raises(ValueError())).submit().result(LIMIT),
    "submitted async": lambda step: step(araises(ValueError())).submit().result(LIMIT),
}


@pytest.mark.usefixtures("faulty_wait")
@pytest.mark.parametrize("call", DRIVEN.values(), ids=DRIVEN)
def test_a_fault_in_a_driver_ends_the_run_and_is_raised_in_the_caller(call, recording):
    with pytest.raises(ZeroDivisionError):
        call(task(name="step", retries=1, retry_delay_seconds=1))
    assert recording.states("step")[-2:] == ["AwaitingRetry", "Crashed"]
    assert recording.of("step").over


def test_user_code_in_hookcells_way_breaks_no_run(recording):
    """Arguments may have types whose special methods raise anything."""

    class Nasty:
        def __eq__(self, other):
            raise SystemExit

        __hash__ = None

        def __bool__(self):
            raise SystemExit

        def __repr__(self):
            raise SystemExit

    nasty = Nasty()
    step = task(lambda x: x)
    assert flow(step)(nasty) is nasty
    assert step.submit([nasty]).result(LIMIT)[0] is nasty


def test_a_flow_that_calls_itself_without_end_fails_and_leaves_nothing_behind(recording):
    etl = flow(name="etl", on_failure=lambda: 1)(lambda n: etl(n + 1))
    with pytest.raises(RecursionError):
        etl(0)
    assert recording.states("etl")[0] == "Pending"
    assert {run.state.name for run in recording.runs} <= {"Failed", "Crashed"}
    assert gate.owner is None


def test_a_run_that_a_thread_of_the_users_starts_is_a_root():
    step = task(name="step")(lambda: runs.current.get().parent)

    @flow
    def etl():
        found = []
        thread = threading.Thread(target=lambda: found.append(step()))
        thread.start()
        thread.join(LIMIT)
        return found

    assert etl() == [None]


class Mute(BaseException):
    def __str__(self):
        raise RuntimeError("no text")


def test_a_crash_may_have_no_text():
    def dies():
        raise Mute

    crashes = flow(name="crashes")(dies)
    with pytest.raises(Mute):
        crashes(return_state=True)
    told = "Execution was interrupted by an unexpected exception: Mute: (its text cannot be had)"
    assert remembered.flow_runs[-1].state.message == told
    assert describe(Mute()) == "Mute: (its text cannot be had)"
