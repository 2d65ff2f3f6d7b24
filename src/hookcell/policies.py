"""Policies: which state a run ends in, from what its body did; and whether it is tried again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hookcell.conditions import Conditions
from hookcell.errors import (
    HookTimeout,
    InvalidNameError,
    ParameterTypeError,
    RunInterrupted,
    TerminationSignal,
    UnknownOptionError,
    crash_message,
    describe,
    is_cancelled_error,
)
from hookcell.hooks import Hook
from hookcell.injection import bound_in
from hookcell.outcome import Outcome
from hookcell.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    State,
)
from hookcell.upstream import replaced, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runs import Run

PLAIN_RESULTS = frozenset({int, float, bool, str, bytes, type(None)})


def stopped(run: Run, outcome: Outcome) -> bool:
    """Whether the body's end means that the run was cancelled.

    A body that swallowed the stop has completed; one that ended before it could be told has not.
    """
    if not run.token.asked or run.token.reason is None:
        return False
    return outcome.error is not None or not run.scope.heard


def timed_out(run: Run, outcome: Outcome) -> bool:
    """Whether the body, or the wait for what it submitted, was ended by the run's own timeout."""
    scope = run.scope
    if scope is run.token or scope._reason != "timeout":
        return False
    if outcome.error is None:
        return not scope.heard
    return scope.heard > 0 and _is_stop(outcome.error)


def out_of_time(run: Run) -> Outcome:
    """Give the outcome of a body whose submitted runs took longer than the run may."""
    run.scope.heard = max(run.scope.heard, 1)
    return Outcome(None, RunInterrupted())


def _is_stop(error: BaseException | None) -> bool:
    return isinstance(error, RunInterrupted) or is_cancelled_error(error)


def end_of(run: Run, outcome: Outcome) -> State[Any]:
    """Give the state that a body's outcome leads to, cancellation aside."""
    error = outcome.error
    if run.scope is not run.token and timed_out(run, outcome):
        return timeout_state(run)
    if error is None and run.check_result is not None:
        error = run.check_result(outcome.value)
    if error is None:
        return returned(outcome.value, keeps_state=run.keeps_state)
    if isinstance(error, Exception):
        return failed(run, error)
    return State(CRASHED, None, crash_message(error), error)


def broken_off(waited: Outcome) -> State[Any] | None:
    """Give the Crashed state of a run whose waiting was broken off from outside; None if it was not."""
    error = waited.error
    return State(CRASHED, None, crash_message(error), error) if error is not None else None


def failed(run: Run, error: Exception) -> State[Any]:
    """Give the Failed state for an exception, in Prefect's words."""
    if run.definition.kind == "flow":
        message = f"Flow run encountered an exception: {describe(error)}"
    else:
        message = f"Task run encountered an exception {describe(error)}"
    return State(FAILED, None, message, error)


def invalid(run: Run, error: Exception) -> State[Any]:
    """Give the Failed state for arguments that do not fit."""
    kind = run.definition.kind
    verb = "Validation" if isinstance(error, ParameterTypeError) else "Binding"
    return State(FAILED, None, f"{verb} of {kind} parameters failed with error: {describe(error)}", error)


def named(run: Run, outcome: Outcome) -> State[Any] | None:
    """Name a run by what its `run_name` gave; give the state it ends in if that is no name."""
    name, error = outcome.value, outcome.error
    of = f"{run.definition.kind} {run.definition.name!r}"
    if error is None and not isinstance(name, str):
        error = InvalidNameError(f"run_name of {of} gave a value of type {type(name).__name__}; it has to give a text")
    if error is None:
        if name.strip():
            run.given_name = name
        else:
            run.note(f"run_name of {of} gave an empty text; the run keeps the name {run.name!r}")
        return None
    if not isinstance(error, Exception):
        return State(CRASHED, None, crash_message(error), error)
    ours = isinstance(error, InvalidNameError | HookTimeout)
    return State(FAILED, None, str(error) if ours else f"run_name of {of} raised {describe(error)}", error)


