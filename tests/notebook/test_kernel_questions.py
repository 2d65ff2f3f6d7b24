"""In a real kernel: forms are answered while their cell runs, and messages ring for those who look elsewhere."""

from importlib.metadata import version

import pytest
from kernels import PATIENCE, running_kernel

pytestmark = pytest.mark.kernel
HEARS = pytest.mark.skipif(
    int(version("ipykernel").partition(".")[0]) < 7, reason="ipykernel 6 hears nothing while a cell runs: it prompts"
)

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
%load_ext hookcell
import asyncio, threading
from hookcell import flow, task
from hookcell.notify import NobodyToAsk, allow_notifications, ask, notify
"""


class Page:
    """Stands for the browser: finds the models of a cell, and sends messages to them while the kernel is busy."""

    def __init__(self, kernel):
        self.kernel = kernel
        client = kernel.client
        client.control_channel.send(client.session.msg("create_subshell_request", {}))
        self.subshell = client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]

    def model(self, cell, trait, value=None):
        """The comm of the newest model with a trait, once there is one."""

        def found():
            opened = [one for kind, one in cell.outputs if kind == "comm_open"]
            return [one["comm_id"] for one in opened if one["data"]["state"].get(trait, "") in {value, trait}]

        self.kernel.until(found)
        return found()[-1]

    def board(self, cell):
        def found():
            opened = [one for kind, one in cell.outputs if kind == "comm_open"]
            return [one["comm_id"] for one in opened if "snapshot" in one["data"].get("state", {})]

        self.kernel.until(found)
        return found()[-1]

    def send(self, comm, content):
        client = self.kernel.client
        data = {"method": "custom", "content": content}
        message = client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        message["header"]["subshell_id"] = self.subshell
        client.shell_channel.send(message)

    def answer(self, cell, approve, question=1, number=1):
        """Presses a button; gives the reply."""
        self.send(self.board(cell), {"type": "answer", "id": number, "question": question, "approve": approve})
        self.kernel.until(lambda: replies(cell, number))
        return replies(cell, number)[0]


def told(cell, comm=None):
    """What the kernel has sent to the models of a cell."""
    sent = [one for kind, one in cell.outputs if kind == "comm_msg" and comm in {None, one["comm_id"]}]
    return [one["data"]["content"] for one in sent if one["data"].get("method") == "custom"]


def answers(cell):
    """The answers of all questions, as the newest delta tells them."""
    deltas = [one for one in told(cell) if one["type"] == "delta"]
    return [one["answer"] for one in deltas[-1]["questions"]] if deltas else []


def replies(cell, number):
    return [one for one in told(cell) if one["type"] == "reply" and one["id"] == number]


def last_picture(cell):
    return [one["data"] for kind, one in cell.outputs if kind in {"display_data", "update_display_data"}][-1]


@pytest.fixture
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


@pytest.fixture
def page(kernel):
    return Page(kernel)


@HEARS
@pytest.mark.parametrize(("approve", "word"), [(True, "approved"), (False, "declined")])
def test_a_plain_cell_is_answered_while_it_runs_and_keeps_the_answer(kernel, page, approve, word):
    cell = kernel.start("ask('Deploy to production?')", looked_at=True)
    assert page.answer(cell, approve)["ok"]
    kernel.finish(cell)
    assert cell.results == [str(approve)]
    kernel.until(lambda: WIDGET not in last_picture(cell))
    assert last_picture(cell)["text/plain"] == f"? Deploy to production? — {word}"
    assert f"{word.capitalize()}</span>" in last_picture(cell)["text/html"]


@HEARS
@pytest.mark.parametrize(
    "lines",
    [
        ("@flow", "def release(): return ask('Go?')", "release()"),
        ("@task", "def deploy(): return ask('Go?')", "deploy.submit().result()"),
        ("@task", "async def deploy(): return ask('Go?')", "deploy.submit().result()"),
        ("@flow", "async def release(): return ask('Go?')", "await release()"),
        ("await asyncio.to_thread(ask, 'Go?')",),
        ("%%flow release", "ask('Go?')"),
    ],
    ids=["flow", "task", "async task", "async flow in an async cell", "thread of an async cell", "magic"],
)
def test_whoever_asks_is_answered_while_the_cell_runs(kernel, page, lines):
    cell = kernel.start(*lines, looked_at=True)
    assert page.answer(cell, approve=True) == {"type": "reply", "id": 1, "ok": True, "text": ""}
    kernel.finish(cell)
    assert cell.results == ["True"], cell.traceback


@HEARS
@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (("ask('Go?')",), "KeyboardInterrupt"),
        (("await asyncio.sleep(0)", "ask('Go?')"), "RunInterrupted: the cell was interrupted"),
        (("@flow", "def release(): ask('Go?')", "release()"), "RunInterrupted"),
        (("@flow", "async def release(): ask('Go?')", "await release()"), "RunInterrupted"),
    ],
    ids=["plain cell", "async cell", "flow", "async flow"],
)
def test_interrupt_withdraws_the_question_and_ends_the_cell(kernel, page, lines, error):
    cell = kernel.start(*lines, looked_at=True)
    page.board(cell)
    kernel.interrupt()
    kernel.finish(cell)
    assert cell.error.startswith(error), cell.traceback
    kernel.until(lambda: "withdrawn" in last_picture(cell)["text/plain"] or "withdrawn" in answers(cell))
    assert kernel.value("1 + 1") == "2"


@HEARS
def test_an_answer_that_comes_too_late_is_told_so(kernel, page):
    cell = kernel.start("ask('Go?')", "ask('Then?')", looked_at=True)
    assert page.answer(cell, approve=True)["ok"]
    assert page.answer(cell, approve=False, number=2) == {
        "type": "reply",
        "id": 2,
        "ok": False,
        "text": "This question was already approved.",
    }
    kernel.until(lambda: answers(cell)[-1:] == [None])
    page.answer(cell, approve=True, question=2, number=3)
    kernel.finish(cell)


@HEARS
def test_a_page_that_is_loaded_anew_is_given_the_open_question(kernel, page):
    cell = kernel.start("ask('Go?')", looked_at=True)
    page.send(page.board(cell), {"type": "resync", "id": 5})
    kernel.until(lambda: [one for one in told(cell) if one["type"] == "snapshot"])
    (snapshot,) = [one["snapshot"] for one in told(cell) if one["type"] == "snapshot"]
    assert [(one["text"], one["answer"]) for one in snapshot["questions"]] == [("Go?", None)]
    assert snapshot["live"]
    page.answer(cell, approve=True)
    kernel.finish(cell)


@HEARS
def test_a_page_that_is_loaded_while_a_cell_runs_gets_the_kernels_widgets_at_once(kernel, page):
    cell = kernel.start("ask('Go?')", looked_at=True)
    board, client = page.board(cell), kernel.client
    client.kernel_info()
    assert client.get_shell_msg(timeout=PATIENCE)["msg_type"] == "kernel_info_reply"
    assert not cell.idle
    control = {"comm_id": "a-page", "target_name": "jupyter.widget.control", "data": {}}
    client.shell_channel.send(client.session.msg("comm_open", control, metadata={"version": "1.0.0"}))
    asked = {"comm_id": "a-page", "data": {"method": "request_states"}}
    client.shell_channel.send(client.session.msg("comm_msg", asked))
    states = {}
    while board not in states:
        content = client.get_iopub_msg(timeout=PATIENCE)["content"]
        if content.get("comm_id") == "a-page":
            states = content["data"]["states"]
    assert states[board]["state"]["snapshot"]["live"]
    page.answer(cell, approve=True)
    assert kernel.finish(cell).results == ["True"]


@HEARS
def test_without_the_extension_the_kernel_takes_its_messages_as_before(kernel, page):
    kernel.run("%unload_ext hookcell", looked_at=True)
    cell = kernel.start("print('on'); threading.Event().wait(0.3)", looked_at=True)
    kernel.until(lambda: cell.stdout)
    kernel.client.kernel_info()
    assert kernel.client.get_shell_msg(timeout=PATIENCE)["msg_type"] == "execute_reply"
    assert kernel.client.get_shell_msg(timeout=PATIENCE)["msg_type"] == "kernel_info_reply"


def test_with_the_view_off_and_without_the_extension_the_answer_is_given_at_a_prompt(kernel):
    for off in ("%config Hookcell.view = False", "%unload_ext hookcell"):
        cell = kernel.start(off, "ask('Go?', subject='nightly')", looked_at=True)
        asked = kernel.client.get_stdin_msg(timeout=PATIENCE)
        assert asked["content"]["prompt"] == "nightly\nGo?\napprove or decline: "
        kernel.client.input("approve")
        kernel.finish(cell)
        assert cell.results == ["True"]


@HEARS
def test_closing_the_view_ends_the_wait_of_a_thread(kernel, page):
    first = kernel.run(
        "@task",
        "def deploy(): return ask('Go?')",
        "future = deploy.submit()",
        looked_at=True,
    )
    page.board(first)
    kernel.run("%config Hookcell.view = False", looked_at=True)
    second = kernel.run("future.result()", looked_at=True)
    assert second.error.startswith("NobodyToAsk: the question was withdrawn because the view of its cell was closed")
    assert "? Go? — withdrawn" in last_picture(first)["text/plain"]


@HEARS
def test_a_thread_tells_and_asks_below_its_cell_after_the_browser_has_spoken(kernel, page):
    cell = kernel.run(
        "def late():",
        "    first = ask('First?')",
        "    notify(f'heard {first}')",
        "    second = ask('Second?')",
        "    notify(f'heard {second}')",
        "threading.Thread(target=late).start()",
        looked_at=True,
    )
    page.answer(cell, approve=True)
    kernel.until(lambda: answers(cell)[-1:] == [None])
    page.answer(cell, approve=False, question=2, number=2)
    kernel.until(lambda: "✉ heard False" in cell.shown)
    assert "✉ heard True" in cell.shown


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages_and_questions_ring_one_bell_that_is_never_displayed(kernel, page):
    first = kernel.run("notify('3 rows are missing', subject='nightly')", looked_at=True)
    bell = page.model(first, "kind", "bell")
    assert told(first, bell)[0] | {"id": ""} == {
        "type": "alert",
        "id": "",
        "subject": "nightly",
        "text": "3 rows are missing",
        "more": 0,
    }
    assert first.mimes() == [{"text/html", "text/plain"}]
    second = kernel.run("notify('x' * 1000)", looked_at=True)
    assert "comm_open" not in [kind for kind, _ in second.outputs]
    assert [len(one["text"]) for one in told(second, bell)] == [300]
    kernel.run("%unload_ext hookcell", looked_at=True)
    third = kernel.run("notify('done')", looked_at=True)
    assert (third.stdout, third.mimes()) == ("✉ done\n", [])


def test_of_a_thousand_messages_a_few_ring_and_the_others_are_counted(kernel, page):
    kernel.run(
        "import types, hookcell.notebook.bell as bell",
        "clock = types.SimpleNamespace(monotonic=lambda: now)",
        "now, bell.time = 1000, clock",
    )
    first = kernel.run("for n in range(1000): notify(f'{n}')", looked_at=True)
    bell = page.model(first, "kind", "bell")
    assert [(one["text"], one["more"]) for one in told(first, bell)] == [(str(n), 0) for n in range(10)]
    second = kernel.run("now += 1", "notify('last')", looked_at=True)
    assert [(one["text"], one["more"]) for one in told(second, bell)] == [("last", 990)]


def test_where_nobody_looks_a_message_is_kept_and_no_bell_is_opened(kernel):
    cell = kernel.run("notify('3 rows are missing')")
    assert cell.mimes() == [{"text/html", "text/plain"}]
    assert cell.shown == ["✉ 3 rows are missing"]
    assert "comm_open" not in [kind for kind, _ in cell.outputs]


def test_a_thread_that_a_run_is_in_tells_below_the_launching_cell(kernel):
    first = kernel.run(
        "go = threading.Event()", "@task", "def late(): go.wait(60); notify('late')", "f = late.submit()"
    )
    second = kernel.run("go.set(); f.wait()")
    kernel.until(lambda: "✉ late" in first.shown)
    assert "✉ late" not in second.shown


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ("granted", "✓ Browser notifications were allowed: messages and questions are shown while the page is hidden."),
        ("denied", "⊘ The browser blocks notifications of this page; its site settings can allow them."),
        ("missing", "⊘ This page cannot show notifications: browsers allow them on https and on localhost only."),
    ],
)
def test_the_button_that_allows_notifications_becomes_a_line(kernel, page, chosen, kept):
    cell = kernel.run("allow_notifications()", looked_at=True)
    assert cell.mimes() == [{WIDGET, "text/plain"}]
    page.send(page.model(cell, "kind", "allow"), {"permission": chosen})
    kernel.until(lambda: [kind for kind, _ in cell.outputs].count("comm_close") == 2)
    assert set(last_picture(cell)) == {"text/html", "text/plain"}
    assert last_picture(cell)["text/plain"] == kept


def test_where_nobody_looks_the_button_is_a_line_at_once(kernel):
    cell = kernel.run("allow_notifications()")
    assert cell.mimes() == [{"text/html", "text/plain"}]
    assert cell.shown == [
        "Run this cell again to be asked whether the browser may show messages while the page is hidden."
    ]


def test_unload_leaves_no_button_behind(kernel):
    cell = kernel.run("allow_notifications()", looked_at=True)
    kernel.run("%unload_ext hookcell", looked_at=True)
    kernel.until(lambda: [kind for kind, _ in cell.outputs].count("comm_close") == 2)
    assert WIDGET not in last_picture(cell)
