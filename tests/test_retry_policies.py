"""Retry policies: whether a failure is worth another try, and how long to wait for it."""

import asyncio
import functools
import math
import subprocess
import sys
import threading

import pytest
from small_runs import LIMIT

from hookcell import (
    Failed,
    FlowRun,
    HookSignatureError,
    State,
    UnknownOptionError,
    flow,
    hook,
    policies,
    runs,
    task,
    waiting,
)
from hookcell.policies import LONGEST, exponential_backoff, jittered
from hookcell.testing import record

BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def waits(monkeypatch):
    """The seconds that were waited between tries; none passes."""
    waits = []
    monkeypatch.setattr(waiting, "pace", lambda seconds: waits.append(seconds) or 0.0)
    return waits


def draw(monkeypatch, drawn):
    monkeypatch.setattr(policies, "uniform", lambda: drawn)


def fails():
    raise ValueError(f"try {runs.current.get().attempt}")


def tries(step):
    with record() as recording:
        step(return_state=True)
    return recording.runs[0].run_count


# -- whether to try again


class Condition:
    def __init__(self, answer):
        self.answer = answer

    def __call__(self, owner, run, state):
        return self.answer

    def method(self, owner, run, state):
        return self.answer


async def slowly(answer, owner, run, state):
    await asyncio.sleep(0)
    return answer


class Slowly(Condition):
    async def __call__(self, owner, run, state):
        return self.answer


CONDITIONS = {
    "function": lambda answer: lambda owner, run, state: answer,
    "fewer parameters": lambda answer: lambda: answer,
    "partial": lambda answer: functools.partial(lambda answer, owner, run, state: answer, answer),
    "object": Condition,
    "method": lambda answer: Condition(answer).method,
    "async function": lambda answer: functools.partial(slowly, answer),
    "async object": Slowly,
}


@BOTH
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_any_callable_says_whether_a_failure_is_tried_again(definition, condition):
    assert tries(definition(retries=2, retry_condition_fn=condition(True))(fails)) == 3
    assert tries(definition(retries=2, retry_condition_fn=condition(False))(fails)) == 1


@BOTH
@pytest.mark.parametrize(("answer", "count"), [(None, 1), ("yes", 2), (0, 1), ([], 1)])
def test_anything_true_is_a_yes(definition, answer, count):
    assert tries(definition(retries=1, retry_condition_fn=lambda: answer)(fails)) == count


@BOTH
def test_an_async_run_asks_too(definition):
    @definition(retries=3, retry_condition_fn=lambda owner, run, state: run.attempt < 3)
    async def step():
        fails()

    with record() as recording:
        asyncio.run(step(return_state=True))
    assert recording.of("step").run_count == 3


def test_a_submitted_task_asks_too(recording):
    step = task(name="step", retries=1, retry_condition_fn=lambda: False)(fails)
    with pytest.raises(ValueError, match=r"^try 1$"):
        flow(lambda: step.submit().result(LIMIT))()
    assert recording.states("step") == ["Pending", "Running", "Failed"]


@BOTH
def test_it_is_given_the_very_state_that_the_run_ends_in(definition):
    given = []
    step = definition(
        name="step", retries=2, retry_condition_fn=lambda *args: given.append((*args, runs.current.get()))
    )
    step = step(fails)
    state = step(return_state=True)
    ((owner, run, asked, current),) = given
    assert (owner, current, asked) == (step, run, state)
    assert asked is state
    word = "an exception:" if definition is flow else "an exception"
    kind = definition.__name__.capitalize()
    assert state.message == f"{kind} run encountered {word} ValueError: try 1"


@BOTH
def test_the_run_is_running_while_it_is_asked_and_no_hook_has_been_called(definition):
    seen = []

    def condition(owner, run, state):
        seen.append((run.state.name, run.attempt))
        return True

    noting = {kind: lambda kind=kind: seen.append(kind) for kind in ("on_retry", "on_failure")}
    definition(retries=1, retry_condition_fn=condition, **noting)(fails)(return_state=True)
    assert seen == [("Running", 1), "on_retry", "on_failure"]


@BOTH
def test_it_is_not_asked_when_no_try_is_left_or_nothing_failed(definition):
    asked = []
    step = definition(retries=2, retry_condition_fn=lambda: asked.append(1) or True)
    step(fails)(return_state=True)
    assert len(asked) == 2
    step(lambda: 1)()
    definition(retry_condition_fn=lambda: asked.append(1))(fails)(return_state=True)
    assert len(asked) == 2


def test_what_it_needs_may_be_asked_for_by_type():
    seen = []

    def condition(state: State, run: FlowRun, error: Exception):
        seen.append((state.name, type(run), str(error)))

    flow(retries=1, retry_condition_fn=condition)(fails)(return_state=True)
    assert seen == [("Failed", FlowRun, "try 1")]


