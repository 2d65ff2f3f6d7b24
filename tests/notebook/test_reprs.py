"""What flows, tasks, runs, states and futures look like as the value of a cell, and as text."""

import re

import pytest
from boards import HOSTILE
from IPython.core.interactiveshell import InteractiveShell
from pages import read

from hookcell import Completed, Failed, Paused, flow, task
from hookcell.brief import brief
from hookcell.futures import FutureList
from hookcell.notebook import reprs
from hookcell.notebook.settled import to_text
from hookcell.notebook.snapshots import short_of, snapshot_of


def words(page):
    """What is read of a page, in one line."""
    apart = re.sub(r"<(div|pre|td|th|tr|table|details)\b", r" <\1", page)
    return " ".join("".join(read(apart).text).split())


@pytest.fixture
def shell():
    made = InteractiveShell()
    end = reprs.install(made)
    yield made
    end()
    made.history_manager.end_session()


@pytest.fixture
def html(shell):
    """The HTML that a shell gives for a value, or None."""

    def html_of(value):
        data, _ = shell.display_formatter.format(value)
        return data.get("text/html")

    return html_of


def text_of(shell, value):
    return shell.display_formatter.format(value)[0]["text/plain"]


@task(retries=1)
def score(price, api_key="k-1234567890"):
    """Score a price."""
    if price < 0:
        raise ValueError(f"price must be positive, got {price}")
    return price * 2


@flow(run_name="crimson-fox", on_completion=lambda flow: None)
def nightly(prices, *, password="hunter2hunter2"):  # noqa: S107 -- it is masked
    """Score all prices.

    Every night.
    """
    return [score(price, return_state=True) for price in prices] and 1


def runs_of(recording, name):
    return [run for run in recording.runs if run.definition.name == name]


# -- runs -------------------------------------------------------------------------------------------------------------


def test_an_outermost_flow_run_is_its_settled_picture(html, recording):
    nightly([1, -2, 3])
    page = html(recording.of("nightly"))
    said = words(page)
    assert read(page).lost == []
    assert said.startswith("✓ Completed nightly crimson-fox ")
    assert "score[1] failed after 2 tries: ValueError: price must be positive, got -2" in said
    assert "✕ score[1] try 2 of 2" in said
    assert "3 task runs" in said


def test_a_mapped_flow_run_has_its_density(html, recording):
    flow(lambda: score.map(range(50)).wait(), name="maps", run_name="one")()
    page = html(recording.of("maps"))
    assert "✓ score × 50 50 ✓ 50 runs from " in words(page)
    assert read(page).lost == []


def test_a_task_run_is_a_line_with_what_it_was_given_and_secrets_masked(html, recording):
    nightly([1])
    page = html(recording.of("score"))
    assert re.fullmatch(r"✓ Completed score price=1, api_key=•+ [\d.]+ ms", words(page))
    assert "k-123" not in page
    assert read(page).lost == []


def test_a_failed_task_run_says_why_with_the_users_line(html, recording):
    nightly([-2])
    said = words(html(recording.of("score")))
    assert "✕ Failed score price=-2, api_key=•••••• try 2 of 2" in said
    assert "ValueError: price must be positive, got -2" in said
    assert "raise ValueError" in said


def test_an_inner_flow_run_is_a_line_with_the_counts_of_what_is_below_it(html, recording):
    inner = flow(lambda: [score(1), score(2)], name="inner", run_name="warm-owl")
    flow(inner, name="outer")()
    said = words(html(recording.of("inner")))
    assert said.startswith("✓ Completed inner warm-owl ")
    assert said.endswith("✓ 2 Completed")


def test_the_picture_of_a_run_reads_as_its_text_does(recording):
    nightly([1, -2, 3])
    run = recording.of("nightly")
    assert to_text(short_of(run)) == to_text(snapshot_of(run))


def test_an_outermost_run_that_goes_on_is_left_to_the_live_view(shell, html, go_on):
    waiting = flow(lambda: go_on.wait(60), name="waiting", run_name="calm-owl")
    run = waiting.start()
    assert html(run) is None
    assert text_of(shell, run).startswith("<FlowRun 'calm-owl' ")
    go_on.set()
    run.wait()
    assert "waiting calm-owl" in words(html(run))


# -- states and futures -----------------------------------------------------------------------------------------------


def test_a_state_shows_what_it_holds(html):
    assert words(html(Completed(data={"rows": 3}))) == "✓ Completed {'rows': 3}"
    assert words(html(Completed(message="done", name="Cached"))) == "◆ Cached done"
    assert words(html(Paused(message="waits for you"))) == "❚❚ Paused waits for you"
    assert words(html(Failed(data=ValueError("no price")))) == "✕ Failed ValueError: no price"


def test_the_state_of_a_failed_call_shows_the_users_line(html):
    said = words(html(score(-3, return_state=True)))
    assert said.startswith("✕ Failed ValueError: price must be positive, got -3")
    assert "raise ValueError" in said


def test_a_future_is_drawn_as_its_run(html):
    future = score.submit(4)
    future.wait()
    assert words(html(future)).startswith(f"✓ Completed score {future.run.name} price=4, api_key=")


def test_the_futures_of_a_map_are_counted(html):
    futures = score.map([1, 2, -3])
    futures.wait()
    assert words(html(futures)) == "3 futures of score ✓ 2 Completed ✕ 1 Failed"
    assert words(html(FutureList())) == "0 futures"


