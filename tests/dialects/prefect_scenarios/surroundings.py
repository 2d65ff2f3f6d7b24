"""What a run sees around itself: context, runtime, tags, logs, settings, variables."""

import asyncio
import logging

from dialects.scenarios import scenario


@scenario("MissingContextError: No run context available. You are not in a flow or task run context.")
def there_is_no_run_context_outside_a_run(seen):
    from prefect.context import get_run_context

    with seen.raised():
        get_run_context()


@scenario("MissingContextError: There is no active flow or task run context.")
def there_is_no_run_logger_outside_a_run(seen):
    from prefect import get_run_logger

    with seen.raised():
        get_run_logger()


@scenario("None None", "True etl None", "True etl load", "None None")
def the_contexts_say_where_code_runs(seen):
    from prefect import flow, task
    from prefect.context import FlowRunContext, TaskRunContext, get_run_context

    @task
    def load():
        context = get_run_context()
        seen(isinstance(context, TaskRunContext), FlowRunContext.get().flow.name, context.task.name)

    @flow
    def etl():
        context = get_run_context()
        seen(isinstance(context, FlowRunContext), context.flow.name, TaskRunContext.get())
        load()

    seen(FlowRunContext.get(), TaskRunContext.get())
    etl()
    seen(FlowRunContext.get(), TaskRunContext.get())


@scenario("None [] {} None", "None None []")
def outside_a_run_the_runtime_is_empty(seen):
    from prefect.runtime import flow_run, task_run

    seen(flow_run.id, flow_run.tags, flow_run.parameters, flow_run.name)
    seen(task_run.id, task_run.name, task_run.tags)


@scenario("given {'x': 1} 1 etl ['night']", "3 {'y': 2} load ['day', 'night'] load 2")
def inside_a_run_the_runtime_tells_about_it(seen):
    from prefect import flow, tags, task
    from prefect.runtime import flow_run, task_run

    @task(tags=["day"], task_run_name="load {y}")
    def load(y):
        seen(3, task_run.parameters, task_run.task_name, sorted(task_run.tags), task_run.name)

    @flow(flow_run_name="given")
    def etl(x):
        seen(flow_run.name, flow_run.parameters, flow_run.run_count, flow_run.flow_name, flow_run.tags)
        load(2)

    with tags("night"):
        etl(1)


@scenario("prefect.runtime.flow_run has no attribute 'color'")
def the_runtime_has_no_other_attributes(seen):
    from prefect.runtime import flow_run

    try:
        flow_run.color  # noqa: B018 -- asked for its error
    except AttributeError as error:
        seen(str(error).replace("hookcell.", ""))


@scenario("mocked", "7")
def environment_variables_mock_the_runtime(seen):
    import os

    from prefect.runtime import flow_run

    mocks = {"PREFECT__RUNTIME__FLOW_RUN__NAME": "mocked", "PREFECT__RUNTIME__FLOW_RUN__RUN_COUNT": "7"}
    os.environ |= mocks
    try:
        seen(flow_run.name)
        seen(flow_run.run_count)
    finally:
        for name in mocks:
            del os.environ[name]


@scenario("parent None True", "child True True")
def a_subflow_knows_its_parent_and_its_root(seen):
    from prefect import flow
    from prefect.runtime import flow_run

    ids = []

    @flow
    def child():
        seen("child", flow_run.parent_flow_run_id == ids[0], flow_run.root_flow_run_id == ids[0])

    @flow
    def parent():
        ids.append(flow_run.id)
        seen("parent", flow_run.parent_flow_run_id, flow_run.root_flow_run_id == ids[0])
        child()

    parent()


@scenario("['a']", "['a', 'b', 'c']", "[]", "['a', 'b']")
def tags_are_those_of_all_blocks_around(seen):
    from prefect import tags, task
    from prefect.runtime import task_run

    note = task(lambda: seen(sorted(task_run.tags)), name="note")
    with tags("a"):
        note()
        with tags("b", "c"):
            note()
    note()
    with tags("a", "b") as current:
        seen(sorted(current))


@scenario("['etl']", "['etl', 'load']")
def tags_in_a_flow_go_to_its_tasks_and_are_seen_by_hooks(seen):
    from prefect import flow, tags, task

    @task(tags=["load"], on_completion=[lambda task, task_run, state: seen(sorted(task_run.tags))])
    def load():
        return 1

    @flow(on_running=[lambda flow, flow_run, state: seen(sorted(flow_run.tags))])
    def etl():
        load()

    with tags("etl"):
        etl()


