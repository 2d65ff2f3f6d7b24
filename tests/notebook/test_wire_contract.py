"""What the kernel tells the browser, from real runs, kept in a file that the browser's tests read too.

Run with HOOKCELL_WRITE_CONTRACT=1 to write the file anew after a change that was meant.
"""

import contextvars
import json
import os
import re
import threading
from pathlib import Path

from hookcell import Listener, flow, task
from hookcell.gate import holding
from hookcell.notebook.told import Question
from hookcell.notebook.view import Picture
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

    def __init__(self):
        self.picture = Picture(1, contextvars.copy_context(), lambda: None)
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

    def draw(self):
        self.picture.draw(0.0)
        self.snapshots.append(self.board.snapshot())


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
    @task
    def contract_endless():
        board.picture.hear({"type": "cancel", "id": 7, "run": board.board.runs[0].number})
        threading.Event().wait(60)

    @flow(name="contract_cancelled", on_cancellation=lambda flow, run, state: board.draw())
    def whole():
        contract_endless()

    whole(return_state=True)
    board.picture.hear({"type": "cancel", "id": 8, "run": board.board.runs[0].number})


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
    board.picture.hear({"type": "resync", "id": 9})


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
            board.picture.hear({"type": "answer", "id": 9 + number, "question": number, "approve": number == 1})
        board.board.told.ask(Question("And now?"))
        board.board.told.withdraw()
        board.picture.hear({"type": "answer", "id": 13, "question": 4, "approve": True})

    @flow(name="contract_asked")
    def whole():
        contract_deploy()

    whole()


# -- the file ----------------------------------------------------------------------------------------------------------

TIMES = ("at", "now", "created", "start", "end", "retry_at", "answered")
FIXED = {"seconds": 0.001, "session": "a1b2c3d4"} | dict.fromkeys(TIMES, T0)


class Normal:
    """Makes what differs from run to run the same: times, the session, run numbers, line numbers."""

    def __init__(self):
        self.numbers = {}

    def number(self, number):
        return self.numbers.setdefault(number, len(self.numbers) + 1)

    def of(self, value, key=None):
        if isinstance(value, dict):
            return {name: self.of(one, name) for name, one in value.items()}
        if key == "story":
            return [[name, kind, T0] for name, kind, _ in value]
        if isinstance(value, list):
            return [self.of(one, key) for one in value]
        return value if value is None else self.leaf(value, key)

    def leaf(self, value, key):
        if key in {"n", "root", "parent", "run"}:
            return self.number(value)
        if key == "where":
            return re.sub(r"(line|---->) \d+", r"\1 1", value)
        return FIXED.get(key, value)


STORIES = [success, failure, cancelled, waiting, not_ready, hostile, asked]


def test_what_the_kernel_tells_the_browser_is_as_agreed(monkeypatch):
    told = {"snapshots": [], "messages": []}
    for number, story in enumerate(STORIES, 1):
        monkeypatch.setattr(session, "counts", {})
        board, normal = Board(), Normal()
        board.board.number = number
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
