"""`prefect.runtime`: facts about the run around, and the environment variables that stand in for them."""

import asyncio
import re
import uuid
from datetime import UTC, datetime

import pytest

import hookcell
import hookcell.prefect.runtime
from hookcell.prefect import flow, tags, task
from hookcell.prefect.client.orchestration import get_client
from hookcell.prefect.client.schemas import FlowRun, TaskRun
from hookcell.prefect.context import FlowRunContext, TaskRunContext
from hookcell.prefect.exceptions import ObjectNotFound
from hookcell.prefect.runtime import deployment, flow_run, task_run
from hookcell.prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, temporary_settings

FLOW_RUN = [
    *("id", "tags", "scheduled_start_time", "name", "flow_name", "flow_version", "parameters", "parent_flow_run_id"),
    *("parent_deployment_id", "root_flow_run_id", "run_count", "api_url", "ui_url", "job_variables"),
]
TASK_RUN = ["id", "tags", "name", "parameters", "run_count", "task_name", "api_url", "ui_url"]
DEPLOYMENT = ["id", "flow_run_id", "parameters", "name", "version"]
MODULES = [(flow_run, "flow_run", FLOW_RUN), (task_run, "task_run", TASK_RUN), (deployment, "deployment", DEPLOYMENT)]
of_each = pytest.mark.parametrize(("module", "name", "attributes"), MODULES, ids=["flow", "task", "deployment"])
EMPTY = {"tags": [], "parameters": {}, "run_count": 0}
# What is real, the text that stands in for it, and what is given.
CASTS = [(True, "False", False), (10, "20", 20), (10.5, "20.5", 20.5), ("foo", "bar", "bar"), (None, "bar", "bar")]
TIMES = {
    "2023-05-13 20:00:00": datetime(2023, 5, 13, 20, tzinfo=UTC),
    "2023-05-13T20:00:00+02:00": datetime(2023, 5, 13, 18, tzinfo=UTC),
}
NO_MOCK = (
    "This runtime context attribute cannot be mocked using an environment variable. Please use monkeypatch instead."
)


@of_each
def test_every_attribute_is_there_to_complete(module, name, attributes):
    assert dir(module) == sorted(attributes) == sorted(module.__all__)


@of_each
def test_outside_a_run_attributes_are_none_or_empty(module, name, attributes):
    known = {attribute: getattr(module, attribute) for attribute in attributes if attribute != "scheduled_start_time"}
    assert known == {attribute: EMPTY.get(attribute) for attribute in known}


@of_each
def test_an_unknown_attribute_is_named(module, name, attributes):
    with pytest.raises(AttributeError, match=rf"^prefect.runtime.{name} has no attribute 'beep'$"):
        _ = module.beep


def test_an_unknown_attribute_cannot_be_imported():
    with pytest.raises(ImportError, match="boop"):
        from hookcell.prefect.runtime.flow_run import boop  # noqa: F401


def test_the_modules_hang_on_the_package():
    assert hookcell.prefect.runtime.flow_run is flow_run


def test_outside_a_run_the_start_time_is_now():
    before = datetime.now(UTC)
    assert before <= flow_run.scheduled_start_time <= datetime.now(UTC)


# -- environment variables


@of_each
def test_the_environment_can_add_an_attribute(module, name, attributes, monkeypatch):
    monkeypatch.setenv(f"PREFECT__RUNTIME__{name.upper()}__NEW_KEY", "foobar")
    assert module.new_key == "foobar"


@of_each
@pytest.mark.parametrize("cast", CASTS)
def test_a_mock_has_the_type_of_the_real_value(module, name, attributes, cast, monkeypatch):
    real, mock, given = cast
    monkeypatch.setitem(module.FIELDS, "thing", lambda: real)
    monkeypatch.setenv(f"PREFECT__RUNTIME__{name.upper()}__THING", mock)
    assert module.thing == given
    assert type(module.thing) is type(given)


