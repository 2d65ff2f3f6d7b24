"""A hot loop of flows in a process that dies of SIGTERM; run by test_fault_injection.py.

Its argument: after how many seconds the signal comes. Tells what happens to its runs as it happens, a line of JSON
each: [what, number of the run, which].
"""

import json
import os
import signal
import sys
import threading
import time

from hookcell import Listener, engine, flow, session, shield, task

shield.GRACE = engine.STRAGGLERS = 60  # the machine may be slow and stand still


class Teller(Listener):
    def tell(self, *event):
        os.write(1, f"{json.dumps(event)}\n".encode())

    def created(self, run):
        self.tell("created", run.number, run.definition.name)

    def moved(self, run, state):
        self.tell("final" if state.is_final() else "moved", run.number, state.name)

    def hook_began(self, run, hook_run):
        self.tell("hook began", run.number, hook_run.kind)

    def hook_ended(self, run, hook_run):
        self.tell("hook ended", run.number, f"{hook_run.kind} {hook_run.outcome}")


session.listen(Teller())


def clean_up():
    time.sleep(0.001)


@task(on_crashed=clean_up)
def quick(x=0):
    time.sleep(0.0005)
    return x


@flow(on_crashed=clean_up, on_completion=clean_up)
def inner():
    return quick.submit(quick(1)).result()


@flow(on_running=clean_up, on_crashed=clean_up)
def outer():
    inner()
    quick.map(range(3))


threading.Timer(float(sys.argv[1]), os.kill, (os.getpid(), signal.SIGTERM)).start()
while True:
    outer()
