"""Ten thousand mapped task runs: nothing is lost, the counts are right in the end, and the list stays fluid."""

import pytest
from browser.frames import frames_while_scrolling
from browser.lab import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = """
from hookcell import ThreadRunner, wait

@task
def score(n):
    if n % 1000 == 77:
        raise ValueError(f"price must be positive, got -{n}")
    return n

@flow(runner=ThreadRunner(max_workers=4))
def many():
    time.sleep(0.5)  # or it may be over before it is shown live
    futures = score.map(range(10_000))
    wait(futures)
    return sum(future.state.is_completed() for future in futures)

many()
"""
COUNTS = {"Completed": 9990, "Failed": 10}


def test_of_ten_thousand_runs_no_message_is_lost_and_every_one_is_counted_and_found(notebook, page, photograph):
    opened = notebook(MANY)
    opened.count_messages()
    opened.run(1)
    assert opened.error(1) is None
    opened.wait_until_seen("many", "Completed")
    view = opened.view(1)
    for name, count in COUNTS.items():
        view.locator(".counts .chip", has_text=name).filter(has_text=f"{count:,}").wait_for(timeout=PATIENCE)
    sent = opened.sequence()
    assert sent == list(range(sent[0], sent[0] + len(sent)))
    assert "rate exceeded" not in opened.printed(1)

    # Those that failed come first, then all of them, also those that the page was never told of.
    view.locator(".row.group").click()
    view.locator(".row", has_text="score[77]").first.wait_for(timeout=PATIENCE)
    photograph(opened.cell(1), "many")
    # The benchmarks hold the longest frame to 50 ms. Here others may be at work on the machine: most frames are short,
    # as they would not be with thousands of rows.
    rest, took = frames_while_scrolling(opened, 1, scrolls=False), frames_while_scrolling(opened, 1)
    assert took[len(took) // 2] < 150 + rest[len(rest) // 2], took
    assert view.locator(".row").count() < 100
    page.evaluate("() => { const box = document.querySelector('.hookcell .rows'); box.scrollTop = box.scrollHeight; }")
    view.locator(".row", has_text="score[9999]").wait_for(timeout=PATIENCE)
    assert view.locator(".row").count() < 100

    # By state, under Tasks: a page at a time from the kernel.
    view.locator(".counts .chip", has_text="Failed").click()
    view.locator(".task-line", has_text="score[9077]").wait_for(timeout=PATIENCE)
    assert view.get_by_role("tab", name="Tasks").get_attribute("aria-selected") == "true"
    assert view.locator(".task-line[data-state=Failed]").count() == 10
    view.locator(".task-line", has_text="score[9077]").click()
    view.get_by_role("region", name="Detail of").get_by_text("price must be positive").first.wait_for(timeout=PATIENCE)
