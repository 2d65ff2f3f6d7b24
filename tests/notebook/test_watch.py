"""Runs told in a terminal by a script: in lines, and drawn at the bottom of the screen."""

import io
import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from boards import HOSTILE
from small_runs import LIMIT

import hookcell
from hookcell import every_run, flow, task
from hookcell.notebook.console import Watch, telling, watch, words
from hookcell.notebook.console.region import Region
from hookcell.notebook.console.telling import MOST_ENDED

LATER = LIMIT + 1


@pytest.fixture(autouse=True)
def _what_is_quick_is_over_by_then(monkeypatch):
    """However slow the machine is; the rounds that tests make by hand are LATER."""
    monkeypatch.setattr(telling, "SHOW_AFTER", LIMIT)


@flow(run_name="the first")
def lazy_flow():
    return 1


@task
def score(price):
    if price < 0:
        raise ValueError(f"price must be positive, got {price}")
    return price


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def watched(out):
    """A watch whose rounds come when a test says so."""
    made = Watch(out, live=False)
    yield made
    made.close()


def said(out):
    return out.getvalue().splitlines()


# -- lines ------------------------------------------------------------------------------------------------------------


def test_a_quick_run_is_one_line(out):
    with watch(out):
        lazy_flow()
    [line] = said(out)
    assert re.fullmatch(r"✓ Completed lazy_flow \(the first\), [\d.]+ m?s", line)


def test_what_failed_is_told_with_the_reason_and_the_users_line(out):
    @flow(run_name="the second")
    def scores():
        for price in (3, -1, -2):
            score(price, return_state=True)
        return score(-3)

    with watch(out), pytest.raises(ValueError, match="-3"):
        scores()
    assert said(out)[:3] == [f"  ✕ Failed score[{n}]: ValueError: price must be positive, got {-n}" for n in (1, 2, 3)]
    assert said(out)[3].startswith("✕ Failed scores (the second), 4 task runs, ")
    assert said(out)[4:6] == [
        "  ✓ 1 Completed, ✕ 3 Failed",
        "  score[3] failed after 1 try: ValueError: price must be positive, got -3",
    ]
    assert any("raise ValueError(f" in row for row in said(out)[6:])


def test_many_failures_are_told_only_in_part(out):
    @flow(run_name="the third")
    def scores():
        for price in range(-30, 0):
            score(price, return_state=True)
        return 1

    with watch(out):
        scores()
    told = [row for row in said(out) if row.startswith("  ✕ Failed score") and "tries" not in row]
    assert "  … more failures are counted when it ends" in said(out)
    assert len(told) <= 15
    assert "  ✕ 30 Failed" in said(out)


def test_a_run_that_takes_longer_is_told_when_it_begins(watched, out, go_on):
    @flow(run_name="the fourth")
    def slow():
        reached.set()
        go_on.wait(60)
        return 1

    reached, thread = threading.Event(), threading.Thread(target=slow)
    thread.start()
    assert reached.wait(60)
    watched.round(0.0)
    told = next(iter(watched.telling._open.values()))
    watched.round(told.since + 0.1)
    assert said(out) == []
    watched.round(told.since + LATER)
    watched.round(told.since + LATER)
    assert said(out) == ["▶ Running slow (the fourth)"]
    go_on.set()
    thread.join()
    watched.round(told.since + LATER)
    assert said(out)[1].startswith("✓ Completed slow (the fourth), ")


def test_of_very_many_runs_the_first_and_the_failed_are_told_and_the_others_counted(watched, out):
    @flow
    def tick(n):
        if n == 900:
            raise KeyError("n")

    for n in range(1_000):
        tick(n, return_state=True)
    watched.round(0.0)
    watched.round(0.0)
    assert sum(row.startswith("✓ Completed tick") for row in said(out)) == MOST_ENDED - 1
    assert sum(row.startswith("✕ Failed tick") for row in said(out)) == 1
    assert said(out)[-1] == f"and {1_000 - MOST_ENDED} more runs: ✓ {1_000 - MOST_ENDED} Completed"