# -- flows and tasks --------------------------------------------------------------------------------------------------


def test_a_definition_shows_how_it_is_called_and_what_it_does(html):
    assert words(html(score)) == "task score(price, api_key=••••••) Score a price. 1 retry"
    assert words(html(nightly)) == ("flow nightly(prices, password=••••••) Score all prices. on_completion: <lambda>")


def test_a_definition_shows_its_options_and_hooks(html):
    def told(task, run, state):
        pass

    limited = score.with_options(retries=3, timeout_seconds=90, tags=["b", "a"], version="2", on_failure=[told, print])
    assert "3 retries timeout 1:30 version 2 tags a, b" in words(html(limited))
    assert "on_failure: told, print" in words(html(limited))


# -- the text ---------------------------------------------------------------------------------------------------------


def test_the_texts_hold_no_time_id_or_address(shell, recording):
    nightly([1])
    assert text_of(shell, nightly) == "<Flow 'nightly'>"
    assert text_of(shell, score) == "<Task 'score'>"
    assert text_of(shell, recording.of("nightly")) == "<FlowRun 'crimson-fox' Completed>"
    assert text_of(shell, recording.of("score")) == "<TaskRun 'score' Completed>"
    state = Completed(data=object())
    assert text_of(shell, state) == "Completed(message=None, type=COMPLETED, result=<object object at 0x…>)"
    future = score.submit(1)
    future.wait()
    assert text_of(shell, future) == f"<Future of <TaskRun {future.run.name!r} Completed>>"


class Loud:
    """Raises in its own repr."""

    def __repr__(self):
        raise KeyError("no repr today")


class Huge:
    def __repr__(self):
        return "x" * 10_000_000


class Odd:
    """Its repr is no text."""

    def __repr__(self):
        return 3


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Loud(), "<Loud whose repr raised KeyError>"),
        (Odd(), "<Odd whose repr raised TypeError>"),
        ([1, Loud()], "<list whose repr raised KeyError>"),
        (10**5000, "<int of 16,610 bits>"),
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
        (frozenset("b"), "frozenset({'b'})"),
        (set(), "set()"),
        ({}, "{}"),
        (dict.fromkeys(range(20)), f"{{{', '.join(f'{n}: None' for n in range(12))}, ...}}"),
        ([[[[[[1]]]]]], "[[[[[...]]]]]"),
        (object(), "<object object at 0x…>"),
    ],
    ids=range(12),
)
def test_a_repr_is_brief_and_never_an_error(value, said):
    assert brief(value) == said


@pytest.mark.parametrize(
    "value", [Huge(), "n" * 10_000_000, [Huge()] * 9, list(range(10_000_000)), {Huge(): Huge()}], ids=range(5)
)
def test_a_huge_repr_is_cut(value):
    assert len(brief(value)) < 1_000
    assert len(repr(Completed(data=value))) < 1_000


def test_what_holds_itself_has_a_repr():
    several = [1]
    several.append(several)
    assert brief(several).startswith("[1, [1, [1, ")


@pytest.mark.parametrize(
    "value", [Loud(), Huge(), Odd(), "\ud83d", 10**5000], ids=["loud", "huge", "odd", "half", "int"]
)
def test_a_state_whose_result_cannot_be_shown_is_shown(html, shell, value):
    state = Completed(data=value)
    page = html(state)
    page.encode()
    assert words(page).startswith("✓ Completed")
    assert len(page) < 5_000
    assert text_of(shell, state).startswith("Completed(message=None, type=COMPLETED, result=")


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_text_everywhere(html, bad, recording):
    @task(name=bad, description=bad, tags=[bad], version=bad)
    def t(x):
        raise ValueError(bad)

    @flow(name=bad, description=bad)
    def f(x):
        return t(x, return_state=True) and 1

    f(bad)
    run, inner = recording.runs[0], recording.runs[1]
    state, future = inner.state, t.submit(bad)
    future.wait()
    for value in (t, f, run, inner, state, future, Completed(data=bad, name=bad, message=bad), Failed(message=bad)):
        page = html(value)
        page.encode()
        assert read(page).lost == [], value
        assert len(page) < 40_000
        assert len(repr(value)) < 2_000


# -- the ring ---------------------------------------------------------------------------------------------------------


def test_what_cannot_be_drawn_is_told_as_text(html, shell, monkeypatch, recording):
    nightly([1])
    run = recording.of("nightly")
    monkeypatch.setattr(reprs, "snapshot_of", lambda run: 1 / 0)
    assert html(run) is None
    assert text_of(shell, run) == "<FlowRun 'crimson-fox' Completed>"


def test_without_the_ring_nothing_has_html():
    shell = InteractiveShell()
    end = reprs.install(shell)
    end()
    data, _ = shell.display_formatter.format(nightly)
    assert set(data) == {"text/plain"}
    shell.history_manager.end_session()


def test_prefects_classes_are_drawn_as_ours(html):
    from hookcell.prefect import flow as prefects_flow
    from hookcell.prefect.states import Completed as PrefectsCompleted

    assert words(html(prefects_flow(lambda: 1, name="f"))) == "flow f()"
    assert words(html(PrefectsCompleted(data=3))) == "✓ Completed 3"