@of_each
@pytest.mark.parametrize("real", [[1, 2], {"a": 1}], ids=["list", "dict"])
def test_a_mock_of_a_collection_is_refused(module, name, attributes, real, monkeypatch):
    monkeypatch.setitem(module.FIELDS, "thing", lambda: real)
    monkeypatch.setenv(f"PREFECT__RUNTIME__{name.upper()}__THING", "foo")
    with pytest.raises(ValueError, match=rf"^{re.escape(NO_MOCK)}$"):
        _ = module.thing


@pytest.mark.parametrize(("text", "time"), TIMES.items(), ids=["naive is UTC", "with a zone"])
def test_a_mocked_time_is_in_utc(text, time, monkeypatch):
    monkeypatch.setenv("PREFECT__RUNTIME__FLOW_RUN__SCHEDULED_START_TIME", text)
    assert flow_run.scheduled_start_time == time
    assert flow_run.scheduled_start_time.tzinfo is UTC


def test_a_mock_wins_over_the_run_around(monkeypatch):
    monkeypatch.setenv("PREFECT__RUNTIME__FLOW_RUN__NAME", "mocked")

    @flow
    def nightly():
        return flow_run.name

    assert nightly() == "mocked"


# -- in a flow run


def test_a_flow_run_tells_its_facts():
    @flow(name="nightly", version="7", flow_run_name="tonight")
    def nightly(x, y=2):
        return {name: getattr(flow_run, name) for name in FLOW_RUN}

    with tags("b", "a"):
        state = nightly(1, return_state=True)
    id_ = str(state.state_details.flow_run_id)
    told = state.result()
    assert isinstance(told.pop("scheduled_start_time"), datetime)
    assert told == {
        **dict.fromkeys(FLOW_RUN[8:9] + FLOW_RUN[11:]),
        "id": id_,
        "root_flow_run_id": id_,
        "parent_flow_run_id": None,
        "name": "tonight",
        "flow_name": "nightly",
        "flow_version": "7",
        "run_count": 1,
        "parameters": {"x": 1, "y": 2},
        "tags": ["a", "b"],
    }


def test_the_facts_are_those_of_the_hooks_run_too():
    seen = []

    @flow(on_crashed=[lambda flow, run, state: seen.append((flow_run.name, flow_run.id == str(run.id)))])
    def nightly():
        raise SystemExit

    with pytest.raises(SystemExit):
        nightly.with_options(flow_run_name="tonight")()
    assert seen == [("tonight", True)]


def test_a_subflow_knows_its_parent_and_the_outermost_run():
    @flow
    def inner():
        return flow_run.parent_flow_run_id, flow_run.root_flow_run_id

    @task
    def load():
        return inner()

    @flow
    def middle():
        return flow_run.id, flow_run.parent_flow_run_id, load()

    @flow
    def outer():
        return flow_run.id, middle()

    outer_id, (middle_id, above_middle, (above_inner, root)) = outer()
    assert (above_middle, above_inner, root) == (outer_id, middle_id, outer_id)


def test_a_retry_counts():
    counts = []

    @flow(retries=1)
    def nightly():
        counts.append(flow_run.run_count)
        raise ValueError

    nightly(return_state=True)
    assert counts == [1, 2]


def test_a_deployment_tells_of_the_flow_run_only():
    @flow
    def nightly(x):
        return deployment.flow_run_id == flow_run.id, deployment.parameters, deployment.id, deployment.name

    assert nightly(1) == (True, {"x": 1}, None, None)


def test_a_native_flow_run_tells_its_facts():
    @hookcell.flow
    def inner():
        return flow_run.parent_flow_run_id, flow_run.flow_version, flow_run.job_variables

    @hookcell.flow
    def outer():
        return flow_run.id, inner()

    id_, told = outer()
    assert told == (id_, None, None)


# -- in a task run


def test_a_task_run_tells_its_facts():
    @task(name="load", tags=["a"])
    def load(x):
        return {name: getattr(task_run, name) for name in TASK_RUN}, flow_run.name

    @flow(flow_run_name="tonight")
    def nightly():
        return [load(3, return_state=True)]

    [state] = nightly()
    told, around = state.result()
    assert told == {
        "id": str(state.state_details.task_run_id),
        "name": "load-000",
        "task_name": "load",
        "tags": ["a"],
        "parameters": {"x": 3},
        "run_count": 1,
        "api_url": None,
        "ui_url": None,
    }
    assert around == "tonight"


