"""Futures: what submit and map promise, what runs wait for, and that nothing waits for ever."""

import asyncio
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import InitVar, dataclass, field

import pytest

from hookcell import (
    Completed,
    Failed,
    Future,
    FutureList,
    InlineRunner,
    MappingLengthMismatch,
    MappingMissingIterable,
    SelfWaitError,
    ThreadRunner,
    UnknownOptionError,
    UpstreamTaskError,
    flow,
    runs,
    task,
)
from hookcell.testing import record

LIMIT = 5  # seconds after which a test that should not wait gives up


@task
def one():
    return 1


@task
def same(x=None, **more):
    return x


@task
def broken():
    raise KeyError("price")


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def go_on():
    """An event that tasks wait for; set when the test is over, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def in_flow(body, **options):
    """Run a body as a flow."""
    return flow(name="around", **options)(body)()


# -- submit


def test_submit_gives_a_future_whose_result_is_the_runs():
    assert in_flow(lambda: one.submit().result(LIMIT)) == 1


def test_submit_goes_on_at_once(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        future = waits.submit()
        assert not future.done()
        assert future.state.name in {"Pending", "Running"}
        go_on.set()
        return future.result(LIMIT)

    assert etl() is True


def test_submitted_tasks_run_beside_each_other():
    together = threading.Barrier(3)
    meets = task(lambda x: together.wait(LIMIT))
    assert sorted(in_flow(lambda: meets.map(range(3)).result(LIMIT))) == [0, 1, 2]


def test_a_submitted_task_runs_in_a_thread_of_the_runner_or_in_the_callers():
    where = task(threading.get_ident)
    here = threading.get_ident()
    assert in_flow(lambda: where.submit().result(LIMIT)) != here
    assert in_flow(lambda: where.submit().result(LIMIT), runner="inline") == here


def test_a_task_can_be_submitted_outside_any_flow():
    assert one.submit().result(LIMIT) == 1


def test_an_async_task_can_be_submitted_from_sync_code():
    @task
    async def answer(x):
        await asyncio.sleep(0)
        return x

    assert in_flow(lambda: answer.submit(42).result(LIMIT)) == 42
    assert answer.submit(42).result(LIMIT) == 42


def test_a_submitted_async_task_runs_on_the_loop_of_the_async_flow_that_submits_it():
    @task
    async def loop():
        return asyncio.get_running_loop()

    @flow
    async def etl():
        return await loop.submit() is asyncio.get_running_loop()

    assert asyncio.run(etl())


def test_a_submitted_task_sees_the_context_it_was_submitted_in():
    seen = task(lambda: runs.current.get().parent)
    (around, seen_parent) = in_flow(lambda: (runs.current.get(), seen.submit().result(LIMIT)))
    assert seen_parent is around


def test_a_flow_does_not_end_before_what_it_submitted(recording, go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        waits.submit()
        threading.Timer(0.001, go_on.set).start()

    etl()
    assert recording.states("waits")[-1] == "Completed"


def test_a_task_does_not_end_before_what_it_submitted(recording):
    outer = task(name="outer")(lambda: one.submit() and None)
    in_flow(lambda: outer())  # noqa: PLW0108 -- called in the flow
    events = [str(event) for event in recording.events]
    assert events.index("task one: Completed") < events.index("task outer: Completed")


def test_a_run_that_a_flows_hook_submits_is_run_all_the_same(recording):
    done = threading.Event()
    report = task(name="report", on_end=done.set)(lambda: 1)
    flow(on_completion=lambda: report.submit())(lambda: 1)()  # noqa: PLW0108 -- submitted in the hook
    assert done.wait(LIMIT)
    assert recording.states("report") == ["Pending", "Running", "Completed"]


def test_when_the_body_fails_what_has_not_started_never_does(recording, go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))
    started = threading.Event()
    first = task(name="first")(lambda: (started.set(), go_on.wait(LIMIT)))

    @flow(runner=ThreadRunner(1))
    def etl():
        first.submit()
        waits.submit()
        assert started.wait(LIMIT)
        threading.Timer(0.001, go_on.set).start()
        raise ValueError

    etl(return_state=True)
    assert recording.states("first") == ["Pending", "Running", "Completed"]
    assert recording.states("waits") == ["Pending", "Cancelled"]


# -- what a future says and gives


def test_a_future_resolves_after_its_runs_hooks(go_on):
    hooks = []
    step = task(on_completion=lambda: (go_on.wait(LIMIT), hooks.append("done")))(lambda: 1)

    @flow
    def etl():
        future = step.submit()
        future.wait(0)
        assert not future.done()
        go_on.set()
        future.result(LIMIT)
        return list(hooks)

    assert etl() == ["done"]


def test_a_failure_is_raised_or_given():
    @flow
    def etl():
        future = broken.submit()
        with pytest.raises(KeyError, match="price"):
            future.result(LIMIT)
        return type(future.result(raise_on_failure=False)), future.state.name

    assert etl() == (KeyError, "Failed")


def test_wait_raises_nothing_and_result_says_what_was_late(go_on):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        future = waits.submit()
        assert future.wait(0.001) is None
        with pytest.raises(TimeoutError) as caught:
            future.result(0.001)
        assert str(caught.value) == "Task run 'waits' did not complete within 0.001 seconds"
        with pytest.raises(TimeoutError):
            future.result(0)
        go_on.set()

    etl()


def test_a_negative_timeout_is_an_error(go_on):
    waits = task(lambda: go_on.wait(LIMIT))
    future = waits.submit()
    for wait in (future.wait, future.result, FutureList([future]).wait, FutureList([future]).result):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its whole text is compared
            wait(-1)
        assert str(caught.value) == "timeout is -1; give seconds of 0 or more, or None for no limit"


def test_a_future_can_be_awaited():
    @flow
    async def etl():
        return await same.submit(3), await broken.submit()

    with pytest.raises(KeyError, match="price"):
        asyncio.run(etl())

    async def outside_any_flow():
        return await one.submit()

    assert asyncio.run(outside_any_flow()) == 1


def test_a_future_that_is_done_can_be_awaited_again():
    async def twice():
        future = one.submit()
        return await future, await future, future.result()

    assert asyncio.run(twice()) == (1, 1, 1)


def test_a_done_callback_is_called_once_with_the_future(go_on):
    waits = task(lambda: go_on.wait(LIMIT))
    called, futures = threading.Event(), []

    @flow
    def etl():
        future = waits.submit()
        future.add_done_callback(lambda done: (futures.append(done), called.set()))
        assert futures == []
        go_on.set()
        future.result(LIMIT)
        assert called.wait(LIMIT)
        future.add_done_callback(futures.append)
        return futures == [future, future]

    assert etl()


def test_a_done_callback_that_raises_is_noted_and_the_others_are_called(recording):
    called = threading.Event()

    def raises(_future):
        raise OSError("no mail")

    def etl():
        future = task(name="step")(lambda: 1).submit()
        future.add_done_callback(raises)
        future.add_done_callback(lambda _: called.set())
        return future.result(LIMIT)

    assert in_flow(etl) == 1
    assert called.wait(LIMIT)
    assert recording.of("step").notes == ("a done callback of 'step' raised OSError: no mail; the run went on",)


def test_a_future_can_be_cancelled(go_on, recording):
    @task(name="waits")
    def waits():
        while not go_on.wait(0.001):
            pass

    def etl():
        future = waits.submit()
        assert future.cancel()
        future.wait(LIMIT)
        assert not future.cancel()
        return future.state.is_cancelled()

    assert in_flow(etl)


def test_cancelling_one_future_leaves_the_others_alone(go_on):
    def etl():
        first, second = same.submit(1, wait_for=[task(lambda: go_on.wait(LIMIT)).submit()]), same.submit(2)
        first.cancel()
        first.wait(LIMIT)
        go_on.set()
        return first.state.name, second.result(LIMIT)

    assert in_flow(etl) == ("Cancelled", 2)


def test_a_future_shows_its_run_and_knows_its_id(recording):
    future = one.submit()
    future.result(LIMIT)
    assert repr(future) == f"<Future of {recording.of('one')!r}>"
    assert future.task_run_id == recording.of("one").id


# -- map


def test_map_runs_once_for_each_item_in_order():
    add = task(lambda x, y: x + y)
    assert in_flow(lambda: add.map([1, 2, 3], [10, 20, 30]).result(LIMIT)) == [11, 22, 33]


@pytest.mark.parametrize("items", [[1, 2], (1, 2), range(1, 3), iter([1, 2]), {1: "a", 2: "b"}], ids=type)
def test_map_takes_any_iterable(items):
    assert in_flow(lambda: same.map(items).result(LIMIT)) == [1, 2]


def test_arguments_that_are_not_iterable_go_to_every_run_and_so_do_texts():
    both = task(lambda x, y, z=0, *, k: (x, y, z, k))
    mapped = in_flow(lambda: both.map([1, 2], 5, "ab", k=b"cd").result(LIMIT))
    assert mapped == [(1, 5, "ab", b"cd"), (2, 5, "ab", b"cd")]


def test_keyword_arguments_are_mapped_too():
    both = task(lambda x, y: (x, y))
    assert in_flow(lambda: both.map(x=[1, 2], y=[3, 4]).result(LIMIT)) == [(1, 3), (2, 4)]


def test_map_over_nothing_gives_nothing():
    assert in_flow(lambda: same.map([]).result(LIMIT)) == []


def test_map_over_a_futures_list_maps_over_its_items():
    assert in_flow(lambda: same.map(same.submit([1, 2, 3])).result(LIMIT)) == [1, 2, 3]


def test_map_over_the_futures_of_a_map_depends_item_by_item(recording):
    double = task(name="double")(lambda x: 2 * x)
    assert in_flow(lambda: double.map(double.map([1, 2])).result(LIMIT)) == [4, 8]
    assert [run.name for run in recording.of("double[3]").upstream] == ["double[1]"]


def test_iterables_of_different_lengths_are_an_error():
    add = task(name="add")(lambda x, y: x + y)
    with pytest.raises(MappingLengthMismatch) as caught:
        in_flow(lambda: add.map([1, 2], y=[1]))
    assert str(caught.value) == (
        "the iterables given to add.map(...) differ in length: argument 1 has 2, argument y has 1; "
        "make them as long as each other"
    )


def test_nothing_to_map_over_is_an_error():
    with pytest.raises(MappingMissingIterable) as caught:
        in_flow(lambda: same.map(3, "ab"))
    assert str(caught.value) == "no argument of same.map(...) is iterable; pass a list, or call same.submit(...)"


def test_a_list_of_futures_raises_the_first_failure_in_order_or_gives_all():
    @task
    def odd(x):
        if x % 2:
            raise ValueError(x)
        return x

    @flow
    def etl():
        futures = odd.map(range(4))
        with pytest.raises(ValueError, match=r"^1$"):
            futures.result(LIMIT)
        return [str(result) for result in futures.result(raise_on_failure=False)], [s.name for s in futures.states]

    assert etl() == (["0", "1", "2", "3"], ["Completed", "Failed", "Completed", "Failed"])


def test_a_list_of_futures_says_how_many_were_late(go_on):
    waits = task(lambda x: x or go_on.wait(LIMIT))

    @flow
    def etl():
        futures = waits.map([0, 1, 0])
        futures[1].wait(LIMIT)
        futures.wait(0.001)
        with pytest.raises(TimeoutError) as caught:
            futures.result(0.001)
        assert str(caught.value) == "2 of 3 task runs did not complete within 0.001 seconds"
        go_on.set()

    etl()


# -- what a run waits for


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 -- the plain kind is what users have


@dataclass
class Box:
    value: object
    factor: InitVar[int] = 1
    made: list = field(init=False, default_factory=list)


@dataclass(frozen=True, slots=True)
class Frozen:
    value: object


@dataclass
class Checked:
    value: object

    def __post_init__(self):
        self.value = [self.value]


def boxed(future):
    box = Box(future)
    box.made.append(future)
    return box


CONTAINERS = {
    "itself": (lambda f: f, 1),
    "list": (lambda f: [f, 2], [1, 2]),
    "tuple": (lambda f: (0, f), (0, 1)),
    "set": (lambda f: {f}, {1}),
    "frozenset": (lambda f: frozenset([f, 5]), frozenset([1, 5])),
    "dict value": (lambda f: {"a": f}, {"a": 1}),
    "dict key": (lambda f: {f: "a"}, {1: "a"}),
    "deep": (lambda f: [{"a": ({"b": [f]},)}], [{"a": ({"b": [1]},)}]),
    "named tuple": (lambda f: Pair(f, [f]), Pair(1, [1])),
    "defaultdict": (lambda f: defaultdict(list, a=f), {"a": 1}),
    "ordered dict": (lambda f: OrderedDict(a=f), OrderedDict(a=1)),
    "counter": (lambda f: Counter({"a": f}), Counter({"a": 1})),
    "futures list": (lambda f: FutureList([f]), [1]),
    "dataclass": (lambda f: Frozen(f), Frozen(1)),  # noqa: PLW0108 -- one shape for all
    "dataclass with a check": (lambda f: Checked(f), Checked(1)),  # noqa: PLW0108
}


@pytest.mark.parametrize(("make", "expected"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_future_inside_an_argument_is_replaced_by_its_result(make, expected, recording):
    @flow
    def etl():
        future = one.submit()
        given = make(future)
        result = same.submit(given).result(LIMIT)
        assert same(x=make(future)) == result
        return result, type(result) is type(given) or isinstance(given, Future | FutureList)

    assert etl() == (expected, True)
    assert {run.name for run in recording.of("same").upstream} == {"one"}


def test_a_dataclass_with_fields_that_its_init_does_not_take_is_copied():
    def etl():
        given = boxed(one.submit())
        result = same(given)
        return result.value, result.made, given.value is given.made[0]

    assert in_flow(etl) == (1, [1], True)


def test_a_defaultdict_keeps_its_factory():
    assert in_flow(lambda: same(defaultdict(list, a=one.submit()))["new"]) == []


def test_what_holds_no_future_is_passed_as_it_is():
    values = [[1, [2]], {"a": 1}, Frozen(1), object(), "text"]
    assert all(in_flow(lambda value=value: same(value) is value) for value in values)


def test_what_is_beside_a_future_is_passed_as_it_is():
    beside = [1, 2]
    assert in_flow(lambda: same([one.submit(), beside])[1] is beside)


def test_a_circle_that_holds_a_future_is_copied_as_a_circle():
    def etl():
        circle = [one.submit()]
        circle.append(circle)
        copy = same(circle)
        return copy[0], copy[1] is copy, circle[1] is circle

    assert in_flow(etl) == (1, True, True)


def test_a_state_as_an_argument_is_replaced_by_its_result():
    assert in_flow(lambda: same([one(return_state=True), Completed(data=2)])) == [1, 2]


def test_a_flow_takes_futures_too():
    inner = flow(lambda x: x)
    assert in_flow(lambda: inner([one.submit()])) == [1]


def test_wait_for_waits_without_passing_anything(go_on, recording):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        slow = waits.submit()
        after = same.submit(5, wait_for=[slow])
        assert after.state.name == "Pending"
        go_on.set()
        return after.result(LIMIT)

    assert etl() == 5
    assert [run.name for run in recording.of("same").upstream] == ["waits"]


@pytest.mark.parametrize("wait_for", [lambda f: f, lambda f: [f], lambda f: {"a": (f,)}], ids=["one", "list", "deep"])
def test_wait_for_takes_one_future_or_any_container(wait_for, recording):
    assert in_flow(lambda: same(5, wait_for=wait_for(one.submit()))) == 5
    assert [run.name for run in recording.of("same").upstream] == ["one"]


def test_map_passes_wait_for_to_every_run(recording):
    in_flow(lambda: same.map([1, 2], wait_for=[one.submit()]).result(LIMIT))
    assert [run.name for run in recording.of("same[0]").upstream + recording.of("same[1]").upstream] == ["one", "one"]


def test_a_run_that_waits_for_another_takes_up_no_thread(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    @flow(runner=ThreadRunner(2))
    def etl():
        slow = waits.submit()
        dependent = [same.submit(slow) for _ in range(5)]
        free = one.submit().result(LIMIT)
        go_on.set()
        return free, [future.result(LIMIT) for future in dependent]

    assert etl() == (1, [True] * 5)


def test_a_chain_of_submitted_runs_goes_through_in_one_thread():
    def chain():
        future = one.submit()
        for _ in range(20):
            future = same.submit(future)
        return future.result(LIMIT)

    assert in_flow(chain, runner=ThreadRunner(1)) == 1


def test_inline_submit_returns_when_the_run_is_over_also_behind_an_async_one():
    @task
    async def slowly():
        await asyncio.sleep(0.001)
        return 1

    here = threading.get_ident()
    where = task(lambda x: (x, threading.get_ident()))

    def etl():
        future = where.submit(slowly.submit())
        return future.done(), future.result()

    assert in_flow(etl, runner="inline") == (True, (1, here))


# -- upstream runs that did not complete


def chain_of(*steps):
    """Record a flow whose steps each get the future of the one before; the first one fails."""

    def etl():
        future = broken.submit()
        for step in steps:
            future = step.submit(future)

    with record() as recording:
        in_flow(etl, runner="inline")
    return recording


def test_a_task_behind_a_failed_one_is_not_ready_and_never_runs():
    recording = chain_of(task(name="after")(lambda x: x))
    run = recording.of("after")
    assert [state.name for state in run.story] == ["Pending", "NotReady"]
    assert run.state.message == (
        "Upstream task run 'broken' did not reach a 'COMPLETED' state: it is Failed. KeyError: 'price'"
    )


def test_at_the_end_of_a_chain_the_root_cause_is_told():
    recording = chain_of(task(name="first")(lambda x: x), task(name="second")(lambda x: x))
    error = recording.of("second").state.exception
    assert type(error) is UpstreamTaskError
    assert str(error) == (
        "Upstream task run 'first' did not reach a 'COMPLETED' state: it is NotReady. KeyError: 'price'"
    )
    assert isinstance(error.__cause__, KeyError)


def test_its_on_end_hooks_fire_and_no_other():
    hooks = []
    kinds = ("on_running", "on_failure", "on_cancellation", "on_crashed", "on_completion", "on_end")
    attached = {kind: lambda task, run, state, kind=kind: hooks.append((kind, state.name)) for kind in kinds}
    chain_of(task(**attached)(lambda x: x))
    assert hooks == [("on_end", "NotReady")]


@pytest.mark.parametrize("call", [same, lambda f: same.submit(f).result(LIMIT)], ids=["call", "submit"])
def test_asking_for_its_result_raises_the_upstream_error(call):
    with pytest.raises(UpstreamTaskError, match=r"KeyError: 'price'$"):
        in_flow(lambda: call(broken.submit()))


def test_a_failed_state_as_an_argument_is_an_upstream_too():
    with pytest.raises(UpstreamTaskError) as caught:
        in_flow(lambda: same(Failed(message="the disk is full")))
    assert str(caught.value) == (
        "An upstream run did not reach a 'COMPLETED' state: it is Failed. FailedRun: the disk is full"
    )


def test_wait_for_a_failed_run_is_not_ready_either(recording):
    in_flow(lambda: same.submit(1, wait_for=[broken.submit()]).wait(LIMIT))
    assert recording.states("same") == ["Pending", "NotReady"]


# -- failures that nobody looked at


def notes_of(body):
    with record() as recording:
        flow(name="around")(body)(return_state=True)
    return recording.of("around").notes


def test_a_failure_that_nobody_looked_at_is_noted():
    assert notes_of(lambda: broken.submit() and None) == (
        "task run 'broken' failed and nobody looked at it: Task run encountered an exception KeyError: 'price'",
    )


LOOKS = {
    "result": lambda future: future.result(LIMIT, raise_on_failure=False) and None,
    "state": lambda future: (future.wait(LIMIT), future.state, None)[2],
    "returned": lambda future: future,
    "returned in a list": lambda future: [future, 1],
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_failure_that_somebody_looked_at_is_not_noted(look):
    assert notes_of(lambda: look(broken.submit())) == ()


def test_waiting_for_a_failure_is_not_looking_at_it():
    assert len(notes_of(lambda: broken.submit().wait(LIMIT))) == 1


# -- nothing hangs


def test_a_task_that_waits_for_one_it_submitted_to_a_pool_of_one_ends():
    inner = task(lambda x: x + 1)
    middle = task(lambda x: inner.submit(x).result(LIMIT) + 1)
    outer = task(lambda x: middle.submit(x).result(LIMIT) + 1)
    assert in_flow(lambda: outer.submit(0).result(LIMIT), runner=ThreadRunner(1)) == 3


def test_many_tasks_that_wait_for_one_each_in_a_pool_of_one_end():
    inner = task(lambda x: x)
    outer = task(lambda x: inner.submit(x).result(LIMIT))
    assert in_flow(lambda: outer.map(range(10)).result(LIMIT), runner=ThreadRunner(1)) == list(range(10))


def test_a_task_that_submits_and_leaves_in_a_pool_of_one_ends():
    outer = task(lambda x: one.submit() and x)
    assert in_flow(lambda: outer.map(range(5)).result(LIMIT), runner=ThreadRunner(1)) == list(range(5))


def test_a_subflow_in_a_pool_of_one_ends():
    inner = flow(lambda: one.submit().result(LIMIT))
    outer = task(inner)
    assert in_flow(lambda: outer.submit().result(LIMIT), runner=ThreadRunner(1)) == 1


def test_waiting_on_the_loop_that_has_to_run_it_is_an_error():
    @task
    async def answer():
        return 1

    @flow
    async def etl():
        future = answer.submit()
        with pytest.raises(SelfWaitError) as caught:
            future.result()
        assert str(caught.value) == (
            "waiting for 'answer' here would block the event loop that has to run it; write: await future"
        )
        return await future

    assert asyncio.run(etl()) == 1


def test_a_sync_flow_that_must_run_async_work_works_inside_a_running_loop():
    @task
    async def answer():
        await asyncio.sleep(0)
        return 42

    hooks = []

    async def notify(flow, run, state):
        hooks.append(state.name)

    etl = flow(on_completion=notify)(lambda: answer.submit().result(LIMIT))

    async def cell():
        return etl()

    assert asyncio.run(cell()) == 42
    assert hooks == ["Completed"]


PATCHED = """
import asyncio, nest_asyncio2
nest_asyncio2.apply()
from hookcell import flow
async def notify():
    print(asyncio.get_running_loop() is kernels)
    await asyncio.sleep(0)
