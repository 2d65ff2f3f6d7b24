"""The kernel's Interrupt (SIGINT) in every kind of run: Cancelling, its hooks, Cancelled, long before its own end."""

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

SETUP = """
%load_ext hookcell
import asyncio, signal, threading, time
from hookcell import flow, task, CancelledRun
story = []

def clean_up(owner, run, state):
    time.sleep(0.05)
    story.append((state.name, run.definition.name))
    print("cleaning up")

def end(owner, run, state):
    story.append((state.name, run.definition.name))

@task
def sleepy():
    print("running")
    time.sleep(600)

@flow(on_cancellation=clean_up, on_end=end)
def sync_flow():
    sleepy()

@flow(on_cancellation=clean_up, on_end=end)
def submitting():
    sleepy.submit().result()

@task
async def dozing():
    print("running")
    await asyncio.sleep(600)

@flow(on_cancellation=clean_up, on_end=end)
async def async_flow():
    await dozing()
"""
FLOW = "%%flow cell --on-cancellation clean_up --on-end end"
KINDS = {
    "sync cell": ("cell", [FLOW, "print('running')", "time.sleep(600)"]),
    "async cell": ("cell", [FLOW, "print('running')", "await asyncio.sleep(600)"]),
    "sync flow": ("sync_flow", ["sync_flow()"]),
    "sync flow, return_state": ("sync_flow", ["state = sync_flow(return_state=True)", "state"]),
    "sync flow in a cell": ("sync_flow", ["%%flow around", "sync_flow()"]),
    "submitted task": ("submitting", ["submitting()"]),
    "async flow": ("async_flow", ["await async_flow()"]),
    "async flow, return_state": ("async_flow", ["state = await async_flow(return_state=True)", "state"]),
    "async flow in a cell": ("async_flow", ["%%flow around", "await async_flow()"]),
}


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def interrupt_in(kernel, *lines):
    """Runs a cell, and interrupts it once it says that it is running."""
    cell = kernel.start(*lines)
    kernel.until(lambda: "running" in cell.stdout)
    kernel.interrupt()
    return kernel.finish(cell)


@pytest.mark.parametrize("kind", KINDS)
def test_interrupt_cancels_the_run_calls_its_hooks_and_fails_the_cell(kernel, kind):
    name, lines = KINDS[kind]
    kernel.run("story.clear()", "before = signal.getsignal(signal.SIGINT)")
    cell = interrupt_in(kernel, *lines)
    assert cell.reply["ename"] == "RunInterrupted"
    assert cell.reply["evalue"].endswith("was interrupted")
    assert len(cell.traceback.splitlines()) < 20
    assert "hookcell" not in cell.traceback
    assert cell.stdout.count("cleaning up") == 1
    assert cell.results == []
    assert kernel.value("story") == repr([("Cancelling", name), ("Cancelled", name)])
    assert kernel.run("1 + 1").results == ["2"]
    assert kernel.value("signal.getsignal(signal.SIGINT) == before") == "True"


def test_after_an_interrupted_flow_the_kernels_own_interrupt_works_again(kernel):
    interrupt_in(kernel, "sync_flow()")
    cell = interrupt_in(kernel, "print('running')", "time.sleep(600)")
    assert cell.reply["ename"] == "KeyboardInterrupt"
    cell = interrupt_in(kernel, "print('running')", "for _ in range(6000): await asyncio.sleep(0.05)")
    assert cell.reply["ename"] == "CancelledError"
    assert kernel.run("1 + 1").results == ["2"]


def test_a_second_interrupt_abandons_a_hook_that_hangs(kernel):
    kernel.run("def hang(flow, run, state):", "    print('hanging')", "    time.sleep(600)", "kept = []")
    cell = kernel.start("%%flow cell --on-cancellation hang --on-end end", "print('running')", "time.sleep(600)")
    for word in ("running", "hanging"):
        kernel.until(lambda word=word: word in cell.stdout)
        kernel.interrupt()
    kernel.finish(cell)
    assert cell.reply["ename"] == "RunInterrupted"
    assert "on_cancellation hook 'hang'" in cell.stderr
    assert "was abandoned; the run went on." in cell.stderr


def test_a_body_that_catches_the_interrupt_is_completed(kernel):
    cell = interrupt_in(
        kernel,
        "%%flow cell --on-end end",
        "try:",
        "    print('running')",
        "    time.sleep(600)",
        "except KeyboardInterrupt:",
        "    caught = True",
        "'went on'",
    )
    assert (cell.error, cell.results) == (None, ["'went on'"])
    assert kernel.value("story[-1]") == "('Completed', 'cell')"


def test_run_cancel_from_another_thread_ends_a_flow_cell(kernel):
    kernel.run("def later(flow, run, state):", "    threading.Timer(0.2, run.cancel).start()", "story.clear()")
    cell = kernel.run("%%flow cell --on-running later --on-end end", "time.sleep(600)")
    assert cell.error == "CancelledRun: Flow run was cancelled."
    cell = kernel.run("%%flow cell --on-running later --on-end end", "await asyncio.sleep(600)")
    assert cell.error == "CancelledRun: Flow run was cancelled."
    assert kernel.value("story") == "[('Cancelled', 'cell'), ('Cancelled', 'cell')]"


def test_retries_stop_at_an_interrupt(kernel):
    kernel.run("tries = []")
    cell = interrupt_in(kernel, "%%flow cell --retries 5", "tries.append(1)", "print('running')", "time.sleep(600)")
    assert cell.reply["ename"] == "RunInterrupted"
    assert kernel.value("len(tries)") == "1"
