"""Hooks: when each kind fires, in which order, with what in hand, and how they are attached."""

import asyncio

import pytest

from hookcell import (
    Completed,
    HookRun,
    Hooks,
    HookSignatureError,
    UnknownOptionError,
    every_run,
    flow,
    runs,
    task,
)
from hookcell.hooks import KINDS, combine
from hookcell.testing import record

BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
calls = []


@pytest.fixture(autouse=True)
def _nothing_yet():
    calls.clear()


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def noting(kind):
    """A hook that notes its kind and the state it was called for."""
    return lambda owner, run, state: calls.append((kind, state.name))


def say(word):
    """A hook that notes a word."""
    return lambda: calls.append(word)


def raises(error):
    raise error


def run_it(definition):
    try:
        return definition(return_state=True)
    except BaseException as error:  # noqa: BLE001 -- crashes come through
        return error


# -- when each kind fires


def fails_once():
    if runs.current.get().attempt == 1:
        raise ValueError


BODIES = {
    "completed": lambda: 1,
    "cached": lambda: Completed(name="Cached"),
    "failed": lambda: raises(ValueError()),
    "crashed": lambda: raises(SystemExit()),
    "cancelled": lambda: runs.current.get().cancel(),
    "retried": fails_once,
}
START = [("on_transition", "Pending"), ("on_running", "Running"), ("on_transition", "Running")]
FIRED = {
    "completed": [*START, ("on_completion", "Completed"), ("on_end", "Completed"), ("on_transition", "Completed")],
    "cached": [
        *START,
        ("on_completion", "Cached"),
        ("on_cached", "Cached"),
        ("on_end", "Cached"),
        ("on_transition", "Cached"),
    ],
    "failed": [*START, ("on_failure", "Failed"), ("on_end", "Failed"), ("on_transition", "Failed")],
    "crashed": [*START, ("on_crashed", "Crashed"), ("on_end", "Crashed"), ("on_transition", "Crashed")],
    "cancelled": [
        *START,
        ("on_cancellation", "Cancelling"),
        ("on_transition", "Cancelling"),
        ("on_end", "Cancelled"),
        ("on_transition", "Cancelled"),
    ],
    "retried": [
        *START,
        ("on_retry", "Retrying"),
        ("on_running", "Retrying"),
        ("on_transition", "Retrying"),
        ("on_completion", "Completed"),
        ("on_end", "Completed"),
        ("on_transition", "Completed"),
    ],
}


@BOTH
@pytest.mark.parametrize("story", FIRED)
def test_each_kind_fires_on_its_states_and_no_other(definition, story):
    hooks = {kind: noting(kind) for kind in KINDS}
    run_it(definition(retries=int(story == "retried"), **hooks)(BODIES[story]))
    assert calls == FIRED[story]


def test_there_is_a_story_in_which_each_kind_fires():
    assert {kind for fired in FIRED.values() for kind, _ in fired} == set(KINDS)


@BOTH
def test_a_retry_with_a_delay_fires_on_retry_once_when_the_wait_begins(definition):
    hooks = {kind: noting(kind) for kind in ("on_retry", "on_running")}
    definition(retries=1, retry_delay_seconds=0.001, **hooks)(fails_once)()
    assert calls == [("on_running", "Running"), ("on_retry", "AwaitingRetry"), ("on_running", "Retrying")]


@BOTH
def test_on_failure_waits_for_the_last_retry(definition):
    failing = definition(retries=2, on_failure=noting("on_failure"), on_retry=noting("on_retry"))
    run_it(failing(lambda: raises(ValueError())))
    assert calls == [("on_retry", "Retrying"), ("on_retry", "Retrying"), ("on_failure", "Failed")]


def test_hooks_are_chosen_by_type_whatever_the_state_is_called():
    flow(on_completion=noting("on_completion"))(lambda: Completed(name="Skipped"))()
    assert calls == [("on_completion", "Skipped")]


# -- what a hook finds


@BOTH
def test_the_state_is_set_and_told_before_its_hooks_run(definition, recording):
    def hook(owner, run, state):
        told = [event.detail for event in recording.events if event.what == "moved"]
        calls.append(run.state is state and run.story[-1] is state and told[-1] is state)

    run_it(definition(on_running=hook, on_failure=hook, on_end=hook)(BODIES["failed"]))
    assert calls == [True, True, True]


