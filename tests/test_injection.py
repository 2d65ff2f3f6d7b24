"""Injection: a hook is given what its signature asks for, and an error when it is attached if that cannot be."""

import functools
from typing import Annotated, Any, Optional

import pytest

from hookcell import (
    Flow,
    FlowRun,
    HookSignatureError,
    Run,
    State,
    StateType,
    Task,
    TaskRun,
    UpstreamTaskError,
    flow,
    injection,
    provide,
    task,
)
from hookcell.testing import record

got = []


@pytest.fixture(autouse=True)
def _nothing_yet():
    got.clear()


def complete(hook):
    """Run a flow with this on_completion hook; give (flow, run, state)."""
    done = flow(name="done", on_completion=hook)(lambda: 42)
    with record() as recording:
        state = done(return_state=True)
    run = recording.of("done")
    assert [call.error for call in run.hooks if call.error] == []
    return done, run, state


def complete_task(hook):
    """Run a flow with a task with this on_completion hook; give (task, run, state, flow, flow run)."""
    step = task(name="step", on_completion=hook)(lambda: 42)
    around = flow(name="around")(lambda: step(return_state=True).data)
    with record() as recording:
        around()
    run = recording.of("step")
    assert [call.error for call in run.hooks if call.error] == []
    return step, run, run.state, around, recording.of("around")


def refused(hook, definition=flow, kind="on_completion"):
    with pytest.raises(HookSignatureError) as caught:
        definition(**{kind: hook})(lambda: None)
    return str(caught.value)


# -- by position, as in Prefect


def test_three_plain_parameters_get_owner_run_and_state():
    def hook(flow, flow_run, state):
        got.append((flow, flow_run, state))

    assert [complete(hook)] == got


def test_their_names_do_not_matter():
    def hook(a, b, c):
        got.append((a, b, c))

    assert [complete(hook)] == got


def test_a_tasks_hook_gets_task_task_run_and_state():
    def hook(task, task_run, state):
        got.append((task, task_run, state))

    assert [complete_task(hook)[:3]] == got


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_parameters_get_the_first_ones(count):
    hooks = [lambda: got.append(()), lambda a: got.append((a,)), lambda a, b: got.append((a, b))]
    assert [complete(hooks[count])[:count]] == got


def test_star_args_get_all_three():
    assert [complete(lambda *args: got.append(args))] == got
    assert [complete(lambda first, *rest: got.append((first, *rest)))] == got[1:]


def test_double_star_kwargs_get_nothing():
    complete(lambda flow, run, state, **kwargs: got.append(kwargs))
    assert got == [{}]


def test_a_parameter_with_a_default_keeps_it():
    def hook(flow, flow_run, state, my_arg="custom_value"):
        got.append(my_arg)

    complete(hook)
    assert got == ["custom_value"]


def test_a_default_after_two_parameters_is_kept_unless_it_is_called_state():
    complete(lambda flow, run, sender="me": got.append(sender))
    _, _, state = complete(lambda flow, run, state=None: got.append(state))
    assert got == ["me", state]


def test_after_a_default_that_is_kept_nothing_is_given_by_position():
    complete(lambda sender="me", flow=None: got.append((sender, flow)))
    complete(lambda sender="me", *rest: got.append((sender, rest)))
    assert got == [("me", None), ("me", ())]


def test_a_keyword_only_default_is_kept():
    complete(lambda flow, run, state, *, sender="me": got.append(sender))
    assert got == ["me"]


def test_positional_only_parameters_are_given():
    def hook(flow, flow_run, state, /):
        got.append((flow, flow_run, state))

    assert [complete(hook)] == got


# -- whatever can be called


def test_a_partial_binds_by_keyword():
    def hook(flow, flow_run, state, my_arg):
        got.append((state, my_arg))

    _, _, state = complete(functools.partial(hook, my_arg="bound"))
    assert got == [(state, "bound")]


def test_a_partial_binds_by_position():
    done, run, state = complete(functools.partial(lambda sender, *given: got.append((sender, *given)), "me"))
    assert got == [("me", done, run, state)]


def test_a_partial_of_a_partial_is_a_hook():
    def hook(flow, flow_run, state, a, b):
        got.append((a, b))

    _, run, _ = complete(functools.partial(functools.partial(hook, a=1), b=2))
    assert got == [(1, 2)]
    assert run.hooks[0].name == "hook"


