"""Prefect's dialect in a real kernel: values without await, stops that end no kernel, and runs that look right."""

import re
from importlib.metadata import version

import pytest
from kernels import UNTIL_LIVE, running_kernel

pytestmark = pytest.mark.kernel
OLD = pytest.mark.skipif(
    int(version("ipykernel").partition(".")[0]) < 7,
    reason="on ipykernel 6 what settles later is an answer to the cell that runs then",
)

SETUP = """
%load_ext hookcell
import asyncio, gc, logging, time
import hookcell
from hookcell.prefect import flow, task
from hookcell.prefect.variables import Variable
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOKCELL_HOME", str(tmp_path_factory.mktemp("home")))
        with running_kernel(SETUP) as kernel:
            kernel.run("Variable.set('limit', 7)", "@flow", "def five(): return 5", "ended = five(return_state=True)")
            yield kernel


# -- a call gives its value; behind `await` it does too


CALLS = {
    "Variable.get('limit')": "7",
    "ended.result()": "5",
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "cell",
    [
        ("{call}",),
        ("await asyncio.sleep(0)", "{call}"),
        ("await {call}",),
        ("x = await {call}", "y = {call}", "assert x == y", "y"),
        ("[{call} for _ in range(1)][0]",),
        ("[await {call} for _ in range(1)][0]",),
        ("%%flow cell", "{call}"),
        ("%%flow cell", "await asyncio.sleep(0)", "{call}"),
        ("%%flow cell", "assert {call} == await {call}", "await {call}"),
        ("get_ipython().run_cell_magic('flow', 'cell', '''{call}''')",),
    ],
    ids="; ".join,
)
def test_a_cell_gets_the_value(kernel, cell, call):
    ran = kernel.run(*(line.format(call=call) for line in cell))
    assert (ran.error, ran.results, ran.stderr) == (None, [CALLS[call]], "")


@pytest.mark.parametrize("head", ["task", "flow"])
def test_a_cell_that_is_a_function_gets_the_value_in_either_way(kernel, head):
    kernel.run(f"%%{head} plain()", "Variable.get('limit')")
    kernel.run(f"%%{head} awaits()", "[Variable.get('limit'), await Variable.get('limit')]")
    assert kernel.run("plain()").results == ["7"]
    assert kernel.run("await awaits()").results == ["[7, 7]"]


def test_sync_code_called_from_an_async_cell_gets_the_value(kernel):
    kernel.run("def limit(): return Variable.get('limit') + ended.result()")
    assert kernel.run("await asyncio.sleep(0)", "limit()").results == ["12"]
    assert kernel.run("await asyncio.to_thread(limit)").results == ["12"]


def test_the_a_variants_are_awaited(kernel):
    assert kernel.run("await asyncio.gather(Variable.aget('limit'), ended.aresult())").results == ["[7, 5]"]


# -- what user code raises


ERRORS = {
    "SystemExit": "SystemExit('enough')",
    "KeyboardInterrupt": "KeyboardInterrupt('enough')",
    "CancelledError": "asyncio.CancelledError('enough')",
}
ROOTS = {"native": "hookcell.flow", "prefect": "flow"}
CELLS = {
    "await crash()": "async def crash():\n    await asyncio.sleep(0)\n    raise error",
    "await crash(return_state=True)": "async def crash():\n    raise error",
    "crash()": "def crash():\n    raise error",
    "crash(return_state=True)": "def crash():\n    raise error",
    "await asyncio.create_task(crash())": "async def crash():\n    await asyncio.sleep(0)\n    raise error",
}


@pytest.mark.parametrize("call", CELLS)
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("root", ROOTS)
def test_a_stop_that_a_flows_code_raises_fails_its_cell_and_spares_the_kernel(kernel, root, error, call):
    kernel.run(f"error = {ERRORS[error]}", f"@{ROOTS[root]}", CELLS[call])
    cell = kernel.run(call)
    in_a_task = "create_task" in call and error != "CancelledError"
    assert cell.status == "error"
    assert cell.reply["ename"] == ("CrashedRun" if in_a_task else error)
    assert "enough" in cell.reply["evalue"]
    assert cell.shown[0].startswith("⚡ Crashed crash (")
    assert kernel.run("await asyncio.sleep(0)", "'well'").results == ["'well'"]


@pytest.mark.parametrize("body", ["raise error", "await asyncio.sleep(0); raise error"])
@pytest.mark.parametrize("error", ERRORS)
def test_a_stop_that_a_flow_cell_raises_fails_it_and_spares_the_kernel(kernel, error, body):
    kernel.run(f"error = {ERRORS[error]}")
    cell = kernel.run("%%flow crash", body)
    assert (cell.status, cell.reply["ename"]) == ("error", error)
    assert cell.shown[0].startswith("⚡ Crashed crash (")
    assert kernel.run("await asyncio.sleep(0)", "'well'").results == ["'well'"]


@OLD
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("root", ROOTS)
def test_a_task_that_nobody_awaits_spares_the_kernel_too_and_is_shown_below_its_cell(kernel, root, error):
    kernel.run("logging.getLogger('asyncio').setLevel(logging.CRITICAL)", f"error = {ERRORS[error]}")
    kernel.run(f"@{ROOTS[root]}", "async def crash():", "    await asyncio.sleep(0)", "    raise error")
    cell = kernel.run("forgotten = asyncio.create_task(crash()); None")
    kernel.until(lambda: any("Crashed crash" in text for text in cell.shown + updates(cell)))
    assert kernel.run("del forgotten", "gc.collect()", "'well'").results == ["'well'"]


def updates(cell):
    return [one["data"]["text/plain"] for kind, one in cell.outputs if kind == "update_display_data"]


# -- what is shown

WHOLE = """
def rest(): pass
def told(owner, run, state): print(run.name, run.tags, run.parameters, state)

