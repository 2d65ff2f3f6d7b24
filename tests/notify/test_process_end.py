"""What has not left when the process ends has a moment to do so; what is heavy is not loaded before it is needed."""

import os
import subprocess
import sys

import pytest

HEAVY = ("apprise", "asyncio", "email", "http.client", "logging", "pydantic", "smtplib", "ssl", "urllib.request")


def run(code, **options):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, **options)  # noqa: PLW1510


def test_the_end_of_the_process_waits_for_messages_and_digests(server):
    done = run(
        "from hookcell import flow, hook\n"
        "from hookcell.notify import alert, outbox\n"
        "outbox.LAST_WORDS = 60\n"
        f"one = hook(alert('slack', url={server.url()!r}), throttle=60, digest=True)\n"
        "nightly = flow(name='nightly', on_completion=one)(lambda: 1)\n"
        "for _ in range(3): nightly()\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [text["text"][:24] for text in server.texts] == ["Flow 'nightly' completed", "2 more within 1 min:\n- F"]


def test_a_server_that_hangs_holds_the_end_up_for_a_moment_only_and_is_told(server):
    server.release.clear()
    done = run(
        "from hookcell.notify import make, notify, outbox\n"
        "outbox.LAST_WORDS = 0.2\n"
        f"slack = make('slack', url={server.url()!r})\n"
        "notify('a', slack), notify('b', slack)\n"
    )
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        ["a message to slack was not sent: the process ended"] * 2,
    )


def test_tries_are_not_awaited_when_the_process_ends(nobody):
    done = run(f"from hookcell.notify import make, notify\nnotify('a', make('slack', url={nobody!r}))\n")
    said = "a message to slack was not sent: the server cannot be reached (Connection refused)\n"
    assert (done.returncode, done.stderr) == (0, said)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send")
@pytest.mark.parametrize("option", ["", ", throttle=60, digest=True"])
def test_an_alert_of_a_crash_by_sigterm_leaves_before_the_process_dies(server, option):
    done = run(
        "import os, signal, time\n"
        "from hookcell import flow, hook, task\n"
        "from hookcell.notify import alert, outbox\n"
        "outbox.LAST_WORDS = 60\n"
        f"one = hook(alert('slack', url={server.url()!r}){option})\n"
        "@task(on_crashed=one)\n"
        "def load():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(60)\n"
        "@flow(name='nightly', on_crashed=one)\n"
        "def nightly():\n"
        "    load()\n"
        "nightly()\n"
    )
    assert done.returncode == -15
    told = " ".join(text["text"] for text in server.texts)
    assert "Task 'load' crashed" in told
    assert "Flow 'nightly' crashed" in told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_leaves_to_the_other_what_is_on_its_way():
    done = run(
        "import os, sys, threading\n"
        "from hookcell.notify import flush, notify, sent\n"
        "came, go = threading.Event(), threading.Event()\n"
        "class Slow:\n"
        "    def post(self, message):\n"
        "        came.set()\n"
        "        go.wait(30)\n"
        "notify('a', Slow())\n"
        "came.wait(30)\n"  # no thread holds a lock of Python's own now
        "child = os.fork()\n"
        "if not child: os._exit(0 if flush(0) else 1)\n"
        "status = os.waitpid(child, 0)[1]\n"
        "go.set()\n"
        "print(status, sent[0].wait(30))\n"
    )
    assert done.stdout == "0 True\n"


def test_importing_notify_loads_nothing_heavy():
    done = run("import sys, hookcell.notify; print(*sys.modules)", check=True)
    assert sorted(set(done.stdout.split()) & set(HEAVY)) == []


def test_hookcell_alone_does_not_load_notify():
    done = run("import sys, hookcell; print('hookcell.notify' in sys.modules)", check=True)
    assert done.stdout == "False\n"
