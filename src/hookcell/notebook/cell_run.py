"""The run of a `%%flow` cell: the cell's own statements are its body, driven from around them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hookcell import drive
from hookcell.calls import close_runner
from hookcell.deadlines import deadlines
from hookcell.engine import life_of
from hookcell.errors import RunInterrupted
from hookcell.futures import ending_of
from hookcell.outcome import Outcome
from hookcell.runs import current
from hookcell.shield import main_shield, never_raise_in, shield_here
from hookcell.stops import unheard_stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextvars import Token
    from types import TracebackType

    from hookcell.cancel import CancelToken
    from hookcell.flows import Flow


class CellRun:
    """Yields one attempt for each try of a cell's body: `for attempt in run: with attempt: BODY`.

    Args:
        flow: What the cell is a run of; its own function is never called.
        parameters: What the run was given.
        keep: Puts its result where the cell asked for it; None if it did not.
    """

    def __init__(
        self, flow: Flow[..., Any], parameters: dict[str, Any], keep: Callable[[Any], None] | None = None
    ) -> None:
        self._flow, self._parameters, self._keep = flow, parameters, keep

    def __iter__(self) -> Iterator[Attempt]:
        """Begin the run; end when it is over, and fail if it never came to its body."""
        __tracebackhide__ = True
        attempt = Attempt(self._flow, self._parameters, self._keep, awaits=False)
        try:
            more = attempt.parked.to_body() or attempt.give_up()
            while more:
                yield attempt
                more = attempt.more
        finally:
            attempt.end()

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        """Begin the run; end when it is over, and fail if it never came to its body."""
        __tracebackhide__ = True
        attempt = Attempt(self._flow, self._parameters, self._keep, awaits=True)
        try:
            more = await attempt.parked.aresume(None) or attempt.give_up()
            while more:
                yield attempt
                more = attempt.more
        finally:
            attempt.end()


class Attempt:
    """One try of the body; the same object for every try of a run."""

    def __init__(
        self, flow: Flow[..., Any], parameters: dict[str, Any], keep: Callable[[Any], None] | None, *, awaits: bool
    ) -> None:
        self.value: Any = None
        self._keep = keep
        self.more = False
        self._awaits = awaits
        shield = shield_here()
        self._outer = shield.lower()
        self._opened = current.get() is None and main_shield().open()
        try:
            self.run = flow.begin((), parameters)
        except BaseException:
            if self._opened:
                main_shield().close(None)
            raise
        self.parked = drive.Parked(life_of(self.run), self.run)
        self._token: CancelToken = self.run.token
        if self._opened:
            main_shield().adopt(self._token)
        self._entered: Token[Any] | None = None
        self._guard: drive.TaskGuard | None = None

    # -- in a cell without await

    def __enter__(self) -> None:
        """Let the body begin."""
        self.value = None
        scope = self._begin_try()
        shield_here().armed = scope
        if scope.due():  # a stop came before the body: it is raised there, because from here it would leave the cell
            deadlines.add(self, 0.0, lambda: main_shield().poke(scope))

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool | None:
        """Take what the body did; swallow its error if there is another try."""
        __tracebackhide__ = True
        shield_here().armed = None
        self._end_try()
        self.more = self.parked.resume(self._outcome(error))
        return True if self.more else self._leave(error)

    # -- in a cell that awaits

    async def __aenter__(self) -> None:
        """Let the body begin."""
        self.value = None
        scope = self._begin_try()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a cell that awaits runs in one
        self._guard = drive.TaskGuard(scope, task)
        self._guard.__enter__()

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool | None:
        """Take what the body did; swallow its error if there is another try."""
        __tracebackhide__ = True
        if self._guard is not None:
            self._guard.__exit__()
        self._end_try()
        self.more = await self.parked.aresume(self._outcome(error))
        return True if self.more else self._leave(error)

    # -- both

    def _begin_try(self) -> CancelToken:
        self._entered = current.set(self.run)
        return self.run.scope

    def _end_try(self) -> None:
        if self._entered is not None:
            current.reset(self._entered)
            self._entered = None

    def _outcome(self, error: BaseException | None) -> Outcome:
        if error is not None:
            return Outcome(None, error)
        if self._keep is not None:  # in hand before the run is Completed, and its hooks look for it
            self._keep(self.value)
        return Outcome(self.value)

    def give_up(self) -> bool:
        """Let the cell fail if its run has ended before its first try: cancelled, say, or without a name."""
        __tracebackhide__ = True
        self._leave(None)
        return False

    def _leave(self, error: BaseException | None) -> bool:
        """Let the cell fail if the run did: with the body's own error and frames, if that is what ended it."""
        __tracebackhide__ = True
        self.end()
        ending = self._ending()
        if ending is None:
            return True
        if isinstance(ending, RunInterrupted) and isinstance(error, RunInterrupted):
            error.args = ending.args
            _cut_tail(error)
            return False
        if ending is error:
            return False
        raise ending.with_traceback(None) from None

    def _ending(self) -> BaseException | None:
        interrupted = drive.interrupted_error if self._awaits else RunInterrupted
        return unheard_stop(self.run, self._token, interrupted) or ending_of(self.run)

    def end(self) -> None:
        """Give the kernel's Interrupt back; a run that was left in the middle of its body has crashed."""
        if self._opened:
            self._opened = False
            main_shield().close(self._token)
        if not self.run.over:
            self._end_try()
            self.parked.resume(Outcome(None, GeneratorExit("the cell was left in the middle of its body")))
        close_runner(self.run)


never_raise_in(Attempt.__enter__, Attempt.__exit__, CellRun.__iter__)


def _cut_tail(error: BaseException) -> None:
    """End a traceback at the user's line that was interrupted: what follows is our signal handler."""
    trace = error.__traceback__
    while trace is not None:
        after = trace.tb_next
        if after is not None and after.tb_frame.f_code.co_filename.endswith("shield.py"):
            trace.tb_next = None
            return
        trace = after
