"""The life of a run, told once for flows and tasks, sync and async.

`life_of` is a generator that yields steps and does nothing itself: no await, lock, sleep or thread. `drive` performs
the steps.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hookcell import policies, upstream
from hookcell.cancel import CancelToken, HookToken
from hookcell.deadlines import deadlines
from hookcell.errors import HookTimeout, ParameterBindError, ParameterTypeError, RunInterrupted, is_cancelled_error
from hookcell.extras import Below
from hookcell.gate import gate
from hookcell.hooks import HookRun
from hookcell.injection import Moment
from hookcell.outcome import Closed, LeftBehind, Outcome
from hookcell.runs import LEFT_BEHIND, SPENT
from hookcell.session import session
from hookcell.states import CANCELLING, CRASHED, FAILED, PENDING, RUNNING, SCHEDULED, State, failure_of
from hookcell.steps import Body, HookCall, Sleep, TakeGate, Wait
from hookcell.submitted import cancel_unstarted, look_at_reason, look_at_returned, pending_of, tell_of_unseen

if TYPE_CHECKING:
    from collections.abc import Generator

    from hookcell.hooks import Hook
    from hookcell.injection import Call
    from hookcell.runs import Run
    from hookcell.steps import Step

_clock = time.perf_counter
# How long a run that is being stopped waits for those it submitted, in seconds, before it goes on without them.
STRAGGLERS = 0.8
_FAILURES = frozenset({FAILED, CRASHED})


def begin(run: Run) -> None:
    """Let a run exist: it is Pending, its parent knows it, and listeners have been told."""
    run.state = run.born(PENDING)  # nobody has seen it, so there is no move to check
    parent = run.parent
    if parent is None:
        session.tell_of(run, session.opened)
    else:
        if parent.below is None:
            parent.below = Below()
        parent.below.children.append(run)
        if parent.scope is SPENT and (parent.left_behind or parent.state.is_cancelled()):
            run.token.cancel("shutdown")  # it was started by code that did not stop when told to
    if session.created:
        session.tell_of(run, session.created)


def life_of(run: Run) -> Generator[Step, Outcome, None]:
    """Yield the steps of a run that has begun, until it is over."""
    try:
        # A run that nothing keeps waiting is Running when it is Pending: one clock reading serves both.
        began: float | None = run.state.at if run.future is None else None
        if due := run.due.due(run.state):
            began = None
            yield from _fire(run, run.state, due, None)
        if run.awaited:
            began = None
            ending = (yield from _wait_for_upstream(run)) or _unfit(run)
        else:
            ending = _unfit(run)
        if ending is None and (naming := run.definition.naming) is not None:
            began, ending = None, (yield from _named(run, naming))
        if ending is None and session.taken_over:
            ending = _taken_over(run)
        if ending is None:
            ending = yield from _tries(run, began)
        due = _enter(run, ending)
        if (failed := ending.type in _FAILURES) and session.failed:
            session.tell(run, session.failed, ending)
        if due:
            yield from _fire(run, ending, due, failure_of(ending) if failed else ending.exception)
    except Exception as error:  # noqa: BLE001 -- a fault of ours, or user code where none is expected (a broken __str__)
        _enter(run, State(CRASHED, None, f"hookcell could not go on: {type(error).__name__}", error))
    _finish(run)


def _enter(run: Run, state: State[Any]) -> tuple[Hook, ...]:
    """Enter a state and tell listeners; give the hooks to fire."""
    if not run.enter(state):
        return ()
    if session.moved:
        session.tell(run, session.moved, state)
    return run.due.due(state)


def _finish(run: Run) -> None:
    """Drop what only a living run needs, and let those go on who wait for it."""
    run.scope = SPENT
    if run.token is not LEFT_BEHIND:
        run.token = SPENT
    if run.below is not None:
        run.below.submitted = []
    if run.future is not None:
        run.future.resolve()
        run.future = None


# -- before the first try ------------------------------------------------------------------------------------------


def _wait_for_upstream(run: Run) -> Generator[Step, Outcome, State[Any] | None]:
    if pending := upstream.futures_of(run.awaited):
        waited = yield Wait(pending, run.token)
        return policies.broken_off(waited)
    return None


def _unfit(run: Run) -> State[Any] | None:
    """Put upstream results in place and bind the arguments; give the state of a run that cannot begin."""
    if run.token.asked and run.token.reason is not None:
        return policies.unstarted(run)
    try:
        if run.awaited and (blame := upstream.not_completed(run.awaited) or upstream.put_results_in(run)):
            if run.future is None:  # it was called, and its caller is told
                look_at_reason(run)
            return State(PENDING, "NotReady", *blame)
        run.definition.bind(run)
    except (ParameterBindError, ParameterTypeError) as error:
        return policies.invalid(run, error.with_traceback(None))  # the call is at fault, not our line that found out
    return None


def _named(run: Run, naming: Hook) -> Generator[Step, Outcome, State[Any] | None]:
    """Give the run the name that its definition asks for; give the state of a run that cannot begin."""
    outcome = yield from _ask(naming, Moment(run.definition, run, run.state, None), naming.call)
    if run.token.asked and run.token.reason is not None:
        return policies.unstarted(run)
    return policies.named(run, outcome)


def _taken_over(run: Run) -> State[Any] | None:
    """Give the state of a run that an earlier one has already done; None if it is to be done."""
    earlier = session.taken_over.get(run.root.number)
    return earlier(run) if earlier is not None else None


# -- tries ---------------------------------------------------------------------------------------------------------


def _tries(run: Run, began: float | None) -> Generator[Step, Outcome, State[Any]]:
    """Run the body until it does not fail, or no try is left; give the state the run ends in."""
    definition = run.definition
    name: str | None = None
    failure: BaseException | None = None
    attempt = 0
    while True:
        attempt += 1
        state: State[Any] = State(RUNNING, name, None, None, began)  # by place: a keyword costs half as much again
        if due := _enter(run, state):
            yield from _fire(run, state, due, failure)
        if definition.timeout_seconds is not None:
            _set_deadline(run, definition.timeout_seconds)
        outcome = yield Body(run)
        if run.below is not None and run.submitted and not policies.stopped(run, outcome):
            outcome = yield from _wait_for_submitted(run, outcome)
        if run.scope is not run.token:
            deadlines.remove(run.scope)
        if run.token.asked:
            if policies.stopped(run, outcome):
                return (yield from _stop(run, outcome))
            _tell_if_swallowed(run)
        state = policies.end_of(run, outcome)
        if state.type is not FAILED or attempt > definition.retries or not (yield from _worth_it(run, outcome, state)):
            return state
        name, failure, began = run.retry_name, failure_of(state), None
        if (ending := (yield from _pause(run, failure, attempt))) is not None:
            return ending


def _worth_it(run: Run, failed: Outcome, state: State[Any]) -> Generator[Step, Outcome, bool]:
    """Whether a failure is worth the next try: its definition's condition, if it has one, is asked."""
    if (hook := run.definition.retry_condition) is None or type(failed) is Closed:
        return type(failed) is not Closed
    moment = Moment(run.definition, run, state, failure_of(state))
    if not hook.call.admits(moment.error):
        return False
    outcome = policies.truth_of((yield from _ask(hook, moment, hook.call)))
    if run.token.reason is not None:
        return True  # it was told to stop meanwhile, which is seen to before it is tried again
    if outcome.error is not None:
        run.note(policies.not_tried_again(run, outcome.error))
    return outcome.value is True


