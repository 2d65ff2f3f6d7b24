"""One JupyterLab for all browser tests; a Chromium for each module: Playwright keeps the thread's event loop."""

import itertools
import os
from pathlib import Path

import pytest
from browser.lab import PATIENCE, Notebook, lab_in

CHANGE_THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
# What a page says whose server was stopped, or is not there yet.
OF_THE_NETWORK = ("Failed to load resource", "ERR_CONNECTION", "WebSocket", "NetworkError", "Failed to fetch")
# A cell goes on when the test says so, by a file: nothing has to be seen before its time is over.
SETUP = """
%load_ext hookcell
import threading, time
from pathlib import Path
from hookcell import flow, task

def until(step):
    end = time.monotonic() + {seconds}
    while not Path("{name}." + str(step)).exists():
        assert time.monotonic() < end, step
        time.sleep(0.02)
"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    place = tmp_path_factory.mktemp("lab")
    (place / "notebooks").mkdir()
    news = place / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text('{"fetchNews": "false"}', encoding="utf-8")  # or it asks, above the corner of the page
    with lab_in(place / "notebooks", place / "settings") as lab:
        yield lab


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1100, "height": 1600})
    page = context.new_page()
    page.wrong = []
    page.on("console", lambda said: page.wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(f"{error} {error.stack}"))
    yield page
    context.close()
    assert [text for text in page.wrong if not any(words in text for words in OF_THE_NETWORK)] == []


_numbers = itertools.count(1)


@pytest.fixture
def notebook(lab, page):
    """Opens a notebook with these cells behind the one that loads hookcell, and runs that one."""

    def open_(*cells, name=None, front_end="lab"):
        name = name or f"notebook{next(_numbers)}.ipynb"
        lab.write(name, [SETUP.format(name=name, seconds=PATIENCE / 1000), *cells])
        notebook = Notebook(lab, page, name, front_end).open().wait_for_kernel()
        page.wrong.clear()  # what a front end has to complain of itself
        notebook.run(0)
        return notebook

    yield open_
    lab.end_kernels()


@pytest.fixture
def photograph(page):
    """Takes a picture of an element in both themes, if HOOKCELL_SCREENSHOTS names a folder to put it in."""
    folder = os.environ.get("HOOKCELL_SCREENSHOTS")

    def take(element, name):
        for theme in ("Light", "Dark") if folder else ():
            page.evaluate(CHANGE_THEME, f"JupyterLab {theme}")
            page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
            element.scroll_into_view_if_needed()
            page.mouse.move(0, 0)
            element.screenshot(path=Path(folder) / f"{name}-{theme.lower()}.png", animations="disabled")

    return take
