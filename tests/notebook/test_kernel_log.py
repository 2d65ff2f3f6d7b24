"""In a real kernel: log lines below the cell that launched the run, and hooks that run before the kernel is ended."""

import re
import signal
import sys
from importlib.metadata import version

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel
OLD = int(version("ipykernel").partition(".")[0]) < 7
TIME = re.compile(r"\d\d:\d\d:\d\d\.\d\d\d")

SETUP = """
%load_ext hookcell
import asyncio, os, signal, threading, time
from hookcell import flow, get_run_logger, task

def say(owner, run, state):
    get_run_logger().info("hook of %s", owner.name)
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def told(cell):
    return TIME.sub("TIME", cell.stderr).splitlines()


# -- lines


def test_lines_of_code_and_hooks_appear_below_the_cell_without_any_set_up(kernel):
    cell = kernel.run(
        "@task(on_completion=say)",
        "def load(): get_run_logger().info('loading')",
        "@flow(on_completion=say)",
        "def etl(): load(); load.submit().wait()",
        "etl()",
    )
    name = kernel.value("__import__('hookcell').remembered.flow_runs[-1].name")
    assert told(cell) == [
        "TIME | INFO    | Task run 'load' - loading",
        "TIME | INFO    | Task run 'load' - hook of load",
        "TIME | INFO    | Task run 'load[1]' - loading",
        "TIME | INFO    | Task run 'load[1]' - hook of load",
        f"TIME | INFO    | Flow run {name} - hook of etl",
    ]
    assert cell.stdout == ""


def test_lines_of_a_flow_cell_and_its_hooks_appear_below_it(kernel):
    for line in ("get_run_logger().info('hello')", "await asyncio.sleep(0); get_run_logger().info('hello')"):
        cell = kernel.run("%%flow cell --on-completion say", line)
        assert [line.rpartition(" - ")[2] for line in told(cell)] == ["hello", "hook of cell"]


@pytest.mark.skipif(OLD, reason="ipykernel 6 gives what a thread writes to the cell that started the thread")
def test_a_logger_that_a_thread_was_given_writes_below_the_cell_of_its_run(kernel):
    cell = kernel.run(
        "go = threading.Event()",
        "@task",
        "def load():",
        "    logger = get_run_logger()",
        "    thread = threading.Thread(target=lambda: (go.wait(60), logger.info('late')))",
        "    thread.start()",
        "    return thread",
        "thread = load()",
    )
    other = kernel.run("go.set()", "thread.join(60)")
    kernel.until(lambda: cell.stderr)
    assert told(cell) == ["TIME | INFO    | Task run 'load' - late"]
    assert other.stderr == ""


def test_prints_become_lines_if_asked_for(kernel):
    cell = kernel.run(
        "@flow(log_prints=True, on_completion=lambda: print('hook'))",
        "def etl(): print('body')",
        "etl()",
        "print('after')",
    )
    assert [line.rpartition(" - ")[2] for line in told(cell)] == ["body", "hook"]
    assert cell.stdout == "after\n"


def test_once_logging_is_set_up_each_line_appears_once(kernel):
    cell = kernel.run(
        "import logging",
        "logging.basicConfig(format='%(message)s')",
        "flow(lambda: get_run_logger().info('hello'))()",
        "logging.getLogger().handlers.clear()",
    )
    assert cell.stderr == "hello\n"


# -- the end of a kernel

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


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can send SIGTERM on Windows")
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


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot interrupt itself there")
def test_an_interrupt_in_a_hook_before_the_body_stops_the_body_of_a_flow_cell(kernel):
    kernel.run("def press(): os.kill(os.getpid(), signal.SIGINT)")
    cell = kernel.run("%%flow cell --on-running press", "went_on = 1", "time.sleep(600)")
    assert cell.reply["ename"] == "RunInterrupted"
