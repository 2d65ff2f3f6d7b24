"""Background runs in a real kernel: the notebook stays free, output finds its cell, and nothing is lost at the end."""

import re
import signal
import sys

import nbformat
import pytest
from kernels import running_kernel
from nbclient import NotebookClient

pytestmark = pytest.mark.kernel
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="nobody can interrupt another process on Windows")

SETUP = """
%load_ext hookcell
import asyncio, threading, time
from hookcell import flow, task
go = threading.Event()

def tell(owner, run, state):
    print("hook", owner.name, state.name)
    display(state.name)

@flow(on_completion=tell, on_cancellation=tell)
def etl(x=1):
    print("body")
    go.wait(60)
    print("late")
    return x

def say_once(begun):
    while not begun():
        time.sleep(0.01)
    time.sleep(0.3)
    print("waiting", flush=True)
"""


@pytest.fixture
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def looked_at(kernel, *lines):
    cell = kernel.run(*lines, looked_at=True)
    assert cell.status == "ok", cell.traceback
    return cell


def name_of(kernel, run):
    """The name of a run; the cell that tells it does not wait for those that are open."""
    return looked_at(kernel, f"{run}.name").results[0].strip("'")


# -- start -------------------------------------------------------------------------------------------------------------


def test_the_notebook_is_free_while_a_run_goes_on_and_its_output_reaches_the_cell_that_started_it(kernel):
    launching = looked_at(kernel, "run = etl.start(3)")
    kernel.until(lambda: "body" in launching.stdout)
    other = kernel.start("print('free', run.over)", "go.set()", "run.wait()", "print('other')", looked_at=True)
    kernel.finish(other)
    kernel.until(lambda: "hook etl Completed" in launching.stdout)
    assert other.stdout == "free False\nother\n"
    assert launching.stdout == "body\nlate\nhook etl Completed\n"
    kernel.until(lambda: "'Completed'" in launching.shown)
    assert "'Completed'" not in other.shown


def test_result_await_and_cancel_in_later_cells(kernel):
    looked_at(kernel, "run, stuck = etl.start(3), etl.start(4)")
    looked_at(kernel, "while not stuck.state.is_running(): pass", "stuck.cancel()")
    assert looked_at(kernel, "stuck.wait().name").results == ["'Cancelled'"]
    assert kernel.run("stuck.result()", looked_at=True).error.startswith("CancelledRun: Flow run was cancelled.")
    looked_at(kernel, "go.set()")
    assert looked_at(kernel, "run.result()").results == ["3"]
    assert looked_at(kernel, "await run").results == ["3"]


def test_await_in_an_async_cell_lets_the_loop_go_on(kernel):
    looked_at(kernel, "run = etl.start(3)")
    cell = looked_at(kernel, "asyncio.get_running_loop().call_later(0.05, go.set)", "await run")
    assert cell.results == ["3"]


def test_a_failure_that_nobody_waits_for_is_told_below_the_cell_that_started_it(kernel):
    looked_at(kernel, "@flow", "def broken():", "    go.wait(60)", "    raise ValueError('price')")
    cell = looked_at(kernel, "run = broken.start()")
    other = kernel.start("go.set()", "time.sleep(0.2)", looked_at=True)
    kernel.until(lambda: cell.stderr)
    kernel.finish(other)
    name = name_of(kernel, "run")
    told, error, *frames = cell.stderr.splitlines()
    assert (told, error) == (f"flow run {name!r} failed in the background", "ValueError: price")
    assert frames == ["  Cell In[2], line 4, in broken", "  ----> 4 raise ValueError('price')"]
    assert other.stderr == ""


def test_a_run_that_is_run_again_prints_where_it_was_asked_for(kernel):
    looked_at(kernel, "go.set()", "run = etl.start(3)", "run.wait()")
    cell = looked_at(kernel, "run.again().result()")
    assert (cell.results, cell.stdout) == (["3"], "body\nlate\nhook etl Completed\n")


# -- interrupts --------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(
    ("line", "ename"),
    [("run.wait()", "RunInterrupted"), ("run.result()", "RunInterrupted"), ("await run", "RunInterrupted")],
)
def test_an_interrupt_ends_the_wait_and_the_run_goes_on(kernel, line, ename):
    looked_at(kernel, "run = etl.start(3)")
    says = "threading.Thread(target=say_once, args=(lambda: run.future.looked_at,)).start()"
    cell = kernel.start(says, line, looked_at=True)
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    kernel.finish(cell)
    name = name_of(kernel, "run")
    assert cell.reply["ename"] == ename
    assert cell.reply["evalue"] == f"the wait was interrupted; flow run '{name}' goes on, and its cancel() stops it"
    assert "endings.py" not in cell.traceback
    assert looked_at(kernel, "run.over, go.set(), run.result()").results == ["(False, None, 3)"]


