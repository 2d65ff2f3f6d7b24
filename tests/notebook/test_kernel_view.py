"""What a real kernel sends for a board: nothing, a line, a live widget, and the settled picture in its place."""

from importlib.metadata import version

import pytest
from kernels import running_kernel

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


@pytest.fixture
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def kinds(cell):
    return [kind for kind, _ in cell.outputs]


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
    cell = kernel.run("steps(8)", looked_at=True)
    assert cell.mimes() == [{WIDGET, "text/plain"}]
    assert "update_display_data" in kinds(cell)
    assert "comm_close" in kinds(cell)


def test_a_quick_run_and_a_run_that_nobody_looks_at_never_open_a_widget(kernel):
    quick = kernel.run("steps(1)", looked_at=True)
    headless = kernel.run("steps(10)")
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
