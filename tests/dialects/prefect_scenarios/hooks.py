"""Which hooks fire, in which order, and with what."""

import asyncio
import functools
import logging

from dialects.scenarios import scenario

TASK_KINDS = ("on_running", "on_completion", "on_failure")
FLOW_KINDS = (*TASK_KINDS, "on_cancellation", "on_crashed")


@scenario("on_running Running", "body", "on_completion Completed", "returned")
def a_flow_that_returns_fires_on_running_and_on_completion(seen):
    from prefect import flow

    @flow(**seen.hooks(*FLOW_KINDS))
    def etl():
        seen("body")
        return "returned"

    seen(etl())


@scenario("on_running Running", "body", "on_failure Failed", "ValueError: no rows")
def a_flow_that_raises_fires_on_failure_before_its_caller_hears_of_it(seen):
    from prefect import flow

    @flow(**seen.hooks(*FLOW_KINDS))
    def etl():
        seen("body")
        raise ValueError("no rows")

    with seen.raised():
        etl()


@scenario("on_running Running", "body", "on_completion Completed", "2")
def a_task_that_returns_fires_on_running_and_on_completion(seen):
    from prefect import task

    @task(**seen.hooks(*TASK_KINDS))
    def double(x):
        seen("body")
        return 2 * x

    seen(double(1))


@scenario("on_running Running", "on_failure Failed", "FAILED Failed Task run encountered an exception ValueError: no")
def a_task_that_raises_fires_on_failure(seen):
    from prefect import task

    @task(**seen.hooks(*TASK_KINDS))
    def load():
        raise ValueError("no")

    seen.state(load(return_state=True))


@scenario("flow on_running", "task on_running", "task on_completion", "flow on_completion")
def a_flows_hooks_stand_around_those_of_its_tasks(seen):
    from prefect import flow, task

    @task(
        on_running=[lambda task, task_run, state: seen("task on_running")],
        on_completion=[lambda task, task_run, state: seen("task on_completion")],
    )
    def load():
        return 1

    @flow(
        on_running=[lambda flow, flow_run, state: seen("flow on_running")],
        on_completion=[lambda flow, flow_run, state: seen("flow on_completion")],
    )
    def etl():
        load()

    etl()


@scenario("first", "second", "third")
def hooks_fire_in_the_order_of_the_list_then_of_the_decorators(seen):
    from prefect import flow

    @flow(on_completion=[lambda *given: seen("first"), lambda *given: seen("second")])
    def etl():
        return 1

    @etl.on_completion
    def third(flow, flow_run, state):
        seen("third")

    etl()


@scenario("on_running Running", "on_completion Completed", "on_running Running", "on_failure Failed")
def every_kind_of_a_flows_hooks_can_be_attached_by_a_decorator(seen):
    from prefect import flow

    @flow
    def etl(x):
        return 1 / x

    for kind in ("on_running", "on_completion", "on_failure", "on_cancellation", "on_crashed"):
        getattr(etl, kind)(seen.hook(kind))
    etl(1)
    etl(0, return_state=True)


@scenario("on_running Running", "on_completion Completed", "on_running Running", "on_failure Failed")
def every_kind_of_a_tasks_hooks_can_be_attached_by_a_decorator(seen):
    from prefect import task

    @task
    def invert(x):
        return 1 / x

    for kind in TASK_KINDS:
        getattr(invert, kind)(seen.hook(kind))
    invert(1)
    invert(0, return_state=True)


@scenario("True", "<lambda>")
def the_decorator_gives_the_hook_back(seen):
    from prefect import flow

    @flow
    def etl():
        return 1

    hook = lambda flow, flow_run, state: None  # noqa: E731 -- a lambda is the point
    seen(etl.on_failure(hook) is hook)
    seen(*[kept.__name__ for kept in etl.on_failure_hooks])


@scenario("True True True", "etl COMPLETED Completed")
def a_flows_hook_gets_the_flow_its_run_and_the_very_state_the_caller_gets(seen):
    from prefect import flow

    given = []

    @flow(on_completion=[lambda *args: given.extend(args)])
    def etl():
        return 1

    state = etl(return_state=True)
    seen(given[0] is etl, given[1].state is state, given[2] is state)
    seen(given[0].name, given[1].state_type.value, given[1].state_name)


@scenario("True True True", "load COMPLETED Completed")
def a_tasks_hook_gets_the_task_its_run_and_the_very_state_the_caller_gets(seen):
    from prefect import task

    given = []

    @task(on_completion=[lambda *args: given.extend(args)])
    def load():
        return 1

    state = load(return_state=True)
    seen(given[0] is load, given[1].state is state, given[2] is state)
    seen(given[0].name, given[1].state_type.value, given[1].state_name)


