"""What flows and tasks do, the same for sync and async ones, in the main thread and in others.

Bodies are written once, as coroutines. A `World` makes sync functions of them, or leaves them async; it calls flows in
the main thread and tasks directly, or calls flows in another thread and submits their tasks.
"""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from queue import SimpleQueue

import pytest
from small_runs import LIMIT

from hookcell import (
    CancelledRun,
    Completed,
    Failed,
    Hooks,
    RunTimeout,
    UpstreamTaskError,
    flow,
    runs,
    tags,
    task,
)
from hookcell.errors import UnknownOptionError
from hookcell.gate import gate
from hookcell.testing import instant_retries, record


class World:
    """One way to define and call flows and tasks."""

    def __init__(self, words):
        self.is_async = "async" in words
        self.in_threads = "threads" in words

    def flow(self, fn=None, **options):
        options.setdefault("runner", "threads" if self.in_threads else "inline")
        return self._define(flow, fn, options)

    def task(self, fn=None, **options):
        return self._define(task, fn, options)

    def _define(self, definition, fn, options):
        if fn is None:
            return lambda function: self._define(definition, function, options)
        return definition(**options)(fn if self.is_async else at_once(fn))

    def start(self, definition, *args, **kwargs):
        """Call a flow, or a task outside any flow, from the outside."""
        if self.in_threads:
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(self._start, definition, args, kwargs).result(LIMIT)
        return self._start(definition, args, kwargs)

    def _start(self, definition, args, kwargs):
        return asyncio.run(definition(*args, **kwargs)) if self.is_async else definition(*args, **kwargs)

    def run(self, step, *args, **kwargs):
        """Run a task inside a flow, and await its result."""
        return self.result(step.submit(*args, **kwargs)) if self.in_threads else self.call(step, *args, **kwargs)

    def call(self, definition, *args, **kwargs):
        """Call a flow or task inside another, and await what it gives."""
        given = definition(*args, **kwargs)
        return given if self.is_async else ready(given)

    def result(self, future):
        return future if self.is_async else ready(future.result(LIMIT))

    def sleep(self, seconds):
        return asyncio.sleep(seconds) if self.is_async else ready(time.sleep(seconds))


async def ready(value):
    return value


def at_once(fn):
    """Make a sync function of a coroutine function that never has to wait."""

    @wraps(fn)
    def function(*args, **kwargs):
        try:
            fn(*args, **kwargs).send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("a sync body waited for something")

    return function


@pytest.fixture(params=["sync inline", "sync threads", "async inline", "async threads"])
def world(request):
    return World(request.param)


@pytest.fixture(autouse=True)
def _nothing_left():
    with instant_retries():
        yield
    assert gate.owner is None
    assert runs.current.get() is None


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def fails_until(attempt):
    async def body():
        now = runs.current.get().attempt
        if now < attempt:
            raise ValueError(f"try {now}")
        return now

    return body


def noting(into):
    kinds = ("on_running", "on_completion", "on_failure", "on_crashed", "on_cancellation", "on_retry", "on_end")
    return {kind: lambda owner, run, state, kind=kind: into.append((owner.name, kind, state.name)) for kind in kinds}


# -- what a call gives


def test_a_flow_gives_what_its_body_returns(world):
    @world.flow
    async def add(x, y=2, *, z=3):
        return x + y + z

    assert world.start(add, 1) == 6
    assert world.start(add, 1, y=1, z=1) == 3


def test_a_flow_gives_what_its_tasks_return(world):
    @world.task
    async def double(x):
        return 2 * x

    @world.flow
    async def doubles(n):
        return [await world.run(double, x) for x in range(n)]

    assert world.start(doubles, 3) == [0, 2, 4]


def test_a_task_works_outside_any_flow(world, recording):
    @world.task
    async def double(x):
        return 2 * x

    assert world.start(double, 21) == 42
    assert recording.of("double").parent is None


def test_return_state_gives_the_final_state(world, recording):
    @world.flow
    async def etl():
        return 42

    state = world.start(etl, return_state=True)
    assert state is recording.of("etl").state
    assert (state.name, state.result()) == ("Completed", 42)


def test_a_failure_is_raised(world):
    @world.task
    async def load():
        raise KeyError("price")

    @world.flow
    async def etl():
        await world.run(load)

    with pytest.raises(KeyError, match="price"):
        world.start(etl)