def test_two_watches_of_one_stream_are_one(out):
    first = watch(out)
    assert watch(out) is first
    first.close()
    second = watch(out)
    assert second is not first
    second.close()


def test_nothing_is_told_after_the_end(out):
    with watch(out):
        pass
    lazy_flow()
    assert out.getvalue() == ""


def test_a_closed_stream_ends_the_telling_and_no_run(watched, out, caplog):
    out.close()
    assert lazy_flow() == 1
    watched.round(0.0)
    watched.round(0.0)
    assert watched._closed
    assert caplog.records == []
    assert lazy_flow() == 1


class Broken(io.StringIO):
    """A stream that raises what no stream should."""

    def write(self, text):
        raise RuntimeError("no ink")


def test_a_stream_that_raises_ends_the_telling_with_one_warning(caplog):
    watched = Watch(Broken(), live=False)
    lazy_flow()
    watched.close()
    assert [record.getMessage() for record in caplog.records] == [
        "Runs are not told in the terminal any more (RuntimeError: no ink); they go on."
    ]
    lazy_flow()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_without_the_signs_gets_plain_ones(encoding):
    raw = io.BytesIO()
    with watch(io.TextIOWrapper(raw, encoding=encoding, write_through=True)):
        lazy_flow()
    assert raw.getvalue().startswith(b"+ Completed lazy_flow (the first), ")


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_on_its_line(bad, out):
    @flow(name=bad, run_name=bad.replace("{", "{{").replace("}", "}}"))
    def f():
        raise ValueError(bad)

    with watch(out):
        assert f(return_state=True).is_failed()
    out.getvalue().encode()
    assert "\x1b" not in out.getvalue()
    assert len(out.getvalue().splitlines()) == len(out.getvalue().split("\n")) - 1 <= 6
    assert all(len(row) < 400 for row in said(out))


def test_a_line_in_colour_has_them_on_its_state_alone():
    assert words.with_inks("✕ Failed scores (a-b)") == "\x1b[31m✕ Failed\x1b[0m scores (a-b)"
    assert words.with_inks("  ✓ 1 Completed, ✕ 3 Failed") == "  \x1b[32m✓ 1\x1b[0m Completed, ✕ 3 Failed"
    assert words.with_inks("    test.py, line 3") == "    test.py, line 3"


# -- asked by the environment -----------------------------------------------------------------------------------------

SCRIPT = """
from hookcell import flow
from hookcell.notebook.console import telling
telling.SHOW_AFTER = 60  # the machine may be slow and stand still
@flow(run_name="one")
def f(): print("in f")
f()
"""


def run(source, **environment):
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


@pytest.mark.parametrize(("asked", "told"), [("", 0), ("off", 0), ("terminal", 1), ("lines", 1), (" Lines ", 1)])
def test_a_script_tells_its_runs_if_the_environment_asks_for_it(asked, told):
    done = run(SCRIPT, HOOKCELL_VIEW=asked)
    assert done.stdout == "in f\n"
    assert len(done.stderr.splitlines()) == told
    assert done.stderr.startswith("✓ Completed f (one), " if told else "")


def test_import_hookcell_loads_none_of_it_unless_asked():
    code = "import sys, hookcell; print([name for name in sys.modules if 'notebook' in name or 'rich' in name])"
    assert run(code, HOOKCELL_VIEW="").stdout == "[]\n"


