"""The end of a process with background runs open: a script waits for them, Ctrl-C and SIGTERM stop them with hooks."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest
from small_runs import LIMIT

from hookcell import flow, leaving

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="nobody can send SIGINT or SIGTERM to another on Windows")
SETUP = """
import concurrent.futures, os, signal, sys, threading, time
from hookcell import flow, leaving, task
def say(text): print(text + "\\n", end="", flush=True)  # in one piece, whoever else prints
def tell(owner, run, state): say(owner.name + " " + state.name)
go = threading.Event()
@flow(on_cancellation=tell, on_end=tell)
def waiting():
    say("running")
    go.wait(120)
leaving.grace = 60  # the machine may be slow and stand still
"""


def run(code, **options):
    return subprocess.run(  # noqa: PLW1510 -- its code is asserted
        [sys.executable, "-c", SETUP + code], capture_output=True, text=True, timeout=60, **options
    )


def test_a_script_does_not_end_before_its_background_runs():
    done = run(
        "@task\n"
        "def double(x): return 2 * x\n"
        "@flow(on_completion=tell)\n"
        "def late():\n"
        "    main.join()\n"  # the script is over
        "    with concurrent.futures.ThreadPoolExecutor() as pool:\n"
        "        print(pool.submit(double.fn, 2).result(), double.submit(3).result(), double.map([4]).result())\n"
        "main = threading.main_thread()\n"
        "main.join = lambda: [time.sleep(0.01) for _ in range(200) if not over]\n"
        "over = []\n"
        "late.start()\n"
        "over.append(1)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "4 6 [8]\nlate Completed\n", "")


def test_a_script_that_waits_for_long_says_for_what():
    done = run(
        "leaving.SAY_AFTER = 0.01\n"
        "tell_user = leaving._say\n"
        "leaving._say = lambda line: (tell_user(line), go.set())\n"
        "@flow\n"
        "def late(): go.wait(60)\n"  # until it has been said
        "print(late.start().name)\n"
    )
    name = done.stdout.strip()
    assert (done.returncode, done.stderr) == (
        0,
        f"hookcell: waiting for background runs, Ctrl-C cancels them: {name}\n",
    )


def test_a_failure_in_the_background_is_told_by_a_script_too():
    done = run("@flow\ndef broken(): raise KeyError('price')\nprint(broken.start().name)\n")
    first, *_, last = done.stderr.splitlines()
    told = f"flow run {done.stdout.strip()!r} failed in the background"
    assert (done.returncode, first, last) == (0, told, "KeyError: 'price'")
    assert "hookcell/" not in done.stderr  # none of our frames


@pytest.fixture
def start():
    """What starts a script, and waits until its first run is running."""
    with contextlib.ExitStack() as ends:

        def start(code):
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = ends.enter_context(subprocess.Popen([sys.executable, "-c", SETUP + code], **pipes))
            ends.callback(process.kill)
            assert process.stdout.readline() == b"running\n"
            return process

        yield start


@POSIX
def test_ctrl_c_while_a_script_waits_at_its_end_cancels_its_runs(start):
    process = start("leaving.SAY_AFTER = 0.01\nwaiting.start()\n")
    assert process.stderr.readline().startswith(b"hookcell: waiting for background runs")  # so it is at its end
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err) == (b"waiting Cancelling\nwaiting Cancelled\n", b"")


@POSIX
def test_a_hook_that_hangs_is_abandoned_by_the_second_ctrl_c(start):
    process = start(
        "leaving.SAY_AFTER = 0.01\n"
        "def hang(flow, run, state):\n"
        "    print('hanging', flush=True)\n"
        "    while True: time.sleep(0.01)\n"
        "flow(name='hung', on_cancellation=hang, on_end=tell)(waiting.fn).start()\n"
    )
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == b"hanging\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out == b"hung Cancelled\n"


@POSIX
def test_sigterm_ends_what_is_open_with_its_hooks_and_then_the_process_as_it_would_have(start):
    process = start("flow(name='other', on_crashed=tell)(waiting.fn).start()\nwaiting.start()\ntime.sleep(60)\n")
    if process.stdout.readline() != b"running\n":
        pytest.fail("the second run has not begun")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (-signal.SIGTERM, b"")
    assert out == b"waiting Crashed\nother Crashed\n"  # the newest first


@POSIX
def test_sigterm_with_a_run_in_the_main_thread_ends_both(start):
    process = start("waiting.start()\nflow(name='front', on_crashed=tell)(lambda: time.sleep(60))()\n")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert sorted(out.splitlines()) in ([b"front Crashed", b"waiting Crashed"], [b"waiting Crashed"])


@POSIX
def test_sigterm_with_nothing_open_ends_the_process_as_ever():
    done = run("go.set(); waiting.start().wait()\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)\n")
    assert done.returncode == -signal.SIGTERM


@POSIX
def test_a_handler_that_the_user_has_set_is_left_alone():
    done = run(
        "signal.signal(signal.SIGTERM, lambda *_: print('mine', flush=True))\n"
        "go.set(); waiting.start().wait()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "mine")


@POSIX
def test_a_forked_process_knows_nothing_of_the_runs_and_dies_of_sigterm():
    done = run(
        "waiting.start()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    if leaving.open_runs(): os._exit(7)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(60)\n"
        "status = os.waitpid(child, 0)[1]\n"
        "go.set(); leaving.wait_for_all()\n"
        "print(status)\n"
    )
    assert done.stdout.splitlines() == ["running", "waiting Completed", str(int(signal.SIGTERM))]


# -- in order ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(go_on):
    """Three open runs, and the names of those that were cancelled, in order."""
    ended, stopping = [], threading.Event()

    def stopped(flow, run, state):
        ended.append(flow.name)

    def body():
        go_on.wait(LIMIT)

    started = [flow(name=name, on_cancellation=stopped)(body).start() for name in ("first", "second", "third")]
    for run in started:
        while not run.state.is_running():
            stopping.wait(0.001)
    yield ended
    go_on.set()
    assert leaving.wait_for_all(LIMIT)


@pytest.mark.usefixtures("little_grace")
def test_the_newest_is_stopped_first_and_nothing_is_left(three):
    assert leaving.end_all("shutdown", LIMIT) == []
    assert three == ["third", "second", "first"]
    assert leaving.open_runs() == ()


def test_what_does_not_stop_in_time_is_named(three):
    names = [run.name for run in leaving.open_runs()]
    assert leaving.end_all("shutdown", 0) == names[::-1]


def test_waiting_for_all_gives_up_in_time(three):
    assert leaving.wait_for_all(0) is False
    assert [run.definition.name for run in leaving.open_runs()] == ["first", "second", "third"]


def test_nothing_is_installed_where_signals_cannot_be():
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: flow(name="aside")(os.getpid).start().wait(LIMIT))
    thread.start()
    thread.join(LIMIT)
    assert signal.getsignal(signal.SIGTERM) is before
