"""A hot loop of flows under a rain of SIGINTs; run by test_fault_injection.py in a process of its own.

Prints one JSON object: what was left behind, and how the interrupted runs ended.
"""

import itertools
import json
import random
import signal
import sys
import threading
import time

from hookcell import Listener, flow, task
from hookcell.gate import gate, holding
from hookcell.runs import current
from hookcell.session import session
from hookcell.shield import main_shield

PRESSES = int(sys.argv[1])
random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
MOST_SECONDS = 120


class Witness(Listener):
    def __init__(self) -> None:
        self.runs = []

    def created(self, run):
        self.runs.append(run)


witness = Witness()
session.listen(witness)


def count(owner, run, state):
    """A hook that does next to nothing."""


@task(on_completion=count, on_cancellation=count)
def quick(x=0):
    return x


@task(on_completion=count)
def asks_a_hook(x=0):
    return x


@task(on_completion=lambda task, run, state: asks_a_hook.submit(1).result(), on_cancellation=count)
def waits_in_a_hook(x=0):
    return x


tries = itertools.count(1)


@task(retries=2, retry_delay_seconds=0.0005, on_retry=count, on_cancellation=count)
def flaky():
    if next(tries) % 3:
        raise ValueError("again")


@task(on_cancellation=count, on_completion=count)
def sleepy():
    time.sleep(0.0005)


@flow(on_completion=count, on_cancellation=count)
def inner():
    quick(1)
    sleepy()


@flow(on_running=count, on_completion=count, on_cancellation=count)
def everything():
    for i in range(3):
        quick(i)
    inner()
    flaky()
    waits_in_a_hook(1)
    futures = [quick.submit(i) for i in range(3)]
    chained = quick.submit(futures)
    sleepy()
    return chained.result()


outside = []
stop = threading.Event()


def outside_handler(number, frame):
    outside.append(number)


def rain():
    for _ in range(PRESSES):
        time.sleep(random.random() * 0.004)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    time.sleep(0.01)
    stop.set()


signal.signal(signal.SIGINT, outside_handler)
watcher = threading.Thread(target=rain, daemon=True)
began = time.monotonic()
watcher.start()
raised = finished = strange = 0
oddities = []
while not stop.is_set() and time.monotonic() - began < MOST_SECONDS:
    try:
        everything(return_state=True)
        finished += 1
    except KeyboardInterrupt:
        raised += 1
    except BaseException as error:  # noqa: BLE001
        strange += 1
        oddities.append(repr(error))
deadline = time.monotonic() + 5
while any(not run.over for run in witness.runs) and time.monotonic() < deadline:
    time.sleep(0.01)
unfinished = [run for run in witness.runs if not run.over]
cancelled = [run for run in witness.runs if run.state.is_cancelled()]
badly_ended = [
    run
    for run in cancelled
    if run.attempt
    and not (run.state.before.name == "Cancelling" and any(h.kind == "on_cancellation" for h in run.hooks))
    and run.definition is not asks_a_hook
]
not_cancelled = [run for run in witness.runs if not (run.state.is_completed() or run.state.is_cancelled())]
swallowed = [run for run in witness.runs if run.notes]
print(
    json.dumps(
        {
            "presses": PRESSES,
            "runs": len(witness.runs),
            "flows raised": raised,
            "flows finished": finished,
            "outside": len(outside),
            "strange": strange,
            "oddities": oddities[:5],
            "unfinished": [repr(run) + str([s.name for s in run.story]) for run in unfinished][:10],
            "cancelled": len(cancelled),
            "badly ended": [repr(run) + str([s.name for s in run.story]) + str(run.hooks) for run in badly_ended][:10],
            "neither completed nor cancelled": [repr(run) + str(run.state.message) for run in not_cancelled][:10],
            "notes": [note for run in swallowed for note in run.notes][:5],
            "hooks still running": sum(h.outcome == "running" for run in witness.runs for h in run.hooks),
            "gate owner": repr(gate.owner) if gate.owner else None,
            "gate holding": repr(holding.get()) if holding.get() else None,
            "current": repr(current.get()) if current.get() else None,
            "armed": main_shield().armed is not None,
            "handler restored": signal.getsignal(signal.SIGINT) is outside_handler,
            "threads": threading.active_count(),
            "seconds": round(time.monotonic() - began, 1),
        }
    )
)