def test_a_background_run_is_told_to_its_end_by_a_script_that_ends_before_it():
    code = """
import io, sys, threading
from hookcell import flow, watch
told = threading.Event()
class Heard(io.TextIOWrapper):
    def write(self, text):
        super().write(text)
        told.set()
watch(Heard(sys.stderr.buffer, encoding="utf-8"))
flow(lambda: told.wait(60), name="f", run_name="one").start()
"""
    told = run(code).stderr.splitlines()
    assert told[0] == "▶ Running f (one)"
    assert told[-1].startswith("✓ Completed f (one), ")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_tells_nothing_and_its_runs_go_on():
    code = """
import os, sys
from hookcell import flow, watch
from hookcell.notebook.console import telling
telling.SHOW_AFTER = 60  # the machine may be slow and stand still
f = flow(lambda: 3, name="f", run_name="one")
watch()
child = os.fork()
if child == 0:
    assert f() == 3
    sys.stdout.write("child")
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
f()
"""
    done = run(code)
    assert done.stdout == "child"
    assert len(done.stderr.splitlines()) == 1


def test_watch_says_what_it_is():
    assert hookcell.watch.__doc__.startswith("Tell runs in the terminal as they happen")


# -- the region at the bottom of a screen -----------------------------------------------------------------------------


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def seen(monkeypatch):
    """What a person sees of a terminal, and the region at the bottom of it."""
    pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    from screens import Screen

    monkeypatch.setenv("TERM", "xterm")
    tty = Tty()
    region = Region(tty)

    def look():
        screen = Screen()
        screen.feed(tty.getvalue().replace("\n", "\r\n"))
        return screen.text.split("\n")

    yield tty, region, look
    region.close()


def test_lines_are_drawn_in_place_of_those_before(seen):
    _, region, look = seen
    region.draw(["one", "two"])
    region.draw(["three"])
    assert look() == ["three"]


def test_what_others_print_stands_above(seen):
    tty, region, look = seen
    region.draw(["frame"])
    print("printed", file=tty)
    assert look() == ["printed"]
    region.draw(["frame"])
    assert look() == ["printed", "frame"]


def test_nothing_is_drawn_into_a_line_that_is_not_finished(seen):
    tty, region, look = seen
    print("50 %", end="", file=tty)
    region.draw(["frame"])
    assert look() == ["50 %"]
    print(" done", file=tty)
    region.draw(["frame"])
    assert look() == ["50 % done", "frame"]


def test_a_line_to_stay_does_not_join_one_that_is_not_finished(seen):
    tty, region, look = seen
    print("50 %", end="", file=tty)
    region.say("✓ Completed")
    assert look() == ["50 %", "✓ Completed"]


def test_a_lone_flush_before_a_prompt_makes_way_for_it(seen, monkeypatch):
    tty, region, look = seen
    monkeypatch.setattr("hookcell.notebook.console.region.AT_ONCE", -1.0)
    region.draw(["frame"])
    tty.flush()  # as `input` does before it shows its prompt
    region.draw(["frame"])
    assert look() == [""]
    print("answered", file=tty)
    region.draw(["frame"])
    assert look() == ["answered", "frame"]


def test_nothing_is_left_of_it_in_the_end(seen):
    tty, region, look = seen
    region.say("stays")
    region.draw(["frame"])
    region.close()
    print("after", file=tty)
    assert look() == ["stays", "after"]


def test_what_put_itself_in_front_of_a_stream_meanwhile_is_no_circle(seen):
    """IPython does so around each command, and puts back what stood there before."""
    tty, region, look = seen
    before, kept = tty.write, []

    def tee(text):
        kept.append(text)
        return before(text)

    tty.write = tee
    region.begin_anew()
    region.begin_anew()
    print("printed", file=tty)
    tty.write = before
    region.begin_anew()
    print("again", file=tty)
    assert look() == ["printed", "again"]
    assert "".join(kept) == "printed\n"


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_strings_are_drawn_as_text_in_rows_that_fit_the_screen(bad, seen, go_on):
    pytest.importorskip("rich", reason="rich is not installed: pip install hookcell[terminal]")
    from rich.cells import cell_len

    @task(name=bad)
    def broken():
        raise ValueError(bad)

    @flow(name=bad, run_name=bad.replace("{", "{{").replace("}", "}}"))
    def f():
        broken(return_state=True)
        reached.set()
        go_on.wait(60)
        return 1

    tty, reached = Tty(), threading.Event()
    watched = Watch(tty, live=True)
    thread = threading.Thread(target=f)
    thread.start()
    assert reached.wait(60)
    watched.round(0.0)
    told = next(iter(watched.telling._open.values()))
    watched.round(told.since + LATER)
    drawn = re.sub(r"\x1b\[[\d;]*m", "", tty.getvalue())
    go_on.set()
    thread.join()
    watched.close()
    drawn.encode()
    assert drawn.startswith("▶ Running  ")
    assert "  ✕ " in drawn
    assert "\x1b" not in drawn
    assert drawn.count("\n") == 3
    assert max(map(cell_len, drawn.splitlines())) < 80


