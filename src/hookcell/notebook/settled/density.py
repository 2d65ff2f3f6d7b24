"""How many runs of one task look over time, as js/src/density.ts: those that ended, those at work, failures on top."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.palette import LOOKS, in_order, look_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hookcell.notebook.settled.drawing import Span
    from hookcell.notebook.settled.png import Canvas

    Wire = Mapping[str, Any]

_FLOOR, _HIGH = 40, 36
_STEPS = (1, 2, 3, 5, 8, 10)
_LEAST_SHARE = 0.34


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


def draw_group(canvas: Canvas, span: Span, columns: Sequence[Column], end: float) -> None:
    """Draw how many runs ended in each stretch of time and, above them, how many were left and how many failed.

    Args:
        canvas, span: Where, and the time it shows.
        columns: The numbers.
        end: When the last of them ended, or now: nothing is drawn after it.
    """
    heights = [_heights(column, end) for column in columns]
    most = _ceiling(max((sum(number for _, number, _ in one) for one in heights), default=0))
    for column, layers in zip(columns, heights, strict=True):
        left = min(span.x(column.start), canvas.width - 2)
        right = max(span.x(min(column.end, end)), left + 2)
        _draw_column(canvas, (left, right), layers, most)


def _heights(column: Column, end: float) -> list[tuple[str, float, int]]:
    """Say how high each state is in a column, from below, and how high it is at least, in dots.

    The last column ends with the last run: as high as it would have been, so that the end does not droop.
    """
    share = min(1.0, max(_LEAST_SHARE, (end - column.start) / ((column.end - column.start) or 1.0)))
    fine = [(name, number / share, 2) for name, number in column.ended if not _is_bad(name)]
    bad = [(name, float(number), 5) for name, number in column.ended if _is_bad(name)]
    return [*fine, *([("Running", float(column.left), 3)] if column.left else []), *bad]


def _is_bad(name: str) -> bool:
    return look_of(name) in (LOOKS["Failed"], LOOKS["Crashed"])


def _ceiling(most: float) -> float:
    """Give the most that a lane has room for: in steps, as in the live view."""
    scale = 10.0 ** math.floor(math.log10(max(1.0, most)))
    return next((step * scale for step in _STEPS if step * scale >= most), 10 * scale)


def _draw_column(
    canvas: Canvas, across: tuple[int, int], layers: Sequence[tuple[str, float, int]], most: float
) -> None:
    """Draw a state upon the other; whatever there is can be seen, be it one of a hundred thousand."""
    level = _FLOOR
    for name, number, least in layers:
        upper = level - max(least, round(number / most * _HIGH))
        canvas.fill(*across, upper, level, look_of(name).settled)
        level = upper
