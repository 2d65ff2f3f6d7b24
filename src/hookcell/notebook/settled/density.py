"""How many runs of one task look over time: as high as many are active, each end in its colour, failures on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.palette import LOOKS, in_order, look_of
from hookcell.notebook.settled.drawing import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hookcell.notebook.palette import Look
    from hookcell.notebook.settled.drawing import Span
    from hookcell.notebook.settled.png import Canvas

    Wire = Mapping[str, Any]

_FLOOR = 42


class Column(NamedTuple):
    """What a group was at in one stretch of time: how many runs were active, which ended, how many were left."""

    start: float
    end: float
    active: int
    ended: list[tuple[str, int]]
    left: int


def columns_of(bins: Wire) -> list[Column]:
    """Give the density of a group over time, from the numbers of runs that started and ended."""
    return list(_columns(bins["from"], bins["step"], bins["started"], bins["ended"]))


def _columns(start: float, step: float, started: Sequence[int], ended: Mapping[str, Sequence[int]]) -> Iterator[Column]:
    running = 0
    for place, begun in enumerate(started):
        over = [
            (name, ended[name][place]) for name in in_order(ended) if ended[name][place : place + 1] not in ([], [0])
        ]
        gone = sum(number for _, number in over)
        # Those that ended without having begun were never among the running.
        active = max(running + begun, gone)
        running = max(0, running + begun - gone)
        yield Column(start + place * step, start + (place + 1) * step, active, over, running)


def draw_group(canvas: Canvas, span: Span, columns: Sequence[Column], running: Look) -> None:
    """Draw how many runs were active, and what became of them; what failed stands out above, however little it was.

    Args:
        canvas, span: Where, and the time it shows.
        columns: The numbers.
        running: How those look that had not ended yet: in a bar of one run, what runs looks as what came of it.
    """
    most = max((column.active for column in columns), default=0)
    for column in columns:
        if column.active:
            top = _FLOOR - max(2, round(column.active * (_FLOOR - 8) / most))
            left = min(span.x(column.start), canvas.width - 2)
            right = max(span.x(column.end), left + 2)
            canvas.fill(left, right, top, _FLOOR, running.settled)
            _draw_column(canvas, left, right, column, (_FLOOR - 8) / most)
            _draw_failures(canvas, left, right, column, top)


def _draw_column(canvas: Canvas, left: int, right: int, column: Column, scale: float) -> None:
    level, told = float(_FLOOR), 0
    for name, number in column.ended:
        told += number
        upper = _FLOOR - max(2, round(told * scale))
        canvas.fill(left, right, upper, round(level), look_of(name).settled)
        level = upper


def _draw_failures(canvas: Canvas, left: int, right: int, column: Column, top: int) -> None:
    for name, _ in column.ended:
        if look_of(name) in (LOOKS["Failed"], LOOKS["Crashed"]):
            canvas.fill(left, max(right, left + LEAST), top - 5, top - 1, look_of(name).settled)
