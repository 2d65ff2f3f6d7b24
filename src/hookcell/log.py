"""Logs: the logger of the run whose code or hook this is, its newest lines, and prints that become such lines.

Nothing here costs anything before it is asked for: `logging` is imported with the first logger, and `print` is
replaced for the first definition that has `log_prints=True`.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.errors import MissingContextError
from hookcell.runs import FlowRun, Run, current, flow_run_of
from hookcell.shield import shield_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hookcell.log_lines import RunLogger

FLOW_RUNS, TASK_RUNS, NO_RUN = "hookcell.flow_runs", "hookcell.task_runs", "hookcell.no_run"
UNKNOWN = "<unknown>"
MOST_LINES = 10_000


class LogLine(NamedTuple):
    """A line that was written to the logger of a run.

    Attributes:
        logger: The logger's name.
        level: How urgent it is, as a number of `logging`.
        message: The text, with the traceback if there is one.
        at: When it was written, in seconds since 1970 UTC.
        flow_run_id, task_run_id: Whose it is, as texts; a task's line names its flow run too.
    """

    logger: str
    level: int
    message: str
    at: float
    flow_run_id: str | None
    task_run_id: str | None

    @property
    def timestamp(self) -> datetime:
        """When it was written (UTC)."""
        from datetime import UTC, datetime  # noqa: PLC0415 -- only people ask for it, and it costs import time

        return datetime.fromtimestamp(self.at, UTC)


# The newest lines of this session's runs, oldest first.
remembered_logs: deque[LogLine] = deque(maxlen=MOST_LINES)


def logs_of(run: Run) -> list[LogLine]:
    """Give the lines of a run, oldest first; of a flow run those of its tasks too.

    >>> from hookcell import flow, get_run_logger
    >>> from hookcell.log import logs_of
    >>> @flow(on_completion=lambda flow, run, state: print(logs_of(run)[0].message))
    ... def nightly():
    ...     get_run_logger().info("%s rows", 3)
    >>> nightly()
    3 rows
    """
    id_, of_flow = str(run.id), isinstance(run, FlowRun)
    return [line for line in tuple(remembered_logs) if (line.flow_run_id if of_flow else line.task_run_id) == id_]


# -- loggers -------------------------------------------------------------------------------------------------------

# Who makes the logger of a run, by the class of the run; a dialect's runs have loggers of their own.
makers: dict[type[Run], Callable[[Any], Any]] = {}


def get_run_logger(*, strict: bool = False) -> RunLogger:
    """Give the logger of the run whose code or hook this is; outside any run, a plain one.

    It is bound to its run: handed over to a thread of your own, it still writes for that run and below its cell.
    Without any set-up, lines of INFO and above appear on stderr. Once `logging` has handlers (`basicConfig`, pytest),
    they get the lines, from the loggers `hookcell.flow_runs` and `hookcell.task_runs`, and nothing else writes them.

    Args:
        strict: Whether to raise outside a run.

    Raises:
        MissingContextError: There is no run, and `strict` is set.

    >>> from hookcell import get_run_logger, task
    >>> @task(on_completion=lambda task, run, state: get_run_logger().info("%s rows", state.data))
    ... def load():
    ...     get_run_logger().info("loading")
    ...     return 3
    >>> load()
    3
    >>> load.fn()
    3
    """
    run = current.get()
    if run is not None:
        return logger_of(run)
    if strict:
        raise MissingContextError(
            "There is no active flow or task run context. Ask for the logger in the code of a flow, task or hook, and "
            "hand it over to threads of your own."
        )
    return _bound(None, NO_RUN, {})


def logger_of(run: Run) -> RunLogger:
    """Give the logger of a run, as `get_run_logger` does inside it."""
    for cls in type(run).__mro__ if makers else ():
        if cls in makers:
            return makers[cls](run)  # type: ignore[no-any-return] # a dialect's logger is like ours
    return run_logger(run)


def run_logger(run: Run, names: tuple[str, str] = (FLOW_RUNS, TASK_RUNS), **known: Any) -> RunLogger:
    """Give a logger that is bound to a run.

    Args:
        run: The run.
        names: Which loggers it writes to: one for flow runs, one for task runs.
        **known: What each record shall know besides the names and ids of the run.
    """
    if isinstance(run, FlowRun):
        return _bound(run, names[0], {**_of_flow(run), **known})
    task_run = {"task_run_name": run.name, "task_run_id": str(run.id), "task_name": run.definition.name}
    return _bound(run, names[1], {**task_run, **_of_flow(flow_run_of(run)), **known})


def _of_flow(run: FlowRun | None) -> dict[str, str | None]:
    if run is None:
        return {"flow_run_name": UNKNOWN, "flow_run_id": None, "flow_name": UNKNOWN}
    return {"flow_run_name": run.name, "flow_run_id": str(run.id), "flow_name": run.definition.name}


def _bound(run: Run | None, name: str, known: dict[str, Any]) -> RunLogger:
    shield = shield_here()
    outer = shield.lower()  # a stop in the middle of the first import would spoil `logging` for everybody
    try:
        from hookcell.log_lines import RunLogger, listen_to  # noqa: PLC0415 -- logging is slow to import

        return RunLogger(listen_to(name), known, run)
    finally:
        shield.raise_again(outer)


# -- prints --------------------------------------------------------------------------------------------------------


class _Writing(threading.local):
    """The logger through which this thread is writing a line just now."""

    logger: RunLogger | None = None


writing: _Writing = _Writing()
_print: Callable[..., None] = builtins.print


def prints_to_log(run: Run | None) -> bool:
    """Whether what a run prints goes to its log: as its flow or task says, else as the nearest one around that does."""
    while run is not None:
        asked: bool | None = getattr(run.definition, "log_prints", None)
        if asked is not None:
            return asked
        run = run.parent
    return False


def print_as_log(*args: Any, **kwargs: Any) -> None:
    """Print to the log of the run around if that has `log_prints`; else, and to files of one's own, as `print` does."""
    run = current.get()
    if run is None or not prints_to_log(run) or not _is_console(kwargs.get("file")) or writing.logger is not None:
        _print(*args, **kwargs)
        return
    from io import StringIO  # noqa: PLC0415 -- a run that logs its prints is not the rule

    text = StringIO()
    _print(*args, **{**kwargs, "file": text})
    logger_of(run).info(text.getvalue().rstrip(), stacklevel=2)


def _is_console(file: Any) -> bool:
    return file is None or file is sys.stdout or file is sys.stderr


def hear_prints() -> None:
    """Have `print` look, from now on, whether the run around it logs what is printed.

    Called for the first definition that asks for it, and never otherwise: `print` is everybody's. There is no gentler
    way, because the code that prints, in whatever module, finds it among the built-in functions. Outside runs that
    log their prints it does what it ever did.
    """
    global _print
    if builtins.print is not print_as_log:
        _print, builtins.print = builtins.print, print_as_log
