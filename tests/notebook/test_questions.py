"""Questions: who asks stands still until there is an answer or a stop, whatever thread it is in."""

import asyncio
import signal
import threading
from queue import SimpleQueue

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, Hooks, flow, hook, task
from hookcell.gate import gate
from hookcell.notebook import questions
from hookcell.notebook.settled import to_html, to_text
from hookcell.notebook.told import Question, Told
from hookcell.notebook.wire import Board
from hookcell.notify import NobodyToAsk, ask, notifier

EVIL = "<script>alert(1)</script>\u202e\x00 & \U0001f98a"


class Reader:
    """Stands for the view and for the person before it."""

    def __init__(self, *answers):
        self.told = Told()
        self.answers = list(answers)
        self.asked = SimpleQueue()
        self.rung = []

    def ask(self, question):
        self.told.ask(question)
        self.asked.put(question)
        if self.answers:
            threading.Timer(0, self.told.answer, [question.id, self.answers.pop(0)]).start()

    def nudge(self):
        pass

    def next(self):
        return self.asked.get(timeout=LIMIT)

    @property
    def answered(self):
        return [(one["text"], one["answer"]) for one in self.told.stamp()["questions"]]


@pytest.fixture
def reader(monkeypatch):
    def asked(*answers):
        reader = Reader(*answers)
        monkeypatch.setattr(
            notifier,
            "answer_to",
            lambda text, subject: questions.ask_in_cell(reader, text, subject, lambda *rung: reader.rung.append(rung)),
        )
        return reader

    return asked


# -- asking ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("approved", [True, False])
def test_a_cell_without_a_run_is_answered(reader, approved):
    reader = reader(approved)
    assert ask("Deploy?", subject="nightly") is approved
    assert reader.answered == [("Deploy?", "approve" if approved else "decline")]
    assert reader.rung == [("Deploy?", "nightly")]


def test_flows_and_tasks_in_any_thread_are_answered_and_named(reader):
    reader = reader(True, True, True)

    @task
    def deploy(where):
        return ask(f"Deploy to {where}?")

    @flow
    def release():
        first = ask("Release?")
        return [first, *(future.result() for future in deploy.map(["Berlin", "Paris"]))]

    assert release() == [True, True, True]
    told = reader.told.stamp()["questions"]
    assert {one["by"] for one in told} == {"release", "deploy[0]", "deploy[1]"}


def test_an_async_task_is_answered(reader):
    reader(True)

    @task
    async def deploy():
        return ask("Deploy?")

    @flow
    def release():
        return deploy.submit().result()

    assert release() is True


def test_a_thread_that_an_async_flow_waits_for_is_answered_and_others_go_on(reader):
    reader = reader()

    @flow
    async def release():
        waiting = asyncio.create_task(asyncio.to_thread(ask, "Deploy?"))
        question = await asyncio.to_thread(reader.next)
        reader.told.answer(question.id, True)
        return await waiting

    assert asyncio.run(release()) is True


def test_any_notifier_is_answered_on_the_form_once_its_question_was_sent(reader):
    reader = reader(True)

    class Own:
        def __init__(self):
            self.posts = []

        def post(self, message):
            self.posts.append(message)

    own = Own()
    assert ask("Deploy?", own, subject="nightly")
    assert own.posts == ["nightly\nDeploy?"]
    assert reader.answered == [("Deploy?", "approve")]


# -- stops -------------------------------------------------------------------------------------------------------------


def cancel(reader, which):
    """Cancels a run once it has asked."""
    threading.Thread(target=lambda: which(reader.next().run).cancel()).start()


def stopped(reader):
    assert [answer for _, answer in reader.answered] == ["withdrawn"]
    assert not reader.told.open


def test_cancelling_its_run_withdraws_a_question_of_the_main_thread(reader):
    reader = reader()

    @flow
    def release():
        ask("Deploy?")

    cancel(reader, lambda run: run)
    with pytest.raises(CancelledRun):
        release()
    stopped(reader)


