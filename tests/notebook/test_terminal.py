"""A notebook run in a terminal: what is told, in which order, and how it ends. Each test starts the real command."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from hookcell.notebook.terminal import Board

pytestmark = pytest.mark.kernel
COMMAND = [sys.executable, "-m", "hookcell.notebook.terminal"]
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
SETUP = "%load_ext hookcell\nfrom hookcell import flow, task\nimport time"


@pytest.fixture
def notebook(tmp_path):
    """Writes a notebook of such cells; gives its path."""

    def write(*cells):
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbformat.write(made, tmp_path / "notebook.ipynb")
        return tmp_path / "notebook.ipynb"

    return write


def run(path, *, code=0, **environment):
    """What the command prints; on one stream, as in a terminal."""
    done = subprocess.run(
        [*COMMAND, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert done.returncode == code, done.stdout
    return done.stdout


@contextmanager
def running(path):
    """The command while it runs, to read its lines one by one."""
    process = subprocess.Popen([*COMMAND, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    with process:
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def read_until(process, text):
    """The lines up to one that has the text in it."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was not told: {''.join(lines)}")


def ends(process, code):
    """The rest of what the command prints, when it ends with this code."""
    rest = process.stdout.read()
    assert process.wait(60) == code, rest
    return rest


# -- what is told -----------------------------------------------------------------------------------------------------


def test_a_quick_run_is_told_by_its_settled_text_before_the_result(notebook):
    path = notebook(
        f"{SETUP}\n\n@flow\ndef greet(name):\n    print('in the flow', end='')\n    return name\n\ngreet('Ada')"
    )
    told = re.sub(r"\(.*?\)", "(…)", run(path, HOOKCELL_SHOW_AFTER="60"))
    assert told == ("\n[1] %load_ext hookcell …\n    in the flow\n    ✓ Completed greet (…)\n    'Ada'\n")


WAITING = """
from pathlib import Path

@task
def wait_for(name):
    while not Path(name).exists():
        time.sleep(0.01)

@flow
def two():
    wait_for("first")
    wait_for("second")

two()
"""


def test_states_are_told_while_the_cell_runs(notebook, tmp_path):
    with running(notebook(SETUP, WAITING)) as process:
        told = read_until(process, "Running           wait_for")
        (tmp_path / "first").touch()
        told += read_until(process, "Running           wait_for[1]")
        (tmp_path / "second").touch()
        told = "".join(told) + ends(process, 0)
    name = re.search(r"Running         two (\(.+\))", told)[1]
    assert told.partition("[2]")[2].splitlines()[1:] == [
        "    ○  Pending         two",
        f"    ▶  Running         two {name}",
        "    ○  Pending           wait_for",
        "    ▶  Running           wait_for",
        "    ✓  Completed         wait_for",
        "    ○  Pending           wait_for[1]",
        "    ▶  Running           wait_for[1]",
        "    ✓  Completed         wait_for[1]",
        f"    ✓  Completed       two {name}",
    ]


FAILING = """
@task(retries=1, retry_delay_seconds=0.01, on_retry=lambda task: 1 / 0)
def score(price):
    raise ValueError(f"price must be positive, got {price}")

@flow
def scores():
    return score(-1, return_state=True)

_ = scores()
"""


def test_retries_failures_and_hooks_are_told_with_the_reason(notebook):
    told = run(notebook(SETUP, FAILING), code=1, HOOKCELL_SHOW_AFTER="always").partition("[2]")[2]
    name = re.search(r"Running         scores (\(.+\))", told)[1]
    assert [line[4:] for line in told.splitlines() if line[4:5] in {"○", "▶", "↻", "✓", "✕"}] == [
        "○  Pending         scores",
        f"▶  Running         scores {name}",
        "○  Pending           score",
        "▶  Running           score",
        "↻  AwaitingRetry     score",
        "✕  on_retry          score  <lambda> failed",
        "↻  Retrying          score",
        "✕  Failed            score  ValueError: price must be positive, got -1",
        f"✕  Failed          scores {name}  ValueError: price must be positive, got -1",
    ]


