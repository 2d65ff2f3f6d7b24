"""Bins: when the runs of a group started and how they ended, exact for any number of them, in a few dozen numbers."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BINS = 64
# The first width of a bin, in seconds; it doubles whenever time has filled all of them.
FINEST = 0.001


class Bins:
    """Counts starts and ends in bins of equal width, the first of which begins with the first start.

    started [3, 1, 0, 2] and ended {"Completed": [0, 2, 1, 0]}: at the end of each bin 3, 2, 1, 3 are running.
    """

    __slots__ = ("_ended", "_from", "_started", "_step")

    def __init__(self) -> None:
        self._from: float | None = None
        self._step = FINEST
        self._started = [0] * MOST_BINS
        self._ended: dict[int, list[int]] = {}

    def started(self, at: float) -> None:
        """Count a start."""
        if self._from is None:
            self._from = at
        place = int((at - self._from) / self._step)
        self._started[place if 0 <= place < MOST_BINS else self._place(at, self._from)] += 1

    def ended(self, name: int, at: float) -> None:
        """Count an end in a state of that name, which is given by its number; it has started before."""
        assert self._from is not None  # noqa: S101 -- as the docstring says
        place = int((at - self._from) / self._step)
        row = self._ended.get(name)
        if row is None:
            row = self._ended[name] = [0] * MOST_BINS
        row[place if 0 <= place < MOST_BINS else self._place(at, self._from)] += 1

    def all_started(self, times: list[float]) -> None:
        """Count starts, in any order; sorts the list."""
        if not times:
            return
        times.sort()
        if self._from is None:
            self._from = times[0]
        self._count(self._started, times, self._from)

    def all_ended(self, name: int, times: list[float]) -> None:
        """Count ends in states of one name, in any order, of what has started before; sorts the list."""
        assert self._from is not None  # noqa: S101 -- as above
        times.sort()
        self._count(self._ended.setdefault(name, [0] * MOST_BINS), times, self._from)

    def _count(self, row: list[int], times: list[float], first: float) -> None:
        """Count sorted times: as many steps as there are bins, however many times."""
        self._place(times[-1], first)  # from here on the bins are wide enough
        done = 0
        while done < len(times):
            place = self._place(times[done], first)
            upto = bisect_left(times, first + (place + 1) * self._step, done + 1)
            row[place] += upto - done
            done = upto

    def _place(self, at: float, first: float) -> int:
        """Give the bin of a time before the first bin or after the last."""
        while (place := int((at - first) / self._step)) >= MOST_BINS:
            self._coarsen()
        return max(place, 0)  # threads told of it in another order than it happened

    def _coarsen(self) -> None:
        self._step *= 2
        for row in (self._started, *self._ended.values()):
            row[:] = [*map(int.__add__, row[::2], row[1::2]), *([0] * (MOST_BINS // 2))]

    def told(self, names: Sequence[str]) -> dict[str, Any] | None:
        """Give the bins as JSON; None if nothing has started."""
        if self._from is None:
            return None
        used = 1 + max(map(_last, (self._started, *self._ended.values())))
        ended = {names[name]: row[:used] for name, row in self._ended.items()}
        return {"from": self._from, "step": self._step, "started": self._started[:used], "ended": ended}


def _last(row: list[int]) -> int:
    """Give the place of the last bin that is not empty."""
    return next((place for place in range(MOST_BINS - 1, 0, -1) if row[place]), 0)
