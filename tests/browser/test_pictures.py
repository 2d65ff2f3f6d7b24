"""Pictures of every kind of board in both themes, to be looked at; and notebooks, run from top to bottom."""

from pathlib import Path

import pytest
from browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUICK = """
def note(flow, run, state): pass

@flow(on_completion=note)
def lazy_flow(): pass

lazy_flow()
"""
NIGHTLY = """
from hookcell import ThreadRunner, Hooks

go_on = threading.Event()

def count_retries(task, run, state): print("retries so far:", run.attempt)
def post(task, run, state): raise TimeoutError("no answer from the chat")
def archive(flow, run, state): print("archived", run.name)

@task
def extract():
    time.sleep(0.9)

@task(retries=2, retry_delay_seconds=0.3, on_retry=[count_retries, post])
def score(n):
    time.sleep(0.15)
    if n == 7:
        raise ValueError("price must be positive, got -3.2")
    if n == 11:
        go_on.wait(60)

@task
def report(scores):
    time.sleep(0.2)

@flow(runner=ThreadRunner(max_workers=3), on_completion=archive, on_failure=archive, on_cancellation=archive)
def nightly_scores(count):
    extract()
    scores = score.map(range(count))
    future = report.submit(scores)
    if count < 9:
        future.wait()
    future.result()
"""
HANGS = """index => {
    const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
    const counts = [...cell.querySelectorAll('.hookcell .chip')].map(one => one.textContent.replace(/\\s/g, ''));
    return counts.some(text => text.includes('13Completed')) && counts.some(text => text.includes('1Failed'));
}"""


def test_each_kind_of_board_is_drawn(notebook, photograph):
    runs = ["nightly_scores(5)", "nightly_scores(9)", "nightly_scores(14)", "%config Hookcell.settle_seconds = 0.1"]
    opened = notebook(QUICK, NIGHTLY, *runs)
    opened.run(1)
    photograph(opened.cell(1), "one-line")
    opened.run(2, 3)
    opened.view(3).locator("[data-state=Completed]").first.wait_for()
    photograph(opened.cell(3), "finished")
    opened.run(4)
    opened.view(4).locator(".panel[data-state=Failed]").wait_for()
    photograph(opened.cell(4), "failed")

    opened.start(5)
    opened.wait_for(HANGS, 5)
    opened.view(5).locator(".why").wait_for()
    photograph(opened.cell(5), "running")
    opened.cancel(5)
    opened.wait_for_end(5)
    opened.view(5).locator(".panel[data-state=Cancelled]").wait_for()
    photograph(opened.cell(5), "cancelled")

    opened.run(6)
    opened.wait_for("() => !document.querySelector('.hookcell')")
    for index, name in ((3, "finished"), (4, "failed"), (5, "cancelled")):
        photograph(opened.cell(index), f"settled-{name}")
        assert name.capitalize().replace("Finished", "Completed") in opened.cell(index).inner_text()


@pytest.mark.parametrize("name", ["quickstart.ipynb", "live_view.ipynb"])
def test_the_notebooks_about_it_run_from_top_to_bottom(name, lab, page):
    (lab.folder / name).write_bytes((NOTEBOOKS / name).read_bytes())
    opened = Notebook(lab, page, name).open().wait_for_kernel()
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.all = true; }); }")
    opened.wait_for("() => window.all")
    kinds = page.evaluate("() => [...jupyterapp.shell.currentWidget.content.widgets].map(one => one.model.type)")
    code = [index for index, kind in enumerate(kinds) if kind == "code"]
    assert [opened.error(index) for index in code] == [None] * len(code)
    lab.end_kernels()