@POSIX
def test_an_interrupt_of_another_cell_leaves_background_runs_alone(kernel):
    looked_at(kernel, "run = etl.start(3)")
    cell = kernel.start("print('waiting', flush=True)", "time.sleep(30)", looked_at=True)
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    assert kernel.finish(cell).reply["ename"] == "KeyboardInterrupt"
    cell = kernel.start("%%flow front", "print('waiting', flush=True)", "time.sleep(30)", looked_at=True)
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    assert kernel.finish(cell).reply["ename"] == "RunInterrupted"
    assert looked_at(kernel, "run.state.name, go.set(), run.result()").results == ["('Running', None, 3)"]


# -- cells -------------------------------------------------------------------------------------------------------------

CELL = "%%flow report --background --into rows --on-completion tell"


def test_a_background_cell_returns_at_once_and_its_name_is_the_run(kernel):
    cell = looked_at(kernel, CELL, "", "print('body')", "go.wait(60)", "seen = 5", "display(seen)", "seen + 1")
    kernel.until(lambda: "body" in cell.stdout)
    assert cell.results == []
    assert re.fullmatch(r"report is run '\w+-\w+', in the background\.\nbody\n", cell.stdout)
    other = looked_at(kernel, "print(type(report).__name__, report.over, 'rows' in globals())", "go.set()")
    assert other.stdout == "FlowRun False False\n"
    assert looked_at(kernel, "report.result(), seen, rows").results == ["(6, 5, 6)"]
    kernel.until(lambda: "hook report Completed" in cell.stdout)
    kernel.until(lambda: "5" in cell.shown)


def test_hooks_find_the_variable_that_the_result_goes_into(kernel):
    looked_at(kernel, "found = []", "def look(): found.append(rows)")
    options = "--into rows --on-completion look"
    looked_at(kernel, f"%%flow back --background {options}", "[1, 2]")
    looked_at(kernel, "back.wait(); del rows")
    looked_at(kernel, f"%%flow front {options}", "[3]")
    looked_at(kernel, f"%%flow afront {options}", "await asyncio.sleep(0, [4])")
    assert looked_at(kernel, "found, rows").results == ["([[1, 2], [3], [4]], [4])"]


def test_a_cell_that_fails_binds_nothing(kernel):
    cell = kernel.run("%%flow front --into rows", "1 / 0", "[3]", looked_at=True)
    assert cell.error == "ZeroDivisionError: division by zero"
    looked_at(kernel, "%%flow back --background --into rows", "1 / 0", "[3]")
    assert looked_at(kernel, "back.wait().name, 'rows' in globals()").results == ["('Failed', False)"]


def test_a_background_cell_may_await_and_use_magics_and_parameters(kernel):
    looked_at(
        kernel,
        "%%flow waiting --background --param n=3 --run-name w-{n}",
        "from __future__ import annotations",
        "import math",
        "async def later(x: Nowhere): return x",
        "await asyncio.sleep(0.01)",
        "%time n = n + 1",
        "async with asyncio.timeout(5): pass",
        "await later(n)",
    )
    assert looked_at(kernel, "await waiting, waiting.name, waiting.parameters, n").results == [
        "(4, 'w-3', {'n': 3}, 4)"
    ]


def test_a_background_cell_that_is_tried_again_runs_its_statements_again(kernel):
    looked_at(kernel, "tries = 0")
    looked_at(
        kernel, "%%flow stubborn --background --retries 2", "tries += 1", "if tries < 3: raise ValueError", "tries"
    )
    assert looked_at(kernel, "stubborn.result(), [s.name for s in stubborn.story][1:]").results == [
        "(3, ['Running', 'Retrying', 'Retrying', 'Completed'])"
    ]


def test_a_traceback_of_a_background_cell_shows_its_own_lines(kernel):
    cell = looked_at(kernel, "%%flow bad --background", "x = 0", "", "def div(y):", "    return 1 / y", "div(x)")
    kernel.until(lambda: cell.stderr)
    assert "failed in the background\nZeroDivisionError: division by zero\n" in cell.stderr
    told = kernel.run("bad.result()", looked_at=True).traceback
    number = re.search(r"Cell In\[(\d+)\], line 6", told)
    assert number, told
    assert re.search(r"----> 6 div\(x\)", told)
    assert re.search(r"----> 5     return 1 / y", told)
    for ours in ("cell_body.py", "guard", "enter_body"):
        assert ours not in told


