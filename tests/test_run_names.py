"""Run names: a template or a function says what the runs of a flow or task are called."""

import asyncio
import builtins
import functools
import threading
from types import SimpleNamespace

import pytest
from small_runs import LIMIT

from hookcell import (
    CancelledRun,
    HookTimeout,
    InvalidNameError,
    UnknownOptionError,
    UpstreamTaskError,
    flow,
    hook,
    runs,
    task,
)
from hookcell.testing import record

BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def load(day, n=2):
    return day, n


def names(recording):
    return [run.name for run in recording.runs]


# -- templates


@BOTH
def test_a_template_is_filled_with_the_parameters_and_their_defaults(definition, recording):
    definition(run_name="load-{day}-{n}")(load)("mon")
    definition(run_name="load-{day}-{n}")(load)("tue", n=5)
    assert names(recording) == ["load-mon-2", "load-tue-5"]
    assert recording.runs[0].given_name == "load-mon-2"


@BOTH
def test_attributes_items_and_formats_may_be_asked_for(definition, recording):
    definition(run_name="{day.name}|{day.rows[1]:>4}|{n:03d}|{day!s:.2}|{{}}")(load)(
        type("Day", (SimpleNamespace,), {"__str__": lambda self: "monday"})(name="mon", rows=[1, 22]), 7
    )
    assert names(recording) == ["mon|  22|007|mo|{}"]


@BOTH
def test_a_text_without_fields_is_the_name_of_every_run(definition, recording):
    for _ in range(2):
        definition(run_name="nightly")(load)(1)
    assert names(recording) == ["nightly", "nightly"]


def test_the_values_are_those_that_the_body_gets(recording):
    @flow(run_name="{x:03d}")
    def converting(x: int, **more):
        return x

    converting("5", y=3)
    converting.with_options(run_name="{x}{y}")("5", y=3)
    assert names(recording) == ["005", "53"]


def test_results_of_upstream_runs_are_in_place(recording):
    @flow
    def etl():
        return task(run_name="clean-{day}")(load).submit(task(lambda: "mon").submit()).result()

    assert etl() == ("mon", 2)
    assert names(recording)[-1] == "clean-mon"


def test_each_item_of_a_map_has_its_own_name(recording):
    flow(lambda: task(run_name="load-{day}")(load).map(["mon", "tue"]).result())()
    assert set(names(recording)[1:]) == {"load-mon", "load-tue"}


def test_a_run_that_never_starts_is_not_named(recording):
    def fails():
        raise ValueError

    with pytest.raises(UpstreamTaskError):
        flow(lambda: task(name="clean", run_name="clean-{day}")(load).submit(task(fails).submit()).result())()
    assert recording.of("clean").given_name is None


# -- functions


class Namer:
    def __call__(self, parameters):
        return f"of-{parameters['day']}"


def given(parameters):
    return f"of-{parameters['day']}"


def by_position(parameters, /):
    return f"of-{parameters['day']}"


FUNCTIONS = {
    "no arguments": lambda: "of-mon",
    "parameters": given,
    "parameters, by position only": by_position,
    "parameters, by keyword only": lambda *, parameters: given(parameters),
    "parameters with a default": lambda parameters=None: given(parameters),
    "others have defaults": lambda x=1, *, parameters, y=2: given(parameters),
    "takes anything, asks for nothing": lambda *args, **kwargs: "of-mon" if (args, kwargs) == ((), {}) else "?",
    "partial": functools.partial(lambda prefix, parameters: prefix + parameters["day"], "of-"),
    "object": Namer(),
    "method": Namer().__call__,
    "tells nothing of its parameters": type("Odd", (), {"__signature__": "none", "__call__": lambda self: "of-mon"})(),
}


@BOTH
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_gives_the_name_with_or_without_the_parameters(definition, function, recording):
    definition(run_name=function)(load)("mon")
    assert names(recording) == ["of-mon"]


def test_the_function_is_given_every_parameter_by_name():
    seen = []
    flow(run_name=lambda parameters: seen.append(parameters) or "x")(lambda a, b=2, *, c=3, **more: 1)(1, d=4)
    assert seen == [{"a": 1, "b": 2, "c": 3, "d": 4}]


@BOTH
def test_the_function_is_called_in_the_runs_context_while_it_is_pending(definition, recording):
    seen = []

    def name():
        run = runs.current.get()
        seen.append((run, run.state.name, run.name, run.parameters))
        return "named"

    definition(name="step", run_name=name)(load)("mon")
    (run,) = recording.runs
    assert run.name == "named"
    run.given_name = None  # as it was then
    assert seen == [(run, "Pending", run.name, {"day": "mon", "n": 2})]


