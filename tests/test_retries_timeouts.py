"""Retries and timeouts: a failure is tried again, and a try that takes too long is stopped and fails."""

import asyncio
import functools
import time

import pytest
from small_runs import LIMIT

from hookcell import FailedRun, RunInterrupted, RunTimeout, UnknownOptionError, flow, runs, task, waiting
from hookcell.deadlines import deadlines as kept
from hookcell.testing import instant_retries, record

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


def failing(times):
    """A body that fails so often, then gives its number of tries."""

    def body():
        attempt = runs.current.get().attempt
        if attempt <= times:
            raise ValueError(f"try {attempt}")
        return attempt

    return body


# -- retries


@BOTH
def test_a_failure_is_tried_again_until_it_succeeds(definition, recording):
    assert definition(name="step", retries=5)(failing(2))() == 3
    assert recording.states("step") == ["Pending", "Running", "Retrying", "Retrying", "Completed"]
    assert recording.of("step").run_count == 3


@BOTH
def test_after_the_last_try_the_last_failure_counts(definition, recording):
    with pytest.raises(ValueError, match=r"^try 3$"):
        definition(name="step", retries=2)(failing(9))()
    assert recording.states("step") == ["Pending", "Running", "Retrying", "Retrying", "Failed"]


@BOTH
def test_without_retries_there_is_one_try(definition, recording):
    definition(name="step")(failing(1))(return_state=True)
    assert recording.states("step") == ["Pending", "Running", "Failed"]


@BOTH
def test_with_a_delay_a_run_awaits_its_retry(definition, recording, waits):
    definition(name="step", retries=2, retry_delay_seconds=90)(failing(1))()
    assert recording.states("step") == ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]
    assert recording.of("step").story[2].message == "Try 1 of 3 ended with ValueError; next try in 90 s"
    assert waits == [90]


class Growing:
    def __call__(self, retries):
        return [float(n) for n in range(1, retries + 1)]


def growing(factor, retries):
    return [factor * 2**n for n in range(retries)]


DELAYS = {
    "number": (2, [2, 2, 2, 2]),
    "list, the last repeats": ([1, 2], [1, 2, 2, 2]),
    "tuple": ((1, 2.5, 3, 4), [1, 2.5, 3, 4]),
    "longer list": ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]),
    "none between": ([1, 0, 2], [1, 2, 2]),
    "function": (lambda retries: [retries] * retries, [4, 4, 4, 4]),
    "function that gives a number": (lambda retries: 7, [7, 7, 7, 7]),
    "partial": (functools.partial(growing, 10), [10, 20, 40, 80]),
    "callable object": (Growing(), [1, 2, 3, 4]),
    "nothing": (None, []),
    "empty list": ([], []),
    "zero": (0, []),
}


@BOTH
@pytest.mark.parametrize(("delay", "waited"), DELAYS.values(), ids=DELAYS)
def test_the_delay_is_a_number_a_list_or_a_function(definition, delay, waited, waits):
    definition(retries=4, retry_delay_seconds=delay)(failing(9))(return_state=True)
    assert waits == waited


def test_an_async_run_waits_between_tries_too(waits, recording):
    @flow(retries=1, retry_delay_seconds=60)
    async def etl():
        return failing(1)()

    assert asyncio.run(etl()) == 2
    assert (recording.states("etl")[2:], waits) == (["AwaitingRetry", "Retrying", "Completed"], [60])


def test_a_wait_between_tries_really_takes_time():
    began = time.monotonic()
    flow(retries=1, retry_delay_seconds=0.01)(failing(1))()
    assert time.monotonic() - began >= 0.01


def test_instant_retries_are_over_with_their_block():
    pace = waiting.pace
    with instant_retries():
        flow(retries=1, retry_delay_seconds=3600)(failing(1))()
    assert waiting.pace is pace


def test_a_flow_that_is_tried_again_runs_its_tasks_again(recording):
    step = task(name="step")(lambda: 1)

    @flow(retries=1)
    def etl():
        step()
        return failing(1)()

    etl()
    assert [run.name for run in recording.of("etl").children] == ["step", "step[1]"]


def test_time_between_tries_is_no_run_time(recording):
    flow(name="etl", retries=1, retry_delay_seconds=0.02)(failing(1))()
    run = recording.of("etl")
    _, first, awaiting, second, end = (state.at for state in run.story)
    assert second - awaiting >= 0.02
    assert run.total_run_time == pytest.approx((awaiting - first) + (end - second))


@BOTH
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_crash_is_not_tried_again(definition, error, recording):
    def body():
        raise error

    with pytest.raises(error):
        definition(name="step", retries=3)(body)()
    assert recording.states("step") == ["Pending", "Running", "Crashed"]


WRONG = {
    "retries": [-1, 1.5, "2", True],
    "retry_delay_seconds": [-1, "soon", [1, "x"], [1, -1], True, [None], {"a": 1}],
    "timeout_seconds": [0, -1, "soon", True, [1]],
}
NEEDED = {
    "retries": "give a whole number of 0 or more",
    "retry_delay_seconds": (
        "give seconds, a list of seconds (one a retry, the last repeats), "
        "or a function of the number of retries that gives such a list"
    ),
    "timeout_seconds": "give seconds above 0, or None for no limit",
}


@BOTH
@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in WRONG.items() for value in values], ids=str
)
def test_a_wrong_value_is_an_error_that_says_what_is_right(definition, option, value):
    with pytest.raises(UnknownOptionError) as caught:
        definition(name="etl", **{option: value})(lambda: 1)
    assert str(caught.value) == f"{option} of 'etl' is {value!r}; {NEEDED[option]}"