@flow(on_completion=notify)
def etl():
    return 42
async def cell():
    global kernels
    kernels = asyncio.get_running_loop()
    print(etl())
asyncio.run(cell())
"""


def test_on_a_patched_loop_async_work_of_sync_code_runs_on_that_loop():
    pytest.importorskip("nest_asyncio2")
    done = subprocess.run([sys.executable, "-c", PATCHED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "42"]


def test_flows_in_many_threads_each_have_their_own_runs(recording):
    etl = flow(name="etl")(lambda x: same.map([x, x]).result(LIMIT))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(etl, range(8))) == [[x, x] for x in range(8)]
    assert [len(run.children) for run in recording.runs if run.definition is etl] == [2] * 8


# -- runners


@pytest.mark.parametrize(
    "runner", ["inline", "threads", ThreadRunner, InlineRunner, ThreadRunner(max_workers=2), InlineRunner()], ids=repr
)
def test_a_flow_takes_a_runner_by_name_class_or_instance(runner):
    assert in_flow(lambda: same.map([1, 2]).result(LIMIT), runner=runner) == [1, 2]


def test_one_runner_instance_can_serve_many_flow_runs():
    etl = flow(runner=ThreadRunner(2))(lambda: one.submit().result(LIMIT))
    assert [etl(), etl.with_options()(), etl()] == [1, 1, 1]


def test_no_more_bodies_run_at_once_than_the_runner_has_workers():
    lock, inside = threading.Lock(), []

    @task
    def counts(x):
        with lock:
            inside.append(1)
            most = len(inside)
        with lock:
            inside.pop()
        return most

    assert max(in_flow(lambda: counts.map(range(50)).result(LIMIT), runner=ThreadRunner(3))) <= 3


def test_a_subflow_without_a_runner_uses_the_one_around_it():
    where = task(threading.get_ident)
    inner = flow(lambda: where.submit().result(LIMIT))
    assert in_flow(inner, runner="inline") == threading.get_ident()
    assert in_flow(inner.with_options(runner="threads"), runner="inline") != threading.get_ident()


def test_an_unknown_runner_is_an_error():
    with pytest.raises(UnknownOptionError) as caught:
        flow(runner="dsk")(lambda: 1)
    assert str(caught.value) == "there is no runner 'dsk'; there are inline, threads, and ThreadRunner(max_workers=...)"


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"], ids=repr)
def test_a_wrong_number_of_workers_is_an_error(workers):
    with pytest.raises(UnknownOptionError) as caught:
        ThreadRunner(workers)
    assert str(caught.value) == f"max_workers is {workers!r}; give a whole number of 1 or more"


def test_when_a_flow_ends_its_threads_end(recording):
    threads = task(threading.current_thread)
    used = in_flow(lambda: threads.submit().result(LIMIT))
    used.join(LIMIT)
    assert not used.is_alive()


def test_a_future_is_one_of_ours():
    assert isinstance(one.submit(), Future)
