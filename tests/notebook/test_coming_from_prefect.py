"""The notebook for those who come from Prefect: every text of it, the same each time."""

import re
from pathlib import Path

import nbformat
import pytest
from kernels import texts_of
from nbclient import NotebookClient

from hookcell.store.sqlite import StoreFile

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "coming_from_prefect.ipynb"
TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d{3}", re.MULTILINE)
# What each cell says, by its id: what it printed, what it logged, and what it shows, each in one text.
SAYS = {
    "as-before": [
        "portfolio: Completed()\n",
        "60.0",
        "✓ Completed portfolio (portfolio-friday), 3 task runs, 1 hook ok",
    ],
    "states-code": [
        (
            "price-XYZ, try 3: Task run encountered an exception LookupError: no such ticker\n"
            "portfolio: Failed('Flow run encountered an exception: LookupError: no such ticker')\n"
        ),
        (
            "(Failed(message='Flow run encountered an exception: LookupError: no such ticker', type=FAILED, "
            "result=LookupError('no such ticker')),\n"
            " <StateType.FAILED: 'FAILED'>,\n"
            " LookupError('no such ticker'))"
        ),
        (
            "✕ Failed portfolio (portfolio-monday), 2 task runs, 2 hooks ok\n"
            "  ✓ 1 Completed, ✕ 1 Failed\n"
            "  price-XYZ failed after 3 tries: LookupError: no such ticker\n"
            "    Cell In[1], line 25, in portfolio\n"
            "    ----> 25 return sum(prices.result())\n"
            "    Cell In[1], line 18, in price\n"
            '    ----> 18 raise LookupError("no such ticker")'
        ),
    ],
    "returned-states": [
        (
            "Failed(message='1/2 states failed.', type=FAILED, "
            "result=[Completed(message=None, type=COMPLETED, result=1), "
            "Failed(message='0 is nothing', type=FAILED, result=None)])"
        ),
        (
            "✕ Failed checks (golden-boar), 2 task runs\n"
            "  ✓ 1 Completed, ✕ 1 Failed\n"
            "  check-001 failed after 1 try: FailedRun: 0 is nothing"
        ),
    ],
    "context-code": [
        "tags: ['demo'], parameters: {}\nthe call raises it, as in Prefect: out of patience\n",
        (
            "12:00:00.000 | WARNING | Flow run 'doomed' - doomed crashed: "
            "Execution was aborted by Python system exit call.\n"
        ),
        (
            "⚡ Crashed doomed, 1 hook ok\n"
            "  SystemExit: out of patience\n"
            "    Cell In[4], line 16\n"
            "    ----> 16 doomed()\n"
            "    Cell In[4], line 11, in doomed\n"
            '    ----> 11 raise SystemExit("out of patience")'
        ),
    ],
    "variables": ["(100, 100)"],
    "secrets": ["Secret(value=Secret('**********'))\n", "6"],
    "cancel": [
        "long is Cancelling: cleaning up\nFlow run was cancelled.\n",
        "⊘ Cancelled long-flow (long), 2 hooks ok\n  Flow run was cancelled.",
    ],
    "more-hooks-code": [
        "step-0 ended as Failed\nstep-001 ended as NotReady\n",
        "['Failed', 'NotReady']",
        (
            "✕ Failed steps (regal-jay), 3 task runs, 2 hooks ok\n"
            "  ✓ 1 Completed, ✕ 1 Failed, ○ 1 NotReady\n"
            "  step-0 failed after 1 try: ZeroDivisionError: division by zero\n"
            "    Cell In[8], line 7, in step\n"
            "    ----> 7 return 1 / n"
        ),
    ],
    "retries-code": [
        "fetch after try 1: AwaitingRetry\nfetch after try 2: AwaitingRetry\ndata\n",
        "'Failed'",
        (
            "✓ Completed fetch, 2 hooks ok\n"
            "✕ Failed fetch\n"
            "  ValueError: no use trying again\n"
            "    Cell In[9], line 19, in fetch\n"
            "    ----> 19 raise errors.pop(0)"
        ),
    ],
    "records-code": ["('portfolio-monday', 'Failed', 1)"],
    "not-here-code": [
        (
            "Flow.serve is a part of Prefect that hookcell does not have; call the flow, from a notebook or from a "
            "script that your scheduler starts\n"
            "persist_result= is a part of Prefect that hookcell does not have; keep results in variables of the "
            "notebook, or write them to files in the task, and leave persist_result out\n"
        ),
    ],
    "tidy-up": [],
}


def run():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {cell.id: [TIME.sub("12:00:00.000", text) for text in texts_of(cell.outputs)] for cell in code}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """The folder of its store."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOOKCELL_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def said(home):
    return run()


@pytest.mark.parametrize("cell", SAYS)
def test_each_cell_says_what_it_should(said, cell):
    assert said[cell] == SAYS[cell]


def test_there_is_no_other_cell(said):
    assert list(said) == list(SAYS)


def test_it_says_the_same_each_time(said):
    assert run() == said


def test_it_leaves_nothing_in_the_store(said, home):
    file = StoreFile(lambda: home)
    try:
        assert file.read("SELECT kind, key FROM key_values") == []
    finally:
        file.close()