@BOTH
def test_a_hook_gets_the_very_object_that_return_state_gives(definition):
    states = []
    done = definition(on_completion=lambda owner, run, state: states.append(state))(lambda: 1)
    state = done(return_state=True)
    assert states == [state]
    assert states[0] is state


@BOTH
def test_a_run_says_what_hooks_ask_it_most(definition):
    def hook(owner, run, state):
        own = run.flow if definition is flow else run.task
        calls.append((own is owner, run.state_name, run.state_type, run.run_count, run.notes))

    definition(on_completion=hook)(lambda: 1)()
    assert calls == [(True, "Completed", "COMPLETED", 1, ())]


@BOTH
def test_while_a_hook_runs_its_run_is_the_current_one(definition):
    def hook(owner, run, state):
        calls.append(runs.current.get() is run)

    run_it(definition(on_running=hook, on_crashed=hook, on_end=hook)(BODIES["crashed"]))
    assert calls == [True, True, True]
    assert runs.current.get() is None


def test_a_task_can_be_a_hook_and_its_run_belongs_to_the_hooks_run(recording):
    report = task(name="report")(lambda: 1)

    @flow(on_completion=report)
    def etl():
        """Do nothing."""

    etl()
    assert recording.of("report").parent is recording.of("etl")


def test_what_a_hook_returns_is_ignored():
    assert flow(on_completion=lambda: Completed(data="mine"), on_running=lambda: 3)(lambda: 42)() == 42


# -- what is kept of each call


def test_each_call_is_recorded_in_order(recording):
    def fine(owner, run, state):
        """Do nothing."""

    def broken(owner, run, state):
        raise OSError("no mail")

    flow(name="etl", on_running=fine, on_completion=[broken, fine])(lambda: 1)()
    run = recording.of("etl")
    assert [(c.kind, c.name, c.outcome, c.state.name) for c in run.hooks] == [
        ("on_running", "fine", "ok", "Running"),
        ("on_completion", "broken", "failed", "Completed"),
        ("on_completion", "fine", "ok", "Completed"),
    ]
    assert [str(call.error) for call in run.hooks] == ["None", "no mail", "None"]
    assert run.story[0].at <= run.hooks[0].at <= run.hooks[-1].at
    assert all(0 <= call.seconds < 5 for call in run.hooks)


def test_a_record_says_what_it_is_without_times(recording):
    def fine():
        """Do nothing."""

    flow(name="etl", on_completion=fine)(lambda: 1)()
    (call,) = recording.of("etl").hooks
    assert isinstance(call, HookRun)
    assert (repr(call), repr(call.hook)) == ("<HookRun on_completion fine: ok>", "<Hook on_completion fine>")


def test_while_a_hook_runs_its_record_says_so():
    flow(on_completion=lambda owner, run: calls.append((run.hooks[-1].outcome, run.hooks[-1].seconds)))(lambda: 1)()
    assert calls == [("running", None)]


def test_listeners_are_told_when_a_hook_begins_and_when_it_has_ended(recording):
    def hook():
        calls.append(str(recording.events[-1]))

    flow(name="etl", on_completion=hook)(lambda: 1)()
    assert calls == ["flow etl: on_completion hook began"]
    assert str(recording.events[-1]) == "flow etl: on_completion hook ok"


def test_what_a_hook_prints_is_kept_up_to_a_limit():
    call = HookRun(None, None, None)
    for _ in range(1000):
        call.heard("x" * 10_000)
    assert len(call.printed) == 200 * 2_000


# -- attaching


@BOTH
def test_hooks_of_a_kind_fire_in_order_of_attachment(definition):
    done = definition(on_completion=[say(1), say(2)])(lambda: 1)
    done.on_completion(say(3))
    done.on_success(say(4))
    done()
    assert calls == [1, 2, 3, 4]


def next_of(hooks):
    return hooks[0]


@BOTH
@pytest.mark.parametrize("several", [list, tuple, iter, next_of], ids=["list", "tuple", "iter", "one"])
def test_one_callable_or_any_iterable_is_taken(definition, several):
    done = definition(on_completion=several([say(1)]))(lambda: 1)
    done()
    done()
    assert calls == [1, 1]