def test_a_failure_is_given_as_a_state_if_that_is_asked_for(world):
    @world.flow
    async def etl():
        raise KeyError("price")

    state = world.start(etl, return_state=True)
    assert state.message == "Flow run encountered an exception: KeyError: 'price'"
    with pytest.raises(KeyError):
        state.result()


def test_a_body_may_catch_the_failure_of_a_task(world):
    @world.task
    async def load():
        raise KeyError("price")

    @world.flow
    async def etl():
        try:
            await world.run(load)
        except KeyError:
            return "no price"

    assert world.start(etl) == "no price"


# -- the story


def test_a_run_goes_from_pending_through_running_to_completed(world, recording):
    @world.task
    async def load():
        """Do nothing."""

    @world.flow
    async def etl():
        await world.run(load)

    world.start(etl)
    assert recording.states("etl") == recording.states("load") == ["Pending", "Running", "Completed"]
    assert recording.of("load").parent is recording.of("etl")
    assert recording.of("load").root is recording.of("etl")
    assert recording.of("etl").children == (recording.of("load"),)


def test_the_story_is_in_order_of_time(world, recording):
    @world.flow
    async def etl():
        """Do nothing."""

    world.start(etl)
    run = recording.of("etl")
    assert [state.at for state in run.story] == sorted(state.at for state in run.story)
    assert run.expected_start_time <= run.start_time <= run.end_time
    assert 0 <= run.total_run_time < LIMIT


def test_flows_can_be_nested(world, recording):
    @world.task
    async def load():
        return runs.current.get().flow_run.definition.name

    @world.flow
    async def inner():
        return await world.run(load)

    @world.flow
    async def outer():
        return await world.call(inner)

    assert world.start(outer) == "inner"
    assert recording.of("inner").parent is recording.of("outer")


def test_inside_a_body_the_current_run_is_its_own(world):
    @world.task
    async def load():
        return runs.current.get().definition.name

    @world.flow
    async def etl():
        before = runs.current.get().definition.name
        return before, await world.run(load), runs.current.get().definition.name

    assert world.start(etl) == ("etl", "load", "etl")


def test_parameters_and_tags_are_kept_with_the_run(world, recording):
    @world.task(tags=["slow"])
    async def load(x, y=2):
        """Do nothing."""

    @world.flow(tags=["nightly"])
    async def etl():
        with tags("eu"):
            await world.run(load, 1)

    world.start(etl)
    assert recording.of("load").parameters == {"x": 1, "y": 2}
    assert (recording.of("etl").tags, recording.of("load").tags) == ({"nightly"}, {"slow", "eu"})


def test_task_runs_of_a_flow_are_numbered(world, recording):
    @world.task
    async def load():
        """Do nothing."""

    @world.flow
    async def etl():
        for _ in range(3):
            await world.run(load)

    world.start(etl)
    assert [run.name for run in recording.of("etl").children] == ["load", "load[1]", "load[2]"]


# -- hooks


def test_hooks_fire_on_every_state_in_order(world):
    hooks = []

    @world.task(**noting(hooks))
    async def load():
        """Do nothing."""

    @world.flow(**noting(hooks))
    async def etl():
        await world.run(load)

    world.start(etl)
    assert hooks == [
        ("etl", "on_running", "Running"),
        ("load", "on_running", "Running"),
        ("load", "on_completion", "Completed"),
        ("load", "on_end", "Completed"),
        ("etl", "on_completion", "Completed"),
        ("etl", "on_end", "Completed"),
    ]


def test_a_hook_gets_definition_run_and_the_state_that_is_returned(world, recording):
    given = []

    @world.flow(on_completion=lambda *args: given.append(args))
    async def etl():
        """Do nothing."""

    state = world.start(etl, return_state=True)
    assert given == [(etl, recording.of("etl"), state)]
    assert given[0][2] is state


def test_plain_and_async_hooks_take_turns(world):
    hooks = []

    async def slowly(flow, run, state):
        await asyncio.sleep(0)
        hooks.append("async")

    @world.flow(on_completion=[slowly, lambda: hooks.append("plain"), slowly])
    async def etl():
        """Do nothing."""

    world.start(etl)
    assert hooks == ["async", "plain", "async"]