@BOTH
def test_an_exception_it_asks_for_is_a_filter(definition):
    def unless_value(error: KeyError):
        raise AssertionError

    def if_value(error: ValueError):
        return True

    assert tries(definition(retries=1, retry_condition_fn=unless_value)(fails)) == 1
    assert tries(definition(retries=1, retry_condition_fn=if_value)(fails)) == 2


@BOTH
def test_a_failed_state_that_was_returned_and_a_timeout_are_asked_about_too(definition):
    seen = []
    asking = {"retries": 1, "retry_condition_fn": lambda owner, run, state: seen.append((state.name, state.message))}
    definition(**asking)(lambda: Failed(message="no price"))(return_state=True)
    definition(**asking, timeout_seconds=0.01)(lambda: threading.Event().wait(LIMIT))(return_state=True)
    kind = definition.__name__.capitalize()
    assert seen == [("Failed", "no price"), ("TimedOut", f"{kind} run exceeded timeout of 0.01 second(s)")]


# -- a condition that gives no answer


class Undecided:
    def __bool__(self):
        raise TypeError("neither true nor false")


def raises(error):
    raise error


NO_ANSWERS = {
    "an exception": (lambda: raises(KeyError("price")), "raised KeyError: 'price'"),
    "an exit": (lambda: raises(SystemExit(3)), "raised SystemExit: 3"),
    "an interrupt of its own": (lambda: raises(KeyboardInterrupt()), "raised KeyboardInterrupt: "),
    "no truth": (Undecided, "raised TypeError: neither true nor false"),
}


