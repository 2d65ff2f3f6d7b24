"""Plans: the life of a run as steps, fed by hand. No driver, thread, loop or clock takes part."""

import asyncio
import threading

import pytest

from hookcell import RunInterrupted, engine, flow, hook, task
from hookcell.cancel import CancelToken
from hookcell.drive import Outcome, Parked, adrive, drive
from hookcell.engine import life_of
from hookcell.extras import Below
from hookcell.futures import Future
from hookcell.gate import gate
from hookcell.hooks import HookRun
from hookcell.states import Completed, State, StateType
from hookcell.steps import Body, HookCall, Sleep, TakeGate, Wait
from hookcell.testing import record

OK = Outcome()
STOPPED = Outcome(None, RunInterrupted())


def failed(text="no price"):
    return Outcome(None, ValueError(text))


def begun(definition=None, *args, **options):
    return (definition or flow(name="etl", **options)(lambda *_: None)).begin(args, {})


def names(run):
    return [state.name for state in run.story]


def feed(plan, *script):
    """Feed a plan: (the step it must ask for, the outcome to answer or what makes it from the step); give the steps."""
    steps, outcome = [], None
    for expected, answer in script:
        steps.append(plan.send(outcome))
        assert type(steps[-1]) is expected
        outcome = answer(steps[-1]) if callable(answer) else answer
    with pytest.raises(StopIteration):
        plan.send(outcome)
    return steps


def told_to_stop(run, outcome):
    """Answer a step after the run was told to stop, and its code has heard of it."""

    def answer(_step):
        run.cancel()
        run.scope.heard = run.scope.presses
        return outcome

    return answer


def nobody():
    """Be a hook that is never called: the steps are all there is."""
    raise AssertionError


# -- without hooks


def test_success_is_one_step():
    run = begun()
    assert run.state.name == "Pending"
    (body,) = feed(life_of(run), (Body, Outcome(42)))
    assert body.run is run
    assert names(run) == ["Pending", "Running", "Completed"]
    assert (run.state.data, run.over) == (42, True)


def test_nothing_happens_before_the_plan_is_asked():
    run = begun()
    plan = life_of(run)
    assert names(run) == ["Pending"]
    next(plan)
    assert names(run) == ["Pending", "Running"]
    plan.close()


def test_a_failure_ends_the_run():
    run = begun()
    feed(life_of(run), (Body, failed()))
    assert names(run) == ["Pending", "Running", "Failed"]


def test_a_crash_ends_the_run():
    run = begun(retries=3)
    feed(life_of(run), (Body, Outcome(None, SystemExit(3))))
    assert names(run) == ["Pending", "Running", "Crashed"]


def test_arguments_that_do_not_fit_leave_no_step():
    run = begun(flow(name="etl")(lambda x: x))
    feed(life_of(run))
    assert names(run) == ["Pending", "Failed"]


# -- trying again


def test_a_retry_without_a_delay_is_another_body():
    run = begun(retries=2)
    feed(life_of(run), (Body, failed()), (Body, failed()), (Body, Outcome(3)))
    assert names(run) == ["Pending", "Running", "Retrying", "Retrying", "Completed"]
    assert run.attempt == 3


def test_a_retry_with_a_delay_sleeps_before_the_body():
    run = begun(retries=1, retry_delay_seconds=60)
    token = run.token
    _, sleep, _ = feed(life_of(run), (Body, failed()), (Sleep, OK), (Body, Outcome(2)))
    assert (sleep.seconds, sleep.token is token) == (60, True)
    assert names(run) == ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]


def test_when_no_try_is_left_the_last_failure_counts():
    run = begun(retries=1)
    feed(life_of(run), (Body, failed("first")), (Body, failed("second")))
    assert str(run.state.data) == "second"


def test_a_timeout_is_a_token_of_the_try_below_the_runs():
    run = begun(timeout_seconds=60)
    token = run.token

    def too_late(step):
        scope = step.run.scope
        assert scope is not token
        assert scope.under(token)
        scope.time_out()
        scope.heard = scope.presses
        return STOPPED

    feed(life_of(run), (Body, too_late))
    assert names(run) == ["Pending", "Running", "TimedOut"]
    assert token.reason is None


