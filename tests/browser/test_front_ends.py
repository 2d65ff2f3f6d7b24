"""The view in JupyterLab and Notebook 7: live while its cell blocks, cancelled at once, in two places, by keyboard."""

import pytest
from browser.lab import PATIENCE, PROMPTLY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BOTH = pytest.mark.parametrize("front_end", ["lab", "notebook"])
SCORES = """
from hookcell import ThreadRunner, allow_failure, get_run_logger, unmapped

def count_retries(task, run, state): print("retries so far:", run.attempt)

@task
def extract(day):
    time.sleep(0.5)
    get_run_logger().info("%s has 24 rows", day)

@task(retries=1, retry_delay_seconds=0.3, on_retry=count_retries)
def score(n, rows):
    time.sleep(0.12)
    if n == 7:
        raise ValueError("price must be positive, got -3.2")

@task
def report(scores):
    time.sleep(0.3)

@flow(runner=ThreadRunner(max_workers=3))
def nightly_scores(day):
    rows = extract.submit(day)
    scores = score.map(range(24), unmapped(rows))
    report.submit(allow_failure(scores)).wait()
    scores.result()

nightly_scores("Fri", return_state=True).name
"""


def counts_in(notebook, index):
    """What the counts bar says, as a dict."""
    return notebook.page.evaluate(
        """index => {
            const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
            const chips = [...cell.querySelectorAll('.hookcell .counts .chip')].map(one => one.textContent);
            return Object.fromEntries(chips.map(text => text.replaceAll(',', '').match(/([0-9]+)\\s*(\\S+)/).slice(1))
                .map(([n, name]) => [name, Number(n)]));
        }""",
        index,
    )


@BOTH
def test_states_are_seen_to_change_while_the_cell_blocks(notebook, front_end, photograph):
    paced = SCORES.replace("time.sleep(0.5)", "until('extracted')").replace("time.sleep(0.3)", "until('reported')")
    opened = notebook(paced, front_end=front_end)
    opened.start(1)
    opened.wait_until_seen("extract", "Running")
    opened.let("extracted")
    opened.view(1).locator(".row.group[data-state]").first.wait_for(timeout=PATIENCE)
    photograph(opened.cell(1), f"{front_end}-running")
    opened.wait_until_seen("report", "Running")
    opened.let("reported")
    opened.wait_for_end(1)
    seen = opened.wait_until_seen("nightly_scores", "Failed")
    live = [(one["name"], one["state"]) for one in seen if one["running"]]
    assert ("extract", "Running") in [(name.partition("[")[0], state) for name, state in live], live
    assert {("score", "Running"), ("report", "Running")} <= {(name.partition("[")[0], state) for name, state in live}
    assert counts_in(opened, 1) == {"Completed": 25, "Failed": 1}
    assert opened.view(1).get_by_text("raise ValueError").count() >= 1
    photograph(opened.cell(1), f"{front_end}-ended")


FOR_EVER = """
def clean_up(flow, run, state): print("cleaning up since", time.time())

@task
def endless(n):
    while True:
        time.sleep(0.02)

@flow(on_cancellation=clean_up)
def long_flow():
    [endless.submit(n) for n in range(3)]

long_flow()
"""


@BOTH
def test_cancel_by_button_ends_a_blocked_cell(notebook, front_end):
    opened = notebook(FOR_EVER, front_end=front_end)
    opened.start(1)
    opened.wait_until_seen("long_flow", "Running")
    clicked = opened.cancel(1)
    ended = opened.ended_at(1)
    assert opened.error(1) == "CancelledRun: Flow run was cancelled."
    assert float(opened.printed(1).rpartition("since ")[2]) - clicked < PROMPTLY
    assert ended - clicked < PROMPTLY
    opened.view(1).locator(".panel[data-state=Cancelled]").wait_for()


IN_BACKGROUND = """
go = threading.Event()

@task
def step(n):
    go.wait(60) if n == 2 else time.sleep(0.1)

@flow
def steps():
    for n in range(4):
        step(n)

run = steps.start()
"""


@BOTH
def test_two_views_of_one_run_show_the_same_and_one_cancels_both(notebook, front_end):
    opened = notebook(IN_BACKGROUND, "run.view()", front_end=front_end)
    opened.run(1, 2)
    for index in (1, 2):
        opened.view(index).locator(".panel[data-state=Running]").wait_for(timeout=PATIENCE)
    opened.cancel(2)
    for index in (1, 2):
        opened.view(index).locator(".panel[data-state=Cancelled]").wait_for(timeout=PATIENCE)


