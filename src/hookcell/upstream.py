"""Upstream runs: futures and states found anywhere inside arguments, and what takes their place."""

from __future__ import annotations

import copy
import dataclasses
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from hookcell import unseen
from hookcell.annotations import Annotation, allow_failure, bare, opaque, quote
from hookcell.errors import UpstreamTaskError, describe
from hookcell.futures import Future, FutureList, stand_in
from hookcell.runs import FlowRun, Run
from hookcell.states import COMPLETED, FAILED, PENDING, State, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

# Types that hold nothing: one look-up spares most arguments the walk.
_PLAIN = frozenset({int, float, complex, bool, str, bytes, bytearray, range, slice, type(None), type, type(Ellipsis)})
# From so many items on, one look at all their types is quicker than a look at each item.
_MANY = 16
_AWAITED = (Future, State)
_MARKED = (Future, State, Annotation)


# -- what containers hold ------------------------------------------------------------------------------------------


def _inside(value: Any) -> Collection[Any] | None:
    """Give what a container holds; None for what is none."""
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return value
    if isinstance(value, (dict, MappingProxyType)):
        return (*value.keys(), *value.values())
    if dataclasses.is_dataclass(value):
        return None if isinstance(value, type) else _fields_of(value).values()
    if _is_model(value):
        return (*_values_of(value).values(), *(value.__pydantic_extra__ or {}).values())
    return None


def _fields_of(value: Any) -> dict[str, Any]:
    present = (field.name for field in dataclasses.fields(value) if hasattr(value, field.name))
    return {name: getattr(value, name) for name in present}


def _is_model(value: Any) -> bool:
    """Whether it is a pydantic model, told without importing pydantic."""
    return isinstance(getattr(type(value), "model_fields", None), dict) and hasattr(value, "__pydantic_extra__")


def _values_of(model: Any) -> dict[str, Any]:
    return {name: model.__dict__[name] for name in type(model).model_fields if name in model.__dict__}


# -- finding -------------------------------------------------------------------------------------------------------


class _Search:
    """Finds the futures and states in values; those that may have failed come inside `allow_failure`."""

    __slots__ = ("annotated", "found", "seen")
    # What is found also where it is opaque.
    kinds: ClassVar[tuple[type, ...]] = _AWAITED

    def __init__(self) -> None:
        self.found: list[Any] = []
        # Whether there was any annotation.
        self.annotated = False
        self.seen: set[tuple[int, bool]] = set()

    def look_at(self, value: Any, *, tolerant: bool = False) -> None:
        if isinstance(value, _MARKED):
            self._meet(value, tolerant=tolerant)
            return
        inside = _inside(value)
        if inside is None or (id(value), tolerant) in self.seen:
            return
        self.seen.add((id(value), tolerant))
        if len(inside) > _MANY and _PLAIN.issuperset(map(type, inside)):
            return
        for item in inside:
            if type(item) not in _PLAIN:
                self.look_at(item, tolerant=tolerant)

    def _meet(self, value: Any, *, tolerant: bool) -> None:
        if not isinstance(value, Annotation):
            self.found.append(allow_failure(value) if tolerant else value)
            return
        self.annotated = True
        value, around = _peeled(value)
        if quote in around or (opaque in around and not isinstance(value, self.kinds)) or type(value) in _PLAIN:
            return
        self.look_at(value, tolerant=tolerant or allow_failure in around)


class _SearchInWaitFor(_Search):
    """Finds runs too, as what stands for them: there their ends are meant, where an argument means the run itself."""

    __slots__ = ("here",)
    kinds = (*_AWAITED, Run)

    def __init__(self, here: Run | None) -> None:
        super().__init__()
        # The run whose code would wait.
        self.here = here

    def look_at(self, value: Any, *, tolerant: bool = False) -> None:
        if isinstance(value, Run):
            value = stand_in(value, self.here, "wait_for")
        super().look_at(value, tolerant=tolerant)


def _peeled(value: Any) -> tuple[Any, set[type]]:
    """Take the annotations off a value, as far as a quote; give their kinds too."""
    around: set[type] = set()
    while isinstance(value, Annotation) and quote not in around:
        around.update(type(value).__mro__)
        value = value.value
    return value, around


