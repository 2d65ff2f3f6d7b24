"""What a real kernel sends for a board: nothing, a line, a live widget, and the settled picture in its place."""

from importlib.metadata import version

import pytest
from kernels import UNTIL_LIVE, running_kernel

pytestmark = pytest.mark.kernel
OLD = pytest.mark.skipif(
    int(version("ipykernel").partition(".")[0]) < 7,
    reason="on ipykernel 6 what settles later is an answer to the cell that runs then; the display's id is the same",
)

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
%load_ext hookcell
import threading, time
from hookcell import flow, task

@task
def step(n): time.sleep(0.05)

@flow
def steps(count):
    for n in range(count): step(n)
"""
# However slow the machine is, what is quick is over before it is shown live.
QUICK = "%config Hookcell.show_after = 60"


@pytest.fixture
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def kinds(cell):
    return [kind for kind, _ in cell.outputs]


def told(cell):
    """What the view of a cell was told."""
    data = [content["data"] for kind, content in cell.outputs if kind == "comm_msg"]
    return [one["content"] for one in data if one.get("method") == "custom"]


def board_of(cell):
    """The number of the view's comm, by which it can be asked."""
    opened = [content for kind, content in cell.outputs if kind == "comm_open"]
    return next(one["comm_id"] for one in opened if "snapshot" in one["data"].get("state", {}))


