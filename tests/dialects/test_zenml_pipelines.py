"""Pipelines as in ZenML: today's style and the document's, their runs, and what does not fit."""

import asyncio
import re

import pytest

from hookcell import Flow, flow
from hookcell.zenml import OutOfScope, PipelineRun, Step, pipeline, step
from hookcell.zenml.enums import ExecutionStatus
from hookcell.zenml.exceptions import PipelineInterfaceError, StepInterfaceError
from hookcell.zenml.pipelines import pipeline as document_pipeline
from hookcell.zenml.steps import BaseParameters, StepContext
from hookcell.zenml.steps import step as document_step


class Settings(BaseParameters):
    rows: int = 3


@document_step
def load(params: Settings) -> int:
    return params.rows


@document_step
def double(rows: int) -> int:
    return 2 * rows


@document_pipeline
def etl(step_1, step_2):
    step_2(step_1())


def message_of(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


class TestTheDocumentsStyle:
    def test_instances_take_their_places_and_run(self):
        run = etl(step_1=load(), step_2=double()).run()
        assert {name: one.output.load() for name, one in run.steps.items()} == {"load": 3, "double": 6}

    def test_by_position_too(self):
        assert etl(load(), double()).run().status == "completed"

    def test_an_instance_has_its_own_parameters(self):
        for instance in (load(Settings(rows=5)), load(params=Settings(rows=5))):
            assert etl(step_1=instance, step_2=double()).run().steps["double"].output.load() == 10
        assert etl(step_1=load(), step_2=double()).run().steps["double"].output.load() == 6

    def test_an_instance_can_be_configured(self):
        run = etl(step_1=load().configure(parameters={"rows": 1}, name="one"), step_2=double()).run()
        assert list(run.steps) == ["one", "double"]

    def test_an_instance_says_what_it_is(self):
        instance = load()
        assert isinstance(instance, Step)
        assert repr(instance) == "<Step 'load', an instance for a pipeline; call it to run it alone>"
        assert instance() == 3

    def test_a_prepared_pipeline_says_that_it_has_not_run(self):
        prepared = etl(step_1=load(), step_2=double())
        assert repr(prepared) == "<Prepared 'etl', not run yet: call its run()>"

    def test_a_run_has_the_name_it_is_given(self):
        prepared = etl(step_1=load(), step_2=double())
        assert prepared.run(run_name="nightly").name == "nightly"
        assert re.fullmatch(
            r"nightly_\d{4}(_\d\d){2}-\d\d_\d\d_\d\d_\d{6}", prepared.run(run_name="nightly_{date}-{time}").name
        )
        assert prepared.configure(run_name="daily").run().name == "daily"

    def test_a_call_that_nobody_keeps_runs(self, recording):
        etl(step_1=load(), step_2=double())
        double(2)
        assert [run.definition.name for run in recording.runs] == ["etl", "load", "double", "double", "double"]

    def test_a_call_that_asks_for_the_state_runs(self):
        state = double(2, return_state=True)
        assert state.data == 4

    def test_steps_of_today_can_be_given_as_they_are(self):
        @step
        def count() -> int:
            return 7

        assert etl(step_1=count, step_2=double()).run().steps["double"].output.load() == 14

    def test_a_pipeline_of_today_takes_instances_too(self):
        @pipeline
        def both(one, two):
            two(one())

        assert both(one=load(), two=double()).run().status == "completed"

    def test_hooks_of_the_prepared_pipeline_count(self):
        seen = []
        etl(step_1=load(), step_2=double()).configure(on_success=lambda: seen.append(1)).run()
        assert seen == [1, 1]


class TestWhatDoesNotFit:
    def test_a_missing_step_is_named(self):
        assert message_of(PipelineInterfaceError, etl, step_1=load()) == (
            "Wrong arguments when initializing pipeline 'etl': missing a required argument: 'step_2'"
        )

    def test_an_unexpected_step_is_named(self):
        assert message_of(PipelineInterfaceError, etl, load(), double(), other=double()) == (
            "Wrong arguments when initializing pipeline 'etl': got an unexpected keyword argument 'other'"
        )

    def test_missing_brackets_are_told_of_in_zenmls_words(self):
        assert message_of(PipelineInterfaceError, etl, load, double()) == (
            f"Wrong argument type (`{Step}`) for argument 'step_1' of pipeline 'etl'. A `BaseStep` subclass was "
            "provided instead of an instance. This might have been caused due to missing brackets of your steps when "
            "creating a pipeline with `@step` decorated functions, for which the correct syntax is "
            "`pipeline(step=step())`."
        )

    def test_what_is_no_step_is_told_of_in_zenmls_words(self):
        assert message_of(PipelineInterfaceError, etl, 3, double()) == (
            "Wrong argument type (`<class 'int'>`) for argument 'step_1' of pipeline 'etl'. Only `@step` decorated "
            "functions or instances of `BaseStep` subclasses can be used as arguments when creating a pipeline."
        )

    @pytest.mark.parametrize(
        ("made", "args", "kwargs", "message"),
        [
            (load, (1, 2), {}, "Too many arguments (2, expected: 1) passed when creating a 'load' step."),
            (double, (1,), {}, "Too many arguments (1, expected: 0) passed when creating a 'double' step."),
            (
                load,
                (),
                {"rows": 1},
                (
                    "Unknown keyword argument 'rows' when creating a 'load' step, only expected a single argument "
                    "with key 'params'."
                ),
            ),
            (load, (3,), {}, "`3` object passed when creating a 'load' step is not a `Settings` instance."),
        ],
        ids=["two", "one", "unknown", "wrong"],
    )
    def test_an_instance_takes_its_parameters_only(self, made, args, kwargs, message):
        with pytest.raises(StepInterfaceError) as caught:
            etl(made(*args, **kwargs))
        assert str(caught.value) == message

    def test_options_of_zenmls_that_hookcell_has_not_are_errors(self):
        assert message_of(OutOfScope, pipeline(schedule="daily"), print) == (
            "ZenML's schedule= is not part of hookcell; call the pipeline when it is to run"
        )
        assert message_of(OutOfScope, pipeline(on_init=print), print) == (
            "ZenML's on_init= is not part of hookcell; begin the pipeline with it, or use on_run_start"
        )


class TestRuns:
    def test_a_call_gives_the_run(self):
        @pipeline
        def counted():
            load(Settings(rows=2))

        run = counted()
        assert isinstance(run, PipelineRun)
        assert (run.pipeline, run.status, run.status.is_successful) == (counted, "completed", True)

    def test_a_pipeline_inside_another_gives_its_value(self):
        @pipeline
        def inner(n):
            return double(n)

        @pipeline
        def outer():
            return inner(4)

        assert outer().state.data == 8

    def test_a_step_in_a_native_flow_gives_its_value(self):
        assert flow(name="native")(lambda: double(4))() == 8

    def test_a_pipeline_is_a_flow(self):
        assert isinstance(etl, Flow)

    def test_parameters_are_passed_on(self):
        @pipeline
        def counted(n: int, *, more: int = 1):
            return double(n + more)

        assert counted(3, more=2).state.data == 10

    def test_an_async_pipeline_is_awaited_and_gives_its_run(self):
        @step
        async def fetch() -> int:
            return 3

        @pipeline
        async def counted():
            return await fetch()

        async def main():
            return await counted()

        assert asyncio.run(main()).steps["fetch"].output.load() == 3

    def test_a_failure_is_raised_and_stops_the_steps_that_come_after(self, recording):
        @step
        def fail() -> None:
            raise ValueError("gone")

        @pipeline
        def broken():
            fail()
            double(1)

        assert message_of(ValueError, broken) == "gone"
        assert [run.definition.name for run in recording.runs] == ["broken", "fail"]
        assert recording.runs[0].status is ExecutionStatus.FAILED

    def test_an_output_that_is_not_the_only_one_has_to_be_named(self):
        @step
        def nothing() -> None: ...

        @pipeline
        def counted():
            nothing()

        one = counted().steps["nothing"]
        assert message_of(ValueError, lambda: one.output) == ("step run 'nothing' has 0 outputs: []; use outputs[name]")

    def test_a_step_that_fails_has_no_outputs(self, recording):
        @step
        def fail() -> int:
            raise ValueError

        fail(return_state=True)
        assert recording.runs[1].outputs == {}

    @pytest.mark.parametrize("status", list(ExecutionStatus))
    def test_a_status_reads_as_in_zenml(self, status):
        assert str(status) == status.value
        assert status.is_finished == (status in {"completed", "failed", "stopped"})

    def test_a_run_name_may_hold_parameters(self):
        @pipeline(run_name="count-{n}-{date}")
        def counted(n):
            return double(n)

        assert re.fullmatch(r"count-4-\d{4}_\d\d_\d\d", counted(4).name)
        assert counted.with_options(run_name="count-{n}")(5).name == "count-5"

    def test_a_context_knows_the_run_of_its_pipeline(self):
        @step
        def named(context: StepContext) -> str:
            return context.run_name

        @pipeline(run_name="nightly")
        def counted():
            return named()

        assert counted().state.data == "nightly"