@scenario("True FlowRun True", "True TaskRun True")
def hooks_get_prefects_own_types(seen):
    from prefect import Flow, Task, flow, task
    from prefect.client.schemas.objects import FlowRun, TaskRun
    from prefect.states import State

    def hook(owner, run, state):
        runs = [kind.__name__ for kind in (FlowRun, TaskRun) if isinstance(run, kind)]
        seen(isinstance(owner, (Flow, Task)), *runs, isinstance(state, State))

    flow(_one, on_completion=[hook])()
    task(_one, on_completion=[hook])()


@scenario("Slack Completed", "mail Completed")
def a_partial_brings_its_own_arguments(seen):
    from prefect import flow

    def notify(where, flow, flow_run, state, **more):
        seen(where, state.name, *more)

    def mail(flow, flow_run, state, where):
        seen(where, state.name)

    @flow(on_completion=[functools.partial(notify, "Slack"), functools.partial(mail, where="mail")])
    def etl():
        return 1

    etl()


@scenario("method Completed", "object Completed", "lambda Completed")
def methods_objects_and_lambdas_are_hooks(seen):
    from prefect import flow

    class Alarm:
        def ring(self, flow, flow_run, state):
            seen("method", state.name)

        def __call__(self, flow, flow_run, state):
            seen("object", state.name)

    @flow(on_completion=[Alarm().ring, Alarm(), lambda flow, flow_run, state: seen("lambda", state.name)])
    def etl():
        return 1

    etl()


@scenario("async Completed", "async object Completed", "async partial Completed")
def async_hooks_of_a_sync_flow_run_to_their_end(seen):
    from prefect import flow

    async def note(word, flow, flow_run, state):
        await asyncio.sleep(0)
        seen(word, state.name)

    async def hook(flow, flow_run, state):
        await note("async", flow, flow_run, state)

    class Alarm:
        async def __call__(self, flow, flow_run, state):
            await note("async object", flow, flow_run, state)

    flow(_one, on_completion=[hook, Alarm(), functools.partial(note, "async partial")])()


@scenario("sync Completed", "async Completed")
def sync_and_async_hooks_of_an_async_flow_keep_their_order(seen):
    from prefect import flow

    async def hook(flow, flow_run, state):
        await asyncio.sleep(0)
        seen("async", state.name)

    @flow(on_completion=[lambda flow, flow_run, state: seen("sync", state.name), hook])
    async def etl():
        return 1

    asyncio.run(etl())


@scenario("async Completed", "sync Completed")
def sync_and_async_hooks_of_an_async_task_keep_their_order(seen):
    from prefect import task

    async def hook(task, task_run, state):
        await asyncio.sleep(0)
        seen("async", state.name)

    @task(on_completion=[hook, lambda task, task_run, state: seen("sync", state.name)])
    async def load():
        return 1

    asyncio.run(load())


@scenario("first", "third", "1")
def a_hook_that_raises_stops_neither_the_next_hook_nor_the_run(seen):
    from prefect import flow

    def second(flow, flow_run, state):
        raise RuntimeError("the second hook")

    @flow(on_completion=[lambda *given: seen("first"), second, lambda *given: seen("third")])
    def etl():
        return 1

    seen(etl())


@scenario("first", "third", "COMPLETED Completed None")
def a_tasks_hook_that_raises_stops_neither_the_next_hook_nor_the_run(seen):
    from prefect import task

    async def second(task, task_run, state):
        raise RuntimeError("the second hook")

    @task(on_completion=[lambda *given: seen("first"), second, lambda *given: seen("third")])
    def load():
        return 1

    seen.state(load(return_state=True))


@scenario("body", "on_completion Completed")
def an_on_running_hook_that_raises_does_not_stop_the_body(seen):
    from prefect import flow

    def hook(flow, flow_run, state):
        raise RuntimeError("the hook")

    @flow(on_running=[hook], **seen.hooks("on_completion", "on_failure"))
    def etl():
        seen("body")

    etl()


@scenario(
    "INFO Running hook 'tell' in response to entering state 'Completed'",
    "INFO Hook 'tell' finished running successfully",
)
def the_log_says_which_hook_ran_for_which_state(seen):
    from prefect import flow

    def tell(flow, flow_run, state):
        return None

    with seen.logged(about="ook"):
        flow(_one, on_completion=[tell])()


