"""Background runs: outermost runs, each driven in a thread of its own, while whoever started them goes on.

What one prints, displays and logs reaches the cell that started it, also when that has ended: the thread is in a copy
of its context. An async run has an event loop of its own there, as in `asyncio.run`: what blocks it blocks nobody else.
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import calls, drive, leaving, unseen
from hookcell.cancel import CancelToken
from hookcell.drive.sync import crash
from hookcell.engine import life_of
from hookcell.errors import RunInterrupted
from hookcell.futures import Future
from hookcell.gate import holding
from hookcell.runs import current
from hookcell.session import session
from hookcell.shield import ThreadShield, main_shield, shield_here, use_shield

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runs import Run
    from hookcell.states import State


def start(
    definition: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    wait_for: Any = None,
    *,
    taken_over: Callable[[Run], State[Any] | None] | None = None,
    announce: Callable[[Run], object] | None = None,
) -> Run:
    """Begin an outermost run and have it driven in a thread of its own.

    Args:
        definition: The flow or task.
        args, kwargs: For its function.
        wait_for: Futures and background runs to wait for first.
        taken_over: Gives the state of a run below that an earlier one has already done; None if there is none such.
        announce: Is called with the run before anything of it happens.

    Raises:
        RunInterrupted: The kernel's Interrupt came as it started; it is being cancelled.
    """
    __tracebackhide__ = True
    shield = shield_here()
    outer = shield.lower()
    token: CancelToken | None = None
    opened = current.get() is None and outer is None and main_shield().open()
    try:
        run = _begun(definition, args, kwargs, wait_for)
        if taken_over is not None:
            session.taken_over[run.number] = taken_over
        try:
            if announce is not None:
                announce(run)
        finally:
            _send_off(run)
        token = main_shield().adopt(CancelToken()) if opened else None
    finally:
        if opened:
            main_shield().close(token)
        shield.raise_again(outer)
    if token is not None and token.reason == "interrupt":
        run.token.cancel("interrupt")
        raise RunInterrupted(f"{definition.kind} run {run.name!r} was interrupted as it started")
    return run


def _begun(definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any) -> Run:
    """Begin a run that no other is around, with a context of its own, in which no hook has its turn."""
    context = copy_context()
    context.run(current.set, None)
    context.run(holding.set, None)
    run: Run = context.run(definition.begin, args, kwargs, wait_for)
    run._put_aside().background = True
    run.future = Future(run, context)
    return run


def _send_off(run: Run) -> None:
    future: Future[Any] = run.future
    leaving.note(run)
    future.on_done(partial(_over, run, future))
    thread = threading.Thread(target=future.context.run, args=(_drive, run), name=f"hookcell {run.name}", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the system gives no more threads
        future.context.run(_give_up, run, error)


class _Alone:
    """The pool of a thread that belongs to none: its run can go on without it, and nobody wants its place."""

    def blocks(self) -> None:
        """The thread is about to wait."""

    def goes_on(self) -> None:
        """The thread has stopped waiting."""

    def lost(self) -> None:
        """The run has gone on without the thread."""


_ALONE = _Alone()


def _drive(run: Run) -> None:
    use_shield(ThreadShield(_ALONE))
    if run.definition.is_async:
        drive.drive_alone(life_of(run), run, shared=True)
    else:
        drive.drive(life_of(run), run)


def _give_up(run: Run, error: Exception) -> None:
    plan = life_of(run)
    if drive.advance(plan, None) is not None:
        crash(plan, error)


# -- its end -------------------------------------------------------------------------------------------------------


def _over(run: Run, future: Future[Any]) -> None:
    """Clear up after a run; its last act, in its own context, before those go on who wait for it."""
    try:
        session.taken_over.pop(run.number, None)
        calls.close_runner(run)
        unseen.note(run, future)
    finally:
        leaving.strike_off(run)