def test_cancelling_its_flow_withdraws_a_question_of_a_worker_thread(reader):
    reader = reader()

    @task
    def deploy():
        ask("Deploy?")

    @flow
    def release():
        deploy.submit().wait()

    cancel(reader, lambda run: run.root)
    assert release(return_state=True).is_cancelled()
    stopped(reader)


def test_cancelling_an_async_flow_withdraws_a_question_of_a_thread_it_waits_for(reader):
    reader = reader()

    @flow
    async def release():
        await asyncio.to_thread(ask, "Deploy?")

    async def whole():
        state = asyncio.create_task(release(return_state=True))
        (await asyncio.to_thread(reader.next)).run.cancel()
        return await state

    assert asyncio.run(whole()).is_cancelled()
    stopped(reader)


def test_a_tasks_timeout_withdraws_its_question(reader, deadlines):
    reader = reader()

    @task(timeout_seconds=90)
    def deploy():
        ask("Deploy?")

    threading.Thread(target=lambda: (reader.next(), deadlines.ring())).start()
    assert deploy(return_state=True).name == "TimedOut"
    stopped(reader)


def test_an_interrupt_withdraws_the_question_of_a_cell_without_a_run(reader):
    reader = reader()

    def interrupt():
        reader.next()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        ask("Deploy?")
    stopped(reader)


def test_an_interrupt_that_comes_as_the_question_is_shown_withdraws_it_too(reader, monkeypatch):
    def of_the_kernel(_number, _frame):
        raise AssertionError("the loop that it wakes stands still")

    of_the_kernel.__module__ = "ipykernel.kernelbase"
    before = signal.signal(signal.SIGINT, of_the_kernel)
    reader = reader()
    monkeypatch.setattr(reader, "ask", lambda question: (reader.told.ask(question), signal.raise_signal(signal.SIGINT)))
    try:
        with pytest.raises(asyncio.CancelledError, match="the cell was interrupted"):
            ask("Deploy?")
        assert signal.getsignal(signal.SIGINT) is of_the_kernel
    finally:
        signal.signal(signal.SIGINT, before)
    assert reader.answered == [("Deploy?", "withdrawn")]


def test_a_hooks_timeout_withdraws_its_question_and_the_run_goes_on(reader, deadlines):
    reader = reader()

    @task(on_completion=hook(lambda task, run, state: ask("Publish?"), timeout_seconds=90))
    def report():
        return 3

    threading.Thread(target=lambda: (reader.next(), deadlines.ring())).start()
    state = report(return_state=True)
    assert state.is_completed()
    stopped(reader)


def test_a_hook_that_asks_lends_its_turn_meanwhile(reader):
    reader = reader()
    free, turns = threading.Event(), []

    def confirm(flow, run, state):
        assert ask("Publish?")
        turns.append(gate.owner is not None)

    def answer():
        question = reader.next()
        gate.on_free(free.set)
        turns.append(free.wait(LIMIT))
        reader.told.answer(question.id, True)

    @flow(on_completion=hook(confirm, timeout_seconds=None))
    def report():
        pass

    answering = threading.Thread(target=answer)
    answering.start()
    report()
    answering.join(LIMIT)
    assert turns == [True, True]


def test_a_view_that_is_closed_meanwhile_ends_the_wait_and_says_what_to_do(reader):
    reader = reader()
    threading.Thread(target=lambda: (reader.next(), reader.told.withdraw())).start()
    with pytest.raises(NobodyToAsk) as raised:
        ask("Deploy?")
    assert str(raised.value) == (
        "the question was withdrawn because the view of its cell was closed: %unload_ext hookcell and "
        "%config Hookcell.view = False do that; ask again, and the answer is given at a prompt"
    )


