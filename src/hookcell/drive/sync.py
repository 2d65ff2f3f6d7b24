"""The sync driver: performs a run's steps in the caller's thread."""

from __future__ import annotations

from functools import partial
from queue import SimpleQueue
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from hookcell import waiting
from hookcell.deadlines import deadlines
from hookcell.drive.background import on_loop
from hookcell.gate import gate, holding
from hookcell.outcome import LOST, Outcome
from hookcell.runs import Run, current
from hookcell.shield import Shield, shield_here
from hookcell.steps import Body, HookCall, Sleep, Step, TakeGate, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from hookcell.hooks import HookRun

    Plan = Generator[Step, Outcome, None]
    GoOn = Callable[[Outcome], None] | None

DONE = Outcome()


def advance(plan: Plan, outcome: Outcome | None) -> Step | None:
    """Take a plan one step on: give the next step to perform, or None if its run is over."""
    try:
        return plan.send(outcome)  # type: ignore[arg-type]
    except StopIteration:
        return None


def drive(plan: Plan, run: Run, shield: Shield | None = None, outcome: Outcome | None = None) -> None:
    """Perform a run's steps in this thread until it is over, or goes on elsewhere."""
    shield = shield or shield_here()
    go_on = partial(_drive_elsewhere, plan, run, holding.get()) if shield.pool is not None else None
    entered = current.set(run)
    try:
        while True:
            try:  # as `advance` does: a call less for each step
                step = plan.send(outcome)  # type: ignore[arg-type]
            except StopIteration:
                return
            try:
                outcome = PERFORM[step.__class__](step, shield, go_on)
            except Exception as error:  # noqa: BLE001 -- whatever goes wrong, no run is left unfinished: this one crashes
                crash(plan, error)
                return
            if outcome is LOST:
                return
    finally:
        current.reset(entered)


def crash(plan: Plan, error: Exception) -> None:
    """End a run whose driver has failed: the plan makes it Crashed."""
    try:
        plan.throw(error)
    except StopIteration:
        pass


def _drive_elsewhere(plan: Plan, run: Run, held: HookRun | None, outcome: Outcome) -> None:
    """Go on without the thread that is stuck; `held` is the hook call that the run itself is part of."""
    context = context_of(run)
    context.run(holding.set, held)  # the stuck thread may have been in a hook of the run, and this context is its own
    context.run(drive, plan, run, None, outcome)


def context_of(run: Run | None) -> Context:
    """Give a context like the one the run was started in, so that prints reach its cell."""
    while run is not None:
        if run.future is not None:
            return run.future.context.copy()  # type: ignore[no-any-return]
        run = run.parent
    import contextvars  # noqa: PLC0415 -- C code, already loaded; a run without a context is rare

    return contextvars.copy_context()


def _body(step: Body, shield: Shield, go_on: GoOn) -> Outcome:
    """Call the body; a coroutine that a plain function gives is its body too."""
    outcome = call_body(step, shield, go_on)
    return on_loop(outcome.value, step.run.scope) if type(outcome.value) is CoroutineType else outcome


def call_body(step: Body, shield: Shield, go_on: GoOn) -> Outcome:
    """Call the body's function; a generator is run to its end, and what it yields is the result."""
    run = step.run
    outcome = shield.guard(run.scope, run.definition.fn, run.args, run.kwargs, go_on)
    if type(outcome.value) is GeneratorType:
        return shield.guard(run.scope, list, (outcome.value,), None, go_on)
    return outcome


def call_hook(step: HookCall, shield: Shield, go_on: GoOn) -> Outcome:
    """Call a hook; one that yields is run to its end too, for otherwise nothing of it would run."""
    outcome = shield.guard(step.token, step.call, (step.moment,), None, go_on)
    if type(outcome.value) is GeneratorType:
        return shield.guard(step.token, list, (outcome.value,), None, go_on)
    return Outcome(all_of(outcome.value)) if type(outcome.value) is AsyncGeneratorType else outcome


async def all_of(several: AsyncGeneratorType[Any, Any]) -> list[Any]:
    """Give what an async generator yields."""
    return [one async for one in several]


def awaits(outcome: Outcome) -> bool:
    """Whether user code gave something that has to be awaited; a run that it gives is a value like any other."""
    value = outcome.value
    return outcome.error is None and value is not None and hasattr(value, "__await__") and not isinstance(value, Run)


def _hook_call(step: HookCall, shield: Shield, go_on: GoOn) -> Outcome:
    hook_run, token = step.hook_run, step.token
    seconds = hook_run.hook.timeout_seconds
    if seconds is not None:
        deadlines.add(hook_run, seconds, token.time_out)
    entered = holding.set(hook_run)
    try:
        outcome = call_hook(step, shield, go_on)
        return outcome if outcome.value is None or not awaits(outcome) else on_loop(outcome.value, token)
    finally:
        holding.reset(entered)
        deadlines.remove(hook_run)


def _take_gate(step: TakeGate, _shield: Shield, _go_on: GoOn) -> Outcome:
    nudge: SimpleQueue[None] = SimpleQueue()
    unwatch = step.token.watch(partial(nudge.put, None))
    waiting.until(partial(_try_take, step, partial(nudge.put, None)), nudge)
    unwatch()
    return DONE


def _try_take(step: TakeGate, wake: Callable[[], None]) -> bool:
    if step.token.due() or gate.try_take_over(step.hook_run):
        return True
    gate.on_free(wake)
    return False


def _sleep(step: Sleep, _shield: Shield, _go_on: GoOn) -> Outcome:
    nudge: SimpleQueue[None] = SimpleQueue()
    unwatch = step.token.watch(partial(nudge.put, None))
    waiting.until(lambda: step.token.reason is not None, nudge, waiting.pace(step.seconds))
    unwatch()
    return DONE


def _wait(step: Wait, _shield: Shield, _go_on: GoOn) -> Outcome:
    waiting.for_futures(step.futures, step.token, step.seconds)
    return DONE


PERFORM: dict[type, Callable[[Any, Shield, GoOn], Outcome]] = {
    Body: _body,
    HookCall: _hook_call,
    TakeGate: _take_gate,
    Sleep: _sleep,
    Wait: _wait,
}
