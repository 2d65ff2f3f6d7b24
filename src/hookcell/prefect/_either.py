"""Sync functions that may also be awaited: `x.load()` gives the value, `await x.load()` gives it too.

Prefect's client functions give a coroutine when an event loop runs and the caller is async. In a notebook a loop
always runs, so there `Block.load(...)` gives a coroutine that nobody asked for (PrefectHQ/prefect#7722, #17877).
Here the caller's own code decides: a call that stands behind `await` gives an awaitable, any other gives the value;
what is kept first and awaited later, or handed to `asyncio.gather`, has to be the `a*` variant (`x.aload()`).
"""

from __future__ import annotations

import inspect
import sys
from functools import wraps
from opcode import opmap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_CACHE, _GET_AWAITABLE, _JUMP_FORWARD = opmap["CACHE"], opmap["GET_AWAITABLE"], opmap["JUMP_FORWARD"]
_INSTRUCTION = 2  # bytes; since Python 3.6 every instruction has this length
_AWAITING = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def is_awaited(frame: FrameType) -> bool:
    """Whether the call that a frame is in the middle of stands behind `await`."""
    if not frame.f_code.co_flags & _AWAITING:
        return False
    code, place = frame.f_code.co_code, frame.f_lasti + _INSTRUCTION
    # A jump stands there in `await (x.load() if new else y.load())`.
    while place < len(code) and code[place] in {_CACHE, _JUMP_FORWARD}:
        place += _INSTRUCTION * (1 if code[place] == _CACHE else 1 + code[place + 1])
    return place < len(code) and code[place] == _GET_AWAITABLE


def either_way(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function be called as it is, or behind `await`; `_sync=True` always gives the value (as in Prefect)."""

    @wraps(fn)
    def call(*args: Any, _sync: bool | None = None, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _sync is not True and is_awaited(sys._getframe(1)):
            return _later(fn, args, kwargs)
        return fn(*args, **kwargs)

    return call


async def _later(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    return fn(*args, **kwargs)