@scenario("ERROR An error was encountered while running hook 'tell'")
def the_log_says_which_hook_raised(seen):
    from prefect import task

    def tell(word, task, task_run, state):
        raise RuntimeError(word)

    with seen.logged(logging.ERROR):
        task(_one, on_completion=[functools.partial(tell, "the hook")])()


@scenario(
    "first",
    "COMPLETED Completed None",
    better=["first", "second", "COMPLETED Completed None"],
    because="a KeyboardInterrupt of a hook's own ends that hook, not the hooks after it (§1.16, 7)",
)
def a_hooks_own_keyboard_interrupt(seen):
    from prefect import flow

    def first(flow, flow_run, state):
        seen("first")
        raise KeyboardInterrupt

    state = flow(_one, on_completion=[first, lambda *given: seen("second")])(return_state=True)
    seen.state(state)


@scenario(
    "on_crashed Crashed",
    "KeyboardInterrupt: ",
    better=["body", "nothing was raised"],
    because="a hook cannot break its run (§1.3)",
)
def a_keyboard_interrupt_of_an_on_running_hooks_own(seen):
    from prefect import flow

    def hook(flow, flow_run, state):
        raise KeyboardInterrupt

    @flow(on_running=[hook], **seen.hooks("on_crashed"))
    def etl():
        seen("body")

    with seen.raised():
        etl()


@scenario("ops Completed", "() Completed")
def parameters_with_defaults_keep_them(seen):
    from prefect import flow

    def alert(flow, flow_run, state, channel="ops"):
        seen(channel, state.name)

    def note(flow, flow_run, state, *rest):
        seen(rest, state.name)

    flow(_one, on_completion=[alert, note])()


@scenario("async Completed")
def an_async_hook_of_a_sync_flow_runs_under_a_running_loop_too(seen):
    from prefect import flow

    async def hook(flow, flow_run, state):
        await asyncio.sleep(0)
        seen("async", state.name)

    async def main():
        flow(_one, on_completion=[hook])()

    asyncio.run(main())


@scenario("child Completed", "between", "parent Completed")
def a_subflows_hooks_fire_before_the_flow_around_it_goes_on(seen):
    from prefect import flow

    @flow(on_completion=[lambda flow, flow_run, state: seen("child", state.name)])
    def child():
        return 1

    @flow(on_completion=[lambda flow, flow_run, state: seen("parent", state.name)])
    def parent():
        child()
        seen("between")

    parent()


@scenario("True", "attached")
def a_flow_and_a_task_can_be_made_from_their_classes(seen):
    from prefect import Flow, Task

    etl = Flow(_one, name="etl", on_completion=[lambda flow, flow_run, state: seen(flow is etl)])
    load = Task(_one, name="load", on_completion=[lambda task, task_run, state: seen("attached")])
    etl()
    load()


@scenario("new Completed")
def with_options_replaces_hooks_of_the_same_kind(seen):
    from prefect import flow

    @flow(on_completion=[lambda *given: seen("old")])
    def etl():
        return 1

    etl.with_options(on_completion=[lambda flow, flow_run, state: seen("new", state.name)])()


@scenario("on_completion Completed")
def with_options_keeps_hooks_of_the_kinds_it_does_not_name(seen):
    from prefect import task

    @task(**seen.hooks("on_completion"))
    def load():
        return 1

    load.with_options(name="reload", on_completion=None)()


@scenario(
    "on_completion Completed",
    better=[],
    because="an empty list clears the hooks; None keeps them (§1.16, 3)",
)
def with_options_and_an_empty_list_of_hooks(seen):
    from prefect import flow

    flow(_one, **seen.hooks("on_completion")).with_options(on_completion=[])()


@scenario(
    "given",
    "shared",
    better=["given"],
    because="a definition has a list of its own (§1.16, 4)",
)
def a_list_of_hooks_given_to_two_flows(seen):
    from prefect import flow

    hooks = [lambda *given: seen("given")]
    first, second = flow(_one, on_completion=hooks), flow(_one, on_completion=hooks)
    first.on_completion(lambda *given: seen("shared"))
    second()


@scenario(
    "copy",
    better=[],
    because="a copy shares no list with its original (§1.16, 4)",
)
def a_hook_attached_to_a_copy_of_a_flow(seen):
    from prefect import flow

    etl = flow(_one, on_completion=[lambda *given: None])
    copy = etl.with_options(name="copy")
    copy.on_completion(lambda *given: seen("copy"))
    etl()


