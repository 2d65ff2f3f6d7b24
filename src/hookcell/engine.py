"""The life of a run, told once for flows and tasks, sync and async.

`life_of` is a generator that yields steps and does nothing itself: no await, lock, sleep or thread. `drive` performs
the steps.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import policies, upstream
from hookcell.cancel import CancelToken, HookToken
from hookcell.deadlines import deadlines
from hookcell.errors import HookTimeout, ParameterBindError, ParameterTypeError, RunInterrupted, is_cancelled_error
from hookcell.futures import Future
from hookcell.gate import gate
from hookcell.hooks import HookRun
from hookcell.injection import Moment
from hookcell.runs import session
from hookcell.shield import LeftBehind
from hookcell.states import CRASHED, FAILED, PENDING, RUNNING, SCHEDULED, State, failure_of
from hookcell.steps import Body, HookCall, Sleep, TakeGate, Wait

if TYPE_CHECKING:
    from collections.abc import Generator

    from hookcell.hooks import Hook
    from hookcell.runs import Run
    from hookcell.shield import Outcome
    from hookcell.steps import Step

_clock = time.perf_counter
# How long a run that is being stopped waits for those it submitted, in seconds, before it goes on without them.
STRAGGLERS = 0.8


def begin(run: Run) -> None:
    """Let a run exist: it is Pending, its parent knows it, and listeners have been told."""
    parent = run.parent
    if parent is not None:
        if parent._children is None:
            parent._children = []
        parent._children.append(run)
    if parent is not None and parent.over and (parent.left_behind or parent.state.is_cancelled()):
        run.token.cancel("shutdown")  # type: ignore[union-attr] -- started by code that did not stop when told to
    run.enter(State(PENDING))
    if session.created:
        session.tell(session.created, run)


def life_of(run: Run) -> Generator[Step, Outcome, None]:
    """Yield the steps of a run that has begun, until it is over."""
    try:
        if due := run.due.due(run.state):
            yield from _fire(run, run.state, due, None)
        if (yield from _ready(run)):
            yield from _tries(run)
    except Exception as error:  # noqa: BLE001 -- a fault of ours, or user code where none is expected (a broken __str__)
        _enter(run, State(CRASHED, None, f"hookcell could not go on: {type(error).__name__}", error))
    _finish(run)


def _enter(run: Run, state: State[Any]) -> tuple[Hook, ...]:
    """Enter a state and tell listeners; give the hooks to fire."""
    if not run.enter(state):
        return ()
    if session.moved:
        session.tell(session.moved, run, state)
    return run.due.due(state)


def _end(run: Run, state: State[Any]) -> Generator[Step, Outcome, None]:
    """Enter a state that the run's code does not go on from."""
    if due := _enter(run, state):
        error = failure_of(state) if state.type in {FAILED, CRASHED} else state.exception
        yield from _fire(run, state, due, error)


def _finish(run: Run) -> None:
    """Drop what only a living run needs, and let those go on who wait for it."""
    run.token = run.scope = run.context = run.submitted = None
    if run.future is not None:
        run.future.resolve()
        run.future = None


# -- before the first try ------------------------------------------------------------------------------------------


def _ready(run: Run) -> Generator[Step, Outcome, bool]:
    """Wait for upstream runs and bind the arguments; False if the run ends without having run."""
    token = run.token
    assert token is not None  # noqa: S101 -- a run has its token until it is over
    if run.awaited:
        if pending := upstream.futures_of(run.awaited):
            yield Wait(pending, token)
        if token.reason is None and (blame := upstream.not_completed(run.awaited)):
            yield from _end(run, State(PENDING, "NotReady", *blame))
            return False
    if token.reason is not None:
        yield from _end(run, policies.cancelled(run, []))
        return False
    if (error := _bind(run)) is not None:
        yield from _end(run, policies.invalid(run, error))
        return False
    return True


def _bind(run: Run) -> Exception | None:
    try:
        if run.awaited:
            run.args = tuple(upstream.replaced(value, upstream.result_of) for value in run.args)
            run.kwargs = {k: upstream.replaced(v, upstream.result_of) for k, v in (run.kwargs or {}).items()} or None
            run.awaited = ()
        run.definition.bind(run)
    except (ParameterBindError, ParameterTypeError) as error:
        return error.with_traceback(None)  # the call is at fault, not the line of ours that found out
    return None


# -- tries ---------------------------------------------------------------------------------------------------------


def _tries(run: Run) -> Generator[Step, Outcome, None]:
    name: str | None = None
    failure: BaseException | None = None
    while True:
        run.attempt += 1
        running = State[Any](RUNNING, name)
        if due := _enter(run, running):
            yield from _fire(run, running, due, failure)
        state = yield from _one_try(run)
        if state is None or not policies.tried_again(run, state):
            break
        name, failure = "Retrying", failure_of(state)
        if not (yield from _pause(run, failure)):
            state = None
            break
    yield from _stop(run) if state is None else _end(run, state)


def _one_try(run: Run) -> Generator[Step, Outcome, State[Any] | None]:
    """Run the body once; give the state it leads to, or None if the run was stopped."""
    timeout = run.definition.timeout_seconds
    if timeout is not None:
        run.scope = CancelToken(run.token)
        deadlines.add(run.scope, timeout, partial(run.scope.cancel, "timeout"))
    outcome = yield Body(run)
    run.left_behind = type(outcome) is LeftBehind
    if run.submitted and not policies.stopped(run, outcome):
        yield from _wait_for_submitted(run, outcome)
    if timeout is not None:
        deadlines.remove(run.scope)
    if policies.stopped(run, outcome):
        return None
    if outcome.error is None and run.token is not None and run.token.reason is not None:
        run.note(f"{run.name!r} was told to stop, but its code caught the interrupt and went on; it counts as completed")
    return policies.end_of(run, outcome)