@BOTH
def test_on_success_is_another_name_of_on_completion(definition):
    done = definition(on_success=noting("on_success"))(lambda: 1)
    done()
    assert calls == [("on_success", "Completed")]
    assert [hook.kind for hook in done.hooks["on_success"]] == ["on_completion"]


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_decorator_that_gives_the_function_back(definition, kind):
    done = definition(lambda: 1)

    def hook():
        """Do nothing."""

    assert getattr(done, kind)(hook) is hook
    assert [attached.fn for attached in done.hooks[kind]] == [hook]


@BOTH
def test_one_function_can_be_attached_twice_and_to_many(definition):
    one = say("one")
    done = definition(on_completion=[one, one], on_end=one)(lambda: 1)
    done()
    assert calls == ["one", "one", "one"]


@BOTH
@pytest.mark.parametrize(
    ("given", "shown"), [(5, "5"), ("ab", "'ab'"), ([None], "None"), (["notify"], "'notify'"), (b"x", "b'x'")]
)
def test_what_is_not_callable_is_an_error(definition, given, shown):
    with pytest.raises(HookSignatureError) as caught:
        definition(on_completion=given)(lambda: 1)
    assert str(caught.value) == (
        f"on_completion got {shown}, which is not callable; pass a function, or a list of functions"
    )
    with pytest.raises(HookSignatureError):
        definition(lambda: 1).on_completion(given)


def test_an_unknown_kind_is_an_error_that_names_the_nearest():
    with pytest.raises(UnknownOptionError) as caught:
        Hooks(on_fail=print)
    assert str(caught.value) == "there is no hook kind 'on_fail'; did you mean on_failure?"
    with pytest.raises(UnknownOptionError) as caught:
        Hooks(webhook=print)
    assert str(caught.value) == f"there is no hook kind 'webhook'; there are {', '.join(KINDS)}"


# -- copies and lists


@BOTH
def test_with_options_none_keeps_the_hooks(definition):
    done = definition(on_completion=say("kept"))(lambda: 1)
    done.with_options(on_completion=None)()
    done.with_options(retries=1)()
    assert calls == ["kept", "kept"]


@BOTH
def test_with_options_an_empty_list_clears_the_hooks(definition):
    done = definition(on_completion=say("cleared"), on_end=say("kept"))(lambda: 1)
    done.with_options(on_completion=[])()
    done.with_options(on_success=[])()
    assert calls == ["kept", "kept"]


@BOTH
def test_with_options_new_hooks_replace_those_of_their_kind(definition):
    done = definition(on_completion=say("old"), on_end=say("other"))(lambda: 1)
    done.with_options(on_completion=say("new"))()
    assert calls == ["new", "other"]


@BOTH
def test_a_copy_and_its_model_share_no_hooks(definition):
    model = definition(on_completion=say("both"))(lambda: 1)
    copy = model.with_options()
    copy.on_completion(say("copy only"))
    model.on_completion(say("model only"))
    model()
    copy()
    assert calls == ["both", "model only", "both", "copy only"]


@BOTH
def test_a_list_given_to_two_is_shared_by_neither(definition):
    hooks = [say("both")]
    first = definition(on_completion=hooks)(lambda: 1)
    second = definition(on_completion=hooks)(lambda: 1)
    first.on_completion(say("first only"))
    hooks.append(say("too late"))
    second()
    first()
    assert calls == ["both", "both", "first only"]


@BOTH
def test_a_run_uses_the_hooks_there_were_when_it_started(definition):
    def body():
        done.on_completion(say("attached meanwhile"))

    done = definition(on_completion=say("attached before"))(body)
    done()
    assert calls == ["attached before"]
    done.with_options()()
    assert calls[1:] == ["attached before", "attached meanwhile"]


# -- a flow's hooks for each of its tasks, and the session's


def test_each_task_fires_for_tasks_without_hooks_of_that_kind():
    plain = task(lambda: 1)
    own = task(on_completion=say("own"), on_end=say("own end"))(lambda: 1)

    @flow(each_task=Hooks(on_completion=say("default"), on_running=say("running")))
    def etl():
        plain()
        own()

    etl()
    assert calls == ["running", "default", "running", "own", "own end"]