@task(task_run_name="load-{n}", tags=["io"], on_completion=[told], retries=1, retry_delay_seconds=0.01)
def load(n):
    rest()
    if n == 2 and tried.add(n) is None and task_run.run_count == 1:
        raise ConnectionError("busy")
    return n

@task
def report(total):
    raise ValueError(f"{total} is too much")

@flow(flow_run_name="day-{day}", on_failure=[told])
def whole(day: int):
    total = load(1) + load.submit(2).result()
    report(total)
"""


@pytest.fixture
def whole(kernel):
    kernel.run("from hookcell.prefect import tags", "from hookcell.prefect.runtime import task_run", "tried = set()")
    kernel.run(WHOLE)
    return kernel


PICTURE = """✕ Failed whole (day-7), 3 task runs, 3 hooks ok
  ✓ 2 Completed, ✕ 1 Failed
  report-000 failed after 1 try: ValueError: 3 is too much"""
PRINTS = [
    "load-1 ['eu', 'io'] {'n': 1} Completed()",
    "load-2 ['eu', 'io'] {'n': 2} Completed()",
    "day-7 ['eu'] {'day': 7} Failed('Flow run encountered an exception: ValueError: 3 is too much')",
]


def test_a_flow_that_nobody_looks_at_is_a_picture_with_the_names_it_was_given(whole):
    cell = whole.run("with tags('eu'):", "    state = whole('7', return_state=True)")
    assert cell.stdout.splitlines() == PRINTS
    assert cell.shown[0].startswith(PICTURE)
    html = next(one["data"]["text/html"] for kind, one in cell.outputs if kind == "display_data")
    for text in ("day-7", "load-1", "load-2", "report-000", "2 of 2", "3 is too much"):
        assert text in html
    assert "load-000" not in html


@OLD
def test_a_flow_that_is_watched_is_told_to_the_browser_by_its_names_and_settles_into_the_same_text(whole):
    whole.run(UNTIL_LIVE, "rest = until_live")
    cell = whole.run("with tags('eu'):", "    state = whole('7', return_state=True)", looked_at=True)
    assert cell.shown[0].startswith("▶ Running whole (day-7)")
    whole.run("%config Hookcell.settle_seconds = 0.1")
    whole.until(lambda: updates(cell))
    whole.run("%config Hookcell.settle_seconds = 120")
    assert updates(cell)[-1].startswith(PICTURE)
    rows = {row["n"]: row for row in told_to_the_browser(cell)}
    assert sorted((row["of"], row["name"], row["state"]["name"]) for row in rows.values()) == [
        ("load", "load-1", "Completed"),
        ("load", "load-2", "Completed"),
        ("report", "report-000", "Failed"),
        ("whole", "day-7", "Failed"),
    ]
    [second] = [row for row in rows.values() if row["name"] == "load-2"]
    assert [name for name, *_ in second["story"]] == ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]


def told_to_the_browser(cell):
    """Give each row of the messages in the order they came."""
    for kind, content in cell.outputs:
        if kind in {"comm_open", "comm_msg"}:
            snapshot = content["data"].get("state", {}).get("snapshot") or {"runs": [], "tasks": []}
            yield from snapshot["runs"] + snapshot["tasks"]
            yield from content["data"].get("content", {}).get("rows", [])


def test_reprs_are_short_and_the_same_each_time(whole):
    assert whole.value("whole, load") == "(<Flow 'whole'>, <Task 'load'>)"
    whole.run("from hookcell import remembered", "whole(7, return_state=True)")
    assert whole.value("remembered.flow_runs[-1]") == "<FlowRun 'day-7' Failed>"
    assert whole.value("remembered.flow_runs[-1].children[0]") == "<TaskRun 'load-1' Completed>"
    assert re.fullmatch(r"Failed\('Flow run .*'\)", whole.value("str(remembered.flow_runs[-1].state)").strip('"'))


def test_the_dialects_own_subflows_and_native_tasks_are_shown_below_the_flow_around(kernel):
    kernel.run("one = hookcell.task(name='one', run_name='native-{x}')(lambda x: x)")
    kernel.run(
        "@flow(flow_run_name='inner-{x}')", "def inner(x): return one(x)", "@flow", "def outer(): return inner(3)"
    )
    cell = kernel.run("outer()")
    assert cell.results == ["3"]
    html = next(one["data"]["text/html"] for kind, one in cell.outputs if kind == "display_data")
    assert "inner-3" in html
    assert "native-3" in html
