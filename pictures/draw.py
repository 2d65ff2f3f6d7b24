"""Draw the pictures that the README opens with: the view of a run half-way, in a real JupyterLab, light and dark."""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests"))

from browser.lab import PATIENCE, Notebook, lab_in  # noqa: E402 -- of the tests
from browsers import chromium_path, what_browser_tests_miss  # noqa: E402 -- of the tests
from playwright.sync_api import sync_playwright  # noqa: E402 -- after the tests' own

FOLDERS = ("HOOKCELL_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
# Half-way the runs wait, so that both pictures are of one moment.
STORY = """
%load_ext hookcell
import random
import threading
import time

from hookcell import ThreadRunner, flow, get_run_logger, task

half_way, lines = threading.Event(), random.Random(7)
busy = [77]
retried = []


def count_retries(task, run, state):
    retried.append(run)
    print("retries so far:", len(retried))


def post_to_slack(task, run, state):
    raise TimeoutError("no answer within 2 s")


@task
def extract(day):
    time.sleep(0.9)
    get_run_logger().info("1,200 rows of %s", day)
    return list(range(1200))


@task
def validate(rows):
    time.sleep(0.35)
    return rows


@task(retries=2, retry_delay_seconds=1.2, on_retry=[count_retries, post_to_slack],
      retry_condition_fn=lambda task, run, state: isinstance(state.exception, ConnectionError))
def score(row, price, api_key="s3cret"):
    time.sleep(0.9 if row in (77, 78) else 0.02 + 0.05 * lines.random())
    if row in busy:
        busy.remove(row)
        raise ConnectionError("the line is busy")
    if price <= 0:
        raise ValueError(f"price must be positive, got {price}")
    if row == 77 or row > 815:
        half_way.wait()


@task
def report(scores): ...


@flow(runner=ThreadRunner(max_workers=9))
def nightly_scores(day):
    rows = validate.submit(extract.submit(day)).result()
    prices = [-3.2 if row == 78 else 12.5 for row in rows]
    report.submit(score.map(rows, prices)).wait()
"""
CALL = 'run = nightly_scores.start("2026-11-20")'
DONE = """() => [...document.querySelectorAll('.hookcell .chip')].some(
    one => /8[01][0-9] *Completed/.test(one.textContent))"""


def main():
    """Draw both pictures."""
    if missing := what_browser_tests_miss():
        sys.exit(missing)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        os.environ |= {variable: str(folder / variable.lower()) for variable in FOLDERS}
        news = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text('{"fetchNews": "false"}', encoding="utf-8")  # or it asks, above the corner of the page
        (folder / "notebooks").mkdir()
        with lab_in(folder / "notebooks", folder / "settings") as lab:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1000, "height": 1200}, device_scale_factor=1.5)
            lab.write("scores.ipynb", [STORY, CALL, "half_way.set()\nrun.wait()"])
            draw(Notebook(lab, context.new_page(), "scores.ipynb").open().wait_for_kernel())
            browser.close()


def draw(notebook):
    """Bring a notebook half-way, and take its picture in both themes."""
    page = notebook.page
    page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    notebook.run(0, 1)
    view = notebook.view(1)
    many = view.locator(".row.group")
    many.click(timeout=PATIENCE)
    view.locator(".row", has_text="score[77]").first.click()
    view.get_by_role("region", name="Detail of").get_by_text("retries so far").first.wait_for()
    many.click()
    page.wait_for_function(DONE, timeout=PATIENCE)
    page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
    page.mouse.move(0, 0)
    for theme in ("Light", "Dark"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
        page.wait_for_timeout(500)  # the style sheet comes a moment later
        path = HERE / f"view-{theme.lower()}.png"
        page.screenshot(path=path, animations="disabled", clip=around(notebook))
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")
    notebook.run(2)


def around(notebook):
    """Give the part of the page from the cell's code to the end of its view."""
    code = notebook.page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-Cell-inputArea").bounding_box()
    view = notebook.view(1).bounding_box()
    edge = 6
    return {
        "x": code["x"],
        "y": code["y"] - edge,
        "width": code["width"] + edge,
        "height": view["y"] + view["height"] - code["y"] + edge,
    }


if __name__ == "__main__":
    main()