def test_a_view_shown_twice_in_the_page_is_two_pictures_of_one_model(notebook):
    opened = notebook(IN_BACKGROUND)
    opened.run(1)
    opened.view(1).locator(".panel[data-state=Running]").wait_for(timeout=PATIENCE)
    opened.page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    opened.wait_for("() => document.querySelectorAll('.hookcell .panel[data-state=Running]').length === 2")
    opened.page.locator(".jp-LinkedOutputView .hookcell").get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    opened.wait_for("() => document.querySelectorAll('.hookcell .panel[data-state=Cancelled]').length === 2")
    ids = opened.page.evaluate("() => [...document.querySelectorAll('.hookcell [id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


AGAIN = "index => document.querySelectorAll('.jp-Notebook .jp-Cell')[index].querySelectorAll('.hookcell .panel').length"


def test_run_again_and_retry_begin_runs_that_show_in_the_same_cell(notebook):
    opened = notebook(SCORES)
    opened.run(1)
    for name, count in (("Retry failed", 2), ("Run again", 3)):
        opened.view(1).locator(".panel").first.get_by_role("button", name="More about").click(timeout=PATIENCE)
        opened.page.get_by_role("menuitem", name=name).click(timeout=PATIENCE)
        opened.wait_for(f"index => ({AGAIN})(index) === {count}", 1)
    opened.wait_for(
        "index => document.querySelectorAll('.jp-Notebook .jp-Cell')[index]"
        ".querySelectorAll('.hookcell .panel[data-state=Failed]').length === 3",
        1,
    )
    retried = opened.view(1).locator(".panel").nth(1)
    assert "Cached" in retried.inner_text()


HOOKS = """
def say(task, run, state): print(f"{run.name} is {state.name}")

@task(on_completion=say)
def part(n):
    time.sleep(0.3)

@flow
def behind():
    for n in range(4):
        part(n)
    print("the end of the run")

run = behind.start()
"""


@BOTH
def test_hooks_of_a_background_run_print_into_its_cell_while_another_cell_runs(notebook, front_end):
    opened = notebook(HOOKS, "print('begins')\nrun.wait()\nprint('ends')", front_end=front_end)
    opened.run(1, 2)
    opened.wait_until_printed(1, "the end of the run")
    assert opened.printed(2) == "begins\nends\n"
    assert opened.printed(1).count("is Completed") == 4
    opened.view(1).locator("[data-state=Completed]").first.wait_for()
    assert opened.view(2).count() == 0


# -- by keyboard ------------------------------------------------------------------------------------------------------

FOCUS = """() => {
    const one = document.activeElement;
    const said = one.getAttribute('aria-label') ?? one.textContent;
    return [one.getAttribute('role') ?? one.tagName.toLowerCase(), said.trim()];
}"""


def focus(page):
    return page.evaluate(FOCUS)


@BOTH
def test_tabs_timeline_graph_and_detail_work_by_keyboard(notebook, page, front_end, photograph):
    opened = notebook(SCORES, front_end=front_end)
    opened.run(1)
    opened.wait_until_seen("nightly_scores", "Failed")
    view = opened.view(1)
    view.get_by_role("tab", name="Timeline").focus()
    for name in ("Tasks", "Graph", "Hooks", "Log", "Timeline"):
        page.keyboard.press("ArrowRight")
        assert focus(page)[0] == "tab"
        assert focus(page)[1].startswith(name)
        assert view.get_by_role("tab", selected=True).inner_text().startswith(name)

    # Down the timeline, into what is folded, and the detail of the run that failed.
    until_focused(page, "treeitem")
    page.keyboard.press("Home")
    assert "extract" in focus(page)[1]
    page.keyboard.press("ArrowDown")
    assert "score" in focus(page)[1]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    detail = view.get_by_role("region", name="Detail of")
    detail.get_by_text("price must be positive").first.wait_for()
    photograph(opened.cell(1), f"{front_end}-detail")
    assert "count_retries" in detail.inner_text()
    page.keyboard.press("Escape")
    detail.wait_for(state="detached")
    assert focus(page)[0] == "treeitem"

    # The graph: from node to node, and a node's detail.
    view.get_by_role("tab", name="Graph").focus()
    page.keyboard.press("Enter")
    view.locator(".node-main").first.wait_for()
    photograph(opened.cell(1), f"{front_end}-graph")
    until_focused(page, "button", "extract")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "score" in focus(page)[1] or "report" in focus(page)[1]
    page.keyboard.press("Enter")
    view.get_by_role("region", name="Detail of").wait_for()
    page.keyboard.press("Escape")

    # Nothing of this went to the notebook: no cell was made, run or deleted.
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length") == 2


def until_focused(page, role, text="", most=40):
    """Presses Tab until it comes to something."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focus(page)[0] == role and text in focus(page)[1]:
            return
    raise AssertionError(f"Tab does not come to {role} {text}; it is at {focus(page)}")


def test_keys_of_the_notebook_are_its_own_until_tab_comes_to_the_view(notebook, page):
    opened = notebook(SCORES)
    opened.run(1)
    opened.view(1).get_by_role("tab", name="Graph").click()
    page.keyboard.press("b")  # in command mode: a cell below
    opened.wait_for("() => jupyterapp.shell.currentWidget.content.widgets.length === 3")


FIVE = """
@task
def one(n): time.sleep(0.1)

@flow
def five():
    for n in range(5):
        one(n)

five()
"""


def test_the_layout_that_is_set_is_what_a_view_opens_with(notebook):
    opened = notebook("%config Hookcell.layout = 'graph'", FIVE, "%config Hookcell.layout = 'compact'", FIVE)
    opened.run(1, 2, 3, 4)
    opened.view(2).locator(".node-main").first.wait_for(timeout=PATIENCE)
    assert opened.view(2).get_by_role("tab", selected=True).inner_text() == "Graph"
    line = opened.view(4).get_by_role("button", expanded=False)
    assert "five" in line.inner_text(timeout=PATIENCE)
    assert opened.view(4).get_by_role("tab").count() == 0
    line.click()
    assert opened.view(4).get_by_role("tab", selected=True).inner_text() == "Timeline"