def test_a_failing_hook_changes_nothing(world, recording):
    def breaks():
        raise SystemExit

    @world.task(on_running=breaks, on_completion=breaks)
    async def load():
        return 42

    @world.flow(on_running=breaks, on_completion=breaks)
    async def etl():
        return await world.run(load)

    assert world.start(etl) == 42
    assert [call.outcome for run in recording.runs for call in run.hooks] == ["failed"] * 4


def test_a_failure_fires_on_failure_for_the_task_and_its_flow(world):
    hooks = []

    @world.task(**noting(hooks))
    async def load():
        raise KeyError

    @world.flow(**noting(hooks))
    async def etl():
        await world.run(load)

    world.start(etl, return_state=True)
    assert [hook for hook in hooks if hook[1] != "on_running"] == [
        ("load", "on_failure", "Failed"),
        ("load", "on_end", "Failed"),
        ("etl", "on_failure", "Failed"),
        ("etl", "on_end", "Failed"),
    ]


def test_a_flows_defaults_fire_for_its_tasks(world):
    hooks = []

    @world.task
    async def load():
        """Do nothing."""

    @world.flow(each_task=Hooks(on_success=lambda task: hooks.append(task.name)))
    async def etl():
        await world.run(load)

    world.start(etl)
    assert hooks == ["load"]


def test_a_run_that_a_hook_starts_is_a_run_as_any(world, recording):
    @world.task
    async def report():
        return 1

    async def reports():
        await world.run(report)

    @world.flow(on_completion=reports if world.is_async else at_once(reports))
    async def etl():
        """Do nothing."""

    world.start(etl)
    assert recording.states("report") == ["Pending", "Running", "Completed"]
    assert recording.of("report").parent is recording.of("etl")
    assert [call.outcome for call in recording.of("etl").hooks] == ["ok"]


# -- trying again


def test_a_failure_is_tried_again(world, recording):
    hooks = []
    load = world.task(name="load", retries=2, retry_delay_seconds=[0, 60], **noting(hooks))(fails_until(3))

    @world.flow
    async def etl():
        return await world.run(load)

    assert world.start(etl) == 3
    assert recording.states("load") == ["Pending", "Running", "Retrying", "AwaitingRetry", "Retrying", "Completed"]
    assert [hook[1:] for hook in hooks] == [
        ("on_running", "Running"),
        ("on_retry", "Retrying"),
        ("on_running", "Retrying"),
        ("on_retry", "AwaitingRetry"),
        ("on_running", "Retrying"),
        ("on_completion", "Completed"),
        ("on_end", "Completed"),
    ]


def test_a_flow_is_tried_again_with_its_tasks(world, recording):
    @world.task
    async def load():
        """Do nothing."""

    @world.flow(retries=1)
    async def etl():
        await world.run(load)
        return await fails_until(2)()

    assert world.start(etl) == 2
    assert recording.states("etl") == ["Pending", "Running", "Retrying", "Completed"]
    assert len(recording.of("etl").children) == 2


def test_on_failure_waits_for_the_last_try(world):
    hooks = []
    etl = world.flow(name="etl", retries=2, on_failure=lambda flow, run: hooks.append(run.run_count))(fails_until(9))
    assert world.start(etl, return_state=True).is_failed()
    assert hooks == [3]


def test_a_try_that_takes_too_long_fails(world, recording):
    @world.task(timeout_seconds=0.01)
    async def slow():
        for _ in range(10_000):
            await world.sleep(0.005)

    @world.flow
    async def etl():
        await world.run(slow)

    with pytest.raises(RunTimeout):
        world.start(etl)
    assert recording.states("slow") == ["Pending", "Running", "TimedOut"]


# -- stopping


@pytest.fixture
def aside():
    """Have something called in another thread: it is put into a queue, which a stop in the caller cannot break."""
    calls = SimpleQueue()
    thread = threading.Thread(target=lambda: calls.get(timeout=LIMIT)())  # noqa: PLW0108 -- it is not there yet
    thread.start()
    yield calls.put
    thread.join(LIMIT)


def test_a_cancelled_run_is_cancelling_with_its_hooks_and_then_cancelled(world, aside, recording):
    hooks = []

    @world.task(**noting(hooks))
    async def slow():
        aside(runs.current.get().root.cancel)
        for _ in range(10_000):
            await world.sleep(0.005)

    @world.flow(**noting(hooks))
    async def etl():
        await world.run(slow)

    with pytest.raises(CancelledRun):
        world.start(etl)
    assert recording.states("slow") == recording.states("etl") == ["Pending", "Running", "Cancelling", "Cancelled"]
    ends = {"on_cancellation": "Cancelling", "on_end": "Cancelled"}
    assert sorted(hook for hook in hooks if hook[1] != "on_running") == sorted(
        (name, kind, state) for name in ("slow", "etl") for kind, state in ends.items()
    )