def timeout_state(run: Run) -> State[Any]:
    """Give the TimedOut state."""
    seconds = float(run.definition.timeout_seconds or 0)
    message = f"{run.definition.kind.capitalize()} run exceeded timeout of {seconds} second(s)"
    return State(FAILED, "TimedOut", message, run.timeout_error(message))


# -- a body that returned ------------------------------------------------------------------------------------------


def returned(value: Any, *, keeps_state: bool = False) -> State[Any]:
    """Give the state that a returned value leads to (Prefect's rules; nested lists of states are looked into too)."""
    if type(value) in PLAIN_RESULTS:
        return State(COMPLETED, None, None, value)
    value = replaced_by_states(value)
    if isinstance(value, State):
        if value.before is None:
            return value.copy()
        return _aggregate([value], value if keeps_state or value.type is not COMPLETED else value.data)
    states = _only_states(value)
    if states:
        return _aggregate(states, value)
    return State(COMPLETED, None, None, value)


def replaced_by_states(value: Any) -> Any:
    """Give a value with the futures in it replaced by their states."""
    return replaced(value, state_of)


def _only_states(value: Any) -> list[State[Any]]:
    """Give the states in lists, tuples and sets that hold nothing else; none if there is anything else."""
    states: list[State[Any]] = []
    return states if _collect(value, states, set()) else []


def _collect(value: Any, states: list[State[Any]], seen: set[int]) -> bool:
    if isinstance(value, State):
        states.append(value)
        return True
    if not isinstance(value, list | tuple | set | frozenset):
        return False
    if id(value) in seen:
        return True
    seen.add(id(value))
    return all(_collect(item, states, seen) for item in value)


def _aggregate(states: list[State[Any]], data: Any) -> State[Any]:
    """Sum up states that runs have made: cancelled counts before paused, paused before failed."""
    total = len(states)
    by_type = {type_: sum(state.type is type_ for state in states) for type_ in (CANCELLED, PAUSED, FAILED, CRASHED)}
    failures = by_type[FAILED] + by_type[CRASHED]
    open_ = sum(not state.type.final for state in states)
    if by_type[CANCELLED]:
        return State(CANCELLED, None, f"{by_type[CANCELLED]}/{total} states cancelled.", data)
    if by_type[PAUSED]:
        return State(PAUSED, None, f"{by_type[PAUSED]}/{total} states paused.", data)
    if failures:
        return State(FAILED, None, f"{failures}/{total} states failed.", data)
    if open_:
        return State(FAILED, None, f"{open_}/{total} states are not final.", data)
    return State(COMPLETED, None, "All states completed.", data)


# -- trying again --------------------------------------------------------------------------------------------------


def plan_retry_condition(fn: Any, of: str, scope: Any) -> Hook | None:
    """Read the signature of a `retry_condition_fn`, which is given what a hook is given.

    Args:
        fn: Any callable, or None.
        of: The name of the flow or task, for messages.
        scope: "flow" or "task".

    Raises:
        UnknownOptionError: It is not callable, or has conditions of its own.
        HookSignatureError: It could not be called.
    """
    if fn is None:
        return None
    if not callable(fn):
        raise UnknownOptionError(
            f"retry_condition_fn of {of!r} is {fn!r}, which is not callable; "
            "pass a function that gives True to have it tried again"
        )
    if isinstance(bound_in(fn), Conditions):
        raise UnknownOptionError(
            f"retry_condition_fn of {of!r} is a hook(...), but it takes no conditions; pass the function itself"
        )
    return Hook(fn, "retry_condition_fn", scope)


def truth_of(outcome: Outcome) -> Outcome:
    """Give whether what was asked gave something true; of an array, say, that raises."""
    if outcome.error is not None:
        return outcome
    try:
        return Outcome(bool(outcome.value))
    except Exception as error:  # noqa: BLE001 -- what a truth test does is the user's code
        return Outcome(None, error)


