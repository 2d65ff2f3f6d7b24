"""What the kernel tells the browser, from real runs, kept in a file that the browser's tests read too.

Run with HOOKCELL_WRITE_CONTRACT=1 to write the file anew after a change that was meant.
"""

import contextvars
import json
import logging
import os
import re
import threading
import time
from pathlib import Path

from hookcell import Listener, flow, get_run_logger, task
from hookcell.gate import holding
from hookcell.names import Codes
from hookcell.notebook.picture import Picture
from hookcell.notebook.settings import Manner
from hookcell.notebook.told import Question
from hookcell.notebook.wire.logs import line_told
from hookcell.runs import current
from hookcell.session import session

CONTRACT = Path(__file__).parents[1] / "wire_contract.json"
T0 = 1763680000.0
EVIL = "<script>alert(1)</script>\u202e\x00 & \U0001f98a"


class Browser:
    """Stands for the widget: keeps what it is sent."""

    def __init__(self):
        self.messages = []

    def send(self, message):
        self.messages.append(message)


class Board(Listener):
    """A picture whose runs are all those that happen meanwhile, drawn when `draw` is called."""

    def __init__(self, number=1):
        self._nudged = threading.Event()
        self.picture = Picture(number, "cell", contextvars.copy_context(), self._nudged.set, Manner())
        self.browser = self.picture.widget = Browser()
        self.board = self.picture.board
        self.board.hint = None
        self.snapshots = []

    def created(self, run):
        self.board.see(run)

    def moved(self, run, _state):
        self.board.see(run)

    def hook_began(self, run, _hook_run):
        self.board.see(run)

    def hook_ended(self, run, _hook_run):
        self.board.see(run)

    def logged(self, run, line):
        if (kept := line_told(line)) is not None:
            self.board.hear(run, kept)
        self.board.see(run)

    def draw(self):
        self.picture.draw(0.0)
        self.snapshots.append(self.board.snapshot())

    def ask(self, **message):
        """Asks as the browser does, and waits for the answer."""
        self.picture.hear(message)
        while self.picture.asks.waiting:
            self._nudged.clear()
            self.picture.answer(time.monotonic())
            assert not self.picture.asks.waiting or self._nudged.wait(60)
        return self.browser.messages[-1]


# -- the runs ----------------------------------------------------------------------------------------------------------


def success(board):
    def say(flow, run, state):
        holding.get().heard("hello\n")
        board.draw()

    @task
    def contract_part(n):
        board.draw()
        return n

    @flow(name="contract_success", on_completion=say)
    def whole():
        contract_part(1)
        contract_part.map([1, 2, 3]).wait()

    whole.with_options(runner="inline")()


def failure(board):
    def bad(task, run, state):
        raise TimeoutError("no answer")

    @task(retries=2, retry_delay_seconds=[0, 0.001], on_retry=[bad], on_failure=lambda task, run, state: board.draw())
    def contract_score():
        board.draw()
        raise ValueError("price must be positive, got -3.2")

    @flow(name="contract_failure")
    def whole():
        contract_score()

    whole(return_state=True)


def cancelled(board):
    def pressed():
        board.ask(type="cancel", id=7, run=board.board.runs[0].number)

    def drawn(flow, run, state):
        button.join()
        board.draw()

    @task
    def contract_endless():
        button.start()
        threading.Event().wait(60)

    @flow(name="contract_cancelled", on_cancellation=drawn)
    def whole():
        contract_endless()

    button = threading.Thread(target=pressed)
    whole(return_state=True)
    board.ask(type="cancel", id=8, run=board.board.runs[0].number)


def waiting(board):
    runs, go = threading.Event(), threading.Event()

    @task
    def contract_load():
        runs.set()
        go.wait(60)

    @task
    def contract_report(*loaded):
        pass

    @flow(name="contract_waiting")
    def whole():
        loads = [contract_load.submit()]
        last = contract_report.submit(*loads)
        runs.wait(60)
        board.draw()
        go.set()
        last.wait()

    whole()
    board.ask(type="resync", id=9)


def not_ready(board):
    @task
    def contract_broken():
        raise KeyError("key")

    @task
    def contract_after(_):
        pass

    @flow(name="contract_not_ready", runner="inline")
    def whole():
        contract_after.submit(contract_broken.submit()).wait()

    whole(return_state=True)


def mapped(board):
    @task(retries=1, retry_delay_seconds=0)
    def contract_score(n, row):
        if n == 3 and not tried:
            tried.append(n)
            raise ValueError("try again")
        if n == 5:
            raise ValueError("price must be positive, got -3.2")
        get_run_logger().info("scored %s", n)
        return n

    @task
    def contract_rows():
        return [1, 2, 3, 4, 5]

    @flow
    def contract_inner(n):
        contract_rows()

    @flow(name="contract_mapped", runner="inline")
    def whole():
        rows = contract_rows.submit()
        scores = contract_score.map([1, 2, 3, 4, 5], rows.result(), wait_for=[rows])
        contract_inner(1)
        board.draw()
        scores.wait()

    tried = []
    logging.getLogger("hookcell.task_runs").addHandler(quiet := logging.NullHandler())
    whole(return_state=True)
    logging.getLogger("hookcell.task_runs").removeHandler(quiet)
    board.draw()
    group = board.snapshots[-1]["groups"][1]
    assert (group["of"], group["total"], group["trouble"]) == ("contract_score", 5, 2)
    board.ask(type="page", id=1, group=group["g"], part="all", **{"from": 1, "count": 2})
    board.ask(type="page", id=2, group=group["g"], part="trouble", **{"from": 0, "count": 200})
    board.ask(type="log", id=3, run=board.board.runs[0].number, before=None, count=2)


