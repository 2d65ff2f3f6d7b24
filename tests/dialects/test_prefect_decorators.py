"""What Prefect's decorators take, keep and refuse, in its words."""

import inspect
import re

import pytest

import hookcell.prefect
from hookcell import Hooks
from hookcell.errors import InvalidNameError, ReservedArgumentError
from hookcell.prefect import Flow, OutOfScope, Task, flow, task
from hookcell.prefect.cache_policies import DEFAULT, INPUTS, NO_CACHE
from hookcell.prefect.settings import (
    PREFECT_FLOW_DEFAULT_RETRIES,
    PREFECT_TASK_DEFAULT_RETRIES,
    PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS,
    temporary_settings,
)
from hookcell.prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner
from hookcell.prefect.tasks import exponential_backoff, task_input_hash


def hook(definition, run, state):
    pass


KINDS = ("on_completion", "on_failure", "on_cancellation", "on_crashed", "on_running", "on_retry", "on_end")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decorate", [flow, task])
def test_a_hook_that_is_no_list_is_refused(decorate, kind):
    word = "flow" if decorate is flow else "task"
    text = (
        f"Expected iterable for '{kind}'; got function instead. Please provide a list of hooks to '{kind}':\n\n"
        f"@{word}({kind}=[hook1, hook2])\ndef my_{word}():\n\tpass"
    )
    with pytest.raises(TypeError, match=re.escape(text)):
        decorate(**{kind: hook})(lambda: 1)


@pytest.mark.parametrize(("given", "kind"), [("ab", "str"), ([None], "NoneType"), ([hook, 3], "int")])
@pytest.mark.parametrize("decorate", [flow, task])
def test_a_list_with_something_that_cannot_be_called_is_refused(decorate, given, kind):
    word = "flow" if decorate is flow else "task"
    text = (
        f"Expected callables in 'on_failure'; got {kind} instead. Please provide a list of hooks to 'on_failure':\n\n"
        f"@{word}(on_failure=[hook1, hook2])\ndef my_{word}():\n\tpass"
    )
    with pytest.raises(TypeError, match=re.escape(text)):
        decorate(on_failure=given)(lambda: 1)


@pytest.mark.parametrize("given", [[], (), (hook,), iter([hook])])
def test_any_iterable_of_hooks_is_taken_once(given):
    several = flow(on_completion=given)(lambda: 1)
    assert several.on_completion_hooks in ([], [hook])


@pytest.mark.parametrize("make", [Flow, Task])
def test_what_cannot_be_called_is_no_flow_or_task(make):
    with pytest.raises(TypeError, match="'fn' must be callable"):
        make({})


@pytest.mark.parametrize("decorate", [flow, task])
@pytest.mark.parametrize("name", ["return_state", "wait_for"])
def test_reserved_names_of_parameters_are_refused(decorate, name):
    names = {}
    exec(f"def fn({name}): pass", names)  # noqa: S102 -- the name is the parameter
    with pytest.raises(ReservedArgumentError, match=rf"'{name}' is a reserved argument name and cannot be used\."):
        decorate(names["fn"])


def test_the_name_of_a_flow_is_a_text():
    with pytest.raises(TypeError, match=r"Expected string for flow parameter 'name'; got int instead\."):
        flow(name=3)(lambda: 1)
    with pytest.raises(
        TypeError, match=re.escape("Perhaps you meant to call it? e.g. '@flow(name=get_flow_run_name())'")
    ):
        flow(name=hook)(lambda: 1)


@pytest.mark.parametrize("name", ["a/b", "a%b", "a&b", "a<b", "a>b"])
def test_the_name_of_a_flow_has_no_banned_characters(name):
    text = f"Name '{name}' contains an invalid character. Must not contain any of: ['/', '%', '&', '>', '<']."
    with pytest.raises(InvalidNameError, match=re.escape(text)):
        flow(name=name)(lambda: 1)


