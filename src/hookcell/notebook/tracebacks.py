"""How errors read in a notebook: with the user's own frames, and the same whenever the notebook is run anew."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hookcell import drive
from hookcell.errors import HookcellError, RunInterrupted
from hookcell.log_lines import OwnHandler, shown_elsewhere
from hookcell.notebook.wire import OURS, where_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

LOGGER = "hookcell"


def show_users_frames(shell: InteractiveShell) -> Callable[[], None]:
    """Have the shell leave hookcell's frames out of the errors that hookcell raises; the function returned ends that.

    IPython shows the innermost frame even if it is hidden, and there it is always ours.
    """

    def render(error: BaseException) -> list[str]:
        return shell.InteractiveTB.structured_traceback(type(error), error, _users(error.__traceback__))

    classes: list[Any] = [HookcellError, RunInterrupted, type(drive.interrupted_error())]
    for one in classes:
        one._render_traceback_ = render

    def end() -> None:
        for one in classes:
            del one._render_traceback_

    return end


def _users(trace: TracebackType | None) -> TracebackType | None:
    """Copy a traceback without our frames."""
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(OURS):
            kept.append(trace)
        trace = trace.tb_next
    copy = None
    for one in reversed(kept):
        copy = TracebackType(copy, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return copy


class ToldBelowTheCell(OwnHandler):
    """Prints what hookcell logs below the cell, with the user's own frames, unless the user has set up logging."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is hookcell's own, and nobody else tells it: the loggers of runs show their lines."""
        return record.name == LOGGER and not shown_elsewhere(LOGGER)

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        error = record.exc_info[1] if record.exc_info else None
        lines = [record.getMessage()]
        if error is not None:
            lines += [f"{type(error).__name__}: {error}", *(f"  {line}" for line in where_of(error))]
        print("\n".join(lines), file=sys.stderr)  # noqa: T201 -- this is the user's log


def tell_below_the_cell() -> Callable[[], None]:
    """Print what hookcell logs as a notebook shows it; the function returned ends that."""
    logger, handler = logging.getLogger(LOGGER), ToldBelowTheCell()
    logger.addHandler(handler)
    return lambda: logger.removeHandler(handler)
