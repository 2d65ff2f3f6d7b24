"""Looking into collections, and changing what is in them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from hookcell.prefect.utilities.annotations import BaseAnnotation, opaque, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def dict_to_flatdict(dct: dict[Any, Any]) -> dict[tuple[Any, ...], Any]:
    """Give a nested dict as a flat one, whose keys are the ways through it.

    >>> dict_to_flatdict({"a": {"b": 1}, "c": 2})
    {('a', 'b'): 1, ('c',): 2}
    """
    flat: dict[tuple[Any, ...], Any] = {}
    for key, value in dct.items():
        inside = dict_to_flatdict(value) if isinstance(value, dict) and value else {(): value}
        flat.update({(key, *way): leaf for way, leaf in inside.items()})
    return flat


def flatdict_to_dict(dct: dict[tuple[Any, ...], Any]) -> dict[Any, Any]:
    """Give a flat dict, whose keys are ways, as a nested one.

    >>> flatdict_to_dict({("a", "b"): 1, ("c",): 2})
    {'a': {'b': 1}, 'c': 2}
    """
    nested: dict[Any, Any] = {}
    for way, value in dct.items():
        inside = nested
        for key in way[:-1]:
            inside = inside.setdefault(key, {})
        inside[way[-1]] = value
    return nested


def isiterable(obj: Any) -> bool:
    """Whether something can be gone through item by item; texts, bytes and open files do not count."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str | bytes | bytearray) and not hasattr(obj, "readline")


def ensure_iterable(obj: Any) -> Any:
    """Give something that can be gone through: itself, or a list of it alone."""
    return obj if isinstance(obj, list | tuple | set | dict | frozenset) else [obj]


def batched_iterable(iterable: Iterable[Any], size: int) -> Iterator[tuple[Any, ...]]:
    """Give an iterable's items in tuples of one size; the last may be shorter."""
    items = iter(iterable)
    while batch := tuple(islice(items, size)):
        yield batch


class StopVisiting(BaseException):
    """Raised by a visitor: what it was given is not to be looked into."""


def visit_collection(
    expr: Any,
    visit_fn: Callable[..., Any],
    *,
    return_data: bool = False,
    max_depth: int = -1,
    context: dict[str, Any] | None = None,
    remove_annotations: bool = False,
) -> Any:
    """Call a function with a value and everything in it, outside first.

    Lists, tuples, sets, dicts (keys too), dataclasses, pydantic models and annotations are looked into; generators
    and mocks are not. What does not change is not copied.

    Args:
        expr: The value.
        visit_fn: The function; it gets each part, and the context if there is one.
        return_data: Whether to give the value back with each part as the function returned it.
        max_depth: How deep to look; without limit if negative.
        context: Given to the function; changes to it reach what is further inside, and nothing else. Inside an
            annotation it has that as "annotation".
        remove_annotations: Whether to put the value of an annotation in its place.
    """
    visit = _Visit(visit_fn, change=return_data, bare=remove_annotations)
    visited = visit(expr, max_depth, context)
    return visited if return_data else None


class _Visit:
    """One visit of a value and everything in it."""

    def __init__(self, visit_fn: Callable[..., Any], *, change: bool, bare: bool) -> None:
        self.visit_fn, self.change, self.bare = visit_fn, change, bare
        # What has become of each part, by its id; the part is kept beside it, so that no other has its id.
        self.known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, expr: Any, depth: int, context: dict[str, Any] | None) -> Any:
        expr, goes_on = self._seen(expr, context)
        if depth == 0 or not goes_on:
            return expr
        if id(expr) in self.known:
            return self.known[id(expr)][1]
        self.known[id(expr)] = (expr, expr)

        def visit(part: Any) -> Any:
            return self(part, depth - 1, None if context is None else dict(context))

        new = self._annotated(expr, visit, context) if isinstance(expr, BaseAnnotation) else _rebuilt(expr, visit)
        self.known[id(expr)] = (expr, new)
        return new

    def _seen(self, expr: Any, context: dict[str, Any] | None) -> tuple[Any, bool]:
        """Call the function; give what it made of a part, and whether to look into that."""
        try:
            seen = self.visit_fn(expr) if context is None else self.visit_fn(expr, context)
        except StopVisiting:
            return expr, False
        return (seen if self.change else expr), True

    def _annotated(self, annotated: Any, visit: Callable[[Any], Any], context: dict[str, Any] | None) -> Any:
        if context is not None:
            context["annotation"] = annotated
        value = annotated.unwrap()
        new = self._seen(value, context)[0] if isinstance(annotated, opaque) else visit(value)
        if self.bare:
            return new
        return annotated if new is value else annotated.rewrap(new)


def _rebuilt(expr: Any, visit: Callable[[Any], Any]) -> Any:
    """Visit the parts of a collection; give it back, or a copy if one of them has changed."""
    if isinstance(expr, list | tuple | set):
        items = [visit(item) for item in expr]
        if _same(items, expr):
            return expr
        make: Any = getattr(type(expr), "_make", type(expr))  # named tuples are made another way
        return make(items)
    if isinstance(expr, dict):
        pairs = [(visit(key), visit(value)) for key, value in expr.items()]
        kept = _same((key for key, _ in pairs), expr) and _same((value for _, value in pairs), expr.values())
        return expr if kept else type(expr)(pairs)
    if is_dataclass(expr) and not isinstance(expr, type):
        return _changed(expr, {field.name: getattr(expr, field.name) for field in fields(expr)}, visit, replace)
    if hasattr(type(expr), "__pydantic_complete__"):
        return _changed(expr, dict(expr), visit, _model_with)
    return expr


def _same(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))


def _changed(expr: Any, parts: dict[str, Any], visit: Callable[[Any], Any], make: Callable[..., Any]) -> Any:
    visited = {name: visit(part) for name, part in parts.items()}
    return expr if _same(visited.values(), parts.values()) else make(expr, **visited)


def _model_with(model: Any, **values: Any) -> Any:
    new = type(model).model_construct(model.model_fields_set, **values)
    for name in model.__private_attributes__:
        setattr(new, name, getattr(model, name))
    return new


__all__ = [
    "StopVisiting",
    "batched_iterable",
    "dict_to_flatdict",
    "ensure_iterable",
    "flatdict_to_dict",
    "isiterable",
    "quote",
    "visit_collection",
]
