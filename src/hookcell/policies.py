"""Policies: which state a run ends in, from what its body did; and whether it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.errors import ParameterTypeError, RunInterrupted, RunTimeout, crash_message, is_cancelled_error
from hookcell.outcome import Outcome
from hookcell.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    State,
    describe,
)
from hookcell.upstream import replaced, state_of

if TYPE_CHECKING:
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
    if error is None:
        return returned(outcome.value)
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


def timeout_state(run: Run) -> State[Any]:
    """Give the TimedOut state."""
    seconds = float(run.definition.timeout_seconds or 0)
    message = f"{run.definition.kind.capitalize()} run exceeded timeout of {seconds} second(s)"
    return State(FAILED, "TimedOut", message, RunTimeout(message))


# -- a body that returned ------------------------------------------------------------------------------------------


def returned(value: Any) -> State[Any]:
    """Give the state that a returned value leads to (Prefect's rules; nested lists of states are looked into too)."""
    if type(value) in PLAIN_RESULTS:
        return State(COMPLETED, None, None, value)
    value = replaced_by_states(value)
    if isinstance(value, State):
        return value.copy() if value.before is None else _aggregate([value], value)
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
    return State(COMPLETED, None, "All states completed.", data if len(states) > 1 else _single(data))


def _single(data: Any) -> Any:
    return data.data if isinstance(data, State) else data


# -- trying again --------------------------------------------------------------------------------------------------


def tried_again(run: Run, state: State[Any]) -> bool:
    """Whether a failed run has a try left."""
    return state.type is FAILED and run.attempt <= run.definition.retries


def cancelled(run: Run, stuck: list[str]) -> State[Any]:
    """Give the state of a run that was stopped, naming what could not be."""
    kind = run.definition.kind.capitalize()
    message = f"{kind} run was cancelled." if run.attempt else f"{kind} run was cancelled before it started."
    if run.left_behind:
        message += " Its code did not stop; what it still does is dropped."
    if stuck:
        message += f" Still running, its result will be dropped: {', '.join(stuck)}."
    return State(CANCELLED, None, message)
