"""Streams: flows and tasks whose function is a generator, given item by item as its caller asks for them.

The run lives on between two items while its caller's code runs: it is the current run, is stopped, and hears signals
only while an item is being made.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell.calls import close_runner
from hookcell.drive import Outcome, Parked
from hookcell.drive.aio import reset
from hookcell.drive.guard import awaited, interrupted_error, loops
from hookcell.engine import life_of
from hookcell.errors import RunInterrupted
from hookcell.futures import ending_of
from hookcell.outcome import Closed
from hookcell.runs import current
from hookcell.shield import main_shield, shield_here
from hookcell.stops import unheard_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from hookcell.cancel import CancelToken
    from hookcell.runs import Run


@contextmanager
def _signals(run: Run) -> Iterator[None]:
    """Take the signals over for an outermost run, while its code or ours runs."""
    token = run.token
    opened = run.parent is None and main_shield().open(token)
    try:
        yield
    finally:
        if opened:
            main_shield().close(token, over=run.over)


def _ending(run: Run, token: CancelToken, interrupted: Callable[[str], BaseException]) -> BaseException | None:
    """Give what a run that is over raises in its caller."""
    close_runner(run)
    stop = unheard_stop(run, token, interrupted) if run.parent is None else None
    return stop or ending_of(run)


def start(
    definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any, *, return_state: bool = False
) -> Any:
    """Give the generator, sync or async, that runs a flow or task as its items are asked for.

    Raises:
        ValueError: Its final state is asked for, which it has only when all items have been given.
    """
    if return_state:
        raise ValueError(
            f"The return_type for a generator {definition.kind} must be 'result'; leave return_state=True out, and "
            "iterate over the call"
        )
    return (astream if definition.is_async else stream)(definition, args, kwargs, wait_for)


# -- sync ----------------------------------------------------------------------------------------------------------


def stream(definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any) -> Generator[Any, Any, Any]:
    """Give the items of a flow or task whose function is a generator; closed early, its run has completed.

    Raises:
        Exception: Whatever the function raised, once its items are used up.
    """
    __tracebackhide__ = True
    run = definition.begin(args, kwargs, wait_for)
    parked = Parked(life_of(run), run)
    token = run.token
    more = _ours(run, parked.to_body)
    outcome = Outcome()
    while more:
        items = _made_items(run)
        outcome = items if items.error is not None else (yield from _items(run, items.value, parked))
        more = _ours(run, partial(parked.resume, outcome))
    if (error := _ending(run, token, RunInterrupted)) is not None:
        raise error
    return outcome.value


def _items(run: Run, items: Generator[Any, Any, Any], parked: Parked) -> Generator[Any, Any, Outcome]:
    """Give the items of one try; give its outcome."""
    outcome = _made(run, next, items)
    while outcome.error is None:
        try:
            sent = yield outcome.value
        except GeneratorExit as asked:
            closed = _closed(_made(run, items.close))
            while _ours(run, partial(parked.resume, closed)):
                pass
            close_runner(run)
            raise closed.error or asked from None
        except BaseException as thrown:  # noqa: BLE001 -- it is for the function, which may go on after it
            outcome = _made(run, items.throw, thrown)
        else:
            outcome = _made(run, items.send, sent)
    return _returned(outcome, StopIteration)


def _closed(outcome: Outcome) -> Closed:
    return Closed(None, outcome.error)


def _made_items(run: Run) -> Outcome:
    """Give the generator of a try."""
    return _made(run, run.definition.fn, *run.args, **(run.kwargs or {}))


def _returned(outcome: Outcome, end: type[StopIteration | StopAsyncIteration]) -> Outcome:
    """Give the outcome of a try from that of its last step."""
    return Outcome(getattr(outcome.error, "value", None)) if isinstance(outcome.error, end) else outcome


def _ours(run: Run, do: Callable[[], bool]) -> bool:
    """Do what is hookcell's own: a stop of the code around is delivered when it goes on."""
    shield = shield_here()
    outer = shield.lower()
    try:
        with _signals(run):
            return do()
    finally:
        shield.raise_again(outer)


def _made(run: Run, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Run user code of the run, guarded by its token."""
    shield = shield_here()
    outer = shield.lower()
    entered = current.set(run)
    try:
        with _signals(run):
            return shield.guard(run.scope, fn, args, kwargs, None)
    finally:
        reset(current, entered)
        shield.raise_again(outer)


# -- async ---------------------------------------------------------------------------------------------------------


async def astream(
    definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any
) -> AsyncGenerator[Any, Any]:
    """Give the items of a flow or task whose function is an async generator; closed early, its run has completed.

    Raises:
        Exception: Whatever the function raised, once its items are used up.
    """
    __tracebackhide__ = True
    run = definition.begin(args, kwargs, wait_for)
    parked = Parked(life_of(run), run)
    token = run.token
    outcome: Outcome | None = None
    while await _aours(run, parked, outcome):
        made = Outcome(None, parked.foreign) if parked.foreign is not None else _made_items(run)
        items, outcome = made.value, made if made.error is not None else await _amade(run, made.value.__anext__())
        while outcome.error is None:
            try:
                sent = yield outcome.value
            except GeneratorExit as asked:
                closed = _closed(await _amade(run, items.aclose()))
                while await _aours(run, parked, closed):
                    pass
                close_runner(run)
                raise closed.error or parked.foreign or asked from None
            except BaseException as thrown:  # noqa: BLE001 -- it is for the function, which may go on after it
                outcome = await _amade(run, items.athrow(thrown))
            else:
                outcome = await _amade(run, items.asend(sent))
        outcome = _returned(outcome, StopAsyncIteration)
    if (error := parked.foreign or _ending(run, token, interrupted_error)) is not None:
        raise error


def _this_task() -> asyncio.Task[Any]:
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- we are in one
    return task


async def _aours(run: Run, parked: Parked, outcome: Outcome | None) -> bool:
    task = _this_task()
    outer = loops.lower(task)
    with _signals(run):
        more = await parked.aresume(outcome)
    loops.raise_again(task, outer)
    return more


async def _amade(run: Run, awaitable: Any) -> Outcome:
    task = _this_task()
    outer = loops.lower(task)
    entered = current.set(run)
    try:
        with _signals(run):
            outcome = await awaited(awaitable, run.scope, task)
    finally:
        reset(current, entered)
    loops.raise_again(task, outer)
    return outcome
