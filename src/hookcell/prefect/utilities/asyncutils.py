"""Async code from sync code."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.cancel import CancelToken
from hookcell.drive.background import on_loop
from hookcell.runs import current

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

R = TypeVar("R")


def is_async_fn(func: Callable[..., Any]) -> bool:
    """Whether calling a function gives a coroutine."""
    return inspect.iscoroutinefunction(inspect.unwrap(func))


def is_async_gen_fn(func: Callable[..., Any]) -> bool:
    """Whether calling a function gives an async generator."""
    return inspect.isasyncgenfunction(inspect.unwrap(func))


def run_coro_as_sync(coroutine: Coroutine[Any, Any, R], **_options: Any) -> R:
    """Await a coroutine for sync code, and give its result; also when this thread's event loop is running.

    Raises:
        Exception: Whatever the coroutine raised.
    """
    __tracebackhide__ = True
    run = current.get()
    outcome = on_loop(coroutine, CancelToken() if run is None else run.scope)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value  # type: ignore[no-any-return]


__all__ = ["is_async_fn", "is_async_gen_fn", "run_coro_as_sync"]
