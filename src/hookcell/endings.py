"""Endings: how one waits for a run, in a thread or on an event loop; an Interrupt ends the wait and not the run."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import unseen
from hookcell.blocking import block, only_the_wait, told_of
from hookcell.cancel import CancelToken
from hookcell.drive.guard import await_futures, awaited, interrupted_error
from hookcell.drive.sync import context_of
from hookcell.errors import CrashedRun, WaitTimeout, crash_message, describe
from hookcell.forks import in_child
from hookcell.futures import Future, ending_of, refuse_to_wait_inside
from hookcell.runs import SPENT, Run, current
from hookcell.shield import main_shield
from hookcell.submitted import look_at_end

if TYPE_CHECKING:
    from collections.abc import Generator

    from hookcell.states import State

_promising = threading.Lock()


@in_child
def _after_fork() -> None:
    global _promising  # noqa: PLW0603 -- the old one may be taken for good
    _promising = threading.Lock()


def promise_of(run: Run) -> Future[Any] | None:
    """Give the future of a run, made now if it has none; None if it is over.

    A run that ends just now either finds its future and resolves it, or has dropped its scope before.
    """
    with _promising:
        future: Future[Any] | None = run.future
        if future is None:
            if run.scope is SPENT:
                return None
            future = run.future = Future(run, context_of(run))
            if run.scope is SPENT:
                future.resolve()
    return future


def wait(run: Run, timeout: float | None = None) -> State[Any]:
    """Block until a run is over; see `Run.wait`."""
    __tracebackhide__ = True
    refuse_to_wait_inside(run, current.get())
    if (future := promise_of(run)) is not None:
        with unseen.looking_at([future]):
            if only_the_wait(partial(block, [future], timeout), lambda: [run]).left:
                raise WaitTimeout(f"{run.definition.kind} run {run.name!r} is not over after {timeout:g} s; it goes on")
    look_at_end(run)
    return run.state


def result(run: Run, timeout: float | None = None) -> Any:
    """Block until a run is over; see `Run.result`."""
    __tracebackhide__ = True
    wait(run, timeout)
    if (error := ending_of(run)) is not None:
        raise error
    return run.state.data


# -- on an event loop ----------------------------------------------------------------------------------------------


def awaited_run(run: Run) -> Generator[Any, None, Any]:
    """Wait for a run without blocking the event loop; see `Run.__await__`."""
    __tracebackhide__ = True
    return _await(run).__await__()


async def _await(run: Run) -> Any:
    __tracebackhide__ = True
    refuse_to_wait_inside(run, current.get())
    if (future := promise_of(run)) is not None:
        with unseen.looking_at([future]):
            await _await_future(run, future)
    look_at_end(run)
    if (error := ending_of(run)) is None:
        return run.state.data
    if isinstance(error, SystemExit | KeyboardInterrupt):
        raise CrashedRun(f"{crash_message(error)} ({describe(error).removesuffix(': ')})") from error
    raise error


async def _await_future(run: Run, future: Future[Any]) -> None:
    """Wait; outside any run an Interrupt ends that at once, which the kernel only does when its loop next wakes."""
    __tracebackhide__ = True
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    token, task = CancelToken(), asyncio.current_task()
    if task is None or current.get() is not None or not main_shield().open(token):
        await await_futures([future])
        return
    try:
        outcome = await awaited(await_futures([future]), token, task)
    finally:
        main_shield().close(token)
    if outcome.error is not None:
        raise interrupted_error(told_of([run])) if token.reason == "interrupt" else outcome.error
