"""What a saved notebook shows, with its kernel, without it, and where it is not trusted."""

import json

import nbformat
import pytest
from boards import cancelled, mapped, nested, nightly
from browser.lab import Notebook
from nbconvert import HTMLExporter

from hookcell.notebook.settled import to_html, to_text

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


# -- pictures that were saved ------------------------------------------------------------------------------------------

# Images, those that were drawn, what they are as high as, and elements that a page wider than the cell would scroll.
SEEN = """() => {
    const images = [...document.querySelectorAll('img[src^="data:image/png"]')].filter(image => image.alt);
    const cards = images.map(image => image.closest('table').parentElement);
    return {
        images: images.length,
        drawn: images.filter(image => image.naturalWidth > 0).length,
        heights: [...new Set(images.map(image => image.getBoundingClientRect().height))],
        scrolled: cards.filter(card => card.scrollWidth > card.clientWidth + 1).length,
        grounds: new Set(cards.map(card => getComputedStyle(card).borderTopWidth)).size,
    };
}"""
PICTURES = (nightly, mapped, cancelled, nested)


def saved():
    """A notebook with outputs, as somebody else may have sent it."""
    shown = [{"text/html": to_html(board()), "text/plain": to_text(board())} for board in PICTURES]
    cells = [nbformat.v4.new_code_cell("...", outputs=[nbformat.v4.new_output("display_data", data)]) for data in shown]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def check_pictures(seen):
    lanes = sum(to_html(board()).count("<img ") for board in PICTURES)
    assert seen == {"images": lanes, "drawn": lanes, "heights": [22], "scrolled": 0, "grounds": 1}


def test_an_untrusted_notebook_shows_the_whole_timeline(lab, page, photograph):
    (lab.folder / "sent.ipynb").write_text(nbformat.writes(saved()), encoding="utf-8")
    opened = Notebook(lab, page, "sent.ipynb").open()
    opened.wait_for("() => document.querySelectorAll('.jp-Notebook img').length > 3")
    assert page.evaluate(TRUSTED, 0) is False
    check_pictures(page.evaluate(SEEN))
    assert "failed after 2.4 s, ended at 6.6 s" in page.locator("img").nth(4).get_attribute("alt")
    photograph(page.locator(".jp-WindowedPanel-outer").first, "settled-untrusted")


def test_a_page_made_by_nbconvert_shows_the_whole_timeline(page, tmp_path):
    html, _ = HTMLExporter().from_notebook_node(saved())
    (tmp_path / "saved.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "saved.html").as_uri(), wait_until="commit")
    page.wait_for_function("() => document.querySelectorAll('img').length > 3")
    check_pictures(page.evaluate(SEEN))


def test_an_html_export_shows_the_settled_picture_without_kernel_and_network(notebook, lab, browser):
    opened = notebook("%config Hookcell.settle_seconds = 0.5", SLOW, name="exported.ipynb")
    opened.run(1, 2)
    opened.wait_for(SETTLED, 2)
    opened.save()
    lab.wait_until_saved("exported.ipynb", "ValueError: six is one too many")
    html, _ = HTMLExporter().from_filename(str(lab.folder / "exported.ipynb"))
    (lab.folder / "exported.html").write_text(html, encoding="utf-8")

    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((lab.folder / "exported.html").as_uri(), wait_until="domcontentloaded")
    picture = page.locator(".jp-RenderedHTMLCommon", has_text="steps").first
    assert "Failed" in picture.inner_text()
    assert "ValueError: six is one too many" in picture.inner_text()
    assert "raise ValueError" in picture.inner_text()
    assert page.locator("details").count() >= 1
    assert WIDGET not in html
    context.close()
