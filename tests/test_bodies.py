"""What a body may be: anything that can be called is run to its end before its run has completed."""

import asyncio
import functools
import math

import pytest
from small_runs import LIMIT

from hookcell import State, UnknownOptionError, flow, task
from hookcell.gate import gate


async def give_one():
    return 1


def test_the_coroutine_that_a_plain_function_gives_is_its_body_too():
    @task
    @functools.wraps(give_one)
    def wrapped():
        return give_one()

    assert wrapped() == 1
    assert flow(lambda: wrapped.submit().result())() == 1


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
def test_an_async_generator_is_run_to_its_end_and_gives_a_list(definition):
    @definition
    async def rows():
        for n in range(3):
            await asyncio.sleep(0)
            yield n

    assert asyncio.run(rows()) == [0, 1, 2]


def test_a_generator_exit_of_an_async_bodys_own_is_a_crash_and_hangs_nobody():
    @task
    async def leaves():
        raise GeneratorExit

    state = flow(lambda: leaves.submit().wait(LIMIT) or None)(return_state=True)
    assert state.is_completed()
    with pytest.raises(GeneratorExit):
        flow(lambda: leaves.submit().result(LIMIT))()


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_generator_exit_of_an_async_hooks_own_breaks_nothing_and_frees_the_gate(how):
    async def leaves(flow, run, state):
        raise GeneratorExit

    async def body():
        return 1

    if how == "sync":
        assert flow(on_completion=leaves)(lambda: 1)() == 1
    else:
        assert asyncio.run(flow(on_completion=leaves)(body)()) == 1
    assert gate.owner is None


def test_a_return_annotation_that_cannot_be_resolved_does_not_hide_the_parameters():
    seen = []

    def only_value_errors(error: ValueError) -> "DataFrame":  # noqa: F821
        seen.append(error)

    def states(state: State) -> "DataFrame":  # noqa: F821
        seen.append(state)

    @flow(on_failure=[only_value_errors, states])
    def fails(days: int) -> "DataFrame":  # noqa: F821
        raise ZeroDivisionError

    state = fails("3", return_state=True)
    assert seen == [state]
    assert fails("x", return_state=True).name == "Failed"
    assert "days: Input should be a valid integer" in fails("x", return_state=True).message


@pytest.mark.parametrize("seconds", [math.inf, math.nan, 1e12])
def test_times_that_no_clock_can_tell_are_refused(seconds):
    with pytest.raises(UnknownOptionError, match=r"^timeout_seconds of '<lambda>' is "):
        task(timeout_seconds=seconds)(lambda: 1)
    with pytest.raises(UnknownOptionError, match=r"^retry_delay_seconds of '<lambda>' is "):
        task(retries=1, retry_delay_seconds=seconds)(lambda: 1)


def test_tags_that_are_no_texts_are_refused():
    with pytest.raises(UnknownOptionError) as caught:
        task(name="load", tags=3)(lambda: 1)
    assert str(caught.value) == "tags of 'load' is 3; give a text, or a list of texts"