def test_runtime_works_on_an_event_loop():
    @flow(flow_run_name="tonight")
    async def nightly():
        return flow_run.name

    assert asyncio.run(nightly()) == "tonight"


# -- in contexts made by hand


def test_a_flow_run_made_by_hand_is_told_of():
    run = FlowRun.model_construct(id="foo", name="n", tags=["t"], run_count=10, job_variables={"a": 1})
    known = flow(lambda: None, name="f", version="v")
    with FlowRunContext.model_construct(flow_run=run, flow=known, parameters={"x": 1}):
        assert (flow_run.id, flow_run.name, flow_run.tags, flow_run.run_count) == ("foo", "n", ["t"], 10)
        assert (flow_run.flow_name, flow_run.flow_version, flow_run.parameters) == ("f", "v", {"x": 1})
        assert (flow_run.job_variables, flow_run.parent_flow_run_id) == ({"a": 1}, None)
    assert flow_run.name is None


def test_the_id_of_the_flow_run_comes_from_a_task_run_made_by_hand():
    with TaskRunContext.model_construct(task_run=TaskRun.model_construct(flow_run_id="foo")):
        assert flow_run.id == "foo"


def test_a_task_run_made_by_hand_is_told_of():
    run = TaskRun.model_construct(id="foo", name="n", tags=["t"], run_count=10)
    with TaskRunContext.model_construct(task_run=run, task=task(lambda: None, name="t"), parameters={"x": 1}):
        told = (task_run.id, task_run.name, task_run.tags, task_run.run_count, task_run.task_name, task_run.parameters)
    assert told == ("foo", "n", ["t"], 10, "t", {"x": 1})


def test_urls_are_those_of_the_server_that_settings_name():
    urls = {PREFECT_API_URL: "http://x/api", PREFECT_UI_URL: "http://x"}
    with temporary_settings(urls), FlowRunContext(flow_run=FlowRun.model_construct(id="1")):
        assert flow_run.api_url == "http://x/api/flow-runs/flow-run/1"
        assert flow_run.ui_url == "http://x/flow-runs/flow-run/1"
    with temporary_settings(urls), TaskRunContext(task_run=TaskRun.model_construct(id="1")):
        assert task_run.api_url == "http://x/api/runs/task-run/1"
        assert task_run.ui_url == "http://x/runs/task-run/1"


# -- of a run that the environment names


@pytest.fixture
def client():
    with get_client(sync_client=True) as client:
        yield client


def test_the_environment_can_name_the_flow_run(monkeypatch, client):
    made = client.create_flow_run(flow(lambda: None, name="f"), name="n", tags=["t"], parameters={"x": 1})
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", str(made.id))
    assert (flow_run.id, flow_run.name, flow_run.flow_name) == (str(made.id), "n", "f")
    assert (flow_run.tags, flow_run.parameters, flow_run.run_count) == (["t"], {"x": 1}, 0)
    assert flow_run.scheduled_start_time == made.expected_start_time
    assert (deployment.flow_run_id, deployment.parameters, deployment.id) == (str(made.id), {"x": 1}, None)


def test_a_run_around_wins_over_the_one_that_the_environment_names(monkeypatch):
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "foo")

    @flow
    def nightly():
        return flow_run.id

    assert flow_run.id == "foo"
    assert uuid.UUID(nightly())


def test_a_run_that_the_environment_names_and_nobody_knows_is_an_error(monkeypatch):
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "foo")
    with pytest.raises(ObjectNotFound, match=r"^this session has no record of a flow run with the id 'foo'"):
        _ = flow_run.name


def test_parents_are_found_through_task_runs_that_a_client_made(monkeypatch, client):
    def below(parent):
        step = client.create_task_run(task(lambda: None, name="t"), parent.id, "1")
        return client.create_flow_run(flow(lambda: None, name="f"), parent_task_run_id=step.id)

    root = client.create_flow_run(flow(lambda: None, name="f"))
    middle = below(root)
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", str(below(middle).id))
    assert (flow_run.parent_flow_run_id, flow_run.root_flow_run_id) == (str(middle.id), str(root.id))
