"""What is seen under a cell while it runs, and what stops it, in a real JupyterLab."""

import re

import pytest
from browser.lab import PATIENCE, PROMPTLY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOOKS = """
%config Hookcell.layout = "tasks"
def say(task, run, state): print(f"{run.name} is {state.name}")
def tell(flow, run, state): print(f"{run.name} is {state.name} since {state.at}")
"""
TEN_IN_A_ROW = """
@task(on_completion=say)
def step(n):
    until(n)

@flow
def ten():
    for n in range(10):
        step(n)

ten()
"""
TEN_BY_TWO_WORKERS = """
from hookcell import ThreadRunner

@task(on_completion=say)
def step(n):
    until(n)

@flow(runner=ThreadRunner(max_workers=2))
def ten():
    [step.submit(n) for n in range(10)]

ten()
"""


def states_of(name, seen):
    return [one["state"] for one in seen if one["name"] == name]


STEPS = ["step", *(f"step[{n}]" for n in range(1, 10))]


def test_rows_change_in_the_page_while_a_sync_flow_blocks_its_cell(notebook):
    opened = notebook(HOOKS, TEN_IN_A_ROW)
    opened.run(1)
    opened.start(2)
    for n, name in enumerate(STEPS):
        opened.wait_until_seen(name, "Running")
        opened.let(n)
    opened.wait_for_end(2)
    live = [one for one in opened.wait_until_seen("ten", "Completed") if one["running"]]
    for name in STEPS[:-1]:
        assert states_of(name, live) == ["Running", "Completed"]
    assert opened.printed(2).count("is Completed") == 10
    assert opened.error(2) is None


def test_submitted_rows_are_seen_pending_running_and_completed_before_the_cell_ends(notebook):
    opened = notebook(HOOKS, TEN_BY_TWO_WORKERS)
    opened.run(1)
    opened.start(2)
    for n in range(0, 10, 2):
        for name in STEPS[n : n + 2]:
            opened.wait_until_seen(name, "Running")
        opened.let(n, n + 1)
    opened.wait_for_end(2)
    live = [one for one in opened.wait_until_seen("ten", "Completed") if one["running"]]
    for name in STEPS[2:-2]:
        assert states_of(name, live) == ["Pending", "Running", "Completed"]
    assert opened.printed(2).count("is Completed") == 10  # printed by the workers' threads


LATE = """
go = threading.Event()

@task(on_completion=say)
def late():
    go.wait(60)
    print("late body")

future = late.submit()
"""
MEANWHILE = """
print("second cell begins")
go.set()
future.wait(60)
print("second cell ends")
"""


def test_prints_of_a_thread_stand_under_the_cell_that_launched_it_while_another_runs(notebook):
    opened = notebook(HOOKS, LATE, MEANWHILE)
    opened.run(1, 2, 3)
    opened.wait_until_printed(2, "late is Completed\n")
    assert opened.printed(3) == "second cell begins\nsecond cell ends\n"
    assert opened.printed(2) == "late body\nlate is Completed\n"


FOR_EVER = """
def clean_up(flow, run, state): print("cleaning up")

@task
def endless():
    time.sleep(600)

@flow(on_cancellation=clean_up, on_end=tell)
def long_flow():
    endless()

long_flow()
"""
FOR_EVER_CELL = """%%flow long_flow --on-cancellation clean_up --on-end tell
time.sleep(600)
"""
FOR_EVER_ASYNC = """
import asyncio

@flow(on_cancellation=clean_up, on_end=tell)
async def long_flow():
    await asyncio.sleep(600)

await long_flow()
"""
AWAITING_CELL = """%%flow long_flow --on-cancellation clean_up --on-end tell
import asyncio
await asyncio.sleep(600)
"""
KINDS = {
    "decorated": FOR_EVER,
    "cell": FOR_EVER_CELL,
    "awaited": FOR_EVER_ASYNC,
    "awaiting cell": AWAITING_CELL,
}
CLEAN_UP = "def clean_up(flow, run, state): print('cleaning up')"


