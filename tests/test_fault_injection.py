"""A thousand signals at random moments of a hot loop leave nothing behind, and a process that dies of one neither."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults"
PRESSES = 1000
DEATHS = 10
needs_sigterm = pytest.mark.skipif(sys.platform == "win32", reason="nobody can send SIGTERM on Windows")


@pytest.fixture(scope="module", params=["SIGINT", pytest.param("SIGTERM", marks=needs_sigterm)])
def aftermath(request):
    ran = subprocess.run(
        [sys.executable, "-W", "error", FAULTS / "hot_loop.py", str(PRESSES), "1", request.param],
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    return {**json.loads(ran.stdout), "signal": request.param}


def test_no_run_is_left_unfinished(aftermath):
    assert aftermath["unfinished"] == []


def test_every_stopped_run_has_ended_as_the_signal_says_and_with_its_hooks(aftermath):
    assert aftermath["stopped"] > PRESSES / 10
    assert aftermath["badly ended"] == []
    assert aftermath["neither completed nor stopped"] == []


def test_no_body_is_said_to_have_caught_what_it_never_heard(aftermath):
    assert aftermath["notes"] == []


def test_every_signal_that_meets_a_run_ends_the_call(aftermath):
    assert aftermath["flows raised"] > PRESSES / 10
    assert aftermath["strange"] == 0, aftermath["oddities"]


def test_the_process_hears_of_sigterm_after_each_call_that_it_ended_and_of_sigint_only_between_calls(aftermath):
    if aftermath["signal"] == "SIGTERM":  # one that comes between two calls is heard too
        assert aftermath["flows raised"] <= aftermath["outside"] <= PRESSES
    else:
        assert aftermath["outside"] < PRESSES / 10


def test_no_gate_is_held_and_no_hook_is_still_running(aftermath):
    assert (aftermath["gate owner"], aftermath["gate holding"], aftermath["hooks still running"]) == (None, None, 0)


def test_no_current_run_leaks_and_the_shield_is_down(aftermath):
    assert (aftermath["current"], aftermath["armed"]) == (None, False)


def test_the_signal_handler_of_before_is_back(aftermath):
    assert aftermath["handler restored"] is True


# -- a process that dies


def last_moments(seconds):
    """Runs the loop until it is terminated after some seconds; gives its exit status, what it has told, and errors."""
    loop = [sys.executable, FAULTS / "dying_loop.py", str(seconds)]
    ran = subprocess.run(loop, capture_output=True, timeout=120, check=False)
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr


@needs_sigterm
def test_a_process_that_is_terminated_at_any_moment_ends_every_run_and_every_hook_first():
    moments = random.Random(1)  # noqa: S311 -- any moments will do, as long as they are the same next time
    crashes = 0
    for _ in range(DEATHS):
        status, told, errors = last_moments(moments.random() * 0.05)
        assert (status, errors) == (-signal.SIGTERM, b"")
        ended = {number: name for what, number, name in told if what == "final"}
        assert [number for what, number, _ in told if what == "created" and number not in ended] == []
        hooks = [what for what, _, _ in told if what.startswith("hook")]
        assert hooks.count("hook began") == hooks.count("hook ended")
        assert {name.split()[-1] for what, _, name in told if what == "hook ended"} <= {"ok"}
        notified = {number for what, number, name in told if what == "hook ended" and name.startswith("on_crashed")}
        assert {number for number, name in ended.items() if name == "Crashed"} == notified
        crashes += len(notified)
    assert crashes > DEATHS / 2
