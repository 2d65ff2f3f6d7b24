"""Mapping: what `.map()` makes of its arguments."""

from __future__ import annotations

import io
from itertools import repeat
from typing import TYPE_CHECKING, Any

from hookcell.annotations import Annotation, unmapped
from hookcell.errors import MappingLengthMismatch, MappingMissingIterable
from hookcell.futures import Future
from hookcell.states import State
from hookcell.upstream import not_completed, state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    Column = list[Any] | unmapped[Any]

# Iterable, but meant as one thing.
_WHOLE = (str, bytes, bytearray, io.IOBase)


def calls_of(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any
) -> tuple[Iterable[tuple[tuple[Any, ...], dict[str, Any]]], Any]:
    """Give the calls that a map over some arguments stands for.

    An argument that is a future or state is waited for, and its result mapped over; the runs depend on it then.

    Args:
        name: The task's, for messages.
        args, kwargs, wait_for: As they were given to `.map()`.

    Returns:
        The arguments of each run, by place and by name, and what all of them wait for.

    Raises:
        MappingMissingIterable: No argument is iterable.
        MappingLengthMismatch: Iterables have different lengths.
        UpstreamTaskError: A future or state among the arguments did not complete.
    """
    mapped_over = [value for value in (*args, *kwargs.values()) if isinstance(value, (Future, State))]
    placed = [_column(value) for value in args]
    keyed = {key: _column(value) for key, value in kwargs.items()}
    count = _count(name, {**dict(enumerate(placed)), **keyed})
    after = [*mapped_over, wait_for] if mapped_over else wait_for
    named = [dict(zip(keyed, row, strict=True)) for row in _rows(keyed.values(), count)] if keyed else [{}] * count
    return zip(_rows(placed, count), named, strict=True), after


def _rows(columns: Collection[Column], count: int) -> Iterable[tuple[Any, ...]]:
    """Give what columns hold, row by row."""
    if not columns:
        return repeat((), count)
    return zip(*[repeat(one.value, count) if isinstance(one, unmapped) else one for one in columns], strict=True)


def _column(value: Any) -> Column:
    """Give what an argument is for each of the runs."""
    if isinstance(value, (Future, State)):
        value = _result_of(value)
    if isinstance(value, unmapped):
        return value
    if isinstance(value, Annotation):
        return _annotated(value)
    items = _items_of(value)
    return unmapped(value) if items is None else items


def _annotated(annotation: Annotation[Any]) -> Column:
    """Give what is in an annotation item by item, each in one like it; a future in it is left to the runs."""
    if isinstance(annotation.value, (Future, State)):
        return unmapped(annotation)
    column = _column(annotation.value)
    if isinstance(column, unmapped):
        return unmapped(annotation.rewrap(column.value))
    return [annotation.rewrap(item) for item in column]


def _items_of(value: Any) -> list[Any] | None:
    """Give the items of an iterable; None for what is none."""
    if isinstance(value, _WHOLE):
        return None
    try:
        items = iter(value)
    except TypeError:  # also of what has __iter__ and is no iterable all the same, such as an array of no dimension
        return None
    return list(items)


def _result_of(awaited: Any) -> Any:
    if isinstance(awaited, Future):
        awaited.looked_at = True
        awaited.wait()
    if blame := not_completed([awaited]):
        raise blame[1]
    return state_of(awaited).data


def _count(name: str, columns: dict[Any, Column]) -> int:
    lengths = {place: len(column) for place, column in columns.items() if isinstance(column, list)}
    if not lengths:
        raise MappingMissingIterable(
            f"no argument of {name}.map(...) is iterable; pass a list, or call {name}.submit(...)"
        )
    if len(set(lengths.values())) > 1:
        told = ", ".join(
            f"argument {place if isinstance(place, str) else place + 1} has {n}" for place, n in lengths.items()
        )
        raise MappingLengthMismatch(
            f"the iterables given to {name}.map(...) differ in length: {told}; make them as long as each other, or "
            "put what every run shall get as it is into unmapped(...)"
        )
    return next(iter(lengths.values()))
