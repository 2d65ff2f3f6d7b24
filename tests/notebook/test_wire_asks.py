"""What the browser may ask of a board: every message is answered, and nothing in an answer is secret or breaks it."""

import contextvars
import json
import logging
import threading
import time

import pytest

from hookcell import flow, get_run_logger, task
from hookcell.gate import holding
from hookcell.log import remembered_logs
from hookcell.notebook.wire import Board, values
from hookcell.notebook.wire.asks import MOST_AT_ONCE, MOST_ON_PAGE, Asks
from hookcell.notebook.wire.logs import line_told
from hookcell.session import Listener, session
from hookcell.testing import instant_retries

WORD = "hunter2-hunter2"


class Desk(Listener):
    """A board of all runs, and somebody who asks."""

    def __init__(self):
        self.board, self.nudged = Board(1), threading.Event()
        self.board.can = ("cancel", "again", "retry")
        self.context = contextvars.copy_context()
        self.asks = Asks(self.board, self.context, self.nudged.set)

    def created(self, run):
        self.board.see(run)

    def moved(self, run, _state):
        self.board.see(run)

    def hook_ended(self, run, _hook_run):
        self.board.see(run)

    def logged(self, run, line):
        if (kept := line_told(line)) is not None:
            self.board.hear(run, kept)

    def all_answers(self, *messages, now=None):
        for message in messages:
            self.asks.put(message)
        answers = []
        while len(answers) < len(messages):
            # What is looked at may take its time without a word: then who draws looks again soon.
            assert self.nudged.wait(0.01 if self.asks.waiting else 60) or self.asks.waiting
            self.nudged.clear()
            answers += self.asks.answers(time.monotonic() if now is None else now)
        return answers

    def ask(self, message=None, *, now=None, **more):
        [answer] = self.all_answers({**(message or {}), **more}, now=now)
        return answer

    def number(self, name):
        return next(row["n"] for row in self.rows() if row["name"] == name)

    def rows(self):
        snapshot = self.board.snapshot()
        return [*snapshot["runs"], *snapshot["tasks"]]


@pytest.fixture
def desk():
    desk = Desk()
    ignore = session.listen(desk)
    quiet = logging.NullHandler()
    logging.getLogger("hookcell").addHandler(quiet)
    yield desk
    logging.getLogger("hookcell").removeHandler(quiet)
    ignore()


@task
def part(n):
    if n % 10 == 7:
        raise ValueError(n)
    return n


def mapped(count=250):
    flow(lambda: part.map(range(count)).wait(), name="mapped", runner="inline")(return_state=True)


# -- anything


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({}, "The kernel does not know what None asks for."),
        ({"type": "dance", "id": 3}, "The kernel does not know what 'dance' asks for."),
        ({"type": ["cancel"]}, "The kernel does not know what \"['cancel']\" asks for."),
        ({"type": "x" * 10_000}, f"The kernel does not know what '{'x' * 39}…' asks for."),
        ({"type": "cancel"}, "The kernel does not know this run any more."),
        ({"type": "cancel", "run": "1; drop"}, "The kernel does not know this run any more."),
        ({"type": "again", "run": 10**9}, "The kernel does not know this run any more."),
        ({"type": "detail", "run": None}, "The kernel does not know this run any more."),
        ({"type": "log", "run": [1]}, "The kernel does not know this run any more."),
        ({"type": "page"}, "The kernel does not know these runs any more."),
        ({"type": "page", "group": -1}, "The kernel does not know these runs any more."),
        ("cancel", "The kernel does not know what None asks for."),
        (None, "The kernel does not know what None asks for."),
        ([1, 2], "The kernel does not know what None asks for."),
    ],
    ids=range(14),
)
def test_what_cannot_be_understood_is_answered_with_the_reason(desk, message, told):
    [answer] = desk.all_answers(message)
    number = message.get("id") if isinstance(message, dict) else None
    assert answer == {"type": "reply", "ok": False, "text": told, "id": number}


