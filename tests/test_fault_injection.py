"""A thousand SIGINTs at random moments of a hot loop leave nothing behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOT_LOOP = Path(__file__).parent / "faults" / "hot_loop.py"
PRESSES = 1000


@pytest.fixture(scope="module")
def aftermath():
    ran = subprocess.run(
        [sys.executable, "-W", "error", HOT_LOOP, str(PRESSES)], capture_output=True, text=True, timeout=280, check=True
    )
    return json.loads(ran.stdout)


def test_no_run_is_left_unfinished(aftermath):
    assert aftermath["unfinished"] == []


def test_every_interrupted_run_was_cancelling_with_its_hooks_and_then_cancelled(aftermath):
    assert aftermath["cancelled"] > PRESSES / 10
    assert aftermath["badly ended"] == []
    assert aftermath["neither completed nor cancelled"] == []


def test_every_interrupt_that_meets_a_run_ends_the_call_with_an_interrupt(aftermath):
    assert aftermath["flows raised"] > PRESSES / 10
    assert aftermath["strange"] == 0, aftermath["oddities"]


def test_no_gate_is_held_and_no_hook_is_still_running(aftermath):
    assert (aftermath["gate owner"], aftermath["gate holding"], aftermath["hooks still running"]) == (None, None, 0)


def test_no_current_run_leaks_and_the_shield_is_down(aftermath):
    assert (aftermath["current"], aftermath["armed"]) == (None, False)


def test_the_signal_handler_of_before_is_back(aftermath):
    assert aftermath["handler restored"] is True