# -- a whole screen ---------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal():
    pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    pytest.importorskip("rich", reason="rich is not installed: pip install hookcell[terminal]")
    from screens import Terminal

    opened = []

    def open_(source, **environment):
        opened.append(Terminal("-c", source, **environment))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


HEAD = """
import sys, time
from pathlib import Path
from hookcell import flow, task, watch
watch()
def wait_for(name):
    while not Path(name).exists():
        time.sleep(0.02)
"""
MAPPED = """
@task
def score(n):
    if n == 7:
        raise ValueError("seven is one too many")
    if n == 39:
        wait_for({end!r})
@flow(run_name="the first")
def scores():
    futures = score.map(range(40))
    wait_for({middle!r})
    print("in the middle")
    return futures.result(raise_on_failure=False) and 1
scores()
print("after")
"""


def test_a_run_is_drawn_until_it_ends_below_what_is_printed(terminal, tmp_path):
    middle, end = tmp_path / "middle", tmp_path / "end"
    opened = terminal(HEAD + MAPPED.format(middle=str(middle), end=str(end)))
    seen = opened.until("✓ 38  ▶ 1  ✕ 1").split("\n")
    assert seen[0].startswith("▶ Running  scores  the first")
    assert "━" in seen[1]
    assert seen[2:] == [
        "  ▶ score  × 40  ✓ 38  ▶ 1  ✕ 1",
        "  ✕ score[7]  ValueError: seven is one too many",
    ]
    middle.touch()
    opened.until("in the middle")
    opened.until("in the middle\n▶ Running  scores  the first")
    end.touch()
    assert opened.ends() == 0
    told = opened.screen.text.split("\n")
    assert told[0] == "in the middle"
    assert "after" in told
    assert any(row.startswith("✓ Completed scores (the first), 40 task runs, ") for row in told)
    assert "━" not in opened.screen.text
    assert "?25l" not in opened.raw  # the cursor was never hidden


ENDLESS = """
@flow(run_name="the first", on_cancellation=lambda flow: print("cleaning up"))
def endless():
    time.sleep(600)
endless()
"""


def test_ctrl_c_leaves_nothing_half_drawn(terminal):
    opened = terminal(HEAD + ENDLESS)
    opened.until("▶ Running  endless  the first")
    opened.press_ctrl_c()
    assert opened.ends() != 0
    told = opened.screen.text
    assert "▶ Running" not in told
    assert "cleaning up" in told
    assert "⊘ Cancelled endless (the first), " in told
    assert "RunInterrupted" in told


def test_a_process_that_is_killed_leaves_whole_lines_and_the_cursor(terminal):
    opened = terminal(HEAD + ENDLESS)
    opened.until("▶ Running  endless  the first")
    opened.process.kill()
    opened.ends()
    assert opened.raw.endswith("\n")
    assert "?25l" not in opened.raw


def test_a_process_that_is_terminated_tells_what_came_of_its_runs(terminal):
    opened = terminal(HEAD + ENDLESS)
    opened.until("▶ Running  endless  the first")
    opened.process.terminate()
    assert opened.ends() == -signal.SIGTERM
    assert "▶ Running" not in opened.screen.text
    assert "⚡ Crashed endless (the first), " in opened.screen.text


DEBUGGED = """
@flow(run_name="the first")
def debugged():
    wait_for({begin!r})
    x = 41
    breakpoint()
    wait_for({end!r})
debugged()
"""