@pytest.mark.parametrize("number", ["7", 1.5, True, None, [7], {"a": 1}], ids=str)
def test_an_answer_to_an_id_that_is_no_number_has_none(desk, number):
    assert desk.ask(type="resync", id=number)["id"] is None


def test_a_fault_in_answering_is_told_and_the_next_question_is_answered(desk, monkeypatch):
    mapped(5)
    monkeypatch.setattr(Board, "snapshot", lambda board: 1 / 0)
    answer = desk.ask(type="resync", id=1)
    assert answer["text"] == "The kernel could not answer: ZeroDivisionError: division by zero"
    monkeypatch.undo()
    assert desk.ask(type="resync", id=2)["snapshot"]["runs"]


def test_touched_needs_no_answer(desk):
    desk.asks.put({"type": "touched"})
    assert desk.asks.answers(0.0) == []


def test_a_flood_of_questions_is_answered_in_turns(desk):
    for number in range(100):
        desk.asks.put({"type": "resync", "id": number})
    assert len(desk.asks.answers(0.0)) == MOST_AT_ONCE
    assert desk.asks.waiting
    told = [one["id"] for _ in range(10) for one in desk.asks.answers(0.0)]
    assert told == list(range(MOST_AT_ONCE, 100))
    assert not desk.asks.waiting


def test_putting_a_question_does_nothing_but_wake_who_draws(desk):
    ran = []
    asks = Asks(desk.board, desk.context, lambda: ran.append("nudged"))
    asks.put({"type": "cancel", "id": 1, "run": 1})
    assert ran == ["nudged"]


# -- pages


def test_a_page_gives_the_rows_of_a_part_of_a_group(desk):
    mapped()
    page = desk.ask(type="page", id=1, group=1, part="all", count=3, **{"from": 100})
    assert {key: page[key] for key in ("type", "id", "group", "part", "from", "total")} == {
        "type": "page",
        "id": 1,
        "group": 1,
        "part": "all",
        "from": 100,
        "total": 250,
    }
    assert [row["name"] for row in page["rows"]] == ["part[100]", "part[101]", "part[102]"]
    assert set(page["rows"][0]) == set(desk.rows()[1])


def test_the_troubled_runs_of_a_group_are_a_part_of_it(desk):
    mapped()
    page = desk.ask(type="page", group=1, part="trouble", count=2, **{"from": 1})
    assert ([row["name"] for row in page["rows"]], page["total"]) == (["part[17]", "part[27]"], 25)


def test_runs_in_a_state_are_a_part_of_their_group(desk):
    mapped(20)
    page = desk.ask(type="page", group=1, part="state:Failed", count=100, **{"from": 0})
    assert ([row["name"] for row in page["rows"]], page["total"]) == (["part[7]", "part[17]"], 2)
    assert desk.ask(type="page", group=1, part="state:Resting", count=100, **{"from": 0})["rows"] == []
    answer = desk.ask(type="page", group=1, part="best", id=3)
    assert answer["text"] == "The kernel does not know the part 'best' of these runs."


@pytest.mark.parametrize(
    ("first", "count", "rows"),
    [(0, 10_000, MOST_ON_PAGE), (249, 10, 1), (250, 10, 0), (10**12, 10, 0), (-5, 2, 2), ("a", 3, 3), (0, -1, 200)],
    ids=str,
)
def test_a_page_is_of_bounded_size_wherever_it_begins(desk, first, count, rows):
    mapped()
    assert len(desk.ask(type="page", group=1, part="all", count=count, **{"from": first})["rows"]) == rows


def test_a_page_of_runs_that_the_session_has_let_go_is_empty(desk, monkeypatch):
    monkeypatch.setattr(session, "most_children", 20)
    mapped(50)
    gone = desk.ask(type="page", group=1, part="all", count=10, **{"from": 0})
    kept = desk.ask(type="page", group=1, part="all", count=10, **{"from": 40})
    assert (gone["rows"], gone["total"]) == ([], 50)
    assert [row["name"] for row in kept["rows"]] == [f"part[{n}]" for n in range(40, 50)]


