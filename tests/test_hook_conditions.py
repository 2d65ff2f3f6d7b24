"""Conditions: hook(fn, when=, once=, throttle=, retries=, concurrent=) around any hook."""

import functools
import threading
from types import SimpleNamespace

import pytest

from hookcell import FlowRun, HookSignatureError, State, TaskRun, UnknownOptionError, flow, hook, hooks, task
from hookcell.testing import instant_retries, record

calls = []


@pytest.fixture(autouse=True)
def _nothing_yet():
    calls.clear()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(hooks, "time", SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now))
    return clock


def note(owner, run, state):
    calls.append(state.name)


def outcomes(definition, **parameters):
    with record() as recording:
        definition(**parameters, return_state=True)
    return [call.outcome for call in recording.of(definition.name).hooks]


def raises(error):
    raise error


# -- when


@pytest.mark.parametrize(("said", "fired"), [(True, ["Completed"]), (False, []), (None, []), ("yes", ["Completed"])])
def test_a_hook_fires_only_when_its_condition_says_so(said, fired):
    flow(on_completion=hook(note, when=lambda: said))(lambda: 1)()
    assert calls == fired


def test_when_is_given_what_a_hook_is_given():
    def by_type(state: State, run: FlowRun):
        calls.append((run.state is state, run.parameters))
        return False

    def by_position(flow, flow_run, state, wanted=7):
        calls.append((flow.name, flow_run.parameters, state.name, wanted))
        return False

    both = [hook(note, when=by_type), hook(note, when=by_position)]
    flow(name="etl", on_completion=both)(lambda x: x)(3)
    assert calls == [(True, {"x": 3}), ("etl", {"x": 3}, "Completed", 7)]


def test_when_may_be_async_a_partial_or_an_object():
    async def slowly(flow, run, state):
        return False

    class Never:
        def __call__(self, flow, run, state):
            return False

    never = functools.partial(lambda answer, *_: answer, False)
    flow(on_completion=[hook(note, when=when) for when in (slowly, Never(), never)])(lambda: 1)()
    assert calls == []


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_condition_that_raises_keeps_the_hook_from_firing_and_is_noted(error):
    etl = flow(name="etl", on_completion=[hook(note, when=lambda: raises(error)), note])(lambda: 1)
    with record() as recording:
        assert etl() == 1
    assert calls == ["Completed"]
    name = type(error).__name__
    assert recording.of("etl").notes == (
        f"when= of on_completion hook 'note' raised {name}, so the hook did not fire; the run went on",
    )


def test_what_does_not_fire_is_not_recorded():
    assert outcomes(flow(on_completion=hook(note, when=lambda: False))(lambda: 1)) == []


def test_a_condition_that_is_not_callable_is_an_error():
    with pytest.raises(HookSignatureError) as caught:
        hook(note, when=True)
    assert str(caught.value) == "when= of hook 'note' is True, which is not callable; pass a function"


def test_a_condition_that_cannot_be_called_is_an_error_when_the_hook_is_attached():
    def urgent(flow, flow_run, state, level):
        """Ask for too much."""

    with pytest.raises(HookSignatureError) as caught:
        flow(on_failure=hook(note, when=urgent))(lambda: 1)
    assert str(caught.value) == (
        "when of the on_failure hook 'urgent' needs 'level', but a hook is called with (flow, flow_run, state); "
        "give 'level' a default, or bind it: functools.partial(urgent, level=...)"
    )


# -- once


def test_once_fires_at_most_once_a_run():
    failing = flow(retries=2, on_running=hook(note, once=True))(lambda: raises(ValueError()))
    failing(return_state=True)
    failing(return_state=True)
    assert calls == ["Running", "Running"]


def test_once_counts_calls_and_not_chances():
    retried = flow(retries=2, on_running=hook(note, once=True, when=lambda flow, run: run.attempt > 1))
    retried(lambda: raises(ValueError()))(return_state=True)
    assert calls == ["Retrying"]


def test_once_is_counted_for_each_attachment():
    once = hook(note, once=True)
    flow(on_running=once, on_completion=once)(lambda: 1)()
    assert calls == ["Running", "Completed"]


# -- throttle


def test_calls_within_the_throttle_are_left_out(clock):
    etl = flow(on_completion=hook(note, throttle=10))(lambda: 1)
    for clock.now in (1000, 1009.9, 1010, 1015, 1020.5):
        etl()
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [("1/min", 60), ("6/min", 10), ("1/m", 60), ("2/s", 0.5), ("1/sec", 1), ("4/h", 900), ("1/hour", 3600), (0, 0)],
)
def test_a_throttle_may_be_a_rate(rate, seconds):
    assert hook(note, throttle=rate).throttle == seconds


@pytest.mark.parametrize("rate", ["1 per minute", "1/week", "0/min", "-1/min", "often", "", -5, None], ids=repr)
def test_a_throttle_that_is_not_understood_is_an_error(rate):
    with pytest.raises(UnknownOptionError) as caught:
        hook(note, throttle=rate)
    assert str(caught.value) == (
        f'throttle {rate!r} is not understood; give seconds, or a rate such as "1/min" (s, min, h)'
    )


