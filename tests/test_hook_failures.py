"""Law 2: hooks cannot break a run, whatever they raise and however long they hang."""

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT

from hookcell import HookTimeout, RunInterrupted, flow, hook, task
from hookcell.gate import gate, holding
from hookcell.session import Listener, session
from hookcell.testing import record

calls = []


class Broken(Exception):
    def __str__(self):
        raise ValueError("no text")


class Odd(BaseException):
    pass


ERRORS = [
    ValueError("no mail"),
    Broken(),
    StopIteration(),
    StopAsyncIteration(),
    AssertionError(),
    SystemExit(3),
    KeyboardInterrupt(),
    GeneratorExit(),
    asyncio.CancelledError(),
    RunInterrupted(),
    Odd(),
]
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


@pytest.fixture(autouse=True)
def _clean():
    calls.clear()
    yield
    assert gate.owner is None


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def never():
    """An event that hooks wait for; it comes when the test is over, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def kept_loop(never):
    """Call async definitions on a loop that goes on for a while, as a kernel's does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda definition: asyncio.run_coroutine_threadsafe(definition(), loop).result(LIMIT)
    never.set()
    asyncio.run_coroutine_threadsafe(all_tasks_done(), loop).result(LIMIT)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(LIMIT)
    loop.close()


async def all_tasks_done():
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


def plain(error):
    def hook():
        raise error

    return hook


def coroutine(error):
    async def hook():
        await asyncio.sleep(0)
        raise error

    return hook


# Python turns a StopIteration that leaves a coroutine into another error, and GeneratorExit means that it was closed.
IN_COROUTINES = [error for error in ERRORS if not isinstance(error, StopIteration | GeneratorExit)]
RAISING = [*((plain, error) for error in ERRORS), *((coroutine, error) for error in IN_COROUTINES)]


def after():
    calls.append("after")


def call(definition):
    return definition()


def call_async(definition):
    return asyncio.run(definition())


def call_in_a_thread(definition):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(definition).result(LIMIT)


def submit(definition):
    return flow(lambda: definition.submit().result(LIMIT))()


def body():
    return 42


async def async_body():
    return 42


WAYS = {
    "flow": (flow, body, call),
    "flow in a thread": (flow, body, call_in_a_thread),
    "async flow": (flow, async_body, call_async),
    "task": (task, body, call),
    "submitted task": (task, body, submit),
    "async task": (task, async_body, call_async),
    "submitted async task": (task, async_body, submit),
}
every_way = pytest.mark.parametrize("way", WAYS)


# -- whatever they raise


@every_way
@pytest.mark.parametrize(("make", "error"), RAISING, ids=lambda x: getattr(x, "__name__", type(x).__name__))
def test_a_hook_that_raises_does_not_break_its_run(way, make, error, recording):
    definition, function, run_it = WAYS[way]
    done = definition(name="done", on_running=make(error), on_completion=[make(error), after])(function)
    assert run_it(done) == 42
    assert calls == ["after"]
    run = recording.of("done")
    assert [state.name for state in run.story] == ["Pending", "Running", "Completed"]
    assert [call.outcome for call in run.hooks] == ["failed", "failed", "ok"]
    assert run.hooks[0].error is error


@each_error
def test_a_hook_that_raises_in_a_failed_run_does_not_hide_the_failure(error):
    failing = flow(on_failure=plain(error))(lambda: (_ for _ in ()).throw(KeyError("price")))
    with pytest.raises(KeyError, match="price"):
        failing()


def test_a_failing_hook_is_logged_with_hook_run_and_traceback(recording, caplog):
    def notify():
        raise OSError("no mail")

    flow(name="etl", on_completion=notify)(body)()
    (entry,) = caplog.records
    assert (entry.name, entry.levelno) == ("hookcell", logging.ERROR)
    name = recording.of("etl").name
    assert entry.getMessage() == f"on_completion hook 'notify' of flow run {name!r} raised an error; the run went on."
    assert entry.exc_info[1] is recording.of("etl").hooks[0].error


def test_a_log_handler_that_raises_breaks_nothing(recording):
    class Broken(logging.Handler):
        def emit(self, entry):
            raise OSError("no log")

    broken = Broken()
    logging.getLogger("hookcell").addHandler(broken)
    try:
        assert flow(name="etl", on_completion=[plain(ValueError()), after])(body)() == 42
    finally:
        logging.getLogger("hookcell").removeHandler(broken)
    assert [call.outcome for call in recording.of("etl").hooks] == ["failed", "ok"]
    assert gate.owner is None


def test_a_run_that_a_hook_starts_may_fail_without_breaking_the_hooks_own_run(recording):
    report = flow(name="report")(lambda: (_ for _ in ()).throw(KeyError("price")))
    assert flow(name="etl", on_completion=lambda: report())(body)() == 42  # noqa: PLW0108 -- called in the hook
    assert [call.outcome for call in recording.of("etl").hooks] == ["failed"]
    assert recording.states("report")[-1] == "Failed"


# -- however long they hang


def timed_out(run):
    (call, *rest) = run.hooks
    assert (call.outcome, type(call.error)) == ("timed out", HookTimeout)
    assert str(call.error) == f"on_completion hook {call.name!r} took longer than 0.01 s and was abandoned"
    assert [call.outcome for call in rest] == ["ok"]
    return True


def hanging(fn):
    return [hook(fn, timeout_seconds=0.01), after]