@scenario("etl Completed", "load Completed")
def hooks_see_the_context_of_their_run(seen):
    from prefect import flow, task
    from prefect.context import get_run_context

    def of_flow(flow, flow_run, state):
        context = get_run_context()
        seen(context.flow.name, context.flow_run.state.name)

    def of_task(task, task_run, state):
        context = get_run_context()
        seen(context.task.name, context.task_run.state.name)

    flow(_one, name="etl", on_completion=[of_flow])()
    task(_one, name="load", on_completion=[of_task])()


@scenario(
    "MissingContextError",
    better=["etl Running"],
    because="every hook runs in the context of its run (§1.16, 5)",
)
def the_context_of_a_flows_on_running_hook(seen):
    from prefect import flow
    from prefect.context import get_run_context

    def hook(flow, flow_run, state):
        try:
            seen(get_run_context().flow.name, get_run_context().flow_run.state.name)
        except Exception as error:  # noqa: BLE001 -- which error it is, is the point
            seen(type(error).__name__)

    flow(_one, name="etl", on_running=[hook])()


@scenario(
    "parent",
    better=["child"],
    because="every hook runs in the context of its run, not in its parent's (§1.16, 5)",
)
def the_context_of_a_subflows_on_running_hook(seen):
    from prefect import flow
    from prefect.context import get_run_context

    @flow(on_running=[lambda flow, flow_run, state: seen(get_run_context().flow.name)])
    def child():
        return 1

    @flow
    def parent():
        child()

    parent()


@scenario(
    "on_failure False",
    better=["on_failure True"],
    because="every hook runs in the context of its run (§1.16, 5)",
)
def the_runtime_in_the_hook_of_a_flow_whose_parameters_are_wrong(seen):
    from prefect import flow
    from prefect.runtime import flow_run as runtime

    @flow(on_failure=[lambda flow, flow_run, state: seen("on_failure", runtime.name == flow_run.name)])
    def etl(x: int):
        return x

    etl("five", return_state=True)


@scenario(
    "0 False",
    "1 False",
    better=["1 False", "1 True"],
    because="the figures of a flow's run are right in its hooks (§1.16, 6)",
)
def the_figures_of_a_flow_run_in_its_hooks(seen):
    from prefect import flow

    def hook(flow, flow_run, state):
        seen(flow_run.run_count, flow_run.end_time is not None)

    flow(_one, on_running=[hook], on_completion=[hook])()


@scenario("1 True False", "1 True True")
def the_figures_of_a_task_run_in_its_hooks(seen):
    from prefect import task

    def hook(task, task_run, state):
        seen(task_run.run_count, task_run.start_time is not None, task_run.end_time is not None)

    task(_one, on_running=[hook], on_completion=[hook])()


@scenario("on_failure Rejected", "on_crashed Lost", "on_completion Skipped")
def hooks_go_by_the_type_of_the_state_not_by_its_name(seen):
    from prefect import State, flow

    @flow(**seen.hooks(*FLOW_KINDS[1:]))
    def give(kind, name):
        return State(type=kind, name=name)

    for kind, name in (("FAILED", "Rejected"), ("CRASHED", "Lost"), ("COMPLETED", "Skipped")):
        give(kind, name, return_state=True)


@scenario("{'x': 1, 'y': 2} ['night']", "night")
def hooks_see_the_parameters_and_tags_of_the_run(seen):
    from prefect import flow, tags

    def hook(flow, flow_run, state):
        seen(flow_run.parameters, flow_run.tags)

    @flow(on_completion=[hook])
    def etl(x, y=2):
        return x

    with tags("night") as current:
        etl(1)
    seen(*current)


@scenario("ValueError: no", "ValueError no")
def a_hook_finds_the_exception_in_the_state(seen):
    from prefect import task
    from prefect.states import get_state_exception

    def hook(task, task_run, state):
        with seen.raised():
            state.result()
        error = get_state_exception(state)
        seen(type(error).__name__, error)

    @task(on_failure=[hook])
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario("a runtime of its own", "given", "load")
def the_runtime_works_in_hooks(seen):
    from prefect import flow, task
    from prefect.runtime import flow_run, task_run

    def of_task(task, run, state):
        seen(flow_run.name)
        seen(task_run.name)

    @flow(flow_run_name="given", on_completion=[lambda *args: seen("a runtime of its own")])
    def etl():
        return 1

    etl()
    flow(task(_one, task_run_name="load", on_completion=[of_task]), name="etl", flow_run_name="given")()


def _one():
    return 1
