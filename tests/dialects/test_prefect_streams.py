"""Generator flows and tasks: their items are made as they are asked for, and their run ends when they do."""

import asyncio
import os
import signal

import pytest

from hookcell.prefect import flow, task
from hookcell.prefect.context import FlowRunContext
from hookcell.testing import record


@pytest.fixture
def seen():
    return []


@pytest.fixture
def hooks(seen):
    kinds = ("on_running", "on_completion", "on_failure", "on_cancellation")
    return {kind: [lambda definition, run, state: seen.append(state.name)] for kind in kinds}


@pytest.mark.parametrize("decorate", [flow, task])
def test_the_body_runs_between_the_items(decorate, seen, hooks):
    @decorate(**hooks)
    def count():
        for i in range(2):
            seen.append(f"made {i}")
            yield i

    for item in count():
        seen.append(f"got {item}")
    assert seen == ["Running", "made 0", "got 0", "made 1", "got 1", "Completed"]


def test_nothing_runs_before_the_first_item_is_asked_for(seen, hooks):
    @flow(**hooks)
    def count():
        yield 1

    count()
    assert seen == []


def test_closing_it_early_completes_the_run(seen, hooks):
    @flow(**hooks)
    def count():
        try:
            yield 1
            yield 2
        finally:
            seen.append("tidied")

    items = count()
    next(items)
    items.close()
    assert seen == ["Running", "tidied", "Completed"]


def test_an_error_after_an_item_fails_the_run_and_is_raised(seen, hooks):
    @flow(**hooks)
    def count():
        yield 1
        raise ValueError("no more")

    items = count()
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)
    assert seen == ["Running", "Failed"]


def test_a_retry_starts_the_items_anew(seen, hooks):
    @task(retries=1, **hooks)
    def count():
        yield len(seen)
        if seen.count("Retrying") == 0:
            raise ValueError

    assert list(count()) == [1, 2]
    assert seen == ["Running", "Retrying", "Completed"]


def test_what_is_sent_and_returned_passes_through():
    @flow
    def echo():
        got = yield "first"
        return got

    items = echo()
    next(items)
    with pytest.raises(StopIteration) as stopped:
        items.send("hello")
    assert stopped.value.value == "hello"


def test_the_run_is_current_only_while_an_item_is_made():
    @flow
    def count():
        yield FlowRunContext.get().flow_run.name

    with record() as recording:
        items = count()
        assert next(items) == recording.of("count").name
        assert FlowRunContext.get() is None


def test_an_async_generator_gives_its_items_as_they_are_awaited(seen, hooks):
    @flow(**hooks)
    async def count():
        for i in range(2):
            seen.append(f"made {i}")
            await asyncio.sleep(0)
            yield i

    async def main():
        async for item in count():
            seen.append(f"got {item}")

    asyncio.run(main())
    assert seen == ["Running", "made 0", "got 0", "made 1", "got 1", "Completed"]


def test_closing_an_async_generator_early_completes_the_run(seen, hooks):
    @task(**hooks)
    async def count():
        yield 1
        yield 2

    async def main():
        items = count()
        await anext(items)
        await items.aclose()

    asyncio.run(main())
    assert seen == ["Running", "Completed"]


def test_an_error_of_an_async_generator_fails_the_run(seen, hooks):
    @flow(**hooks)
    async def count():
        yield 1
        raise ValueError("no more")

    async def main():
        return [item async for item in count()]

    with pytest.raises(ValueError, match="no more"):
        asyncio.run(main())
    assert seen == ["Running", "Failed"]


def test_a_flow_may_consume_a_generator_task_that_runs_inside_it():
    count = task(lambda: (yield from range(3)), name="count")

    @flow
    def total():
        return sum(count())

    with record() as recording:
        assert total() == 3
    assert recording.of("count").flow_run is recording.of("total")


def test_a_submitted_generator_task_gives_a_list():
    count = task(lambda: (yield from range(3)))

    @flow
    def work():
        return count.submit().result()

    assert work() == [0, 1, 2]


@pytest.mark.parametrize(("decorate", "kind"), [(flow, "flow"), (task, "task")])
def test_its_final_state_is_refused_at_the_call(decorate, kind):
    with pytest.raises(ValueError, match=f"^The return_type for a generator {kind} must be 'result'; "):
        decorate(lambda: (yield from range(3)))(return_state=True)


def test_an_interrupt_while_an_item_is_made_cancels_the_run(seen, hooks):
    @flow(**hooks)
    def count():
        yield 1
        os.kill(os.getpid(), signal.SIGINT)
        yield 2

    with pytest.raises(KeyboardInterrupt):
        list(count())
    assert seen == ["Running", "Cancelling"]


@pytest.fixture
def interrupts():
    """As in a shell: what is run in the background of a script ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_between_two_items_is_the_callers_own():
    items = flow(lambda: (yield from range(3)))()
    next(items)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert next(items) == 1


# -- what is thrown in, and what the end raises


def test_what_is_thrown_in_is_raised_at_the_yield(seen, hooks):
    @flow(**hooks)
    def count():
        try:
            yield 1
        except KeyError:
            yield "caught"

    items = count()
    next(items)
    assert items.throw(KeyError("x")) == "caught"
    assert list(items) == []
    assert seen == ["Running", "Completed"]


def test_what_is_thrown_in_and_not_caught_fails_the_run(seen, hooks):
    @flow(**hooks)
    def count():
        yield 1
        yield 2

    items = count()
    next(items)
    with pytest.raises(KeyError):
        items.throw(KeyError("x"))
    assert seen == ["Running", "Failed"]


def test_a_stream_that_is_closed_is_not_tried_again_and_raises_what_its_end_raised(seen, hooks):
    @flow(retries=2, **hooks)
    def count():
        try:
            yield 1
        finally:
            raise KeyError("late")

    items = count()
    next(items)
    with pytest.raises(KeyError, match="late"):
        items.close()
    assert seen == ["Running", "Failed"]


def test_an_async_stream_is_sent_and_thrown_what_its_caller_sends_and_throws(seen, hooks):
    @flow(**hooks)
    async def count():
        got = yield 1
        try:
            yield got
        except KeyError:
            yield "caught"

    async def main():
        items = count()
        first, second = await items.asend(None), await items.asend(9)
        return first, second, await items.athrow(KeyError("x")), [item async for item in items]

    assert asyncio.run(main()) == (1, 9, "caught", [])
    assert seen == ["Running", "Completed"]


def test_an_async_stream_that_is_closed_is_not_tried_again(seen, hooks):
    @flow(retries=2, **hooks)
    async def count():
        try:
            yield 1
        finally:
            raise KeyError("late")

    async def main():
        items = count()
        await anext(items)
        with pytest.raises(KeyError, match="late"):
            await items.aclose()

    asyncio.run(main())
    assert seen == ["Running", "Failed"]


def test_a_cancellation_from_outside_ends_an_async_stream_though_a_hook_finishes(seen):
    started = asyncio.Event()

    async def slow(flow, flow_run, state):
        started.set()
        await asyncio.sleep(0.01)
        seen.append("hook done")

    @flow(on_running=[slow])
    async def count():
        yield 1

    async def main():
        async def use():
            return [item async for item in count()]

        using = asyncio.create_task(use())
        await started.wait()
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using

    asyncio.run(main())
    assert seen == ["hook done"]