# -- upstream and downstream


def waiting(state=None):
    """A future whose run is not over, or is over in a state."""
    future = Future(begun(task(name="load")(lambda: None)), None)
    if state is not None:
        future.run.enter(state)
        future.resolve()
    return future


def end(state):
    """Answer a Wait: what is waited for ends."""

    def answer(step):
        for future in step.futures:
            future.run.enter(state)
            future.resolve()
        return OK

    return answer


def test_a_run_waits_for_its_upstream_before_it_runs():
    future = waiting()
    run = begun(task(lambda x: x), future)
    token = run.token
    wait, _ = feed(life_of(run), (Wait, end(Completed(data=7))), (Body, lambda step: Outcome(step.run.args)))
    assert (list(wait.futures), wait.token is token, wait.seconds) == ([future], True, None)
    assert run.state.data == (7,)


def test_an_upstream_that_is_over_is_not_waited_for():
    run = begun(task(lambda x: x), waiting(Completed(data=7)))
    feed(life_of(run), (Body, lambda step: Outcome(step.run.args)))
    assert run.state.data == (7,)


def test_behind_a_failed_upstream_there_is_no_body():
    run = begun(task(lambda x: x), waiting())
    feed(life_of(run), (Wait, end(State(StateType.FAILED))))
    assert names(run) == ["Pending", "NotReady"]
    assert run.over


def submits(future, outcome):
    """Answer a Body that has submitted a run."""

    def answer(step):
        step.run.below = Below()
        step.run.submitted.append(future)
        return outcome

    return answer


def test_a_run_waits_for_what_it_submitted_before_it_ends():
    future, run = waiting(), begun()
    _, wait = feed(life_of(run), (Body, submits(future, Outcome(1))), (Wait, end(Completed())))
    assert (list(wait.futures), wait.seconds) == ([future], None)
    assert names(run) == ["Pending", "Running", "Completed"]


def test_when_the_body_failed_what_it_submitted_is_told_to_stop_before_it_is_waited_for():
    future, run = waiting(), begun()

    def stopped(step):
        assert future.run.token.reason == "cancel"
        return end(State(StateType.CANCELLED))(step)

    feed(life_of(run), (Body, submits(future, failed())), (Wait, stopped))
    assert names(run) == ["Pending", "Running", "Failed"]


# -- stopping


def test_a_run_told_to_stop_before_it_began_has_no_step():
    run = begun()
    run.cancel()
    feed(life_of(run))
    assert names(run) == ["Pending", "Cancelled"]


def test_a_run_told_to_stop_while_it_waits_for_its_upstream_has_no_body():
    run = begun(task(lambda x: x), waiting())
    feed(life_of(run), (Wait, lambda _: run.cancel() and OK))
    assert names(run) == ["Pending", "Cancelled"]


def test_a_stopped_body_leads_through_cancelling_to_cancelled():
    run = begun(retries=3)
    feed(life_of(run), (Body, told_to_stop(run, STOPPED)))
    assert names(run) == ["Pending", "Running", "Cancelling", "Cancelled"]


def test_a_body_that_ends_before_it_could_hear_is_stopped_too():
    run = begun()
    feed(life_of(run), (Body, lambda _: run.cancel() and Outcome(42)))
    assert names(run) == ["Pending", "Running", "Cancelling", "Cancelled"]


def test_a_body_that_heard_and_went_on_has_completed():
    run = begun()
    feed(life_of(run), (Body, told_to_stop(run, Outcome(42))))
    assert names(run) == ["Pending", "Running", "Completed"]
    assert len(run.notes) == 1


def test_a_run_told_to_stop_between_tries_has_no_other_body():
    run = begun(retries=1, retry_delay_seconds=60)
    feed(life_of(run), (Body, failed()), (Sleep, lambda _: run.cancel() and OK))
    assert names(run) == ["Pending", "Running", "AwaitingRetry", "Cancelling", "Cancelled"]


