"""A few runs on one lane, each with a bar of its own, as js/src/packed.ts: those at the same time lie above another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.settled.drawing import LEAST, SHARP, draw_bar, stretches_of
from hookcell.notebook.settled.png import CLEAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hookcell.notebook.settled.drawing import Span, Stretch
    from hookcell.notebook.settled.png import Canvas

    Wire = Mapping[str, Any]

_MOST_RUNS, _MOST_FLOORS = 60, 6
_FOOT, _HIGH, _BAR = 36, 32, 20
_WORK = frozenset({"RUNNING", "CANCELLING"})


class Packed(NamedTuple):
    """What runs went through, each stretch on the floor of its run, and how many floors there are."""

    pieces: list[tuple[Stretch, int]]
    floors: int


def pack(runs: Sequence[Wire], total: int, now: float) -> Packed | None:
    """Give each run of a group a floor; nothing for so many, or so many at once, that their density tells more."""
    if not len(runs) == total <= _MOST_RUNS:
        return None
    busy: list[float] = []
    pieces: list[tuple[Stretch, int]] = []
    for run in sorted((run for run in runs if run["start"] is not None), key=lambda run: (run["start"], run["n"])):
        floor = next((place for place, end in enumerate(busy) if end <= run["start"]), len(busy))
        busy[floor : floor + 1] = [now if run["end"] is None else run["end"]]
        pieces += [(one, floor) for one in stretches_of(run, now) if one.type in _WORK]
    return Packed(pieces, len(busy)) if pieces and len(busy) <= _MOST_FLOORS else None


def draw_packed(canvas: Canvas, span: Span, packed: Packed) -> None:
    """Draw the bars of few runs; where one follows another, a bar is as high as any."""
    for one, floor in packed.pieces:
        left = min(span.x(one.start), canvas.width - LEAST)
        right = max(span.x(one.end), left + LEAST)
        top, bottom = _shelf(floor, packed.floors)
        draw_bar(canvas, (left, right), (top, bottom), one.look)
        if right - left > 2 * LEAST:
            canvas.fill(right - SHARP, right, top, bottom, CLEAR)


def _shelf(floor: int, floors: int) -> tuple[int, int]:
    """Say from where to where a floor reaches; the lowest is the first."""
    if floors == 1:
        return _FOOT - _BAR - 4, _FOOT - 4
    each = min(_BAR, _HIGH // floors)
    top = _FOOT - each * (floor + 1)
    return top, top + each - (SHARP if each > 4 * SHARP else 1)
