"""Runs in the background: started at once, driven in a thread of their own, waited for, cancelled, and told of."""

import asyncio
import contextvars
import logging
import os
import signal
import sys
import threading

import pytest
from small_runs import LIMIT

from hookcell import (
    CancelledRun,
    CrashedRun,
    FlowRun,
    RunInterrupted,
    SelfWaitError,
    TaskRun,
    WaitTimeout,
    background,
    every_run,
    flow,
    leaving,
    runs,
    session,
    tags,
    task,
    unseen,
    zenml,
)
from hookcell.gate import gate
from hookcell.prefect import flow as prefect_flow
from hookcell.prefect import task as prefect_task
from hookcell.testing import capture_prints
from hookcell.zenml import pipeline, step


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert leaving.wait_for_all(LIMIT)
    unseen.tell_all()
    assert gate.owner is None
    assert session.taken_over == {}


@task
def double(x):
    return 2 * x


@task
async def adouble(x):
    await asyncio.sleep(0)
    return 2 * x


# -- starting ----------------------------------------------------------------------------------------------------------


def test_start_returns_at_once_and_the_run_goes_on_in_a_thread_of_its_own(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        return threading.current_thread()

    run = waiting.start()
    assert isinstance(run, FlowRun)
    assert (run.background, run.parent, run.over) == (True, None, False)
    go_on.set()
    thread = run.result(LIMIT)
    assert thread not in {threading.current_thread(), threading.main_thread()}
    assert thread.name == f"hookcell {run.name}"
    assert run.over


def test_a_call_is_no_background_run():
    seen = []

    @flow(on_completion=lambda flow, run, state: seen.append(run))
    def plain():
        return double.submit(2).result()

    plain()
    assert [run.background for run in (seen[0], *seen[0].children)] == [False, False]


@flow
def sync_flow(x):
    return [double(x), double.submit(x).result(), adouble.submit(x).result()]


@flow
async def async_flow(x):
    return [double(x), await adouble(x), await adouble.submit(x)]


@flow
def items(x):
    yield 2 * x
    yield 2 * x
    yield 2 * x


@flow
async def aitems(x):
    for _ in range(3):
        yield 2 * x


@prefect_task
def prefect_double(x):
    return 2 * x


@prefect_flow
def prefect_sync(x):
    return [prefect_double(x), prefect_double.submit(x).result(), 2 * x]


@prefect_flow
async def prefect_async(x):
    return [prefect_double(x), await asyncio.sleep(0, 2 * x), 2 * x]


@prefect_flow
def prefect_items(x):
    yield from (2 * x, 2 * x, 2 * x)


@step
def zen_double(x: int) -> int:
    return 2 * x


@pipeline
def zen(x: int):
    return [zen_double(x), zen_double(x), zen_double(x)]


ALL = (sync_flow, async_flow, items, aitems, prefect_sync, prefect_async, prefect_items, zen)


@pytest.mark.parametrize("owner", ALL, ids=lambda owner: f"{type(owner).__module__} {owner.name}")
def test_every_kind_of_flow_can_be_started(owner):
    run = owner.start(4)
    assert run.result(LIMIT) == [8, 8, 8]
    assert run.wait().is_completed()


@pytest.mark.parametrize("owner", [double, adouble, prefect_double, zen_double], ids=repr)
def test_a_task_can_be_started_outside_any_flow(owner):
    run = owner.start(4)
    assert isinstance(run, TaskRun)
    assert (run.result(LIMIT), run.background, run.parent) == (8, True, None)


def test_a_run_that_another_run_starts_is_outermost_and_outlives_it(go_on):
    @flow
    def inner():
        go_on.wait(LIMIT)
        return "inner"

    @flow
    def outer():
        return inner.start()

    run = outer()
    assert (run.parent, run.over) == (None, False)
    go_on.set()
    assert run.result(LIMIT) == "inner"


@pytest.mark.usefixtures("little_grace")
def test_a_stop_of_the_run_that_started_it_does_not_reach_it(go_on):
    started = []

    @flow
    def inner():
        go_on.wait(LIMIT)
        return "inner"

    @flow
    def outer():
        started.append(inner.start())
        go_on.wait(LIMIT)

    run = outer.start()
    while not started:
        pass
    run.cancel()
    assert run.wait(LIMIT).is_cancelled()
    go_on.set()
    assert started[0].result(LIMIT) == "inner"


def test_arguments_may_be_futures():
    assert sync_flow.start(double.submit(2)).result(LIMIT) == [8, 8, 8]


def test_wait_for_is_waited_for_in_the_background(go_on):
    @task
    def slow():
        go_on.wait(LIMIT)

    run = sync_flow.start(1, wait_for=[slow.submit()])
    assert run.state.is_pending()
    go_on.set()
    assert run.result(LIMIT) == [2, 2, 2]


def test_wrong_arguments_fail_the_run_in_hookcell_and_the_call_in_prefect():
    assert sync_flow.start(1, 2).wait(LIMIT).name == "Failed"
    with pytest.raises(TypeError, match="too many positional arguments"):
        prefect_sync.start(1, 2)


def test_context_variables_and_tags_of_the_launching_code_are_those_of_the_run():
    place = contextvars.ContextVar("place", default="nowhere")

    @flow(on_completion=lambda flow, run, state: seen.append((place.get(), sorted(run.tags))))
    def where():
        return place.get()

    seen = []
    place.set("cell 1")
    with tags("prod"):
        run = where.start()
    place.set("cell 2")
    assert run.result(LIMIT) == "cell 1"
    assert seen == [("cell 1", ["prod"])]


def test_an_async_flow_submits_onto_its_own_loop():
    @task
    async def loop():
        return asyncio.get_running_loop()

    @flow
    async def loops():
        return await loop.submit() is asyncio.get_running_loop()

    assert loops.start().result(LIMIT) is True


def test_an_async_run_that_blocks_its_thread_blocks_no_other(go_on):
    @flow
    async def blocking():
        go_on.wait(LIMIT)

    run = blocking.start()
    assert async_flow.start(1).result(LIMIT) == [2, 2, 2]
    assert not run.over


def test_a_hook_that_starts_a_run_does_not_wait_for_it_and_is_not_its_turn(go_on):
    started, order = [], []

    def tell(flow, run, state):
        order.append(flow.name)

    @flow(on_completion=tell)
    def follow_up():
        return "done"

    @flow(on_completion=lambda flow, run, state: (started.append(follow_up.start()), order.append("first")))
    def first():
        return 1

    def starts(flow, run, state):
        return follow_up.start()  # a value like any other: it is not awaited

    first()
    assert started[0].result(LIMIT) == "done"
    assert order == ["first", "follow_up"]

    @flow(on_completion=starts)
    def second():
        go_on.set()

    second()
    assert leaving.wait_for_all(LIMIT)


def test_an_async_hook_may_return_a_run(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)

    async def starts(flow, run, state):
        return waiting.start()

    @flow(on_completion=[starts, lambda flow, run, state: waiting.start()])
    async def first():
        return 1

    assert asyncio.run(first()) == 1


def test_methods_can_be_started():
    class Shop:
        rate = 3

        @flow
        def total(self, x):
            return self.rate * x

    assert Shop().total.start(4).result(LIMIT) == 12


def test_session_wide_hooks_and_records_are_as_for_any_run(recording):
    with every_run(on_end=lambda owner, run, state: None):
        run = sync_flow.start(1)
        run.wait(LIMIT)
    assert recording.states("sync_flow") == ["Pending", "Running", "Completed"]
    assert [hook.outcome for hook in run.hooks] == ["ok"]
    assert run.notes == ()


def test_prints_of_hooks_are_on_their_records():
    @flow(on_completion=lambda flow, run, state: print("told"))  # noqa: T201 -- it is what is tested
    def telling():
        """Print nothing itself."""

    with capture_prints():
        run = telling.start()
        run.wait(LIMIT)
    assert [hook.printed for hook in run.hooks] == ["told\n"]


def test_a_thread_that_the_system_does_not_give_crashes_the_run(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        run = sync_flow.start(1)
    assert str(run.wait(LIMIT)) == "Crashed('hookcell could not go on: RuntimeError')"
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run.result()


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can interrupt himself on Windows")
def test_an_interrupt_as_a_run_starts_stops_it():
    seen = []

    def press(run):
        seen.append(run)
        os.kill(os.getpid(), signal.SIGINT)

    def body():
        """Do nothing, or not even that."""

    with pytest.raises(RunInterrupted) as told:
        background.start(flow(name="etl")(body), (), {}, announce=press)
    (run,) = seen
    assert str(told.value) == f"flow run {run.name!r} was interrupted as it started"
    assert run.wait(LIMIT).is_final()


def test_a_run_is_sent_off_whatever_its_announcement_does():
    seen = []

    def announce(run):
        seen.append(run)
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        background.start(sync_flow, (1,), {}, announce=announce)
    assert seen[0].result(LIMIT) == [2, 2, 2]


def test_a_prepared_pipeline_can_be_started():
    @zenml.pipeline
    def prepared(first):
        return first(4)

    run = prepared(first=zen_double).start()
    assert run.result(LIMIT) == 8


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_a_wait_that_takes_too_long_is_told_and_the_run_goes_on(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        return 3

    run = waiting.start()
    with pytest.raises(WaitTimeout) as told:
        run.wait(0)
    assert str(told.value) == f"flow run {run.name!r} is not over after 0 s; it goes on"
    with pytest.raises(TimeoutError):
        run.result(0)
    go_on.set()
    assert run.result(LIMIT) == 3


@pytest.mark.parametrize("timeout", [-1, "1"])
def test_a_timeout_that_is_no_time_is_refused(timeout, go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)

    with pytest.raises((ValueError, TypeError), match="must be a non-negative number"):
        waiting.start().wait(timeout)


def test_the_end_comes_after_the_hooks(go_on):
    @flow(on_completion=lambda flow, run, state: go_on.wait(LIMIT))
    def short():
        return 1

    run = short.start()
    while not run.state.is_completed():
        pass
    with pytest.raises(WaitTimeout):
        run.wait(0.01)
    go_on.set()
    assert run.wait(LIMIT).data == 1


def test_result_raises_what_a_call_would():
    @flow
    def broken():
        raise KeyError("price")

    @flow
    def leaving_early():
        raise SystemExit(3)

    with pytest.raises(KeyError, match="price"):
        broken.start().result(LIMIT)
    with pytest.raises(SystemExit):
        leaving_early.start().result(LIMIT)
    assert leaving_early.start().wait(LIMIT).name == "Crashed"


def test_await_waits_without_blocking_the_loop_and_may_be_repeated(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        return 3

    async def main():
        run = waiting.start()
        asyncio.get_running_loop().call_soon(go_on.set)
        return await run, await run, await asyncio.wait_for(run, LIMIT), await asyncio.gather(run, run)

    assert asyncio.run(main()) == (3, 3, 3, [3, 3])


def test_await_raises_what_a_call_would_but_for_what_would_end_the_loop():
    @flow
    def broken():
        raise KeyError("price")

    @flow
    def leaving_early():
        raise SystemExit(3)

    async def main():
        with pytest.raises(KeyError, match="price"):
            await broken.start()
        with pytest.raises(CrashedRun) as told:
            await asyncio.gather(leaving_early.start())
        return told.value

    error = asyncio.run(main())
    assert str(error) == "Execution was aborted by Python system exit call. (SystemExit: 3)"
    assert isinstance(error.__cause__, SystemExit)


def test_an_awaiting_task_that_is_cancelled_leaves_the_run_alone(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        return 3

    async def main():
        run = waiting.start()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run, 0.01)
        assert not run.over
        go_on.set()
        return await run

    assert asyncio.run(main()) == 3


def test_runs_that_were_called_can_be_waited_for_too(go_on):
    began = threading.Event()
    found = []

    @flow(on_running=lambda flow, run, state: (found.append(run), began.set()))
    def called():
        go_on.wait(LIMIT)
        return 3

    thread = threading.Thread(target=called)
    thread.start()
    began.wait(LIMIT)
    (run,) = found
    results = []
    others = [threading.Thread(target=lambda: results.append(run.result(LIMIT))) for _ in range(3)]
    for other in others:
        other.start()
    with pytest.raises(WaitTimeout):
        run.wait(0)
    go_on.set()
    for other in (thread, *others):
        other.join(LIMIT)
    assert results == [3, 3, 3]
    assert (run.wait().data, run.result(), asyncio.run(_awaited(run))) == (3, 3, 3)


async def _awaited(run):
    return await run


def test_a_run_cannot_wait_for_itself():
    told = []

    def refused(wait):
        with pytest.raises(SelfWaitError) as error:
            wait()
        told.append(error.value)

    def in_hook(flow, run, state):
        refused(run.wait)

    @task
    def inside():
        refused(runs.current.get().parent.result)

    @flow(on_running=in_hook)
    def narcissus():
        refused(runs.current.get().wait)
        inside()

    @flow
    async def anarcissus():
        with pytest.raises(SelfWaitError):
            await runs.current.get()

    run = narcissus.start()
    run.wait(LIMIT)
    sentence = f"flow run {run.name!r} would wait for itself: wait for it outside its code and its hooks"
    assert [str(error) for error in told] == [sentence] * 3
    assert anarcissus.start().wait(LIMIT).is_completed()


def test_a_run_that_waits_for_another_stops_waiting_when_it_is_cancelled(go_on):
    @flow
    def slow():
        go_on.wait(LIMIT)

    @flow
    def impatient(run):
        run.wait()

    other = slow.start()
    run = impatient.start(other)
    while not run.state.is_running():
        pass
    run.cancel()
    assert run.wait(LIMIT).message == "Flow run was cancelled."
    assert not other.over


def test_a_hook_that_waits_for_a_run_lends_its_turn(go_on):
    @flow(on_completion=lambda flow, run, state: None)
    def other():
        return 1

    @flow(on_completion=lambda flow, run, state: other.start().wait(LIMIT))
    def first():
        return 2

    run = first.start()
    assert run.wait(LIMIT).data == 2
    assert [hook.outcome for hook in run.hooks] == ["ok"]


# -- stopping ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("little_grace")
def test_a_cancelled_run_calls_its_hooks_and_is_left_behind_if_it_does_not_stop(go_on):
    seen = []

    @flow(on_cancellation=lambda flow, run, state: seen.append(state.name), on_end=lambda f, r, s: seen.append(s.name))
    def stuck():
        go_on.wait(LIMIT)

    run = stuck.start()
    while not run.state.is_running():
        pass
    assert run.cancel() is True
    with pytest.raises(CancelledRun, match="Its code did not stop"):
        run.result(LIMIT)
    assert seen == ["Cancelling", "Cancelled"]
    assert run.cancel() is False


def test_an_async_run_is_cancelled_where_it_awaits():
    ended = []

    @flow
    async def sleepy():
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(True)

    run = sleepy.start()
    while not run.state.is_running():
        pass
    run.cancel()
    assert run.wait(LIMIT).is_cancelled()
    assert ended in ([True], [])


# -- telling -----------------------------------------------------------------------------------------------------------


@flow
def broken():
    raise KeyError("price")


def _until_over():
    assert leaving.wait_for_all(LIMIT)
    unseen.tell_all()


def test_a_failure_that_nobody_waits_for_is_told_once(caplog):
    run = broken.start()
    _until_over()
    (record,) = caplog.records
    assert record.getMessage() == f"flow run {run.name!r} failed in the background"
    assert isinstance(record.exc_info[1], KeyError)
    assert record.exc_info[2].tb_frame.f_code is broken.fn.__code__  # the user's own frame comes first
    assert run.notes == (f"flow run {run.name!r} failed in the background: KeyError: 'price'",)
    with pytest.raises(KeyError):
        run.result()
    assert len(caplog.records) == 1


def test_a_failure_that_somebody_waits_for_is_not_told(caplog, go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        raise KeyError("price")

    run = waiting.start()
    waiting_for_it = threading.Thread(target=run.wait)
    waiting_for_it.start()
    while not run.future.looked_at:
        pass
    go_on.set()
    waiting_for_it.join(LIMIT)
    _until_over()
    assert (caplog.records, run.notes) == ([], ())


def test_a_failure_that_somebody_asks_for_in_time_is_not_told(caplog):
    async def ask(run):
        with pytest.raises(KeyError):
            await run

    runs = [broken.start() for _ in range(3)]
    assert leaving.wait_for_all(LIMIT)
    runs[0].wait()
    with pytest.raises(KeyError):
        runs[1].result()
    asyncio.run(ask(runs[2]))
    unseen.tell_all()
    assert (caplog.records, [run.notes for run in runs]) == ([], [(), (), ()])


def test_a_failure_is_told_when_nobody_has_asked_for_it_for_a_moment(caplog, monkeypatch):
    heard = threading.Event()
    monkeypatch.setattr(unseen, "TELL_AFTER", 0.001)
    monkeypatch.setattr(session, "warn", lambda line, error: heard.set())
    broken.start()
    assert heard.wait(LIMIT)


def test_a_failure_is_told_after_a_wait_that_was_given_up(caplog, go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)
        raise KeyError("price")

    async def give_up(run):
        await asyncio.wait_for(run, 0.01)

    runs = [waiting.start(), waiting.start()]
    with pytest.raises(WaitTimeout):
        runs[0].wait(0)
    with pytest.raises(TimeoutError):
        asyncio.run(give_up(runs[1]))
    go_on.set()
    _until_over()
    assert [len(run.notes) for run in runs] == [1, 1]


@pytest.mark.usefixtures("little_grace")
def test_a_crash_is_told_and_a_cancellation_is_not(caplog, go_on):
    @flow
    def crashing():
        raise SystemExit(3)

    @flow
    def stuck():
        go_on.wait(LIMIT)

    run = crashing.start()
    stuck.start().cancel()
    _until_over()
    assert [record.getMessage() for record in caplog.records] == [f"flow run {run.name!r} crashed in the background"]


def test_a_log_handler_that_raises_does_not_keep_a_run_open():
    class Broken(logging.Handler):
        def emit(self, record):
            raise ValueError("disk full")

    logger, handler = logging.getLogger("hookcell"), Broken()
    logger.addHandler(handler)
    try:
        assert broken.start().wait(LIMIT).is_failed()
        _until_over()
    finally:
        logger.removeHandler(handler)


# -- showing -----------------------------------------------------------------------------------------------------------


def test_a_run_is_shown_as_text_where_there_is_no_view(capsys):
    @flow
    def many():
        double.map(range(25)).wait()

    run = many.start()
    run.wait(LIMIT)
    run.view()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"flow 'many', run {run.name!r}: Completed()"
    assert lines[1] == "  double[0]: Completed()"
    assert lines[20:] == ["  double[19]: Completed()", "  and 5 more"]


def test_a_view_shows_a_run_if_there_is_one(monkeypatch):
    shown = []
    monkeypatch.setattr(session, "show_run", shown.append)
    run = double.start(1)
    run.view()
    assert shown == [run]
