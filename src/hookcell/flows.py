"""Flows: functions whose calls are runs, with tasks inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, Self, TypeVar, overload

from hookcell import background, calls, rerun, streams
from hookcell.definitions import OPTIONS, Definition
from hookcell.engine import begin
from hookcell.errors import UnknownOptionError
from hookcell.hooks import NO_HOOKS, Hooks
from hookcell.injection import provide
from hookcell.runners.local import make_runner
from hookcell.runs import FlowRun, current, flow_run_of
from hookcell.upstream import wait_for_futures

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runners.local import Runner
    from hookcell.states import State

C = TypeVar("C", bound=type)
P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")


class Flow(Definition, Generic[P, R]):
    """A function whose calls are flow runs; made by `flow`."""

    kind: str = "flow"
    run_class: Callable[..., FlowRun] = FlowRun

    def __init__(self, fn: Callable[P, R], **options: Any) -> None:
        super().__init__(fn, options)
        self.make_runner: Callable[[], Runner] = make_runner(options.get("runner"))
        each_task = options.get("each_task") or NO_HOOKS
        if not isinstance(each_task, Hooks):
            raise UnknownOptionError(
                f"each_task of {self.name!r} is {each_task!r}; write each_task=Hooks(on_failure=...)"
            )
        self.each_task: Hooks = each_task.plan("task") if each_task else NO_HOOKS

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None) -> FlowRun:
        """Begin a run: it exists and is Pending; the caller drives it."""
        run = self.run_class(self, current.get(), args, kwargs)
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
        """Run the flow; of an async flow, give the coroutine that does.

        Args:
            *args, **kwargs: For the function.
            return_state: Give the final state instead of the result, and do not raise if the flow failed.
            wait_for: Futures and background runs to wait for first.

        Raises:
            Exception: Whatever the function raised.
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

    @overload
    def start(self, /, *args: P.args, **kwargs: P.kwargs) -> FlowRun: ...
    @overload
    def start(self, /, *args: Any, wait_for: Any = ..., **kwargs: Any) -> FlowRun: ...
    def start(self, /, *args: Any, wait_for: Any = None, **kwargs: Any) -> FlowRun:
        """Run the flow in the background, in a thread of its own, and go on at once.

        What it prints, and what its hooks do, reaches the cell that started it, also when that has ended. It is always
        an outermost run, also where another run starts it: it has no parent, and nothing waits for it or stops it but
        by its own methods. An async flow gets an event loop of its own there; of a generator the result is the list of
        its items. A script does not end before it; a kernel that is shut down cancels it.

        Args:
            *args, **kwargs: For the function.
            wait_for: Futures and background runs to wait for first.

        Returns:
            The run: `run.result()` and `await run` give what a call would, `run.wait()` its state, `run.cancel()` stops
            it, `run.again()` and `run.retry()` run it once more.

        >>> from hookcell import flow
        >>> @flow
        ... def double(x):
        ...     return 2 * x
        >>> run = double.start(21)
        >>> run.result()
        42
        """
        __tracebackhide__ = True
        return background.start(self, args, kwargs, wait_for)  # type: ignore[return-value] # a flow's runs are

    def retry(self, run: FlowRun) -> FlowRun:
        """Run this flow in the background with the arguments of an earlier run, and take over what has completed there.

        It is `run.retry()`, but for a flow that has been mended since, and so is not the one that the run is of.

        Args:
            run: The earlier run, of this flow or of another one that takes such arguments.

        Raises:
            CannotRunAgain: It is not over yet.
        """
        __tracebackhide__ = True
        return rerun.retry(run, self)  # type: ignore[return-value] # a flow's runs are

    def with_options(self, **changes: Any) -> Flow[P, R]:
        """Make a copy with some options changed; None keeps an option, `[]` clears hooks."""
        _check_options(changes)
        return type(self)(self.decorated, **self._options_with(changes))

    # Type checkers leave the class of a class method among the parameters.
    @overload
    def __get__(self: Flow[Concatenate[C, Q], R], instance: object, owner: C) -> Flow[Q, R]: ...
    @overload
    def __get__(self, instance: None, owner: type | None = ...) -> Self: ...
    @overload
    def __get__(self: Flow[Concatenate[S, Q], R], instance: S, owner: type | None = ...) -> Flow[Q, R]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Be a method of a class it stands in: found on an instance, it is a copy that is bound to it."""
        return self.found_on(instance, owner)


_OPTIONS = OPTIONS | {"runner", "each_task"}


def _check_options(options: dict[str, Any]) -> None:
    calls.check_options("flow", options, _OPTIONS)


@overload
def flow(fn: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(
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
    runner: Any = ...,
    tags: Any = ...,
    each_task: Hooks | None = ...,
    **hooks: Any,
) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
def flow(fn: Any = None, /, **options: Any) -> Any:
    """Make a flow of a function.

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
        validate_parameters: Whether to convert and check arguments by their annotations (the default).
        log_prints: Whether what it prints becomes log lines too; as the flow around it does if None.
        runner: Where submitted tasks run: "threads" (the default), "inline", or `ThreadRunner(max_workers=...)`.
        tags: Texts that its runs carry.
        each_task: Hooks for each of its task runs that has no own hook of that kind.
        **hooks: `on_running`, `on_completion` (or `on_success`), `on_failure`, `on_cancellation`, `on_crashed`,
            `on_retry`, `on_cached`, `on_end`, `on_transition`: one callable or a list.

    Raises:
        HookSignatureError: A hook, or `retry_condition_fn`, could not be called.
        ReservedArgumentError: The function has a parameter called `return_state` or `wait_for`.
        UnknownOptionError: There is no such option, or it cannot have that value.

    >>> from hookcell import flow
    >>> @flow(on_completion=lambda flow, run, state: print(flow.name, state.name))
    ... def greet(who="you"):
    ...     return f"hello {who}"
    >>> greet()
    greet Completed
    'hello you'
    >>> @flow(run_name="report-{day:02d}", on_running=lambda flow, run, state: print(run.name))
    ... def report(day: int):
    ...     return day
    >>> report(7)
    report-07
    7
    """
    _check_options(options)
    if fn is None:
        return lambda function: Flow(function, **options)
    return Flow(fn, **options)


def _flow_of(run: Any) -> Any:
    flow_run = flow_run_of(run)
    return flow_run.definition if flow_run is not None else None


provide(Flow, lambda moment: _flow_of(moment.run))
