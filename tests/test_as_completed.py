"""`as_completed` and `wait`: several futures, from wherever they are waited for."""

import asyncio
import contextvars
import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT, broken, in_flow, one, same

from hookcell import (
    CancelledRun,
    Completed,
    Future,
    RunInterrupted,
    SelfWaitError,
    ThreadRunner,
    as_completed,
    flow,
    runs,
    task,
    wait,
)
from hookcell.gate import gate


@pytest.fixture(autouse=True)
def _nothing_left():
    yield
    assert gate.owner is None
    assert runs.current.get() is None


class Steps:
    """Runs that end when they are told to, each with its number as the result."""

    def __init__(self, count):
        self.ends = [threading.Event() for _ in range(count)]
        self.futures = task(lambda i: self.ends[i].wait(LIMIT) and i).map(range(count))

    def end(self, i):
        """End one, and wait until it is over."""
        self.ends[i].set()
        self.futures[i].wait(LIMIT)

    def end_after(self, i, seconds=0.001):
        """End one while somebody waits."""
        threading.Timer(seconds, self.ends[i].set).start()


def with_steps(count, body, **options):
    """Give a body some runs inside a flow, which are all told to end when it has."""

    def around():
        steps = Steps(count)
        try:
            return body(steps)
        finally:
            for end in steps.ends:
                end.set()

    return in_flow(around, **options)


# -- as_completed


def test_futures_come_in_the_order_in_which_their_runs_end():
    def body(steps):
        order = []
        steps.end_after(2)
        for future in as_completed(steps.futures, LIMIT):
            order.append(future.result())
            if len(order) < 3:
                steps.end_after({2: 0, 0: 1}[order[-1]])
        return order

    assert with_steps(3, body) == [2, 0, 1]


def test_those_that_are_over_come_first_in_their_own_order():
    def body(steps):
        for i in (2, 0):
            steps.end(i)
        steps.end_after(1)
        return [future.result() for future in as_completed(steps.futures, LIMIT)]

    assert with_steps(3, body) == [0, 2, 1]


def test_a_future_given_twice_comes_once():
    assert with_steps(1, lambda steps: (steps.end(0), len(list(as_completed([*steps.futures] * 2))))[1]) == 1


def test_failures_come_like_the_others_and_are_not_looked_at(recording):
    assert in_flow(lambda: [f.run.name for f in as_completed([broken.submit()], LIMIT)]) == ["broken"]
    assert len(recording.of("around").notes) == 1


def test_of_no_futures_nothing_comes():
    assert list(as_completed([])) == []


def test_as_completed_takes_any_iterable():
    assert in_flow(lambda: [f.result() for f in as_completed(same.submit(x) for x in [1])]) == [1]


def test_when_the_time_is_up_it_says_how_many_are_unfinished():
    def body(steps):
        steps.end(1)
        given = []
        with pytest.raises(TimeoutError) as caught:
            given.extend(future.result() for future in as_completed(steps.futures, 0.001))
        return given, str(caught.value)

    assert with_steps(3, body) == ([1], "2 (of 3) futures unfinished")


def test_without_time_it_still_gives_those_that_are_over():
    def body(steps):
        steps.end(1)
        futures = as_completed(steps.futures, 0)
        first = next(futures).result()
        with pytest.raises(TimeoutError, match=r"^1 \(of 2\) futures unfinished$"):
            next(futures)
        return first

    assert with_steps(2, body) == 1


def test_a_loop_that_is_left_early_leaves_nothing_behind():
    def body(steps):
        steps.end(0)
        futures = as_completed(steps.futures, LIMIT)
        next(futures)
        futures.close()
        return [future._wakes for future in steps.futures]

    assert with_steps(3, body) == [[], [], []]


# -- wait


def test_wait_gives_those_that_are_done_once_all_are():
    def body(steps):
        steps.end_after(0)
        steps.end_after(1)
        done, not_done = wait(steps.futures)
        return done == set(steps.futures), not_done

    assert with_steps(2, body) == (True, set())


