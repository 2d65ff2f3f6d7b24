"""Loops of their own: async runs, each driven in a thread that is its alone until it is over."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hookcell import shield, waiting
from hookcell.drive.aio import adrive
from hookcell.drive.background import passing
from hookcell.drive.sync import advance, crash
from hookcell.shield import shield_here

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Generator

    from hookcell.outcome import Outcome
    from hookcell.runs import Run
    from hookcell.steps import Step

    Plan = Generator[Step, Outcome, None]


def drive_alone(plan: Plan, run: Run, *, shared: bool = False) -> None:
    """Drive an async run in this thread: whoever waits for it may block any other event loop.

    Each run has a new loop, as in `asyncio.run`: what is bound to a loop then fails always, and not by chance.

    Args:
        plan, run: What to drive.
        shared: Whether the async runs that it submits are put on its loop too, as on any other.
    """
    import asyncio  # noqa: PLC0415 -- slow to import, and most sync code needs no loop

    try:
        loop = asyncio.new_event_loop()
    except Exception as error:  # noqa: BLE001 -- no file is left to be opened: no run may be left unfinished for that
        if advance(plan, None) is not None:
            crash(plan, error)
        return
    if not shared:
        passing.add(loop)
    try:
        loop.run_until_complete(adrive(plan, run))
    finally:
        _wind_up(loop, asyncio)
        passing.discard(loop)


def drive_beside(plan: Plan, run: Run) -> None:
    """Drive an async run in a thread made for it, and wait: in the caller's thread a loop may be running.

    A run that was told to stop and does not is left behind after a moment.
    """
    future = run.future
    work = (drive_alone, plan, run)
    threading.Thread(target=future.context.run, args=work, name="hookcell-beside", daemon=True).start()
    waiting.for_futures([future], run.token)
    if not future.done():
        waiting.for_futures([future], None, shield.GRACE)


def _wind_up(loop: asyncio.AbstractEventLoop, asyncio: Any) -> None:
    """Stop what the run has left on its loop, and close it."""
    if left := asyncio.all_tasks(loop):
        for task in left:
            task.cancel()
        _, stuck = loop.run_until_complete(asyncio.wait(left, timeout=shield.GRACE))
        if stuck:
            _step_aside()
            loop.run_until_complete(asyncio.wait(stuck))
    if getattr(loop, "_asyncgens", True):  # it is private, and spares most runs a turn of the loop
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _step_aside() -> None:
    """Have this worker replaced, if it is one: it stays with what does not stop."""
    here: Any = shield_here()
    if here.pool is not None and not here.replaced:
        here.replaced = True
        here.pool.lost()
