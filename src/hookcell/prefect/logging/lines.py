"""What Prefect's engine writes to a run's log, for the dialect's runs, as long as somebody listens.

Nobody is told of a task's states while the log is off: whether it is on is looked at when an outermost run begins.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hookcell.log_lines import shown_elsewhere
from hookcell.prefect.logging.loggers import FLOW_RUNS, ROOT, TASK_RUNS, flow_run_logger, task_run_logger
from hookcell.prefect.runs import FlowRun, TaskRun
from hookcell.session import Listener, session
from hookcell.states import CRASHED, FAILED, PENDING, RUNNING, SCHEDULED, failure_of

if TYPE_CHECKING:
    from hookcell.hooks import HookRun
    from hookcell.runs import Run
    from hookcell.states import State

_root, _prefect = logging.getLogger(), logging.getLogger(ROOT)
_flow_runs = logging.getLogger(FLOW_RUNS)


def _ours(run: Run) -> bool:
    return isinstance(run, FlowRun | TaskRun)


def _tell(run: Any, level: int, line: str, error: BaseException | None = None) -> None:
    name, make = (FLOW_RUNS, flow_run_logger) if isinstance(run, FlowRun) else (TASK_RUNS, task_run_logger)
    if not logging.getLogger(name).isEnabledFor(level) or not shown_elsewhere(name):
        return
    try:
        logger = make(run, run.definition)
        # Past the adapter, which tells listeners what a run's code writes: they know of states and hooks.
        logger.logger.log(level, "%s", line, exc_info=error, extra=logger.extra)
    except Exception as broken:  # noqa: BLE001 -- a log handler is the user's code, and this listener shall live on
        run.note(f"the log could not be told of {run.name!r}: {type(broken).__name__}; the run went on")


def _repr(error: BaseException) -> str:
    try:
        return repr(error)
    except Exception:  # noqa: BLE001 -- `__repr__` is user code
        return f"{type(error).__name__}(...)"


def _tell_of_failure(run: Any, state: State[Any]) -> None:
    if state.type is CRASHED:
        _tell(run, logging.ERROR, f"Crash detected! {state.message}")
    elif state.type is FAILED and state.name == "TimedOut":
        _tell(run, logging.ERROR, state.message or "")
    elif state.type is FAILED:
        error = failure_of(state)
        spent = " - Retries are exhausted" if run.definition.retries else ""
        flow, task = "Encountered exception during execution", "Task run failed with exception"
        line = f"{flow}: {_repr(error)}" if isinstance(run, FlowRun) else f"{task}: {_repr(error)}{spent}"
        _tell(run, logging.ERROR, line, error)


_BETWEEN = frozenset({RUNNING, SCHEDULED})


def _tell_how_a_flow_goes_on(run: Run, state: State[Any]) -> None:
    before = state.before.type if state.before is not None else None
    if state.type is RUNNING and before is PENDING:
        kind = "flow" if run.parent is None else "subflow"
        _tell(run, logging.INFO, f"Beginning {kind} run {run.name!r} for flow {run.definition.name!r}")
    elif state.type is SCHEDULED or before is RUNNING:
        awaiting = "Received non-final state 'AwaitingRetry' when proposing final state 'Failed'"
        _tell(run, logging.INFO, f"{awaiting} and will attempt to run again...")


class Story(Listener):
    """Writes the lines that tell how a run goes on; there while they are heard."""

    def moved(self, run: Run, state: State[Any]) -> None:
        """Say that a flow run begins, or that a run has ended."""
        if not _ours(run):
            return
        is_flow = isinstance(run, FlowRun)
        if state.type.final or state.name == "NotReady":
            _tell_of_failure(run, state)
            level = logging.INFO if is_flow or state.is_completed() else logging.ERROR
            _tell(run, level, f"Finished in state {state}")
        elif is_flow and state.type in _BETWEEN:
            _tell_how_a_flow_goes_on(run, state)

    def hook_began(self, run: Run, hook_run: HookRun) -> None:
        """Say that a hook is called."""
        if _ours(run):
            entered = f"in response to entering state {hook_run.state.name!r}"
            _tell(run, logging.INFO, f"Running hook {hook_run.name!r} {entered}")

    def hook_ended(self, run: Run, hook_run: HookRun) -> None:
        """Say that a hook has done its work, or has failed."""
        if not _ours(run):
            return
        if hook_run.error is not None:
            line = f"An error was encountered while running hook {hook_run.name!r}"
            _tell(run, logging.ERROR, line, hook_run.error)
        elif hook_run.outcome == "ok":
            _tell(run, logging.INFO, f"Hook {hook_run.name!r} finished running successfully")


class Attention(Listener):
    """Looks whether anybody listens when an outermost run begins: telling nobody must cost nothing."""

    def __init__(self) -> None:
        self._story = Story()
        self._telling = False
        # What it depends on, as it was when it was looked at: how many handlers there are, and the level.
        self._looked_at: tuple[int, int, bool] | None = None

    def opened(self, run: Run) -> None:
        """Begin or end to tell the story."""
        seen = len(_root.handlers), len(_prefect.handlers), _flow_runs.isEnabledFor(logging.ERROR)
        if seen != self._looked_at:
            self._looked_at = seen
            self._tell_story(on=seen[2] and shown_elsewhere(FLOW_RUNS))

    def _tell_story(self, *, on: bool) -> None:
        if on is not self._telling:
            self._telling = on
            if on:
                session.listen(self._story)
            else:
                session.ignore(self._story)


attention: Attention = Attention()
session.listen(attention)
