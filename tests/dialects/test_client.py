"""Prefect's client: it answers from this session's own records."""

import asyncio
import re
import threading
import uuid

import pytest
from small_runs import LIMIT

from hookcell.prefect import allow_failure, flow, get_client, get_run_logger, tags, task
from hookcell.prefect.client.orchestration import PrefectClient, SyncPrefectClient
from hookcell.prefect.client.schemas import FlowRun, StateType, TaskRun, TaskRunResult
from hookcell.prefect.client.schemas.actions import VariableCreate, VariableUpdate
from hookcell.prefect.client.schemas.filters import FlowFilter, FlowRunFilter, FlowRunFilterId, TaskRunFilter
from hookcell.prefect.client.schemas.objects import Constant, FlowRunResult, Parameter, RunType
from hookcell.prefect.client.schemas.sorting import FlowRunSort, LogSort
from hookcell.prefect.context import FlowRunContext, TaskRunContext
from hookcell.prefect.exceptions import ObjectAlreadyExists, ObjectNotFound, OutOfScope
from hookcell.prefect.flow_engine import run_flow
from hookcell.prefect.inputs import inputs_of
from hookcell.prefect.states import Cancelled, Completed, Running, Scheduled
from hookcell.prefect.testing.utilities import (
    assert_does_not_warn,
    exceptions_equal,
    get_most_recent_flow_run,
    prefect_test_harness,
)

NOBODY = uuid.UUID(int=7)
UNKNOWN = "this session has no record of a {} with the id '{}'; it knows its own newest runs only"


@pytest.fixture
def client():
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("HOOKCELL_HOME", str(tmp_path))


@task
def load(x):
    return x


@task
def spoil():
    raise ValueError("spoilt")


def one_run(name="client-nightly"):
    """Run a flow with two tasks, one of which fails; give its id."""

    @flow(name=name, flow_run_name=f"{name} tonight")
    def nightly(x):
        load(x)
        spoil(return_state=True)
        return str(FlowRunContext.get().flow_run.id)

    with tags("a", "b"):
        return nightly(1)


# -- runs by id


def test_a_flow_run_is_found_by_its_id_as_text_or_uuid(client):
    id_ = one_run()
    run = client.read_flow_run(id_)
    assert run is client.read_flow_run(uuid.UUID(id_))
    assert (str(run.id), run.name, run.parameters) == (id_, "client-nightly tonight", {"x": 1})
    assert isinstance(run, FlowRun)


def test_a_run_is_found_while_it_runs_also_below_others(client):
    found = []

    @task
    def look():
        id_ = TaskRunContext.get().task_run.id
        found.append(client.read_task_run(id_).state_type)
        return id_

    @flow
    def inner():
        return look()

    @flow
    def outer():
        return inner()

    assert isinstance(client.read_task_run(outer()), TaskRun)
    assert found == [StateType.RUNNING]


def test_a_task_run_outside_flows_is_found(client):
    @task
    def alone():
        return TaskRunContext.get().task_run.id

    assert client.read_task_run(alone()).name == "alone"


@pytest.mark.parametrize("id_", [NOBODY, str(NOBODY), "foo"])
def test_an_unknown_id_is_named(client, id_):
    with pytest.raises(ObjectNotFound, match=rf"^{re.escape(UNKNOWN.format('flow run', id_))}$"):
        client.read_flow_run(id_)


def test_a_task_run_is_no_flow_run(client):
    @task
    def alone():
        return TaskRunContext.get().task_run.id

    id_ = alone()
    with pytest.raises(ObjectNotFound, match=rf"^{re.escape(UNKNOWN.format('flow run', id_))}$"):
        client.read_flow_run(id_)


def test_the_states_of_a_run_are_read_oldest_first(client):
    id_ = one_run()
    assert [state.name for state in client.read_flow_run_states(id_)] == ["Pending", "Running", "Completed"]
    spoilt = client.read_task_runs(flow_run_filter={"id": {"any_": [id_]}})[1]
    assert [state.name for state in client.read_task_run_states(spoilt.id)] == ["Pending", "Running", "Failed"]


# -- runs by what they are like


def test_runs_are_read_by_the_name_of_their_flow_in_the_order_they_were_made(client):
    ids = [one_run("by-flow"), one_run("by-flow")]
    runs = client.read_flow_runs(flow_filter=FlowFilter(name={"any_": ["by-flow"]}))
    assert [str(run.id) for run in runs] == ids