def test_a_failing_step_may_ask_in_its_hook_with_defaults_of_the_flow(reader):
    reader = reader(False)
    heard = []

    @task
    def load():
        raise ValueError("no rows")

    @flow(each_task=Hooks(on_failure=lambda task, run, state: heard.append(ask(f"Ignore {run.name}?"))))
    def nightly():
        return load(return_state=True).name

    assert nightly() == "Failed"
    assert heard == [False]


# -- the board ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "approve", "refused"),
    [
        (1, True, "This question was already approved."),
        (2, False, "This question was already declined."),
        (3, True, "This question was withdrawn before it was answered."),
        (5, True, "This question is not on this board any more."),
        (None, True, "This question is not on this board any more."),
        (4, "yes", "An answer is either approve or decline."),
        (4, True, ""),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_why(number, approve, refused):
    told = Told()
    asked = [Question(text) for text in "abcd"]
    for question in asked:
        told.ask(question)
    told.answer(1, True)
    told.answer(2, False)
    asked[2].withdraw()
    assert told.answer(number, approve) == refused


def test_a_board_with_an_open_question_has_not_ended():
    board = Board(1)
    assert board.ended
    question = Question("Deploy?")
    board.told.ask(question)
    assert (board.ended, board.dirty, board.snapshot()["live"]) == (False, True, True)
    board.delta()
    assert not board.dirty
    board.told.answer(1, True)
    assert (board.ended, board.dirty) == (True, True)


def test_all_open_questions_come_before_old_answers():
    told = Told()
    for number in range(200):
        told.ask(Question(f"{number}?"))
    for number in range(100):
        told.answer(number + 1, True)
    stamp = told.stamp()
    assert [one["id"] for one in stamp["questions"]] == [*range(81, 101), *range(101, 151)]
    assert stamp["more_questions"] == 130


def test_only_a_text_can_be_asked():
    with pytest.raises(TypeError) as raised:
        ask(3)
    assert str(raised.value) == "question of ask() is an int; give a text: str(...) makes one"


# -- what is kept ------------------------------------------------------------------------------------------------------


def board_with(*asked):
    board = Board(1)
    for text, subject, answer in asked:
        question = Question(text, subject)
        board.told.ask(question)
        if answer is not None:
            board.told.close(question, answer)
    return board.snapshot()


def test_the_text_tells_each_question_with_its_answer():
    told = board_with(
        ("Deploy to production?", None, "approve"),
        ("Drop the\n table?", "nightly", "decline"),
        ("Again?", None, "withdrawn"),
        ("And now?", None, None),
    )
    assert to_text(told).splitlines() == [
        "? Deploy to production? — approved",
        "? nightly: Drop the table? — declined",
        "? Again? — withdrawn",
        "? And now? — not answered",
    ]


def test_the_text_names_who_asks_where_there_are_several_in_the_order_of_their_runs(reader):
    reader = reader()

    @task
    def deploy(where):
        return ask("Deploy?")

    @flow
    def release():
        futures = deploy.map(["Berlin", "Paris"])
        for question in (reader.next(), reader.next()):
            reader.told.answer(question.id, question.by == "deploy[1]")
        return [future.result() for future in futures]

    assert release() == [False, True]
    board = Board(1)
    board.told = reader.told
    assert to_text(board.snapshot()) == "? Deploy? (deploy[0]) — declined\n? Deploy? (deploy[1]) — approved"


def test_the_picture_shows_the_answer_as_icon_and_word_and_escapes_what_was_asked():
    html = to_html(board_with((EVIL * 50, EVIL, "approve"), ("x", None, "decline"), ("y", None, "withdrawn")))
    for word in ("✓ Approved", "✕ Declined", "⊘ Withdrawn"):
        assert word in html
    assert "<script" not in html
    assert "\u202e" not in html
    assert "\x00" not in html


def test_a_picture_of_many_long_questions_stays_small():
    asked = [("<&>\n" + '"' * 1900, EVIL, "approve")] * 30
    html = to_html(board_with(*asked))
    assert len(html.encode()) < 60_000
    assert "more question" in html
    assert "and 24 more questions" in to_text(board_with(*asked))
