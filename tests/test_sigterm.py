"""SIGTERM ends a process once its runs have ended: they crash, with their hooks, and it dies as it would have.

A rain of signals: test_fault_injection.py. A kernel that is shut down: notebook/test_kernel_end.py.
"""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, Flow, Listener, flow, runs, session, shield, task
from hookcell.errors import RunInterrupted, TerminationSignal
from hookcell.gate import gate
from hookcell.testing import record

MESSAGE = "Execution was aborted by a termination signal."
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nobody can send SIGTERM on Windows"),
    # CPython may raise a stop in a weak reference's callback, where it is told and lost: not what this is about.
    pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def swallowed():
    """The user's own handler, which lets the process live: what it was called with."""
    heard = []

    def swallow(number, frame):
        heard.append(number)

    before = signal.signal(signal.SIGTERM, swallow)
    try:
        yield heard
        assert signal.getsignal(signal.SIGTERM) is swallow
    finally:
        signal.signal(signal.SIGTERM, before)
    assert gate.owner is None
    assert runs.current.get() is None
    assert shield.main_shield().armed is None


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
def wants_cancel(monkeypatch):
    """Whoever sends SIGTERM wants the runs cancelled."""
    monkeypatch.setattr(shield, "termination_intent", lambda: "cancel")


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def terminate_and_wait():
    terminate()
    time.sleep(LIMIT)


async def anothing():
    """Do nothing."""


async def aterminate_and_wait():
    terminate()
    await asyncio.sleep(LIMIT)


def kinds(into):
    """Hooks of every ending kind that note their kind and state."""
    names = ("on_completion", "on_failure", "on_crashed", "on_cancellation", "on_end")
    return {kind: lambda owner, run, state, kind=kind: into.append((owner.name, kind, state.name)) for kind in names}


def crashed(*names):
    return [(name, kind, "Crashed") for name in names for kind in ("on_crashed", "on_end")]


# -- a crash


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
@pytest.mark.parametrize("options", [{}, {"return_state": True}], ids=["result", "return_state"])
def test_the_run_crashes_with_its_hooks_and_the_call_raises(definition, options, recording, swallowed):
    hooks = []
    with pytest.raises(TerminationSignal) as caught:
        definition(name="etl", **kinds(hooks))(terminate_and_wait)(**options)
    assert caught.value.signal == signal.SIGTERM
    assert hooks == crashed("etl")
    state = recording.of("etl").state
    assert (state.name, state.message, state.data) == ("Crashed", MESSAGE, caught.value)
    assert swallowed == [signal.SIGTERM]


def test_nested_runs_crash_from_the_innermost_outwards(recording, swallowed):
    hooks = []
    step = task(name="step", **kinds(hooks))(terminate_and_wait)
    inner = flow(name="inner", **kinds(hooks))(lambda: step(return_state=True))
    with pytest.raises(TerminationSignal):
        flow(name="outer", **kinds(hooks))(lambda: inner(return_state=True))(return_state=True)
    assert hooks == crashed("step", "inner", "outer")
    assert {run.state.message for run in recording.runs} == {MESSAGE}
    assert swallowed == [signal.SIGTERM]


def test_the_body_hears_it_as_no_exception(swallowed):
    heard = []

    @flow
    def etl():
        try:
            terminate_and_wait()
        except Exception:  # noqa: BLE001 -- the point
            heard.append("exception")
        finally:
            heard.append("cleaned up")

    with pytest.raises(TerminationSignal):
        etl()
    assert heard == ["cleaned up"]


def test_a_crashed_run_is_not_tried_again(recording):
    with pytest.raises(TerminationSignal):
        flow(name="etl", retries=3)(terminate_and_wait)()
    assert recording.states("etl") == ["Pending", "Running", "Crashed"]


def test_a_body_that_raises_something_else_then_has_crashed_all_the_same(recording):
    @flow(name="etl")
    def etl():
        try:
            terminate_and_wait()
        finally:
            raise ValueError("clumsy")

    with pytest.raises(TerminationSignal):
        etl(return_state=True)
    assert recording.of("etl").state.message == MESSAGE


def test_a_body_that_ends_before_it_can_be_told_has_crashed(recording):
    @flow(name="etl")
    async def etl():
        terminate()
        return 1

    with pytest.raises(TerminationSignal):
        asyncio.run(etl())
    assert recording.of("etl").state.message == MESSAGE