class Notifier:
    def told(self, flow, flow_run, state):
        got.append((flow, flow_run, state))

    __call__ = told

    @classmethod
    def by_class(cls, flow, flow_run, state):
        got.append((flow, flow_run, state))

    @staticmethod
    def static(flow, flow_run, state):
        got.append((flow, flow_run, state))


@pytest.mark.parametrize("hook", [Notifier().told, Notifier(), Notifier.by_class, Notifier.static])
def test_methods_and_callable_objects_are_hooks(hook):
    assert [complete(hook)] == got


def test_a_callable_object_is_called_after_its_class():
    assert complete(Notifier())[1].hooks[0].name == "Notifier"


def test_a_builtin_is_a_hook():
    done, _, _ = complete(got.append)
    assert got == [done]


def test_a_class_is_a_hook():
    class Note:
        def __init__(self, flow, flow_run, state):
            got.append((flow, flow_run, state))

    assert [complete(Note)] == got


def test_of_a_wrapped_function_the_inner_signature_counts():
    def inner(state: State):
        got.append(state)

    @functools.wraps(inner)
    def outer(*args, **kwargs):
        return inner(*args, **kwargs)

    _, _, state = complete(outer)
    assert got == [state]


class AsyncNotifier:
    async def __call__(self, flow, flow_run, state):
        got.append((flow, flow_run, state))


async def notify(flow, flow_run, state, sender=None):
    got.append((flow, flow_run, state))


@pytest.mark.parametrize("hook", [notify, AsyncNotifier(), functools.partial(notify, sender="me")])
def test_async_functions_and_objects_are_awaited(hook):
    assert [complete(hook)] == got


# -- by type, as in ZenML


def test_annotated_parameters_get_what_they_ask_for_in_any_order():
    def hook(state: State, flow_run: FlowRun, flow: Flow):
        got.append((flow, flow_run, state))

    assert [complete(hook)] == got


def test_one_annotated_parameter_is_enough():
    def hook(run: FlowRun):
        got.append(run)

    assert [complete(hook)[1]] == got


def test_a_tasks_hook_can_ask_for_its_task_its_run_and_the_flow_around():
    def hook(around_run: FlowRun, around: Flow, state: State, run: TaskRun, task: Task):
        got.append((task, run, state, around, around_run))

    assert [complete_task(hook)] == got


def test_run_is_the_run_itself_on_flows_and_tasks():
    def hook(run: Run):
        got.append(run)

    runs = [complete(hook)[1], complete_task(hook)[1]]
    assert got == runs


def test_outside_a_flow_a_task_hook_that_asks_for_the_flow_gets_none():
    def hook(around: Flow, around_run: FlowRun):
        got.append((around, around_run))

    task(on_completion=hook)(lambda: None)()
    assert got == [(None, None)]


def test_a_default_between_annotated_parameters_is_kept():
    def hook(state: State, sender="me", *, run: FlowRun, retries=3):
        got.append((run, state, sender, retries))

    _, run, state = complete(hook)
    assert got == [(run, state, "me", 3)]


def test_a_positional_only_parameter_behind_a_default_is_given():
    def hook(sender="me", state: State = None, /):
        got.append((sender, state))

    _, _, state = complete(hook)
    assert got == [("me", state)]


def test_an_optional_or_generic_annotation_asks_for_the_type_inside():
    def hook(
        flow: Flow[..., Any],
        run: FlowRun | None,
        state: State[int],
        again: Annotated[State, "the same"],
        old: Optional[FlowRun],  # noqa: UP045 -- the old spelling is what this is about
    ):
        got.append((flow, run, state, again, old))

    done, run, state = complete(hook)
    assert got == [(done, run, state, state, run)]


def test_of_a_union_the_arm_that_fits_is_given():
    def hook(owner: Flow | Task, run: FlowRun | TaskRun):
        got.append((owner, run))

    given = [complete(hook)[:2], complete_task(hook)[:2]]
    assert got == given


def test_annotations_as_text_are_resolved():
    def hook(state: "State", run: "FlowRun"):
        got.append((run, state))

    assert [complete(hook)[1:]] == got


FROM_THE_FUTURE = """
from __future__ import annotations
from hookcell import Flow, FlowRun, State
def hook(state: State, flow: Flow, error: ValueError | None = None):
    got.append((flow, state))
class Hook:
    def __call__(self, state: State, flow: Flow):
        got.append((flow, state))
def unresolved(flow: Nowhere, flow_run: FlowRun, state: State):
    got.append((flow, state))
"""