def test_wait_gives_those_that_are_not_done_in_time():
    def body(steps):
        steps.end(1)
        waited = wait(steps.futures, timeout=0.001)
        return waited.done == {steps.futures[1]}, waited.not_done == {steps.futures[0]}

    assert with_steps(2, body) == (True, True)


def test_wait_raises_no_failure_and_looks_at_none(recording):
    assert in_flow(lambda: len(wait([broken.submit()], LIMIT).done)) == 1
    assert len(recording.of("around").notes) == 1


# -- wrong arguments


@pytest.mark.parametrize("waits", [wait, as_completed])
def test_a_negative_timeout_is_an_error_even_if_there_is_nothing_to_wait_for(waits):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its whole text is compared
        waits([], -1)
    assert str(caught.value) == "'timeout' must be a non-negative number, got -1; give seconds, or None for no limit"


@pytest.mark.parametrize("waits", [wait, as_completed])
def test_one_future_instead_of_several_is_an_error(waits):
    with pytest.raises(TypeError) as caught:
        waits(one.submit())
    assert str(caught.value) == f"{waits.__name__} got one future instead of several; write {waits.__name__}([future])"


@pytest.mark.parametrize("waits", [wait, as_completed])
def test_something_else_than_futures_is_an_error(waits):
    with pytest.raises(TypeError) as caught:
        waits([one.submit(), Completed()])
    assert str(caught.value) == (
        f"{waits.__name__} got Completed(message=None, type=COMPLETED, result=None), which is no future; "
        "it takes what .submit() and .map() give, and background runs"
    )


# -- wherever they are called


def all_of(futures):
    return sorted(future.result() for future in as_completed(futures, LIMIT))


def waited(futures):
    return sorted(future.result() for future in wait(futures, LIMIT).done)


every_way = pytest.mark.parametrize(
    "results", [all_of, waited, lambda futures: futures.result(LIMIT)], ids=["as_completed", "wait", "list"]
)


@every_way
def test_in_a_pool_of_one_a_worker_that_waits_lets_another_work(results):
    outer = task(lambda: results(same.map([1, 2])))
    assert in_flow(lambda: outer.submit().result(LIMIT), runner=ThreadRunner(1)) == [1, 2]


@every_way
def test_a_hook_that_waits_lends_its_turn_to_the_hooks_it_waits_for(results):
    seen = []
    step = task(on_completion=lambda task, run, state: seen.append(state.data))(lambda x: x)

    def report():
        seen.append(results(step.map([1, 2])))

    flow(on_completion=report)(lambda: None)()
    assert (sorted(seen[:2]), seen[2:]) == ([1, 2], [[1, 2]])


@every_way
def test_outside_any_flow(results):
    assert results(same.map([1, 2])) == [1, 2]


@every_way
def test_in_a_users_thread_inside_a_flow(results):
    def body():
        futures = same.map([1, 2])
        context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(context.run, results, futures).result(LIMIT)

    assert in_flow(body) == [1, 2]


@every_way
def test_on_the_loop_of_an_async_flow_for_tasks_in_threads(results):
    @flow
    async def etl():
        return results(same.map([1, 2]))

    assert asyncio.run(etl()) == [1, 2]


@every_way
def test_on_the_loop_that_has_to_run_them_it_is_an_error(results):
    @task
    async def answer(x):
        return x

    @flow
    async def etl():
        futures = answer.map([1])
        with pytest.raises(SelfWaitError) as caught:
            results(futures)
        await asyncio.gather(*futures)
        return results(futures), str(caught.value)

    assert asyncio.run(etl()) == (
        [1],
        "waiting for 'answer[0]' here would block the event loop that has to run it; write: await future",
    )


# -- stops


WAITS = {
    "as_completed": lambda futures: next(as_completed(futures)),
    "wait": wait,
    "result": lambda futures: futures[0].result(),
    "list": lambda futures: futures.result(),
}
every_wait = pytest.mark.parametrize("waits", WAITS.values(), ids=WAITS)