FILTERS = {
    "record": lambda id_: FlowRunFilter(id=FlowRunFilterId(any_=[uuid.UUID(id_)])),
    "dict": lambda id_: {"id": {"any_": [id_]}},
    "dict in a record": lambda id_: FlowRunFilter(id={"any_": [uuid.UUID(id_)]}),
    "name": lambda _: {"name": {"any_": ["filters tonight"]}},
    "name like": lambda _: {"name": {"like_": "FILTERS"}},
    "tags": lambda id_: {"id": {"any_": [id_]}, "tags": {"all_": ["a", "b"]}},
    "state": lambda id_: {"id": {"any_": [id_]}, "state": {"type": {"any_": [StateType.COMPLETED]}}},
    "state name": lambda id_: {"id": {"any_": [id_]}, "state": {"name": {"not_any_": ["Failed"]}}},
    "no parent": lambda id_: {"id": {"any_": [id_]}, "parent_task_run_id": {"is_null_": True}},
    "one of two": lambda id_: {"id": {"any_": [id_]}, "name": {"any_": ["x"]}, "operator": "or_"},
}


@pytest.mark.parametrize("asked", FILTERS.values(), ids=FILTERS)
def test_flow_runs_are_filtered(client, asked):
    one_run("other")
    id_ = one_run("filters")
    assert {run.name for run in client.read_flow_runs(flow_run_filter=asked(id_))} == {"filters tonight"}


MISSES = {
    "tags": {"tags": {"all_": ["a", "c"]}},
    "state": {"state": {"type": {"any_": ["FAILED"]}}},
    "parent": {"parent_task_run_id": {"is_null_": False}},
    "time": {"start_time": {"before_": Completed().timestamp.replace(year=2000)}},
    "start": {"name": {"startswith_": ["x", "y"]}},
}


@pytest.mark.parametrize("asked", MISSES.values(), ids=MISSES)
def test_a_filter_leaves_out_what_is_otherwise(client, asked):
    id_ = one_run()
    assert client.read_flow_runs(flow_run_filter={"id": {"any_": [id_]}, **asked}) == []


def test_task_runs_are_read_by_their_flow_run_and_their_own_state(client):
    id_ = one_run()
    of_run = FlowRunFilter(id={"any_": [id_]})
    assert [run.task.name for run in client.read_task_runs(flow_run_filter=of_run)] == ["load", "spoil"]
    failed = TaskRunFilter(state={"type": {"any_": ["FAILED"]}})
    assert [run.task.name for run in client.read_task_runs(flow_run_filter=of_run, task_run_filter=failed)] == ["spoil"]


def test_task_runs_are_read_by_the_name_of_their_flow(client):
    one_run("of-flow")
    assert len(client.read_task_runs(flow_filter={"name": {"any_": ["of-flow"]}})) == 2


def test_flow_runs_are_read_by_their_task_runs(client):
    id_ = one_run("with-tasks")
    asked = {"flow_run_filter": {"id": {"any_": [id_]}}, "task_run_filter": {"name": {"like_": "spoil"}}}
    assert [str(run.id) for run in client.read_flow_runs(**asked)] == [id_]


def test_a_filter_by_what_nobody_knows_says_so(client):
    one_run()
    with pytest.raises(
        OutOfScope, match=r"^A filter by 'colour' is a part of Prefect that hookcell does not have; ask"
    ):
        client.read_flow_runs(flow_run_filter={"colour": {"any_": ["red"]}})


def test_a_filter_that_needs_a_server_says_so(client):
    with pytest.raises(OutOfScope, match=r"^deployment_filter= is a part of Prefect that hookcell does not have; ask"):
        client.read_flow_runs(deployment_filter={"id": {"any_": [NOBODY]}})


def test_a_filter_class_that_needs_a_server_does_not_exist():
    with pytest.raises(ImportError, match="DeploymentFilter"):
        from hookcell.prefect.client.schemas.filters import DeploymentFilter  # noqa: F401


def test_runs_are_read_in_another_order_and_in_part(client):
    ids = [one_run("sorted") for _ in range(3)]
    asked = {"flow_filter": {"name": {"any_": ["sorted"]}}}
    newest = client.read_flow_runs(**asked, sort=FlowRunSort.START_TIME_DESC, limit=2)
    assert [str(run.id) for run in newest] == ids[:0:-1]
    assert [str(run.id) for run in client.read_flow_runs(**asked, offset=1, limit=1)] == ids[1:2]


