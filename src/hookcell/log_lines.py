"""Log lines: how what a run's logger is told gets to people, to listeners and into the session's record.

Imported with the first logger, because `logging` is slow to import.
"""

from __future__ import annotations

import logging
import sys
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from hookcell.log import LogLine, remembered_logs, writing
from hookcell.runs import current
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from hookcell.runs import Run

    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter

# Of a longer message only the beginning is kept with the session; handlers get all of it.
MOST_CHARACTERS = 20_000


class RunLogger(_Adapter):
    """A logger that is bound to a run: every record knows whose it is, from whatever thread it is written.

    Args:
        logger: Where to write.
        extra: What each record knows; the `extra` of a call adds to it.
        run: Whose lines they are, if anybody's.
    """

    def __init__(self, logger: logging.Logger, extra: dict[str, Any], run: Run | None = None) -> None:
        super().__init__(logger, extra)
        self.run: Run | None = run
        # What is written in a copy of it reaches the cell that launched the run.
        self.context = copy_context()

    def log(self, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
        """Write a line."""
        __tracebackhide__ = True
        before, writing.logger = writing.logger, self
        try:
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1  # this frame is not the caller's
            super().log(level, msg, *args, **kwargs)
        finally:
            writing.logger = before

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Put what each record knows and what this call adds together."""
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the run behind when it is sent to another process."""
        return logging.LoggerAdapter, (self.logger, dict(self.extra or {}))


# -- lines ---------------------------------------------------------------------------------------------------------


def _shown_as(whose: str) -> logging.Formatter:
    return logging.Formatter(f"%(asctime)s.%(msecs)03d | %(levelname)-7s | {whose} - %(message)s", "%H:%M:%S")


_TEXT = logging.Formatter("%(message)s")
_OF_TASK, _OF_FLOW = _shown_as("Task run %(task_run_name)r"), _shown_as("Flow run %(flow_run_name)r")
_OF_NOBODY = _shown_as("%(name)s")


class OwnHandler(logging.Handler):
    """A handler of ours: it is no sign that somebody has set up logging, and takes no lock."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record; without a lock, because each part of it is one step."""
        if not self.filter(record):
            return False
        try:
            self.emit(record)
        except Exception:  # noqa: BLE001 -- a message that does not fit its arguments: the handlers of others tell it too
            if not shown_elsewhere(record.name):
                self.handleError(record)
        return True


class Lines(OwnHandler):
    """Keeps the lines of runs, tells listeners, and shows them on stderr if nobody else does."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, tell of it, show it."""
        line = _kept(record)
        logger = writing.logger
        # With extra={"send_to_api": False} a line is shown, but not kept, as in Prefect.
        if (line.flow_run_id or line.task_run_id) and getattr(record, "send_to_api", True):
            remembered_logs.append(line)
        if logger is not None and logger.run is not None and session.logged:
            session.tell(logger.run, session.logged, line.message)
        if not shown_elsewhere(record.name):
            _show(record, logger)


def _kept(record: logging.LogRecord) -> LogLine:
    message = _TEXT.format(record)[:MOST_CHARACTERS]
    ids = (getattr(record, "flow_run_id", None), getattr(record, "task_run_id", None))
    return LogLine(record.name, record.levelno, message, record.created, *ids)


def shown_elsewhere(name: str) -> bool:
    """Whether somebody has set up what shows the lines of a logger: a handler of its own, or of a logger above it."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(not isinstance(handler, OwnHandler | logging.NullHandler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def _show(record: logging.LogRecord, logger: RunLogger | None) -> None:
    """Write a line to stderr, below the cell that launched the run."""
    text = f"{_form_of(record).format(record)}\n"
    if logger is None or current.get() is logger.run:
        _write(text)
    else:  # a thread that knows nothing of the run
        logger.context.copy().run(_write, text)


def _form_of(record: logging.LogRecord) -> logging.Formatter:
    if hasattr(record, "task_run_name"):
        return _OF_TASK
    return _OF_FLOW if hasattr(record, "flow_run_name") else _OF_NOBODY


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed: nobody is there to read
        pass


_lines = Lines()


def listen_to(name: str) -> logging.Logger:
    """Give a logger whose lines are kept and, if nobody has set up anything else, shown from INFO upwards.

    Args:
        name: What the logger is called. If its level was never set, nor that of one above it, the part of the name
            before the first dot gets INFO; `logging.getLogger("hookcell").setLevel(...)` says otherwise.
    """
    logger = logging.getLogger(name)
    if _lines not in logger.handlers:
        logger.addHandler(_lines)
        top = logging.getLogger(name.partition(".")[0])
        if top.level == logging.NOTSET and not logger.isEnabledFor(logging.INFO):
            top.setLevel(logging.INFO)
    return logger
