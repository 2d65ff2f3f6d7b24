"""Cancelled at any moment, from another thread: every run ends, with its hooks, and nothing is left behind.

The same with signals: test_fault_injection.py.
"""

import asyncio
import random
import sys
import threading
import time

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, ThreadRunner, UpstreamTaskError, flow, runs, task
from hookcell.gate import gate
from hookcell.testing import record

ROUNDS = 120
EXPECTED = (CancelledRun, UpstreamTaskError, ValueError)


async def slowly(owner, run, state):
    await asyncio.sleep(0)


def plain(owner, run, state):
    """Do nothing."""


HOOKS = {kind: [plain, slowly] for kind in ("on_running", "on_completion", "on_retry", "on_cancellation", "on_end")}


def stumble(x):
    if x % 3 == 0 and runs.current.get().attempt == 1:
        raise ValueError(x)


@task(retries=1, retry_delay_seconds=0.0005, **HOOKS)
def step(x):
    stumble(x)
    time.sleep(0.0005 * (x % 2))
    return x


@task(retries=1, **HOOKS)
async def astep(x):
    stumble(x)
    await asyncio.sleep(0.0005 * (x % 2))
    return x


@task(on_completion=lambda: step.submit(1).wait(LIMIT), on_end=slowly)
def reporting(x):
    return x


@flow(runner=ThreadRunner(3), **HOOKS)
def wide():
    first = step.map(range(6))
    second = [step.submit(future) for future in first[:3]]
    step(1)
    return [future.result() for future in [*first, *second, astep.submit(3)]] and None


@flow(runner=ThreadRunner(2), **HOOKS)
async def gathering():
    await astep(1)
    futures = [astep.submit(2), step.submit(3)]
    await asyncio.gather(*map(astep, range(4)), return_exceptions=True)
    for future in futures:
        await future


@flow(runner="inline", **HOOKS)
def nested():
    step.submit(astep.submit(2)).result()
    reporting.submit(1)
    wide(return_state=True)


CALLS = {
    "sync": lambda: wide(return_state=True),
    "async": lambda: asyncio.run(gathering(return_state=True)),
    "nested": lambda: nested(return_state=True),
    "outside a flow": lambda: astep.submit(3).result(LIMIT),
}


def here(call):
    call()


def elsewhere(call):
    thread = threading.Thread(target=call)
    thread.start()
    thread.join(LIMIT)
    assert not thread.is_alive()


@pytest.fixture
def quick_switches():
    """Threads take turns often, so that every moment has its chance."""
    interval = sys.getswitchinterval()
    if sys.gettrace() is None:  # under a debugger or coverage, CPython 3.11 then makes no progress at all
        sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def cancel_sometime(recording, since, chance):
    """Cancel one of the runs that have begun, mostly the outermost, sometimes twice."""
    time.sleep(chance.random() * chance.choice([0.001, 0.004, 0.008]))
    begun = [event.run for event in recording.events[since:] if event.what == "created"]
    if begun:
        run = begun[0] if chance.random() < 0.7 else chance.choice(begun)
        for _ in range(chance.choice([1, 1, 2])):
            run.cancel()


# CPython may raise a stop in a weak reference's callback, where it is told and lost; that is not what this is about.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize("where", [here, elsewhere])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_whenever_a_run_is_cancelled_nothing_is_left_behind(call, where):
    chance = random.Random(1)  # noqa: S311 -- any moments will do, as long as they are the same next time
    raised = []

    def expecting():
        try:
            call()
        except BaseException as error:  # noqa: BLE001 -- looked at below
            raised.append(error)

    with record() as recording:
        for _ in range(ROUNDS // len(CALLS)):
            canceller = threading.Thread(target=cancel_sometime, args=(recording, len(recording.events), chance))
            canceller.start()
            where(expecting)
            canceller.join(LIMIT)
        deadline = time.monotonic() + LIMIT
        while not all(run.over for run in recording.runs) and time.monotonic() < deadline:
            time.sleep(0.001)
    assert [error for error in raised if not isinstance(error, EXPECTED)] == []
    assert [run for run in recording.runs if not run.over] == []
    assert [run for run in recording.runs if not (run.state.is_final() or run.state.name == "NotReady")] == []
    assert [run for run in recording.runs if run.state.is_crashed()] == []
    calls = [(run, call, call.error) for run in recording.runs for call in run.hooks]
    assert [found for found in calls if found[1].outcome not in {"ok", "abandoned"}] == []
    stopped = [run for run in recording.runs if any(state.is_cancelling() for state in run.story)]
    assert [run for run in stopped if run.state.name != "Cancelled"] == []
    unheard = [run for run in stopped if run.definition is not reporting]
    assert [run for run in unheard if "on_cancellation" not in {call.kind for call in run.hooks}] == []
    assert gate.owner is None
    assert runs.current.get() is None
