"""The hook document of ZenML that hookcell was made from: its code runs with another import root.

What is not Python in it is written out: the colon that `my_step` lacks, and `(...)` where parameters are left out.
"""

from textwrap import dedent

import pytest

from hookcell.testing import record
from hookcell.zenml import Stack, activate_stack
from hookcell.zenml.alerter import BaseAlerter

NAMES = """
from zenml.pipelines import pipeline
from zenml.steps import BaseParameters, Output, StepContext, step
"""
STEP_HOOKS = """
def on_failure():
    print("Step failed!")

def on_success():
    print("Step succeeded!")

@step(on_failure=on_failure)
def my_failing_step() -> Output(first_num=int):
    \"\"\"Returns an integer.\"\"\"
    raise ValueError("Error")

@step(on_success=on_success)
def my_successful_step() -> Output(first_num=int):
    \"\"\"Returns an integer.\"\"\"
    raise ValueError("Error")
"""
PIPELINE_HOOKS = """
@pipeline(on_failure=on_failure, on_success=on_success)
def my_pipeline():
    ...
"""
INFORMATION = """
from zenml.steps import BaseParameters, StepContext, step

# Use one or any of these in the signature
def on_failure(context: StepContext, params: BaseParameters, exception: Exception):
    print(context.step_name)  # Output will be `my_step`
    print(type(params))  # Of type MyParameters
    print(type(exception))  # Of type value error
    print("Step failed!")


class MyParameters(BaseParameters):
    a: int = 1

@step(on_failure=on_failure)
def my_step(params: MyParameters):
    raise ValueError("My exception")
"""
ALERTER = """
def on_failure(context: StepContext):
    context.active_stack.alerter.post(
        f"{context.step_name} just failed!"
    )
"""
STANDARD = """
from zenml.hooks import alerter_success_hook, alerter_failure_hook

@step(on_failure=alerter_failure_hook, on_success=alerter_success_hook)
def my_step():
    ...
"""


def run(block, **names):
    """Run a block as a script of its own, with ZenML's root replaced; give its names."""
    namespace = {"__name__": "__main__", **names}
    exec(dedent(block).replace("zenml", "hookcell.zenml"), namespace)  # noqa: S102 -- a script of ours
    return namespace


class Posts(BaseAlerter):
    """An alerter that keeps what it is told."""

    def __init__(self):
        self.messages = []

    def post(self, message, params=None):
        self.messages.append(message)
        return True


@pytest.fixture
def posts():
    alerter = Posts()
    before = activate_stack(Stack("tested", alerter=alerter))
    yield alerter.messages
    activate_stack(before)


def test_the_failure_hook_of_a_step_runs_when_it_fails(capsys):
    names = run(NAMES + STEP_HOOKS)
    with pytest.raises(ValueError, match="Error"):
        names["my_failing_step"]()
    assert capsys.readouterr().out == "Step failed!\n"


def test_the_success_hook_of_a_step_that_raises_as_the_document_has_it_does_not_run(capsys):
    names = run(NAMES + STEP_HOOKS)
    with pytest.raises(ValueError, match="Error"):
        names["my_successful_step"]()
    assert capsys.readouterr().out == ""


def test_a_pipeline_gives_its_hooks_to_every_step(capsys):
    names = run(
        NAMES
        + STEP_HOOKS
        + PIPELINE_HOOKS.replace("my_pipeline()", "my_pipeline(step_1, step_2)").replace("...", "step_2(step_1())")
        + """
@step
def load() -> int:
    return 3

@step
def check(rows: int) -> None:
    raise ValueError(rows)

prepared = my_pipeline(step_1=load(), step_2=check())
"""
    )
    with pytest.raises(ValueError, match="3"):
        names["prepared"].run()
    assert capsys.readouterr().out == "Step succeeded!\nStep failed!\n"


def test_the_pipeline_of_the_document_runs_as_it_stands_there():
    names = run(NAMES + STEP_HOOKS + PIPELINE_HOOKS)
    assert names["my_pipeline"]().run().status == "completed"


def test_a_hook_is_given_the_context_the_parameters_and_the_exception(capsys):
    names = run(INFORMATION)
    with record() as recording, pytest.raises(ValueError, match="My exception"):
        names["my_step"]()
    assert capsys.readouterr().out.splitlines() == [
        "my_step",
        str(names["MyParameters"]),
        "<class 'ValueError'>",
        "Step failed!",
    ]
    step_run = next(run for run in recording.runs if run.definition is names["my_step"])
    assert [(call.name, call.outcome) for call in step_run.hooks] == [("on_failure", "ok")]


def test_a_hook_posts_by_the_alerter_of_the_active_stack(posts):
    names = run(NAMES + ALERTER + STEP_HOOKS.partition("@step")[0].replace("def on_failure", "def on_nothing"))
    names = run("@step(on_failure=on_failure)\ndef my_step():\n    raise ValueError('My exception')", **names)
    with pytest.raises(ValueError, match="My exception"):
        names["my_step"]()
    assert posts == ["my_step just failed!"]


def test_the_standard_hooks_post_by_the_alerter_of_the_active_stack(posts):
    from hookcell.notify import flush

    with record() as recording:
        run(NAMES + STANDARD)["my_step"]()
    flush()
    assert posts == [
        (
            "*Success Hook Notification! Step completed successfully*\n\n"
            "Pipeline name: `my_step`\n"
            f"Run name: `{recording.runs[0].name}`\n"
            "Step name: `my_step`\n"
            "Parameters: `{}`\n"
        )
    ]
