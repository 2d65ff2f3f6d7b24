"""The loop of a process that measures one scenario: one repetition for each line that it is sent."""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

clock = time.perf_counter_ns
scenarios = {}


class NotMeasurableError(Exception):
    """A scenario cannot be measured here; the text says why."""


def scenario(prepare):
    """Register a function that prepares a scenario and gives what does one repetition."""
    scenarios[prepare.__name__] = prepare
    return prepare


def timed(work, n):
    """Give a repetition: microseconds per task of `work(n)`, which says nothing or the nanoseconds that count."""

    def repetition():
        began = clock()
        counted = work(n)
        took = clock() - began
        return (took if counted is None else counted) / n / 1e3

    return repetition


def median_of(samples):
    """Give the median of nanoseconds, in microseconds."""
    return statistics.median(samples) / 1e3


def resident():
    """Give the bytes of memory that this process has in RAM."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return int(shown.stdout) * 1024


def serve():
    """Prepare the scenario named on the command line, then do a repetition for each line of standard input."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the system under test prints must not come between the answers

    def answer(**facts):
        answers.write(json.dumps(facts) + "\n")

    try:
        repetition = scenarios[sys.argv[1]]()
        repetition()
    except NotMeasurableError as error:
        answer(skipped=str(error))
        return
    answer(ready=True)
    for _ in sys.stdin:
        gc.collect()
        answer(value=repetition())