def test_a_stopped_run_waits_a_moment_for_what_it_submitted_and_names_what_is_left():
    future, run = waiting(), begun()
    stop = told_to_stop(run, STOPPED)
    _, wait = feed(life_of(run), (Body, lambda step: submits(future, stop(step))(step)), (Wait, OK))
    assert (list(wait.futures), wait.token, wait.seconds) == ([future], None, engine.STRAGGLERS)
    left = future.run.name
    assert run.state.message == f"Flow run was cancelled. Still running, its result will be dropped: {left}."


# -- hooks are steps


def test_each_hook_is_a_step_after_its_state_and_before_the_next():
    seen = []

    def fires(step):
        seen.append((step.hook_run.kind, step.moment.state.name, names(run)))
        return OK

    run = begun(on_running=nobody, on_completion=[nobody, nobody])
    feed(life_of(run), (HookCall, fires), (Body, Outcome(1)), (HookCall, fires), (HookCall, fires))
    assert seen == [
        ("on_running", "Running", ["Pending", "Running"]),
        ("on_completion", "Completed", ["Pending", "Running", "Completed"]),
        ("on_completion", "Completed", ["Pending", "Running", "Completed"]),
    ]
    assert [call.outcome for call in run.hooks] == ["ok"] * 3


def test_whatever_came_of_a_hook_the_next_step_is_the_same():
    run = begun(on_running=[nobody, nobody], on_end=nobody)
    crash = Outcome(None, SystemExit())
    feed(life_of(run), (HookCall, crash), (HookCall, failed()), (Body, Outcome(1)), (HookCall, STOPPED))
    assert [call.outcome for call in run.hooks] == ["failed"] * 3
    assert names(run) == ["Pending", "Running", "Completed"]


def test_a_hook_with_retries_is_called_again():
    run = begun(on_completion=hook(nobody, retries=2))
    feed(life_of(run), (Body, OK), (HookCall, failed()), (HookCall, OK))
    assert [call.outcome for call in run.hooks] == ["failed", "ok"]


def test_the_condition_of_a_hook_is_a_step_too():
    run = begun(on_completion=hook(nobody, when=nobody))
    feed(life_of(run), (Body, OK), (HookCall, Outcome(False)))
    assert run.hooks == ()
    run = begun(on_completion=hook(nobody, when=nobody))
    feed(life_of(run), (Body, OK), (HookCall, Outcome("yes")), (HookCall, OK))
    assert [call.outcome for call in run.hooks] == ["ok"]


def test_while_another_hook_is_in_the_gate_is_a_step():
    other = HookRun(None, None, None)
    run = begun(on_completion=nobody)

    def turn_comes(step):
        gate.release(other)
        assert gate.try_take(step.hook_run)
        return OK

    assert gate.try_take(other)
    feed(life_of(run), (Body, OK), (TakeGate, turn_comes), (HookCall, OK))
    assert gate.owner is None


def test_a_concurrent_hook_needs_no_gate():
    other = HookRun(None, None, None)
    run = begun(on_completion=hook(nobody, concurrent=True))
    assert gate.try_take(other)
    try:
        feed(life_of(run), (Body, OK), (HookCall, OK))
    finally:
        gate.release(other)


def test_a_hook_told_to_stop_is_recorded_as_abandoned():
    run = begun(on_running=nobody)

    def pressed_twice(step):
        run.cancel()
        assert not step.token.due()
        run.cancel()
        assert step.token.due()
        step.token.heard = step.token.presses
        return STOPPED

    feed(life_of(run), (HookCall, pressed_twice), (Body, STOPPED))
    assert [call.outcome for call in run.hooks] == ["abandoned"]


def test_the_hooks_of_a_cancelled_run_come_before_and_after_the_wait():
    future = waiting()
    run = begun(on_cancellation=nobody, on_end=nobody)
    stop = told_to_stop(run, STOPPED)
    script = (Body, lambda step: submits(future, stop(step))(step)), (HookCall, OK), (Wait, OK), (HookCall, OK)
    feed(life_of(run), *script)
    assert [(call.kind, call.state.name) for call in run.hooks] == [
        ("on_cancellation", "Cancelling"),
        ("on_end", "Cancelled"),
    ]