@scenario("INFO in the flow", "WARNING in the task", "INFO in the hook")
def the_run_logger_writes_lines(seen):
    from prefect import flow, get_run_logger, task

    def hook(task, task_run, state):
        get_run_logger().info("in the hook")

    @task(on_completion=[hook])
    def load():
        get_run_logger().warning("in the task")

    @flow
    def etl():
        get_run_logger().info("in the flow")
        load()

    with seen.logged(about="in the"):
        etl()


@scenario("prefect.flow_runs given etl", "prefect.task_runs load")
def the_run_loggers_lines_say_whose_they_are(seen):
    from prefect import flow, get_run_logger, task

    def load():
        logger = get_run_logger()
        seen(logger.logger.name, logger.extra["task_name"])

    @flow(flow_run_name="given")
    def etl():
        logger = get_run_logger()
        seen(logger.logger.name, logger.extra["flow_run_name"], logger.extra["flow_name"])
        task(load)()

    etl()


@scenario(
    "MissingContextError",
    better=["logged"],
    because="every hook runs in the context of its run (§1.16, 5)",
)
def the_run_logger_in_an_on_crashed_hook(seen):
    from prefect import flow, get_run_logger

    def hook(flow, flow_run, state):
        try:
            get_run_logger().info("crashed")
            seen("logged")
        except Exception as error:  # noqa: BLE001 -- which error it is, is the point
            seen(type(error).__name__)

    def etl():
        raise SystemExit(1)

    try:
        flow(etl, on_crashed=[hook])()
    except SystemExit:
        pass


@scenario("INFO in the flow", "INFO in the task")
def log_prints_turns_prints_into_log_lines(seen):
    from prefect import flow, task

    @task
    def load():
        print("in the task")  # noqa: T201 -- what log_prints is about

    @flow(log_prints=True)
    def etl():
        print("in the flow")  # noqa: T201 -- what log_prints is about
        load()

    with seen.logged(about="in the"):
        etl()


@scenario("in a hook")
def loggers_for_a_run_at_hand_need_no_context(seen):
    from prefect import flow
    from prefect.logging.loggers import flow_run_logger

    @flow
    def etl():
        return 1

    @etl.on_completion
    def hook(flow, flow_run, state):
        logger = flow_run_logger(flow_run, flow)
        seen("in a hook" if isinstance(logger, logging.LoggerAdapter) else logger)

    etl()


@scenario("1 1", "{'a': [1, 2]}", "None", "fallback", "True", "False")
def variables_keep_values_by_name(seen):
    from prefect.variables import Variable

    Variable.set("scenario_one", 1)
    seen(Variable.get("scenario_one"), Variable.get("scenario-one", 1))
    Variable.set("scenario_one", {"a": [1, 2]}, overwrite=True)
    seen(Variable.get("scenario_one"))
    seen(Variable.get("scenario_two"))
    seen(Variable.get("scenario_two", default="fallback"))
    seen(Variable.unset("scenario_one"))
    seen(Variable.unset("scenario_one"))


@scenario("ValueError: Variable 'scenario_three' already exists. Use `overwrite=True` to update it.", "1")
def a_variable_is_overwritten_only_on_request(seen):
    from prefect.variables import Variable

    Variable.set("scenario_three", 1)
    with seen.raised():
        Variable.set("scenario_three", 2)
    seen(Variable.get("scenario_three"))


@scenario("3", "3")
def in_async_code_variables_can_be_awaited(seen):
    from prefect.variables import Variable

    async def main():
        await Variable.set("scenario_four", 3)
        seen(await Variable.get("scenario_four"))
        seen(await Variable.aget("scenario_four"))

    asyncio.run(main())


@scenario("crashed after Extract")
def a_crashed_flows_hook_reads_the_variable_its_flow_set(seen):
    from prefect import flow
    from prefect.variables import Variable

    async def hook(flow, flow_run, state):
        seen("crashed after", await Variable.get("scenario_step"))

    @flow(on_crashed=[hook])
    def etl():
        Variable.set("scenario_step", "Extract", overwrite=True)
        raise SystemExit(1)

    try:
        etl()
    except SystemExit:
        pass


@scenario("2")
def settings_give_default_retries(seen):
    from prefect import task
    from prefect.settings import PREFECT_TASK_DEFAULT_RETRIES, temporary_settings

    with temporary_settings({PREFECT_TASK_DEFAULT_RETRIES: 2}):
        load = task(lambda: 1, name="load")
    seen(load.retries)