def cancelling(waits, caught):
    """Give a body that is cancelled while it waits."""

    def body(steps):
        try:
            threading.Timer(0.001, runs.current.get().cancel).start()
            waits(steps.futures)
        except BaseException as error:
            caught.append(type(error))
            raise

    return body


@every_wait
def test_a_cancelled_flow_stops_waiting(waits):
    caught = []
    with pytest.raises(CancelledRun):
        with_steps(2, cancelling(waits, caught))
    assert caught == [RunInterrupted]


@every_wait
def test_a_stop_that_was_heard_does_not_end_the_next_wait(waits, go_on, recording):
    """Nor does it look like a timeout."""

    @flow(name="around")
    def etl():
        try:
            runs.current.get().cancel()
            wait([task(lambda: go_on.wait(LIMIT)).submit()])
        except RunInterrupted:
            go_on.set()
        late = same.map([1])
        try:
            waits(late)
        except Exception as error:  # noqa: BLE001 -- what it is is the question
            return type(error).__name__
        return late[0].state.name

    assert etl() in {"Cancelled", "CancelledRun"}


async def stopped_on_a_loop(waits, caught):
    @flow
    async def etl():
        steps = Steps(1)
        threading.Timer(0.001, runs.current.get().cancel).start()
        try:
            waits(steps.futures)
        except BaseException as error:
            caught.append(error)
            raise
        finally:
            steps.ends[0].set()

    return await etl(return_state=True)


@every_wait
def test_a_cancelled_async_flow_stops_blocking_its_loop(waits):
    caught = []
    state = asyncio.run(stopped_on_a_loop(waits, caught))
    assert state.name == "Cancelled"
    assert isinstance(caught[0], asyncio.CancelledError)
    assert type(caught[0]).__name__ == "RunInterrupted"


@every_wait
def test_a_users_thread_waits_on_until_the_runs_have_stopped(waits, go_on):
    threads, over = [], []

    def body(steps):
        def look():
            try:
                waits(steps.futures)
            except CancelledRun:
                pass
            over.append(steps.futures[0].done())

        threads.append(threading.Thread(target=contextvars.copy_context().run, args=(look,)))
        threads[0].start()
        threading.Timer(0.001, runs.current.get().cancel).start()
        go_on.wait(LIMIT)

    with pytest.raises(CancelledRun):
        with_steps(1, body)
    threads[0].join(LIMIT)
    assert over == [True]


# -- how long to wait


@pytest.mark.parametrize("seconds", [math.inf, 1e20, 10**30])
def test_any_number_of_seconds_can_be_waited(seconds, go_on):
    waits = task(lambda: go_on.wait(LIMIT) and 1)

    def body():
        futures = waits.map([]) or [waits.submit(), waits.submit()]
        threading.Timer(0.01, go_on.set).start()
        wait(futures, seconds)
        return [future.result(seconds) for future in as_completed(futures, seconds)]

    assert in_flow(body) == [1, 1]


@pytest.mark.parametrize("seconds", [math.nan, "1", [], True])
def test_what_is_no_number_of_seconds_is_refused(seconds):
    told = f"'timeout' must be a non-negative number, got {seconds!r}; give seconds, or None for no limit"
    error = ValueError if isinstance(seconds, float) else TypeError
    for ask in (wait, as_completed):
        with pytest.raises(error) as caught:
            ask([], seconds)
        assert str(caught.value) == told


class Compared(Future):
    """A future that counts its comparisons: to search a list of many takes many."""

    __slots__ = ("count",)
    __hash__ = Future.__hash__

    def __init__(self, count):
        super().__init__(None, contextvars.copy_context())
        self.count = count

    def __eq__(self, other):
        next(self.count)
        return self is other


def test_many_futures_are_arranged_and_given_without_searching_for_any_among_them():
    comparisons = itertools.count()
    futures = [Compared(comparisons) for _ in range(1000)]
    arriving = as_completed(futures)
    for future in futures:
        future.resolve()
    assert [id(future) for future in arriving] == [id(future) for future in futures]
    assert next(comparisons) < 10 * len(futures)
