"""The time that a timeline shows, and its round moments: as js/src/lane.ts and ticks.ts have them for the live view."""

from __future__ import annotations

import math
from typing import NamedTuple

from hookcell.notebook.palette import span

_ENDS = (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10)
_MOST_TICKS = 6.5
_MINUTES = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
# As in the live view: a name in the middle of its moment, but for one at an end of the axis.
_AT_START, _AT_END = 2, 97
_LEAST_HALF = 3.5
# No width of its own, or the names would hold the column open where there is no room for them.
_BOX = "display:inline-block;width:0;height:18px;line-height:18px;vertical-align:top;font-size:11px;font-weight:normal"
# One for which there is no room breaks off to a second line, which is not shown; those at the ends are, all the same.
_HIDES = f"{_BOX};white-space:normal;overflow:hidden"
_MAY_BREAK = '<span style="display:inline-block;width:0"></span>'


class Tick(NamedTuple):
    """A round moment: how many seconds after the start, and what it is called."""

    seconds: float
    name: str


def horizon(seconds: float, *, live: bool) -> float:
    """Say how many seconds a lane shows of a run that took so many: what it showed while the run went on."""
    least = max(seconds * 1.03, 1 if live else 0.0001)
    scale = 10.0 ** math.floor(math.log10(least))
    return next((end for end in _ENDS if end * scale >= least), 10) * scale


def ticks_of(seconds: float) -> list[Tick]:
    """Choose round moments, so few that their names are clear of one another."""
    step = _step(seconds)
    count = min(math.floor(seconds / step * (1 + 1e-9)) + 1, 8)
    return [Tick(place * step, _name(place * step, step, seconds)) for place in range(count)]


def _step(seconds: float) -> float:
    least = seconds / _MOST_TICKS
    scale = 10.0 ** math.floor(math.log10(least))
    decimal = next(n * scale for n in (1, 2, 5, 10, 20) if n * scale >= least * 0.999)
    if decimal <= 10:
        return decimal
    return next((step for step in _MINUTES if step >= least), math.ceil(least / 86_400) * 86_400)


def _name(seconds: float, step: float, longest: float) -> str:
    """Say a moment with as many decimals as the step has: `0.5 s`, `200 ms`, `1:30`."""
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    if longest < 0.001:
        return f"{seconds * 1e6:.{max(0, decimals - 6)}f} µs"
    if longest < 1:
        return f"{seconds * 1000:.{max(0, decimals - 3)}f} ms"
    return f"{seconds:.{decimals}f} s" if longest < 60 else _clock(seconds)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(math.floor(seconds + 1e-6), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def axis(seconds: float) -> str:
    """Set the names of the moments of a lane side by side, each in a box as wide as there is room."""
    ticks = ticks_of(seconds)
    step = 100 * ticks[1].seconds / seconds if len(ticks) > 1 else 100.0
    said, free = [], 0.0
    for tick in ticks:
        side, left, right = _box(100 * tick.seconds / seconds, step)
        said.append(_named(tick.name, side, max(0.0, left - free), right - left))
        free = right
    return " ".join(said)


def _box(percent: float, step: float) -> tuple[str, float, float]:
    """Give the side that a name stands at, and from where to where it may reach: clear of those beside it."""
    if percent < _AT_START:
        return "left", 0.0, step / 3
    half = min(step / 3, 99.9 - percent)
    if percent > _AT_END or half < _LEAST_HALF:
        return "right", percent - step / 3, 99.9
    return "center", percent - half, percent + half


def _named(name: str, side: str, gap: float, width: float) -> str:
    style, said = (_HIDES, _MAY_BREAK) if side == "center" else (_BOX, "")
    style += f";text-align:{side};min-width:{width:.2f}%;margin:0 0 0 {gap:.2f}%"
    said += name.replace(" ", "&nbsp;")
    # One at the right end that is wider than its box reaches out of it to the left.
    if side == "right":
        return f'<span dir="rtl" style="{style}"><span dir="ltr">{said}</span></span>'
    return span(style, said)
