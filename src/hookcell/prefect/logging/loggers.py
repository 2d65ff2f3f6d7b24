"""Loggers that know their run: `prefect.flow_runs` and `prefect.task_runs`, with the run's names and ids in `extra`."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from hookcell.errors import MissingContextError
from hookcell.log import UNKNOWN, makers, print_as_log
from hookcell.log_lines import RunLogger, listen_to
from hookcell.prefect.context import FlowRunContext, TaskRunContext, get_run_context
from hookcell.prefect.runs import FlowRun, TaskRun
from hookcell.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

ROOT, FLOW_RUNS, TASK_RUNS = "prefect", "prefect.flow_runs", "prefect.task_runs"


class PrefectLogAdapter(RunLogger):
    """The logger of a run."""

    def getChild(self, suffix: str, extra: dict[str, Any] | None = None) -> PrefectLogAdapter:
        """Make one for a logger below this one, with the same extras and some more."""
        # Its lines reach the one above, which keeps them and tells of them.
        return PrefectLogAdapter(self.logger.getChild(suffix), {**(self.extra or {}), **(extra or {})}, self.run)


def get_logger(name: str | None = None) -> logging.Logger:
    """Give the logger `prefect`, or one below it."""
    if not name or name == ROOT:
        return logging.getLogger(ROOT)
    return logging.getLogger(name if name.startswith(f"{ROOT}.") else f"{ROOT}.{name}")


def get_run_logger(context: Any = None, **known: Any) -> logging.Logger | PrefectLogAdapter:
    """Give the logger of the run whose code or hook this is.

    Args:
        context: Of another run: a `FlowRunContext` or `TaskRunContext`.
        **known: What else each record shall know.

    Raises:
        MissingContextError: No run is around.
        TypeError: The context is of another type.
    """
    if context is None:
        try:
            context = get_run_context()
        except MissingContextError:
            return _no_logger()
    if isinstance(context, TaskRunContext):
        return task_run_logger(context.task_run, context.task, **known)
    if isinstance(context, FlowRunContext):
        return _logger(FLOW_RUNS, context.flow_run, {**_of_flow_run(context.flow_run, context.flow), **known})
    raise TypeError(
        f"Received unexpected type {type(context).__name__!r} for context. "
        "Expected one of 'None', 'FlowRunContext', or 'TaskRunContext'."
    )


def _no_logger() -> logging.Logger:
    """Give a logger that is off if those of runs are; without a run there is no other."""
    if not (get_logger(FLOW_RUNS).disabled and get_logger(TASK_RUNS).disabled):
        raise MissingContextError("There is no active flow or task run context.")
    logger = logging.getLogger("null")
    logger.disabled = True
    return logger


def flow_run_logger(
    flow_run: Any = None, flow: Any = None, flow_run_id: UUID | None = None, **known: Any
) -> PrefectLogAdapter:
    """Give the logger of a flow run.

    Args:
        flow_run: The run; or only its id, as `flow_run_id`.
        flow: Its flow, for the records.
        **known: What else each record shall know.

    Raises:
        ValueError: Neither the run nor its id is given.
    """
    if flow_run is None and flow_run_id is None:
        raise ValueError("Either 'flow_run' or 'flow_run_id' must be provided.")
    extra = _of_flow_run(flow_run, flow)
    if flow_run is None:
        extra["flow_run_id"] = str(flow_run_id)
    return _logger(FLOW_RUNS, flow_run, {**extra, **known})


def task_run_logger(
    task_run: Any, task: Any = None, flow_run: Any = None, flow: Any = None, **known: Any
) -> PrefectLogAdapter:
    """Give the logger of a task run.

    Args:
        task_run: The run.
        task: Its task, for the records.
        flow_run, flow: What it runs in, for the records; those around if None.
        **known: What else each record shall know.
    """
    around = FlowRunContext.get() if flow_run is None or flow is None else None
    if around is not None:
        flow_run, flow = flow_run or around.flow_run, flow or around.flow
    flow_run_id = getattr(task_run, "flow_run_id", None) or (flow_run.id if flow_run else None)
    of_flow = _of_flow_run(flow_run, flow)
    extra = {
        "task_run_id": str(task_run.id),
        "task_run_name": task_run.name,
        "task_name": task.name if task else UNKNOWN,
        "flow_run_id": str(flow_run_id) if flow_run_id is not None else None,
        "flow_run_name": of_flow["flow_run_name"],
        "flow_name": of_flow["flow_name"],
    }
    return _logger(TASK_RUNS, task_run, {**extra, **known})


def _of_flow_run(flow_run: Any, flow: Any) -> dict[str, Any]:
    return {
        "flow_run_name": flow_run.name if flow_run else UNKNOWN,
        "flow_run_id": str(flow_run.id) if flow_run else UNKNOWN,
        "flow_name": flow.name if flow else UNKNOWN,
        "deployment_name": None,
    }


def _logger(name: str, run: Any, extra: dict[str, Any]) -> PrefectLogAdapter:
    # What tests make by hand are no runs: nobody has launched them.
    return PrefectLogAdapter(listen_to(name), extra, run if isinstance(run, Run) else None)


makers[FlowRun] = lambda run: flow_run_logger(run, run.definition)
makers[TaskRun] = lambda run: task_run_logger(run, run.definition)


# -- off for a while -------------------------------------------------------------------------------------------------


@contextmanager
def disable_logger(name: str) -> Iterator[None]:
    """Switch a logger off inside a `with` block."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


@contextmanager
def disable_run_logger() -> Iterator[None]:
    """Switch the loggers of runs off inside a `with` block, so that `task.fn()` can be tested without a run.

    >>> from hookcell.prefect import get_run_logger, task
    >>> from hookcell.prefect.logging import disable_run_logger
    >>> @task
    ... def load():
    ...     get_run_logger().info("loading")
    ...     return 3
    >>> with disable_run_logger():
    ...     load.fn()
    3
    """
    with disable_logger(FLOW_RUNS), disable_logger(TASK_RUNS):
        yield


# -- listening in ----------------------------------------------------------------------------------------------------


class LogEavesdropper(logging.Handler):
    """Collects what a logger is told inside a `with` block.

    Args:
        eavesdrop_on: The logger's name; those below it are heard too.
        level: The least level to hear.
    """

    def __init__(self, eavesdrop_on: str, level: int = logging.NOTSET) -> None:
        super().__init__(level=level)
        self.eavesdrop_on = eavesdrop_on
        self.formatter = logging.Formatter("[%(levelname)s]: %(message)s")
        self._lines: list[str] = []
        self._level_before = logging.NOTSET

    def __enter__(self) -> Self:
        logger = logging.getLogger(self.eavesdrop_on)
        self._level_before, self._lines = logger.level, []
        logger.setLevel(self.level)
        logger.addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        logger = logging.getLogger(self.eavesdrop_on)
        logger.removeHandler(self)
        logger.setLevel(self._level_before)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text."""
        self._lines.append(self.format(record))

    def text(self) -> str:
        """Give what was heard, a line a record."""
        return "\n".join(self._lines)


for _name in (FLOW_RUNS, TASK_RUNS):
    listen_to(_name)

__all__ = [
    "LogEavesdropper",
    "PrefectLogAdapter",
    "disable_logger",
    "disable_run_logger",
    "flow_run_logger",
    "get_logger",
    "get_run_logger",
    "print_as_log",
    "task_run_logger",
]
