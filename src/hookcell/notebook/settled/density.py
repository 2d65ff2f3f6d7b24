"""Many runs of one task over time, as js/src/density.ts: those that completed, those at work, failures on top."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.palette import LOOKS, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hookcell.notebook.settled.drawing import Span
    from hookcell.notebook.settled.png import Canvas

    Wire = Mapping[str, Any]

_FLOOR, _HIGH = 40, 36
_STEPS = (1, 2, 3, 5, 8, 10)
_LEAST_SHARE = 0.34
_DONE, _WRONG = frozenset({"Completed", "Cached"}), frozenset({"Failed", "Crashed", "TimedOut"})
# From below: the colour of a layer, and how high it is at least, in dots.
_LAYERS = (("Completed", 2), ("Running", 3), ("Failed", 5))


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
    """Draw how many runs completed in each stretch of time and, above them, how many were left and how many failed.

    Args:
        canvas, span: Where, and the time it shows.
        columns: The numbers.
        end: When the last of them ended, or now: nothing is drawn after it.
    """
    numbers = [_numbers(column, end) for column in columns]
    most = _ceiling(max(map(sum, numbers), default=0))
    for column, layers in zip(columns, numbers, strict=True):
        left = min(span.x(column.start), canvas.width - 2)
        right = max(span.x(min(column.end, end)), left + 2)
        _draw_column(canvas, (left, right), _heights(layers, most))


def _numbers(column: Column, end: float) -> tuple[float, int, int]:
    """Count the runs of each layer; those of other ends, such as a cancelled one, are in none.

    The last column ends with the last run: as high as it would have been, so that the end does not droop.
    """
    share = min(1.0, max(_LEAST_SHARE, (end - column.start) / ((column.end - column.start) or 1.0)))
    done, wrong = (sum(number for name, number in column.ended if name in names) for names in (_DONE, _WRONG))
    return done / share, column.left, wrong


def _ceiling(most: float) -> float:
    """Give the most that a lane has room for: in steps, as in the live view."""
    scale = 10.0 ** math.floor(math.log10(max(1.0, most)))
    return next((step * scale for step in _STEPS if step * scale >= most), 10 * scale)


def _heights(numbers: Sequence[float], most: float) -> list[int]:
    """Say how high each layer is; whatever there is can be seen, be it one of a hundred thousand."""
    heights = [
        max(least, round(number / most * _HIGH)) if number else 0
        for number, (_, least) in zip(numbers, _LAYERS, strict=True)
    ]
    highest = heights.index(max(heights))
    heights[highest] -= max(0, sum(heights) - _FLOOR)  # it makes room for those that are seen though they are few
    return heights


def _draw_column(canvas: Canvas, across: tuple[int, int], heights: Sequence[int]) -> None:
    level = _FLOOR
    for (name, _), height in zip(_LAYERS, heights, strict=True):
        canvas.fill(*across, level - height, level, LOOKS[name].settled)
        level -= height