def test_each_task_is_for_tasks_called_submitted_and_mapped():
    plain = task(lambda x: x)

    @flow(each_task=Hooks(on_success=lambda task, run, state: calls.append(run.name)), runner="inline")
    def etl():
        plain(0)
        plain.submit(1).result()
        plain.map([2]).result()

    etl()
    assert calls == ["<lambda>", "<lambda>[1]", "<lambda>[2]"]


def test_an_empty_list_keeps_the_flows_default_from_a_task():
    quiet = task(on_completion=[])(lambda: 1)
    cleared = task(on_completion=say("own"))(lambda: 1).with_options(on_completion=[])
    flow(each_task=Hooks(on_completion=say("default")))(lambda: (quiet(), cleared(), None)[2])()
    assert calls == []


def test_a_copy_of_a_task_without_hooks_still_gets_the_flows_default():
    plain = task(lambda: 1).with_options(retries=1)
    flow(each_task=Hooks(on_completion=say("default")))(lambda: (plain(), None)[1])()
    assert calls == ["default"]


def test_each_task_of_the_nearest_flow_counts():
    plain = task(lambda: 1)
    inner = flow(each_task=Hooks(on_completion=say("inner")))(lambda: (plain(), None)[1])
    bare = flow(lambda: (plain(), None)[1])
    flow(each_task=Hooks(on_completion=say("outer")))(lambda: (plain(), inner(), bare(), None)[3])()
    assert calls == ["outer", "inner"]


def test_each_task_does_not_fire_for_the_flow_itself():
    flow(each_task=Hooks(on_completion=say("task")))(lambda: 1)()
    assert calls == []


def test_each_task_is_kept_by_with_options():
    plain = task(lambda: 1)
    etl = flow(each_task=Hooks(on_completion=say("task")))(lambda: (plain(), None)[1])
    etl.with_options(retries=1)()
    assert calls == ["task"]


def test_each_task_hooks_are_checked_as_hooks_of_a_task():
    with pytest.raises(HookSignatureError, match=r"\(task, task_run, state\)"):
        flow(each_task=Hooks(on_completion=lambda a, b, c, d: None))(lambda: 1)
    with pytest.raises(UnknownOptionError) as caught:
        flow(name="etl", each_task=say("x"))(lambda: 1)
    assert str(caught.value).startswith("each_task of 'etl' is <function say")
    assert str(caught.value).endswith("; write each_task=Hooks(on_failure=...)")


def test_hooks_of_every_run_fire_after_a_definitions_own_until_they_are_removed():
    step = task(lambda: 1)
    etl = flow(on_completion=noting("own"), each_task=Hooks(on_completion=noting("each")))(lambda: (step(), None)[1])
    with every_run(on_completion=noting("session")):
        etl()
    assert calls == [
        ("each", "Completed"),
        ("session", "Completed"),
        ("own", "Completed"),
        ("session", "Completed"),
    ]


def test_a_tasks_own_kinds_win_over_its_flows():
    own, defaults = Hooks(on_end=say(1)), Hooks(on_running=say(2), on_end=say(3))
    both = combine(own.plan("task"), defaults.plan("task"), Hooks())
    for kind in ("on_running", "on_end"):
        both[kind][0].fn()
    assert calls == [2, 1]


def test_a_set_of_hooks_is_true_if_there_are_any():
    assert Hooks(on_failure=print)
    assert Hooks(on_failure=print).plan("flow")
    assert not Hooks()
    assert Hooks(on_failure=print).plan("flow").due(Completed()) == ()


@pytest.mark.parametrize("is_async", [False, True])
def test_a_hook_that_yields_is_run_to_its_end(is_async):
    seen = []

    def note(flow, run, state):
        seen.append(1)
        yield
        seen.append(2)

    async def note_later(flow, run, state):
        seen.append(3)
        yield
        seen.append(4)

    hooks = [note, note_later]
    if is_async:

        @flow(on_completion=hooks)
        async def nightly():
            return 1

        assert asyncio.run(nightly()) == 1
    else:
        assert flow(on_completion=hooks)(lambda: 1)() == 1
    assert seen == [1, 2, 3, 4]