def test_a_body_that_catches_it_completes_and_the_process_hears_it_after_that(recording, swallowed):
    heard_in_hook = []

    @flow(name="etl", on_completion=lambda: heard_in_hook.append(list(swallowed)))
    def etl():
        try:
            terminate_and_wait()
        except TerminationSignal:
            return "the batch in hand is done"

    assert etl() == "the batch in hand is done"
    assert recording.of("etl").notes == (
        (
            f"{recording.of('etl').name!r} was told to stop, but its code caught that and went on; "
            "it ends as if nothing had happened"
        ),
    )
    assert (heard_in_hook, swallowed) == ([[]], [signal.SIGTERM])


def test_a_handler_that_raises_does_so_once_all_is_over(recording):
    def leave(number, frame):
        assert all(run.over for run in recording.runs)
        raise SystemExit(7)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        with pytest.raises(SystemExit) as caught:
            flow(terminate_and_wait)()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught.value.code == 7
    assert flow(lambda: 1)() == 1


# -- a cancel


@pytest.mark.usefixtures("wants_cancel")
@pytest.mark.parametrize("options", [{}, {"return_state": True}], ids=["result", "return_state"])
def test_with_intent_to_cancel_it_is_a_cancel(options, recording, swallowed):
    hooks = []
    step = task(name="step", **kinds(hooks))(terminate_and_wait)
    with pytest.raises(TerminationSignal):
        flow(name="etl", **kinds(hooks))(step)(**options)
    assert [name for name in hooks if name[0] == "etl"] == [
        ("etl", "on_cancellation", "Cancelling"),
        ("etl", "on_end", "Cancelled"),
    ]
    assert recording.of("etl").state.message == "Flow run was cancelled."
    assert recording.states("step")[-2:] == ["Cancelling", "Cancelled"]
    assert swallowed == [signal.SIGTERM]


@pytest.mark.usefixtures("wants_cancel")
def test_with_intent_to_cancel_an_async_flow_is_cancelled_too(recording, swallowed):
    with pytest.raises(TerminationSignal):
        asyncio.run(flow(name="etl")(aterminate_and_wait)(return_state=True))
    assert recording.states("etl")[-2:] == ["Cancelling", "Cancelled"]
    assert swallowed == [signal.SIGTERM]


def test_an_intent_that_cannot_be_asked_counts_as_none(monkeypatch, recording):
    monkeypatch.setattr(shield, "termination_intent", lambda: 1 / 0)
    with pytest.raises(TerminationSignal):
        flow(name="etl")(terminate_and_wait)()
    assert recording.states("etl")[-1] == "Crashed"


# -- what it comes into


def test_in_a_hook_it_waits_for_the_hook_and_stops_what_comes_after(recording, swallowed):
    hooks = []

    def notify():
        terminate()
        hooks.append("finished")

    @flow(name="etl", on_running=notify, on_crashed=lambda: hooks.append("crashed"))
    def etl():
        hooks.append("body")

    with pytest.raises(TerminationSignal):
        etl()
    assert hooks == ["finished", "crashed"]
    assert [call.outcome for call in recording.of("etl").hooks] == ["ok", "ok"]


def test_in_a_hook_of_the_end_it_changes_nothing_but_is_raised(recording, swallowed):
    with pytest.raises(TerminationSignal):
        flow(name="etl", on_completion=terminate)(lambda: 1)()
    assert recording.states("etl")[-1] == "Completed"
    assert swallowed == [signal.SIGTERM]


def test_before_the_body_it_crashes_the_run_unstarted(recording):
    hooks = []

    def at_first(flow, flow_run, state):
        if state.is_pending():
            terminate()

    with pytest.raises(TerminationSignal):
        flow(name="etl", on_transition=at_first, on_crashed=lambda: hooks.append("crashed"))(lambda: 1)()
    assert recording.states("etl") == ["Pending", "Crashed"]
    assert hooks == ["crashed"]


