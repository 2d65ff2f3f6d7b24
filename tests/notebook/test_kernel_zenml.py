"""Steps and pipelines in a real kernel: the stop button during a hook, hooks that hang, what a cell says of them."""

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

SETUP = """
%load_ext hookcell
import time
from hookcell import hook
from hookcell.zenml import pipeline, step
def slow():
    while True:
        print("posting")
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def test_the_stop_button_during_a_slow_hook_leaves_the_step_completed(kernel):
    kernel.run("@step(on_success=slow)", "def load() -> int: return 3")
    kernel.run("from hookcell.testing import record", "@pipeline", "def etl(): load()")
    cell = kernel.start("with record() as recording: etl()")
    seen = 0  # the first press is for the pipeline, and waits; another is for the hook
    while True:
        kernel.until(lambda least=seen: cell.idle or cell.stdout.count("posting") > least)
        if cell.idle:
            break
        kernel.interrupt()
        seen = cell.stdout.count("posting") + 4
    kernel.finish(cell)
    assert cell.reply["ename"] == "RunInterrupted"
    assert "on_completion hook 'slow'" in cell.stderr
    assert kernel.value("[run.status.value for run in recording.runs]") == "['stopped', 'completed']"
    assert kernel.run("1 + 1").results == ["2"]


def test_a_hook_that_hangs_is_told_of_and_the_step_goes_on(kernel):
    kernel.run("@step(on_success=hook(slow, timeout_seconds=0.2))", "def load() -> int: return 3")
    cell = kernel.run("load()")
    assert cell.results == ["3"]
    assert "HookTimeout: on_completion hook 'slow' took longer than 0.2 s and was abandoned" in cell.stderr
    assert "1 hook failed" in "".join(cell.shown)


def test_a_hook_that_exits_ends_neither_the_kernel_nor_the_step(kernel):
    cell = kernel.run("@step(on_success=lambda: exit(3))", "def load() -> int: return 3", "load()")
    assert cell.results == ["3"]
    assert "SystemExit" in cell.stderr or cell.stderr == ""
    assert kernel.run("1 + 1").results == ["2"]


def test_redefining_a_hook_says_which_version_the_step_runs_after_the_cell_and_with_the_run(kernel):
    kernel.run("def tell(): print('first')", "@step(on_success=tell)", "def load() -> int: return 3")
    first = int(kernel.value("len(In) - 2"))
    assert f"step 'load' still calls the version of Cell In[{first}], line 1" in (
        kernel.run("def tell(): print('second')").stdout
    )
    cell = kernel.run("load()")
    assert cell.stdout == "first\n"
    assert f"step 'load' runs the hook 'tell' (Cell In[{first}], line 1) it was made with" in cell.stderr
