"""A kernel that is ended while a run is open: hooks run first, and then it dies as it would have."""

import signal
import sys

import pytest
from kernels import running_kernel

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform == "win32", reason="nobody can send SIGTERM on Windows, nor interrupt himself"),
]

SETUP = """
%load_ext hookcell
import asyncio, os, signal, time
from hookcell import flow
"""
NOTING = """
def note(owner, run, state):
    with open({path!r}, "a") as file:
        print(owner.name, state.name, state.message, file=file)

@flow(on_crashed=note, on_cancellation=note)
def etl():
    print("running")
    time.sleep(600)
"""
CELLS = {
    "call": ["etl()"],
    "flow cell": ["%%flow etl --on-crashed note --on-cancellation note", "print('running')", "time.sleep(600)"],
    "async flow cell": [
        "%%flow etl --on-crashed note --on-cancellation note",
        "print('running')",
        "await asyncio.sleep(600)",
    ],
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_kernel_that_is_terminated_runs_its_crash_hooks_and_dies_as_it_would_have(kind, tmp_path):
    notes = tmp_path / "notes"
    with running_kernel(SETUP, NOTING.format(path=str(notes))) as kernel:
        cell = kernel.start(*CELLS[kind])
        kernel.until(lambda: "running" in cell.stdout)
        process = kernel.manager.provisioner.process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM
    assert notes.read_text() == "etl Crashed Execution was aborted by a termination signal.\n"


def test_a_kernel_that_is_shut_down_interrupts_its_run_and_runs_its_hooks(tmp_path):
    notes = tmp_path / "notes"
    with running_kernel(SETUP, NOTING.format(path=str(notes))) as kernel:
        cell = kernel.start("etl()")
        kernel.until(lambda: "running" in cell.stdout)
        kernel.manager.shutdown_kernel()
    assert notes.read_text() == "etl Cancelling None\n"


def test_an_interrupt_in_a_hook_before_the_body_stops_the_body_of_a_flow_cell():
    with running_kernel(SETUP, "def press(): os.kill(os.getpid(), signal.SIGINT)") as kernel:
        cell = kernel.run("%%flow cell --on-running press", "time.sleep(600)")
        assert cell.reply["ename"] == "RunInterrupted"