def test_a_debugger_has_the_screen_to_itself(terminal, tmp_path):
    begin, end = tmp_path / "begin", tmp_path / "end"
    opened = terminal(HEAD + DEBUGGED.format(begin=str(begin), end=str(end)))
    opened.until("▶ Running  debugged")
    begin.touch()
    opened.until("(Pdb)")
    for _ in range(8):
        opened.read(0.1)
    opened.write("p x + 1\n")
    opened.until("42\n(Pdb)")
    for _ in range(8):
        opened.read(0.1)
    assert "▶ Running" not in opened.screen.text
    end.touch()
    opened.write("c\n")
    assert opened.ends() == 0
    assert "✓ Completed debugged (the first), " in opened.screen.text


ASKING = """
@flow(run_name="the first")
def asking():
    wait_for({begin!r})
    print("hello", input("name? "))
    wait_for({end!r})
asking()
"""


def test_a_prompt_is_not_drawn_over(terminal, tmp_path):
    begin, end = tmp_path / "begin", tmp_path / "end"
    opened = terminal(HEAD + ASKING.format(begin=str(begin), end=str(end)))
    opened.until("▶ Running  asking")
    begin.touch()
    opened.until("name?")
    for _ in range(8):
        opened.read(0.1)
    assert opened.screen.text == "name?"
    opened.write("Ada\n")
    opened.until("hello Ada")
    opened.until("hello Ada\n▶ Running  asking")
    end.touch()
    assert opened.ends() == 0


def test_without_colours_the_screen_has_none(terminal, tmp_path):
    end = tmp_path / "end"
    opened = terminal(HEAD + f"f = flow(wait_for, name='f', run_name='one')\nf({str(end)!r})", NO_COLOR="1")
    opened.until("▶ Running  f  one")
    end.touch()
    assert opened.ends() == 0
    assert "✓ Completed f (one), " in opened.screen.text
    assert "\x1b[3" not in opened.raw.replace("\x1b[3F", "")


# -- IPython in a terminal --------------------------------------------------------------------------------------------


WAITS = """
@flow(name="f", run_name="one")
def f():
    wait_for({begin!r})
    print("printed")
    wait_for({end!r})
"""


@pytest.mark.kernel
@pytest.mark.slow
def test_ipython_in_a_terminal_tells_runs_and_leaves_the_screen_to_its_prompt(terminal, tmp_path):
    begin, end = tmp_path / "begin", tmp_path / "end"
    written = HEAD.replace("watch()\n", "") + WAITS.format(begin=str(begin), end=str(end))
    (tmp_path / "waits.py").write_text(written, encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "import IPython; IPython.start_ipython(['--no-banner', '--no-confirm-exit', '--colors=NoColor'])"
    opened = terminal(code, PROMPT_TOOLKIT_NO_CPR="1")
    opened.until("In [1]:")
    opened.write("%load_ext hookcell\r")
    opened.until("In [2]:")
    opened.write("from waits import f\r")
    opened.until("In [3]:")
    opened.write("f()\r")
    opened.until("▶ Running  f  one")
    begin.touch()
    opened.until("printed\n▶ Running  f  one")
    end.touch()
    opened.until("In [4]:")
    told = opened.screen.text.partition("In [3]: f()\n")[2].split("\n")
    assert told[0] == "printed"
    assert told[1].startswith("✓ Completed f (one), ")
    assert "▶ Running" not in opened.screen.text
    opened.write("f.start();\r")
    opened.until("In [5]:")
    opened.until("✓ Completed f (one), ", times=2)
    opened.write("exit\r")
    assert opened.ends() == 0


def test_hooks_and_every_run_work_beside_it(out):
    ended = []
    with watch(out), every_run(on_end=lambda definition, run, state: ended.append(run.name)):
        lazy_flow()
    assert ended == ["the first"]
    assert ", 1 hook ok, " in said(out)[0]