@pytest.mark.parametrize("make", ["hook", "Hook()", "Hook().__call__", "unresolved", "functools.partial(hook)"])
def test_future_annotations_work_and_unresolved_ones_make_a_hook_positional(make):
    names = {"got": got, "functools": functools}
    exec(compile(FROM_THE_FUTURE, "future", "exec", dont_inherit=True), names)  # noqa: S102 -- needs its own __future__
    done, _, state = complete(eval(make, names))  # noqa: S307
    assert got == [(done, state)]


def test_unknown_annotations_make_a_hook_positional():
    def hook(a: int, b: dict, c: StateType):
        got.append((a, b, c))

    assert [complete(hook)] == got


# -- exceptions


def fail(hook, error, kind="on_failure", **options):
    failing = flow(name="failing", **{kind: hook}, **options)(lambda: raises(error))
    with record() as recording:
        try:
            failing(return_state=True)
        except BaseException as raised:  # noqa: BLE001 -- crashes come through
            assert raised is error  # noqa: PT017
    return recording.of("failing")


def raises(error):
    raise error


def keep_any(error: BaseException):
    got.append(error)


def keep_value_error(error: ValueError):
    got.append(error)


def test_an_exception_annotation_gets_the_exception():
    error = ValueError("no price")
    fail(keep_any, error)
    assert got == [error]


def test_a_crash_is_given_too():
    error = SystemExit(3)
    fail(keep_any, error, kind="on_crashed")
    assert got == [error]


def test_without_an_exception_a_broad_annotation_gets_none():
    complete(keep_any)
    assert got == [None]


def test_a_narrowed_exception_fires_only_for_that_class_and_its_children():
    child = UnicodeError("child")
    for error in (KeyError("other"), child, ValueError("same")):
        run = fail(keep_value_error, error)
        assert len(run.hooks) == isinstance(error, ValueError)
    assert [type(error) for error in got] == [UnicodeError, ValueError]


def test_a_narrowed_exception_does_not_fire_where_there_is_none():
    assert complete(keep_value_error)[1].hooks == ()
    assert got == []


def test_a_union_of_exceptions_fires_for_each_of_them():
    def hook(error: ValueError | KeyError):
        got.append(type(error))

    for error in (KeyError(), ValueError(), TypeError()):
        fail(hook, error)
    assert got == [KeyError, ValueError]


def test_an_optional_exception_fires_without_one_too():
    def hook(error: ValueError | None):
        got.append(error)

    complete(hook)
    fail(hook, TypeError())
    assert got == [None]


def test_an_exception_can_be_asked_for_beside_other_types():
    def hook(error: KeyError, run: FlowRun, state: State):
        got.append((run, state, error))

    error = KeyError("price")
    run = fail(hook, error)
    assert got == [(run, run.state, error)]


def test_a_retry_hook_gets_the_failure_that_is_tried_again():
    error = ValueError("again")
    fail(keep_value_error, error, kind="on_retry", retries=2)
    assert got == [error, error]


def test_a_run_that_was_not_ready_gives_its_upstream_error():
    broken = task(lambda: raises(KeyError("price")))
    after = task(name="after", on_end=keep_any)(lambda x: x)

    @flow
    def chain():
        after.submit(broken.submit()).wait()

    chain()
    assert [type(error) for error in got] == [UpstreamTaskError]
    assert isinstance(got[0].__cause__, KeyError)


# -- what cannot be called is an error when it is attached


def test_a_required_parameter_too_many_is_an_error():
    def hook(flow, flow_run, state, my_arg):
        """Ask for too much."""

    assert refused(hook) == (
        "on_completion hook 'hook' needs 'my_arg', but a hook is called with (flow, flow_run, state); "
        "give 'my_arg' a default, or bind it: functools.partial(hook, my_arg=...)"
    )
    assert refused(hook, task, "on_failure") == (
        "on_failure hook 'hook' needs 'my_arg', but a hook is called with (task, task_run, state); "
        "give 'my_arg' a default, or bind it: functools.partial(hook, my_arg=...)"
    )


def test_in_the_message_a_lambda_has_a_name_that_can_be_written():
    text = refused(lambda a, b, c, d: None)
    assert text.startswith("on_completion hook '<lambda>' needs 'd'")
    assert text.endswith("functools.partial(my_hook, d=...)")


def test_a_required_keyword_only_parameter_is_an_error():
    def hook(flow, flow_run, state, *, channel):
        """Ask for too much."""

    assert refused(hook) == (
        "on_completion hook 'hook' needs 'channel', but a hook is called with (flow, flow_run, state); "
        "give 'channel' a default, or bind it: functools.partial(hook, channel=...)"
    )