@BOTH
@pytest.mark.parametrize(("condition", "told"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_condition_that_gives_no_answer_means_no_and_is_noted(definition, condition, told, recording):
    with pytest.raises(ValueError, match=r"^try 1$"):
        definition(name="step", retries=2, retry_condition_fn=condition)(fails)()
    run = recording.of("step")
    assert recording.states("step") == ["Pending", "Running", "Failed"]
    assert run.notes == (f"retry_condition_fn of {definition.__name__} 'step' {told}, so the run was not tried again",)


def test_a_condition_that_takes_too_long_means_no_and_is_noted(recording):
    step = task(name="step", retries=1, retry_condition_fn=lambda: threading.Event().wait(LIMIT))(fails)
    assert step.retry_condition.timeout_seconds == 60
    step.retry_condition.timeout_seconds = 0.005
    step(return_state=True)
    assert recording.states("step") == ["Pending", "Running", "Failed"]
    assert recording.of("step").notes == (
        "retry_condition_fn of task 'step' took longer than 0.005 s and was abandoned, so the run was not tried again",
    )


def test_a_when_that_has_no_truth_is_noted_too(recording):
    etl = flow(name="etl", on_completion=hook(lambda: None, when=Undecided))(lambda: 1)
    assert etl() == 1
    assert recording.of("etl").notes == (
        "when= of on_completion hook '<lambda>' raised TypeError, so the hook did not fire; the run went on",
    )


def cancels(answer):
    def condition(owner, run, state):
        run.cancel()
        return answer

    return condition


def cancels_twice(owner, run, state):
    run.cancel()
    run.cancel()
    threading.Event().wait(LIMIT)


@BOTH
@pytest.mark.parametrize("delay", [0, 60])
@pytest.mark.parametrize("condition", [cancels(True), cancels(False), cancels_twice], ids=["yes", "no", "hangs"])
def test_a_run_that_is_cancelled_while_it_is_asked_is_cancelled(definition, condition, delay, recording):
    step = definition(name="step", retries=1, retry_delay_seconds=delay, retry_condition_fn=condition)(fails)
    assert step(return_state=True).name == "Cancelled"
    assert recording.states("step") == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert recording.of("step").notes == ()


WRONG = {
    "a value": (
        True,
        UnknownOptionError,
        (
            "retry_condition_fn of 'fails' is True, which is not callable; "
            "pass a function that gives True to have it tried again"
        ),
    ),
    "a hook": (
        hook(lambda: True, timeout_seconds=3),
        UnknownOptionError,
        "retry_condition_fn of 'fails' is a hook(...), but it takes no conditions; pass the function itself",
    ),
    "too many parameters": (
        Condition(True).method.__func__,
        HookSignatureError,
        (
            "retry_condition_fn hook 'method' has 'run' out of place: a hook without annotations is given "
            "({kind}, {kind}_run, state) in this order; write def method({kind}, {kind}_run, state), "
            "or annotate what it needs"
        ),
    ),
}


@BOTH
@pytest.mark.parametrize(("condition", "error", "told"), WRONG.values(), ids=WRONG)
def test_a_condition_that_could_not_be_asked_is_an_error_at_decoration(definition, condition, error, told):
    with pytest.raises(error) as caught:
        definition(retry_condition_fn=condition)(fails)
    assert str(caught.value) == told.replace("{kind}", definition.__name__)


@BOTH
def test_a_changed_copy_keeps_the_condition(definition):
    step = definition(retry_condition_fn=lambda: False, retry_jitter_factor=0.5)(fails).with_options(retries=2)
    assert tries(step) == 1
    assert step.retry_jitter_factor == 0.5


# -- delays that double


@BOTH
def test_delays_double_from_the_first(definition, waits):
    definition(retries=4, retry_delay_seconds=exponential_backoff(0.5))(fails)(return_state=True)
    assert waits == [0.5, 1, 2, 4]


def test_the_doubling_ends_after_fifty_delays_and_what_a_wait_can_be_told():
    assert len(exponential_backoff(1)(1000)) == 50
    assert exponential_backoff(0)(3) == [0, 0, 0]
    growing = task(retries=1000, retry_delay_seconds=exponential_backoff(1))(fails)
    assert max(growing.delays) == growing.delays[-1] == LONGEST


@pytest.mark.parametrize("factor", [-1, "1", None, True, math.inf, math.nan], ids=repr)
def test_a_backoff_that_is_no_number_of_seconds_is_an_error(factor):
    with pytest.raises(UnknownOptionError) as caught:
        exponential_backoff(factor)
    assert str(caught.value) == f"backoff_factor is {factor!r}; give seconds of 0 or more"


# -- delays drawn by chance


@BOTH
def test_with_a_jitter_factor_each_delay_is_drawn_and_told(definition, waits, recording, monkeypatch):
    draw(monkeypatch, 0.5)
    definition(name="step", retries=2, retry_delay_seconds=[10, 20], retry_jitter_factor=1)(fails)(return_state=True)
    assert waits == pytest.approx([9.21742, 18.43484])
    awaiting = recording.of("step").story[2]
    assert awaiting.message == "Try 1 of 3 ended with ValueError; next try in 9.21742 s"
    assert awaiting.data == waits[0]


@BOTH
@pytest.mark.parametrize("factor", [None, 0])
def test_without_a_jitter_factor_nothing_is_drawn(definition, factor, waits, monkeypatch):
    monkeypatch.delattr(policies, "uniform")
    definition(retries=1, retry_delay_seconds=10, retry_jitter_factor=factor)(fails)(return_state=True)
    assert waits == [10]


def test_where_there_is_no_delay_nothing_is_drawn(waits, monkeypatch):
    monkeypatch.delattr(policies, "uniform")
    task(retries=1, retry_jitter_factor=1)(fails)(return_state=True)
    assert waits == []


FACTORS = [0.01, 0.3, 1, 3, 50, 2000, 1e300]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("drawn", [0.0, 0.5, math.nextafter(1, 0)])
def test_a_drawn_delay_is_never_negative_nor_more_than_the_factor_allows(factor, drawn, monkeypatch):
    draw(monkeypatch, drawn)
    for delay in (0.001, 10.0, LONGEST):
        assert 0 <= jittered(delay, factor) <= min(delay * (1 + factor), LONGEST)


@pytest.mark.parametrize("factor", FACTORS)
def test_in_the_mean_a_drawn_delay_is_the_delay(factor, monkeypatch):
    drawn = iter([(n + 0.5) / 10_000 for n in range(10_000)])
    monkeypatch.setattr(policies, "uniform", lambda: next(drawn))
    assert sum(jittered(10.0, factor) for _ in range(10_000)) / 10_000 == pytest.approx(10, rel=0.014)


def test_delays_are_drawn_anew_each_time():
    assert len({jittered(10.0, 1) for _ in range(5)}) > 1


@BOTH
@pytest.mark.parametrize("factor", [-0.1, "1", True, math.inf, math.nan], ids=repr)
def test_a_jitter_factor_that_is_no_number_is_an_error(definition, factor):
    with pytest.raises(UnknownOptionError) as caught:
        definition(retry_jitter_factor=factor)(fails)
    assert str(caught.value) == (
        f"retry_jitter_factor of 'fails' is {factor!r}; give a number of 0 or more: with 0.5, a delay of 10 s "
        "becomes one of at most 15 s, drawn by chance"
    )


def test_chance_and_templates_are_not_imported_before_they_are_needed():
    code = """
import sys
from hookcell import flow
flow(run_name=lambda: "x", retries=1)(lambda: 1)()
print("random" in sys.modules, "string" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
