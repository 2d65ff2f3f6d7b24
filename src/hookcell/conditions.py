"""Conditions of a hook: when it fires and how it is called; made by `hook()`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hookcell.errors import HookSignatureError, UnknownOptionError
from hookcell.injection import bound_in, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """A callable with conditions on when and how it is called; made by `hook()`."""

    fn: Callable[..., Any]
    when: Callable[..., Any] | None = None
    timeout_seconds: float | None = DEFAULT_TIMEOUT
    retries: int = 0
    throttle: float = 0.0
    once: bool = False
    concurrent: bool = False
    # For how many seconds `fn` gathers what it tells.
    digest: float = 0.0
    # When it fired last, by a clock that only goes forward: one throttle, however often the hook is attached.
    fired: list[float] = field(default_factory=lambda: [float("-inf")], repr=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the wrapped callable, without its conditions."""
        return self.fn(*args, **kwargs)


def hook(
    fn: Callable[..., Any],
    *,
    when: Callable[..., Any] | None = None,
    timeout_seconds: float | None = DEFAULT_TIMEOUT,
    retries: int = 0,
    throttle: float | str = 0.0,
    once: bool = False,
    concurrent: bool = False,
    digest: bool = False,
) -> Conditions:
    """Add conditions to any hook.

    Args:
        fn: The hook.
        when: Called with the same arguments by the same rules; the hook fires only if it gives something true.
        timeout_seconds: Seconds after which the call is abandoned; None for no limit.
        retries: How often to call it again if it raises.
        throttle: Least seconds between two calls, or a rate such as "1/min"; calls in between are left out. It is one
            for all places where the hook that is given back is attached.
        once: Whether to fire at most once per run.
        concurrent: Whether it may run beside other hooks, without waiting for its turn.
        digest: Whether calls that the throttle would leave out are gathered, and told together; for
            `hookcell.notify.alert(...)`, and whatever else has a `gathering(seconds)`.

    Raises:
        UnknownOptionError: A value that the option cannot take.

    >>> from hookcell import flow, hook
    >>> shout = hook(lambda flow, run, state: print(state.name), when=lambda flow, run: run.parameters["x"] > 1)
    >>> @flow(on_completion=shout)
    ... def double(x):
    ...     return 2 * x
    >>> double(1), double(2)
    Completed
    (2, 4)
    """
    if not callable(fn):
        raise HookSignatureError(not_callable("hook()", fn))
    check_whole(fn)
    _check_when(when, name_of(fn))
    _check_retries(retries, name_of(fn))
    if timeout_seconds is not None and not timeout_seconds > 0:
        given = f"timeout_seconds of hook {name_of(fn)!r} is {timeout_seconds!r}"
        msg = f"{given}; give seconds above 0, or None for no limit"
        raise UnknownOptionError(msg)
    between = _seconds_between(throttle)
    if digest:
        fn = _gathering(fn, between)
    alone, gathered = (0.0, between) if digest else (between, 0.0)
    return Conditions(fn, when, timeout_seconds, retries, alone, once, concurrent, gathered)


def _gathering(fn: Any, seconds: float) -> Callable[..., Any]:
    """Give a hook that gathers what it would tell too often: every call reaches it, and none is left out."""
    if not hasattr(fn, "gathering"):
        raise UnknownOptionError(
            f"digest=True of hook {name_of(fn)!r} needs a hook that can gather what it tells: "
            "hook(hookcell.notify.alert(...), throttle=..., digest=True)"
        )
    if not seconds:
        raise UnknownOptionError(
            f'digest=True of hook {name_of(fn)!r} needs a throttle, the time to gather for, such as "1/min"'
        )
    return fn.gathering(seconds)  # type: ignore[no-any-return]


def check_whole(fn: Any) -> None:
    """Refuse a hook() inside a hook() or a partial: its conditions would be lost."""
    if isinstance(inner := bound_in(fn), Conditions):
        name = name_of(inner.fn)
        raise HookSignatureError(
            f"hook({name}) must come last: bind arguments first, and give all conditions in one hook(...)"
        )


def _check_when(when: Any, name: str) -> None:
    if when is not None and not callable(when):
        raise HookSignatureError(f"when= of hook {name!r} is {when!r}, which is not callable; pass a function")


def _check_retries(retries: Any, name: str) -> None:
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise UnknownOptionError(f"retries of hook {name!r} is {retries!r}; give a whole number of 0 or more")


_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "hour": 3600.0}


def _seconds_between(throttle: float | str) -> float:
    if isinstance(throttle, int | float) and throttle >= 0:
        return float(throttle)
    count, _, unit = str(throttle).partition("/")
    if unit not in _UNITS or not count.strip().isdecimal() or int(count) < 1:
        msg = f'throttle {throttle!r} is not understood; give seconds, or a rate such as "1/min" (s, min, h)'
        raise UnknownOptionError(msg)
    return _UNITS[unit] / int(count)


def not_callable(kind: str, fn: Any) -> str:
    """Say that something given as a hook cannot be called."""
    return f"{kind} got {fn!r}, which is not callable; pass a function, or a list of functions"