async def slowly(parameters):
    await asyncio.sleep(0)
    return f"of-{parameters['day']}"


@BOTH
def test_an_async_function_is_awaited(definition, recording):
    definition(run_name=slowly)(load)("mon")

    @definition(run_name=slowly)
    async def aload(day):
        return day

    assert asyncio.run(aload("tue")) == "tue"
    assert names(recording) == ["of-mon", "of-tue"]


@BOTH
def test_a_run_is_named_once_however_often_it_is_tried(definition):
    asked = []

    def fails():
        raise ValueError

    step = definition(run_name=lambda: asked.append(1) or f"run {len(asked)}", retries=3)(fails)
    with record() as recording:
        step(return_state=True)
        step(return_state=True)
    assert names(recording) == ["run 1", "run 2"]


@BOTH
def test_every_hook_but_one_of_pending_sees_the_name(definition):
    seen = []
    step = definition(
        run_name="load-{day}", on_transition=lambda owner, run, state: seen.append((state.name, run.name))
    )
    step(load)("mon")
    assert seen[1:] == [("Running", "load-mon"), ("Completed", "load-mon")]


@BOTH
def test_a_changed_copy_keeps_the_name_or_has_another(definition, recording):
    named = definition(run_name="a-{day}")(load)
    for step in (named.with_options(retries=1), named.with_options(run_name=None), named.with_options(run_name="b")):
        step("mon")
    assert names(recording) == ["a-mon", "a-mon", "b"]


def test_a_name_that_is_not_given_changes_nothing(recording):
    step = task(lambda: 1)
    flow(lambda: (step(), step()))()
    assert [run.given_name for run in recording.runs] == [None, None, None]
    assert names(recording)[1:] == ["<lambda>", "<lambda>[1]"]


def test_an_empty_name_is_noted_and_the_run_keeps_its_own(recording):
    flow(task(run_name=lambda: " ")(load))(1)
    run = recording.runs[-1]
    assert run.name == "load"
    assert run.notes == ("run_name of task 'load' gave an empty text; the run keeps the name 'load'",)


# -- what cannot be a name, at decoration

WRONG = {
    "a number": (3, "run_name of 'load' is 3; give a text such as 'load-{day}', or a function that gives one"),
    "an empty text": ("", "run_name of 'load' is ''; give a text such as 'load-{day}', or a function that gives one"),
    "an open brace": (
        "load-{day",
        (
            "run_name of 'load' is 'load-{day', which cannot be read (expected '}' before end of string); "
            "write {day} for a parameter, and {{ or }} for a brace"
        ),
    ),
    "a field without a name": (
        "load-{}",
        "run_name of 'load' is 'load-{}', but parameters are put in by name; write {day}, not {} or {0}",
    ),
    "a numbered field": (
        "load-{0}",
        "run_name of 'load' is 'load-{0}', but parameters are put in by name; write {day}, not {} or {0}",
    ),
    "a function that needs more": (
        lambda day: day,
        (
            "run_name of 'load' needs 'day', but it is called with nothing, or with the run's arguments as "
            "'parameters'; write def run_name(parameters): ..., or bind it: functools.partial(run_name, day=...)"
        ),
    ),
}


@BOTH
@pytest.mark.parametrize(("run_name", "told"), WRONG.values(), ids=WRONG)
def test_what_can_make_no_name_is_an_error_at_decoration(definition, run_name, told):
    with pytest.raises(UnknownOptionError) as caught:
        definition(run_name=run_name)(load)
    assert str(caught.value) == told
    with pytest.raises(UnknownOptionError):
        definition(load).with_options(run_name=run_name)


# -- what turns out to be no name, when the run starts


def no_day():
    raise ValueError("no day")


class Unseen:
    def __format__(self, spec):
        raise ZeroDivisionError("not today")


FAILURES = {
    "an unknown field": (
        "{dya}",
        InvalidNameError,
        "run_name '{dya}' of {kind} 'load' cannot be filled in (KeyError: 'dya'); its parameters are day, n",
    ),
    "an unknown attribute": (
        "{day.name}",
        InvalidNameError,
        (
            "run_name '{day.name}' of {kind} 'load' cannot be filled in "
            "(AttributeError: 'Unseen' object has no attribute 'name'); its parameters are day, n"
        ),
    ),
    "a format that fails": (
        "{day:3}",
        InvalidNameError,
        (
            "run_name '{day:3}' of {kind} 'load' cannot be filled in (ZeroDivisionError: not today); "
            "its parameters are day, n"
        ),
    ),
    "a function that fails": (no_day, ValueError, "run_name of {kind} 'load' raised ValueError: no day"),
    "a number": (
        lambda: 3,
        InvalidNameError,
        "run_name of {kind} 'load' gave a value of type int; it has to give a text",
    ),
    "nothing": (
        lambda parameters: None,
        InvalidNameError,
        "run_name of {kind} 'load' gave a value of type NoneType; it has to give a text",
    ),
}


