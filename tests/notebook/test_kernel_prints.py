"""Where prints and displays of hooks and tasks arrive in a real kernel: below the cell that launched the run."""

from importlib.metadata import version

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel
OLD = int(version("ipykernel").partition(".")[0]) < 7

SETUP = """
%load_ext hookcell
import asyncio, sys, threading, time
from IPython.display import display
from hookcell import flow, task
kept = {}

def say(owner, run, state):
    print("hook of", run.definition.name)
    print("trouble", file=sys.stderr)
    display(f"shown by {run.definition.name}")
    kept[run.definition.name] = run

async def say_async(owner, run, state):
    await asyncio.sleep(0)
    print("async hook of", run.definition.name)
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def shown(cell):
    return [text for text in cell.shown if text.startswith("'shown")]


def test_hooks_of_a_call_print_into_its_cell_and_their_records(kernel):
    cell = kernel.run("@flow(on_completion=[say, say_async])", "def etl(): print('body')", "etl()")
    assert cell.stdout == "body\nhook of etl\nasync hook of etl\n"
    assert cell.stderr == "trouble\n"
    assert shown(cell) == ["'shown by etl'"]
    assert kernel.value("[call.printed for call in kept['etl'].hooks]") == (
        "['hook of etl\\ntrouble\\n', 'async hook of etl\\n']"
    )


def test_hooks_of_a_flow_cell_are_recorded_in_any_later_cell(kernel):
    for lines in (["1"], ["import asyncio", "await asyncio.sleep(0)"]):
        cell = kernel.run("%%flow cell --on-completion say", *lines)
        assert cell.stdout == "hook of cell\n"
        assert kernel.value("kept['cell'].hooks[0].printed") == "'hook of cell\\ntrouble\\n'"


SUBMITTED = """
go = threading.Event()

@task(on_completion=[say, say_async])
def late():
    go.wait(60)
    print("late body")
    display("shown by the body")

future = late.submit()
"""
SUBMITTED_ASYNC = """
go = threading.Event()

@task(on_completion=[say, say_async])
async def late():
    while not go.is_set():
        await asyncio.sleep(0.01)
    print("late body")
    display("shown by the body")

future = late.submit()
"""
MEANWHILE = """
print("meanwhile")
go.set()
future.wait(60)
print("done")
"""


@pytest.mark.skipif(OLD, reason="ipykernel 6 gives what a thread displays to the cell that runs, not to its own")
@pytest.mark.parametrize("source", [SUBMITTED, SUBMITTED_ASYNC], ids=["thread", "loop"])
def test_a_submitted_task_prints_below_its_cell_while_another_one_runs(kernel, source):
    launching = kernel.run(source)
    meanwhile = kernel.run(MEANWHILE)
    expected = "late body\nhook of late\nasync hook of late\n"
    kernel.until(lambda: launching.stdout == expected and launching.stderr and len(shown(launching)) == 2)
    assert shown(launching) == ["'shown by the body'", "'shown by late'"]
    assert (meanwhile.stdout, meanwhile.stderr, shown(meanwhile)) == ("meanwhile\ndone\n", "", [])


def test_tasks_of_a_flow_print_below_its_cell_from_their_threads(kernel):
    cell = kernel.run(
        "@task(on_completion=say)",
        "def part(n): print('part', n)",
        "@flow",
        "def whole(): part.map(range(5)).wait()",
        "whole()",
    )
    # Threads may cut into each other's lines.
    assert sorted(cell.stdout) == sorted("hook of part\n" * 5 + "".join(f"part {n}\n" for n in range(5)))


def test_what_is_printed_when_no_cell_runs_goes_to_the_cell_that_launched_it(kernel):
    cell = kernel.run(
        "@task(on_completion=say)",
        "def later():",
        "    while busy: time.sleep(0.01)",
        "busy = True",
        "future = later.submit()",
        "asyncio.get_running_loop().call_later(0.1, lambda: globals().update(busy=False));",
    )
    kernel.until(lambda: cell.stdout == "hook of later\n")
    kernel.run("future.wait(60)")
    assert kernel.value("kept['later'].hooks[0].printed") == "'hook of later\\ntrouble\\n'"


@pytest.mark.skipif(OLD, reason="ipykernel 6 takes every thread to belong to the cell that runs")
def test_a_run_that_a_thread_starts_after_its_cell_has_ended_is_shown_below_it(kernel):
    cell = kernel.run(
        "import contextvars",
        "@flow",
        "def afterwards(): pass",
        "go = threading.Event()",
        "context = contextvars.copy_context()",
        "thread = threading.Thread(target=context.run, args=(lambda: (go.wait(60), afterwards()),))",
        "thread.start()",
    )
    other = kernel.run("go.set()", "thread.join(60)")
    kernel.until(lambda: cell.shown)
    assert "Completed afterwards" in cell.shown[0]
    assert other.shown == []
