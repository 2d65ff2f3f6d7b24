"""Held cells: what keeps background runs from being lost in a kernel, where nobody looks on or when it is shut down.

nbclient, and with it nbconvert, papermill and nbval, drops whatever is printed for a cell that has ended, and shuts the
kernel down after the last one, which nothing in the kernel can tell from the others. So there each cell stays open
until the background runs have ended.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from hookcell import leaving, unseen
from hookcell.blocking import guarded
from hookcell.notebook import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

# Jupyter sends SIGTERM 2.5 seconds after it has asked a kernel to shut down, and kills it after 5.
GRACE = 2.0


def hold_cells(seconds: Callable[[], float | None]) -> Callable[[], None]:
    """Hold cells open that nobody looks at, and cancel at shutdown what is open then; the function returned ends that.

    Args:
        seconds: Gives for how many seconds a cell is held; None for no limit.
    """
    if kernel.kernel() is None:
        return lambda: None
    before = leaving.cancels, leaving.grace
    leaving.cancels, leaving.grace = True, GRACE
    forget = kernel.on_cell_end(partial(_hold, seconds))

    def end() -> None:
        forget()
        leaving.cancels, leaving.grace = before

    return end


def _hold(seconds: Callable[[], float | None], _result: object) -> None:
    if not kernel.headless():
        return
    if leaving.open_runs():
        _wait(seconds)
    unseen.tell_all()


def _wait(seconds: Callable[[], float | None]) -> None:
    outcome = guarded(partial(leaving.wait_for_all, seconds()))
    names = ", ".join(run.name for run in leaving.open_runs())
    if outcome.error is not None:
        _say(f"the wait for background runs was interrupted; they go on: {names}")
    elif not outcome.value:
        _say(f"background runs go on, and what they print after this cell is lost: {names}")


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 -- a cell that was held for nothing must not say nothing