@scenario("Completed COMPLETED", "1")
def a_client_reads_the_run_of_this_session(seen):
    from prefect import flow
    from prefect.client.orchestration import get_client

    runs = []

    @flow(on_completion=[lambda flow, flow_run, state: runs.append(flow_run)])
    def etl(x):
        return 1

    etl(1)

    async def main():
        async with get_client() as client:
            run = await client.read_flow_run(runs[0].id)
            seen(run.state.name, run.state.type.value)
            seen(run.parameters["x"])

    asyncio.run(main())


@scenario(
    "INFO Beginning flow run 'given' for flow 'etl'",
    "INFO Beginning subflow run 'below' for flow 'child'",
    "INFO Finished in state Completed()",
    "INFO Finished in state Completed()",
)
def the_log_tells_the_story_of_a_flow(seen):
    from prefect import flow

    @flow(flow_run_name="below")
    def child():
        return 1

    @flow(flow_run_name="given")
    def etl():
        child()

    with seen.logged(about="in"):
        etl()


@scenario("INFO Finished in state Failed('Flow run encountered an exception: ValueError: no')")
def the_log_tells_of_a_failure(seen):
    from prefect import flow

    @flow
    def etl():
        raise ValueError("no")

    with seen.logged(about="Finished"):
        etl(return_state=True)


@scenario(
    "INFO Received non-final state 'AwaitingRetry' when proposing final state 'Failed' and will attempt to run again..."
)
def the_log_tells_of_a_flows_retry(seen):
    from prefect import flow

    @flow(retries=1)
    def etl():
        raise ValueError("no")

    with seen.logged(about="non-final"):
        etl(return_state=True)


@scenario("Pending", "Running", "AwaitingRetry", "Running", "Failed")
def a_flows_story_can_be_read_back(seen):
    from prefect import flow
    from prefect.client.orchestration import get_client

    runs = []

    @flow(retries=1, on_failure=[lambda flow, flow_run, state: runs.append(flow_run)])
    def etl():
        raise ValueError("no")

    etl(return_state=True)

    async def main():
        async with get_client() as client:
            for state in await client.read_flow_run_states(runs[0].id):
                seen(state.name)

    asyncio.run(main())


@scenario("given load", "given None")
def a_task_sees_the_runtime_of_its_flow_too(seen):
    from prefect import flow, task
    from prefect.runtime import flow_run, task_run

    @task(task_run_name="load")
    def load():
        seen(flow_run.name, task_run.name)

    @flow(flow_run_name="given")
    def etl():
        load.submit().wait()
        seen(flow_run.name, task_run.name)

    etl()


@scenario("quiet", "INFO loud")
def the_run_logger_can_be_switched_off_for_tests(seen):
    from prefect import flow, get_run_logger, task
    from prefect.logging import disable_run_logger

    @task
    def load(word):
        get_run_logger().info(word)
        return word

    with seen.logged(about="loud"):
        with disable_run_logger():
            seen(load.fn("quiet"))
        flow(lambda: load("loud"), name="etl")()


@scenario("**********", "word", "word")
def a_secret_is_kept_and_not_shown(seen):
    from prefect.blocks.system import Secret

    secret = Secret(value="word")
    seen(str(secret.value))
    seen(secret.get())
    secret.save("scenario-secret")
    seen(Secret.load("scenario-secret").get())


@scenario("7 localhost", "ValueError", "8")
def a_block_is_saved_and_loaded_by_its_name(seen):
    from prefect.blocks.core import Block

    class ScenarioServer(Block):
        host: str = "localhost"
        port: int

    ScenarioServer(port=7).save("scenario-block")
    seen(ScenarioServer.load("scenario-block").port, ScenarioServer.load("scenario-block").host)
    try:
        ScenarioServer(port=8).save("scenario-block")
    except ValueError as error:
        seen(type(error).__name__)
    ScenarioServer(port=8).save("scenario-block", overwrite=True)
    seen(ScenarioServer.load("scenario-block").port)


@scenario("3 0")
def settings_give_flows_default_retries(seen):
    from prefect import flow
    from prefect.settings import PREFECT_FLOW_DEFAULT_RETRIES, temporary_settings

    with temporary_settings({PREFECT_FLOW_DEFAULT_RETRIES: 3}):
        first = flow(lambda: 1, name="etl")
    seen(first.retries, flow(lambda: 1, name="etl").retries)
