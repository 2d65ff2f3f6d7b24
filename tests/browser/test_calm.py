"""Whatever flows do, the page stays calm: few messages, few pictures, hostile text as text, even after a reload."""

from collections import Counter

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUICK = """
@flow
def quick(): pass

quick()
"""
FORTY = """
@task
def small(): pass

@flow
def quick():
    small()

for _ in range(40):
    quick()
"""
STORM = """
@task
def tick(): pass

@flow
def storm():
    end = time.monotonic() + 4
    count = 0
    while time.monotonic() < end:
        tick()
        count += 1
        if count % 1000 == 0:
            print(".", end="")
    return count

assert storm() * 3 > 4 * 3000
print("the end")
"""


def busiest_second(times):
    return max((sum(start <= one < start + 1 for one in times) for start in times), default=0)


def test_a_quick_flow_is_one_line(notebook):
    opened = notebook(QUICK)
    opened.run(1)
    assert opened.cell(1).inner_text().split() == ["✓", "Completed", "quick", *opened.cell(1).inner_text().split()[3:]]
    assert opened.cell(1).bounding_box()["height"] < 60
    assert opened.view(1).count() == 0


def test_forty_quick_flows_are_neither_forty_pictures_nor_a_flood(notebook):
    opened = notebook(FORTY)
    opened.count_messages()
    opened.run(1)
    assert len([output for output in opened.outputs(1) if "data" in output]) == 1
    assert "more runs" in opened.cell(1).inner_text()
    assert opened.cell(1).bounding_box()["height"] < 500
    assert len(opened.messages("display_data")) == 1
    assert busiest_second(opened.messages("comm_msg")) <= 25


def test_a_storm_of_transitions_is_at_most_25_messages_a_second_and_drops_nothing(notebook):
    opened = notebook(STORM)
    opened.count_messages()
    opened.run(1)
    opened.wait_until_seen("storm", "Completed")
    assert "rate exceeded" not in opened.printed(1)
    assert opened.printed(1).endswith("the end\n")
    assert opened.error(1) is None
    assert len(opened.messages("comm_msg")) > 5
    assert busiest_second(opened.messages("comm_msg")) <= 25, Counter(int(one) for one in opened.messages("comm_msg"))


SCRIPT = "<script>window.broken = true</script><img src=x onerror='window.broken = true'>"
HOSTILE = f"""
evil = {SCRIPT!r}

def hook(flow, run, state): print(evil)
hook.__name__ = evil

@task(name="\\u202etxt.exe " + evil)
def spoof():
    time.sleep(0.5)
    raise ValueError(evil + " \\u202egnp.\\x1b[31m\\x00")

@flow(name=evil, on_failure=hook)
def hostile():
    spoof()

hostile()
"""


def test_hostile_names_and_errors_are_shown_as_text_live_and_settled(notebook, page):
    opened = notebook(HOSTILE, "%config Hookcell.settle_seconds = 0.1")
    opened.run(1)
    opened.view(1).locator("[data-state=Failed]").first.wait_for()
    assert SCRIPT in opened.view(1).inner_text()
    opened.run(2)
    opened.wait_for("() => !document.querySelector('.hookcell')")
    assert SCRIPT in opened.cell(1).inner_text()
    assert page.evaluate("() => window.broken") is None


MID_RUN = """
@task
def step(n):
    until("go")

@flow
def reloaded():
    [step.submit(n) for n in range(3)]

reloaded()
"""
MID_RUN_ASYNC = """
import asyncio

@task
async def step(n):
    await asyncio.to_thread(until, "go")

@flow
async def reloaded():
    await asyncio.gather(*[step(n) for n in range(3)])

await reloaded()
"""


@pytest.mark.parametrize("blocked", [True, False], ids=["blocked", "awaiting"])
def test_a_page_loaded_anew_in_mid_run_finds_the_right_picture_again(notebook, blocked):
    opened = notebook(MID_RUN if blocked else MID_RUN_ASYNC)
    opened.start(1)
    opened.wait_until_seen("reloaded", "Running")
    opened.save()
    opened.open()
    if not blocked:  # a kernel that is blocked answers a new page, and with it any widget, after its cell
        opened.wait_until_seen("reloaded", "Running")
    opened.let("go")
    opened.wait_until_seen("reloaded", "Completed")
    assert opened.view(1).count() == 1
    assert "3 Completed" in " ".join(opened.view(1).inner_text().split())