def test_an_order_that_nobody_knows_says_so(client):
    one_run()
    with pytest.raises(OutOfScope, match=r"^The order 'COLOUR_ASC' is a part of Prefect that hookcell does not have; "):
        client.read_flow_runs(sort="COLOUR_ASC")


# -- flows


def test_a_flow_is_known_by_id_and_by_name(client):
    run = client.read_flow_run(one_run("known"))
    known = client.read_flow(run.flow_id)
    assert (known, known.name, known.id) == (client.read_flow_by_name("known"), "known", run.flow_id)
    assert client.create_flow(run.flow) == run.flow_id
    assert known in client.read_flows(flow_filter={"name": {"any_": ["known"]}})


def test_a_flow_without_a_run_is_not_known(client):
    text = "this session has no record of a flow with the name 'nobody'; it has had no run"
    with pytest.raises(ObjectNotFound, match=rf"^{text}$"):
        client.read_flow_by_name("nobody")
    with pytest.raises(ObjectNotFound, match=f"with the id '{NOBODY}'"):
        client.read_flow(NOBODY)


# -- runs that a client makes


def test_a_client_makes_runs_that_nothing_runs(client):
    made = client.create_flow_run(
        flow(load.fn, name="made", version="3"), name="n", tags=["t"], parameters={"x": 1}, state=Scheduled()
    )
    assert client.read_flow_run(made.id) is made
    assert (made.name, made.tags, made.parameters, made.run_count) == ("n", ["t"], {"x": 1}, 0)
    assert (made.state_name, made.state_type) == ("Scheduled", StateType.SCHEDULED)
    assert made.expected_start_time == made.state.state_details.scheduled_time
    assert client.read_flow(made.flow_id).name == "made"
    assert made in client.read_flow_runs(flow_run_filter={"id": {"any_": [made.id]}})


def test_a_run_that_a_client_makes_has_a_name_without_being_given_one(client):
    made = client.create_flow_run(flow(load.fn, name="unnamed"))
    assert re.fullmatch(r"[a-z]+-[a-z]+", made.name)


def test_the_task_runs_that_a_client_makes_belong_to_their_flow_run(client):
    around = client.create_flow_run(flow(load.fn, name="made"))
    made = client.create_task_run(load, around.id, "1", extra_tags=["t"])
    assert (made.name, made.tags) == ("load-1", ["t"])
    assert client.read_task_runs(flow_run_filter={"id": {"any_": [around.id]}}) == [made]
    assert client.read_flow_runs(task_run_filter={"id": {"any_": [made.id]}}) == [around]


def test_the_state_of_a_run_that_a_client_made_can_be_set(client):
    made = client.create_flow_run(flow(load.fn, name="made"))
    result = client.set_flow_run_state(made.id, Running())
    assert (result.status, result.state.name, made.run_count) == ("ACCEPT", "Running", 1)
    assert [state.name for state in client.read_flow_run_states(made.id)] == ["Pending", "Running"]


def test_a_run_that_a_client_made_gives_its_parameters_to_run_flow(client):
    known = flow(load.fn, name="made")
    assert run_flow(known, flow_run=client.create_flow_run(known, parameters={"x": 4})) == 4


def test_a_client_cancels_a_run(client):
    begun, stopped = threading.Event(), threading.Event()

    @task
    def wait():
        begun.set()
        stopped.wait(LIMIT)

    @flow
    def nightly():
        future = wait.submit()
        begun.wait(LIMIT)
        client.set_task_run_state(future.task_run_id, Cancelled())
        stopped.set()
        future.wait()
        return future.state.name

    assert nightly() == "Cancelled"


def test_a_client_sets_no_other_state_of_a_run(client):
    with pytest.raises(
        OutOfScope, match=r"^client.set_flow_run_state to Running is a part of Prefect that hookcell does"
    ):
        client.set_flow_run_state(one_run(), Running())


# -- subflows, and where arguments came from


def test_a_subflow_has_a_task_run_that_stands_for_it(client):
    @flow(name="inner", version="7")
    def inner():
        return FlowRunContext.get().flow_run.id

    @flow
    def outer():
        return FlowRunContext.get().flow_run.id, inner()

    outer_id, inner_id = outer()
    state = client.read_flow_run(inner_id).state
    stands = client.read_task_run(state.state_details.task_run_id)
    details = stands.state.state_details
    assert (stands.flow_run_id, stands.task_version, stands.state_name) == (outer_id, "7", "Completed")
    assert (stands.name, stands.dynamic_key) == ("inner-0", "0")
    assert (details.flow_run_id, details.task_run_id, details.child_flow_run_id) == (outer_id, stands.id, inner_id)
    assert [run.id for run in client.read_task_runs(flow_run_filter={"id": {"any_": [outer_id]}})] == [stands.id]