def busy():
    while True:
        pass


def sleepy():
    time.sleep(LIMIT)


@pytest.mark.parametrize("hang", [busy, sleepy])
def test_in_the_main_thread_a_hook_that_hangs_is_ended(hang, recording):
    began = time.monotonic()
    assert flow(name="done", on_completion=hanging(hang))(body)() == 42
    assert time.monotonic() - began < LIMIT / 2
    assert timed_out(recording.of("done"))
    assert calls == ["after"]


@pytest.mark.usefixtures("little_grace")
def test_in_a_worker_thread_a_hook_that_hangs_in_c_code_is_left_behind(never, recording):
    done = task(name="done", on_completion=hanging(lambda: never.wait(LIMIT)))(body)
    assert submit(done) == 42
    assert not never.is_set()
    assert timed_out(recording.of("done"))
    assert calls == ["after"]


@pytest.mark.usefixtures("little_grace")
def test_what_follows_a_hook_that_was_left_behind_is_not_taken_for_a_part_of_it(never, recording):
    held = []
    ignore = session.listen(AtItsEnd(held))
    submit(task(on_completion=hook(lambda: never.wait(LIMIT), timeout_seconds=0.01))(body))
    ignore()
    assert held == [None]


class AtItsEnd(Listener):
    """Notes which hook call the engine works for when it has left a hook behind."""

    def __init__(self, held):
        self.held = held

    def hook_ended(self, run, hook_run):
        if hook_run.kind == "on_completion":
            self.held.append(holding.get())


def test_in_a_worker_thread_a_busy_hook_is_ended(recording):
    assert submit(task(name="done", on_completion=hanging(busy))(body)) == 42
    assert timed_out(recording.of("done"))


def test_in_a_users_thread_a_busy_hook_is_ended(recording):
    assert call_in_a_thread(flow(name="done", on_completion=hanging(busy))(body)) == 42
    assert timed_out(recording.of("done"))


async def asleep():
    await asyncio.sleep(LIMIT)


@every_way
def test_an_async_hook_that_hangs_is_cancelled(way, recording):
    definition, function, run_it = WAYS[way]
    assert run_it(definition(name="done", on_completion=hanging(asleep))(function)) == 42
    assert timed_out(recording.of("done"))
    assert calls == ["after"]


@every_way
@pytest.mark.usefixtures("little_grace")
def test_an_async_hook_that_swallows_its_cancellation_is_left_behind(way, kept_loop, never, recording):
    swallowed = threading.Event()

    async def stubborn():
        while not never.is_set():
            try:
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                swallowed.set()

    definition, function, run_it = WAYS[way]
    if run_it is call_async:  # asyncio.run() itself waits for every task of its loop
        run_it = kept_loop
    assert run_it(definition(name="done", on_completion=hanging(stubborn))(function)) == 42
    assert timed_out(recording.of("done"))
    assert swallowed.wait(LIMIT)
    assert calls == ["after"]


def test_a_plain_hook_on_an_event_loop_in_the_main_thread_is_ended(recording):
    assert call_async(flow(name="done", on_completion=hanging(sleepy))(async_body)) == 42
    assert timed_out(recording.of("done"))


def test_a_hook_that_catches_its_timeout_and_returns_is_ok(deadlines, recording):
    def careful():
        try:
            deadlines.ring()
            sleepy()
        except RunInterrupted:
            calls.append("caught")

    flow(name="done", on_completion=hanging(careful))(body)()
    assert calls == ["caught", "after"]
    assert [call.outcome for call in recording.of("done").hooks] == ["ok", "ok"]


def test_a_hook_that_timed_out_is_not_tried_again(recording):
    flow(name="done", on_completion=hook(sleepy, timeout_seconds=0.01, retries=3))(body)()
    assert len(recording.of("done").hooks) == 1


def test_a_timeout_ends_what_the_hook_started_too(deadlines, recording):
    inner = flow(name="inner")(lambda: (deadlines.ring(), sleepy()))
    flow(name="done", on_completion=hanging(lambda: inner()))(body)()  # noqa: PLW0108 -- called in the hook
    assert timed_out(recording.of("done"))
    assert recording.states("inner")[-2:] == ["Cancelling", "Cancelled"]


def test_a_condition_that_hangs_is_ended_and_the_hook_does_not_fire(recording):
    waits = hook(after, when=sleepy, timeout_seconds=0.01)
    assert flow(name="done", on_completion=waits)(body)() == 42
    assert (calls, recording.of("done").hooks) == ([], ())
    assert recording.of("done").notes == (
        "when= of on_completion hook 'after' took longer than 0.01 s, so the hook did not fire; the run went on",
    )


def test_a_hook_without_a_limit_may_take_its_time(recording):
    started, ready = threading.Event(), threading.Event()

    def waits():
        started.set()
        ready.wait(LIMIT)

    done = flow(name="done", on_completion=hook(waits, timeout_seconds=None))(body)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(done)
        started.wait(LIMIT)
        ready.set()
        assert running.result(LIMIT) == 42
    assert [call.outcome for call in recording.of("done").hooks] == ["ok"]


def test_the_log_of_a_timeout_says_so(caplog, recording):
    flow(name="done", on_completion=hanging(sleepy))(body)()
    name = recording.of("done").name
    assert [entry.getMessage() for entry in caplog.records] == [
        f"on_completion hook 'sleepy' of flow run {name!r} took too long; the run went on."
    ]