def in_detail(board):
    def say(task, run, state):
        holding.get().heard("told\n")

    @task(tags=["io"], retries=1, retry_delay_seconds=0, on_failure=say)
    def contract_load(day, api_key, limit=3):
        get_run_logger().warning("no such day: %s", day)
        raise KeyError(day)

    @flow(name="contract_in_detail")
    def whole(days):
        contract_load(days[0], "a-very-secret-key", return_state=True)
        return {"rows": 3}

    whole(["monday"])
    board.draw()
    load = board.board.runs[0].children[0]
    board.ask(type="detail", id=1, run=load.number)
    board.ask(type="detail", id=2, run=board.board.runs[0].number)
    board.ask(type="log", id=3, run=load.number, before=1, count=50)
    for number, message in enumerate([{"type": "detail", "run": 10**9}, {"type": "page"}, {"type": "dance"}, {}], 4):
        board.ask(id=number, **message)


def hostile(board):
    def hook(task, run, state):
        holding.get().heard(EVIL * 20)
        raise RuntimeError(EVIL)

    hook.__name__ = EVIL

    @task(name=EVIL, on_failure=hook)
    def evil():
        raise ValueError(EVIL * 80)

    @flow(name=EVIL)
    def whole():
        evil()

    whole(return_state=True)


def asked(board):
    @task
    def contract_deploy():
        for number, subject in enumerate([None, EVIL, "nightly"], 1):
            board.board.told.ask(Question(f"Deploy?\n{EVIL}", subject, current.get()))
            board.draw()
            board.ask(type="answer", id=9 + number, question=number, approve=number == 1)
        board.board.told.ask(Question("And now?"))
        board.board.told.withdraw()
        board.ask(type="answer", id=13, question=4, approve=True)

    @flow(name="contract_asked")
    def whole():
        contract_deploy()

    whole()


# -- the file ----------------------------------------------------------------------------------------------------------

TIMES = ("at", "now", "created", "start", "end", "first", "retry_at", "answered")
FIXED = {"seconds": 0.001, "session": "a1b2c3d4"} | dict.fromkeys(TIMES, T0)
ID = "0" * 8


class Normal:
    """Makes what differs from run to run the same: times, the session, run numbers, line numbers."""

    def __init__(self):
        self.numbers = {}

    def number(self, number):
        return self.numbers.setdefault(number, len(self.numbers) + 1)

    def of(self, value, key=None):
        if key == "bins" and value is not None:
            ended = {name: [sum(row)] for name, row in value["ended"].items()}
            return {"from": T0, "step": 0.001, "started": [sum(value["started"])], "ended": ended}
        if key == "detail":
            value = {**value, "id": ID}
        if isinstance(value, dict):
            return {name: self.of(one, name) for name, one in value.items()}
        if key == "story":
            return [[name, kind, T0, *message] for name, kind, _, *message in value]
        if key in {"log", "lines"}:
            return [[T0, *rest] for _, *rest in value]
        if isinstance(value, list):
            return [self.of(one, key) for one in value]
        return value if value is None else self.leaf(value, key)

    def leaf(self, value, key):
        if key in {"n", "root", "parent", "run"} or (key == "after" and value in self.numbers):
            return self.number(value)
        if key == "where":
            return re.sub(r"(line|---->) \d+", r"\1 1", value)
        if key == "traceback":
            value = re.sub(r'File ".*[/\\]', 'File "', value)
            return re.sub(r"line \d+", "line 1", re.sub(r"\n +[~^]+", "", value))
        return FIXED.get(key, value)


STORIES = [success, failure, cancelled, waiting, not_ready, mapped, in_detail, hostile, asked]


def test_what_the_kernel_tells_the_browser_is_as_agreed(monkeypatch):
    told = {"snapshots": [], "messages": []}
    for number, story in enumerate(STORIES, 1):
        monkeypatch.setattr(session, "counts", {})
        monkeypatch.setattr(session, "codes", Codes())
        board, normal = Board(number), Normal()
        ignore = session.listen(board)
        try:
            story(board)
        finally:
            ignore()
        board.draw()
        told["snapshots"] += [normal.of(one) for one in board.snapshots]
        told["messages"] += [normal.of(one) for one in board.browser.messages]
    if os.environ.get("HOOKCELL_WRITE_CONTRACT"):
        CONTRACT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    assert told == json.loads(CONTRACT.read_text(encoding="utf-8"))