def test_a_subflow_of_an_earlier_try_has_none_among_the_task_runs(client):
    tries = []

    @flow
    def inner():
        tries.append(None)
        if len(tries) == 1:
            raise ValueError("once")

    @flow(retries=1)
    def outer():
        inner()
        return FlowRunContext.get().flow_run.id

    [stands] = client.read_task_runs(flow_run_filter={"id": {"any_": [outer()]}})
    assert stands.state_name == "Completed"


@task
def number(n):
    return n


@task
def spoil_number():
    raise ValueError("spoilt")


def inputs_of_a_subflow(start):
    """Run a flow that starts another one; give what the client knows of that one's arguments."""

    @flow(validate_parameters=False)
    def inner(x, y=1):
        return FlowRunContext.get().flow_run

    seen = []

    @flow
    def outer():
        seen.append(start(inner))

    outer()
    run, *ids = seen[0]
    return inputs_of(run), [[TaskRunResult(id=id_)] for id_ in ids]


def test_constants_come_from_nowhere():
    assert inputs_of_a_subflow(lambda inner: [inner(5)]) == ({"x": [], "y": []}, [])


def test_a_future_that_was_an_argument_is_known():
    def start(inner):
        first, second = number.submit(1), number.submit(1)
        return [inner([first], second), first.task_run_id, second.task_run_id]

    inputs, (first, second) = inputs_of_a_subflow(start)
    assert inputs == {"x": first, "y": second}


def test_a_state_that_was_an_argument_is_known():
    def start(inner):
        state = number(1, return_state=True)
        return [inner(state), state.state_details.task_run_id]

    inputs, (first,) = inputs_of_a_subflow(start)
    assert inputs == {"x": first, "y": []}


def test_the_result_of_a_task_is_known_by_being_the_very_object():
    def start(inner):
        state = number({"rows": [1000]}, return_state=True)
        return [inner(state.result()["rows"], [1000]), state.state_details.task_run_id]

    inputs, (first,) = inputs_of_a_subflow(start)
    assert inputs == {"x": first, "y": []}


def test_a_failure_that_was_allowed_is_known():
    def start(inner):
        future = spoil_number.submit()
        return [inner(allow_failure(future)), future.task_run_id]

    inputs, (first,) = inputs_of_a_subflow(start)
    assert inputs == {"x": first, "y": []}


def test_what_was_only_waited_for_is_known():
    def start(inner):
        future = number.submit(1000)
        return [inner(5, wait_for=[future]), future.task_run_id]

    inputs, (first,) = inputs_of_a_subflow(start)
    assert inputs == {"x": [], "y": [], "wait_for": first}


def test_the_task_that_started_a_run_is_known():
    def start(inner):
        @task
        def step():
            return [inner(5), TaskRunContext.get().task_run.id]

        return step()

    inputs, (step,) = inputs_of_a_subflow(start)
    assert inputs == {"x": [], "y": [], "__parents__": step}


# -- logs and variables


def test_the_lines_of_runs_are_read(client):
    @flow
    def nightly():
        get_run_logger().warning("first %s", "line")
        get_run_logger().error("second")
        return FlowRunContext.get().flow_run.id

    asked = {"flow_run_id": {"any_": [nightly()]}, "level": {"ge_": 30}}
    lines = client.read_logs(asked)
    assert [(line.level, line.message, line.name) for line in lines] == [
        (30, "first line", "prefect.flow_runs"),
        (40, "second", "prefect.flow_runs"),
    ]
    assert [line.message for line in client.read_logs(asked, sort=LogSort.TIMESTAMP_DESC, limit=1)] == ["second"]
    assert client.read_logs({**asked, "level": {"ge_": 40}}) == lines[1:]


@pytest.mark.usefixtures("store")
def test_variables_are_made_read_changed_and_forgotten(client):
    client.create_variable(VariableCreate(name="answer", value=41, tags=["t"]))
    client.update_variable(VariableUpdate(name="answer", value=42))
    known = client.read_variable_by_name("answer")
    assert (known.name, known.value, known.tags) == ("answer", 42, ["t"])
    assert client.read_variables() == [known]
    client.delete_variable_by_name("answer")
    assert client.read_variable_by_name("answer") is None


