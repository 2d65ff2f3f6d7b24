"""Forks: what a forked process can do, though only the forking thread lives on in it."""

import os
import subprocess
import sys

import pytest

FORKS = '''
import asyncio, os, sys, threading, time, warnings
from hookcell import flow, task
from hookcell.store.keyvalue import kept

warnings.simplefilter("ignore")  # Python's own, about forks beside threads


def in_child(call):
    """Give whether a call in a forked process gives something true, within a minute."""
    if not (child := os.fork()):
        try:
            os._exit(0 if call() else 1)
        finally:
            os._exit(2)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if (ended := os.waitpid(child, os.WNOHANG))[0]:
            return ended[1] == 0
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


one = task(lambda: 1)
seen = []


async def note(flow, run, state):
    seen.append(1)


noting = flow(name="noting", on_completion=note)(lambda: 1)
slow = flow(name="slow", timeout_seconds=0.05)(lambda: time.sleep(60))


def times_out():
    return slow(return_state=True).name == "TimedOut"


@flow
def inside():
    one.submit().result()
    return in_child(lambda: one.submit().result() == 1)


def beside_writing():
    done = threading.Event()

    def write():
        while not done.is_set():
            kept.put("test", "key", 1, overwrite=True)

    threading.Thread(target=write, daemon=True).start()
    try:
        return all([in_child(lambda: kept.get("test", "key")) for _ in range(12)])
    finally:
        done.set()


one.submit().result(), noting(), times_out(), kept.put("test", "key", 1, overwrite=True)
print(
    in_child(lambda: one.submit().result() == 1),
    in_child(lambda: noting() and len(seen) == 2),
    in_child(times_out),
    inside(),
    beside_writing(),
)
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_can_submit_await_hooks_time_out_and_keep_things(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", FORKS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOOKCELL_HOME": str(tmp_path)},
    )
    assert told.stdout.split() == ["True"] * 5
