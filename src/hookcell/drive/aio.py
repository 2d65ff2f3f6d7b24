"""The async driver: performs a run's steps on an event loop."""

from __future__ import annotations

import sys
import threading
from functools import partial
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from hookcell import shield, waiting
from hookcell.deadlines import deadlines
from hookcell.drive.background import background, on_this_loop, outcome_of, passing
from hookcell.drive.guard import awaited, interrupted_error, keep, loops, nudged, until_done
from hookcell.drive.sync import DONE, advance, all_of, awaits, call_body, call_hook, crash
from hookcell.errors import CrashedRun, crash_message, describe
from hookcell.gate import gate, holding
from hookcell.outcome import Outcome
from hookcell.runs import SPENT, current
from hookcell.shield import main_shield, shield_here
from hookcell.states import CRASHED, State
from hookcell.steps import Body, HookCall, Sleep, TakeGate, Wait
from hookcell.stops import unheard_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Generator

    from hookcell.cancel import CancelToken
    from hookcell.runs import Run
    from hookcell.steps import Step

    Plan = Generator[Step, Outcome, None]


class Caller:
    """The asyncio task that a run is driven in, and a cancellation that it got from outside while we waited."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

        self.cancelled_error: type[BaseException] = asyncio.CancelledError
        self.task: Any = asyncio.current_task()
        self.foreign: BaseException | None = None

    async def perform(self, step: Step) -> Outcome:
        """Perform a step; a cancellation from outside that ends it is its outcome."""
        try:
            return await APERFORM[step.__class__](step, self)
        except self.cancelled_error as error:
            self.foreign = self.foreign or error
            return Outcome(None, error)

    async def patiently(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait on through the first cancellation from outside, because it lets hooks finish."""
        try:
            await wait()
        except self.cancelled_error as error:
            if self.foreign is not None:
                raise
            self.foreign = error
            await wait()


async def adrive(plan: Plan, run: Run) -> BaseException | None:
    """Perform a run's steps on the running event loop until it is over.

    Returns:
        A cancellation that came from outside while hookcell's own code ran, to be raised once the run is over.
    """
    caller = Caller()
    entered = current.set(run)
    outcome: Outcome | None = None
    try:
        while (step := advance(plan, outcome)) is not None:
            outcome = await caller.perform(step)
    except GeneratorExit:
        _abandon(run)
        raise
    except Exception as error:  # noqa: BLE001 -- whatever goes wrong, no run is left unfinished: this one crashes
        crash(plan, error)
    finally:
        reset(current, entered)
    return caller.foreign


async def acall(
    begin: Callable[[], Run], life_of: Callable[[Run], Plan], ending: Callable[[Run], tuple[Any, BaseException | None]]
) -> Any:
    """Run an async flow or task for whoever awaits this; give what `ending` gives, or raise it."""
    __tracebackhide__ = True
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    task = asyncio.current_task()
    outer = loops.lower(task)
    token: CancelToken | None = None
    opened = current.get() is None and main_shield().open()
    try:
        run = begin()
        token = run.token
        if opened:
            main_shield().adopt(token)
        foreign = await adrive(life_of(run), run)
    finally:
        if opened:
            main_shield().close(token)
    loops.raise_again(task, outer)
    value, error = ending(run)
    error = unheard_stop(run, token, interrupted_error) or error
    if error is not None or foreign is not None:
        raise _safe(foreign or error, task, nested=outer is not None)
    return value


def _safe(error: BaseException | None, task: Any, *, nested: bool) -> BaseException:
    """Give what an async call may raise: of a task that is this call, SystemExit would end the event loop."""
    assert error is not None  # noqa: S101 -- the caller has one
    is_whole_task = not nested and getattr(task.get_coro(), "cr_code", None) is acall.__code__
    if not is_whole_task or not isinstance(error, SystemExit | KeyboardInterrupt):
        return error
    crash = CrashedRun(f"{crash_message(error)} ({describe(error).removesuffix(': ')})")
    crash.__cause__ = error
    return crash


def reset(variable: Any, token: Any) -> None:
    """Reset a context variable, if this is still the context it was set in."""
    try:
        variable.reset(token)
    except ValueError:  # the coroutine was closed by the garbage collector, in another context
        pass