def _tell_if_swallowed(run: Run) -> None:
    if run.token.reason is not None:
        run.note(
            f"{run.name!r} was told to stop, but its code caught that and went on; it ends as if nothing had happened"
        )


def _set_deadline(run: Run, seconds: float) -> None:
    """Give a try a token of its own, which its timeout cancels."""
    scope = run.scope = CancelToken(run.token)
    deadlines.add(scope, seconds, scope.time_out)


def _pause(run: Run, failure: BaseException, attempt: int) -> Generator[Step, Outcome, State[Any] | None]:
    """Wait before the next try, if it asks for a wait; give the state the run ends in if there will be none."""
    token = run.scope = run.token
    delay = run.definition.delay_before(attempt + 1)
    if (delay > 0 or run.awaits_each_retry) and token.reason is None:
        if factor := run.definition.retry_jitter_factor:
            delay = policies.jittered(delay, factor)
        tries = f"Try {attempt} of {run.definition.retries + 1}"
        told = f"{tries} ended with {type(failure).__name__}; next try in {delay:g} s"
        state: State[Any] = State(SCHEDULED, "AwaitingRetry", told, delay)
        if due := _enter(run, state):
            yield from _fire(run, state, due, failure)
        slept = yield Sleep(delay, token)
        if (crash := policies.broken_off(slept)) is not None:
            return crash
    return (yield from _stop(run, None)) if token.reason is not None else None


