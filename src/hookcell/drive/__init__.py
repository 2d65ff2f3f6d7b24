"""The drivers: the one place where sync or async is decided.

`advance` takes a run's life one step on. `drive` performs the steps in the caller's thread, `adrive` on an event
loop, and `Parked` stops at the body, to be resumed later, perhaps by another thread.
"""

from hookcell.drive.aio import acall, adrive, spawn
from hookcell.drive.guard import TaskGuard, await_futures, interrupted_error
from hookcell.drive.own_loop import drive_alone, drive_beside
from hookcell.drive.parked import Parked
from hookcell.drive.sync import advance, drive
from hookcell.outcome import Outcome

__all__ = [
    "Outcome",
    "Parked",
    "TaskGuard",
    "acall",
    "adrive",
    "advance",
    "await_futures",
    "drive",
    "drive_alone",
    "drive_beside",
    "interrupted_error",
    "spawn",
]
