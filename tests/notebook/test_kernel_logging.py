"""Lines of run loggers and notes in a real kernel: below the cell that launched the run, once, whoever writes them."""

import re
from importlib.metadata import version

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel
OLD = pytest.mark.skipif(
    int(version("ipykernel").partition(".")[0]) < 7,
    reason="ipykernel 6 gives what a thread writes to the cell that started the thread",
)
TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d{3}", re.MULTILINE)

SETUP = """
%load_ext hookcell
import asyncio, contextvars, logging, sys, threading
import hookcell, hookcell.prefect
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
"""
# One source for both: the dialect differs by what is imported.
DIALECTS = {
    "native": "from hookcell import flow, get_run_logger, task",
    "prefect": "from hookcell.prefect import flow, get_run_logger, task",
}
NAMES = {"native": ("run_name", "run_name"), "prefect": ("flow_run_name", "task_run_name")}


@pytest.fixture(scope="module", params=DIALECTS)
def kernel(request):
    with running_kernel(SETUP) as kernel:
        of_flow, of_task = NAMES[request.param]
        kernel.run(DIALECTS[request.param], f"of_flow, of_task = '{of_flow}', '{of_task}'")
        yield kernel


def logged(cell):
    """What a cell shows on stderr, the times apart."""
    return [TIME.sub("…", line) for line in cell.stderr.splitlines()]


def test_a_flow_its_tasks_and_their_hooks_log_below_the_cell(kernel):
    cell = kernel.run(
        "def told(owner, run, state): get_run_logger().info('%s is %s', run.name, state.name)",
        "@task(**{of_task: 'part {n}'}, on_completion=[told])",
        "def part(n): get_run_logger().warning('part %s', n)",
        "@flow(**{of_flow: 'whole'}, on_completion=[told])",
        "def whole():",
        "    get_run_logger().info('begins')",
        "    part(1)",
        "whole()",
    )
    assert logged(cell) == [
        "… | INFO    | Flow run 'whole' - begins",
        "… | WARNING | Task run 'part 1' - part 1",
        "… | INFO    | Task run 'part 1' - part 1 is Completed",
        "… | INFO    | Flow run 'whole' - whole is Completed",
    ]
    assert cell.stdout == ""


def test_what_a_hook_logs_is_in_its_record(kernel):
    kernel.run("kept = []", "def keep(flow, run, state): kept.append(run); get_run_logger().info('kept')")
    kernel.run("@flow(on_completion=[keep])", "def etl(): pass", "etl()")
    assert "- kept\\n" in kernel.value("kept[0].hooks[0].printed")


def test_lines_below_info_are_left_out_until_they_are_asked_for(kernel):
    body = ("@flow(**{of_flow: 'etl'})", "def etl(): get_run_logger().debug('details')", "etl()")
    assert logged(kernel.run(*body)) == []
    kernel.run("for name in ('hookcell', 'prefect'): logging.getLogger(name).setLevel('DEBUG')")
    assert logged(kernel.run(*body)) == ["… | DEBUG   | Flow run 'etl' - details"]
    kernel.run("for name in ('hookcell', 'prefect'): logging.getLogger(name).setLevel('INFO')")


def test_threads_of_submitted_tasks_and_threads_of_the_users_own_log_below_the_cell(kernel):
    cell = kernel.run(
        "@task(**{of_task: 'part {n}'})",
        "def part(n): get_run_logger().info('item')",
        "@flow(**{of_flow: 'whole'})",
        "def whole():",
        "    part.map(range(3)).wait()",
        "    own = threading.Thread(target=get_run_logger().info, args=('from my thread',))",
        "    own.start()",
        "    own.join()",
        "whole()",
    )
    # Threads may cut into each other's lines.
    assert sorted("\n".join(logged(cell))) == sorted(
        "\n".join(
            [
                *(f"… | INFO    | Task run 'part {n}' - item" for n in range(3)),
                "… | INFO    | Flow run 'whole' - from my thread",
            ]
        )
    )


def test_async_code_and_its_hooks_log_below_the_cell(kernel):
    cell = kernel.run(
        "async def told(owner, run, state):",
        "    await asyncio.sleep(0)",
        "    get_run_logger().info('hook')",
        "@task(**{of_task: 'part'})",
        "async def part():",
        "    await asyncio.sleep(0)",
        "    get_run_logger().info('task')",
        "@flow(**{of_flow: 'whole'}, on_completion=[told])",
        "async def whole():",
        "    await asyncio.gather(part(), part())",
        "    await asyncio.to_thread(get_run_logger().info, 'to_thread')",
        "await whole()",
    )
    assert logged(cell) == [
        "… | INFO    | Task run 'part' - task",
        "… | INFO    | Task run 'part' - task",
        "… | INFO    | Flow run 'whole' - to_thread",
        "… | INFO    | Flow run 'whole' - hook",
    ]


LATE = """
go = threading.Event()

def no_answer(task, run, state): raise KeyError(state.name)

@task(**{of_task: 'late'}, retries=1, retry_condition_fn=no_answer)
def late():
    go.wait(60)
    get_run_logger().info('in its own thread')
    stranger = threading.Thread(target=get_run_logger().info, args=('in a thread that knows of no cell',))
    stranger.start()
    stranger.join()
    raise ValueError('no')

@flow
def around():
    return late.submit()

thread = threading.Thread(target=contextvars.copy_context().run, args=(lambda: around(return_state=True),))
thread.start()
"""


