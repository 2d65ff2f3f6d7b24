"""The drivers: the one place where sync or async is decided.

`advance` takes a run's life one step on. `drive` performs the steps in the caller's thread, `adrive` on an event
loop, and `Parked` stops at the body, to be resumed later, perhaps by another thread.
"""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from queue import Empty, SimpleQueue
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from hookcell import waiting
from hookcell.deadlines import deadlines
from hookcell.errors import CrashedRun, RunInterrupted, crash_message
from hookcell.gate import gate, holding
from hookcell.runs import SPENT, current
from hookcell.shield import GRACE, LOST, Outcome, Shield, main_shield, shield_here
from hookcell.states import CRASHED, State
from hookcell.steps import Body, HookCall, Sleep, Step, TakeGate, Wait

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Generator, Sequence
    from contextvars import Context

    from hookcell.cancel import CancelToken
    from hookcell.runs import Run

    Plan = Generator[Step, Outcome, None]
    GoOn = Callable[[Outcome], None] | None

DONE = Outcome()


def advance(plan: Plan, outcome: Outcome | None) -> Step | None:
    """Take a plan one step on: give the next step to perform, or None if its run is over."""
    try:
        return plan.send(outcome)  # type: ignore[arg-type]
    except StopIteration:
        return None


# -- sync ----------------------------------------------------------------------------------------------------------


def drive(plan: Plan, run: Run, outcome: Outcome | None = None) -> None:
    """Perform a run's steps in this thread until it is over, or goes on elsewhere."""
    shield = shield_here()
    go_on = partial(_drive_elsewhere, plan, run) if shield.pool is not None else None
    entered = current.set(run)
    try:
        while (step := advance(plan, outcome)) is not None:
            outcome = PERFORM[step.__class__](step, shield, go_on)
            if outcome is LOST:
                return
    finally:
        current.reset(entered)


def _drive_elsewhere(plan: Plan, run: Run, outcome: Outcome) -> None:
    context = _context_of(run)
    context.run(drive, plan, run, outcome)


def _context_of(run: Run | None) -> Context:
    """Give a context like the one the run was started in, so that prints reach its cell."""
    while run is not None:
        if run.future is not None:
            return run.future.context.copy()  # type: ignore[no-any-return]
        run = run.parent
    import contextvars  # noqa: PLC0415 -- C code, already loaded; a run without a context is rare

    return contextvars.copy_context()


def _body(step: Body, shield: Shield, go_on: GoOn) -> Outcome:
    run = step.run
    outcome = shield.guard(run.scope, run.definition.fn, run.args, run.kwargs, go_on)
    if type(outcome.value) is GeneratorType:
        return shield.guard(run.scope, list, (outcome.value,), None, go_on)
    return outcome


def _hook_call(step: HookCall, shield: Shield, go_on: GoOn) -> Outcome:
    hook_run, token = step.hook_run, step.token
    seconds = hook_run.hook.timeout_seconds
    if seconds is not None:
        deadlines.add(hook_run, seconds, token.time_out)
    entered = holding.set(hook_run)
    try:
        outcome = shield.guard(token, step.call, (step.moment,), None, go_on)
        return on_loop(outcome.value, token) if _awaits(outcome) else outcome
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
    if step.token.due() or gate.try_take(step.hook_run):
        return True
    gate.on_free(wake)
    return False


def _sleep(step: Sleep, _shield: Shield, _go_on: GoOn) -> Outcome:
    nudge: SimpleQueue[None] = SimpleQueue()
    unwatch = step.token.watch(partial(nudge.put, None))
    waiting.until(lambda: step.token.reason is not None, nudge, pace(step.seconds))
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


def pace(seconds: float) -> float:
    """Give how long a wait between tries really takes; `hookcell.testing` makes it nothing."""
    return seconds


# -- async ---------------------------------------------------------------------------------------------------------


class _Loops:
    """Which token guards the code that an asyncio task is in: a stop cancels the task only there."""

    def __init__(self) -> None:
        self._armed: dict[Any, CancelToken] = {}

    def lower(self, task: Any) -> CancelToken | None:
        return self._armed.pop(task, None)

    def raise_again(self, task: Any, outer: CancelToken | None) -> None:
        if outer is not None:
            self._armed[task] = outer
            if outer.due():
                outer.heard = outer.presses
                raise interrupted_error()

    def arm(self, task: Any, token: CancelToken) -> None:
        self._armed[task] = token

    def guards(self, task: Any, token: CancelToken) -> bool:
        return self._armed.get(task) is token


_loops = _Loops()