def test_a_run_beyond_the_first_rows_can_be_asked_for(desk):
    mapped(1_000)
    page = desk.ask(type="page", group=1, part="all", count=1, **{"from": 999})
    detail = desk.ask(type="detail", run=page["rows"][0]["n"])
    assert detail["detail"]["parameters"] == [["n", "999", False]]


# -- detail


def test_a_run_is_told_in_full(desk):
    def say(task, run, state):
        for _ in range(1_000):
            holding.get().heard("told some more\n" * 100)

    @task(tags=["io"], on_completion=say)
    def load(day, limit=3):
        get_run_logger().info("loading %s", day)
        return {"rows": [1, 2]}

    flow(lambda: load("monday"), name="whole")()
    told = desk.ask(type="detail", id=5, run=desk.number("load"))
    assert (told["type"], told["id"], told["run"]) == ("detail", 5, desk.number("load"))
    detail = told["detail"]
    assert detail["tags"] == ["io"]
    assert detail["parameters"] == [["day", "'monday'", False], ["limit", "3", False]]
    assert detail["result"] == {"type": "dict", "text": "{'rows': [1, 2]}"}
    assert [name for name, *_ in detail["story"]] == ["Pending", "Running", "Completed"]
    assert len(detail["hooks"][0]["printed"]) == 4_000
    assert [line[1:] for line in detail["log"]] == [["INFO", "loading monday"]]
    assert (detail["logged"], detail["error"], detail["notes"]) == (1, None, [])
    assert detail["code"] == "load(day='monday')"


def test_the_error_of_a_run_is_told_with_its_causes_and_without_our_frames(desk):
    def inner():
        raise KeyError("key")

    @task
    def fails():
        try:
            inner()
        except KeyError as error:
            raise ValueError("no such thing") from error

    flow(lambda: fails(), name="whole")(return_state=True)  # noqa: PLW0108 -- a task is no lambda's body
    error = desk.ask(type="detail", run=desk.number("fails"))["detail"]["error"]
    assert error["title"] == "ValueError: no such thing"
    lines = error["traceback"].splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", "ValueError: no such thing")
    assert "KeyError: 'key'" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert not any("/hookcell/" in line and "/tests/" not in line for line in lines)


def test_an_error_whose_text_cannot_be_had_is_told_all_the_same(desk):
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def fails():
        raise Silent

    flow(fails)(return_state=True)
    error = desk.ask(type="detail", run=desk.board.runs[0].number)["detail"]["error"]
    assert error["title"] == "Silent: (its text cannot be had)"
    assert error["traceback"].splitlines()[-1].endswith("Silent: <exception str() failed>")


class Blocked:
    """Its repr does not come back before it is told to."""

    go_on = threading.Event()

    def __repr__(self):
        assert self.go_on.wait(60)
        return "late"


class Endless:
    def __repr__(self):
        while True:
            pass


@pytest.fixture
def _no_patience(monkeypatch):
    monkeypatch.setattr(values, "LONGEST", 0.0)
    monkeypatch.setattr(values, "_slow", set())
    yield
    Blocked.go_on.set()
    for thread in values._left_behind:
        thread.join(60)
    Blocked.go_on.clear()


@pytest.mark.usefixtures("_no_patience")
def test_a_repr_that_does_not_come_back_is_left_behind(desk):
    flow(lambda first, second, third: 3, name="whole")(1, Blocked(), 3)
    number = desk.board.runs[0].number
    detail = desk.ask(type="detail", run=number)["detail"]
    late = "(not shown: it takes too long)"
    assert detail["parameters"] == [["first", "1", False], ["second", late, False], ["third", late, False]]
    again = desk.ask(type="detail", run=number)["detail"]["parameters"]
    assert again[1][1].startswith("(Blocked, whose repr takes longer")
    Blocked.go_on.set()


