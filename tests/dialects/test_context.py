"""Prefect's contexts: views of the run around the code that asks, and those that tests make by hand."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest

import hookcell
from hookcell.prefect import flow, tags, task
from hookcell.prefect.client.orchestration import SyncPrefectClient
from hookcell.prefect.client.schemas import FlowRun, TaskRun
from hookcell.prefect.context import (
    ContextModel,
    EngineContext,
    FlowRunContext,
    TagsContext,
    TaskRunContext,
    get_run_context,
    with_context,
)
from hookcell.prefect.exceptions import MissingContextError, OutOfScope

OUTSIDE = "No run context available. You are not in a flow or task run context."


def made(**known):
    return FlowRunContext(flow_run=FlowRun.model_construct(name="by hand"), **known)


# -- of real runs


def test_outside_runs_there_is_no_context():
    assert FlowRunContext.get() is None
    assert TaskRunContext.get() is None


def test_asking_for_a_context_outside_runs_says_so():
    with pytest.raises(MissingContextError, match=rf"^{re.escape(OUTSIDE)}$"):
        get_run_context()


def test_the_error_is_a_runtime_error_as_in_prefect():
    with pytest.raises(RuntimeError):
        get_run_context()


def test_a_flow_sees_its_run_and_what_it_was_called_with():
    @flow
    def nightly(x, y=2):
        return FlowRunContext.get()

    seen = nightly(1)
    assert (seen.flow, seen.parameters) == (nightly, {"x": 1, "y": 2})
    assert seen.flow_run.state.is_completed()
    assert seen.start_time == seen.flow_run.start_time


def test_a_task_sees_its_own_run_and_the_flow_run_around():
    @task
    def load(x):
        return TaskRunContext.get(), FlowRunContext.get(), get_run_context()

    @flow
    def nightly():
        return load(3), get_run_context()

    (of_task, of_flow, current), around = nightly()
    assert (of_task.task, of_task.task_run.name, of_task.parameters) == (load, "load-000", {"x": 3})
    assert of_flow.flow_run is around.flow_run
    assert isinstance(current, TaskRunContext)
    assert isinstance(around, FlowRunContext)


def test_a_task_on_its_own_has_no_flow_context():
    @task
    def load():
        return TaskRunContext.get().task, FlowRunContext.get()

    assert load() == (load, None)


def test_in_a_subflow_of_a_task_the_subflow_is_the_context():
    @flow
    def inner():
        return get_run_context().flow, TaskRunContext.get().task

    @task
    def load():
        return inner()

    @flow
    def outer():
        return load()

    assert outer() == (inner, load)


def test_submitted_and_async_tasks_have_their_contexts():
    @task
    def load():
        return get_run_context().task_run.name

    @task
    async def aload():
        return get_run_context().task_run.name

    @flow
    async def nightly():
        return load.submit().result(), await aload(), get_run_context().flow.name

    assert asyncio.run(nightly()) == ("load-000", "aload-000", "nightly")


def test_a_hook_sees_the_context_of_its_own_run_in_every_kind_of_hook():
    seen = []

    def look(definition, run, state):
        context = get_run_context()
        mine = context.flow_run if definition.kind == "flow" else context.task_run
        seen.append((definition.name, state.name, mine is run and mine.state is state))

    @task(on_running=[look], on_failure=[look])
    def load():
        raise ValueError("t")

    @flow(name="inner", on_running=[look], on_crashed=[look])
    def inner():
        raise SystemExit

    @flow(name="outer", on_running=[look], on_failure=[look])
    def outer():
        with pytest.raises(SystemExit):
            inner()
        load()

    outer(return_state=True)
    assert all(right for *_, right in seen)
    assert [(name, state) for name, state, _ in seen] == [
        ("outer", "Running"),
        ("inner", "Running"),
        ("inner", "Crashed"),
        ("load", "Running"),
        ("load", "Failed"),
        ("outer", "Failed"),
    ]


def test_a_hook_on_invalid_parameters_has_a_context_too():
    seen = []

    @flow(on_failure=[lambda flow, run, state: seen.append(get_run_context().flow_run is run)])
    def nightly(x: int):
        pass

    nightly("no number", return_state=True)
    assert seen == [True]


def test_a_native_flow_is_a_context_too():
    @hookcell.flow
    def nightly():
        return FlowRunContext.get().flow

    assert nightly() is nightly


def test_the_client_of_a_context_answers_from_the_session():
    @flow
    def nightly():
        context = FlowRunContext.get()
        return context.client.read_flow_run(context.flow_run.id) is context.flow_run

    assert nightly()


def test_whether_prints_are_logged_is_in_the_context():
    @flow(log_prints=True)
    def loud():
        return FlowRunContext.get().log_prints

    @flow
    def quiet():
        return FlowRunContext.get().log_prints

    assert (loud(), quiet()) == (True, False)


def test_results_are_not_stored_and_asking_for_the_store_says_so():
    @flow
    def nightly():
        return FlowRunContext.get()

    context = nightly()
    assert context.persist_result is False
    with pytest.raises(OutOfScope, match=r"^result_store is a part of Prefect that hookcell does not have; "):
        _ = context.result_store


def test_engine_context_is_another_name():
    assert EngineContext is FlowRunContext


# -- made by hand


def test_a_context_made_by_hand_is_in_force_inside_its_block():
    with made(parameters={"x": 1}) as context:
        assert FlowRunContext.get() is context
        assert get_run_context() is context
    assert FlowRunContext.get() is None


def test_a_context_made_by_hand_knows_what_it_was_given_and_when_it_was_made():
    before = datetime.now(UTC)
    context = made(parameters={"x": 1})
    assert (context.parameters, context.flow) == ({"x": 1}, None)
    assert before <= context.start_time <= datetime.now(UTC)


def test_a_task_context_made_by_hand_goes_before_a_flow_context():
    with made() as of_flow:
        with TaskRunContext(task_run=TaskRun.model_construct(name="t")) as of_task:
            assert get_run_context() is of_task
            assert FlowRunContext.get() is of_flow
        assert get_run_context() is of_flow


def test_a_real_run_inside_a_context_made_by_hand_has_its_own():
    @task
    def load():
        return get_run_context().task, FlowRunContext.get()

    @flow
    def nightly():
        return FlowRunContext.get().flow

    with made() as context:
        assert nightly() is nightly
        assert load() == (load, context)


def test_a_context_made_by_hand_inside_a_real_run_is_in_force():
    @flow
    def nightly():
        with made() as context:
            return FlowRunContext.get() is context and get_run_context() is context

    assert nightly()


def test_a_context_is_entered_once_at_a_time():
    with (
        made() as context,
        pytest.raises(RuntimeError, match=r"^Context already entered. Context enter calls cannot be nested.$"),
    ):
        context.__enter__()


def test_a_context_that_was_not_entered_cannot_be_left():
    with pytest.raises(RuntimeError, match=r"^Asymmetric use of context. Context exit called without an enter.$"):
        made().__exit__()


def test_a_copy_of_a_context_can_be_entered_beside_it():
    with made(parameters={"x": 1}) as context, context.model_copy(update={"flow": "f"}) as copy:
        assert (FlowRunContext.get(), copy.parameters, copy.flow) == (copy, {"x": 1}, "f")


def test_a_value_that_a_context_does_not_have_is_refused_with_those_it_has():
    has = "flow, flow_run, task_runner, parameters, log_prints, start_time, client, persist_result, result_store"
    with pytest.raises(TypeError, match=rf"^FlowRunContext has no 'flw'; it has {has}$"):
        FlowRunContext(flw=1)


def test_an_attribute_that_a_context_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^'TaskRunContext' object has no attribute 'flow'$"):
        _ = TaskRunContext().flow


def test_the_repr_of_a_context_says_what_it_was_given_or_whose_it_is():
    @flow(name="nightly", flow_run_name="tonight")
    def nightly():
        return repr(FlowRunContext.get())

    assert nightly() == "FlowRunContext(<FlowRun 'tonight' Running>)"
    assert repr(ContextModel(x=1)) == "ContextModel(x=1)"


# -- tags, and other threads


def test_tags_are_those_around():
    with tags("a"), tags("b") as both:
        assert both == {"a", "b"} == TagsContext.get().current_tags
    assert TagsContext.get().current_tags == set()


def test_a_tags_context_made_by_hand_reaches_runs():
    @flow
    def nightly():
        return FlowRunContext.get().flow_run.tags

    with TagsContext(current_tags={"x"}):
        assert nightly() == ["x"]
    assert nightly() == []


def test_a_tags_context_that_was_not_entered_cannot_be_left():
    with pytest.raises(RuntimeError, match=r"^Asymmetric use of context"):
        TagsContext(current_tags=set()).__exit__()


def test_a_thread_of_ones_own_knows_the_run_through_with_context():
    def where():
        return get_run_context().flow.name

    @flow
    def nightly():
        with ThreadPoolExecutor(2) as pool:
            bound = with_context(where)
            return [found.result() for found in [pool.submit(bound) for _ in range(4)]]

    assert nightly() == ["nightly"] * 4


def test_a_thread_of_ones_own_knows_no_run_without_it():
    seen = []

    @flow
    def nightly():
        thread = threading.Thread(target=partial(lambda: seen.append(FlowRunContext.get())))
        thread.start()
        thread.join()

    nightly()
    assert seen == [None]


def test_the_client_is_a_sync_one():
    @flow
    def nightly():
        return FlowRunContext.get().client

    assert isinstance(nightly(), SyncPrefectClient)