NAMED = """
from hookcell.prefect import flow, task

@task(task_run_name="part-{n}")
def part(n):
    return n

@flow(flow_run_name="whole-of-{size}")
def whole(size: int):
    parts = [part.submit(1)]
    parts.append(part.submit(2, wait_for=parts))
    parts[-1].wait()

whole(2)
"""


def test_runs_of_prefects_dialect_are_told_by_the_names_they_were_given(notebook):
    told = run(notebook(SETUP, NAMED), HOOKCELL_SHOW_AFTER="always").partition("[2]")[2].splitlines()[1:]
    assert told[0] == "    ○  Pending         whole"
    # While it waits, the second part may not have been given its name yet.
    assert [line[4:] for line in told if "Pending" not in line] == [
        "▶  Running         whole (whole-of-2)",
        "▶  Running           part-1",
        "✓  Completed         part-1",
        "▶  Running           part-2",
        "✓  Completed         part-2",
        "✓  Completed       whole (whole-of-2)",
    ]


def test_displays_are_told_as_text_and_so_are_their_updates(notebook):
    shown = "from IPython.display import HTML, display\nhandle = display('one', display_id=True)\nhandle.update('two')"
    assert run(notebook(shown, "import ipywidgets\nipywidgets.IntSlider()")) == (
        "\n[1] from IPython.display import HTML, display …\n    'one'\n    'two'\n"
        "\n[2] import ipywidgets …\n    IntSlider(value=0)\n"
    )