def test_what_cannot_be_compiled_is_shown_at_its_line_and_starts_nothing(kernel):
    for stray in ("return 1", "break", "x = ="):
        cell = kernel.run("%%flow wrong --background", "y = 1", stray, looked_at=True)
        assert cell.reply["ename"] == "SyntaxError"
        assert "line 3" in cell.traceback
    assert looked_at(kernel, "'wrong' in globals(), 'y' in globals()").results == ["(False, False)"]


def test_a_background_cell_can_be_retried_and_run_again_and_a_plain_one_says_what_to_do(kernel):
    looked_at(kernel, "calls, bad = [], [1]", "@task", "def load(): calls.append(1); return len(calls)")
    looked_at(kernel, "%%flow back --background", "n = load()", "if bad: raise ValueError", "n")
    looked_at(kernel, "back.wait(); bad.clear()")
    assert looked_at(kernel, "back.retry().result(), back.again().result()").results == ["(1, 2)"]
    looked_at(kernel, "keep = []", "def hold(flow, run, state): keep.append(run)")
    looked_at(kernel, "%%flow front --on-completion hold", "1")
    name = name_of(kernel, "keep[0]")
    told = kernel.run("keep[0].again()", looked_at=True).error
    assert told == f"CannotRunAgain: flow run '{name}' cannot be run again from here: run its cell again"


def test_a_cell_that_is_run_again_while_its_run_goes_on_says_so(kernel):
    looked_at(kernel, "report = 3")
    cell = "%%flow report --background", "go.wait(60)"
    first = looked_at(kernel, *cell).stdout
    name = name_of(kernel, "report")
    assert first.startswith("flow 'report' replaces the int of that name.\n")
    second = looked_at(kernel, *cell).stdout
    assert second.endswith(f", in the background. The run {name!r}, which it was, goes on.\n")
    looked_at(kernel, "go.set(); report.wait()")
    assert looked_at(kernel, *cell).stdout.count("\n") == 1


WRONG = {
    "x --background --into x": "%%flow: --into 'x' is what the run is called; give the result another name",
    "x --into 3y": "%%flow: --into '3y' is no name for a variable; write one like --into rows",
    "x --into class": "%%flow: --into 'class' is no name for a variable; write one like --into rows",
    "x --into __hookcell__": "%%flow: --into '__hookcell__' is no name for a variable; write one like --into rows",
    "x --background --retries -1": "retries of 'x' is -1; give a whole number of 0 or more",
    "x() --background": "--background is for a cell that runs: %%flow x; here, call x.start(...)",
    "x() --into v": "--into is for a cell that runs: %%flow x; here, keep what x(...) gives",
    "x --backgroun": "%%flow has no option '--backgroun'; did you mean --background?",
}


def test_wrong_names_and_options_are_told_at_once(kernel):
    for options, told in WRONG.items():
        cell = kernel.run(f"%%flow {options}", "touched = 1", looked_at=True)
        assert cell.error == f"UsageError: {told}"
    told = "UsageError: %%task has no option '--background'; %%task -h prints what there is"
    assert kernel.run("%%task x() --background", "1").error == told
    assert looked_at(kernel, "'touched' in globals(), 'x' in globals()").results == ["(False, False)"]


def test_a_background_cell_that_code_calls_works_too(kernel):
    looked_at(kernel, "get_ipython().run_cell_magic('flow', 'called --background', 'await asyncio.sleep(0, 7)')")
    assert looked_at(kernel, "called.result()").results == ["7"]


# -- the end -----------------------------------------------------------------------------------------------------------


def test_where_nobody_looks_on_a_cell_stays_open_for_its_runs(kernel):
    looked_at(kernel, "threading.Timer(0.3, go.set).start()")
    cell = kernel.run("run = etl.start(3)")
    assert cell.stdout == "body\nlate\nhook etl Completed\n"
    assert kernel.run("run.over").results == ["True"]


def test_where_nobody_looks_on_a_failure_is_told_at_the_end_of_the_cell_unless_the_cell_asks_for_it(kernel):
    kernel.run("@flow", "def broken(): raise ValueError('price')")
    kernel.run("from hookcell import unseen", "unseen.TELL_AFTER = 60")
    assert "failed in the background\nValueError: price\n" in kernel.run("run = broken.start()").stderr
    assert kernel.run("run = broken.start()", "run.wait()").stderr == ""


