"""How failing flows and tasks read in a real kernel, and that they fail their cell."""

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

SETUP = """
%load_ext hookcell
from hookcell import flow, task

@task
def broken(n):
    raise ValueError(f"no {n}")

@flow
def breaking(n):
    broken(n)

@task
async def leaving():
    raise SystemExit(3)
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def frames(cell):
    """The heads of the frames of a traceback."""
    heads = (line.strip() for line in cell.traceback.splitlines())
    return [head for head in heads if head.startswith(("Cell In", "File", "[... skipping"))]


def test_a_failing_flow_cell_fails_at_the_users_line_with_no_frame_of_ours(kernel):
    cell = kernel.run("%%flow etl", "x = 1", "x / 0")
    assert cell.error == "ZeroDivisionError: division by zero"
    assert len(frames(cell)) == 1
    assert frames(cell)[0].endswith("line 3")
    assert "----> 3 x / 0" in cell.traceback
    assert "      1 %%flow etl" in cell.traceback


def test_a_failing_flow_cell_that_awaits_reads_the_same(kernel):
    cell = kernel.run("%%flow etl", "import asyncio", "await asyncio.sleep(0)", "1 / 0")
    assert cell.error == "ZeroDivisionError: division by zero"
    assert len(frames(cell)) == 1
    assert "----> 4 1 / 0" in cell.traceback


def test_decorated_calls_show_one_line_for_our_frames(kernel):
    cell = kernel.run("breaking(3)")
    assert cell.error == "ValueError: no 3"
    ours = [head for head in frames(cell) if not head.startswith("Cell In")]
    assert set(ours) == {"[... skipping hidden 1 frame]"}
    assert [head.rpartition(", in ")[2] for head in frames(cell) if ", in " in head] == ["breaking(n)", "broken(n)"]
    assert "site-packages" not in cell.traceback
    assert "hookcell" not in cell.traceback


def test_errors_that_hookcell_itself_raises_show_the_users_frames_only(kernel):
    cell = kernel.run("breaking()")
    assert cell.error == (
        "ParameterBindError: flow 'breaking' was called as breaking(): missing a required argument: 'n'; "
        "its signature is breaking(n)"
    )
    assert len(frames(cell)) == 1
    assert frames(cell)[0].startswith("Cell In")
    cell = kernel.run("@flow(retrys=3)", "def f(): pass")
    assert cell.error == "UnknownOptionError: flow has no option 'retrys'; did you mean retries=?"
    assert len(frames(cell)) == 1
    cell = kernel.run("%%flow waiting", "future = broken.submit(1)", "future.wait()", "broken(future)")
    assert cell.error.startswith("UpstreamTaskError: Upstream task run 'broken' did not reach a 'COMPLETED' state")
    assert frames(cell)[-1].endswith("line 4")


def test_a_failing_cell_stops_run_all(kernel):
    kernel.run("reached = False")
    kernel.client.execute("%%flow etl\n1 / 0", stop_on_error=True, allow_stdin=False)
    after = kernel.start("reached = True")
    kernel.until(lambda: after.idle)
    while not after.reply:
        reply = kernel.client.get_shell_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == after.number:
            after.reply = reply["content"]
    assert after.status == "aborted"
    assert kernel.value("reached") == "False"


LEAVING = [("await leaving()",), ("%%flow exiting", "await leaving()"), ("leaving.submit().result()",)]


@pytest.mark.parametrize("lines", LEAVING)
def test_system_exit_in_an_async_task_fails_its_cell_and_leaves_the_kernel_alive(kernel, lines):
    cell = kernel.run(*lines)
    assert cell.status == "error"
    assert "SystemExit" in cell.error
    assert "Crashed" in cell.shown[0]
    assert kernel.run("1 + 1").results == ["2"]


def test_a_failing_hook_is_told_with_its_own_line_and_the_run_goes_on(kernel):
    defining = kernel.run("def post(flow, run, state):", "    raise TimeoutError('no answer')")
    cell = kernel.run("%%flow etl --on-completion post", "42")
    number = defining.reply["execution_count"]
    assert (cell.error, cell.results) == (None, ["42"])
    name = cell.shown[0].partition("(")[2].partition(")")[0]
    assert cell.stderr == (
        f"on_completion hook 'post' of flow run '{name}' raised an error; the run went on.\n"
        "TimeoutError: no answer\n"
        f"  Cell In[{number}], line 2, in post\n"
        "  ----> 2 raise TimeoutError('no answer')\n"
    )


def test_users_own_logging_set_up_is_used_instead(kernel):
    kernel.run("import logging", "logged = []", "kept = logging.Handler()")
    kernel.run("kept.emit = lambda record: logged.append(record.getMessage())", "logging.getLogger().addHandler(kept)")
    kernel.run("def bad(flow, run, state): raise ValueError")
    cell = kernel.run("%%flow etl --on-completion bad", "42")
    kernel.run("logging.getLogger().removeHandler(kept)")
    assert cell.stderr == ""
    assert kernel.value("len(logged)") == "1"