def _wait_for_submitted(run: Run, outcome: Outcome) -> Generator[Step, Outcome, Outcome]:
    """Wait for the runs that the body submitted: a run is not over before they are.

    When the body failed, those that have not started never do. When they take longer than the run may, they are told
    to stop, and the run has timed out.
    """
    submitted = run.submitted
    if outcome.error is not None:
        cancel_unstarted(submitted)
    else:
        look_at_returned(outcome.value)
    if pending := pending_of(submitted):
        waited = yield Wait(pending, run.scope)
        if waited.error is not None:  # broken off from outside: they are told to stop, and it counts as the body's end
            outcome = waited
            for future in submitted:
                future.run.cancel()
    if (pending := pending_of(submitted)) and run.scope is not run.token:
        yield Wait(pending, run.token, STRAGGLERS)
        outcome = outcome if outcome.error is not None else policies.out_of_time(run)
    tell_of_unseen(run, submitted)
    return outcome


# -- stopping ------------------------------------------------------------------------------------------------------


def _stop(run: Run, outcome: Outcome | None) -> Generator[Step, Outcome, State[Any]]:
    """Cancelling, with its hooks; give Cancelled, once the runs it submitted have stopped too.

    Those that cannot be stopped are left behind and named. What is stopped by SIGTERM has crashed instead.
    """
    terminated = policies.terminated(run)
    if not terminated:
        state: State[Any] = State(CANCELLING)
        if due := _enter(run, state):
            yield from _fire(run, state, due, None)
    submitted = run.submitted
    if pending := pending_of(submitted):
        yield Wait(pending, None, STRAGGLERS)
    if type(outcome) is LeftBehind:
        run.token = LEFT_BEHIND
    stuck = [future.run.name for future in submitted if future.run.left_behind or not future.done()]
    return policies.ended_by_signal(run, outcome, stuck) if terminated else policies.cancelled(run, stuck)


# -- hooks ---------------------------------------------------------------------------------------------------------


def _fire(
    run: Run, state: State[Any], due: tuple[Hook, ...], error: BaseException | None
) -> Generator[Step, Outcome, None]:
    """Call hooks one after another, each in its turn."""
    moment = Moment(run.definition, run, state, error)
    for hook in due:
        if hook.conditional and not (hook.wanted(moment, run.hooks) and (yield from _when(hook, moment))):
            continue
        if hook.throttle and not hook.claims():
            continue
        for _ in range(hook.retries + 1):
            call = _begin_call(hook, moment)
            missed: Outcome | None = None
            if not hook.concurrent and not gate.try_take(call.hook_run):
                turn = yield TakeGate(call.hook_run, call.token)
                if turn.error is not None:  # broken off from outside: it is not called, so it counts as abandoned
                    missed, call.token.heard = turn, 1
            if _end_call(call, _clock(), missed or (yield call)):
                break


