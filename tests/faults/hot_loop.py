"""A hot loop of flows under a rain of signals; run by test_fault_injection.py in a process of its own.

Its arguments: how many signals, the seed of their moments, and SIGINT or SIGTERM. The process survives both, because
its own handler, which is called once the runs are over, does nothing. Prints one JSON object: what was left behind,
and how the stopped runs ended.
"""

import itertools
import json
import random
import signal
import sys
import threading
import time

from hookcell import Listener, TerminationSignal, engine, flow, shield, task
from hookcell.gate import gate, holding
from hookcell.runs import current
from hookcell.session import session
from hookcell.shield import main_shield

PRESSES = int(sys.argv[1])
random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
SIGNAL = signal.Signals[sys.argv[3]] if len(sys.argv) > 3 else signal.SIGINT
MOST_SECONDS = 180
shield.GRACE = engine.STRAGGLERS = 60  # the machine may be slow and stand still


class Witness(Listener):
    def __init__(self) -> None:
        self.runs = []

    def created(self, run):
        self.runs.append(run)


witness = Witness()
session.listen(witness)


def count(owner, run, state):
    """A hook that does next to nothing."""


@task(on_completion=count, on_cancellation=count, on_crashed=count)
def quick(x=0):
    return x


@task(on_completion=count)
def asks_a_hook(x=0):
    return x


@task(on_completion=lambda task, run, state: asks_a_hook.submit(1).result(), on_cancellation=count, on_crashed=count)
def waits_in_a_hook(x=0):
    return x


tries = itertools.count(1)


@task(retries=2, retry_delay_seconds=0.0005, on_retry=count, on_cancellation=count, on_crashed=count)
def flaky():
    if next(tries) % 3:
        raise ValueError("again")


@task(on_cancellation=count, on_completion=count, on_crashed=count)
def sleepy():
    time.sleep(0.0005)


@flow(on_completion=count, on_cancellation=count, on_crashed=count)
def inner():
    quick(1)
    sleepy()


@flow(on_running=count, on_completion=count, on_cancellation=count, on_crashed=count)
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


def seconds_a_call():
    """How long a call takes on this machine."""
    began = time.monotonic()
    everything()
    return time.monotonic() - began


# The most seconds between two signals: a machine that is slow shall not be given more of them in a call.
pace = sorted(seconds_a_call() for _ in range(9))[4]
witness.runs.clear()


def rain():
    for _ in range(PRESSES):
        time.sleep(random.random() * pace)
        signal.pthread_kill(threading.main_thread().ident, SIGNAL)
    time.sleep(0.01)
    stop.set()


signal.signal(SIGNAL, outside_handler)
watcher = threading.Thread(target=rain, daemon=True)
began = time.monotonic()
watcher.start()
raised = finished = strange = 0
oddities = []
while not stop.is_set() and time.monotonic() - began < MOST_SECONDS:
    try:
        everything(return_state=True)
        finished += 1
    except (KeyboardInterrupt, TerminationSignal):
        raised += 1
    except BaseException as error:  # noqa: BLE001
        strange += 1
        oddities.append(repr(error))
deadline = time.monotonic() + 60
while any(not run.over for run in witness.runs) and time.monotonic() < deadline:
    time.sleep(0.01)
unfinished = [run for run in witness.runs if not run.over]
stopped = [run for run in witness.runs if run.state.is_cancelled() or run.state.is_crashed()]
cancelled = [run for run in stopped if run.state.is_cancelled()]
MESSAGE = "Execution was aborted by a termination signal."


def ended_well(run):
    """Whether a stopped run ended as SIGNAL says, with its hooks; one that had not begun is cancelled in any case."""
    called = {hook.kind for hook in run.hooks}
    if run.state.is_cancelled() and (SIGNAL is signal.SIGINT or not run.attempt):
        return not run.attempt or (run.state.before.name == "Cancelling" and "on_cancellation" in called)
    return SIGNAL is signal.SIGTERM and run.state.message == MESSAGE and "on_crashed" in called


badly_ended = [run for run in stopped if run.definition is not asks_a_hook and not ended_well(run)]
not_stopped = [run for run in witness.runs if not run.state.is_completed() and run not in stopped]
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
            "stopped": len(stopped),
            "cancelled": len(cancelled),
            "badly ended": [repr(run) + str([s.name for s in run.story]) + str(run.hooks) for run in badly_ended][:10],
            "neither completed nor stopped": [repr(run) + str(run.state.message) for run in not_stopped][:10],
            "notes": [note for run in swallowed for note in run.notes][:5],
            "hooks still running": sum(h.outcome == "running" for run in witness.runs for h in run.hooks),
            "gate owner": repr(gate.owner) if gate.owner else None,
            "gate holding": repr(holding.get()) if holding.get() else None,
            "current": repr(current.get()) if current.get() else None,
            "armed": main_shield().armed is not None,
            "handler restored": signal.getsignal(SIGNAL) is outside_handler,
            "threads": threading.active_count(),
            "seconds": round(time.monotonic() - began, 1),
        }
    )
)
