"""axe-core finds nothing serious in the live view and in the settled picture, in light and dark."""

import os
from pathlib import Path

import pytest
from browser.conftest import CHANGE_THEME

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
MISSING = f"axe-core is not installed: cd js && npm ci (looked for {AXE.name} in js/node_modules/axe-core)"
# What is ours in the page: JupyterLab answers for the rest.
LOOK = """async ([selector, rules]) => {
    const runOnly = rules ? {type: 'rule', values: rules} : undefined;
    const found = await axe.run(selector, {resultTypes: ['violations'], ...(runOnly && {runOnly})});
    return found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => ({
        rule: one.id,
        help: one.help,
        at: one.nodes.slice(0, 5).map(node => `${node.html.slice(0, 300)} | ${node.failureSummary}`),
    }));
}"""
# Dark is the same page in other colours.
THEMES = {"Light": None, "Dark": ["color-contrast"]}
STORY = """
from hookcell import ThreadRunner

go_on = threading.Event()

def count_retries(task, run, state): print("retries so far:", run.attempt)
def post(task, run, state): raise TimeoutError("no answer from the chat")

@task
def extract(day):
    time.sleep(0.5)

@task(retries=1, retry_delay_seconds=0.3, on_retry=[count_retries, post])
def score(n):
    time.sleep(0.1)
    if n == 7:
        raise ValueError("price must be positive, got -3.2")
    if n == 11:
        go_on.wait(60)

@task
def report(scores):
    time.sleep(0.2)

@flow(runner=ThreadRunner(max_workers=3))
def nightly_scores(day):
    extract(day)
    report.submit(score.map(range(14))).wait()

run = nightly_scores.start("Fri")
"""


@pytest.fixture
def axe():
    if not AXE.exists():
        if os.environ.get("HOOKCELL_BROWSER") == "required":
            pytest.fail(f"HOOKCELL_BROWSER=required, but {MISSING}", pytrace=False)
        pytest.skip(MISSING)
    return AXE.read_text(encoding="utf-8")


def wear(page, theme):
    page.evaluate(CHANGE_THEME, f"JupyterLab {theme}")
    page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
    # A theme comes with its style sheet, a moment after its name.
    page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")


def test_axe_finds_nothing_serious_in_the_live_view_and_the_settled_picture(notebook, page, axe):
    opened = notebook(STORY, "go_on.set(); run.wait()", "%config Hookcell.settle_seconds = 0.1")
    opened.run(1)
    view = opened.view(1)
    view.locator(".why").first.wait_for()
    page.evaluate(axe)
    for theme, rules in THEMES.items():
        wear(page, theme)
        for name, where in looks(page, view, unfold=theme == "Light"):
            assert page.evaluate(LOOK, [where, rules]) == [], f"{theme}, {name}"
    opened.run(2, 3)
    opened.wait_for("() => !document.querySelector('.hookcell')")
    for theme, rules in THEMES.items():
        wear(page, theme)
        picture = page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-RenderedHTMLCommon", has_text="nightly")
        picture.first.evaluate("one => { one.id = 'settled'; }")
        assert page.evaluate(LOOK, ["#settled", rules]) == [], f"{theme}, settled"


def looks(page, view, *, unfold):
    """Goes through all that the view can show."""
    for tab in ("Tasks", "Graph", "Hooks", "Log"):
        view.get_by_role("tab", name=tab).click()
        yield tab, ".hookcell .tab-panel"
    view.get_by_role("tab", name="Timeline").click()
    if unfold:
        view.locator(".row.group").first.click()
        view.locator(".row[data-state=Failed]").first.click()
    view.get_by_role("region", name="Detail of").get_by_text("count_retries").first.wait_for()
    view.get_by_role("button", name="More about").click()
    yield "Timeline, detail and menu", ".hookcell"
    page.keyboard.press("Escape")