def test_names_come_from_the_functions():
    def my_own_flow():
        """What it does."""

    assert (flow(my_own_flow).name, task(my_own_flow).name) == ("my-own-flow", "my_own_flow")
    assert flow(lambda: 1).name == "unknown-lambda"
    assert flow(my_own_flow).description == task(my_own_flow).description == "What it does."


def test_run_names_are_texts_or_callables():
    with pytest.raises(TypeError, match=r"Expected string or callable for 'flow_run_name'; got int instead."):
        flow(flow_run_name=3)(lambda: 1)
    with pytest.raises(TypeError, match=r"Expected string or callable for 'task_run_name'; got int instead."):
        task(task_run_name=3)(lambda: 1)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"retry_delay_seconds": "x"},
            TypeError,
            "must be an int, float, list or callable. Received type <class 'str'>",
        ),
        ({"retry_delay_seconds": [1] * 51}, ValueError, "Can not configure more than 50 retry delays per task."),
        (
            {"retries": 60, "retry_delay_seconds": lambda n: [1] * n},
            ValueError,
            "Can not configure more than 50 retry delays per task.",
        ),
        ({"retry_jitter_factor": -1}, ValueError, "`retry_jitter_factor` must be >= 0."),
        ({"retry_condition_fn": 3}, TypeError, "Expected `retry_condition_fn` to be callable, got int instead."),
    ],
)
def test_a_retry_policy_that_makes_no_sense_is_refused(options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        task(**options)(lambda: 1)


def test_parameters_that_pydantic_could_not_check_are_refused():
    with pytest.raises(ValueError, match=r"Flow function is not compatible with `validate_parameters`. Disable"):
        flow(lambda v__args: 1)
    assert flow(validate_parameters=False)(lambda v__args: v__args)(3) == 3


@pytest.mark.parametrize("decorate", [flow, task])
def test_an_unknown_option_is_refused(decorate):
    with pytest.raises(TypeError, match="unexpected keyword argument 'retry'"):
        decorate(retry=3)


@pytest.mark.parametrize(("decorate", "make", "without"), [(flow, Flow, set()), (task, Task, {"version"})])
def test_with_options_takes_what_the_decorator_takes(decorate, make, without):
    taken = set(inspect.signature(decorate).parameters) - {"__fn", "_FlowDecorator__fn"} - without
    assert set(inspect.signature(make.with_options).parameters) - {"self"} == taken


def test_a_flow_keeps_what_it_was_given():
    runner = ThreadPoolTaskRunner(max_workers=3)
    given = flow(
        name="n",
        version="v",
        flow_run_name="r",
        retries=2,
        retry_delay_seconds=3,
        task_runner=runner,
        description="d",
        timeout_seconds=4,
        validate_parameters=False,
        log_prints=True,
        each_task=Hooks(on_end=hook),
    )(lambda: 1)
    for one in (given, given.with_options(), given.with_options(on_end=[hook])):
        assert (one.name, one.version, one.flow_run_name, one.retries, one.retry_delay_seconds) == ("n", "v", "r", 2, 3)
        assert (one.description, one.timeout_seconds, one.should_validate_parameters) == ("d", 4, False)
        assert one.task_runner == runner
        assert one.log_prints is True


def test_a_task_keeps_what_it_was_given():
    given = task(
        name="n",
        version="v",
        task_run_name="r",
        retries=2,
        retry_delay_seconds=[1, 2],
        tags=["a"],
        retry_jitter_factor=0.5,
        retry_condition_fn=hook,
        timeout_seconds=4,
        viz_return_value=5,
    )(lambda: 1)
    for one in (given, given.with_options()):
        assert (one.name, one.version, one.task_run_name, one.retries) == ("n", "v", "r", 2)
        assert (one.retry_delay_seconds, one.tags, one.retry_jitter_factor) == ([1, 2], {"a"}, 0.5)
        assert (one.retry_condition_fn, one.timeout_seconds, one.viz_return_value) == (hook, 4, 5)


def test_zero_and_none_change_what_they_change_in_prefect():
    limited = flow(timeout_seconds=1, retries=3, retry_delay_seconds=5)(lambda: 1)
    assert limited.with_options(timeout_seconds=0).timeout_seconds is None
    assert limited.with_options(retries=0).retries == 0
    assert limited.with_options(retry_delay_seconds=0).retry_delay_seconds == 0
    named = task(task_run_name="r", retry_jitter_factor=1)(lambda: 1)
    assert named.with_options(task_run_name=None, retry_jitter_factor=None).task_run_name is None


def test_the_hooks_added_by_decorators_are_kept_by_with_options():
    noisy = flow(on_failure=[hook])(lambda: 1)

    @noisy.on_failure
    def second(flow, flow_run, state):
        pass

    assert noisy.with_options(retries=1).on_failure_hooks == [hook, second]


def test_delays_may_be_a_function_of_the_retries():
    assert task(retries=3, retry_delay_seconds=exponential_backoff(2))(lambda: 1).retry_delay_seconds == [2, 4, 8]


def test_defaults_come_from_settings():
    with temporary_settings(
        {PREFECT_FLOW_DEFAULT_RETRIES: 2, PREFECT_TASK_DEFAULT_RETRIES: 3, PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS: 4}
    ):
        assert flow(lambda: 1).retries == 2
        assert flow(retries=0)(lambda: 1).retries == 0
        assert (task(lambda: 1).retries, task(lambda: 1).retry_delay_seconds) == (3, 4)
    assert flow(lambda: 1).retries == 0


# -- what is not here --------------------------------------------------------------------------------------------------


NOT_HERE = {
    "Flow(persist_result=)": lambda: flow(persist_result=True)(hook),
    "Flow(result_storage=)": lambda: flow(result_storage="s3/x")(hook),
    "Task(persist_result=)": lambda: task(persist_result=True)(hook),
    "Task(cache_policy=INPUTS)": lambda: task(cache_policy=INPUTS)(hook),
    "Task(cache_policy=DEFAULT)": lambda: task(cache_policy=DEFAULT)(hook),
    "Task(cache_key_fn=)": lambda: task(cache_key_fn=task_input_hash)(hook),
    "Task(result_storage_key=)": lambda: task(result_storage_key="k")(hook),
    "Task(asset_deps=)": lambda: task(asset_deps=["s3://x"])(hook),
    "Flow.serve": lambda: flow(hook).serve("name"),
    "Flow.deploy": lambda: flow(hook).deploy("name", work_pool_name="w"),
    "Flow.to_deployment": lambda: flow(hook).to_deployment("name"),
    "Flow.visualize": flow(hook).visualize,
    "Flow.from_source": lambda: Flow.from_source("https://example.org"),
    "Task.delay": lambda: task(hook).delay(1),
    "Task.apply_async": lambda: task(hook).apply_async([1]),
    "Task.serve": task(hook).serve,
    "Task.map(deferred=)": lambda: task(hook).map([1], 2, 3, deferred=True),
    "ProcessPoolTaskRunner": ProcessPoolTaskRunner,
    "serve": hookcell.prefect.serve,
    "deploy": hookcell.prefect.deploy,
    "pause_flow_run": hookcell.prefect.pause_flow_run,
}


@pytest.mark.parametrize("ask", NOT_HERE.values(), ids=NOT_HERE)
def test_what_needs_a_server_or_is_out_of_scope_says_so(ask):
    with pytest.raises(OutOfScope, match=r"is a part of Prefect that hookcell does not have; \w"):
        ask()


def test_what_is_refused_says_what_to_do():
    with pytest.raises(OutOfScope) as refused:
        task(cache_policy=INPUTS)(hook)
    assert str(refused.value) == (
        "cache_policy=<CachePolicy inputs> is a part of Prefect that hookcell does not have; keep results in variables "
        "of the notebook, or write them to files in the task, and leave cache_policy out or set it to NO_CACHE"
    )


@pytest.mark.parametrize("options", [{"cache_policy": NO_CACHE}, {"cache_policy": None}, {"persist_result": False}])
def test_asking_for_no_cache_is_no_fault(options):
    assert task(**options)(lambda: 1)() == 1


# -- what is given to calls


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


def test_arguments_that_cannot_be_shown_are_told_of_all_the_same():
    @flow
    def load(x):
        return x

    with pytest.raises(TypeError) as caught:
        load(1, Unshown())
    assert "received args: (1, (Unshown, which cannot be shown)) and kwargs: []." in str(caught.value)


def test_a_retry_condition_is_asked_also_about_an_error_that_cannot_be_shown():
    class Odd(Exception):
        def __repr__(self):
            raise RuntimeError("no repr")

    asked = []

    @task(retries=1, retry_condition_fn=lambda task, run, state: asked.append(state.message) or False)
    def fails():
        raise Odd("x")

    fails(return_state=True)
    assert asked == ["Task run encountered unexpected exception: (Odd, which cannot be shown)"]


def test_a_task_may_have_a_parameter_called_self():
    @task
    def keep(self, name, task, timeout):
        return self, name, task, timeout

    given = {"self": 1, "name": 2, "task": 3, "timeout": 4}

    @flow
    def etl():
        several = keep.map(**{name: [value] for name, value in given.items()})
        return keep.submit(**given).result(), several.result()

    assert etl() == ((1, 2, 3, 4), [(1, 2, 3, 4)])


def test_a_text_given_as_tags_is_one_tag():
    assert sorted(task(tags="prod")(lambda: 1).tags) == ["prod"]


@pytest.mark.parametrize("name", ["v__args", "v__kwargs", "v__positional_only", "v__duplicate_kwargs", "model_config"])
def test_a_parameter_may_not_have_a_name_that_validation_needs(name):
    fn = eval(f"lambda {name}: 1")  # noqa: S307 -- a name that is made
    with pytest.raises(ValueError, match="not compatible with `validate_parameters`"):
        flow(fn)
    assert flow(validate_parameters=False)(fn)(1) == 1


def test_a_parameter_may_be_called_almost_anything():
    assert flow(lambda v__x: v__x)(1) == 1


# -- hooks as lists


def test_a_hook_put_into_the_list_is_a_hook_of_the_flow():
    seen = []

    def note(word):
        return lambda flow, run, state: seen.append(word)

    early = note("a")
    nightly = flow(on_completion=[early])(lambda: 1)
    nightly.on_completion_hooks.append(note("b"))
    nightly.on_completion_hooks += [note("c")]
    nightly()
    assert (seen, len(nightly.on_completion_hooks)) == (["a", "b", "c"], 3)
    nightly.on_completion_hooks.remove(early)
    del nightly.on_completion_hooks[0]
    nightly.on_completion_hooks.insert(0, note("d"))
    seen.clear()
    nightly()
    assert seen == ["d", "c"]
    nightly.on_completion_hooks = [early]
    nightly.with_options().on_completion_hooks.clear()
    seen.clear()
    nightly()
    assert seen == ["a"]


def test_a_hook_put_into_the_list_of_a_method_is_a_hook_of_all_instances():
    seen = []

    class Shop:
        @task
        def sell(self):
            return 1

    Shop().sell.on_completion_hooks.append(lambda task, run, state: seen.append(state.name))
    Shop().sell()
    assert seen == ["Completed"]


@pytest.mark.parametrize(("hooks", "got"), [(5, "Expected iterable for"), ([5], "Expected callables in")])
def test_what_is_put_into_the_list_is_checked(hooks, got):
    nightly = flow(lambda: 1)
    with pytest.raises(TypeError, match=f"{got} 'on_failure'; got int instead"):
        nightly.on_failure_hooks = hooks
    with pytest.raises(TypeError, match="Expected callables in 'on_failure'; got int instead"):
        nightly.on_failure_hooks.append(5)
    assert nightly.on_failure_hooks == []
