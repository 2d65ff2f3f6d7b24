"""The hook document of Prefect that hookcell was made from: its code runs with another import root."""

import os
from textwrap import dedent

import pytest

from hookcell.testing import record

NAMES = """
from prefect import Flow, Task, flow, task
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.states import State
"""
FLOW_HOOK = """
def my_flow_hook(flow: Flow, flow_run: FlowRun, state: State):
    \"\"\"This is the required signature for a flow run state
    change hook. This hook can only be passed into flows.
    \"\"\"

# pass hook as a list of callables
@flow(on_completion=[my_flow_hook])
def my_flow():
    pass
"""
TASK_HOOK = """
def my_task_hook(task: Task, task_run: TaskRun, state: State):
    \"\"\"This is the required signature for a task run state change
    hook. This hook can only be passed into tasks.
    \"\"\"

# pass hook as a list of callables
@task(on_failure=[my_task_hook])
def my_task():
    raise ValueError
"""
SEVERAL = """
def my_success_hook(task, task_run, state):
    print("Task run succeeded!")

def my_failure_hook(task, task_run, state):
    print("Task run failed!")

def my_succeed_or_fail_hook(task, task_run, state):
    print("If the task run succeeds or fails, this hook runs.")

@task(
    on_completion=[my_success_hook, my_succeed_or_fail_hook],
    on_failure=[my_failure_hook, my_succeed_or_fail_hook]
)
def my_task(fail):
    assert not fail
"""
DEFAULT_ARGUMENT = """
from prefect import flow

data = {}

def my_hook(flow, flow_run, state, my_arg="custom_value"):
    data.update(my_arg=my_arg, state=state)

@flow(on_completion=[my_hook])
def lazy_flow():
    pass

state = lazy_flow(return_state=True)

assert data == {"my_arg": "custom_value", "state": state}
"""
KEYWORD_ARGUMENTS = """
from functools import partial
from prefect import flow, task

data = {}

def my_hook(task, task_run, state, **kwargs):
    data.update(state=state, **kwargs)

@task
def bad_task():
    raise ValueError("meh")

@flow
def ok_with_failure_flow(x: str = "foo", y: int = 42):
    bad_task_with_a_hook = bad_task.with_options(
        on_failure=[partial(my_hook, **dict(x=x, y=y))]
    )
    # return a tuple of "bar" and the task run state
    # to avoid raising the task's exception
    return "bar", bad_task_with_a_hook(return_state=True)

_, task_run_state = ok_with_failure_flow()

assert data == {"x": "foo", "y": 42, "state": task_run_state}
"""
CRASH = """
import os
from prefect import flow, task
from prefect.variables import Variable
from prefect.client.orchestration import get_client
import prefect.runtime

async def delete_cloud_run_job(flow, flow_run, state):
    \"\"\"Flow run state change hook that deletes a Cloud Run Job if
    the flow run crashes.\"\"\"

    # retrieve Cloud Run job name
    cloud_run_job_name = await Variable.get(
        name="crashing-flow_cloud_run_job"
    )

    # delete Cloud Run job
    delete_job_command = f"yes | gcloud beta run jobs delete {cloud_run_job_name.value} --region us-central1"
    os.system(delete_job_command)


@task
def my_task_that_crashes():
    raise SystemExit("Crashing on purpose!")

@flow(on_crashed=[delete_cloud_run_job])
def crashing_flow():
    \"\"\"Save the flow run name (i.e. Cloud Run job name) as a
    Variable. It then executes a task that ends up crashing.\"\"\"
    flow_run_name = prefect.runtime.flow_run.name
    cloud_run_job_name = Variable.set(name="crashing_flow_cloud_run_job", value=flow_run_name, overwrite=True)

    my_task_that_crashes()

if __name__ == "__main__":
    crashing_flow()
"""


def run(block, **names):
    """Run a block as a script of its own, with Prefect's root replaced; give its names."""
    namespace = {"__name__": "__main__", **names}
    exec(dedent(block).replace("prefect", "hookcell.prefect"), namespace)  # noqa: S102 -- a script of ours
    return namespace


def test_a_flow_hook_annotated_as_the_document_says_is_called():
    names = run(NAMES + FLOW_HOOK)
    with record() as recording:
        names["my_flow"]()
    assert [(call.name, call.outcome) for call in recording.of("my-flow").hooks] == [("my_flow_hook", "ok")]


def test_a_task_hook_annotated_as_the_document_says_is_called():
    names = run(NAMES + TASK_HOOK)
    with record() as recording:
        names["my_task"](return_state=True)
    assert [(call.name, call.outcome) for call in recording.of("my_task").hooks] == [("my_task_hook", "ok")]


@pytest.mark.parametrize("fail", [False, True])
def test_several_hooks_run_in_the_order_of_their_list(fail, capsys):
    run(NAMES + SEVERAL)["my_task"](fail, return_state=True)
    assert capsys.readouterr().out.splitlines() == [
        "Task run failed!" if fail else "Task run succeeded!",
        "If the task run succeeds or fails, this hook runs.",
    ]


@pytest.mark.parametrize("block", [DEFAULT_ARGUMENT, KEYWORD_ARGUMENTS])
def test_a_block_that_asserts_for_itself_runs(block):
    run(block)


def test_the_async_crash_hook_reads_the_variable_that_its_flow_has_set(monkeypatch):
    commands = []
    monkeypatch.setattr(os, "system", commands.append)
    with record() as recording, pytest.raises(SystemExit, match="Crashing on purpose!"):
        run(CRASH)
    crashed = recording.of("crashing-flow")
    assert commands == [f"yes | gcloud beta run jobs delete {crashed.name} --region us-central1"]
    assert [(call.kind, call.outcome) for call in crashed.hooks] == [("on_crashed", "ok")]
    assert crashed.state.name == "Crashed"