def test_a_crash_fires_on_crashed_once_and_comes_through(world):
    hooks = []

    @world.task(**noting(hooks))
    async def load():
        raise SystemExit(3)

    @world.flow
    async def etl():
        try:
            await world.run(load)
        except SystemExit as error:
            return error.code

    assert world.start(etl) == 3
    assert hooks == [
        ("load", "on_running", "Running"),
        ("load", "on_crashed", "Crashed"),
        ("load", "on_end", "Crashed"),
    ]


# -- submitting


def test_futures_as_arguments_are_waited_for_and_replaced(world, recording):
    @world.task
    async def load(x):
        await world.sleep(0)
        return x

    @world.flow
    async def etl():
        parts = [load.submit(1), {"b": load.submit(2)}]
        return await world.result(load.submit(parts))

    assert world.start(etl) == [1, {"b": 2}]
    assert [run.name for run in recording.of("load[2]").upstream] == ["load", "load[1]"]


def test_a_task_behind_a_failed_one_never_runs(world, recording):
    hooks = []

    @world.task
    async def load():
        raise KeyError("price")

    @world.task(**noting(hooks))
    async def clean(x):
        """Do nothing."""

    @world.flow
    async def etl():
        await world.result(clean.submit(load.submit()))

    with pytest.raises(UpstreamTaskError, match="KeyError: 'price'"):
        world.start(etl)
    assert recording.states("clean") == ["Pending", "NotReady"]
    assert hooks == [("clean", "on_end", "NotReady")]


def test_map_gives_results_in_order(world, recording):
    @world.task
    async def add(x, y):
        return x + y

    @world.flow
    async def etl():
        return [await world.result(future) for future in add.map([1, 2, 3], 10)]

    assert world.start(etl) == [11, 12, 13]
    assert sorted(run.name for run in recording.of("etl").children) == ["add[0]", "add[1]", "add[2]"]


def test_a_flow_ends_after_what_it_submitted(world, recording):
    @world.task
    async def slow():
        await world.sleep(0.002)

    @world.flow
    async def etl():
        slow.submit()

    world.start(etl)
    events = [str(event) for event in recording.events]
    assert events.index("task slow: Completed") < events.index("flow etl: Completed")


def test_a_failure_that_nobody_looked_at_is_noted(world, recording):
    @world.task
    async def load():
        raise KeyError("price")

    @world.flow
    async def etl():
        load.submit()

    world.start(etl)
    assert recording.of("etl").notes == (
        "task run 'load' failed and nobody looked at it: Task run encountered an exception KeyError: 'price'",
    )


# -- what a body returns


def test_a_returned_state_is_the_end(world):
    @world.flow
    async def etl():
        return Completed(name="Skipped", message="nothing new")

    assert str(world.start(etl, return_state=True)) == "Skipped('nothing new', type=COMPLETED)"


def test_returned_futures_are_summed_up(world):
    @world.task
    async def ends(state):
        return Failed() if state == "bad" else 1

    @world.flow
    async def etl():
        return [ends.submit("good"), ends.submit("bad")]

    assert world.start(etl, return_state=True).message == "1/2 states failed."


# -- copies


def test_a_copy_with_options_does_as_told_and_its_model_as_before(world, recording):
    hooks = []
    etl = world.flow(name="etl", on_failure=lambda: hooks.append("model"))(fails_until(2))
    copy = etl.with_options(name="copy", retries=1, on_failure=[], on_completion=lambda: hooks.append("copy"))
    assert world.start(copy) == 2
    assert world.start(etl, return_state=True).is_failed()
    assert hooks == ["copy", "model"]
    assert recording.states("copy")[-1] == "Completed"


@pytest.mark.parametrize("tag", [5, None, ["a"]])
def test_tags_are_texts(tag):
    with pytest.raises(UnknownOptionError) as caught, tags("a", tag):
        pass
    assert str(caught.value) == f'tags(...) got {tag!r}; give texts, such as tags("a", "b")'