@pytest.mark.usefixtures("_no_patience")
def test_a_repr_that_loops_for_ever_is_stopped(desk):
    flow(lambda x: 3, name="whole")(Endless())
    detail = desk.ask(type="detail", run=desk.board.runs[0].number)["detail"]
    assert detail["parameters"] == [["x", "(not shown: it takes too long)", False]]
    [thread] = values._left_behind
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.usefixtures("_no_patience")
def test_what_a_repr_says_when_it_is_stopped_is_not_told(desk):
    flow(lambda x: 3, name="whole")(Endless())
    looked_at = values.Values(desk.board.runs[0], contextvars.copy_context(), lambda: None)
    while looked_at._present is None:
        looked_at.wait(0.001)
    assert looked_at.ready(time.monotonic())
    looked_at._thread.join(60)
    assert looked_at.parameters == [["x", "(not shown: it takes too long)", False]]


@pytest.mark.usefixtures("_no_patience")
def test_a_few_reprs_that_hang_do_not_become_many_threads(desk):
    kinds = [type(f"Kind{n}", (Blocked,), {}) for n in range(values.MOST_LEFT_BEHIND + 2)]
    for kind in kinds:
        flow(lambda x: 3, name="whole")(kind())
    told = [desk.ask(type="detail", run=run.number)["detail"]["parameters"] for run in desk.board.runs]
    assert told[-1] == [["…", "(not shown: it takes too long)", False]]
    assert len(values._left_behind) == values.MOST_LEFT_BEHIND


# -- secrets


def test_what_is_secret_stands_in_no_message(desk):
    @task(retries=1, on_failure=lambda task, run, state: holding.get().heard(f"refused: {WORD}"))
    def log_in(user, password, options):
        get_run_logger().warning("trying %s", password)
        raise ValueError(f"no such password: {password}, nor {options['api_key']}")

    @flow
    def whole(password):
        state = log_in("ann", "hunter2-hunter2", {"api_key": "key-1234567"}, return_state=True)
        get_run_logger().info("it was %s", password)
        return f"{password}: {state.name}"

    with instant_retries():
        whole(WORD)
    told = [desk.board.snapshot(), desk.board.delta()]
    for run in desk.rows():
        told += [desk.ask(type="detail", run=run["n"]), desk.ask(type="log", run=run["n"], count=100)]
    told += [desk.ask(type="page", group=1, part=part, count=9) for part in ("all", "trouble")]
    text = json.dumps(told, ensure_ascii=False)
    assert "log_in" in text
    assert "no such password: ••••••" in text
    assert WORD not in text
    assert "key-1234567" not in text
    masked = desk.ask(type="detail", run=desk.number("log_in"))["detail"]["parameters"]
    assert masked == [["user", "'ann'", False], ["password", "••••••", True], ["options", "{'api_key': ••••••}", False]]


# -- hostile texts

EVIL = "<script>alert(1)</script>\u202e\x00\ud800 & \U0001f98a" * 200


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for one in pair for text in texts_in(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in texts_in(one))


def test_any_text_of_a_user_can_be_sent_and_is_cut_to_size(desk):
    class Evil(Exception):
        def __repr__(self):
            return EVIL

    def hook(task, run, state):
        holding.get().heard(EVIL)
        run.note(EVIL)
        raise Evil(EVIL)

    hook.__name__ = EVIL

    @task(name=EVIL, tags=[EVIL], on_failure=hook)
    def evil(n, **more):
        get_run_logger().warning(EVIL)
        raise Evil(EVIL)

    flow(name=EVIL)(lambda: evil(Evil(), **{EVIL: EVIL}))(return_state=True)
    told = [desk.board.snapshot(), desk.ask(type="page", group=1, part="all", count=9)]
    for row in desk.rows():
        told += [desk.ask(type="detail", run=row["n"]), desk.ask(type="log", run=row["n"], count=9)]
    told += [desk.ask(type=EVIL), desk.ask(type="page", group=1, part=EVIL)]
    assert json.dumps(told, ensure_ascii=False, allow_nan=False).encode("utf-8")
    sizes = sorted(map(len, texts_in(told)))
    assert sum(size > 4_000 for size in sizes) == 2  # the tracebacks of the two
    assert sizes[-1] <= 20_000


# -- logs


