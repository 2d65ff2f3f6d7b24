"""The bench for one hook: what it is called with, made by hand or replayed, and what it does with it."""

import asyncio

import pytest

from hookcell import (
    Flow,
    FlowRun,
    HookSignatureError,
    ParameterBindError,
    State,
    StateType,
    TaskRun,
    flow,
    get_run_logger,
    hook,
    task,
)
from hookcell.prefect import flow as prefect_flow
from hookcell.testing import build_moment, call_hook, replay, would_fire
from hookcell.zenml import get_step_context, step
from hookcell.zenml.steps import BaseParameters, StepContext


@task
def load(day, n=3):
    raise AssertionError("nobody runs it")


@flow
def nightly(day: str = "mon"):
    raise AssertionError("nobody runs it")


class TestByHand:
    def test_a_run_has_its_parameters_and_a_story(self):
        moment = build_moment(load, "mon", result=7)
        assert moment.run.parameters == {"day": "mon", "n": 3}
        assert [state.name for state in moment.run.story] == ["Pending", "Running", "Completed"]
        assert (moment.state.data, moment.error) == (7, None)

    @pytest.mark.parametrize(
        ("error", "name"), [(ValueError("gone"), "Failed"), (SystemExit(), "Crashed"), (None, "Completed")]
    )
    def test_the_state_follows_from_the_error(self, error, name):
        moment = build_moment(load, "mon", error=error)
        assert (moment.state.name, moment.error) == (name, error)

    def test_any_state_can_be_given(self):
        moment = build_moment(load, "mon", state=State(StateType.CANCELLED, "Stopped"))
        assert moment.run.state_name == "Stopped"

    def test_a_flow_may_be_around_it(self):
        moment = build_moment(load, "mon", inside=nightly)
        assert moment.run.flow_run.flow is nightly

    def test_a_flow_has_one_too(self):
        def tell(made: Flow, run: FlowRun):
            return made.name, run.parameters

        assert call_hook(tell, build_moment(nightly)) == ("nightly", {"day": "mon"})

    def test_arguments_that_do_not_fit_are_refused(self):
        with pytest.raises(ParameterBindError, match="missing a required argument: 'day'"):
            build_moment(load)

    def test_nobody_is_told_of_it(self, recording):
        call_hook(lambda task, run, state: None, build_moment(load, "mon"))
        assert recording.events == []

    @pytest.mark.parametrize("kind", [flow, task])
    def test_runs_that_really_run_are_called_as_if_it_had_not_been_made(self, kind, recording):
        definition = kind(name=f"never {kind.__name__}ed before")(lambda: None)
        moment = build_moment(definition)
        definition()
        assert moment.run.name == recording.of(definition.name).name

    def test_a_flow_of_prefects_dialect_has_its_states(self):
        moment = build_moment(prefect_flow(lambda: None, name="etl"))
        assert call_hook(lambda flow, flow_run, state: f"{flow.name} {state}", moment) == "etl Completed()"


class TestReplay:
    def test_a_hook_sees_what_happened(self, recording):
        @task
        def fail(day):
            raise ValueError("gone")

        fail("mon", return_state=True)

        def tell(run: TaskRun, error: ValueError):
            return run.parameters["day"], str(error)

        assert call_hook(tell, replay(recording.events[-1]), "on_failure") == ("mon", "gone")

    def test_a_hook_call_is_an_event_too(self, recording):
        task(name="good", on_completion=lambda: None)(lambda: 7)()
        ended = next(event for event in recording.events if event.what == "hook_ended")
        assert call_hook(lambda task, run, state: state.data, replay(ended)) == 7

    def test_a_line_is_no_moment(self, recording):
        moment = build_moment(load, "mon")
        moment.run.note("odd")
        with pytest.raises(LookupError, match=r"a line is no moment of a run: task load.*: odd; replay an event"):
            replay(recording.events[-1])


class TestCalling:
    def test_what_it_raises_is_raised(self):
        def broken():
            raise KeyError("x")

        with pytest.raises(KeyError):
            call_hook(broken, build_moment(load, "mon"))

    def test_an_async_hook_is_awaited(self):
        async def tell(run: TaskRun):
            await asyncio.sleep(0)
            return run.parameters["day"]

        assert call_hook(tell, build_moment(load, "mon")) == "mon"

    def test_one_that_could_not_be_attached_is_told_of(self):
        with pytest.raises(HookSignatureError, match="needs 'd'"):
            call_hook(lambda a, b, c, d: None, build_moment(load, "mon"))

    def test_it_runs_in_its_run(self, caplog):
        call_hook(lambda: get_run_logger().info("here"), build_moment(load, "mon"))
        assert [record.task_name for record in caplog.records] == ["load"]

    def test_filters_and_conditions_are_asked_apart(self):
        def tell(error: ValueError):
            return str(error)

        values, keys = (build_moment(load, "mon", error=error) for error in (ValueError("a"), KeyError("b")))
        assert (would_fire(tell, values, "on_failure"), would_fire(tell, keys, "on_failure")) == (True, False)
        assert not would_fire(hook(tell, when=lambda task, run, state: False), values)


class TestZenML:
    def test_a_step_has_its_context_and_parameters(self):
        class Settings(BaseParameters):
            rate: float = 0.1

        @step
        def train(context: StepContext, params: Settings, rows: int) -> None: ...

        def tell(context: StepContext, params: BaseParameters, exception: Exception):
            return context.step_name, params, str(exception), get_step_context() == context

        moment = build_moment(train, rows=3, error=ValueError("gone"))
        assert call_hook(tell, moment, "on_failure") == ("train", Settings(), "gone", True)
