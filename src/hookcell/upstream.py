"""Upstream runs: futures and states found anywhere inside arguments, and what takes their place."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

from hookcell.errors import UpstreamTaskError
from hookcell.futures import Future
from hookcell.states import COMPLETED, State, describe, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hookcell.runs import Run

# Types that hold nothing: one look-up spares most arguments the walk.
_PLAIN = frozenset({int, float, complex, bool, str, bytes, bytearray, range, slice, type(None), type, type(Ellipsis)})


def awaited_in(values: Iterable[Any]) -> tuple[Any, ...]:
    """Find the futures and states in values, however deep in lists, tuples, sets, dicts and dataclasses."""
    found: list[Any] = []
    for value in values:
        if type(value) not in _PLAIN:
            _collect(value, found, set())
    return tuple(found)


def _collect(value: Any, found: list[Any], seen: set[int]) -> None:
    if isinstance(value, Future | State):
        found.append(value)
        return
    inside = _inside(value)
    if inside is None or id(value) in seen:
        return
    seen.add(id(value))
    for item in inside:
        if type(item) not in _PLAIN:
            _collect(item, found, seen)


def _inside(value: Any) -> Iterable[Any] | None:
    if isinstance(value, list | tuple | set | frozenset):
        return value
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    return None


def replaced(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Give a value with the futures and states in it replaced; what holds none is given back as it is."""
    if type(value) in _PLAIN or not awaited_in((value,)):
        return value
    return _Rebuilding(replace).of(value)


class _Rebuilding:
    """Copies containers with the futures and states in them replaced; what they hold in a circle is copied once."""

    def __init__(self, replace: Callable[[Any], Any]) -> None:
        self.replace = replace
        self._copies: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        if isinstance(value, Future | State):
            return self.replace(value)
        if id(value) in self._copies:
            return self._copies[id(value)]
        return self._copied(value) if awaited_in((value,)) else value

    def _copied(self, value: Any) -> Any:
        if isinstance(value, tuple | set | frozenset):
            items = [self.of(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        # Copied, not made anew: a defaultdict has its factory, a dataclass fields that its __init__ does not take.
        new: Any = [] if isinstance(value, list) else copy.copy(value)
        self._copies[id(value)] = new
        if isinstance(value, list):
            new += [self.of(item) for item in value]
        elif isinstance(value, dict):
            new.clear()
            new.update({self.of(key): self.of(item) for key, item in value.items()})
        else:
            self._fill(new, value)
        return new

    def _fill(self, new: Any, value: Any) -> None:
        for field in dataclasses.fields(value):
            if hasattr(value, field.name):
                object.__setattr__(new, field.name, self.of(getattr(value, field.name)))


def result_of(awaited: Any) -> Any:
    """Give what a completed future or state holds."""
    return state_of(awaited).data


def state_of(awaited: Any) -> State[Any]:
    """Give the state of a future, or the state itself."""
    return awaited.run.state if isinstance(awaited, Future) else awaited


def futures_of(awaited: Iterable[Any]) -> list[Future[Any]]:
    """Give those that have to be waited for."""
    return [one for one in awaited if isinstance(one, Future) and not one.done()]


def not_completed(awaited: Iterable[Any]) -> tuple[str, BaseException] | None:
    """Say which of several did not complete, and its error; None if all did."""
    for one in awaited:
        state = state_of(one)
        if state.type is not COMPLETED:
            return _blame(one, state)
    return None


def _blame(one: Any, state: State[Any]) -> tuple[str, BaseException]:
    who = f"Upstream task run {one.run.name!r}" if isinstance(one, Future) else "An upstream run"
    cause = _cause(state)
    why = f" {describe(cause)}" if cause is not None else ""
    message = f"{who} did not reach a 'COMPLETED' state: it is {state.name}.{why}"
    error = UpstreamTaskError(message)
    error.__cause__ = cause
    return message, error


def _cause(state: State[Any]) -> BaseException | None:
    """Give the error at the root of a chain of runs that were not ready."""
    error = state.exception if not state.type.final or state.type is COMPLETED else failure_of(state)
    while isinstance(error, UpstreamTaskError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def wait_for_futures(run: Run, wait_for: Any) -> None:
    """Note what a run has to wait for: what its arguments hold, and `wait_for`."""
    if wait_for is None and run.kwargs is None:
        for value in run.args:  # a loop, because all() with a generator costs a run more than the rest of this
            if type(value) not in _PLAIN:
                break
        else:
            return
    run.awaited = awaited_in((*run.args, *(run.kwargs or {}).values(), wait_for))


def put_results_in(run: Run) -> None:
    """Replace the futures and states in a run's arguments by their results."""
    run.args = tuple(replaced(value, result_of) for value in run.args)
    run.kwargs = {name: replaced(value, result_of) for name, value in (run.kwargs or {}).items()} or None