def test_too_many_delays_are_an_error():
    with pytest.raises(UnknownOptionError) as caught:
        flow(name="etl", retry_delay_seconds=[1] * 51)(lambda: 1)
    assert str(caught.value) == "retry_delay_seconds of 'etl' has 51 delays; 50 is the most"
    flow(retry_delay_seconds=[1] * 50)(lambda: 1)


# -- timeouts


def sleeps():
    time.sleep(LIMIT)


def busy():
    while True:
        pass


async def asleep():
    await asyncio.sleep(LIMIT)


def submitted(definition):
    return flow(name="around")(lambda: definition.submit().result(LIMIT))


WAYS = {
    "flow": lambda **options: flow(**options)(sleeps)(),
    "task": lambda **options: task(**options)(sleeps)(),
    "submitted task": lambda **options: submitted(task(**options)(busy))(),
    "async flow": lambda **options: asyncio.run(flow(**options)(asleep)()),
    "async task": lambda **options: asyncio.run(task(**options)(asleep)()),
    "submitted async task": lambda **options: submitted(task(**options)(asleep))(),
}


@pytest.mark.parametrize(("way", "call"), WAYS.items(), ids=WAYS)
def test_a_try_that_takes_too_long_is_stopped_and_fails(way, call, recording):
    hooks = []
    with pytest.raises(RunTimeout) as caught:
        call(name="slow", timeout_seconds=0.01, on_failure=lambda owner, run, state: hooks.append(state.name))
    kind = "Flow" if "flow" in way else "Task"
    assert str(caught.value) == f"{kind} run exceeded timeout of 0.01 second(s)"
    assert isinstance(caught.value, TimeoutError)
    assert recording.states("slow") == ["Pending", "Running", "TimedOut"]
    assert recording.of("slow").state.is_failed()
    assert recording.of("slow").state.message == str(caught.value)
    assert hooks == ["TimedOut"]


@pytest.mark.parametrize("call", WAYS.values(), ids=WAYS)
def test_a_timeout_is_tried_again(call, recording):
    with pytest.raises(RunTimeout):
        call(name="slow", timeout_seconds=0.01, retries=1)
    assert recording.states("slow") == ["Pending", "Running", "Retrying", "TimedOut"]


def test_each_try_has_its_own_time(deadlines):
    def first_is_slow():
        if runs.current.get().attempt == 1:
            deadlines.ring()
            sleeps()
        return "in time"

    assert flow(timeout_seconds=90, retries=1)(first_is_slow)() == "in time"
    assert deadlines.seconds == [90, 90]


def test_a_run_that_is_in_time_leaves_no_deadline():
    before = set(kept._due)
    assert flow(timeout_seconds=LIMIT)(task(timeout_seconds=LIMIT)(lambda: 1))() == 1
    assert set(kept._due) <= before


def test_a_timeout_error_of_the_body_is_a_plain_failure():
    def body():
        raise TimeoutError("no answer")

    state = flow(timeout_seconds=LIMIT)(body)(return_state=True)
    assert (state.name, state.message) == ("Failed", "Flow run encountered an exception: TimeoutError: no answer")


def test_a_body_that_catches_its_timeout_and_returns_has_completed(deadlines):
    def careful():
        try:
            deadlines.ring()
            sleeps()
        except RunInterrupted:
            return "saved"

    assert flow(timeout_seconds=90)(careful)() == "saved"


def test_a_body_that_catches_its_timeout_and_raises_has_failed_so(deadlines):
    def careful():
        try:
            deadlines.ring()
            sleeps()
        except RunInterrupted:
            raise FailedRun("half done") from None

    with pytest.raises(FailedRun, match=r"^half done$"):
        flow(timeout_seconds=90)(careful)()


def test_the_timeout_of_a_flow_stops_what_runs_in_it(deadlines, recording):
    inner = task(name="inner")(lambda: (deadlines.ring(), sleeps()))
    outer = flow(name="outer", timeout_seconds=90)(inner)
    with pytest.raises(RunTimeout):
        outer()
    assert recording.states("inner") == ["Pending", "Running", "Cancelling", "Cancelled"]


def test_the_timeout_of_a_task_does_not_end_its_flow(recording):
    slow = task(timeout_seconds=0.01)(sleeps)
    assert flow(lambda: slow(return_state=True).name)() == "TimedOut"


def test_a_flow_that_timed_out_has_waited_for_what_it_submitted(deadlines):
    order = []
    slow = task(on_end=lambda: order.append("task ended"))(lambda: (deadlines.ring(), busy()))

    @flow(timeout_seconds=90, on_failure=lambda: order.append("flow failed"))
    def etl():
        slow.submit().result(LIMIT)

    etl(return_state=True)
    assert order == ["task ended", "flow failed"]


def test_the_time_of_a_flow_includes_what_it_submitted(deadlines, recording):
    slow = task(name="slow")(lambda: (deadlines.ring(), busy()))
    state = flow(timeout_seconds=90)(lambda: slow.submit() and None)(return_state=True)
    assert state.name == "TimedOut"
    assert recording.states("slow")[-1] == "Cancelled"


@pytest.mark.usefixtures("little_grace")
def test_a_wait_for_a_future_ends_at_the_timeout(go_on):
    ended = []

    @task
    def stuck():
        try:
            go_on.wait(LIMIT)
        finally:
            ended.append("stuck")

    with pytest.raises(RunTimeout):
        flow(timeout_seconds=0.01)(lambda: stuck.submit().result(LIMIT))()
    assert ended == []