def logs(desk, count):
    @task
    def says(n):
        for line in range(n):
            get_run_logger().info("line %s", line)

    @flow
    def whole():
        says(count)
        get_run_logger().error("done")

    whole()
    return desk.board.runs[0].number, desk.number("says")


def test_the_log_of_a_root_is_read_backwards_in_pages(desk):
    root, says = logs(desk, 10)
    newest = desk.ask(type="log", id=1, run=root, before=None, count=3)
    assert (newest["run"], newest["from"], newest["total"]) == (root, 8, 11)
    assert [line[1:] for line in newest["lines"]] == [
        ["INFO", "says", "line 8"],
        ["INFO", "says", "line 9"],
        ["ERROR", desk.board.runs[0].name, "done"],
    ]
    older = desk.ask(type="log", run=root, before=8, count=100)
    assert (older["from"], len(older["lines"])) == (0, 8)
    own = desk.ask(type="log", run=says, before=2, count=100)
    assert ([line[3] for line in own["lines"]], own["total"]) == (["line 0", "line 1"], 10)
    assert [row["logged"] for row in desk.rows()] == [11, 10]


@pytest.mark.parametrize("before", [0, -3, 10**9, "a"], ids=str)
def test_a_page_of_a_log_begins_and_ends_within_it(desk, before):
    root, _ = logs(desk, 3)
    page = desk.ask(type="log", run=root, before=before, count=100)
    assert 0 <= page["from"] <= page["total"]
    assert len(page["lines"]) == (4 if before == 10**9 else 0)


def test_lines_that_were_let_go_are_counted(desk):
    desk.board.log._lines = type(desk.board.log._lines)(maxlen=5)
    root, _ = logs(desk, 10)
    page = desk.ask(type="log", run=root, before=None, count=100)
    assert (page["from"], page["total"], len(page["lines"])) == (6, 11, 5)


def test_a_line_is_found_among_those_of_other_threads():
    before = len(remembered_logs)
    text = "a line of its own"
    assert line_told(text) is None
    remembered_logs.extend([remembered_logs[0]] * 3 if before else [])


def test_notes_are_told_with_their_run_and_are_no_lines(desk):
    def notes(flow, run, state):
        run.note("mind the gap")

    flow(lambda: 1, name="whole", on_completion=notes)()
    [row] = desk.rows()
    assert (row["notes"], row["logged"]) == (["mind the gap"], 0)


# -- buttons


@pytest.mark.usefixtures("little_grace")
def test_cancel_stops_a_run_and_says_so_if_it_was_over(desk, go_on):
    begun = threading.Event()

    @flow
    def endless():
        begun.set()
        go_on.wait(60)

    run = endless.start()
    assert begun.wait(60)
    assert desk.ask(type="cancel", id=1, run=run.number) == {"type": "reply", "ok": True, "text": "", "id": 1}
    assert run.wait(60).name == "Cancelled"
    refused = desk.ask(type="cancel", id=2, run=run.number)
    assert refused == {"type": "reply", "ok": False, "text": "This run has already ended.", "id": 2}


@pytest.mark.parametrize("kind", ["again", "retry"])
def test_a_run_can_be_run_again_on_the_same_board(desk, kind):
    flow(lambda n: n + 1, name="plus")(1)
    [run] = desk.board.runs
    answer = desk.ask(type=kind, id=1, run=run.number)
    [_, new] = desk.board.runs
    assert answer == {"type": "reply", "ok": True, "text": f"Started {new.name}.", "id": 1}
    assert (new.result(60), new.background) == (2, True)
    assert desk.rows()[1]["background"] is True


def test_a_run_that_cannot_be_run_again_is_refused_with_the_reason(desk):
    cell = flow(lambda: 1, name="cell")
    cell()
    cell.only_here = "run its cell again"
    answer = desk.ask(type="again", run=desk.board.runs[0].number)
    assert answer["ok"] is False
    assert answer["text"].endswith("cannot be run again from here: run its cell again")
    desk.board.can = ("cancel",)
    assert desk.ask(type="retry", run=desk.board.runs[0].number)["text"].endswith("cannot be run again from here.")