def ask(kernel, cell, **message):
    said = {"comm_id": board_of(cell), "data": {"method": "custom", "content": message}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", said))
    kernel.until(lambda: any(one.get("id") == message["id"] for one in told(cell)))
    return next(one for one in told(cell) if one.get("id") == message["id"])


@OLD
def test_a_run_that_takes_its_time_is_live_and_settles_when_it_is_left_alone(kernel):
    cell = kernel.run("steps(25)", looked_at=True)
    assert cell.mimes() == [{WIDGET, "text/plain"}]
    assert cell.shown[0].startswith("▶ Running steps (")
    assert kinds(cell).count("comm_open") == 2  # the widget's and its layout's
    assert kinds(cell).count("comm_msg") >= 5
    kernel.run("%config Hookcell.settle_seconds = 0.1")
    kernel.until(lambda: kinds(cell).count("comm_close") == 2)
    updates = [content for kind, content in cell.outputs if kind == "update_display_data"]
    assert [set(one["data"]) for one in updates] == [{"text/html", "text/plain"}]
    assert "Completed steps" in updates[0]["data"]["text/plain"]
    shown = next(content for kind, content in cell.outputs if kind == "display_data")
    assert updates[0]["transient"] == shown["transient"]


def test_a_quick_run_that_was_live_for_a_moment_settles_at_the_end_of_its_cell(kernel):
    kernel.run(UNTIL_LIVE, "@flow", "def rests(): until_live()")
    cell = kernel.run("rests()", looked_at=True)
    assert cell.mimes() == [{WIDGET, "text/plain"}]
    assert "update_display_data" in kinds(cell)
    assert "comm_close" in kinds(cell)


def test_a_quick_run_and_a_run_that_nobody_looks_at_never_open_a_widget(kernel):
    headless = kernel.run("steps(10)")
    kernel.run(QUICK)
    quick = kernel.run("steps(1)", looked_at=True)
    for cell in (quick, headless):
        assert cell.mimes() == [{"text/html", "text/plain"}]
        assert "comm_open" not in kinds(cell)


def test_views_can_be_switched_off_and_on(kernel):
    kernel.run("%config Hookcell.view = False")
    assert kernel.run("steps(8)", looked_at=True).mimes() == []
    kernel.run("%config Hookcell.view = True")
    assert len(kernel.run("steps(1)", looked_at=True).mimes()) == 1


@OLD
def test_unload_settles_what_is_live(kernel):
    cell = kernel.run("steps(25)", looked_at=True)
    assert "update_display_data" not in kinds(cell)
    kernel.run("%unload_ext hookcell")
    kernel.until(lambda: "comm_close" in kinds(cell))
    assert "update_display_data" in kinds(cell)


def test_a_board_that_cannot_be_drawn_is_given_up_and_the_runs_go_on(kernel):
    kernel.run(QUICK)
    kernel.run(
        "from hookcell.notebook import settled", "right = settled.to_html", "settled.to_html = lambda snapshot: 1 / 0"
    )
    cell = kernel.run("steps(1)", "'went on'", looked_at=True)
    assert (cell.error, cell.results, cell.mimes()) == (None, ["'went on'"], [])
    kernel.until(lambda: "cannot be drawn" in cell.stderr)
    told = "The view of a cell cannot be drawn; its runs go on.\nZeroDivisionError: division by zero\n"
    assert cell.stderr.startswith(told)
    kernel.run("settled.to_html = right")
    assert len(kernel.run("steps(1)", looked_at=True).mimes()) == 1


def test_a_view_that_was_never_built_is_told_of_and_flows_run_all_the_same(kernel):
    kernel.run("%unload_ext hookcell")
    kernel.run("import pathlib", "from hookcell.notebook import view", "view.BUNDLE = pathlib.Path('nowhere')")
    told = kernel.run("%load_ext hookcell").stderr
    assert (
        "hookcell's view is not built, so runs are not shown; in a checkout, run: pip install --editable . "
        "(or, with Node: cd js && npm ci && npm run build)"
    ) in told
    assert kernel.run("steps(1)").status == "ok"


BACKGROUND = """
go_on = threading.Event()

@flow(on_completion=lambda flow, run, state: print("hook of", flow.name))
def waits():
    step(1)
    go_on.wait(60)
    return 3
"""


@OLD
def test_a_background_run_is_live_below_its_cell_while_others_run_and_settles_there(kernel):
    kernel.run(BACKGROUND)
    kernel.run("%config Hookcell.settle_seconds = 0.1")
    cell = kernel.run("run = waits.start()", looked_at=True)
    kernel.until(lambda: WIDGET in str(cell.mimes()))
    other = kernel.run("go_on.set()", "run.wait()", "2", looked_at=True)
    kernel.until(lambda: kinds(cell).count("comm_close") == 2)
    assert (cell.stdout, other.stdout, other.mimes(), other.results) == ("hook of waits\n", "", [], ["2"])
    [update] = [content for kind, content in cell.outputs if kind == "update_display_data"]
    assert "Completed waits" in update["data"]["text/plain"]


@OLD
def test_a_run_is_shown_again_in_the_cell_that_asks_for_it_live_if_somebody_looks_on(kernel):
    kernel.run(BACKGROUND, "go_on.set()")
    kernel.run(QUICK)
    first = kernel.run("run = waits.start()", "run.wait()", looked_at=True)
    assert first.mimes() == [{"text/html", "text/plain"}]
    again = kernel.run("run.view()", looked_at=True)
    assert again.mimes() == [{WIDGET, "text/plain"}]
    assert "update_display_data" not in kinds(again)
    headless = kernel.run("run.view()")
    assert headless.mimes() == [{"text/html", "text/plain"}]
    assert headless.shown[0] == first.shown[0]


@OLD
def test_the_view_is_answered_while_its_cell_runs_and_after_it(kernel):
    kernel.run(
        "from hookcell import get_run_logger", "from hookcell.notebook.wire import values", "values.LONGEST = 60"
    )
    kernel.run("@task", "def says(n, api_key):", "    get_run_logger().info('line %s', n)", "    step(n)")
    kernel.run("@flow", "def talks():", "    for n in range(12): says(n, 'a-long-secret')")
    cell = kernel.run("talks()", looked_at=True)
    root = next(one for one in told(cell) if one["type"] == "delta")["rows"][0]["root"]
    detail = ask(kernel, cell, type="detail", id=1, run=root + 1)["detail"]
    assert detail["parameters"] == [["n", "0", False], ["api_key", "••••••", True]]
    log = ask(kernel, cell, type="log", id=2, run=root, before=None, count=2)
    assert (log["total"], [line[1:] for line in log["lines"]]) == (
        12,
        [["INFO", "says[10]", "line 10"], ["INFO", "says[11]", "line 11"]],
    )
    page = ask(kernel, cell, type="page", id=3, group=1, part="all", count=1, **{"from": 11})
    assert [row["name"] for row in page["rows"]] == ["says[11]"]
    assert ask(kernel, cell, type="dance", id=4)["ok"] is False
    assert ask(kernel, cell, type="again", id=5, run=root)["ok"] is True
    kernel.until(lambda: any(row["background"] for one in told(cell) for row in one.get("rows", ())))
    assert "a-long-secret" not in str(cell.outputs)


@OLD
def test_what_a_thread_of_a_cell_runs_after_its_end_is_shown_in_that_cell(kernel):
    kernel.run("go_on = threading.Event()")
    started = kernel.run(
        "def later():", "    go_on.wait(60)", "    step(1)", "    step(2)", "threading.Thread(target=later).start()"
    )
    other = kernel.run("go_on.set()", looked_at=True)
    shown = lambda: [cell for cell in (started, other) if "Completed step" in str(cell.outputs)]  # noqa: E731
    kernel.until(shown)
    assert len(shown()) == 1