class Watch(Listener):
    """Does something when an outermost run is born."""

    def __init__(self, act):
        self.opened = lambda run: act()

    def opened(self, run):
        """For the session to see that it listens."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_a_run_is_born_it_waits_until_the_run_can_hear(number, recording):
    forget = session.listen(Watch(lambda: os.kill(os.getpid(), number)))
    try:
        with pytest.raises(TerminationSignal if number is signal.SIGTERM else RunInterrupted):
            flow(name="etl")(lambda: 1)()
    finally:
        forget()
    assert recording.states("etl") == ["Pending", "Crashed" if number is signal.SIGTERM else "Cancelled"]


@pytest.mark.parametrize("definition", [flow(lambda: 1), flow(anothing)], ids=["sync", "async"])
def test_a_run_that_cannot_be_born_leaves_no_handler_behind(definition, monkeypatch):
    monkeypatch.setattr(definition, "begin", lambda *args, **kwargs: 1 / 0)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(definition()) if definition.is_async else definition()
    assert signal.getsignal(signal.SIGTERM) is before


class LazyFlow(Flow):
    lazy = True


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_while_an_item_of_a_stream_is_made_the_hooks_come_before_the_process_hears(kind, recording, swallowed):
    hooks = []

    def items():
        yield 1
        terminate_and_wait()
        yield 2

    async def aitems():
        yield 1
        await aterminate_and_wait()
        yield 2

    async def consume(stream):
        return [item async for item in stream]

    stream = LazyFlow(items if kind == "sync" else aitems, name="etl", on_crashed=lambda: hooks.append(list(swallowed)))
    with pytest.raises(TerminationSignal):
        list(stream()) if kind == "sync" else asyncio.run(consume(stream()))
    assert recording.of("etl").state.message == MESSAGE
    assert (hooks, swallowed) == ([[]], [signal.SIGTERM])


def test_a_second_one_abandons_hooks(recording, swallowed):
    ended = []

    def hangs():
        terminate_and_wait()
        ended.append("hangs")

    with pytest.raises(TerminationSignal):
        flow(name="etl", on_crashed=hangs)(terminate_and_wait)()
    assert ended == []
    assert [call.outcome for call in recording.of("etl").hooks] == ["abandoned"]
    assert swallowed == [signal.SIGTERM]


def test_after_an_interrupt_the_run_stays_cancelled_and_the_process_hears_of_both(recording, swallowed):
    def press():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(LIMIT)

    with pytest.raises(RunInterrupted):
        flow(name="etl", on_cancellation=terminate)(press)()
    assert recording.states("etl")[-1] == "Cancelled"
    assert swallowed == [signal.SIGTERM]


def test_an_interrupt_after_it_abandons_hooks(recording, swallowed):
    def press():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(LIMIT)

    with pytest.raises(TerminationSignal):
        flow(name="etl", on_crashed=press)(terminate_and_wait)()
    assert [call.outcome for call in recording.of("etl").hooks] == ["abandoned"]
    assert recording.states("etl")[-1] == "Crashed"


def test_runs_that_a_crash_hook_starts_run(recording):
    @task(name="alert")
    def alert():
        return "sent"

    with pytest.raises(TerminationSignal):
        flow(name="etl", on_crashed=lambda: (alert(), alert.submit().result(LIMIT)))(terminate_and_wait)()
    assert [run.state.name for run in recording.runs if run.definition is alert] == ["Completed", "Completed"]


# -- submitted runs


def test_submitted_runs_are_told_to_stop_and_crash(recording):
    hooks, inside = [], threading.Event()

    def busy():
        inside.set()
        while True:
            pass

    step = task(name="step", **kinds(hooks))(busy)

    @flow(name="etl", **kinds(hooks))
    def etl():
        step.submit()
        inside.wait(LIMIT)
        terminate_and_wait()

    with pytest.raises(TerminationSignal):
        etl()
    assert hooks == crashed("step", "etl")
    assert {run.state.message for run in recording.runs} == {MESSAGE}
    assert isinstance(recording.of("step").state.data, TerminationSignal)


def test_submitted_async_runs_are_told_to_stop_and_crash(recording):
    inside = threading.Event()

    @task(name="step")
    async def step():
        inside.set()
        await asyncio.sleep(LIMIT)

    @flow(name="etl")
    def etl():
        step.submit()
        inside.wait(LIMIT)
        terminate_and_wait()

    with pytest.raises(TerminationSignal):
        etl()
    assert {run.state.message for run in recording.runs} == {MESSAGE}


def test_what_only_waited_for_its_turn_is_cancelled_and_no_alarm(recording):
    hooks, inside = [], threading.Event()

    @task(name="step", **kinds(hooks))
    def step(n):
        inside.set()
        while True:
            pass

    @flow(name="etl")
    def etl():
        step.map(range(100))
        inside.wait(LIMIT)
        terminate_and_wait()

    with pytest.raises(TerminationSignal):
        etl()
    ended = {run.state.name: run.state.message for run in recording.runs}
    assert ended == {"Crashed": MESSAGE, "Cancelled": "Task run was cancelled before it started."}
    assert hooks.count(("step", "on_end", "Cancelled")) > 50
    assert hooks.count(("step", "on_crashed", "Crashed")) == hooks.count(("step", "on_end", "Crashed")) <= 8


@pytest.mark.usefixtures("little_grace")
def test_a_body_that_does_not_stop_is_left_behind_and_named(recording, never):
    inside = threading.Event()

    @task(name="deaf")
    def deaf():
        while not never.is_set():
            try:
                inside.set()
                never.wait(LIMIT)
            except BaseException:  # noqa: BLE001, S112 -- it does not listen
                continue

    @flow(name="etl")
    def etl():
        deaf.submit()
        inside.wait(LIMIT)
        terminate_and_wait()

    with pytest.raises(TerminationSignal):
        etl()
    assert recording.of("deaf").state.message == f"{MESSAGE} Its code did not stop; what it still does is dropped."
    assert recording.of("etl").state.message == f"{MESSAGE} Still running, its result will be dropped: deaf."


def test_it_ends_a_wait_for_a_submitted_run(recording, never):
    @task(name="step")
    def step():
        terminate()
        while not never.is_set():
            pass

    with pytest.raises(TerminationSignal):
        flow(name="etl")(lambda: step.submit().result())()
    assert recording.of("etl").state.message == MESSAGE


# -- async


def test_an_async_flow_crashes_and_its_loop_lives_on(recording, swallowed):
    hooks = []
    step = task(name="step", **kinds(hooks))(aterminate_and_wait)

    @flow(name="outer", **kinds(hooks))
    async def outer():
        await step()

    async def kernel():
        run = asyncio.create_task(outer(return_state=True))
        with pytest.raises(TerminationSignal):
            await run
        await asyncio.sleep(0)
        return "alive"

    assert asyncio.run(kernel()) == "alive"
    assert hooks == crashed("step", "outer")
    assert {run.state.message for run in recording.runs} == {MESSAGE}
    assert swallowed == [signal.SIGTERM]


def test_a_sync_flow_called_on_a_loop_crashes_too(recording, swallowed):
    async def kernel():
        with pytest.raises(TerminationSignal):
            flow(name="etl")(terminate_and_wait)(return_state=True)
        await asyncio.sleep(0)
        return "alive"

    assert asyncio.run(kernel()) == "alive"
    assert recording.states("etl")[-1] == "Crashed"


def test_with_several_flows_on_a_loop_all_crash_and_the_last_one_passes_it_on(recording, swallowed):
    seen = []

    @flow(name="first", on_crashed=lambda: seen.append(list(swallowed)))
    async def first():
        await aterminate_and_wait()

    @flow(name="second", on_crashed=lambda: seen.append(list(swallowed)))
    async def second():
        await asyncio.sleep(LIMIT)

    @flow(name="third")
    async def third():
        return 3

    async def kernel():
        runs = [asyncio.create_task(second()), asyncio.create_task(first())]
        ended = await asyncio.gather(*runs, return_exceptions=True)
        return [type(error) for error in ended], await third()

    assert asyncio.run(kernel()) == ([TerminationSignal] * 2, 3)
    assert (seen, swallowed) == ([[], []], [signal.SIGTERM])


def test_a_flow_that_begins_while_others_are_ending_ends_too(recording, swallowed):
    ending, ended = asyncio.Event(), asyncio.Event()

    async def slow_hook():
        ending.set()
        await ended.wait()

    @flow(name="first", on_crashed=slow_hook)
    async def first():
        await aterminate_and_wait()

    async def kernel():
        one = asyncio.create_task(first())
        await ending.wait()
        with pytest.raises(TerminationSignal):
            await flow(name="second")(aterminate_and_wait)()
        ended.set()
        with pytest.raises(TerminationSignal):
            await one

    asyncio.run(kernel())
    assert recording.states("second") == ["Pending", "Crashed"]
    assert swallowed == [signal.SIGTERM]


def test_a_loop_with_a_handler_of_its_own_keeps_sigterm(recording):
    async def kernel():
        loop = asyncio.get_running_loop()
        told = loop.create_future()
        loop.add_signal_handler(signal.SIGTERM, told.set_result, "shut down")
        try:

            @flow
            async def etl():
                terminate()
                return await told

            return await etl()
        finally:
            loop.remove_signal_handler(signal.SIGTERM)

    swallow = signal.getsignal(signal.SIGTERM)
    assert asyncio.run(kernel()) == "shut down"
    signal.signal(signal.SIGTERM, swallow)


# -- whose it is


def test_the_handler_is_ours_only_while_a_run_is_open_in_the_main_thread(swallowed):
    before = signal.getsignal(signal.SIGTERM)
    seen = []
    look = task(lambda: seen.append(signal.getsignal(signal.SIGTERM)))
    thread = threading.Thread(target=look)
    thread.start()
    thread.join(LIMIT)
    assert seen == [before]
    flow(look)()
    assert seen[1] != before
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("ending", [lambda: 1 / 0, lambda: sys.exit(3)], ids=["failed", "crashed"])
def test_the_handler_is_given_back_however_the_run_ends(ending, swallowed):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises((ZeroDivisionError, SystemExit)):
        flow(ending)()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_process_that_ignores_it_goes_on_ignoring_it(recording, swallowed):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        flow(name="etl")(terminate)()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert recording.states("etl")[-1] == "Completed"


def test_code_that_raises_it_crashes_without_any_signal(recording, swallowed):
    def give_up():
        raise TerminationSignal(signal=signal.SIGTERM)

    with pytest.raises(TerminationSignal):
        flow(name="etl")(give_up)(return_state=True)
    assert recording.of("etl").state.message == MESSAGE
    assert swallowed == []


def test_its_text_says_what_happened_and_survives_pickling():
    assert str(TerminationSignal()) == "the process was told to end, by SIGTERM"
    again = pickle.loads(pickle.dumps(TerminationSignal(signal=1)))  # noqa: S301 -- our own bytes
    assert (str(again), again.signal) == ("the process was told to end, by signal 1", 1)


def test_a_result_nobody_waits_for_any_more_is_a_cancelled_run():
    later = []

    @task
    def step(n):
        return n

    @flow
    def etl():
        later.append(step.submit(step.submit(1)))
        terminate_and_wait()

    with pytest.raises(TerminationSignal):
        etl()
    try:
        assert later[0].result(LIMIT) == 1
    except CancelledRun as error:
        assert str(error) == "Task run was cancelled before it started."  # noqa: PT017 -- a race


# -- a process that dies

SCRIPT = """
import asyncio, os, signal, sys, threading, time
from hookcell import engine, flow, shield, task

