"""Steps as in ZenML: parameters, outputs, contexts, retries, and how they are called and changed."""

import asyncio
from typing import Annotated, Any, Literal, Optional, Tuple, Union  # noqa: UP035 -- ZenML's documents say Tuple

import pytest

from hookcell import task
from hookcell.errors import UnknownOptionError
from hookcell.testing import instant_retries
from hookcell.zenml import OutOfScope, Step, StepRetryConfig, StepRun, get_step_context, pipeline, step
from hookcell.zenml.exceptions import MissingStepParameterError, StepContextError, StepInterfaceError
from hookcell.zenml.steps import BaseParameters, Output, StepContext


class Settings(BaseParameters):
    rate: float = 0.1
    name: str = "plain"


class Strict(BaseParameters):
    rate: float


def run_of(recording, made):
    """The newest run of a step, not of the pipeline that it is alone in."""
    return next(run for run in reversed(recording.runs) if isinstance(run, StepRun) and run.definition is made)


def message_of(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


class TestCalling:
    def test_a_step_alone_is_a_pipeline_of_one_step_and_gives_its_value(self, recording):
        @step
        def load() -> int:
            return 3

        assert load() == 3
        assert repr(recording).splitlines() == [
            "flow load: Pending",
            "flow load: Running",
            "task load: Pending",
            "task load: Running",
            "task load: Completed",
            "flow load: Completed",
        ]

    def test_a_step_in_a_pipeline_gives_its_value_to_the_next(self):
        @step
        def load(n: int) -> list:
            return [n] * n

        @step
        def count(rows: list) -> int:
            return len(rows)

        @pipeline
        def etl(n):
            return count(load(n))

        assert etl(4).state.data == 4

    def test_an_async_step_is_awaited(self):
        @step
        async def load() -> int:
            return 3

        assert asyncio.run(_awaited(load)) == 3

    def test_a_step_inside_a_native_task_is_a_run_below_it(self, recording):
        @step
        def load() -> int:
            return 3

        @task
        def outer():
            return load()

        assert outer() == 3
        assert recording.of("load").parent is recording.of("outer")

    def test_a_submitted_step_gives_a_future_that_another_takes(self):
        @step
        def load(n: int) -> int:
            return n

        @step
        def add(x: int, y: int) -> int:
            return x + y

        @pipeline
        def etl():
            return add.submit(load.submit(1), load.submit(2)).result()

        assert etl().state.data == 3

    def test_the_second_run_of_a_step_in_a_pipeline_has_a_number(self, recording):
        @step
        def load() -> int:
            return 3

        @pipeline
        def etl():
            load()
            load()

        assert list(etl().steps) == ["load", "load_2"]

    def test_arguments_that_do_not_fit_make_no_run(self, recording):
        @step
        def load(day: str) -> None: ...

        assert message_of(StepInterfaceError, load) == (
            "Wrong arguments when calling step 'load': missing a required argument: 'day'; it takes (day: str)"
        )
        assert recording.runs == []

    def test_a_step_may_be_a_method(self):
        class Shop:
            name = "corner"

            @step
            def sales(self, day: str, context: StepContext) -> str:
                return f"{self.name} {day} {context.step_name}"

        shop, seen = Shop(), []
        shop.sales.on_success(lambda: seen.append("told"))
        assert shop.sales("mon") == "corner mon sales"
        assert pipeline(name="etl")(lambda: shop.sales("tue"))().state.data == "corner tue sales"
        assert seen == ["told", "told"]

    def test_return_state_gives_a_state(self):
        @step
        def fail() -> None:
            raise ValueError

        assert fail(return_state=True).name == "Failed"


async def _awaited(load):
    return await load()


class TestParameters:
    def test_defaults_of_the_class_are_used(self):
        @step
        def train(params: Settings) -> float:
            return params.rate

        assert train() == 0.1

    @pytest.mark.parametrize("given", [{"args": [Settings(rate=0.5)]}, {"kwargs": {"params": Settings(rate=0.5)}}])
    def test_an_instance_may_be_given_by_position_or_name(self, given):
        @step
        def train(rows: int, params: Settings) -> float:
            return rows * params.rate

        assert train(2, *given.get("args", ()), **given.get("kwargs", {})) == 1.0

    @pytest.mark.parametrize("configured", [{"rate": 0.5}, Settings(rate=0.5)])
    def test_parameters_are_configured_in_place(self, configured):
        @step
        def train(params: Settings) -> float:
            return params.rate

        assert train.configure(parameters=configured) is train
        assert train() == 0.5

    def test_with_options_leaves_the_original(self):
        @step
        def train(params: Settings) -> float:
            return params.rate

        copy = train.with_options(parameters={"rate": 0.5})
        assert (copy(), train()) == (0.5, 0.1)

    def test_configured_dictionaries_are_merged_unless_told_otherwise(self):
        @step
        def train(params: Settings) -> tuple:
            return params.rate, params.name

        train.configure(parameters={"rate": 0.5}).configure(parameters={"name": "big"})
        assert train() == (0.5, "big")
        assert train.configure(parameters={"name": "big"}, merge=False)() == (0.1, "big")

    def test_the_inputs_skip_the_parameters_object_by_position(self):
        @step
        def train(params: Settings, context: StepContext, rows: int, more: int = 1) -> str:
            return f"{context.step_name} {params.rate} {rows} {more}"

        assert train(2, 3) == "train 0.1 2 3"

    def test_plain_parameters_can_be_configured(self):
        @step
        def train(rows: int, rate: float) -> float:
            return rows * rate

        train.configure(parameters={"rate": 0.5})
        assert train(2) == 1.0
        assert train(2, rate=2.0) == 4.0

    def test_a_missing_value_is_named_with_the_ways_out(self):
        @step
        def train(params: Strict) -> None: ...

        assert message_of(MissingStepParameterError, train) == (
            "Missing parameters ['rate'] for 'train' step. There are three ways to solve this issue: (1) Specify a "
            "default value in the parameters class `Strict` (2) Specify the parameters in code: "
            "`train(Strict(...))` (3) Configure them: `train.configure(parameters={...})`"
        )

    def test_a_value_of_a_wrong_type_is_named(self):
        @step(parameters={"rate": "much"})
        def train(params: Settings) -> None: ...

        assert message_of(StepInterfaceError, train).startswith(
            "The parameters of step 'train' are no `Settings`: rate:"
        )

    def test_another_object_is_refused_in_zenmls_words(self):
        @step
        def train(params: Settings) -> None: ...

        assert message_of(StepInterfaceError, train, params=3) == (
            "`3` object passed when creating a 'train' step is not a `Settings` instance."
        )

    def test_parameters_for_a_step_without_any_are_refused_in_zenmls_words(self):
        assert message_of(StepInterfaceError, step(parameters={"rate": 1}), lambda: None) == (
            "Function parameters configured for step <lambda> which does not accept any function parameters."
        )

    def test_parameters_that_a_step_does_not_have_are_named(self):
        def train(rows: int) -> None: ...

        assert message_of(StepInterfaceError, step(parameters={"rate": 1}), train) == (
            "Function parameters ['rate'] configured for step train, which takes (rows: int)"
        )

    def test_two_parameters_objects_are_refused(self):
        def train(one: Settings, two: Strict) -> None: ...

        assert message_of(StepInterfaceError, step, train) == (
            "Found multiple parameter arguments ('one' and 'two') when creating step 'train'."
        )

    def test_two_contexts_are_refused(self):
        def train(one: StepContext, two: StepContext) -> None: ...

        assert message_of(StepInterfaceError, step, train) == (
            "Found multiple context arguments ('one' and 'two') when creating step 'train'."
        )

    def test_args_beside_a_context_are_refused(self):
        def train(context: StepContext, *rows: int) -> None: ...

        assert message_of(StepInterfaceError, step, train) == (
            "step 'train' takes *args, or parameters by position only, beside its parameters or context; give each "
            "input a name"
        )


class TestOutputs:
    @pytest.mark.parametrize(
        ("annotation", "value"),
        [
            (Output(first_num=int), 3),
            (Output(a=int, b=str), (1, "x")),
            (Output(a=int, b=str), [1, "x"]),
            (int, True),
            (Annotated[int, "rows"], 3),
            (Tuple[Annotated[int, "a"], str], (1, "x")),  # noqa: UP006 -- as in ZenML's documents
            (tuple[int, ...], (1, 2, 3)),
            (list[int], [1]),
            (dict[str, Any], {}),
            (Optional[int], None),  # noqa: UP045 -- as above
            (Union[int, str], "x"),  # noqa: UP007 -- as above
            (int | None, None),
            (Literal["a", "b"], "b"),
            (Any, object()),
            (None, None),
            ("int", 3),
            ("NoSuchName", 3),
        ],
    )
    def test_what_fits_the_annotation_completes(self, annotation, value):
        def give():
            return value

        give.__annotations__["return"] = annotation
        assert step(give)() == value

    @pytest.mark.parametrize(
        ("annotation", "value", "message"),
        [
            (
                int,
                "x",
                (
                    "Wrong type for output 'output' of step 'give' (expected type: <class 'int'>, actual type: "
                    "<class 'str'>)."
                ),
            ),
            (
                Output(first_num=int),
                2.5,
                (
                    "Wrong type for output 'first_num' of step 'give' (expected type: <class 'int'>, actual type: "
                    "<class 'float'>)."
                ),
            ),
            (
                Annotated[str, "rows"],
                1,
                (
                    "Wrong type for output 'rows' of step 'give' (expected type: <class 'str'>, actual type: "
                    "<class 'int'>)."
                ),
            ),
            (
                None,
                3,
                (
                    "Wrong step function output type for step 'give': Expected no outputs but the function returned "
                    "something: 3."
                ),
            ),
            (
                Output(a=int, b=int),
                "ab",
                (
                    "Wrong step function output type for step 'give': Expected multiple outputs "
                    "({'a': <class 'int'>, 'b': <class 'int'>}) but the function did not return a list or tuple "
                    "(actual return value: ab)."
                ),
            ),
            (
                tuple[int, int],
                (1, 2, 3),
                (
                    "Wrong amount of step function outputs for step 'give: Expected 2 outputs but the function "
                    "returned 3 outputs(return values: (1, 2, 3))."
                ),
            ),
            (
                tuple[int, str],
                (1, 2),
                (
                    "Wrong type for output 'output_1' of step 'give' (expected type: <class 'str'>, actual type: "
                    "<class 'int'>)."
                ),
            ),
        ],
    )
    def test_what_does_not_fit_fails_the_step_in_zenmls_words(self, annotation, value, message):
        def give():
            return value

        give.__annotations__["return"] = annotation
        assert message_of(StepInterfaceError, step(give)) == message

    def test_a_generator_and_an_async_step_are_checked_by_what_they_give(self):
        @step
        def rows() -> list:
            yield 1

        @step
        async def load() -> int:
            return "x"

        assert rows() == [1]
        with pytest.raises(StepInterfaceError, match="Wrong type for output 'output' of step 'load'"):
            asyncio.run(_awaited(load))

    def test_a_value_that_cannot_be_told_is_told_of_all_the_same(self):
        class Odd:
            def __str__(self):
                raise OSError("gone")

        @step
        def give() -> None:
            return Odd()

        assert "a Odd that cannot be told: OSError: gone" in message_of(StepInterfaceError, give)

    def test_a_step_tried_again_is_checked_each_time(self):
        values = iter(["x", 3])

        @step(retry=StepRetryConfig(max_retries=1))
        def give() -> int:
            return next(values)

        assert give() == 3

    def test_outputs_are_found_by_name_in_the_run(self):
        @step
        def split() -> Output(low=int, high=int):
            return 1, 2

        @pipeline
        def etl():
            split()

        outputs = etl().steps["split"].outputs
        assert {name: artifact.load() for name, artifact in outputs.items()} == {"low": 1, "high": 2}

    def test_output_tells_its_names_and_types(self):
        assert repr(Output(a=int, b=list[int])) == "Output(a=int, b=list[int])"
        assert dict(Output(a=int).items()) == {"a": int}


class TestContext:
    def test_a_step_and_its_hooks_find_the_same_context(self):
        seen = []

        @step(on_success=lambda: seen.append(get_step_context()))
        def load(context: StepContext, n: int = 2) -> int:
            seen.extend([context, get_step_context()])
            return n

        load()
        assert len({*seen}) == 1
        assert seen[0].step_run is seen[2].step_run

    def test_what_a_context_knows(self):
        seen = {}

        @step
        def train(context: StepContext, params: Settings, rows: int) -> None:
            seen.update(
                names=(context.step_name, context.pipeline_name),
                run=context.run_name == context.pipeline_run.name,
                pipeline=context.pipeline is etl,
                inputs=context.inputs,
                parameters=context.parameters,
                cached=context.cache_enabled,
                stack=context.stack is context.active_stack,
                status=str(context.step_run.status),
            )

        @pipeline
        def etl():
            train(rows=3)

        etl()
        assert seen == {
            "names": ("train", "etl"),
            "run": True,
            "pipeline": True,
            "inputs": {"rows": 3},
            "parameters": {"rate": 0.1, "name": "plain"},
            "cached": False,
            "stack": True,
            "status": "running",
        }

    def test_parameters_of_a_step_without_a_class_are_its_inputs(self):
        seen = []

        @step
        def train(rate: float) -> None:
            seen.append(get_step_context().parameters)

        train(0.5)
        assert seen == [{"rate": 0.5}]

    def test_a_native_task_has_a_context_too(self):
        seen = []

        @task
        def lone(n):
            context = get_step_context()
            seen.append((context.step_name, context.pipeline, context.inputs))
            with pytest.raises(StepContextError, match="it is no step; make it with @step"):
                context.add_output_metadata({"n": n})

        lone(3)
        assert seen == [("lone", None, {"n": 3})]

    def test_outside_there_is_none_in_zenmls_words(self):
        assert message_of(RuntimeError, get_step_context) == (
            "The step context is only available inside a step function."
        )

    def test_metadata_and_tags_stay_with_the_run(self):
        kept = []

        def note(context: StepContext):
            context.add_output_tags(["late"])
            kept.append((context.get_output_metadata(), context.get_output_tags()))

        @step(on_success=note)
        def load(context: StepContext) -> Annotated[int, "rows"]:
            context.add_output_metadata({"source": "file"}, output_name="rows")
            context.add_output_tags(["raw", "big"])
            context.remove_output_tags(["big"])
            return 3

        load()
        assert kept == [({"source": "file"}, ["raw", "late"])]

    def test_an_output_that_there_is_not_is_named(self):
        @step
        def split(context: StepContext) -> Output(low=int, high=int):
            said.append(message_of(StepContextError, context.get_output_metadata))
            said.append(message_of(StepContextError, context.get_output_tags, "mid"))
            return 1, 2

        said = []
        split()
        assert said == [
            "Step 'split' has 2 outputs; say which: ['low', 'high']",
            "Step 'split' has no output 'mid'; there are ['low', 'high']",
        ]


class TestRetries:
    def test_delays_grow_by_the_backoff(self):
        assert StepRetryConfig(max_retries=3, delay=10, backoff=2).delays() == [10, 20, 40]
        assert StepRetryConfig(max_retries=2, delay=5).delays() == [5, 5]

    def test_a_step_is_tried_again_and_its_failure_hook_waits_for_the_last(self, recording):
        fired = []

        def failed(exception: BaseException):
            fired.append(str(exception))

        @step(retry=StepRetryConfig(max_retries=2, delay=1), on_failure=failed, on_start=lambda: fired.append("start"))
        def load() -> None:
            raise ValueError(len(fired))

        with instant_retries(), pytest.raises(ValueError, match="3"):
            load()
        assert fired == ["start", "start", "start", "3"]
        assert run_of(recording, load).attempt == 3

    def test_a_dictionary_is_a_config_too(self):
        assert step(retry={"max_retries": 2})(lambda: None).retries == 2

    def test_something_else_is_refused(self):
        assert message_of(StepInterfaceError, step(retry=3), lambda: None) == (
            "retry of step '<lambda>' is 3; give StepRetryConfig(max_retries=3, delay=10)"
        )


class TestOptions:
    def test_names_and_extras_are_kept(self):
        made = step(name="load_rows", extra={"team": "a"})(lambda: None)
        assert (made.name, made.extra) == ("load_rows", {"team": "a"})
        assert made.configure(extra={"level": 1}).extra == {"team": "a", "level": 1}

    def test_an_option_that_nobody_has_is_named_with_the_one_that_was_meant(self):
        assert message_of(UnknownOptionError, step(on_sucess=print), print) == (
            "step has no option 'on_sucess'; did you mean on_success=?"
        )

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            (
                {"enable_cache": True},
                (
                    "ZenML's enable_cache=True is not part of hookcell; every call runs the step: leave it out, or "
                    "write enable_cache=False"
                ),
            ),
            (
                {"step_operator": "k8s"},
                "ZenML's step_operator= is not part of hookcell; steps run in this kernel: leave it out",
            ),
        ],
    )
    def test_what_hookcell_has_not_is_an_error_where_it_is_asked_for(self, option, message):
        assert message_of(OutOfScope, step(**option), print) == message

    def test_an_order_of_steps_is_the_order_of_their_calls(self):
        load = step(name="load")(lambda: None)
        assert message_of(OutOfScope, load.after, load) == (
            "ZenML's step.after() is not part of hookcell; a step runs where it is called: call the steps in the order "
            "they are to run in"
        )

    def test_false_is_no_cache(self):
        assert isinstance(step(enable_cache=False)(lambda: None), Step)