def not_tried_again(run: Run, error: BaseException) -> str:
    """Tell why a `retry_condition_fn` that gave no answer ends a run."""
    asked = f"retry_condition_fn of {run.definition.kind} {run.definition.name!r}"
    told = str(error) if isinstance(error, HookTimeout) else f"{asked} raised {describe(error)}"
    return f"{told}, so the run was not tried again"


# -- stopped -------------------------------------------------------------------------------------------------------


def cancelled(run: Run, stuck: list[str]) -> State[Any]:
    """Give the state of a run that was stopped, naming what could not be."""
    kind = run.definition.kind.capitalize()
    message = f"{kind} run was cancelled." if run.attempt else f"{kind} run was cancelled before it started."
    return State(CANCELLED, None, message + _still_running(run, stuck))


def _still_running(run: Run, stuck: list[str]) -> str:
    told = " Its code did not stop; what it still does is dropped." if run.left_behind else ""
    return f"{told} Still running, its result will be dropped: {', '.join(stuck)}." if stuck else told


def terminated(run: Run) -> bool:
    """Whether a run is stopped because the process was told to end."""
    return run.token.reason == "terminate"


def ended_by_signal(run: Run, outcome: Outcome | None, stuck: list[str]) -> State[Any]:
    """Give the state of a run that SIGTERM has ended, naming what could not be stopped."""
    raised = outcome.error if outcome is not None else None
    error = raised if isinstance(raised, TerminationSignal) else TerminationSignal()
    return State(CRASHED, None, crash_message(error) + _still_running(run, stuck), error)


def unstarted(run: Run) -> State[Any]:
    """Give the state of a run that was told to stop before it began; one that waited in a queue has not crashed."""
    return ended_by_signal(run, None, []) if terminated(run) and run.future is None else cancelled(run, [])


# -- how long to wait between tries --------------------------------------------------------------------------------

MOST_DELAYS = 50
# What a wait can be told, in seconds: a hundred years.
LONGEST = 100 * 365 * 86_400.0


def is_amount(value: Any) -> bool:
    """Whether a value is a number of 0 or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def exponential_backoff(backoff_factor: float) -> Callable[[int], list[float]]:
    """Make delays that double: for `retry_delay_seconds`.

    Args:
        backoff_factor: Seconds before the first retry.

    Raises:
        UnknownOptionError: That is not a number of 0 or more.

    >>> from hookcell.policies import exponential_backoff
    >>> exponential_backoff(10)(4)
    [10, 20, 40, 80]
    """
    if not is_amount(backoff_factor):
        raise UnknownOptionError(f"backoff_factor is {backoff_factor!r}; give seconds of 0 or more")
    return lambda retries: [backoff_factor * 2**n for n in range(min(retries, MOST_DELAYS))]


def uniform() -> float:
    """Draw a number from 0 up to 1, 1 left out; a test puts a function of its own in its place."""
    from random import random  # noqa: PLC0415 -- only who asks for jitter needs it, and it is slow to import

    return random()  # noqa: S311 -- nobody gains by guessing when a try comes


def jittered(delay: float, factor: float) -> float:
    """Draw a delay by chance: at most `delay * (1 + factor)`, in the mean `delay` (to 1.3 percent), never negative.

    It is the interval between two events of a Poisson process, which is distributed exponentially: P(X > x) =
    exp(-x / delay), so that X = -delay * ln(U) for a U that is uniform between 0 and 1. Here U is drawn between
    exp(-most) and exp(-least), where most = 1 + factor and 2**-least + 2**-most = 1, which keeps the mean.
    """
    most = 1 + factor
    least = -math.log1p(-(2.0**-most)) / math.log(2)
    low, high = math.exp(-most), math.exp(-least)
    drawn = 0.0 - delay * math.log(high - (high - low) * uniform())
    return min(drawn, delay * most, LONGEST)