@pytest.mark.usefixtures("store")
def test_a_variable_is_not_made_twice(client):
    client.create_variable({"name": "answer", "value": 41})
    with pytest.raises(ObjectAlreadyExists, match=r"^there is a variable 'answer' already; update_variable"):
        client.create_variable({"name": "answer", "value": 42})


@pytest.mark.usefixtures("store")
def test_a_variable_that_is_not_there_cannot_be_changed_or_forgotten(client):
    with pytest.raises(ObjectNotFound, match=r"^there is no variable 'answer'$"):
        client.update_variable({"name": "answer", "value": 42})
    with pytest.raises(ObjectNotFound, match=r"^there is no variable 'answer'$"):
        client.delete_variable_by_name("answer")


# -- the client itself


def test_the_async_client_gives_what_the_sync_one_gives_when_awaited():
    async def ask():
        async with get_client() as client:
            assert isinstance(client, PrefectClient)
            found = client.read_flow_run(id_)
            assert asyncio.iscoroutine(found)
            both = await asyncio.gather(found, client.read_flow_run_states(id_))
            return both, await client.api_healthcheck()

    id_ = one_run()
    (run, states), ill = asyncio.run(ask())
    assert (str(run.id), len(states), ill) == (id_, 3, None)


def test_the_async_client_raises_when_awaited():
    with pytest.raises(ObjectNotFound, match="no record of a flow run"):
        asyncio.run(get_client().read_flow_run(NOBODY))


def test_the_async_client_is_not_entered_by_sync_code():
    with pytest.raises(
        RuntimeError, match=r"^The `PrefectClient` must be entered with an async context. Use 'async with"
    ):
        get_client().__enter__()


@pytest.mark.parametrize("client", [SyncPrefectClient(), PrefectClient()], ids=["sync", "async"])
def test_what_needs_a_server_says_so_when_it_is_called(client):
    text = "client.create_deployment is a part of Prefect that hookcell does not have; everything runs in this process"
    method = client.create_deployment
    with pytest.raises(OutOfScope, match=rf"^{text}"):
        asyncio.run(method()) if isinstance(client, PrefectClient) else method()


@pytest.mark.parametrize("client", [SyncPrefectClient(), PrefectClient()], ids=["sync", "async"])
def test_the_client_has_no_private_attributes(client):
    assert not hasattr(client, "_client")


def test_objects_have_prefects_names():
    assert TaskRunResult(id=NOBODY).input_type == "task_run"
    assert FlowRunResult(id=NOBODY).input_type == "flow_run"
    assert Parameter(name="x").input_type == "parameter"
    assert Constant(type="int").input_type == "constant"
    assert RunType.FLOW_RUN.value == "flow_run"


# -- what tests import


def test_the_harness_lets_flows_run():
    with prefect_test_harness(server_startup_timeout=5):
        assert one_run()


def test_the_newest_flow_run_is_found():
    one_run("newest")
    one_run("newer")
    assert asyncio.run(get_most_recent_flow_run()).flow.name == "newer"
    assert asyncio.run(get_most_recent_flow_run(flow_name="newest")).flow.name == "newest"


def test_that_there_is_no_newest_flow_run_is_an_error():
    with pytest.raises(ObjectNotFound, match=r"^this session has no flow run of 'nobody'$"):
        asyncio.run(get_most_recent_flow_run(flow_name="nobody"))


def test_exceptions_are_equal_by_type_and_arguments():
    assert exceptions_equal(ValueError("x"), ValueError("x"))
    assert not exceptions_equal(ValueError("x"), TypeError("x"))


def test_a_warning_fails_where_none_is_expected():
    import warnings

    with pytest.raises(AssertionError, match=r"^Warning was raised. UserWarning"), assert_does_not_warn():
        warnings.warn("x", stacklevel=1)
    with assert_does_not_warn([UserWarning]):
        warnings.warn("x", stacklevel=1)


# -- what runs tell


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


@pytest.mark.parametrize("wrong", [5, {"name": "etl"}])
def test_a_filter_is_a_record_or_a_dict(wrong):
    flow(lambda: 1)()
    told = 'A filter is {}; give a dict such as {{"name": {{"any_": ["nightly"]}}}}, or a FlowRunFilter'
    with pytest.raises(TypeError) as caught, get_client(sync_client=True) as client:
        client.read_flow_runs(flow_run_filter=wrong)
    assert str(caught.value) == told.format(repr(wrong["name"] if isinstance(wrong, dict) else wrong))
