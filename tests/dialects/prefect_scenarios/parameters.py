"""How parameters are bound, checked and coerced, and how runs are named after them."""

import asyncio
import re

from dialects.scenarios import scenario


@scenario("5 int", "[1, 2]")
def a_flow_coerces_its_parameters_to_their_annotations(seen):
    from prefect import flow

    @flow
    def etl(x: int, rows: list[int]):
        seen(x, type(x).__name__)
        return rows

    seen(etl("5", rows=("1", 2)))


@scenario("Point x=1 y=2")
def a_model_is_made_from_a_dict(seen):
    from prefect import flow
    from pydantic import BaseModel

    class Point(BaseModel):
        x: int
        y: int

    @flow
    def draw(point: Point):
        seen(type(point).__name__, point)

    draw({"x": 1, "y": "2"})


@scenario("on_failure Failed", "ParameterTypeError")
def a_parameter_that_is_not_valid_fails_the_flow_before_it_runs(seen):
    from prefect import flow

    @flow(**seen.hooks("on_running", "on_failure"))
    def etl(x: int):
        seen("body")

    try:
        etl("five")
    except Exception as error:  # noqa: BLE001 -- which error it is, is the point
        seen(type(error).__name__)


@scenario(
    "FAILED Failed Validation of flow parameters failed with error: ParameterTypeError: "
    "Flow run received invalid parameters:\n - x: Input should be a valid integer, unable to parse string as an integer"
)
def the_failed_state_says_which_parameter_is_not_valid(seen):
    from prefect import flow

    @flow
    def etl(x: int, y: int = 0):
        return x

    seen.state(etl("five", return_state=True))


@scenario("five str")
def validation_can_be_switched_off(seen):
    from prefect import flow

    @flow(validate_parameters=False)
    def etl(x: int):
        seen(x, type(x).__name__)

    etl("five")


@scenario("5 str")
def a_task_takes_its_parameters_as_they_are(seen):
    from prefect import task

    @task
    def load(x: int):
        seen(x, type(x).__name__)

    load("5")


@scenario("ParameterBindError", "ParameterBindError", "ParameterBindError")
def arguments_that_do_not_fit_are_refused_before_there_is_a_run(seen):
    from prefect import flow, task

    @flow(**seen.hooks("on_failure"))
    def etl(x):
        return x

    for call in (etl, lambda: etl(1, 2), lambda: task(_one)(3)):
        try:
            call()
        except TypeError as error:
            seen(type(error).__name__)


@scenario(
    "ParameterBindError: Error binding parameters for function 'etl': missing a required argument: 'x'.\n"
    "Function 'etl' has signature 'x' but received args: () and kwargs: []."
)
def the_binding_error_says_what_was_given(seen):
    from prefect import flow

    @flow
    def etl(x):
        return x

    with seen.raised():
        etl()


@scenario("1 2 (3,) {'d': 4}")
def all_kinds_of_parameters_arrive(seen):
    from prefect import flow

    @flow
    def etl(a, b=2, *rest, **more):
        seen(a, b, rest, more)

    etl(1, 2, 3, d=4)


@scenario("{'a': 1, 'b': 2}", "{'x': 3, 'y': 4}")
def a_run_knows_its_parameters_with_their_defaults(seen):
    from prefect import flow, task
    from prefect.context import get_run_context

    @flow
    def etl(a, b=2):
        seen(get_run_context().parameters)

    @task
    def load(x, y=4):
        seen(get_run_context().parameters)

    etl(1)
    load(3)


@scenario("import of sales", "load sales")
def run_names_are_templates_of_the_parameters(seen):
    from prefect import flow, task
    from prefect.runtime import flow_run, task_run

    @task(task_run_name="load {what}")
    def load(what):
        seen(task_run.name)

    @flow(flow_run_name="import of {what}")
    def etl(what):
        seen(flow_run.name)
        load(what)

    etl("sales")


@scenario("called", "on Monday 3")
def run_names_may_be_callables(seen):
    from prefect import flow, task
    from prefect.runtime import flow_run, task_run

    @task(task_run_name=lambda parameters: f"on Monday {parameters['x']}")
    def load(x):
        seen(task_run.name)

    @flow(flow_run_name=lambda: "called")
    def etl():
        seen(flow_run.name)
        load(3)

    etl()


@scenario("hook import of sales", "hook import of sales")
def hooks_see_the_given_name(seen):
    from prefect import flow

    hook = lambda flow, flow_run, state: seen("hook", flow_run.name)  # noqa: E731 -- one hook, twice

    @flow(flow_run_name="import of {what}", on_running=[hook], on_completion=[hook])
    def etl(what):
        return 1

    etl("sales")


@scenario("load", "load-xxx")
def a_tasks_run_is_named_after_the_task(seen):
    from prefect import flow, task
    from prefect.runtime import task_run

    @task
    def load():
        return task_run.name

    @flow
    def etl():
        return load()

    seen(load())
    seen(re.sub(r"[0-9a-f]{3}$", "xxx", etl()))


@scenario("async 3", "COMPLETED Completed None")
def async_flows_and_tasks_are_awaited(seen):
    from prefect import flow, task

    @task
    async def add(x, y):
        return x + y

    @flow
    async def etl(x: int):
        seen("async", await add(x, 2))

    seen.state(asyncio.run(etl("1", return_state=True)))


@scenario("3")
def a_sync_task_in_an_async_flow_is_called(seen):
    from prefect import flow, task

    @task
    def add(x, y):
        return x + y

    @flow
    async def etl():
        return add(1, 2)

    seen(asyncio.run(etl()))


@scenario(
    "ParameterTypeError: Flow run received invalid parameters:\n"
    " - x: Input should be a valid integer, unable to parse string as an integer\n - options.y: Field required",
)
def the_error_lists_every_parameter_that_is_not_valid(seen):
    from prefect import flow
    from pydantic import BaseModel

    class Options(BaseModel):
        y: int

    @flow
    def etl(x: int, options: Options):
        return x

    with seen.raised():
        etl("five", {})


@scenario("[1, 2]", "1 2")
def dataclasses_and_nested_models_are_validated(seen):
    from dataclasses import dataclass

    from prefect import flow

    @dataclass
    class Range:
        start: int
        stop: int

    @flow
    def etl(x: list[int], span: Range):
        seen(x)
        seen(span.start, span.stop)

    etl(["1", 2], Range(1, 2))


@scenario("{'a': 1, 'b': 3}", "{'a': 1, 'b': 2}")
def the_call_parameters_of_a_function_can_be_asked(seen):
    from prefect.utilities.callables import get_call_parameters

    def etl(a, b=2):
        return a

    seen(get_call_parameters(etl, (1,), {"b": 3}))
    seen(get_call_parameters(etl, (1,), {}))


def _one():
    return 1