def _searched(values: Iterable[Any]) -> _Search:
    search = _Search()
    for value in values:
        if type(value) not in _PLAIN:
            search.look_at(value)
    return search


def awaited_in(values: Iterable[Any]) -> tuple[Any, ...]:
    """Find the futures and states in values, however deep in containers, dataclasses and pydantic models."""
    return tuple(map(bare, _searched(values).found))


# -- replacing -----------------------------------------------------------------------------------------------------


def replaced(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Give a value with the futures and states in it replaced; what holds none is given back as it is.

    Annotations stay, and what is quoted too.
    """
    if type(value) in _PLAIN or not _searched((value,)).found:
        return value
    return _Rebuilding(replace).of(value)


class _Rebuilding:
    """Copies containers with the futures and states in them replaced; what they hold in a circle is copied once."""

    def __init__(self, replace: Callable[[Any], Any]) -> None:
        self.replace = replace
        self._copies: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, Annotation):
            return self.annotated(value)
        if isinstance(value, _AWAITED):
            return self.replace(value)
        if id(value) in self._copies:
            return self._copies[id(value)]
        return self._copied(value) if self.changes(_searched((value,))) else value

    def changes(self, search: _Search) -> bool:
        """Whether something that was searched has to be copied."""
        return bool(search.found)

    def annotated(self, annotation: Any) -> Any:
        if isinstance(annotation, quote):
            return annotation
        if isinstance(annotation, opaque) and not isinstance(annotation.value, _MARKED):
            return annotation
        new = self.of(annotation.value)
        return annotation if new is annotation.value else annotation.rewrap(new)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, (tuple, set, frozenset)):
            items = [self.of(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        new, fill = _emptied(value)
        self._copies[id(value)] = new
        fill(self.of)
        return new


def _emptied(value: Any) -> tuple[Any, Callable[[Callable[[Any], Any]], None]]:
    """Give a container like another, and what fills it with the same parts, each changed by a function.

    It is known before it is filled, because it may hold itself. Copied, not made anew: a defaultdict has its factory, a
    dataclass fields that its __init__ does not take.
    """
    if isinstance(value, FutureList):
        several: list[Any] = []
        return several, lambda of: several.extend([of(item) for item in value])
    if isinstance(value, MappingProxyType):
        items: dict[Any, Any] = {}
        return MappingProxyType(items), lambda of: items.update({of(key): of(item) for key, item in value.items()})
    new = copy.copy(value)
    if isinstance(value, (list, deque)):
        new.clear()
        return new, lambda of: new.extend([of(item) for item in value])
    if isinstance(value, dict):
        new.clear()
        return new, lambda of: new.update({of(key): of(item) for key, item in value.items()})
    return new, lambda of: _fill(new, value, of)


def _fill(new: Any, value: Any, of: Callable[[Any], Any]) -> None:
    """Set the fields of a dataclass or model, also of a frozen one, unchecked: what stood there was a future."""
    if dataclasses.is_dataclass(value):
        for name, item in _fields_of(value).items():
            object.__setattr__(new, name, of(item))
        return
    new.__dict__.update({name: of(item) for name, item in _values_of(value).items()})
    for name, item in (value.__pydantic_extra__ or {}).items():
        new.__pydantic_extra__[name] = of(item)


class _Resolving(_Rebuilding):
    """Copies arguments with results in the place of futures and states, and values in the place of annotations.

    Results are looked into too: what a run returned may hold the states of runs that it submitted.
    """

    def __init__(self, *, tolerant: bool = False) -> None:
        super().__init__(self._result)
        self._tolerant = tolerant
        self._forgiving: _Resolving | None = self if tolerant else None

    def changes(self, search: _Search) -> bool:
        return bool(search.found) or search.annotated

    def annotated(self, annotation: Any) -> Any:
        value, around = _peeled(annotation)
        if quote in around:
            return value
        if allow_failure in around and not self._tolerant:
            self._forgiving = self._forgiving or _Resolving(tolerant=True)
            return self._forgiving.annotated(annotation)
        if opaque in around:
            return self._held_by(value) if isinstance(value, _AWAITED) else value
        return self.of(value)

    def _result(self, awaited: Any) -> Any:
        return self.of(self._held_by(awaited))

    def _held_by(self, awaited: Any) -> Any:
        """Give the result of a future or state, or the exception in its place.

        Raises:
            UpstreamTaskError: There is none, and that is not allowed.
        """
        state = state_of(awaited)
        if state.type is COMPLETED:
            return state.data
        if not (self._tolerant and _may_be_allowed(state)):
            raise _blame(awaited, state)[1]
        return failure_of(state) if state.data is None and state.type is FAILED else state.data


# -- what it means for a run ---------------------------------------------------------------------------------------


def state_of(awaited: Any) -> State[Any]:
    """Give the state of a future, or the state itself."""
    return awaited.run.state if isinstance(awaited, Future) else awaited


def futures_of(awaited: Iterable[Any]) -> list[Future[Any]]:
    """Give those that have to be waited for."""
    return [one for one in map(bare, awaited) if isinstance(one, Future) and not one.done()]


def not_completed(awaited: Iterable[Any]) -> tuple[str, BaseException] | None:
    """Say which of several did not complete, and its error; None if all did that have to."""
    blamed = to_blame(awaited)
    return _blame(blamed, state_of(blamed)) if blamed is not None else None


def to_blame(awaited: Iterable[Any]) -> Future[Any] | State[Any] | None:
    """Give the first of several that did not complete and had to; those before it that were allowed to are seen to."""
    for one in awaited:
        state = state_of(bare(one))
        if state.type is not COMPLETED:
            if not (isinstance(one, allow_failure) and _may_be_allowed(state)):
                return bare(one)  # type: ignore[no-any-return]
            look_at(one.value)
    return None


def look_at(awaited: Future[Any] | State[Any]) -> None:
    """Note that a failure was expected, or that somebody was told of it: it need not be told once more."""
    if isinstance(awaited, Future):
        awaited.looked_at = True
        unseen.look_at(awaited.run)


def _may_be_allowed(state: State[Any]) -> bool:
    """Whether it is a failure, or comes of one: not a crash, and nothing that somebody wanted."""
    return state.type is FAILED or (state.type is PENDING and state.name == "NotReady")


def _blame(one: Any, state: State[Any]) -> tuple[str, BaseException]:
    if isinstance(one, Future):
        who = f"Upstream {'flow' if isinstance(one.run, FlowRun) else 'task'} run {one.run.name!r}"
    else:  # a dialect's states may know whose they are
        whose = getattr(state, "whose", None)
        who = f"Upstream {whose}" if whose else "An upstream run"
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
    """Note what a run has to wait for: what its arguments hold, and `wait_for`.

    Raises:
        SelfWaitError: `wait_for` has a run that this one is part of.
        TypeError: `wait_for` has a run that was called, and goes on elsewhere.
    """
    if wait_for is None and run.kwargs is None:
        for value in run.args:  # a loop, because all() with a generator costs a run more than the rest of this
            if type(value) not in _PLAIN:
                break
        else:
            return
    search = _searched((*run.args, *(run.kwargs or {}).values()))
    found = search.found
    if wait_for is not None:
        also = _SearchInWaitFor(run.parent)
        also.look_at(wait_for)
        found += also.found
    run.awaited = tuple(found)
    if search.annotated and not found:
        put_results_in(run)


def put_results_in(run: Run) -> tuple[str, BaseException] | None:
    """Replace the futures and states in a run's arguments by their results, and annotations by their values.

    Returns:
        What is to blame, and its error, if a result holds a state that did not complete; else None.
    """
    resolving = _Resolving()
    try:
        run.args = tuple([resolving.of(value) for value in run.args])
        run.kwargs = {name: resolving.of(value) for name, value in (run.kwargs or {}).items()} or None
    except UpstreamTaskError as error:
        return str(error), error.with_traceback(None)
    return None
