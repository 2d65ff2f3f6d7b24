"""Facts found in review; each moves to the file that is about its idea."""

import asyncio
import copy
import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from hookcell.log import logs_of
from hookcell.prefect import flow, get_run_logger, task
from hookcell.prefect.client.orchestration import get_client
from hookcell.prefect.settings import temporary_settings
from hookcell.prefect.states import Completed, Failed, StateDetails
from hookcell.prefect.variables import Variable
from hookcell.store.memory import remembered

# -- streams


@pytest.fixture
def seen():
    return []


@pytest.fixture
def hooks(seen):
    kinds = ("on_running", "on_completion", "on_failure", "on_cancellation", "on_crashed")
    return {kind: [lambda definition, run, state: seen.append(state.name)] for kind in kinds}


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


# -- either way


def test_a_call_behind_await_in_an_async_generator_may_be_awaited():
    state = Completed(data=7)

    async def main():
        async def items():
            yield await state.result()

        return [item async for item in items()]

    assert asyncio.run(main()) == [7]


@pytest.mark.parametrize("first", [True, False])
def test_either_of_two_calls_behind_one_await_may_be_awaited(first):
    one, other = Completed(data=1), Completed(data=2)

    async def main():
        return await (one.result() if first else other.result())

    assert asyncio.run(main()) == (1 if first else 2)


# -- states


def ended():
    return task(lambda: 7)(return_state=True), flow(lambda: {"a": 1})(return_state=True)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_state_can_be_copied_and_sent_elsewhere_and_still_knows_its_run(again):
    for state in (*ended(), Failed(message="m", data=KeyError("x"), state_details=StateDetails(pause_key="k"))):
        other = again(state)
        assert type(other).__name__ == "State"
        assert (repr(other), other.timestamp) == (repr(state), state.timestamp)
        assert other.state_details == state.state_details


def test_a_state_that_was_sent_to_another_session_knows_its_run(tmp_path):
    state = flow(lambda: 7)(return_state=True)
    (tmp_path / "state").write_bytes(pickle.dumps(state))
    code = (
        "import pathlib, pickle, sys\n"
        "state = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(state.state_details.flow_run_id, state.result())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "state")], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(state.state_details.flow_run_id), "7"]


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


def test_arguments_that_cannot_be_shown_are_told_of_all_the_same():
    @flow
    def load(x):
        return x

    with pytest.raises(TypeError) as caught:
        load(1, Unshown())
    assert "received args: (1, (Unshown, which cannot be shown)) and kwargs: []." in str(caught.value)


def test_a_retry_condition_is_asked_also_about_an_error_that_cannot_be_shown():
    class Odd(Exception):  # noqa: N818 -- it is odd
        def __repr__(self):
            raise RuntimeError("no repr")

    asked = []

    @task(retries=1, retry_condition_fn=lambda task, run, state: asked.append(state.message) or False)
    def fails():
        raise Odd("x")

    fails(return_state=True)
    assert asked == ["Task run encountered unexpected exception: (Odd, which cannot be shown)"]


# -- runs


def test_total_run_time_is_the_time_between_the_timestamps():
    runs = []
    for _ in range(50):
        task(on_completion=[lambda task, run, state: runs.append(run)])(lambda: 1)()
    assert all(run.total_run_time == run.end_time - run.start_time for run in runs)


def test_a_task_run_knows_how_often_its_flow_run_had_been_tried():
    counts = []

    @task(on_completion=[lambda task, run, state: counts.append((run.run_count, run.flow_run_run_count))])
    def load():
        return 1

    @flow(retries=1)
    def etl():
        load()
        if len(counts) == 1:
            raise KeyError("x")

    etl()
    load()
    assert counts == [(1, 1), (1, 2), (1, 0)]


# -- calls


def test_a_task_may_have_a_parameter_called_self():
    @task
    def keep(self, name, task, timeout):
        return self, name, task, timeout

    given = {"self": 1, "name": 2, "task": 3, "timeout": 4}

    @flow
    def etl():
        several = keep.map(**{name: [value] for name, value in given.items()})
        return keep.submit(**given).result(), several.result()

    assert etl() == ((1, 2, 3, 4), [(1, 2, 3, 4)])


def test_a_text_given_as_tags_is_one_tag():
    assert sorted(task(tags="prod")(lambda: 1).tags) == ["prod"]


@pytest.mark.parametrize("name", ["v__args", "v__kwargs", "v__positional_only", "v__duplicate_kwargs", "model_config"])
def test_a_parameter_may_not_have_a_name_that_validation_needs(name):
    fn = eval(f"lambda {name}: 1")  # noqa: S307 -- a name that is made
    with pytest.raises(ValueError, match="not compatible with `validate_parameters`"):
        flow(fn)
    assert flow(validate_parameters=False)(fn)(1) == 1


def test_a_parameter_may_be_called_almost_anything():
    assert flow(lambda v__x: v__x)(1) == 1


def test_a_default_is_checked_as_an_argument_is():
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):
        x: int

    @flow
    def load(model: Model = {"x": "42"}):  # noqa: B006 -- as people write it
        return model.x

    @flow
    def wrong(x: int = "many"):
        return x

    assert load() == 42
    assert wrong(3) == 3
    assert "x: Input should be a valid integer" in wrong(return_state=True).message


# -- variables, settings, client, logs


def test_tags_of_a_variable_may_come_from_a_generator():
    assert Variable.set("x", 1, tags=(tag for tag in ["a"])).tags == ["a"]


@pytest.mark.parametrize("tags", [5, "a", [1]])
def test_tags_of_a_variable_are_texts(tags):
    with pytest.raises(ValueError, match=r"tags of variable 'x' must be a list of texts, such as \[\"production\"\]"):
        Variable.set("x", 1, tags=tags)


def test_what_is_no_setting_cannot_be_changed():
    with pytest.raises(ValueError, match="there is no setting 5; there are api.url, "), temporary_settings({5: 1}):
        pass


@pytest.mark.parametrize("wrong", [5, {"name": "etl"}])
def test_a_filter_is_a_record_or_a_dict(wrong):
    flow(lambda: 1)()
    told = 'A filter is {}; give a dict such as {{"name": {{"any_": ["nightly"]}}}}, or a FlowRunFilter'
    with pytest.raises(TypeError) as caught, get_client(sync_client=True) as client:
        client.read_flow_runs(flow_run_filter=wrong)
    assert str(caught.value) == told.format(repr(wrong["name"] if isinstance(wrong, dict) else wrong))


def test_a_line_of_a_child_logger_is_kept_once():
    @flow
    def nightly():
        get_run_logger().getChild("parts").info("only once")

    nightly()
    assert [line.message for line in logs_of(remembered.flow_runs[-1])].count("only once") == 1
