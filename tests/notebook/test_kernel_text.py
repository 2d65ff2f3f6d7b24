"""Law 11: the same notebook run twice gives the same text; and what is shown without a browser needs none."""

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.kernel

CELLS = [
    """
%load_ext hookcell
import random, time
from hookcell import flow, task, Hooks, ThreadRunner
def note(owner, run, state): print(run.name, "is", state.name)
def bad(owner, run, state): raise RuntimeError(f"bad hook of {run.name}")
""",
    """
@task(on_completion=bad)
def part(n):
    time.sleep(random.random() / 20)
    return n

@flow(on_completion=note)
def whole():
    return sum(part.map(range(8)).result())

whole()
""",
    "whole",
    "whole(return_state=True)",
    "%%flow cell --retries 1 --on-end note --on-retry note\npart(1)\nraise ValueError(object())",
    "@task\ndef slow():\n    time.sleep(0.5)\nslow.submit()",
    "_",
    "%%flow big\nfor n in range(30):\n    time.sleep(0.02)\n    part(n, return_state=True)",
    "for _ in range(12): whole()",
    "%%flow stopped --timeout-seconds 0.1\ntime.sleep(5)",
]


def executed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in CELLS])
    NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3").execute()
    return notebook


@pytest.fixture(scope="module")
def notebooks():
    return executed(), executed()


def text_of(cell):
    """All text of a cell; threads may print their lines in any order, and nbclient cuts streams where it likes."""
    streams = {"stdout": "", "stderr": ""}
    rest = []
    for output in cell.outputs:
        if output.output_type == "stream":
            streams[output.name] += output.text
        elif output.output_type == "error":
            rest.append((output.ename, output.evalue.partition(" object at ")[0]))
        else:
            rest.append(output.data["text/plain"])
    return [*(sorted(text.splitlines()) for text in streams.values()), *rest]


def test_two_executions_give_the_same_text(notebooks):
    for source, one, other in zip(CELLS, notebooks[0].cells, notebooks[1].cells, strict=True):
        assert text_of(one) == text_of(other), source


def test_no_widget_is_left_in_an_executed_notebook(notebooks):
    for notebook in notebooks:
        assert "application/vnd.jupyter.widget-view+json" not in nbformat.writes(notebook)
        assert "widgets" not in notebook.metadata


def test_every_cell_with_runs_shows_them_once(notebooks):
    for index, cell in enumerate(notebooks[0].cells):
        shown = [output for output in cell.outputs if output.output_type == "display_data"]
        assert len(shown) == (index in {1, 3, 4, 5, 7, 8, 9}), CELLS[index]
        assert all(set(output.data) == {"text/html", "text/plain"} for output in shown)
