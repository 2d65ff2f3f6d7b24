"""Forms in a real JupyterLab: answered while their cell runs, by mouse and by key; and what the browser notifies of."""

import pytest
from browser.lab import PATIENCE, PROMPTLY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASK = "from hookcell.notify import allow_notifications, ask, notify"
DEPLOY = """
@task
def deploy(where):
    approved = ask(f"Deploy to {where}?\\nThe tests took 3 minutes.")
    print("heard at", time.time())
    return approved

@flow
def release():
    futures = deploy.map(["Berlin", "Paris"])
    return [future.result() for future in futures]

release()
"""
ONE = """
@task
def deploy():
    approved = ask("Deploy to production?", subject="nightly")
    print("heard at", time.time())
    return approved

deploy()
"""
# Keeps what the browser would show, and says whether anybody looks.
FAKE_NOTIFICATIONS = """() => {
    window.rung = [];
    const Real = window.Notification;
    window.Notification = class {
        constructor(title, options) { window.rung.push([title, options.body]); }
        static get permission() { return Real.permission; }
        static requestPermission() { return Real.requestPermission(); }
        close() {}
    };
    window.looksAway = true;
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => window.looksAway});
    document.hasFocus = () => !window.looksAway;
}"""
NOW = "() => Date.now() / 1000"


def form(notebook, index, number=1):
    return notebook.view(index).locator(f'[data-question="{number}"]')


def open_form(notebook, index, number=1):
    found = form(notebook, index, number)
    found.get_by_role("button", name="Approve", disabled=False).wait_for(timeout=PATIENCE)
    return found


def heard_at(notebook, index):
    return float(notebook.printed(index).rpartition("heard at ")[2])


@pytest.mark.parametrize("by", ["click", "key"])
def test_a_form_is_answered_while_its_cell_runs(notebook, photograph, by):
    opened = notebook(ASK, ONE)
    opened.run(1)
    opened.start(2)
    group = open_form(opened, 2)
    assert opened.running(2)
    assert opened.view(2).get_by_role("group", name="nightly deploy Deploy to production?").count() == 1
    approve = group.get_by_role("button", name="Approve")
    if by == "click":
        photograph(opened.view(2), "question-open")
        approve.click(timeout=PATIENCE)
    else:
        approve.focus()
        opened.page.keyboard.press("Enter")
    pressed = opened.page.evaluate(NOW)
    opened.wait_for_end(2)
    assert heard_at(opened, 2) - pressed < PROMPTLY
    assert opened.outputs(2)[-1]["data"]["text/plain"] == "True"
    photograph(opened.cell(2), f"question-approved-by-{by}")


def test_the_keyboard_stays_with_the_notebook_when_a_form_comes_up(notebook):
    opened = notebook(ASK, ONE)
    opened.run(1)
    opened.start(2)
    group = open_form(opened, 2)
    assert opened.page.evaluate("() => document.activeElement.closest('[data-question]')") is None
    group.get_by_role("button", name="Decline").press("Space")
    opened.wait_for_end(2)
    assert opened.outputs(2)[-1]["data"]["text/plain"] == "False"


def test_interrupt_withdraws_the_form(notebook, photograph):
    opened = notebook(ASK, ONE)
    opened.run(1)
    opened.start(2)
    open_form(opened, 2)
    opened.interrupt()
    opened.wait_for_end(2)
    withdrawn = opened.view(2).locator('[data-answer="withdrawn"]')
    withdrawn.wait_for(timeout=PATIENCE)
    assert withdrawn.locator(".answer").inner_text() == "Withdrawn"
    assert withdrawn.get_by_role("button").count() == 0
    assert opened.error(2).startswith("RunInterrupted")
    photograph(opened.view(2), "question-withdrawn")


def test_two_mapped_tasks_ask_at_once_and_a_reload_in_the_middle_loses_nothing(notebook, photograph):
    opened = notebook(ASK, DEPLOY, "_ == [False, True]")
    opened.run(1)
    opened.start(2)
    for number in (1, 2):
        open_form(opened, 2, number)
    photograph(opened.view(2), "questions-open")
    opened.save()
    opened.open()
    first = open_form(opened, 2, 1)
    assert "deploy[" in first.inner_text()
    berlin = opened.view(2).get_by_role("group", name="Berlin")
    berlin.get_by_role("button", name="Decline", disabled=False).click(timeout=PATIENCE)
    opened.view(2).locator('[data-answer="decline"]').wait_for(timeout=PATIENCE)
    paris = opened.view(2).get_by_role("group", name="Paris")
    paris.get_by_role("button", name="Approve", disabled=False).click(timeout=PATIENCE)
    opened.view(2).locator('[data-answer="approve"]').wait_for(timeout=PATIENCE)
    photograph(opened.view(2), "questions-answered")
    opened.wait_for_kernel()
    opened.run(3)
    assert opened.outputs(3)[-1]["data"]["text/plain"] == "True"


