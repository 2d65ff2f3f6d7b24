"""Tasks: functions whose calls are runs inside a flow, or on their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, overload

from hookcell import calls
from hookcell.definitions import Definition
from hookcell.engine import begin
from hookcell.errors import MappingLengthMismatch, MappingMissingIterable
from hookcell.futures import Future, FutureList
from hookcell.injection import provide
from hookcell.runs import TaskRun, current
from hookcell.upstream import wait_for_futures

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.states import State

P = ParamSpec("P")
R = TypeVar("R")


class Task(Definition, Generic[P, R]):
    """A function whose calls are task runs; made by `task`."""

    kind: str = "task"
    run_class: type[TaskRun] = TaskRun
    future_class: type[Future[Any]] = Future

    def __init__(self, fn: Callable[P, R], **options: Any) -> None:
        super().__init__(fn, options)

    def begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None, *, mapped: bool = False
    ) -> TaskRun:
        """Begin a run: it exists and is Pending; the caller drives it."""
        run = self.run_class(self, current.get(), args, kwargs, mapped=mapped)
        if args or kwargs or wait_for is not None:
            wait_for_futures(run, wait_for)
        begin(run)
        return run

    # No function has parameters of the names that the implementation adds: they are reserved.
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, return_state: Literal[True], wait_for: Any = ..., **kwargs: Any) -> State[R]: ...
    def __call__(  # type: ignore[misc]
        self, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        """Run the task here and now; of an async task, give the coroutine that does.

        Args:
            *args, **kwargs: For the function; futures and states in them are replaced by their results.
            return_state: Give the final state instead of the result, and do not raise if the task failed.
            wait_for: Futures to wait for first.

        Raises:
            Exception: Whatever the function raised.
            UpstreamTaskError: A run that an argument comes from did not complete.
            CancelledRun: The run was cancelled.
            RunInterrupted: The kernel's Interrupt stopped it, also with `return_state`.
        """
        __tracebackhide__ = True
        if self.is_async:
            return calls.call_async(self, args, kwargs, wait_for, return_state=return_state)
        run, error = calls.call(self, args, kwargs, wait_for, return_state=return_state)
        if error is not None:
            raise error
        return run.state if return_state else run.state.data

    def submit(self, *args: Any, wait_for: Any = None, **kwargs: Any) -> Future[R]:
        """Run the task on its flow's runner (threads, unless the flow says otherwise), and go on at once.

        Args:
            *args, **kwargs: For the function; it starts when the futures in them are done.
            wait_for: Futures to wait for first.

        Returns:
            The future of the run. Its flow does not end before it.
        """
        return calls.submit(self, args, kwargs, wait_for)

    def map(self, *args: Any, wait_for: Any = None, **kwargs: Any) -> FutureList[R]:
        """Submit the task once for each item of its iterable arguments; other arguments go to every run.

        Raises:
            MappingMissingIterable: No argument is iterable (texts do not count).
            MappingLengthMismatch: Iterables have different lengths.

        >>> from hookcell import flow, task
        >>> @task
        ... def add(x, y):
        ...     return x + y
        >>> @flow
        ... def sums():
        ...     return add.map([1, 2, 3], 10).result()
        >>> sums()
        [11, 12, 13]
        """
        placed = [(value, calls.items_of(value)) for value in args]
        keyed = {name: (value, calls.items_of(value)) for name, value in kwargs.items()}
        columns: dict[Any, Any] = {**dict(enumerate(placed)), **keyed}
        count = _count(self.name, {place: items for place, (_, items) in columns.items() if items is not None})
        futures: FutureList[R] = FutureList()
        for i in range(count):
            positional = tuple([value if items is None else items[i] for value, items in placed])
            named = {name: value if items is None else items[i] for name, (value, items) in keyed.items()}
            futures.append(calls.submit(self, positional, named, wait_for, mapped=True))
        return futures

    def with_options(self, **changes: Any) -> Task[P, R]:
        """Make a copy with some options changed; None keeps an option, `[]` clears hooks."""
        _check_options(changes)
        return Task(self.fn, **self._options_with(changes))


def _count(name: str, columns: dict[Any, list[Any]]) -> int:
    if not columns:
        raise MappingMissingIterable(
            f"no argument of {name}.map(...) is iterable; pass a list, or call {name}.submit(...)"
        )
    lengths = {place: len(items) for place, items in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(
            f"argument {place if isinstance(place, str) else place + 1} has {n}" for place, n in lengths.items()
        )
        raise MappingLengthMismatch(
            f"the iterables given to {name}.map(...) differ in length: {told}; make them as long as each other"
        )
    return next(iter(lengths.values()))


_OPTIONS = frozenset(
    {"name", "description", "retries", "retry_delay_seconds", "timeout_seconds", "tags", "validate_parameters"}
)


def _check_options(options: dict[str, Any]) -> None:
    calls.check_options("task", options, _OPTIONS)


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *,
    name: str | None = ...,
    description: str | None = ...,
    retries: int | None = ...,
    retry_delay_seconds: Any = ...,
    timeout_seconds: float | None = ...,
    validate_parameters: bool | None = ...,
    tags: Any = ...,
    **hooks: Any,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(fn: Any = None, /, **options: Any) -> Any:
    """Make a task of a function.

    Args:
        fn: The function, sync or async.
        name: What to call it; the function's name if None.
        description: What it does; the function's docstring if None.
        retries: How often to try again after a failure.
        retry_delay_seconds: Seconds before a retry: a number, a list (the last repeats), or a function of `retries`.
        timeout_seconds: Seconds after which a try is stopped and fails.
        validate_parameters: Whether to convert and check arguments by their annotations (off unless asked for).
        tags: Texts that its runs carry.
        **hooks: `on_running`, `on_completion` (or `on_success`), `on_failure`, `on_cancellation`, `on_crashed`,
            `on_retry`, `on_cached`, `on_end`, `on_transition`: one callable or a list.

    Raises:
        HookSignatureError: A hook could not be called.
        ReservedArgumentError: The function has a parameter called `return_state` or `wait_for`.
        UnknownOptionError: There is no such option, or it cannot have that value.

    >>> from hookcell import task
    >>> @task(retries=2)
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    _check_options(options)
    if fn is None:
        return lambda function: Task(function, **options)
    return Task(fn, **options)


provide(Task, lambda moment: moment.definition if isinstance(moment.definition, Task) else None, scope="task")