def seconds_until_cancelled(notebook, index, since):
    printed = notebook.printed(index)
    assert "cleaning up\n" in printed
    assert "is Cancelled since" in printed
    return float(printed.rpartition("since ")[2]) - since


@pytest.mark.parametrize("kind", KINDS)
def test_interrupt_and_the_cancel_button_end_a_flow_in_cancelled_while_its_cell_blocks(notebook, kind):
    opened = notebook(HOOKS, CLEAN_UP, KINDS[kind], KINDS[kind], "print('the kernel is well')")
    opened.run(1, 2)

    opened.start(3)
    opened.wait_until_seen("long_flow", "Running")
    pressed = opened.interrupt()
    opened.wait_for_end(3)
    assert seconds_until_cancelled(opened, 3, pressed) < PROMPTLY
    assert re.fullmatch(r"RunInterrupted: (flow run '[a-z]+-[a-z]+'|the run) was interrupted", opened.error(3))
    opened.wait_until_seen("long_flow", "Cancelled")

    opened.start(4)
    assert "cannot hear Cancel" not in opened.view(4).inner_text(timeout=PATIENCE)
    clicked = opened.cancel(4)
    opened.wait_for_end(4)
    assert seconds_until_cancelled(opened, 4, clicked) < PROMPTLY
    assert opened.error(4) == "CancelledRun: Flow run was cancelled."
    opened.view(4).locator("[data-state=Cancelled]").first.wait_for()

    opened.run(5)
    assert opened.printed(5) == "the kernel is well\n"


NAMED = """
from hookcell.prefect import flow, task

@task(task_run_name="part of {day}", retries=1, retry_delay_seconds=1.5, retry_jitter_factor=0.1)
def part(day, after=None):
    until(["first", "second", "third"][len(tried) + (after is not None)])
    if after and not tried.append(day) and len(tried) == 1:
        raise ConnectionError("busy")
    return day

@flow(flow_run_name="day {day}")
def whole(day):
    first = part.submit(day)
    part.submit(day + 1, after=first).wait()

tried = []
whole(7)
"""
IN_THE_PAGE = "index => document.querySelectorAll('.jp-Notebook .jp-Cell')[index].querySelector('.hookcell').innerText"


def test_a_row_takes_the_name_its_run_is_given_when_it_starts(notebook, photograph):
    opened = notebook(NAMED)
    opened.start(1)
    opened.wait_until_seen("part-001", "Pending")
    opened.let("first")
    opened.wait_until_seen("part of 8", "Running")
    opened.let("second")
    opened.wait_until_seen("part of 8", "AwaitingRetry")
    opened.view(1).get_by_text("retry in").first.wait_for()
    opened.wait_until_seen("part of 8", "Retrying")
    opened.let("third")
    seen = opened.wait_until_seen("part of 8", "Completed")
    opened.wait_for_end(1)
    assert states_of("part-001", seen) == ["Pending"]
    assert states_of("part of 8", seen) == ["Running", "AwaitingRetry", "Retrying", "Completed"]
    assert opened.error(1) is None
    text = opened.page.evaluate(IN_THE_PAGE, 1)
    assert "day 7" in text
    assert "part of 7" in text
    assert "part-00" not in text
    photograph(opened.view(1), "named")


# What JupyterLab itself says when a kernel goes that is not done.
OF_A_RESTART = ("Canceled future for ", "Comm not found for ")
RESTART = "() => { jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"


def test_a_view_whose_kernel_was_restarted_says_so_and_stands_still(notebook, page, photograph):
    opened = notebook(HOOKS, CLEAN_UP, FOR_EVER)
    opened.run(1, 2)
    opened.start(3)
    opened.wait_until_seen("long_flow", "Running")
    opened.page.evaluate(RESTART)
    lost = opened.view(3).locator(".lost", has_text="No word from the kernel since")
    lost.wait_for(timeout=PATIENCE)
    clock = opened.view(3).locator(".panel .clock").first
    stood = clock.inner_text()
    opened.page.wait_for_timeout(1000)
    assert clock.inner_text() == stood
    photograph(opened.cell(3), "restarted-kernel")
    page.wrong[:] = [text for text in page.wrong if not any(words in text for words in OF_A_RESTART)]
