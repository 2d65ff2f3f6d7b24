"""Futures: the promise of a submitted run's end. One resolves after its run's hooks."""

from __future__ import annotations

import time
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from hookcell import drive, unseen
from hookcell.blocking import Arrivals, block, check_timeout, only_the_wait
from hookcell.errors import SelfWaitError, describe
from hookcell.runs import Run, current
from hookcell.states import COMPLETED, State, failure_of, unfinished
from hookcell.waiting import come_back, leave_place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

R = TypeVar("R")


class Future(Generic[R]):
    """A submitted run that will end.

    >>> from hookcell import flow, task
    >>> @task
    ... def double(x):
    ...     return 2 * x
    >>> @flow
    ... def doubles():
    ...     futures = [double.submit(x) for x in range(3)]
    ...     return [future.result() for future in futures]
    >>> doubles()
    [0, 2, 4]
    """

    __slots__ = ("_done", "_wakes", "context", "looked_at", "loop_ident", "run")

    run: Run
    context: Context
    looked_at: bool

    def __init__(self, run: Run, context: Context) -> None:
        self.run = run
        # The context it was submitted in: what the run prints there reaches the cell that submitted it.
        self.context = context
        # Thread of the event loop that drives the run, if one does: blocking it would wait for itself.
        self.loop_ident: int | None = None
        self.looked_at = False
        self._done = False
        self._wakes: list[Callable[[], Any]] = []

    @property
    def state(self) -> State[R]:
        """The run's present state."""
        self.looked_at = True
        return self.run.state

    @property
    def task_run_id(self) -> Any:
        """The run's id."""
        return self.run.id

    def done(self) -> bool:
        """Whether the run is over and its hooks have been called."""
        return self._done

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the run is over, or so many seconds; raises nothing."""
        __tracebackhide__ = True
        if not self.done():
            block([self], timeout)

    def result(self, timeout: float | None = None, *, raise_on_failure: bool = True) -> R:
        """Wait for the run, and give what it returned or raise what it raised.

        Args:
            timeout: Most seconds to wait; None for no limit.
            raise_on_failure: False returns the exception instead of raising it.

        Raises:
            TimeoutError: The run was not over in time.
            UpstreamTaskError: The run never started, because a run it depends on did not complete.
            SelfWaitError: Called on the event loop that has to drive the run; await the future instead.
        """
        __tracebackhide__ = True
        self.looked_at = True
        if not self.done() and block([self], timeout).left:
            raise TimeoutError(f"Task run {self.run.name!r} did not complete within {timeout} seconds")
        error = ending_of(self.run)
        if error is not None and raise_on_failure:
            raise error
        return self.run.state.data if error is None else error  # type: ignore[return-value]

    def cancel(self) -> bool:
        """Stop the run; False if it is already over."""
        return self.run.cancel()

    def add_done_callback(self, fn: Callable[[Future[R]], Any]) -> None:
        """Have `fn(future)` called once the run is over, at once if it is."""
        self.on_done(lambda: fn(self))

    def on_done(self, wake: Callable[[], Any]) -> None:
        """Have `wake()` called once the run is over, exactly once, at once if it is."""
        self._wakes.append(wake)
        if self._done:
            self._call_wakes(Exception)

    def forget(self, wake: Callable[[], Any]) -> None:
        """Undo `on_done`, if it has not been called yet."""
        try:
            self._wakes.remove(wake)
        except ValueError:
            pass

    def resolve(self) -> None:
        """Say that the run is over; only the engine calls this."""
        self._done = True
        self._call_wakes(BaseException)

    def _call_wakes(self, contained: type[BaseException]) -> None:
        """Call what waits; `pop` is atomic, so two threads never call the same one.

        Args:
            contained: What of a callback's errors goes no further: all of them where the engine calls it, but not
                where its own code does, which may be told to stop in the middle of it.
        """
        while self._wakes:
            try:
                wake = self._wakes.pop(0)
            except IndexError:
                return
            try:
                wake()
            except contained as error:  # a callback is the user's code; it must not break the run
                told = f"a done callback of {self.run.name!r} raised {describe(error)}; the run went on"
                self.run.note(told)

    def __await__(self) -> Generator[Any, None, R]:
        """Wait for the run without blocking the event loop, and give its result."""
        __tracebackhide__ = True
        self.looked_at = True
        if not self.done():
            left = leave_place()
            try:
                yield from drive.await_futures([self]).__await__()
            finally:
                come_back(left)
        if (error := ending_of(self.run)) is not None:
            raise error
        return self.run.state.data  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Future of {self.run!r}>"


def ending_of(run: Run) -> BaseException | None:
    """Give what a run that is over raises in its caller; None if it has a result."""
    state = run.state
    if state.type is COMPLETED:
        return None
    if not state.type.final:
        return state.exception or unfinished(state.type)
    if isinstance(state.data, list | tuple | set | frozenset) and getattr(run, "keeps_state", False):
        return None  # as in Prefect: the states that its function returned are in the caller's hands
    return failure_of(state)


class FutureList(list[Future[R]]):
    """The futures of a map, in the order of its items."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all are over, or so many seconds; raises nothing."""
        __tracebackhide__ = True
        wait(self, timeout)

    def result(self, timeout: float | None = None, *, raise_on_failure: bool = True) -> list[R]:
        """Wait for all and give their results in order, or raise the first failure as soon as there is one.

        Args:
            timeout: Most seconds to wait for all of them; None for no limit.
            raise_on_failure: False waits for all, and puts exceptions in the list instead of raising.

        Raises:
            TimeoutError: Not all were over in time.
        """
        __tracebackhide__ = True
        check_timeout(timeout)
        if pending := [future for future in self if not future.done()]:
            if raise_on_failure and (failed := next(filter(_failed, self), None)) is not None:
                failed.result()
            countdown = block(pending, timeout, stop_at=_failed if raise_on_failure else None)
            if countdown.found:
                countdown.found[0].result()
            if countdown.left:
                late = sum(not future.done() for future in self)
                raise TimeoutError(
                    f"Timed out waiting for all futures to complete within {timeout} seconds; "
                    f"{late} of {len(self)} task runs are not over"
                )
        return [future.result(raise_on_failure=raise_on_failure) for future in self]

    @property
    def states(self) -> list[State[R]]:
        """The present state of each."""
        return [future.state for future in self]


