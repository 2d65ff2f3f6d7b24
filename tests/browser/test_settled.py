"""What a saved notebook shows, with its kernel, without it, and where it is not trusted."""

import json

import nbformat
import pytest
from browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDGET = "application/vnd.jupyter.widget-view+json"
SETTLE = "%config Hookcell.settle_seconds = 1"
SLOW = """
def said(flow, run, state): print("the hook of", run.name)

@task
def step(n):
    time.sleep(0.1)
    if n == 6:
        raise ValueError("six is one too many")

@flow(on_failure=said)
def steps():
    for n in range(8):
        step(n)

steps()
"""
SETTLED = """index => {
    const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
    return !cell.querySelector('.hookcell, .jupyter-widgets');
}"""

TRUSTED = "index => jupyterapp.shell.currentWidget.content.widgets[index].model.trusted"


def mimes_of(notebook, index):
    return [set(output["data"]) for output in notebook.outputs(index) if "data" in output]


def shown_in(notebook, index):
    return notebook.cell(index).inner_text()


def check_settled(notebook, index):
    text = shown_in(notebook, index)
    assert "Failed" in text
    assert "steps" in text
    assert "ValueError: six is one too many" in text
    assert "raise ValueError" in text
    assert "8 task runs" in text or "7 task runs" in text
    assert "the hook of" in text
    assert "Error displaying widget" not in text


def test_a_live_view_settles_into_a_picture_that_needs_neither_kernel_nor_trust(notebook, lab, page):
    opened = notebook(SETTLE, SLOW, name="to_settle.ipynb")
    opened.run(1, 2)
    opened.wait_until_seen("steps", "Failed")
    opened.wait_for(SETTLED, 2)
    assert mimes_of(opened, 2) == [{"text/html", "text/plain"}]
    check_settled(opened, 2)
    opened.save()

    saved = lab.read("to_settle.ipynb")
    assert WIDGET not in json.dumps(saved)
    saved.cells.append(nbformat.v4.new_markdown_cell("Copied by somebody else: nobody has vouched for this one."))
    lab.stop()
    (lab.folder / "copied.ipynb").write_text(nbformat.writes(saved), encoding="utf-8")
    lab.start()
    for name, trusted in (("to_settle.ipynb", True), ("copied.ipynb", False)):
        again = Notebook(lab, page, name).open()
        again.wait_for("() => document.querySelector('.jp-Notebook .jp-OutputArea-output')")
        assert page.evaluate(TRUSTED, 2) is trusted
        check_settled(again, 2)