def test_a_plain_parameter_in_anothers_place_is_an_error():
    text = refused(lambda state: None)
    assert text.startswith("on_completion hook '<lambda>' has 'state' out of place")
    assert "(flow, flow_run, state)" in text
    assert "'state' out of place" in refused(lambda task, state: None, task)


def test_known_types_mixed_with_plain_parameters_are_an_error_that_shows_both_spellings():
    def hook(flow, flow_run: FlowRun, state):
        """Be unclear."""

    assert refused(hook) == (
        "on_completion hook 'hook' asks for some parameters by type, but 'flow' has no annotation; "
        "annotate none: def hook(flow, flow_run, state), "
        "or all: def hook(flow: Flow, flow_run: FlowRun, state: State)"
    )

    def on_task(task_run: TaskRun, state):
        """Be unclear."""

    assert refused(on_task, task) == (
        "on_completion hook 'on_task' asks for some parameters by type, but 'state' has no annotation; "
        "annotate none: def on_task(task, task_run, state), "
        "or all: def on_task(task: Task, task_run: TaskRun, state: State)"
    )


def test_known_types_mixed_with_unknown_ones_are_an_error():
    def hook(state: State, settings: dict):
        """Be unclear."""

    assert refused(hook).startswith(
        "on_completion hook 'hook' asks for some parameters by type, but 'settings' is annotated with nothing that "
        "hooks are given; annotate none: "
    )


@pytest.mark.parametrize("asked", [Task, TaskRun, Task | None])
def test_a_flows_hook_that_asks_for_a_task_is_an_error(asked):
    def hook(part: asked):
        """Ask for what is not there."""

    name = "TaskRun" if asked is TaskRun else "Task"
    assert refused(hook) == (
        f"on_completion hook 'hook' asks for part: {name}, but a flow's hook has none; attach it to a task"
    )


def test_a_callable_without_a_signature_is_an_error():
    class Odd:
        __signature__ = "none"

        def __call__(self):
            """Tell nothing of itself."""

    assert refused(Odd()) == (
        "on_completion hook 'Odd' has no signature to read; wrap it: lambda owner, run, state: ..."
    )


def test_a_hook_attached_with_a_decorator_is_checked_too():
    done = flow(lambda: None)
    with pytest.raises(HookSignatureError, match=r"^on_failure hook 'hook' needs 'd'"):

        @done.on_failure
        def hook(a, b, c, d):
            """Ask for too much."""


# -- what others provide


class Settings:
    def __init__(self, moment=None):
        self.moment = moment


class Special(Settings):
    pass


@pytest.fixture
def provided(monkeypatch):
    monkeypatch.setattr(injection, "_provided", list(injection._provided))


@pytest.mark.usefixtures("provided")
def test_a_provided_type_is_given_anew_each_time():
    provide(Settings, Settings)

    def hook(settings: Settings, state: State):
        got.append((settings, state))

    (_, run, state), _ = complete(hook), complete(hook)
    (first, first_state), (second, _) = got
    assert first is not second
    assert (first.moment.run, first.moment.state, first_state) == (run, state, state)


@pytest.mark.usefixtures("provided")
def test_a_subclass_of_a_provided_type_is_given_by_the_nearest():
    provide(Settings, lambda moment: "general")
    provide(Special, lambda moment: "special")

    class MoreSpecial(Special):
        pass

    def hook(a: Settings, b: Special, c: MoreSpecial):
        got.append((a, b, c))

    complete(hook)
    assert got == [("general", "special", "special")]


@pytest.mark.usefixtures("provided")
def test_what_is_provided_for_tasks_only_is_refused_on_a_flow():
    provide(Settings, Settings, scope="task")

    def hook(settings: Settings):
        got.append(settings.moment.definition)

    assert refused(hook).endswith("asks for settings: Settings, but a flow's hook has none; attach it to a task")
    assert [complete_task(hook)[0]] == got


@pytest.mark.usefixtures("provided")
def test_a_provider_that_raises_fails_the_hook_and_not_the_run():
    provide(Settings, lambda moment: raises(OSError("no settings")))

    def hook(settings: Settings):
        """Never called."""

    with record() as recording:
        assert flow(name="goes on", on_completion=hook)(lambda: 1)() == 1
    (call,) = recording.of("goes on").hooks
    assert (call.outcome, str(call.error)) == ("failed", "no settings")
