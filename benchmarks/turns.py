"""Whatever can be measured again and again, in turn with something else, so that a noisy machine is noisy for both."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from environments import CACHE, python_of, variables_of

HERE = Path(__file__).parent
# Prefect starts a server for each process, which is slow the first time.
LONGEST = 180


class SkippedError(Exception):
    """A system cannot be measured here; the text says why."""

    def __init__(self, system, why):
        super().__init__(why)
        self.system = system


class Worker:
    """A fresh process that prepares a scenario and then does a repetition when asked.

    It is stopped while it is not its turn, and its children with it: a peer's server has work to do long after a flow.
    """

    def __init__(self, system, scenario):
        command = [python_of(system), HERE / "systems" / f"on_{system}.py", scenario]
        self.system = system
        self.log = CACHE / "logs" / f"{system}-{scenario}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=variables_of(system),
                start_new_session=True,
            )

    def __enter__(self):
        self._answer()
        self._signal("SIGSTOP")
        return self

    def measure(self):
        """Do one repetition; give what it measured."""
        self._signal("SIGCONT")
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self._answer()
        self._signal("SIGSTOP")
        return answer["value"]

    def _answer(self):
        guard = threading.Timer(LONGEST, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        answer = json.loads(line or "{}")
        if not answer:
            raise SkippedError(self.system, f"failed, see {self.log}")
        if "skipped" in answer:
            raise SkippedError(self.system, answer["skipped"])
        return answer

    def _signal(self, name):
        if hasattr(signal, name):
            os.killpg(self.process.pid, getattr(signal, name))

    def __exit__(self, *_error):
        self._end()

    def _end(self):
        self._signal("SIGCONT")
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class WholeProcess:
    """A process timed from its start to its end, in milliseconds; the same without anything to do if `bare` is set."""

    def __init__(self, system, arguments, *, less=()):
        self.system, self.arguments, self.less = system, arguments, less

    def __enter__(self):
        self.measure()  # compiles what it imports
        return self

    def __exit__(self, *_error):
        """Nothing is left to end."""

    def measure(self):
        """Run it once, and give the milliseconds less those of the process it is compared with."""
        took = self._run(self.arguments)
        return took - self._run(self.less) if self.less else took

    def _run(self, arguments):
        began = time.perf_counter()
        ran = subprocess.run(
            [python_of(self.system), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            env=variables_of(self.system),
            check=False,
        )
        if ran.returncode:
            raise SkippedError(self.system, (ran.stderr.strip().splitlines() or ["failed"])[-1])
        return (time.perf_counter() - began) * 1e3


def tick():
    """Show that something goes on, to whoever looks; the row's line is written over it."""
    if sys.stdout.isatty():
        print(".", end="", flush=True)


def take_turns(measured, rounds):
    """Measure several things in turn, round after round; give the values of each."""
    with ExitStack() as open_:
        ready = [open_.enter_context(one) for one in measured]
        values = [[] for _ in ready]
        for _ in range(rounds):
            for one, mine in zip(ready, values, strict=True):
                mine.append(one.measure())
                tick()
        return values
