"""In a real kernel, messages and what became of them stand below the cell that launched the run."""

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

SETUP = """
%load_ext hookcell
import threading
from hookcell import flow, task
from hookcell.notify import alert, ask, flush, make, notify, sent
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def messages(cell):
    return [text for text in cell.shown if text.startswith("✉")]


def test_an_alert_is_shown_in_the_launching_cell_and_reads_the_same_each_time(kernel):
    lines = ("@flow(on_completion=alert())", "def etl(): notify('3 rows', subject='etl')", "etl()")
    cell = kernel.run(*lines)
    notice, completed = messages(cell)
    assert notice == "✉ etl\n  3 rows"
    assert completed.startswith("✉ Flow 'etl' completed (run '")
    assert kernel.value("sent[-1]") == "<Post to notebook: sent>"


def test_an_alert_of_a_task_that_ends_after_its_cell_is_shown_there(kernel):
    first = kernel.run(
        "go = threading.Event()",
        "@task(on_completion=alert())",
        "def late(): go.wait(60)",
        "future = late.submit()",
    )
    assert messages(first) == []
    second = kernel.run("go.set(); future.wait()")
    kernel.until(lambda: messages(first))
    assert (messages(first), messages(second)) == (["✉ Task 'late' completed"], [])


def test_a_message_that_cannot_be_sent_is_a_line_below_the_launching_cell(kernel, nobody):
    first = kernel.run(
        f"slack = make('slack', url={nobody!r}, retries=0)",
        "@flow(on_completion=alert(slack))",
        "def etl(): pass",
        "etl()",
    )
    kernel.run("flush(60)")
    kernel.until(lambda: first.stderr)
    assert first.stderr.strip().endswith(
        "a message to slack was not sent: the server cannot be reached (Connection refused)"
    )
    assert kernel.value("sent[-1].outcome") == "'failed'"


def test_a_notebook_that_nobody_looks_at_cannot_be_asked(kernel):
    cell = kernel.run("@task", "def deploy(): return ask('deploy?')", "deploy()")
    assert cell.error.startswith("NobodyToAsk: nobody can be asked here: there is no prompt to answer at;")
