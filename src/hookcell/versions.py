"""Versions: whether the function that a hook calls is still what its name means, after its cell was run again.

A hook calls the function it was given, as Python code would; whoever redefines the name may expect otherwise.
"""

from __future__ import annotations

import inspect
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

from hookcell.conditions import Conditions

_LAMBDA = "<lambda>"
_CONSTANTS = {str, bytes, int, float, complex, bool}


def function_of(fn: Any) -> FunctionType | None:
    """Give the function behind a callable: of a partial, a method, a hook(...), a wrapper; None if there is none."""
    while isinstance(fn, partial):
        fn = fn.func
    if isinstance(fn, MethodType):
        fn = fn.__func__
    if isinstance(fn, Conditions):
        return function_of(fn.fn)
    try:
        fn = inspect.unwrap(fn) if callable(fn) else fn
    except ValueError:  # what answers to any name is wrapped for ever
        return None
    return fn if type(fn) is FunctionType else None


def newer(old: FunctionType) -> FunctionType | None:
    """Give what the name of a module's function means by now, if that is another function; None if it is not.

    One that was defined again by the same code is no other.
    """
    if old.__qualname__ != old.__name__ or old.__name__ == _LAMBDA:
        return None
    new = function_of(old.__globals__.get(old.__name__))
    if new is None or new is old or new.__module__ != old.__module__:
        return None
    if new.__qualname__ not in {old.__qualname__, _LAMBDA}:  # what a decorator made of it, say
        return None
    return None if _told_apart_by(new) == _told_apart_by(old) else new


def _told_apart_by(fn: FunctionType) -> tuple[Any, ...]:
    return _form(fn.__code__), _form(fn.__defaults__), _form(fn.__kwdefaults__)


def _form(value: Any) -> Any:
    """Give what tells constants apart: 1 is not True, and a function inside is the same on whatever line it stands.

    Any other value is known by its class only: a default is made anew by each run of a cell, and may not be comparable.
    """
    if isinstance(value, CodeType):
        names = (value.co_names, value.co_varnames, value.co_freevars, value.co_argcount, value.co_flags)
        return value.co_code, names, [_form(one) for one in value.co_consts]
    if isinstance(value, tuple | list):
        return type(value), [_form(one) for one in value]
    if isinstance(value, set | frozenset):
        return type(value), sorted(repr(_form(one)) for one in value)
    if isinstance(value, dict):
        return type(value), [(_form(key), _form(one)) for key, one in value.items()]
    return type(value), repr(value) if type(value) in _CONSTANTS else None