def _failed(future: Future[Any]) -> bool:
    # The state is looked at first, because of many futures most have completed.
    return future.run.state.type is not COMPLETED and future.done() and ending_of(future.run) is not None


# -- several -------------------------------------------------------------------------------------------------------


W = TypeVar("W", bound=Future[Any] | Run)


class DoneAndNotDone(NamedTuple, Generic[W]):
    """What `wait` gives.

    Attributes:
        done: The futures and runs that are over, however they ended.
        not_done: The others.
    """

    done: set[W]
    not_done: set[W]


def wait(futures: Iterable[W], timeout: float | None = None) -> DoneAndNotDone[W]:
    """Wait until several runs are over; raises nothing for those that failed.

    Args:
        futures: What `.submit()` and `.map()` gave, and background runs.
        timeout: Most seconds to wait for all of them; None for no limit.

    Raises:
        ValueError: `timeout` is negative.
        SelfWaitError: The caller is part of one of the runs.
        RunInterrupted: The caller's run is to stop; outside any run, the kernel's Interrupt came, and the runs go on.

    >>> from hookcell import flow, task, wait
    >>> @task
    ... def double(x):
    ...     return 2 * x
    >>> @flow
    ... def doubles():
    ...     done, not_done = wait(double.map([1, 2, 3]))
    ...     return len(done), len(not_done)
    >>> doubles()
    (3, 0)
    """
    __tracebackhide__ = True
    check_timeout(timeout)
    standing = _standing_for(futures, "wait")
    pending = [future for future in dict.fromkeys(standing.values()) if not future.done()]
    if pending:
        asked_for = {future for one, future in standing.items() if isinstance(one, Run)}
        with unseen.looking_at([future for future in pending if future in asked_for]):
            only_the_wait(partial(block, pending, timeout), partial(_open, pending))
    done = {one for one, future in standing.items() if future.done()}
    _look_at_runs(done)
    return DoneAndNotDone(done, standing.keys() - done)


def _open(futures: Iterable[Future[Any]]) -> list[Run]:
    return [future.run for future in futures if not future.done()]