shield.GRACE = engine.STRAGGLERS = 60  # the machine may be slow and stand still

def say(owner, run, state):
    print(owner.name, state.name)

hooks = dict(on_crashed=say, on_cancellation=say, on_completion=say)

def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
"""
CRASHES = {
    "flow": """
@task(**hooks)
def step():
    terminate()

@flow(**hooks)
def etl():
    step()

etl()
""",
    "task": """
@task(**hooks)
def step():
    terminate()

step()
print("etl Crashed")
""",
    "async": """
@task(**hooks)
async def step():
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(60)

@flow(**hooks)
async def etl():
    await step()

asyncio.run(etl())
""",
    "submitted": """
inside = threading.Event()

@task(**hooks)
def step():
    inside.set()
    while True: pass

@flow(**hooks)
def etl():
    step.submit()
    inside.wait(60)
    terminate()

etl()
""",
}


def script(*lines):
    """Runs a script to its end; gives its exit status and what it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", "".join([SCRIPT, *lines])], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("kind", CRASHES)
def test_a_script_dies_of_it_after_its_hooks_and_what_they_printed_is_not_lost(kind):
    status, printed, errors = script(CRASHES[kind], "\nprint('survived')")
    assert (status, errors) == (-signal.SIGTERM, "")
    assert printed == ["step Crashed", "etl Crashed"][: 1 if kind == "task" else 2]


FORKING = """
import multiprocessing

def sleep(started):
    started.set()
    time.sleep(60)

def kill_a_child():
    forks = multiprocessing.get_context("fork")
    started = forks.Event()
    child = forks.Process(target=sleep, args=(started,))
    child.start()
    started.wait(30)
    child.terminate()
    child.join(30)
    print(child.exitcode)

@flow(**hooks)
def etl():
    kill_a_child()
    task(kill_a_child).submit().result()

etl()
"""


@pytest.mark.skipif("fork" not in __import__("multiprocessing").get_all_start_methods(), reason="it cannot fork here")
def test_a_child_that_a_body_forks_dies_of_it_as_ever():
    assert script(FORKING) == (0, ["-15", "-15", "etl Completed"], "")
