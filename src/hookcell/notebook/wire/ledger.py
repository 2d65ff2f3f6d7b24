"""The ledger: what has been counted of each run, in eight bytes, so that it is never counted twice."""

from __future__ import annotations

from array import array

# Bits of an entry, lowest first: the number of its state's name from 1, tries, hooks that ended well and badly, marks.
NAME, TRIES, HOOKS = (1 << 12) - 1, (1 << 14) - 1, (1 << 15) - 1
TRIES_AT, OK_AT, FAILED_AT = 12, 26, 41
STARTED, ENDED, TROUBLED, GROUPED = 1 << 60, 1 << 61, 1 << 62, 1 << 63
OKS, UNUSUAL = HOOKS << OK_AT, TROUBLED | HOOKS << FAILED_AT
_BLANK = bytes(64 * 8)


class Ledger:
    """Entries by the numbers of runs, in pages of 64: the runs of a board mostly have neighbouring numbers."""

    __slots__ = ("_pages",)

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}

    def of(self, number: int) -> int:
        """Give the entry of a run; 0 if it has none."""
        page = self._pages.get(number >> 6)
        return page[number & 63] if page is not None else 0

    def enter(self, number: int, entry: int) -> None:
        """Write the entry of a run."""
        page = self._pages.get(number >> 6)
        if page is None:
            page = self._pages[number >> 6] = array("Q", _BLANK)
        page[number & 63] = entry


def ok_in(entry: int) -> int:
    """Give how many hooks of a run have ended well."""
    return entry >> OK_AT & HOOKS


def failed_in(entry: int) -> int:
    """Give how many hooks of a run have ended badly."""
    return entry >> FAILED_AT & HOOKS


def retries_in(entry: int) -> int:
    """Give how many tries a run has had beyond the first."""
    return max(0, (entry >> TRIES_AT & TRIES) - 1)
