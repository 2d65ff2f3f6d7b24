"""The notebook for those who come from ZenML: what is in the file, and that it runs without a front end."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "coming_from_zenml.ipynb"


def read():
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_file_holds_no_outputs_and_nothing_of_the_kernel_that_ran_it():
    notebook = read()
    nbformat.validate(notebook)
    assert notebook.metadata == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    assert not any(cell.get("outputs") or cell.get("execution_count") or cell.metadata for cell in notebook.cells)


def test_its_cells_have_names_of_their_own():
    ids = [cell.id for cell in read().cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", id_) for id_ in ids)


@pytest.mark.kernel
def test_it_runs_and_its_hooks_speak_below_their_cells():
    notebook = read()
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    said = {
        cell.id: "".join(output.get("text", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    alerter = next(cell for cell in notebook.cells if cell.id == "alerter")
    shown = [output["data"]["text/plain"] for output in alerter.outputs if "data" in output]
    assert any(text.startswith("✉ *Success Hook Notification! Step completed successfully*\n") for text in shown)
    assert said == {
        "alerter": "",
        "step-hooks": "my_step gave 1\n",
        "a-failure": "my_step failed with ValueError; it ran with MyParameters(a=-1)\n",
        "document-style": "load gave 3\n",
        "todays-style": "train-4 is done\n",
        "retries": "the data is to blame: no rows\n",
        "an-alerter-of-your-own": "",
    }