@OLD
def test_lines_and_notes_that_come_after_the_cell_has_ended_stand_below_it_and_no_other(kernel):
    launching = kernel.run(LATE)
    meanwhile = kernel.run("print('meanwhile')", "go.set()", "thread.join(60)")
    expected = [
        "… | INFO    | Task run 'late' - in its own thread",
        "… | INFO    | Task run 'late' - in a thread that knows of no cell",
        "retry_condition_fn of task 'late' raised KeyError: 'Failed', so the run was not tried again",
    ]
    kernel.until(lambda: len(logged(launching)) >= len(expected))
    assert logged(launching) == expected
    assert (meanwhile.stdout, meanwhile.stderr) == ("meanwhile\n", "")


def test_a_note_is_told_once(kernel):
    cell = kernel.run(
        "@task(**{of_task: 'broken'})",
        "def broken(): raise ValueError('no')",
        "@flow",
        "def whole():",
        "    broken.submit()",
        "    return 1",
        "whole()",
    )
    assert logged(cell) == [
        "task run 'broken' failed and nobody looked at it: Task run encountered an exception ValueError: no"
    ]


def test_prints_of_a_flow_that_logs_them_are_lines_from_its_tasks_too(kernel):
    cell = kernel.run(
        "@task(**{of_task: 'part {n}'})",
        "def part(n): print('part', n)",
        "@task(log_prints=False)",
        "def quiet(): print('printed')",
        "@flow(**{of_flow: 'whole'}, log_prints=True)",
        "def whole():",
        "    print('two', 'words', sep='\\n')",
        "    part(1)",
        "    part.submit(2).wait()",
        "    quiet()",
        "    print('to stdout all the same', file=open('/dev/null', 'w'))",
        "whole()",
        "print('after it')",
    )
    assert logged(cell) == [
        "… | INFO    | Flow run 'whole' - two",
        "words",
        "… | INFO    | Task run 'part 1' - part 1",
        "… | INFO    | Task run 'part 2' - part 2",
    ]
    assert cell.stdout == "printed\nafter it\n"


def test_lines_come_also_where_views_are_switched_off(kernel):
    kernel.run("%config Hookcell.view = False")
    cell = kernel.run("@flow(**{of_flow: 'etl'})", "def etl(): get_run_logger().info('line')", "etl()")
    assert logged(cell) == ["… | INFO    | Flow run 'etl' - line"]
    assert cell.mimes() == []
    kernel.run("%config Hookcell.view = True")


def test_a_magic_of_another_name_logs_as_well(kernel):
    kernel.run("%config Hookcell.flow_magic = 'etl'")
    for line in (
        "hookcell.get_run_logger().info('line')",
        "hookcell.get_run_logger().info('line'); await asyncio.sleep(0)",
    ):
        assert logged(kernel.run("%%etl named --run-name mine", line)) == ["… | INFO    | Flow run 'mine' - line"]
    kernel.run("%config Hookcell.flow_magic = 'flow'")


SET_UP = {
    "basicConfig": (
        "logging.basicConfig(format='mine: %(message)s', force=True)",
        "logging.getLogger().handlers.clear()",
    ),
    "a handler": (
        (
            "mine = logging.StreamHandler(); mine.setFormatter(logging.Formatter('mine: %(message)s')); "
            "[logging.getLogger(name).addHandler(mine) for name in ('hookcell', 'prefect')]"
        ),
        "[logging.getLogger(name).removeHandler(mine) for name in ('hookcell', 'prefect')]",
    ),
}


@pytest.mark.parametrize("how", SET_UP)
def test_whoever_sets_up_logging_gets_the_lines_and_notes_and_nobody_else(kernel, how):
    set_up, undo = SET_UP[how]
    kernel.run(set_up)
    cell = kernel.run(
        "@task(**{of_task: 'broken'})",
        "def broken(): raise ValueError('no')",
        "@flow",
        "def whole():",
        "    get_run_logger().warning('line')",
        "    broken.submit()",
        "    return 1",
        "whole()",
    )
    kernel.run(undo)
    lines = cell.stderr.splitlines()
    assert lines.count("mine: line") == 1
    note = "task run 'broken' failed and nobody looked at it: Task run encountered an exception ValueError: no"
    assert [line for line in lines if note in line] == [f"mine: {note}"]
    assert not [line for line in lines if TIME.match(line)]


def test_an_error_of_a_hook_is_told_once_with_the_users_own_lines(kernel):
    cell = kernel.run(
        "def broken(flow, run, state): 1 / 0", "@flow(on_completion=[broken])", "def etl(): pass", "etl()"
    )
    told = logged(cell)
    assert re.fullmatch(
        r"on_completion hook 'broken' of flow run '[a-z]+-[a-z]+' raised an error; the run went on\.", told[0]
    )
    assert told[1] == "ZeroDivisionError: division by zero"
    assert len(told) == 4