async def adrive(plan: Plan, run: Run) -> BaseException | None:
    """Perform a run's steps on the running event loop until it is over.

    Returns:
        A cancellation that came from outside while hookcell's own code ran, to be raised once the run is over.
    """
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    task = asyncio.current_task()
    entered = current.set(run)
    foreign: BaseException | None = None
    outcome: Outcome | None = None
    try:
        while (step := advance(plan, outcome)) is not None:
            try:
                outcome = await APERFORM[step.__class__](step, task)
            except asyncio.CancelledError as error:  # cancelled from outside while we wait: the run's end comes first
                foreign, outcome = error, Outcome(None, error)
    except GeneratorExit:
        _abandon(run)
        raise
    finally:
        _reset(current, entered)
    return foreign


async def acall(
    begin: Callable[[], Run], life_of: Callable[[Run], Plan], ending: Callable[[Run], tuple[Any, BaseException | None]]
) -> Any:
    """Run an async flow or task for whoever awaits this; give what `ending` gives, or raise it."""
    __tracebackhide__ = True
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    task = asyncio.current_task()
    outer = _loops.lower(task)
    run = begin()
    token = run.token
    opened = run.parent is None and main_shield().open(token)
    try:
        foreign = await adrive(life_of(run), run)
    finally:
        if opened:
            main_shield().close(token)
    _loops.raise_again(task, outer)
    value, error = ending(run)
    if token.reason == "interrupt" and (run.state.is_cancelled() or not token.heard):
        error = interrupted_error(f"{run.definition.kind} run {run.name!r}")
    if error is not None or foreign is not None:
        raise _safe(foreign or error, nested=outer is not None)
    return value


def _safe(error: BaseException | None, *, nested: bool) -> BaseException:
    """Give what an async call may raise: SystemExit would kill the loop of a task that we do not know."""
    assert error is not None  # noqa: S101 -- the caller has one
    if nested or not isinstance(error, SystemExit | KeyboardInterrupt):
        return error
    crash = CrashedRun(f"{crash_message(error)} ({type(error).__name__}: {error})")
    crash.__cause__ = error
    return crash


def _reset(variable: Any, token: Any) -> None:
    try:
        variable.reset(token)
    except ValueError:  # the coroutine was closed by the garbage collector, in another context
        pass


def _abandon(run: Run) -> None:
    """End a run whose coroutine was closed before its end: no hook can run any more."""
    run.enter(State(CRASHED, None, "Its coroutine was closed before the run ended."))
    run.token = run.scope = SPENT


async def _abody(step: Body, task: Any) -> Outcome:
    """Call the body and await what it gives; a plain function is stopped by the thread's shield as anywhere."""
    run = step.run
    outcome = _body(step, shield_here(), None)
    if not _awaits(outcome):
        return outcome
    return await _awaited(outcome.value, run.scope, task)


def _awaits(outcome: Outcome) -> bool:
    return outcome.error is None and outcome.value is not None and hasattr(outcome.value, "__await__")


async def _ahook_call(step: HookCall, task: Any) -> Outcome:
    hook_run, token = step.hook_run, step.token
    seconds = hook_run.hook.timeout_seconds
    if seconds is not None:
        deadlines.add(hook_run, seconds, token.time_out)
    entered = holding.set(hook_run)
    try:
        outcome = shield_here().guard(token, step.call, (step.moment,), None, None)
        return await _in_own_task(outcome.value, token, task) if _awaits(outcome) else outcome
    finally:
        _reset(holding, entered)
        deadlines.remove(hook_run)


async def _in_own_task(awaitable: Awaitable[Any], token: CancelToken, task: asyncio.Task[Any]) -> Outcome:
    """Await a hook in a task of its own, so that one that swallows its cancellation can be left behind."""
    loop = task.get_loop()
    own = loop.create_task(_on_this_loop(awaitable, token))
    try:
        await _nudged(partial(_when_over, own, token))
        if not own.done():  # told to stop: it has a moment to do so
            await _nudged(partial(_when_over, own, None), GRACE)
    finally:
        if not own.done():
            own.cancel()
            _keep(own)
    return _outcome_of(own) if own.done() else Outcome(None, interrupted_error())


def _when_over(
    task: asyncio.Task[Any], token: CancelToken | None, wake: Callable[[], None]
) -> Callable[[], None] | None:
    task.add_done_callback(lambda _: wake())
    return token.watch(lambda: wake() if token.heard or token.due() else None) if token is not None else None


async def _awaited(awaitable: Awaitable[Any], token: CancelToken, task: asyncio.Task[Any]) -> Outcome:
    with TaskGuard(token, task):
        try:
            return Outcome(await awaitable)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 -- carried: raised in a task of a loop it could kill the kernel
            return Outcome(None, error)


