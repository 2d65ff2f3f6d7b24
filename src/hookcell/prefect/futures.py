"""Prefect's futures: hookcell's own, and those that wrap a future of somebody else's."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell import upstream
from hookcell.errors import UpstreamTaskError, describe
from hookcell.futures import DoneAndNotDone, Future, FutureList, as_completed, wait
from hookcell.prefect.outside import DEPLOY, SERVER, stub
from hookcell.prefect.states import Completed, Failed, Pending
from hookcell.states import COMPLETED, State

if TYPE_CHECKING:
    import concurrent.futures
    from uuid import UUID

R = TypeVar("R")


class PrefectFuture(Future[R]):
    """A run that will end."""

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """Wait for the run, and give what it returned or raise what it raised.

        Args:
            timeout: Most seconds to wait; None for no limit.
            raise_on_failure: False returns the exception instead of raising it.
        """
        __tracebackhide__ = True
        result = Future.result(self, timeout, raise_on_failure=raise_on_failure)
        if isinstance(result, UpstreamTaskError):
            raise result  # it never ran, so it has neither a result nor a failure
        return result


class _Elsewhere:
    """Stands for a run that a future of somebody else's carries out."""

    left_behind = False

    def __init__(self, task_run_id: UUID, wrapped: concurrent.futures.Future[Any]) -> None:
        self.id, self.name, self._wrapped = task_run_id, str(task_run_id), wrapped
        # What a subclass of the user's says that it ended in.
        self.final: State[Any] | None = None

    @property
    def state(self) -> State[Any]:
        """The state that the wrapped future has given, or what stands for it."""
        if self.final is not None:
            return self.final
        if not self._wrapped.done():
            return Pending()
        try:
            given = self._wrapped.result()
        except BaseException as error:  # noqa: BLE001 -- it is the run's end, whatever it is
            return Failed(message=describe(error), data=error)
        return given if isinstance(given, State) else Completed(data=given)

    def cancel(self) -> bool:
        """Cancel the wrapped future."""
        return self._wrapped.cancel()

    def note(self, line: str) -> None:
        """There is nobody to tell."""


class PrefectWrappedFuture(PrefectFuture[R]):
    """A future of somebody else's, whose result is a state or a value.

    Args:
        task_run_id: What the run is known by.
        wrapped_future: A future of `concurrent.futures`, or one that looks like it.
    """

    def __init__(self, task_run_id: UUID, wrapped_future: Any) -> None:
        run: Any = _Elsewhere(task_run_id, wrapped_future)
        Future.__init__(self, run, contextvars.copy_context())
        self._wrapped_future = wrapped_future
        wrapped_future.add_done_callback(lambda _: self.resolve())

    @property
    def wrapped_future(self) -> Any:
        """The wrapped future."""
        return self._wrapped_future

    @property
    def _final_state(self) -> State[Any] | None:
        """What the run ended in: a subclass may set it, whatever its wrapped future does."""
        return self.run.state if self.done() else None

    @_final_state.setter
    def _final_state(self, state: State[Any]) -> None:
        stand_in: Any = self.run
        stand_in.final = state
        self.resolve()


class PrefectConcurrentFuture(PrefectWrappedFuture[R]):
    """A task run in a thread: what `.submit()` gives."""


class EngineFuture(PrefectConcurrentFuture[R]):
    """A task run of this session's."""

    __init__ = Future.__init__

    @property
    def wrapped_future(self) -> EngineFuture[R]:
        """Itself: it wraps nothing."""
        return self


EngineFuture.__name__ = EngineFuture.__qualname__ = "PrefectConcurrentFuture"

PrefectTaskRunFuture = PrefectFuture
DoneAndNotDoneFutures = DoneAndNotDone
PrefectFutureList = FutureList
PrefectDistributedFuture = stub("PrefectDistributedFuture", SERVER)
PrefectFlowRunFuture = stub("PrefectFlowRunFuture", DEPLOY)


def resolve_futures_to_states(expr: Any) -> Any:
    """Wait for the futures in a value, and give it with their states in their places."""
    return _resolved(expr, upstream.state_of)


def resolve_futures_to_results(expr: Any) -> Any:
    """Wait for the futures in a value, and give it with their results in their places.

    Raises:
        Exception: One of them did not complete.
    """
    return _resolved(expr, _result_of)


def _resolved(expr: Any, resolve: Any) -> Any:
    wait([one for one in upstream.awaited_in((expr,)) if isinstance(one, Future)])
    resolved = upstream.replaced(expr, lambda one: resolve(one) if isinstance(one, Future) else one)
    return list(resolved) if isinstance(resolved, FutureList) else resolved


def _result_of(future: Future[Any]) -> Any:
    if future.state.type is not COMPLETED:
        raise Exception("At least one result did not complete successfully")  # noqa: TRY002 -- Prefect's
    return future.result()


__all__ = [
    "DoneAndNotDoneFutures",
    "PrefectConcurrentFuture",
    "PrefectDistributedFuture",
    "PrefectFlowRunFuture",
    "PrefectFuture",
    "PrefectFutureList",
    "PrefectTaskRunFuture",
    "PrefectWrappedFuture",
    "as_completed",
    "resolve_futures_to_results",
    "resolve_futures_to_states",
    "wait",
]