def test_markdown_gives_its_last_title_and_an_empty_cell_nothing(tmp_path):
    cells = [
        nbformat.v4.new_markdown_cell("# First\n\ntext\n\n## Second"),
        nbformat.v4.new_code_cell("  "),
        nbformat.v4.new_code_cell("1"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "titled.ipynb")
    assert run(tmp_path / "titled.ipynb") == "\nSecond\n\n[1] 1\n    1\n"


def test_the_quickstart_is_told_live_and_to_its_end():
    told = run(QUICKSTART)
    of_fetch_3 = [line.split()[1] for line in told.splitlines() if re.search(r"  fetch\[3\]($|  )", line)]
    assert of_fetch_3 == ["Pending", "Running", "AwaitingRetry", "on_retry", "Retrying", "Completed"]
    assert "✓ Completed ok_with_failure_flow" in told


def test_colours_are_for_terminals_and_not_wanted_with_no_color(notebook):
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    path = notebook("print('\\x1b[31mred\\x1b[0m')")
    for environment, coloured in (
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ):
        ours, theirs = pty.openpty()
        env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | environment
        subprocess.run([*COMMAND, str(path)], stdout=theirs, stderr=theirs, check=True, timeout=120, env=env)
        assert (b"\x1b[31mred" in os.read(ours, 10_000)) is coloured, environment
        os.close(ours), os.close(theirs)
    assert "\x1b" not in run(path)


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_a_failing_cell_ends_it_with_its_traceback(notebook):
    told = run(notebook("print('begins', end='')", "1 / 0", "print('never')"), code=1)
    assert "    ----> 1 1 / 0\n" in told
    assert told.endswith("ZeroDivisionError: division by zero\n")


def test_a_usage_error_ends_it_too(notebook):
    told = run(notebook(SETUP, "%%flow etl --retrys 2\n1", "print('never')"), code=1)
    assert told.endswith("    UsageError: %%flow has no option '--retrys'; did you mean --retries?\n")


ENDLESS = """
@flow(on_cancellation=lambda flow: print("cleaning up"))
def endless():
    time.sleep(600)

endless()
"""


def test_ctrl_c_interrupts_the_kernel(notebook):
    with running(notebook(SETUP, ENDLESS, "print('never')")) as process:
        read_until(process, "Running         endless")
        process.send_signal(signal.SIGINT)
        told = ends(process, 130)
    for state in ("Cancelling      ", "Cancelled       "):
        assert re.search(rf"⊘  {state}endless \([a-z]+-[a-z]+\)\n", told)
    assert "    cleaning up\n" in told
    assert "RunInterrupted" in told
    assert "never" not in told


DEAF = """
import os, time
print(os.getpid())
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        print("I go on")
"""


def is_alive(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def kernel_of(process):
    return int(next(line for line in process.stdout if line.strip().isdecimal()))


def test_a_second_ctrl_c_kills_the_kernel(notebook):
    with running(notebook(DEAF)) as process:
        kernel = kernel_of(process)
        process.send_signal(signal.SIGINT)
        read_until(process, "I go on")
        process.send_signal(signal.SIGINT)
        ends(process, 130)
    assert not is_alive(kernel)


def test_the_kernel_ends_with_a_terminated_command(notebook):
    with running(notebook(DEAF)) as process:
        kernel = kernel_of(process)
        process.terminate()
        ends(process, 143)
    assert not is_alive(kernel)


def test_a_kernel_that_dies_is_told(notebook):
    assert run(notebook("import os", "os._exit(3)"), code=2).endswith("the kernel died while it ran this cell\n")


def test_nobody_is_asked_for_input(notebook):
    assert run(notebook("input('name? ')")) == "\n[1] input('name? ')\n    name? (nobody answers here)\n    ''\n"


def test_a_wrong_path_is_one_clear_error(tmp_path):
    missing, broken = tmp_path / "none.ipynb", tmp_path / "broken.ipynb"
    broken.write_text("{}")
    assert (
        run(missing, code=2)
        == f"cannot read {str(missing)!r}: No such file or directory; give the path of a notebook\n"
    )
    assert run(broken, code=2) == f"{str(broken)!r} is not a notebook; give the path of an .ipynb file of format 4\n"


def test_a_missing_ipykernel_is_told_with_what_to_install(notebook):
    code = "import sys; sys.modules['ipykernel'] = None; from hookcell.notebook.terminal import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, notebook("1")], capture_output=True, text=True, check=False)
    said = "running a notebook needs ipykernel, which is not installed: pip install ipykernel\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


# -- the wire ---------------------------------------------------------------------------------------------------------


def row(*names):
    state = {"at": 1.0}
    story = [[name, name.upper(), 1.0] for name in names]
    return {
        "n": 1,
        "kind": "task",
        "name": "load",
        "of": "load",
        "depth": 0,
        "story": story,
        "hooks": [],
        "error": None,
        "state": state,
    }


def delta(seq, *names):
    return {"method": "custom", "content": {"type": "delta", "seq": seq, "rows": [row(*names)]}}


def snapshot(seq, *names):
    return {"seq": seq, "runs": [], "tasks": [row(*names)]}


@pytest.fixture
def told():
    return []


@pytest.fixture
def asked():
    return []


@pytest.fixture
def board(told, asked):
    board = Board(lambda said: told.append(re.sub(r"\x1b\[\d+m", "", said).split()[1]), asked.append)
    board.hear({"state": {"snapshot": snapshot(3, "Pending")}})
    return board


def test_each_state_is_told_once(board, told, asked):
    board.hear(delta(4, "Pending", "Running"))
    board.hear(delta(5, "Pending", "Running", "Completed"))
    board.hear({"method": "update", "state": {"snapshot": snapshot(5, "Pending", "Running", "Completed")}})
    assert told == ["Pending", "Running", "Completed"]
    assert asked == []


def test_an_old_message_is_ignored(board, told, asked):
    board.hear(delta(3, "Pending", "Running"))
    assert (told, asked) == (["Pending"], [])


def test_a_gap_is_asked_about_and_healed_by_the_answer(board, told, asked):
    board.hear(delta(6, "Pending", "Running", "Completed"))
    assert (told, asked) == (["Pending"], [{"type": "resync", "id": 6}])
    board.hear(
        {
            "method": "custom",
            "content": {"type": "snapshot", "snapshot": snapshot(6, "Pending", "Running", "Completed")},
        }
    )
    assert told == ["Pending", "Running", "Completed"]


def test_a_gap_is_healed_by_the_trait_as_well(board, told):
    board.hear(delta(6, "Pending", "Running"))
    board.hear({"method": "update", "state": {"snapshot": snapshot(7, "Pending", "Running", "Completed")}})
    assert told == ["Pending", "Running", "Completed"]