class TaskGuard:
    """Lets a stop cancel an asyncio task while it is in the code that a token guards, and only there."""

    def __init__(self, token: CancelToken, task: asyncio.Task[Any]) -> None:
        self._token, self._task = token, task
        self._cancels = 0
        self._unwatch: Callable[[], None] | None = None

    def __enter__(self) -> None:
        _loops.arm(self._task, self._token)
        self._unwatch = self._token.watch(partial(_wake_loop, self._task.get_loop(), self._stop))

    def _stop(self) -> None:
        if _loops.guards(self._task, self._token) and self._token.due():
            self._token.heard = self._token.presses
            self._cancels += 1
            self._task.cancel()

    def __exit__(self, *_error: object) -> None:
        if self._unwatch is not None:
            self._unwatch()
        _loops.lower(self._task)
        for _ in range(self._cancels):
            self._task.uncancel()


async def _atake_gate(step: TakeGate, _task: Any) -> Outcome:
    while not (step.token.due() or gate.try_take(step.hook_run)):
        await _nudged(partial(_when_free, step.token))
    return DONE


def _when_free(token: CancelToken, wake: Callable[[], None]) -> Callable[[], None]:
    forget, unwatch = gate.on_free(wake), token.watch(wake)

    def end() -> None:
        forget()
        unwatch()

    return end


async def _asleep(step: Sleep, _task: Any) -> Outcome:
    await _nudged(step.token.watch, pace(step.seconds))
    return DONE


async def _await_step(step: Wait, _task: Any) -> Outcome:
    await until_done(step.futures, step.token, step.seconds)
    return DONE


async def until_done(futures: Sequence[Any], token: CancelToken | None = None, seconds: float | None = None) -> None:
    """Await until futures are done, the token is cancelled, or so many seconds have passed."""
    deadline = None if seconds is None else time.monotonic() + seconds
    for future in futures:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not future.done():
            await _nudged(partial(_when_done, future, token), left)
        if token is not None and token.reason is not None:
            return


async def await_futures(futures: Sequence[Any]) -> None:
    """Await futures for user code: a hook that waits lends the gate meanwhile."""
    lent = gate.lend()
    try:
        await until_done(futures)
    finally:
        while lent and not gate.try_return(lent):
            await _nudged(gate.on_free)