def test_how_long_a_cell_stays_open_can_be_limited(kernel):
    kernel.run("%config Hookcell.hold_seconds = 0.05")
    cell = kernel.run("run = etl.start(3)")
    name = name_of(kernel, "run")
    assert cell.stderr == f"background runs go on, and what they print after this cell is lost: {name}\n"
    kernel.run("go.set(); run.wait()")


@POSIX
@pytest.mark.parametrize("more", [[], ["await asyncio.sleep(0)"]], ids=["sync", "async"])
def test_an_interrupt_ends_the_hold_and_the_runs_go_on(kernel, more):
    kernel.run(
        "from hookcell import leaving",
        "held, wait = [], leaving.wait_for_all",
        "leaving.wait_for_all = lambda seconds: (held.append(1), wait(seconds))[1]",
    )
    says = "threading.Thread(target=say_once, args=(lambda: held,)).start()"
    cell = kernel.start(says, "run = etl.start(3)", *more)
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    kernel.finish(cell)
    kernel.until(lambda: "interrupted" in cell.stderr)
    name = name_of(kernel, "run")
    assert cell.stderr == f"the wait for background runs was interrupted; they go on: {name}\n"
    assert looked_at(kernel, "run.over, go.set(), run.result()").results == ["(False, None, 3)"]


def test_nbclient_keeps_what_background_runs_print_and_show():
    cells = [
        SETUP,
        "threading.Timer(0.3, go.set).start()\nrun = etl.start(3)",
        "%%flow report --background --into rows\nawait asyncio.sleep(0.2)\nprint('reported')\n[1]",
        "run.result(), rows",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    _, started, report, last = (cell.outputs for cell in notebook.cells)
    assert _printed(started) == "body\nlate\nhook etl Completed\n"
    assert _printed(report).endswith("in the background.\nreported\n")
    assert last[0]["data"]["text/plain"] == "(3, [1])"
    for outputs in (started, report):
        assert any("Completed" in one.get("data", {}).get("text/html", "") for one in outputs)


def _printed(outputs):
    return "".join(one["text"] for one in outputs if one["output_type"] == "stream")


def test_a_kernel_that_is_shut_down_cancels_background_runs_the_newest_first(tmp_path):
    notes = tmp_path / "notes"
    noting = f"""
def note(owner, run, state):
    with open({str(notes)!r}, "a") as file:
        print(owner.name, state.name, file=file)
from hookcell import leaving
leaving.grace = 60  # the machine may be slow and stand still
hooks = dict(on_cancellation=note, on_end=note)
@flow(**hooks)
async def older(): await asyncio.sleep(600)
@flow(**hooks)
def newer(): time.sleep(600)
"""
    with running_kernel(SETUP, noting) as kernel:
        looked_at(kernel, "runs = older.start(), newer.start()")
        looked_at(kernel, "while not all(run.state.is_running() for run in runs): pass")
        kernel.manager.shutdown_kernel()
    assert notes.read_text() == "newer Cancelling\nnewer Cancelled\nolder Cancelling\nolder Cancelled\n"


@POSIX
def test_a_kernel_that_is_terminated_crashes_background_runs_and_dies_as_it_would_have(tmp_path):
    notes = tmp_path / "notes"
    noting = f"def note(owner, run, state): open({str(notes)!r}, 'a').write(state.name)"
    with running_kernel(SETUP, noting) as kernel:
        looked_at(kernel, "%%flow back --background --on-end note", "time.sleep(600)")
        looked_at(kernel, "while not back.state.is_running(): pass")
        process = kernel.manager.provisioner.process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM
    assert notes.read_text() == "Crashed"


@POSIX
def test_a_kernel_that_is_restarted_cancels_background_runs(tmp_path):
    notes = tmp_path / "notes"
    noting = f"def note(owner, run, state): open({str(notes)!r}, 'a').write(state.name)"
    with running_kernel(SETUP, noting) as kernel:
        looked_at(kernel, "%%flow back --background --on-cancellation note", "time.sleep(600)")
        looked_at(kernel, "while not back.state.is_running(): pass")
        kernel.manager.restart_kernel()
    assert notes.read_text() == "Cancelling"


def test_unload_gives_the_cell_and_the_end_back(kernel):
    looked_at(kernel, "from hookcell import leaving")
    assert looked_at(kernel, "leaving.cancels, leaving.grace").results == ["(True, 2.0)"]
    looked_at(kernel, "%unload_ext hookcell")
    assert looked_at(kernel, "leaving.cancels, leaving.grace").results == ["(False, 5.0)"]
    assert kernel.run("run = etl.start()", "run.over").results == ["False"]
    kernel.run("go.set(); run.wait()")