def _abandon(run: Run) -> None:
    """End a run whose coroutine was closed before its end: no hook can run any more."""
    run.enter(State(CRASHED, None, "Its coroutine was closed before the run ended."))
    for call in run.hooks:
        if call.outcome == "running":
            call.outcome = "abandoned"
            gate.release(call)
    run.token = run.scope = SPENT
    if run.future is not None:
        run.future.resolve()


async def _abody(step: Body, caller: Caller) -> Outcome:
    """Call the body and await what it gives; a plain function is stopped by the thread's shield as anywhere."""
    run = step.run
    outcome = call_body(step, shield_here(), None)
    if isinstance(outcome.value, AsyncGeneratorType):
        return await awaited(all_of(outcome.value), run.scope, caller.task)
    if not awaits(outcome):
        return outcome
    return await awaited(outcome.value, run.scope, caller.task)


async def _ahook_call(step: HookCall, caller: Caller) -> Outcome:
    hook_run, token = step.hook_run, step.token
    seconds = hook_run.hook.timeout_seconds
    if seconds is not None:
        deadlines.add(hook_run, seconds, token.time_out)
    entered = holding.set(hook_run)
    try:
        outcome = call_hook(step, shield_here(), None)
        if not awaits(outcome):
            return outcome
        resume = gate.suspend(hook_run)
        try:
            return await _in_own_task(outcome.value, token, caller)
        finally:
            resume()
    finally:
        reset(holding, entered)
        deadlines.remove(hook_run)


async def _in_own_task(awaitable: Awaitable[Any], token: CancelToken, caller: Caller) -> Outcome:
    """Await a hook in a task of its own, so that one that swallows its cancellation can be left behind."""
    own = caller.task.get_loop().create_task(on_this_loop(awaitable, token))
    try:
        await caller.patiently(lambda: nudged(partial(_when_over, own, token)))
        if not own.done():  # told to stop: it has a moment to do so
            await nudged(partial(_when_over, own, None), shield.GRACE)
    finally:
        if not own.done():
            own.cancel()
            keep(own)
    return outcome_of(own) if own.done() else Outcome(None, interrupted_error())


def _when_over(
    task: asyncio.Task[Any], token: CancelToken | None, wake: Callable[[], None]
) -> Callable[[], None] | None:
    task.add_done_callback(lambda _: wake())
    return token.watch(lambda: wake() if token.heard or token.due() else None) if token is not None else None


async def _atake_gate(step: TakeGate, caller: Caller) -> Outcome:
    while not (step.token.due() or gate.try_take(step.hook_run)):
        await caller.patiently(lambda: nudged(partial(_when_free, step.token)))
    return DONE


def _when_free(token: CancelToken, wake: Callable[[], None]) -> Callable[[], None]:
    forget, unwatch = gate.on_free(wake), token.watch(wake)

    def end() -> None:
        forget()
        unwatch()

    return end


async def _asleep(step: Sleep, _caller: Caller) -> Outcome:
    await nudged(step.token.watch, waiting.pace(step.seconds))
    return DONE


async def _await_step(step: Wait, _caller: Caller) -> Outcome:
    left = waiting.leave_place()
    try:
        await until_done(step.futures, step.token, step.seconds)
    finally:
        waiting.come_back(left)
    return DONE


APERFORM: dict[type, Callable[[Any, Caller], Awaitable[Outcome]]] = {
    Body: _abody,
    HookCall: _ahook_call,
    TakeGate: _atake_gate,
    Sleep: _asleep,
    Wait: _await_step,
}


def spawn(plan: Plan, run: Run, future: Any) -> None:
    """Drive a submitted async run: on the loop of the async run that submitted it, else on the background loop."""
    own = sys.modules["asyncio"]._get_running_loop() if "asyncio" in sys.modules else None
    parent = run.parent
    if own in passing or parent is None or not parent.definition.is_async:
        own = None
    loop = own or background.loop()
    future.loop_ident = threading.get_ident() if loop is own else background.ident
    loop.call_soon_threadsafe(lambda: keep(loop.create_task(adrive(plan, run))), context=future.context)