def _pause(run: Run, failure: BaseException) -> Generator[Step, Outcome, bool]:
    """Wait before the next try, if it asks for a wait; False if the run was stopped meanwhile."""
    token = run.token
    assert token is not None  # noqa: S101 -- a run has its token until it is over
    if run.scope is not token:
        run.scope = token
    delay = run.definition.delay_before(run.attempt + 1)
    if delay > 0:
        message = f"Try {run.attempt} of {run.definition.retries + 1} ended with {type(failure).__name__}; next try in {delay:g} s"
        waiting = State[Any](SCHEDULED, "AwaitingRetry", message)
        if due := _enter(run, waiting):
            yield from _fire(run, waiting, due, failure)
        yield Sleep(delay, token)
    return token.reason is None


def _wait_for_submitted(run: Run, outcome: Outcome) -> Generator[Step, Outcome, None]:
    """Wait for the runs that the body submitted: a run is not over before they are.

    When the body failed, those that have not started never do.
    """
    submitted = run.submitted or []
    if outcome.error is not None:
        _cancel_pending(submitted)
    else:
        _look_at_returned(outcome.value)
    if pending := _pending(submitted):
        yield Wait(pending, run.scope)
    if (pending := _pending(submitted)) and run.scope is not run.token:  # out of time: they are told to stop too
        yield Wait(pending, run.token, STRAGGLERS)
    _tell_of_unseen(run, submitted)


def _pending(submitted: list[Any]) -> list[Any]:
    return [future for future in submitted if not future.done()]


def _look_at_returned(value: Any) -> None:
    for future in upstream.awaited_in((value,)):
        if isinstance(future, Future):
            future.looked_at = True


def _cancel_pending(submitted: list[Any]) -> None:
    for future in submitted:
        if future.run.state.type is PENDING:
            future.run.cancel()


def _tell_of_unseen(run: Run, submitted: list[Any]) -> None:
    """Nothing is silent: a failure that nobody looked at is told."""
    for future in submitted:
        state = future.run.state
        if state.type in {FAILED, CRASHED} and not future.looked_at:
            run.note(f"task run {future.run.name!r} {state.name.lower()} and nobody looked at it: {state.message}")


# -- stopping ------------------------------------------------------------------------------------------------------


def _stop(run: Run) -> Generator[Step, Outcome, None]:
    """Cancelling, with its hooks; then Cancelled, once the runs it submitted have stopped too.

    Those that cannot be stopped are left behind and named.
    """
    yield from _end(run, policies.cancelling())
    submitted = run.submitted or []
    if pending := _pending(submitted):
        yield Wait(pending, None, STRAGGLERS)
    stuck = [future.run.name for future in submitted if future.run.left_behind or not future.done()]
    yield from _end(run, policies.cancelled(run, stuck))


# -- hooks ---------------------------------------------------------------------------------------------------------


def _fire(
    run: Run, state: State[Any], due: tuple[Hook, ...], error: BaseException | None
) -> Generator[Step, Outcome, None]:
    """Call hooks one after another, each in its turn."""
    moment = Moment(run.definition, run, state, error)
    for hook in due:
        if not hook.conditional or (hook.wanted(moment, run.hooks) and (yield from _when(hook, moment))):
            for _ in range(hook.retries + 1):
                if (yield from _call(hook, moment)):
                    break


def _when(hook: Hook, moment: Moment) -> Generator[Step, Outcome, bool]:
    """Ask a hook's condition; it is user code, and guarded as the hook itself is."""
    if hook.when is None:
        return True
    outcome = yield HookCall(HookRun(hook, moment.state, None), moment, HookToken(moment.run.token), hook.when)
    if outcome.error is None:
        return bool(outcome.value)
    told = type(outcome.error).__name__
    moment.run.note(f"when= of {hook.kind} hook {hook.name!r} raised {told}, so the hook did not fire; the run went on")
    return False


def _call(hook: Hook, moment: Moment) -> Generator[Step, Outcome, bool]:
    """Call a hook once and record how it ended; False if it failed."""
    run = moment.run
    hook_run = run._hook_runs = HookRun(hook, moment.state, run._hook_runs)
    token = HookToken(run.token)
    if session.hook_began:
        session.tell(session.hook_began, run, hook_run)
    if not hook.concurrent and not gate.try_take(hook_run):
        yield TakeGate(hook_run, token)
    # Runs that the hook starts are stopped with the hook, not with the run it belongs to.
    scope, run.scope = run.scope, token
    began = _clock()
    outcome = yield HookCall(hook_run, moment, token, hook.call)
    hook_run.seconds = _clock() - began
    run.scope = scope
    if outcome.error is None:
        hook_run.outcome = "ok"
    else:
        _blame(run, hook_run, outcome.error, token)
    if not hook.concurrent:
        gate.release(hook_run)
    if session.hook_ended:
        session.tell(session.hook_ended, run, hook_run)
    return hook_run.outcome != "failed"


def _blame(run: Run, hook_run: HookRun, error: BaseException, token: HookToken) -> None:
    """Record why a hook did not end well; the run goes on whatever it was."""
    hook = hook_run.hook
    hook_run.outcome, hook_run.error = "failed", error
    if token.heard and (isinstance(error, RunInterrupted) or is_cancelled_error(error)):
        hook_run.outcome, hook_run.error = "abandoned", None
        if token.timed_out:
            hook_run.outcome = "timed out"
            hook_run.error = HookTimeout(f"{hook.kind} hook {hook.name!r} took longer than {hook.timeout_seconds:g} s and was abandoned")
    _log(run, hook_run)


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