# -- three ways to perform the same plan


def performed(way):
    """Drive the same flow in one way; give what was recorded."""
    tries = iter([ValueError("again"), None])

    def body():
        if error := next(tries):
            raise error
        return 42

    hooks = {"on_running": lambda: None, "on_retry": lambda: None, "on_end": lambda: None}
    run = begun(flow(name="etl", retries=1, retry_delay_seconds=0.001, **hooks)(body))
    with record() as recording:
        way(run, body)
    return str(recording)


def in_this_thread(run, _body):
    drive(life_of(run), run)


def on_a_loop(run, _body):
    asyncio.run(adrive(life_of(run), run))


def parked(run, body):
    """Run the body here, between two stays in the plan, the second one in another thread."""
    plan = Parked(life_of(run), run)
    goes_on = plan.to_body()
    while goes_on:
        goes_on = elsewhere(plan.resume, outcome_of(body))


def parked_on_a_loop(run, body):
    async def cells():
        plan = Parked(life_of(run), run)
        goes_on = await plan.aresume(None)
        while goes_on:
            goes_on = await plan.aresume(outcome_of(body))

    asyncio.run(cells())


def outcome_of(body):
    try:
        return Outcome(body())
    except ValueError as error:
        return Outcome(None, error)


def elsewhere(call, *args):
    given = []
    thread = threading.Thread(target=lambda: given.append(call(*args)))
    thread.start()
    thread.join()
    return given[0]


@pytest.mark.parametrize("way", [on_a_loop, parked, parked_on_a_loop])
def test_every_way_to_drive_a_plan_tells_the_same_story(way):
    assert performed(way) == performed(in_this_thread)


def test_a_parked_plan_stops_at_each_body():
    run = begun(retries=1)
    plan = Parked(life_of(run), run)
    assert plan.to_body()
    assert run.state.name == "Running"
    assert plan.resume(failed())
    assert run.state.name == "Retrying"
    assert not plan.resume(Outcome(2))
    assert names(run) == ["Pending", "Running", "Retrying", "Completed"]


def test_a_parked_plan_without_a_body_ends_at_once():
    run = begun(flow(name="etl")(lambda x: x))
    assert not Parked(life_of(run), run).to_body()
    assert names(run) == ["Pending", "Failed"]


# -- tokens


def test_the_first_reason_wins_and_every_press_counts():
    token = CancelToken()
    assert [token.cancel("cancel"), token.cancel("interrupt")] == [True, False]
    assert (token.reason, token.presses) == ("cancel", 2)


def test_a_token_is_stopped_by_those_above_it_and_not_by_those_below():
    above = CancelToken()
    below = CancelToken(above)
    below.cancel("timeout")
    assert (above.reason, below.reason) == (None, "timeout")
    above.cancel("cancel")
    assert (CancelToken(above).reason, below.presses) == ("cancel", 2)
    assert (below.under(above), above.under(below)) == (True, False)


def test_whoever_watches_a_token_is_woken_by_those_above_it_until_it_stops():
    above, woken = CancelToken(), []
    unwatch = CancelToken(above).watch(lambda: woken.append(1))
    above.cancel("cancel")
    unwatch()
    above.cancel("cancel")
    assert woken == [1]
    above.watch(lambda: woken.append("at once"))
    assert woken == [1, "at once"]


@pytest.mark.parametrize("way", ["resume", "aresume"])
def test_a_fault_in_the_parked_driver_leaves_no_run_unfinished(way, monkeypatch):
    def pace(_seconds):
        raise ZeroDivisionError

    monkeypatch.setattr("hookcell.waiting.pace", pace)
    run = flow(name="cell", retries=1, retry_delay_seconds=1)(lambda: None).begin((), {})
    parked = Parked(life_of(run), run)
    assert parked.to_body() is True
    failed = Outcome(None, ValueError("again"))
    more = parked.resume(failed) if way == "resume" else asyncio.run(parked.aresume(failed))
    assert more is False
    assert run.over
    assert [state.name for state in run.story[-2:]] == ["AwaitingRetry", "Crashed"]
