"""Prefect's tasks: hookcell's own, with Prefect's signature and strictness."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, overload

import hookcell.tasks as native
from hookcell import calls
from hookcell.errors import shown
from hookcell.names import plan_run_name
from hookcell.policies import exponential_backoff
from hookcell.prefect.cache_policies import refuse_cache
from hookcell.prefect.futures import EngineFuture
from hookcell.prefect.made_states import Failed
from hookcell.prefect.outside import RESULTS, SERVER, TRANSACTIONS, outside, stub
from hookcell.prefect.runs import begin_task_run
from hookcell.prefect.settings import PREFECT_TASK_DEFAULT_RETRIES, PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS
from hookcell.prefect.state import as_prefect
from hookcell.prefect.strictness import (
    HookAttributes,
    NotSet,
    changed,
    check_callable,
    check_retry_delay,
    check_retry_policy,
    check_run_name,
    first_set,
    hook_lists,
    key_of_task,
    name_of_task,
    naming,
    refuse_persistence,
)
from hookcell.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Several = Iterable[Callable[..., Any]] | None

P = ParamSpec("P")
R = TypeVar("R")


class Task(HookAttributes, native.Task[P, R]):
    """A function whose calls are task runs, as in Prefect.

    Args:
        fn: The function.
        name: What to call it; the function's name if None.
        description: What it does; the function's docstring if None.
        tags: Texts that its runs carry.
        version: A text.
        cache_policy, cache_key_fn, cache_expiration, refresh_cache: Not in hookcell, but for NO_CACHE.
        task_run_name: A template of its parameters, or a callable that gives the name of a run.
        retries, retry_delay_seconds, retry_jitter_factor, retry_condition_fn: How often to try again, after how many
            seconds (a number, a list, or a function of `retries`), how much longer by chance, and whether at all.
        persist_result, result_storage, result_serializer, result_storage_key: Not in hookcell.
        cache_result_in_memory: Not used: results are kept in memory.
        timeout_seconds: Seconds after which a try fails; None or 0 for no limit.
        log_prints: Whether prints become log lines; as around it if None.
        on_completion, on_failure, on_running: Lists of hooks.
        on_rollback, on_commit, asset_deps: Not in hookcell.
        viz_return_value: Not used.
        on_crashed, on_cancellation, on_retry, on_end, on_transition: hookcell's own additions.

    Raises:
        TypeError, ValueError, ReservedArgumentError: As in Prefect, in its words.
        HookSignatureError: A hook could not be called.
        OutOfScope: An option that hookcell does not have.
    """

    lazy = True
    run_class = staticmethod(begin_task_run)
    future_class = EngineFuture
    own_thread = True

    def __init__(
        self,
        fn: Callable[P, R],
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        version: str | None = None,
        cache_policy: Any = NotSet,
        cache_key_fn: Any = None,
        cache_expiration: Any = None,
        task_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: Any = None,
        retry_jitter_factor: float | None = None,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Any = None,
        result_storage_key: str | None = None,
        cache_result_in_memory: bool = True,
        timeout_seconds: float | None = None,
        log_prints: bool | None = None,
        refresh_cache: bool | None = None,
        on_completion: Several = None,
        on_failure: Several = None,
        on_running: Several = None,
        on_rollback: Several = None,
        on_commit: Several = None,
        retry_condition_fn: Any = None,
        viz_return_value: Any = None,
        asset_deps: Any = None,
        *,
        on_crashed: Several = None,
        on_cancellation: Several = None,
        on_retry: Several = None,
        on_end: Several = None,
        on_transition: Several = None,
    ) -> None:
        given = {option: value for option, value in locals().items() if option not in _NO_OPTIONS}
        hooks = hook_lists("task", {kind: given[kind] for kind in _HOOKS})
        check_callable(fn)
        check_run_name("task_run_name", task_run_name)
        _refuse_transactions(on_rollback, on_commit)
        refuse_cache(None if cache_policy is NotSet else cache_policy)
        refuse_persistence({option: given[option] for option in _PERSISTENCE})
        check_retry_delay(retry_delay_seconds)
        check_retry_policy(retry_jitter_factor, retry_condition_fn)
        retries = first_set(retries, PREFECT_TASK_DEFAULT_RETRIES.value())
        delay = first_set(retry_delay_seconds, PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS.value())
        self._given = given
        self._task_run_name = task_run_name
        self.retry_delay_seconds = delay(retries) if callable(delay) else delay
        check_retry_delay(self.retry_delay_seconds)
        self.retry_jitter_factor, self.retry_condition_fn = retry_jitter_factor, retry_condition_fn
        self.cache_policy, self.cache_key_fn, self.cache_expiration = cache_policy, None, None
        self.persist_result, self.refresh_cache = persist_result, refresh_cache
        self.result_storage = self.result_serializer = self.result_storage_key = None
        self.cache_result_in_memory, self.viz_return_value = cache_result_in_memory, viz_return_value
        super().__init__(
            fn,
            name=name or name_of_task(fn),
            description=description,
            tags=tags,
            version=version,
            run_name=naming("task_run_name", task_run_name),
            retries=retries,
            retry_delay_seconds=self.retry_delay_seconds,
            retry_jitter_factor=retry_jitter_factor,
            retry_condition_fn=_given_states(retry_condition_fn),
            timeout_seconds=timeout_seconds or None,
            log_prints=log_prints,
            **hooks,
        )
        self.task_key = key_of_task(fn)

    def submit(self, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
        """Run the task on its flow's task runner, and go on at once.

        Args:
            *args, **kwargs: For the function; it starts when the futures in them are done.
            return_state: Wait, and give the final state instead of the future.
            wait_for: Futures and background runs to wait for first.
        """
        future = calls.submit(self, args, kwargs, wait_for)
        if not return_state:
            return future
        future.wait()
        return future.state

    def map(
        self,
        /,
        *args: Any,
        return_state: bool = False,
        wait_for: Any = None,
        deferred: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Submit the task once for each item of its iterable arguments; other arguments go to every run.

        Args:
            *args, **kwargs: For the function; `unmapped(x)` goes to every run as it is.
            return_state: Wait, and give the final states instead of the futures.
            wait_for: Futures and background runs to wait for first.
            deferred: Not in hookcell.

        Raises:
            MappingMissingIterable: No argument is iterable (texts do not count).
            MappingLengthMismatch: Iterables have different lengths.
        """
        if deferred:
            raise outside("deferred=True", SERVER)
        futures = super().map(*args, wait_for=wait_for, **kwargs)
        if not return_state:
            return futures
        futures.wait()
        return futures.states

    def with_options(  # type: ignore[override]
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        cache_policy: Any = NotSet,
        cache_key_fn: Any = None,
        task_run_name: Any = NotSet,
        cache_expiration: Any = None,
        retries: Any = NotSet,
        retry_delay_seconds: Any = NotSet,
        retry_jitter_factor: Any = NotSet,
        persist_result: Any = NotSet,
        result_storage: Any = NotSet,
        result_serializer: Any = NotSet,
        result_storage_key: Any = NotSet,
        cache_result_in_memory: bool | None = None,
        timeout_seconds: float | None = None,
        log_prints: Any = NotSet,
        refresh_cache: Any = NotSet,
        on_completion: Several = None,
        on_failure: Several = None,
        on_running: Several = None,
        retry_condition_fn: Any = None,
        viz_return_value: Any = None,
        asset_deps: Any = None,
        on_crashed: Several = None,
        on_cancellation: Several = None,
        on_retry: Several = None,
        on_end: Several = None,
        on_transition: Several = None,
        on_rollback: Several = None,
        on_commit: Several = None,
    ) -> Task[P, R]:
        """Make a copy with some options changed: None keeps one, `[]` clears hooks, 0 seconds end a timeout."""
        changes = {option: value for option, value in locals().items() if option not in _NO_OPTIONS}
        return Task(self.decorated, **changed(self._given, self.hooks, changes, _CLEARED_BY_NONE))

    @property
    def task_run_name(self) -> Any:
        """What its runs are called; when it is changed, the next run shows whether it can be."""
        return self._task_run_name

    @task_run_name.setter
    def task_run_name(self, name: Any) -> None:
        self._task_run_name = name
        self.naming = plan_run_name(naming("task_run_name", name), self.name, self.kind)

    def on_commit(self, fn: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("on_commit", TRANSACTIONS)

    def on_rollback(self, fn: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("on_rollback", TRANSACTIONS)

    def delay(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Task.delay", f"{SERVER}; call or submit the task")

    def apply_async(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Task.apply_async", f"{SERVER}; call or submit the task")

    def serve(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Task.serve", f"{SERVER}; call or submit the task")


_HOOKS = (
    *("on_completion", "on_failure", "on_running", "on_crashed", "on_cancellation"),
    *("on_retry", "on_end", "on_transition"),
)
_PERSISTENCE = (
    *("persist_result", "result_storage", "result_serializer", "result_storage_key"),
    *("cache_key_fn", "cache_expiration", "refresh_cache", "asset_deps"),
)
_CLEARED_BY_NONE = (*_PERSISTENCE, "log_prints", "task_run_name", "retry_delay_seconds", "retry_jitter_factor")
_NO_OPTIONS = frozenset({"self", "fn", "__class__"})


def _given_states(condition: Any) -> Any:
    """Let a retry condition see a state of Prefect's, with Prefect's message, though its run may yet not enter it."""
    if condition is None:
        return None

    @wraps(condition)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return condition(*map(_as_asked, args), **{name: _as_asked(value) for name, value in kwargs.items()})

    return asked


def _as_asked(value: Any) -> Any:
    if not isinstance(value, State):
        return value
    if value.name != "Failed" or value.exception is None:
        return as_prefect(value)
    return Failed(data=value.data, message=f"Task run encountered unexpected exception: {shown(value.data)}")


def _refuse_transactions(on_rollback: Any, on_commit: Any) -> None:
    for name, hooks in {"on_rollback": on_rollback, "on_commit": on_commit}.items():
        if hooks is not None:
            raise outside(name, TRANSACTIONS)


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    fn: None = None,
    /,
    *,
    name: str | None = ...,
    description: str | None = ...,
    tags: Iterable[str] | None = ...,
    version: str | None = ...,
    cache_policy: Any = ...,
    cache_key_fn: Any = ...,
    cache_expiration: Any = ...,
    task_run_name: Callable[..., str] | str | None = ...,
    retries: int | None = ...,
    retry_delay_seconds: Any = ...,
    retry_jitter_factor: float | None = ...,
    persist_result: bool | None = ...,
    result_storage: Any = ...,
    result_storage_key: str | None = ...,
    result_serializer: Any = ...,
    cache_result_in_memory: bool = ...,
    timeout_seconds: float | None = ...,
    log_prints: bool | None = ...,
    refresh_cache: bool | None = ...,
    on_completion: Several = ...,
    on_failure: Several = ...,
    on_running: Several = ...,
    retry_condition_fn: Any = ...,
    viz_return_value: Any = ...,
    asset_deps: Any = ...,
    on_crashed: Several = ...,
    on_cancellation: Several = ...,
    on_retry: Several = ...,
    on_end: Several = ...,
    on_transition: Several = ...,
    on_rollback: Several = ...,
    on_commit: Several = ...,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(
    __fn: Any = None,
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] | None = None,
    version: str | None = None,
    cache_policy: Any = NotSet,
    cache_key_fn: Any = None,
    cache_expiration: Any = None,
    task_run_name: Callable[..., str] | str | None = None,
    retries: int | None = None,
    retry_delay_seconds: Any = None,
    retry_jitter_factor: float | None = None,
    persist_result: bool | None = None,
    result_storage: Any = None,
    result_storage_key: str | None = None,
    result_serializer: Any = None,
    cache_result_in_memory: bool = True,
    timeout_seconds: float | None = None,
    log_prints: bool | None = None,
    refresh_cache: bool | None = None,
    on_completion: Several = None,
    on_failure: Several = None,
    on_running: Several = None,
    retry_condition_fn: Any = None,
    viz_return_value: Any = None,
    asset_deps: Any = None,
    on_crashed: Several = None,
    on_cancellation: Several = None,
    on_retry: Several = None,
    on_end: Several = None,
    on_transition: Several = None,
    on_rollback: Several = None,
    on_commit: Several = None,
) -> Any:
    """Make a task of a function, with Prefect's options; see `Task` for what they mean.

    >>> from hookcell.prefect import task
    >>> @task(retries=2, tags=["math"])
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    options = {option: value for option, value in locals().items() if option != "__fn"}
    return Task(__fn, **options) if __fn is not None else lambda function: Task(function, **options)


task_input_hash = stub("task_input_hash", RESULTS)

__all__ = ["Task", "exponential_backoff", "task", "task_input_hash"]
