"""Calls: how calling or submitting a flow or task becomes a run that is driven."""

from __future__ import annotations

import contextvars
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import drive
from hookcell.definitions import HOOK_OPTIONS
from hookcell.engine import life_of
from hookcell.errors import RunInterrupted, UnknownOptionError
from hookcell.forks import in_child
from hookcell.futures import Future, ending_of
from hookcell.runners.local import ThreadRunner
from hookcell.runs import FlowRun, current, flow_run_of
from hookcell.shield import main_shield, shield_here
from hookcell.states import COMPLETED
from hookcell.stops import unheard_stop
from hookcell.upstream import futures_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hookcell.cancel import CancelToken
    from hookcell.runners.local import Runner
    from hookcell.runs import Run


# -- calling -------------------------------------------------------------------------------------------------------


def call(
    definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any, *, return_state: bool
) -> tuple[Run, BaseException | None]:
    """Run a sync flow or task in this thread.

    Returns:
        The run, which is over, and what the caller shall raise: it does so itself, to keep our frames out of
        tracebacks.
    """
    __tracebackhide__ = True
    shield = shield_here()
    outer = shield.lower()
    opened: CancelToken | None = None
    outermost = current.get() is None and main_shield().open()
    try:
        run = definition.begin(args, kwargs, wait_for)
        if outermost:
            opened = main_shield().adopt(run.token)
        drive.drive(life_of(run), run, shield)
        if run.below is not None:  # a runner is made for runs inside it
            close_runner(run)
    finally:
        if outermost:
            main_shield().close(opened)
        shield.raise_again(outer)
    if opened is None and run.state.type is COMPLETED:
        return run, None
    if opened is not None and (stop := unheard_stop(run, opened, RunInterrupted)) is not None:
        return run, stop
    return run, ending_of(run) if not return_state or crashed_by_code(run) else None


def crashed_by_code(run: Run) -> bool:
    """Whether SystemExit and the like ended it: as in Prefect, `return_state` does not hold them back."""
    error = run.state.exception
    return run.state.is_crashed() and error is not None and not isinstance(error, Exception)


def call_async(
    definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any, *, return_state: bool
) -> Coroutine[Any, Any, Any]:
    """Give the coroutine that runs an async flow or task on the running event loop."""
    begin = partial(definition.begin, args, kwargs, wait_for)
    return drive.acall(begin, life_of, partial(_ending, return_state=return_state))


def _ending(run: Run, *, return_state: bool) -> tuple[Any, BaseException | None]:
    close_runner(run)
    if return_state:
        return run.state, ending_of(run) if crashed_by_code(run) else None
    return run.state.data, ending_of(run)


# -- submitting ----------------------------------------------------------------------------------------------------


def submit(
    definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any, *, mapped: bool = False
) -> Future[Any]:
    """Begin a task run and have it driven elsewhere."""
    __tracebackhide__ = True
    shield = shield_here()
    outer = shield.lower()
    try:
        run = definition.begin(args, kwargs, wait_for, mapped=mapped)
        future: Future[Any] = definition.future_class(run, contextvars.copy_context())
        run.future = future
        if run.parent is not None:
            run.parent.submitted.append(future)
        _start(run, future)
    finally:
        shield.raise_again(outer)
    return future


def _start(run: Run, future: Future[Any]) -> None:
    definition: Any = run.definition
    if definition.is_async and not definition.own_thread:
        drive.spawn(life_of(run), run, future)
        return
    runner = runner_of(run)
    if definition.is_async:
        work = _async_work(run, future, runner)
    else:
        work = partial(future.context.run, drive.drive, life_of(run), run)
    if run.awaited and not runner.at_once and (pending := futures_of(run.awaited)):
        _when_done(pending, run, partial(runner.submit, work))
    else:
        runner.submit(work)


def _async_work(run: Run, future: Future[Any], runner: Runner) -> Callable[[], None]:
    """Give what a runner has to call for an async run, which gets a loop of its own."""
    if runner.at_once:
        return partial(drive.drive_beside, life_of(run), run)
    return partial(future.context.run, drive.drive_alone, life_of(run), run)


def _when_done(pending: list[Future[Any]], run: Run, start: Callable[[], None]) -> None:
    """Start once all are done, or at once if the run is cancelled; a waiting run takes up no thread."""
    once = [start]
    left = [None] * len(pending)

    def go() -> None:
        try:
            once.pop()()
        except IndexError:
            return

    unwatch = run.token.watch(go)

    def one_done() -> None:
        left.pop()
        if not left:
            unwatch()
            go()

    for future in pending:
        future.on_done(one_done)


# -- runners -------------------------------------------------------------------------------------------------------

_making = threading.Lock()
_loose: list[Runner] = []


def _after_fork() -> None:
    global _making  # noqa: PLW0603 -- the old one may be taken for good
    _making = threading.Lock()


in_child(_after_fork)


def runner_of(run: Run) -> Runner:
    """Give the runner for what runs inside a flow run; tasks outside any flow share one."""
    flow_run = flow_run_of(run.parent)
    if flow_run is not None and flow_run.runner is not None:
        return flow_run.runner  # type: ignore[no-any-return]
    with _making:
        if flow_run is None:
            if not _loose:
                _loose.append(ThreadRunner())
            return _loose[0]
        owner = _owner(flow_run)
        if owner.runner is None:
            owner.runner = owner.definition.make_runner()
        return owner.runner  # type: ignore[no-any-return]


def _owner(flow_run: FlowRun) -> FlowRun:
    """A subflow that names no runner uses the one of the flow around it."""
    above = flow_run_of(flow_run.parent)
    return flow_run if flow_run.definition.options.get("runner") or above is None else _owner(above)


def close_runner(run: Run) -> None:
    """Close the runner that a flow run made, if it did."""
    if isinstance(run, FlowRun) and run.runner is not None:
        run.runner.close()
        run.runner = None


# -- checking ------------------------------------------------------------------------------------------------------


def check_options(kind: str, options: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse an option that does not exist, and say which one was meant.

    Raises:
        UnknownOptionError: There is no such option.
    """
    for option in options:
        if option not in known and option not in HOOK_OPTIONS:
            import difflib  # noqa: PLC0415 -- needed for the message only

            names = sorted({*known, *HOOK_OPTIONS})
            near = difflib.get_close_matches(option, names, n=1)
            hint = f"did you mean {near[0]}=?" if near else f"there are {', '.join(names)}"
            raise UnknownOptionError(f"{kind} has no option {option!r}; {hint}")