def test_a_firing_that_the_condition_refused_does_not_use_up_the_throttle(clock):
    wanted = hook(note, throttle=60, when=lambda flow, run: run.parameters["x"])
    etl = flow(on_completion=wanted)(lambda x: x)
    for x in (False, True, True):
        etl(x)
    assert calls == ["Completed"]


@pytest.mark.parametrize("concurrent", [False, True])
def test_runs_whose_conditions_are_asked_at_the_same_time_share_the_throttle(concurrent, clock):
    together = threading.Barrier(3, timeout=30)

    def when(run: TaskRun):
        together.wait()
        return True

    load = task(on_completion=hook(note, throttle=60, when=when, concurrent=concurrent))(lambda: 1)
    for future in [load.submit() for _ in range(3)]:
        future.result()
    assert calls == ["Completed"]


def test_a_throttle_is_one_for_all_places_where_the_hook_is_attached(clock):
    seldom = hook(note, throttle=60)
    etl = flow(on_completion=seldom)(lambda: 1)
    for one in (
        etl,
        etl.with_options(),
        etl.with_options(on_completion=seldom),
        task(on_failure=seldom)(lambda: 1 / 0),
    ):
        one(return_state=True)
    assert calls == ["Completed"]


def test_another_hook_of_the_same_function_has_a_throttle_of_its_own(clock):
    for _ in range(2):
        flow(on_completion=hook(note, throttle=60))(lambda: 1)()
    assert len(calls) == 2


# -- retries


def test_a_hook_that_raises_is_called_again_and_each_call_is_recorded():
    answers = [OSError("no answer"), OSError("no answer"), None]

    def notify(flow, run, state):
        calls.append(state.name)
        if error := answers[len(calls) - 1]:
            raise error

    assert outcomes(flow(on_completion=hook(notify, retries=5))(lambda: 1)) == ["failed", "failed", "ok"]


def test_after_its_last_retry_a_hook_is_given_up():
    notify = hook(lambda: raises(OSError()), retries=2)
    assert outcomes(flow(on_completion=notify)(lambda: 1)) == ["failed"] * 3


def test_a_hook_without_retries_is_called_once():
    assert outcomes(flow(on_completion=lambda: raises(OSError()))(lambda: 1)) == ["failed"]


@pytest.mark.parametrize("retries", [-1, 1.5, True, "2"], ids=repr)
def test_a_wrong_number_of_retries_is_an_error(retries):
    with pytest.raises(UnknownOptionError) as caught:
        hook(note, retries=retries)
    assert str(caught.value) == f"retries of hook 'note' is {retries!r}; give a whole number of 0 or more"


# -- timeout_seconds (what a timeout does: test_hook_failures.py)


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_timeout_that_leaves_no_time_is_an_error(seconds):
    with pytest.raises(UnknownOptionError) as caught:
        hook(note, timeout_seconds=seconds)
    assert str(caught.value) == (
        f"timeout_seconds of hook 'note' is {seconds}; give seconds above 0, or None for no limit"
    )


def test_a_hook_has_a_minute_unless_it_says_otherwise():
    etl = flow(on_completion=[note, hook(note), hook(note, timeout_seconds=None)])(lambda: 1)
    assert [attached.timeout_seconds for attached in etl.hooks["on_completion"]] == [60, 60, None]


# -- what hook() is


def test_it_can_still_be_called_as_the_function_it_wraps():
    assert hook(lambda a, b=2: (a, b), once=True)(1, b=3) == (1, 3)


def test_it_can_be_attached_as_an_argument_with_a_decorator_and_to_each_task():
    once = hook(note, once=True)
    etl = flow(on_running=once)(lambda: 1)
    assert etl.on_completion(once) is once
    etl()
    task(on_completion=once)(lambda: 1)()
    assert calls == ["Running", "Completed", "Completed"]


def test_the_conditions_survive_with_options():
    etl = flow(retries=1, on_running=hook(note, once=True))(lambda: raises(ValueError()))
    with instant_retries():
        etl.with_options(name="copy")(return_state=True)
    assert calls == ["Running"]


def test_the_record_has_the_functions_own_name():
    with record() as recording:
        flow(name="etl", on_completion=hook(note, once=True))(lambda: 1)()
    assert recording.of("etl").hooks[0].name == "note"


def test_a_hook_of_what_is_not_callable_is_an_error():
    with pytest.raises(HookSignatureError) as caught:
        hook("notify")
    assert str(caught.value) == "hook() got 'notify', which is not callable; pass a function, or a list of functions"


def test_a_hook_around_a_hook_would_lose_its_conditions_and_is_an_error():
    text = "hook(note) must come last: bind arguments first, and give all conditions in one hook(...)"
    with pytest.raises(HookSignatureError) as caught:
        hook(hook(note, once=True), retries=1)
    assert str(caught.value) == text
    with pytest.raises(HookSignatureError) as caught:
        flow(on_completion=functools.partial(hook(note, once=True), "x"))(lambda: 1)
    assert str(caught.value) == text
