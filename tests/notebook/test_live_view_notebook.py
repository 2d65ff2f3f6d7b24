"""The notebook about the view: every text of it, the same each time."""

import re
from pathlib import Path

import nbformat
import pytest
from kernels import texts_of
from nbclient import NotebookClient

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "live_view.ipynb"
TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d{3}", re.MULTILINE)
PICTURE = """\
✓ Completed nightly_scores ({name}), 303 task runs, 4 hooks ok
  ✓ 301 Completed, ✕ 2 Failed
  score[78] failed after 1 try: ValueError: price must be positive, got -3.2
    Cell In[2], line 36, in score
    ----> 36 raise ValueError(f"price must be positive, got {{offer['price']}}")
  ✕ Failed score[205]: ValueError: price must be positive, got -3.2"""
TOLD = "nightly_scores is Completed; asked again for [40, 151, 222]\n"
SAYS = {
    "one-line": ["'ready'", "✓ Completed warm_up (rapid-moth)"],
    "nightly": [
        "TIME | INFO    | Task run 'load' - 300 offers of Friday\n",
        TOLD,
        "'Friday: 298 offers scored, the best with 10.0'",
        PICTURE.format(name="dawn-bison"),
    ],
    "start": [
        "TIME | INFO    | Task run 'load' - 300 offers of Saturday\n",
        TOLD,
        PICTURE.format(name="nimble-beetle"),
    ],
    "meanwhile": ["meanwhile: 332833500\n", "'Completed'"],
    "here-too": [PICTURE.format(name="nimble-beetle")],
    "settings": [
        "TIME | INFO    | Task run 'load' - 50 offers of Sunday\n",
        "nightly_scores is Completed; asked again for [40]\n",
        "'Sunday: 50 offers scored, the best with 10.0'",
        "✓ Completed nightly_scores (balmy-bee), 53 task runs, 2 hooks ok",
    ],
}


@pytest.fixture(scope="module")
def ran():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=60)
    with client.setup_kernel():
        for place, cell in enumerate(notebook.cells):
            client.execute_cell(cell, place)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {cell.id: [TIME.sub("TIME", text) for text in texts_of(cell.outputs)] for cell in code}


@pytest.mark.parametrize("cell", SAYS)
def test_each_cell_says_this(cell, ran):
    assert sorted(ran[cell]) == sorted(SAYS[cell])  # stdout and stderr come in either order


def test_there_is_no_other_cell(ran):
    assert set(ran) == set(SAYS)
