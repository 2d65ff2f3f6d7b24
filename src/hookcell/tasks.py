"""Tasks: functions whose calls are runs inside a flow, or on their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, Self, TypeVar, overload

from hookcell import background, calls, mapping, streams
from hookcell.definitions import OPTIONS, Definition
from hookcell.engine import begin
from hookcell.futures import Future, FutureList
from hookcell.injection import provide
from hookcell.runs import TaskRun, current
from hookcell.upstream import wait_for_futures

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.states import State

C = TypeVar("C", bound=type)
P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")


class Task(Definition, Generic[P, R]):
    """A function whose calls are task runs; made by `task`."""

    kind: str = "task"
    run_class: Callable[..., TaskRun] = TaskRun
    future_class: type[Future[Any]] = Future
    # Whether a submitted async run is driven on an event loop of its own, in a worker of the runner: then whoever waits
    # for it may block any other loop.
    own_thread: bool = False

    def __init__(self, fn: Callable[P, R], **options: Any) -> None:
        super().__init__(fn, options)

    def begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None, *, mapped: bool = False
    ) -> TaskRun:
        """Begin a run: it exists and is Pending; the caller drives it."""
        run = self.run_class(self, current.get(), args, kwargs)
        if mapped:  # negative, it shows its number always: a flag of its own would cost every run 8 bytes
            run.ordinal = ~run.ordinal
        if args or kwargs or wait_for is not None:
            wait_for_futures(run, wait_for)
        begin(run)
        return run

    # No function has parameters of the names that the implementation adds: they are reserved.
    @overload
    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, /, *args: Any, return_state: Literal[True], wait_for: Any = ..., **kwargs: Any) -> State[R]: ...
    def __call__(  # type: ignore[misc]
        self, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        """Run the task here and now; of an async task, give the coroutine that does.

        Args:
            *args, **kwargs: For the function; futures and states in them are replaced by their results.
            return_state: Give the final state instead of the result, and do not raise if the task failed.
            wait_for: Futures and background runs to wait for first.

        Raises:
            Exception: Whatever the function raised.
            UpstreamTaskError: A run that an argument comes from did not complete.
            CancelledRun: The run was cancelled.
            RunInterrupted: The kernel's Interrupt stopped it, also with `return_state`.
        """
        __tracebackhide__ = True
        if self.streams:
            return streams.start(self, args, kwargs, wait_for, return_state=return_state)
        if self.is_async:
            return calls.call_async(self, args, kwargs, wait_for, return_state=return_state)
        run, error = calls.call(self, args, kwargs, wait_for, return_state=return_state)
        if error is not None:
            raise error
        return run.state if return_state else run.state.data

    def submit(self, /, *args: Any, wait_for: Any = None, **kwargs: Any) -> Future[R]:
        """Run the task on its flow's runner (threads, unless the flow says otherwise), and go on at once.

        Args:
            *args, **kwargs: For the function; it starts when the futures in them are done.
            wait_for: Futures and background runs to wait for first.

        Returns:
            The future of the run. Its flow does not end before it.
        """
        return calls.submit(self, args, kwargs, wait_for)

    def start(self, /, *args: Any, wait_for: Any = None, **kwargs: Any) -> TaskRun:
        """Run the task in the background, in a thread of its own and outside any flow, and go on at once.

        See `Flow.start`; inside a flow `submit` is what one wants.

        Args:
            *args, **kwargs: For the function; it starts when the futures in them are done.
            wait_for: Futures and background runs to wait for first.
        """
        __tracebackhide__ = True
        return background.start(self, args, kwargs, wait_for)  # type: ignore[return-value] # a task's runs are

    def map(self, /, *args: Any, wait_for: Any = None, **kwargs: Any) -> FutureList[R]:
        """Submit the task once for each item of its iterable arguments; other arguments go to every run.

        Args:
            *args, **kwargs: For the function; `unmapped(x)` goes to every run as it is, and of what stands in another
                annotation each item is annotated. A future or state is waited for, and its result mapped over.
            wait_for: Futures and background runs to wait for first.

        Raises:
            MappingMissingIterable: No argument is iterable (texts do not count).
            MappingLengthMismatch: Iterables have different lengths.
            UpstreamTaskError: A future or state that was to be mapped over did not complete.

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
        runs, after = mapping.calls_of(self.name, args, kwargs, wait_for)
        return FutureList([calls.submit(self, placed, named, after, mapped=True) for placed, named in runs])

    def with_options(self, **changes: Any) -> Task[P, R]:
        """Make a copy with some options changed; None keeps an option, `[]` clears hooks."""
        _check_options(changes)
        return type(self)(self.decorated, **self._options_with(changes))

    # Type checkers leave the class of a class method among the parameters.
    @overload
    def __get__(self: Task[Concatenate[C, Q], R], instance: object, owner: C) -> Task[Q, R]: ...
    @overload
    def __get__(self, instance: None, owner: type | None = ...) -> Self: ...
    @overload
    def __get__(self: Task[Concatenate[S, Q], R], instance: S, owner: type | None = ...) -> Task[Q, R]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Be a method of a class it stands in: found on an instance, it is a copy that is bound to it."""
        return self.found_on(instance, owner)


def _check_options(options: dict[str, Any]) -> None:
    calls.check_options("task", options, OPTIONS)


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *,
    name: str | None = ...,
    description: str | None = ...,
    version: str | None = ...,
    run_name: str | Callable[..., Any] | None = ...,
    retries: int | None = ...,
    retry_delay_seconds: Any = ...,
    retry_jitter_factor: float | None = ...,
    retry_condition_fn: Callable[..., Any] | None = ...,
    timeout_seconds: float | None = ...,
    validate_parameters: bool | None = ...,
    log_prints: bool | None = ...,
    tags: Any = ...,
    **hooks: Any,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(fn: Any = None, /, **options: Any) -> Any:
    """Make a task of a function.

    Args:
        fn: The function, sync or async; in a class, a method, also with `classmethod` or `staticmethod`.
        name: What to call it; the function's name if None.
        description: What it does; the function's docstring if None.
        version: A text that says which one it is.
        run_name: What to call its runs: a template of their parameters ("load-{day}", attributes and formats as in
            `str.format`; of a method also "{self.x}"), or a function, which may take all of them as `parameters`.
            It is asked once, when the run starts.
        retries: How often to try again after a failure.
        retry_delay_seconds: Seconds before a retry: a number, a list (the last repeats), or a function of `retries`
            (`exponential_backoff(10)` gives 10, 20, 40, ...).
        retry_jitter_factor: Makes each delay one drawn by chance, at most `delay * (1 + factor)`, in the mean `delay`.
        retry_condition_fn: Asked whether a failure is worth a retry that is left: any callable, sync or async, that
            takes what a hook takes. If it raises, or takes longer than a minute, the answer is no.
        timeout_seconds: Seconds after which a try is stopped and fails.
        validate_parameters: Whether to convert and check arguments by their annotations (off unless asked for).
        log_prints: Whether what it prints becomes log lines too; as its flow does if None.
        tags: Texts that its runs carry.
        **hooks: `on_running`, `on_completion` (or `on_success`), `on_failure`, `on_cancellation`, `on_crashed`,
            `on_retry`, `on_cached`, `on_end`, `on_transition`: one callable or a list.

    Raises:
        HookSignatureError: A hook, or `retry_condition_fn`, could not be called.
        ReservedArgumentError: The function has a parameter called `return_state` or `wait_for`.
        UnknownOptionError: There is no such option, or it cannot have that value.

    >>> from hookcell import task
    >>> @task(retries=2)
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    >>> class Shop:
    ...     name = "corner"
    ...     @task(run_name="{self.name}: {day}", on_completion=lambda task, run: print(run.name))
    ...     def sales(self, day):
    ...         return 3
    >>> Shop().sales("mon")
    corner: mon
    3
    """
    _check_options(options)
    if fn is None:
        return lambda function: Task(function, **options)
    return Task(fn, **options)


provide(Task, lambda moment: moment.definition if isinstance(moment.definition, Task) else None, scope="task")