def _when(hook: Hook, moment: Moment) -> Generator[Step, Outcome, bool]:
    """Ask a hook's condition."""
    if hook.when is None:
        return True
    outcome = policies.truth_of((yield from _ask(hook, moment, hook.when)))
    if outcome.error is None:
        return outcome.value is True
    late = f"took longer than {hook.timeout_seconds:g} s" if isinstance(outcome.error, HookTimeout) else None
    told = late or f"raised {type(outcome.error).__name__}"
    moment.run.note(f"when= of {hook.kind} hook {hook.name!r} {told}, so the hook did not fire; the run went on")
    return False


def _ask(hook: Hook, moment: Moment, call: Call) -> Generator[Step, Outcome, Outcome]:
    """Call user code that is no hook, guarded as one; it is not on record, and waits for no turn.

    Of a run that a hook has started it passes into the hook's turn: the hooks of runs that it starts in its turn would
    wait for it for ever.
    """
    run = moment.run
    asked = HookRun(hook, moment.state, None)
    token = run.scope = HookToken(run.token)
    inside = gate.owner is not None and gate.try_take(asked)
    try:
        outcome = yield HookCall(asked, moment, token, call)
    finally:
        run.scope = run.token
        if inside:
            gate.release(asked)
    if outcome.error is not None and token.timed_out:
        of = f"{hook.kind} of {run.definition.kind} {run.definition.name!r}"
        return Outcome(None, HookTimeout(f"{of} took longer than {hook.timeout_seconds:g} s and was abandoned"))
    return outcome


def _begin_call(hook: Hook, moment: Moment) -> HookCall:
    """Record that a hook is about to be called."""
    run = moment.run
    hook_run = run._hook_runs = HookRun(hook, moment.state, run._hook_runs)
    # Runs that the hook starts are stopped with the hook, not with the run it belongs to.
    token = run.scope = HookToken(run.token)
    if session.hook_began:
        session.tell(run, session.hook_began, hook_run)
    return HookCall(hook_run, moment, token, hook.call)


def _end_call(call: HookCall, began: float, outcome: Outcome) -> bool:
    """Record how a hook call ended; False if it failed."""
    run, hook_run = call.moment.run, call.hook_run
    hook_run.seconds = _clock() - began
    run.scope = run.token
    if outcome.error is None:
        hook_run.outcome = "ok"
    else:
        _blame(run, hook_run, outcome.error, call.token)
    if not hook_run.hook.concurrent:
        gate.release(hook_run)
    if session.hook_ended:
        session.tell(run, session.hook_ended, hook_run)
    return hook_run.outcome != "failed"


def _blame(run: Run, hook_run: HookRun, error: BaseException, token: HookToken) -> None:
    """Record why a hook did not end well; the run goes on whatever it was."""
    hook = hook_run.hook
    hook_run.outcome, hook_run.error = "failed", error
    if token.heard and (isinstance(error, RunInterrupted) or is_cancelled_error(error)):
        hook_run.outcome, hook_run.error = "abandoned", None
        if token.timed_out:
            hook_run.outcome = "timed out"
            hook_run.error = HookTimeout(
                f"{hook.kind} hook {hook.name!r} took longer than {hook.timeout_seconds:g} s and was abandoned"
            )
    try:
        _log(run, hook_run)
    except Exception as broken:  # noqa: BLE001 -- a log handler is the user's code
        run.note(f"the log could not be told of hook {hook.name!r}: {type(broken).__name__}; the run went on")


def _log(run: Run, hook_run: HookRun) -> None:
    import logging  # noqa: PLC0415 -- a failing hook is rare, logging is slow to import

    ended = {"failed": "raised an error", "timed out": "took too long", "abandoned": "was abandoned"}[hook_run.outcome]
    logging.getLogger("hookcell").error(
        "%s hook %r of %s run %r %s; the run went on.",
        hook_run.kind,
        hook_run.name,
        run.definition.kind,
        run.name,
        ended,
        exc_info=hook_run.error,
    )