def test_two_views_of_a_board_agree(notebook):
    opened = notebook(ASK, ONE)
    opened.run(1)
    opened.start(2)
    open_form(opened, 2)
    opened.page.evaluate(
        "() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 2;"
        "jupyterapp.commands.execute('notebook:create-output-view'); }"
    )
    both = opened.page.locator('[data-question="1"]')
    opened.page.wait_for_function("() => document.querySelectorAll('[data-question]').length == 2", timeout=PATIENCE)
    both.nth(1).get_by_role("button", name="Approve", disabled=False).click(timeout=PATIENCE)
    opened.page.wait_for_function(
        "() => [...document.querySelectorAll('[data-question]')].every(one => one.dataset.answer == 'approve')",
        timeout=PATIENCE,
    )


def test_messages_are_boxes_that_a_saved_notebook_keeps(notebook, photograph):
    opened = notebook(
        ASK,
        "for n in range(3): notify(f'{n} rows <b>are</b> missing', subject='nightly' if n else None)\n"
        "notify('one\\n' * 20)\n"
        "for n in range(20): notify(f'message {n}')",
    )
    opened.run(1, 2)
    texts = [output["data"]["text/plain"] for output in opened.outputs(2)]
    assert texts[:2] == ["✉ 0 rows <b>are</b> missing", "✉ nightly\n  1 rows <b>are</b> missing"]
    assert len(texts) == 11
    assert opened.cell(2).get_by_text("14 more messages").is_visible()
    opened.cell(2).get_by_text("14 more messages").click()
    photograph(opened.cell(2), "messages")
    opened.save()
    opened.open()
    assert opened.cell(2).get_by_text("2 rows <b>are</b> missing").is_visible()
    assert "widget-view" not in str(opened.outputs(2))


def test_the_browser_notifies_while_the_page_is_hidden_and_not_while_it_is_looked_at(notebook, page):
    page.context.grant_permissions(["notifications"])
    opened = notebook(ASK, "notify('3 rows', subject='nightly')", "for n in range(4): notify(f'row {n}')", ONE)
    opened.run(1)
    page.evaluate(FAKE_NOTIFICATIONS)
    opened.run(2)
    page.wait_for_function("() => window.rung.length == 1", timeout=PATIENCE)
    assert page.evaluate("() => window.rung") == [["nightly", "3 rows"]]
    page.wait_for_timeout(1100)  # one a second at most
    opened.run(3)
    page.wait_for_function("() => window.rung.length == 3", timeout=PATIENCE)
    assert page.evaluate("() => window.rung.slice(1)") == [
        ["A message from a cell", "row 0"],
        ["3 more alerts", "row 3"],
    ]
    page.wait_for_timeout(1100)
    opened.start(4)
    page.wait_for_function("() => window.rung.length == 4", timeout=PATIENCE)
    assert page.evaluate("() => window.rung[3]") == ["? nightly", "Deploy to production?"]
    page.evaluate("() => { window.looksAway = false; }")
    open_form(opened, 4).get_by_role("button", name="Approve").click(timeout=PATIENCE)
    opened.wait_for_end(4)
    opened.run(2, 3)
    page.wait_for_timeout(1100)
    assert page.evaluate("() => window.rung.length") == 4


def test_nobody_is_asked_for_permission_before_a_click(notebook, page, photograph):
    opened = notebook(ASK, ONE, "allow_notifications()")
    page.evaluate(
        "() => { window.asks = 0; window.allowed = 'default';"
        "window.Notification = class { static get permission() { return window.allowed; }"
        "static requestPermission() { window.asks += 1; window.allowed = 'granted';"
        "return Promise.resolve('granted'); } }; }"
    )
    opened.run(1)
    opened.start(2)
    group = open_form(opened, 2)
    offer = opened.view(2).get_by_role("button", name="Notify me while this page is hidden")
    assert offer.is_visible()
    assert page.evaluate("() => window.asks") == 0
    group.get_by_role("button", name="Approve").click(timeout=PATIENCE)
    opened.wait_for_end(2)
    opened.run(3)
    button = opened.cell(3).get_by_role("button", name="Notify me while this page is hidden")
    button.wait_for(timeout=PATIENCE)
    photograph(opened.cell(3), "allow")
    button.click(timeout=PATIENCE)
    opened.cell(3).get_by_text("Browser notifications were allowed").wait_for(timeout=PATIENCE)
    assert page.evaluate("() => window.asks") == 1
    assert "widget-view" not in str(opened.outputs(3))