def _look_at_runs(several: Iterable[Future[Any] | Run]) -> None:
    """Note that somebody has asked how runs ended; who waits for a future still has to look at it."""
    for one in several:
        if isinstance(one, Run):
            unseen.look_at(one)


def as_completed(futures: Iterable[W], timeout: float | None = None) -> Iterator[W]:
    """Give futures one after another, each as soon as its run is over.

    Args:
        futures: What `.submit()` and `.map()` gave, and background runs.
        timeout: Most seconds to wait for all of them, from this call on; None for no limit.

    Returns:
        An iterator; one that is not gone through to its end stops no run.

    Raises:
        ValueError: `timeout` is negative.
        SelfWaitError: The caller is part of one of the runs.
        TimeoutError: Not all were over in time; raised by the iterator.
        RunInterrupted: As for `wait`; raised by the iterator.

    >>> from hookcell import as_completed, flow, task
    >>> @task
    ... def double(x):
    ...     return 2 * x
    >>> @flow
    ... def total():
    ...     return sum(future.result() for future in as_completed(double.map([1, 2, 3])))
    >>> total()
    12
    """
    __tracebackhide__ = True
    check_timeout(timeout)
    given: dict[Future[Any], list[W]] = {}
    for one, future in _standing_for(futures, "as_completed").items():
        given.setdefault(future, []).append(one)
    deadline = None if timeout is None else time.monotonic() + timeout
    return _one_by_one(Arrivals(given), given, deadline)


def _one_by_one(arrivals: Arrivals, given: dict[Future[Any], list[W]], deadline: float | None) -> Iterator[W]:
    __tracebackhide__ = True
    left = total = sum(map(len, given.values()))
    try:
        while given:
            seconds = None if deadline is None else deadline - time.monotonic()
            future = only_the_wait(partial(arrivals.next, seconds), partial(_open, given))
            if future is None:
                raise TimeoutError(f"{left} (of {total}) futures unfinished")
            several = given.pop(future)
            left -= len(several)
            _look_at_runs(several)
            yield from several
    finally:
        arrivals.give_up()


def _standing_for(several: Iterable[W], asked: str) -> dict[W, Future[Any]]:
    """Give futures and runs, each once, in their order, with the future that says when it is over.

    Raises:
        TypeError: There is something else among them.
    """
    __tracebackhide__ = True
    if isinstance(several, (Future, Run)):
        kind = "run" if isinstance(several, Run) else "future"
        raise TypeError(f"{asked} got one {kind} instead of several; write {asked}([{kind}])")
    here, standing = current.get(), {}
    for one in several:
        standing[one] = one if isinstance(one, Future) else stand_in(one, here, asked)
    return standing


def stand_in(run: Any, here: Run | None, asked: str) -> Future[Any]:
    """Give the future that stands for a run: its own while it is open; when it is over, one made for it.

    Args:
        run: What is to be waited for.
        here: The run that would wait, or whose code would.
        asked: What it was given to, for messages.

    Raises:
        SelfWaitError: The run would wait for itself.
        TypeError: It is no run, or one that was called and goes on elsewhere: that has no future.
    """
    __tracebackhide__ = True
    if not isinstance(run, Run):
        raise TypeError(
            f"{asked} got {run!r}, which is no future; it takes what .submit() and .map() give, and background runs"
        )
    refuse_to_wait_inside(run, here)
    future: Future[Any] | None = run.future
    if future is None:
        if not run.over:
            raise TypeError(f"{asked} got {run!r}, which was called, and is not over; write run.wait()")
        future = Future(run, Context())  # nothing happens in it any more
        future.resolve()
    return future


def refuse_to_wait_inside(run: Run, here: Run | None) -> None:
    """Refuse to wait for a run in its own code, or in that of a run or hook inside it: that would be for ever.

    Args:
        run: What is to be waited for.
        here: The run that would wait, or whose code would.

    Raises:
        SelfWaitError: It is.
    """
    __tracebackhide__ = True
    while here is not None:
        if here is run:
            whose = f"{run.definition.kind} run {run.name!r}"
            raise SelfWaitError(f"{whose} would wait for itself: wait for it outside its code and its hooks")
        here = here.parent