def _wake_loop(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(wake)
    except RuntimeError:  # the loop was closed, so nobody waits any more
        pass


def _when_done(future: Any, token: CancelToken | None, wake: Callable[[], None]) -> Callable[[], None] | None:
    future.on_done(wake)
    return token.watch(wake) if token is not None else None


async def _nudged(subscribe: Callable[[Callable[[], None]], Any], seconds: float | None = None) -> None:
    """Await one call of the function that `subscribe` is given, from any thread, or so many seconds."""
    import asyncio  # noqa: PLC0415 -- loaded by whoever runs a loop

    loop = asyncio.get_running_loop()
    nudge = loop.create_future()

    def wake() -> None:
        if not nudge.done():
            nudge.set_result(None)

    unsubscribe = subscribe(partial(_wake_loop, loop, wake))
    timer = loop.call_later(seconds, wake) if seconds is not None else None
    try:
        await nudge
    finally:
        if timer is not None:
            timer.cancel()
        if callable(unsubscribe):
            unsubscribe()


APERFORM: dict[type, Callable[[Any, Any], Awaitable[Outcome]]] = {
    Body: _abody,
    HookCall: _ahook_call,
    TakeGate: _atake_gate,
    Sleep: _asleep,
    Wait: _await_step,
}


_interrupted: type[BaseException] | None = None


def interrupted_error(what: str = "the run") -> BaseException:
    """Make what an async call raises after an Interrupt: an asyncio.CancelledError, because a loop survives that."""
    global _interrupted  # noqa: PLW0603 -- asyncio is not imported before somebody uses it
    if _interrupted is None:
        import asyncio  # noqa: PLC0415

        _interrupted = type("RunInterrupted", (asyncio.CancelledError,), {"__module__": RunInterrupted.__module__})
    return _interrupted(f"{what} was interrupted")


# -- async work for sync callers -----------------------------------------------------------------------------------


class _Background:
    """One event loop in a daemon thread, for async hooks and submitted async tasks of sync code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ident: int | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                import asyncio  # noqa: PLC0415 -- slow to import, and most sync code needs no loop

                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(target=self._loop.run_forever, name="hookcell-loop", daemon=True)
                thread.start()
                self.ident = thread.ident
            return self._loop


background: _Background = _Background()


def spawn(plan: Plan, run: Run, future: Any) -> None:
    """Drive a submitted async run: on the loop of the async run that submitted it, else on the background loop."""
    own = sys.modules["asyncio"]._get_running_loop() if "asyncio" in sys.modules else None
    parent = run.parent
    loop = own if own is not None and parent is not None and parent.definition.is_async else background.loop()
    future.loop_ident = threading.get_ident() if loop is own else background.ident
    loop.call_soon_threadsafe(lambda: _keep(loop.create_task(adrive(plan, run))), context=future.context)


_tasks: set[Any] = set()


def _keep(task: Any) -> None:
    """Hold a task that nobody else does: the loop itself only holds weak references."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def on_loop(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    """Await something for sync code, on the user's own loop if it is patched for that, else on the background loop."""
    if (patched := _patched_loop()) is not None:
        return patched.run_until_complete(_on_this_loop(awaitable, token))  # type: ignore[no-any-return]
    if threading.get_ident() == background.ident:
        return _in_thread(awaitable, token)
    loop = background.loop()
    result: SimpleQueue[Outcome | None] = SimpleQueue()

    def start() -> None:
        task = loop.create_task(_on_this_loop(awaitable, token))
        task.add_done_callback(lambda done: result.put(_outcome_of(done)))
        _keep(task)

    loop.call_soon_threadsafe(start)
    return _get_or_leave(result, token)


def _get_or_leave(result: SimpleQueue[Outcome | None], token: CancelToken) -> Outcome:
    """Wait for an outcome; what was told to stop and does not is left behind after a moment."""
    unwatch = token.watch(partial(result.put, None))
    limit: float | None = None
    try:
        while (outcome := result.get(timeout=limit)) is None:
            limit = GRACE if token.heard or token.due() else None
    except Empty:
        return Outcome(None, interrupted_error())
    finally:
        unwatch()
    return outcome


def _outcome_of(task: Any) -> Outcome:
    if task.cancelled():
        return Outcome(None, interrupted_error())
    return task.result()  # type: ignore[no-any-return]


async def _on_this_loop(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    import asyncio  # noqa: PLC0415

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- we are in one
    return await _awaited(awaitable, token, task)


def _in_thread(awaitable: Awaitable[Any], token: CancelToken) -> Outcome:
    """Await something for sync code that runs on the background loop itself, where it would wait for itself."""
    import asyncio  # noqa: PLC0415
    import contextvars  # noqa: PLC0415

    result: SimpleQueue[Outcome | None] = SimpleQueue()
    context = contextvars.copy_context()
    work = partial(context.run, lambda: result.put(asyncio.run(_on_this_loop(awaitable, token))))
    threading.Thread(target=work, name="hookcell-await", daemon=True).start()
    return _get_or_leave(result, token)


async_mode = "background"


def _patched_loop() -> Any:
    """Give the running loop if it can be run from inside (nest_asyncio), or the user asked for that."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not (hasattr(asyncio, "_nest_patched") or async_mode == "nested"):
        return None
    return asyncio._get_running_loop()


# -- parked --------------------------------------------------------------------------------------------------------


class Parked:
    """A run whose body is somebody else's to run: stop at the body, resume with what it did.

    >>> from hookcell import flow
    >>> from hookcell.drive import Outcome, Parked
    >>> from hookcell.engine import life_of
    >>> run = flow(name="cell")(lambda: None).begin((), {})
    >>> parked = Parked(life_of(run), run)
    >>> parked.to_body()
    True
    >>> parked.run.state.name
    'Running'
    >>> parked.resume(Outcome(42))
    False
    >>> parked.run.state.result()
    42
    """

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan, self.run = plan, run

    def to_body(self) -> bool:
        """Perform the steps before the body; False if there will be no body."""
        return self.resume(None)

    def resume(self, outcome: Outcome | None) -> bool:
        """Go on after the body, to the next try's body (True) or to the end (False)."""
        shield = shield_here()
        entered = current.set(self.run)
        try:
            while (step := advance(self.plan, outcome)) is not None:
                if type(step) is Body:
                    return True
                outcome = PERFORM[step.__class__](step, shield, None)
            return False
        finally:
            current.reset(entered)

    async def aresume(self, outcome: Outcome | None) -> bool:
        """Go on like `resume`, without blocking the event loop."""
        import asyncio  # noqa: PLC0415

        task = asyncio.current_task()
        entered = current.set(self.run)
        try:
            while (step := advance(self.plan, outcome)) is not None:
                if type(step) is Body:
                    return True
                outcome = await APERFORM[step.__class__](step, task)
            return False
        finally:
            _reset(current, entered)