@BOTH
@pytest.mark.parametrize(("run_name", "error", "told"), FAILURES.values(), ids=FAILURES)
def test_a_run_that_cannot_be_named_fails_before_its_body_runs(definition, run_name, error, told, recording):
    hooks = []
    noting = {kind: lambda kind=kind: hooks.append(kind) for kind in ("on_running", "on_failure", "on_end")}

    @definition(run_name=run_name, retries=2, **noting)
    def load(day, n=2):
        hooks.append("body")

    with pytest.raises(error):
        load(Unseen())
    (run,) = recording.runs
    assert run.state.message == told.replace("{kind}", definition.__name__)
    assert type(run.state.exception) is error
    assert recording.states("load") == ["Pending", "Failed"]
    assert hooks == ["on_failure", "on_end"]


def test_a_template_of_a_function_without_parameters_says_so():
    state = flow(name="etl", run_name="{day}")(lambda: 1)(return_state=True)
    assert state.message == (
        "run_name '{day}' of flow 'etl' cannot be filled in (KeyError: 'day'); it has no parameters"
    )


def test_a_submitted_or_async_run_that_cannot_be_named_fails_too(recording):
    @flow(run_name=no_day)
    async def etl():
        raise AssertionError

    with pytest.raises(ValueError, match=r"^no day$"):
        asyncio.run(etl())
    with pytest.raises(ValueError, match=r"^no day$"):
        flow(lambda: task(run_name=no_day)(load).submit(1).result(LIMIT))()


def test_a_run_whose_name_takes_too_long_fails():
    step = task(name="load", run_name=lambda: threading.Event().wait(LIMIT))(load)
    step.naming.timeout_seconds = 0.005
    state = step(1, return_state=True)
    assert state.message == "run_name of task 'load' took longer than 0.005 s and was abandoned"
    assert isinstance(state.exception, HookTimeout)


@BOTH
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_function_that_exits_crashes_the_run(definition, error, recording):
    def name():
        raise error

    with pytest.raises(error):
        definition(name="step", run_name=name)(load)(1)
    assert recording.states("step") == ["Pending", "Crashed"]


@BOTH
def test_a_run_that_is_cancelled_while_it_is_named_never_starts(definition, recording):
    step = definition(name="step", run_name=lambda: str(runs.current.get().cancel()))(load)
    with pytest.raises(CancelledRun, match=r"^(Flow|Task) run was cancelled before it started\.$"):
        step(1)
    assert recording.states("step") == ["Pending", "Cancelled"]


def test_a_function_may_start_runs_with_hooks_even_inside_a_hook():
    order = []

    @flow(on_completion=lambda: order.append("hook of namer"))
    def namer():
        return "named"

    named = flow(run_name=namer, on_completion=lambda flow, run: order.append(run.name))(lambda: 1)
    inside = hook(lambda: named() and order.append("outer hook"), timeout_seconds=LIMIT)
    flow(on_completion=inside)(lambda: 1)()
    assert order == ["hook of namer", "named", "outer hook"]


def test_a_condition_may_start_runs_with_hooks_even_inside_a_hook():
    order = []
    asked = flow(on_completion=lambda: order.append("hook of condition"))(lambda: True)
    inner = flow(on_completion=hook(lambda: order.append("hook"), when=asked))(lambda: 1)
    flow(on_completion=hook(lambda: inner() and order.append("outer hook"), timeout_seconds=LIMIT))(lambda: 1)()
    assert order == ["hook of condition", "hook", "outer hook"]


# -- what else a definition says of itself


@BOTH
def test_a_version_is_a_text_that_copies_keep(definition):
    step = definition(version="2")(load)
    assert (definition(load).version, step.version, step.with_options(retries=1).version) == (None, "2", "2")
    with pytest.raises(UnknownOptionError) as caught:
        definition(version=2)(load)
    assert str(caught.value) == "version of 'load' is 2; give a text, or None for none"


@BOTH
def test_log_prints_is_yes_no_or_as_around_it(definition, monkeypatch):
    monkeypatch.setattr(builtins, "print", print)  # it is another one once prints are logged
    assert [definition(log_prints=given)(load).log_prints for given in (None, True, False)] == [None, True, False]
    assert definition(log_prints=True)(load).with_options(log_prints=False).log_prints is False
    with pytest.raises(UnknownOptionError) as caught:
        definition(log_prints="yes")(load)
    assert str(caught.value) == (
        "log_prints of 'load' is 'yes'; give True or False, or None to do as the flow around it does"
    )
