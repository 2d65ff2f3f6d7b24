"""Background runs that are started and cancelled at any moment: each ends, once, and calls its hooks once."""

import asyncio
import random
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, WaitTimeout, flow, leaving, task
from hookcell.gate import gate

# CPython may raise a stop in a weak reference's callback, where it is told and lost; the run is then left behind.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
ROUNDS = 100  # of each kind


@pytest.fixture(autouse=True)
def _switching_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@task
def step(x):
    time.sleep(0.0003)
    return x


@task
async def astep(x):
    await asyncio.sleep(0.0003)
    return x


def make(fired):
    def fire(owner, run, state):
        fired[run.number, state.name] += 1

    hooks = {"on_completion": fire, "on_cancellation": fire, "on_end": fire}

    @flow(**hooks)
    def plain():
        for n in range(3):
            step(n)

    @flow(**hooks)
    def wide():
        step.map(range(4)).result()

    @flow(**hooks)
    async def loops():
        await astep(1)
        await astep.submit(2)

    return plain, wide, loops


@pytest.mark.parametrize("kind", range(3), ids=["plain", "wide", "async"])
def test_a_run_cancelled_at_any_moment_ends_and_its_hooks_are_called_once(kind):
    fired = Counter()
    owner = make(fired)[kind]
    chance = random.Random(kind)  # noqa: S311 -- the same moments each time
    ended = Counter()
    for _ in range(ROUNDS):
        run = owner.start()
        if (wait := chance.random() * 0.004) > 0.0005:
            time.sleep(wait)
        canceller = threading.Thread(target=run.cancel)
        canceller.start()
        state = run.wait(LIMIT)
        canceller.join(LIMIT)
        assert state.is_final()
        assert run.over
        ended[state.name] += 1
        expected = {"Completed": {"Completed": 2}, "Cancelled": {"Cancelling": 1, "Cancelled": 1}}[state.name]
        if state.name == "Cancelled" and not run.attempt:
            expected = {"Cancelled": 1}
        assert {name: count for (number, name), count in fired.items() if number == run.number} == expected
        assert all(hook.outcome == "ok" for hook in run.hooks)
    assert leaving.wait_for_all(LIMIT)
    assert gate.owner is None
    assert ended["Cancelled"] > ROUNDS / 10


def test_many_at_once_all_end():
    fired = Counter()
    owners = make(fired)
    runs = [owners[n % 3].start() for n in range(60)]
    for run in runs[::2]:
        run.cancel()
    for run in runs:
        try:
            run.result(LIMIT)
        except CancelledRun:
            pass
        except WaitTimeout:
            pytest.fail(f"{run} has hung")
    assert leaving.wait_for_all(LIMIT)
    assert all(run.state.is_completed() for run in runs[1::2])


RAIN = """
import os, random, signal, threading, time
from collections import Counter
from hookcell import engine, flow, leaving, shield

shield.GRACE = engine.STRAGGLERS = 60  # the machine may be slow and stand still
fired, chance, ends = Counter(), random.Random(7), Counter()

def fire(owner, run, state):
    fired[run.number] += 1

@flow(on_end=fire)
def work(go):
    go.wait(60)

def seconds_to_start():
    go, began = threading.Event(), time.monotonic()
    run = work.start(go)
    took = time.monotonic() - began
    go.set(), run.wait()
    return took

pace = 8 * sorted(seconds_to_start() for _ in range(9))[4]  # so that most come while it waits, on any machine
fired.clear()
for _ in range(150):
    go, run, began = threading.Event(), None, time.monotonic()
    rain = threading.Timer(chance.random() * pace, os.kill, (os.getpid(), signal.SIGINT))
    try:
        try:
            rain.start()
            run = work.start(go)
            run.wait()
        finally:
            rain.join()
            for _ in range(50): pass
    except KeyboardInterrupt as error:
        ends[str(error).rpartition(" ")[2]] += 1
    assert time.monotonic() - began < 30, "an interrupt was not heard before the run was over"
    go.set()
    if run is not None:
        assert run.wait(60).is_completed(), run
    assert leaving.wait_for_all(60)
    assert shield.main_shield().armed is None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert set(fired.values()) == {1}, fired
assert set(ends) <= {"it", "started", ""} and ends["it"] > 30, ends
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can interrupt himself on Windows")
def test_an_interrupt_at_any_moment_of_a_start_or_a_wait_leaves_nothing_behind():
    done = subprocess.run([sys.executable, "-c", RAIN], capture_output=True, text=True, timeout=280, check=False)
    assert (done.returncode, done.stderr) == (0, "")
