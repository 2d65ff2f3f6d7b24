"""What `@flow` and `@task` accept and refuse, and with which words."""

from dialects.scenarios import scenario


@scenario(
    "TypeError: Expected iterable for 'on_completion'; got function instead. Please provide a list of hooks to "
    "'on_completion':\n\n@flow(on_completion=[hook1, hook2])\ndef my_flow():\n\tpass"
)
def a_flows_hooks_must_be_in_a_list(seen):
    from prefect import flow

    with seen.raised():
        flow(_one, on_completion=lambda flow, flow_run, state: None)


@scenario(
    "TypeError: Expected iterable for 'on_running'; got function instead. Please provide a list of hooks to "
    "'on_running':\n\n@task(on_running=[hook1, hook2])\ndef my_task():\n\tpass"
)
def a_tasks_hooks_must_be_in_a_list(seen):
    from prefect import task

    with seen.raised():
        task(_one, on_running=lambda task, task_run, state: None)


@scenario(
    "TypeError: Expected callables in 'on_failure'; got str instead. Please provide a list of hooks to "
    "'on_failure':\n\n@flow(on_failure=[hook1, hook2])\ndef my_flow():\n\tpass",
    "TypeError: Expected callables in 'on_failure'; got NoneType instead. Please provide a list of hooks to "
    "'on_failure':\n\n@task(on_failure=[hook1, hook2])\ndef my_task():\n\tpass",
)
def hooks_must_be_callables(seen):
    from prefect import flow, task

    with seen.raised():
        flow(_one, on_failure=["alert"])
    with seen.raised():
        task(_one, on_failure=[None])


@scenario("TypeError: 'fn' must be callable", "TypeError: 'fn' must be callable")
def what_is_decorated_must_be_callable(seen):
    from prefect import flow, task

    with seen.raised():
        flow(1)
    with seen.raised():
        task("load")


@scenario(
    "ReservedArgumentError: 'return_state' is a reserved argument name and cannot be used.",
    "ReservedArgumentError: 'wait_for' is a reserved argument name and cannot be used.",
)
def arguments_of_the_call_itself_are_reserved(seen):
    from prefect import flow, task

    with seen.raised():
        flow(lambda return_state: 1, name="etl")
    with seen.raised():
        task(lambda wait_for: 1, name="load")


@scenario(
    "InvalidNameError: Name 'a/b' contains an invalid character. Must not contain any of: ['/', '%', '&', '>', '<']."
)
def a_flows_name_has_no_special_characters(seen):
    from prefect import flow

    with seen.raised():
        flow(_one, name="a/b")


@scenario(
    "TypeError: Expected string for flow parameter 'name'; got int instead. ",
    "TypeError: Expected string for flow parameter 'name'; got function instead. Perhaps you meant to call it? e.g. "
    "'@flow(name=get_flow_run_name())'",
)
def a_flows_name_is_a_string(seen):
    from prefect import flow

    with seen.raised():
        flow(_one, name=1)

    def get_flow_run_name():
        return "etl"

    with seen.raised():
        flow(_one, name=get_flow_run_name)


@scenario(
    "TypeError: Expected string or callable for 'flow_run_name'; got int instead.",
    "TypeError: Expected string or callable for 'task_run_name'; got int instead.",
)
def a_run_name_is_a_string_or_a_callable(seen):
    from prefect import flow, task

    with seen.raised():
        flow(_one, flow_run_name=1)
    with seen.raised():
        task(_one, task_run_name=1)


@scenario(
    "TypeError: Invalid `retry_delay_seconds` provided; must be an int, float, list or callable. "
    "Received type <class 'str'>",
    "ValueError: Can not configure more than 50 retry delays per task.",
    "ValueError: `retry_jitter_factor` must be >= 0.",
    "TypeError: Expected `retry_condition_fn` to be callable, got int instead.",
)
def wrong_retry_options_are_refused(seen):
    from prefect import task

    for wrong in (
        {"retry_delay_seconds": "soon"},
        {"retry_delay_seconds": [1] * 51},
        {"retry_jitter_factor": -1},
        {"retry_condition_fn": 1},
    ):
        with seen.raised():
            task(_one, retries=60, **wrong)


@scenario("flow TypeError", "task TypeError")
def unknown_options_are_refused(seen):
    from prefect import flow, task

    for decorator in (flow, task):
        try:
            decorator(_one, color="red")
        except TypeError as error:
            seen(decorator.__name__ if decorator is task else "flow", type(error).__name__)


@scenario(
    "TypeError: task() got an unexpected keyword argument 'on_crashed'",
    better=["on_crashed Crashed", "SystemExit: 3"],
    because="tasks have on_crashed and on_cancellation too (§1.16, 2)",
)
def a_tasks_on_crashed(seen):
    from prefect import task

    def load():
        raise SystemExit(3)

    with seen.raised():
        task(load, **seen.hooks("on_crashed"))()


@scenario("my-etl load_data", "Extract.", "False", "2")
def definitions_take_their_facts_from_the_function(seen):
    from prefect import flow, task

    @flow
    def my_etl():
        """Extract."""
        return 2

    @task
    def load_data():
        return 1

    seen(my_etl.name, load_data.name)
    seen(my_etl.description)
    seen(my_etl.isasync)
    seen(my_etl.fn())


@scenario("etl 2 0.5 7", "copy 3 0.5 7", "etl 2")
def with_options_changes_a_copy(seen):
    from prefect import flow

    etl = flow(_one, name="etl", retries=2, retry_delay_seconds=0.5, timeout_seconds=7)
    copy = etl.with_options(name="copy", retries=3)
    for kept in (etl, copy):
        seen(kept.name, kept.retries, kept.retry_delay_seconds, int(kept.timeout_seconds))
    seen(etl.name, etl.retries)


@scenario("load ['a', 'b'] 1.0 2", "load ['c'] 1.0 0")
def a_tasks_options_can_be_read_and_changed_in_a_copy(seen):
    from prefect import task

    load = task(_one, name="load", tags=["a", "b"], version="1.0", retries=2)
    for kept in (load, load.with_options(tags=["c"], retries=0)):
        seen(kept.name, sorted(kept.tags), kept.version, kept.retries)


@scenario("first line 3", "second 3")
def methods_are_flows_and_tasks(seen):
    from prefect import flow, task

    class Box:
        content = "first line"

        @flow
        def look(self, x):
            return f"{self.content} {x}"

        @task
        def stand(self, x):
            return f"second {x}"

    seen(Box().look(3))
    seen(Box().stand(x=3))


@scenario("static 3", "class Box 3")
def static_and_class_methods_are_flows_and_tasks(seen):
    from prefect import flow, task

    class Box:
        @staticmethod
        @task
        def stand(x):
            return f"static {x}"

        @classmethod
        @flow
        def make(cls, x):
            return f"class {cls.__name__} {x}"

    seen(Box().stand(3))
    seen(Box.make(3))


@scenario("one 1", "two 2")
def each_instance_has_its_own_method_task(seen):
    from prefect import flow, task

    class Box:
        def __init__(self, name):
            self.name = name

        @task
        def look(self, x):
            return f"{self.name} {x}"

    @flow
    def etl():
        seen(Box("one").look(1))
        seen(Box("two").look.submit(2).result())

    etl()


def _one():
    return 1
