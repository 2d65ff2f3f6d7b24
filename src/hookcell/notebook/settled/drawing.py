"""How a run looks over time: the lane beside a row of the timeline.

Drawn twice as large as shown, so that it is sharp on screens of either kind. Colour is never alone: what waits is
dashed, what was stopped is hatched, a try that failed ends in a bar that stands out, what came from a cache is hollow.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.notebook.palette import HATCH, LOOKS, look_of
from hookcell.notebook.settled.png import CLEAR, Canvas
from hookcell.notebook.settled.trees import CALM_HOOKS, FAILURE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hookcell.notebook.palette import Look

    Wire = Mapping[str, Any]

# As wide as a lane of the live view.
WIDTH, HEIGHT, SHARP = 612, 22, 2
_TOP, _BOTTOM = 12, 32
_WAITING = frozenset({"PENDING", "SCHEDULED"})
LEAST = 4


class Span(NamedTuple):
    """The time that a timeline shows, in seconds since 1970."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is; never nothing."""
        return max(self.end - self.start, 1e-6)

    def x(self, at: float) -> int:
        """Give the column of a moment; one that a clock has put outside stands at the edge."""
        share = (at - self.start) / self.seconds
        return round(min(max(share, 0.0), 1.0) * WIDTH * SHARP)


class Stretch(NamedTuple):
    """A part of a run's story: from when to when it was in a state, and how that ended."""

    start: float
    end: float
    type: str
    look: Look
    failed: bool


def stretches_of(run: Wire, now: float) -> list[Stretch]:
    """Give what a run went through; its last state lasts until now, or no time at all if it has ended."""
    story = run["story"]
    last = now if run["end"] is None else run["end"]
    pairs = pairwise([*story, ["", "", last]])
    return [_stretch(state, after) for state, after in pairs if after[1] or not _is_final(state)]


def _stretch(state: Sequence[Any], after: Sequence[Any]) -> Stretch:
    """Look at a state; a try is told by how it ended."""
    name, type_, at = state
    failed = type_ == "RUNNING" and (after[1] in FAILURE or after[1] in {"SCHEDULED", "RUNNING"})
    ended = type_ == "RUNNING" and after[1] not in {"", "PAUSED", "PENDING"}
    told = "Failed" if failed and after[1] not in FAILURE else after[0] if ended else name
    return Stretch(at, after[2], type_, look_of(told, after[1] if ended else type_), failed)


def _is_final(state: Sequence[Any]) -> bool:
    return state[1] in {"COMPLETED", "CANCELLED", *FAILURE}


# -- drawing ----------------------------------------------------------------------------------------------------------


def lane() -> Canvas:
    """Give an empty lane."""
    return Canvas(WIDTH * SHARP, HEIGHT * SHARP)


def draw_run(canvas: Canvas, span: Span, run: Wire, now: float) -> None:
    """Draw what a run went through, and its hooks as marks above."""
    stretches = stretches_of(run, now)
    for one in stretches:
        draw_stretch(canvas, span, one)
    if run["end"] is not None and not any(one.type == "RUNNING" for one in stretches):
        _hollow(canvas, span.x(run["end"]), look_of(run["state"]["name"], run["state"]["type"]))
    for hook in run["hooks"]:
        colour = LOOKS[CALM_HOOKS.get(hook["outcome"], "Failed")].settled
        _diamond(canvas, span.x(hook["at"]), colour)


def draw_stretch(canvas: Canvas, span: Span, one: Stretch) -> None:
    """Draw a part of a run's story as a bar, and as an outline of dashes where it waited."""
    left, right = span.x(one.start), span.x(one.end)
    if one.type in _WAITING:
        _dashed(canvas, left, right)
        return
    left = min(left, canvas.width - LEAST)
    right = max(right, left + LEAST)
    draw_bar(canvas, (left, right), (_TOP, _BOTTOM), one.look)
    canvas.fill(right, right + 1, _TOP, _BOTTOM, CLEAR)  # the next try is another bar
    if one.failed:
        canvas.fill(right - LEAST, right, _TOP - 6, _BOTTOM + 6, one.look.settled)


def draw_bar(canvas: Canvas, across: tuple[int, int], down: tuple[int, int], look: Look) -> None:
    """Fill a bar, from one column to another and from one row to another; hatch it if that is how it looks."""
    canvas.fill(*across, *down, look.settled)
    if look.fill == "hatched":
        canvas.dots(((x, y) for y in range(*down) for x in range(*across) if (x + y) % 8 < 4), HATCH)


def _dashed(canvas: Canvas, left: int, right: int) -> None:
    """Draw an outline of dashes; a wait that is too short to see is none."""
    if right - left < LEAST:
        return
    colour = LOOKS["Pending"].settled
    for x in range(left, right, 10):
        for y in (_TOP + 2, _BOTTOM - 4):
            canvas.fill(x, min(x + 6, right), y, y + 2, colour)
    canvas.fill(left, left + 2, _TOP + 2, _BOTTOM - 2, colour)
    canvas.fill(right - 2, right, _TOP + 2, _BOTTOM - 2, colour)


def _hollow(canvas: Canvas, x: int, look: Look) -> None:
    """Mark a run that ended without having run."""
    left = min(max(x - 8, 0), canvas.width - 16)
    canvas.fill(left, left + 16, _TOP, _BOTTOM, look.settled)
    canvas.fill(left + 3, left + 13, _TOP + 3, _BOTTOM - 3, CLEAR)


def _diamond(canvas: Canvas, x: int, colour: str) -> None:
    x = min(max(x, 7), canvas.width - 8)
    for size, ink in ((9, CLEAR), (6, colour)):
        for row in range(-size, size + 1):
            reach = size - abs(row)
            canvas.fill(x - reach, x + reach + 1, 8 + row, 9 + row, ink)
