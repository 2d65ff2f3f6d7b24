"""Whether a caller keeps what a call gives, read from the caller's code.

In the document's style `my_step()` makes an instance for a pipeline. One that nobody keeps would be nothing, so a call
that stands alone on its line means what it means in today's style: run the step.
"""

from __future__ import annotations

import inspect
from opcode import opmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INSTRUCTION = 2  # bytes; since Python 3.6 every instruction has this length
_CACHE = opmap["CACHE"]
# What comes after a call whose value is thrown away, shown below a cell (which is 3.11's PRINT_EXPR), or awaited.
_THROWN = frozenset(opmap[name] for name in ("POP_TOP", "PRINT_EXPR") if name in opmap)
_GET_AWAITABLE, _INTRINSIC = opmap["GET_AWAITABLE"], opmap.get("CALL_INTRINSIC_1")
_PRINT = 1  # the intrinsic that shows a value


def is_kept(frame: FrameType) -> bool:
    """Whether the call that a frame is in the middle of gives its value to somebody."""
    code, place = frame.f_code.co_code, frame.f_lasti + _INSTRUCTION
    while place < len(code) and code[place] == _CACHE:
        place += _INSTRUCTION
    if place >= len(code):
        return True
    after = code[place]
    if after == _GET_AWAITABLE and frame.f_code.co_flags & inspect.CO_COROUTINE:
        return False
    return after not in _THROWN and not (after == _INTRINSIC and code[place + 1] == _PRINT)
