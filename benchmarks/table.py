"""The table that `make bench` prints."""

import statistics
from dataclasses import dataclass, field

TITLES = {"dialect": "hookcell.prefect", "threads": "concurrent.futures", "hamilton": "Hamilton", "prefect": "Prefect"}
WIDTHS = (27, 11, 11, 15, 11)
PEER_WIDTH, DIALECT_WIDTH = 20, 22
WORDS = {True: "met", False: "MISSED", None: ""}


@dataclass
class Result:
    """What was measured for a row: all our values, the others' medians, and how many times ours each of these is.

    The dialect is one of the others.
    """

    own: list[float] = field(default_factory=list)
    peers: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    # Why something is missing: "hookcell" or a peer, and the reason.
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, peer, own, theirs=()):
        """Add what turns with a peer gave; the ratio is that of neighbouring repetitions."""
        self.own += own
        if not theirs:
            return
        self.peers[peer] = statistics.median(theirs)
        self.ratios[peer] = statistics.median(his / our for our, his in zip(own, theirs, strict=True))


def heading(peers):
    """Give the table's first two lines."""
    titles = [TITLES["dialect"].rjust(DIALECT_WIDTH), *[TITLES[peer].rjust(PEER_WIDTH) for peer in peers]]
    line = " ".join([*_padded(("with one hook per run", "hookcell", "best", "target", "")), *titles]).rstrip()
    return f"{line}\n{'-' * len(line)}"


def line_of(row, result, peers):
    """Give a row's line."""
    own = statistics.median(result.own) if result.own else None
    met = row.met(own, result.ratios) if own is not None else None
    ours, best = (figure(own, row.unit), figure(min(result.own), row.unit)) if result.own else ("–", "")
    verdict = WORDS[met]
    if met is not None and row.times:
        verdict = f"{1 / result.ratios[row.times]:.1f}: {verdict}"
    cells = [_dialect(row, result).rjust(DIALECT_WIDTH)]
    cells += [_peer(row, result, peer).rjust(PEER_WIDTH) for peer in peers]
    return " ".join([*_padded((row.label, ours, best, row.limit(), verdict)), *cells]).rstrip()


def _padded(cells):
    label, *others = cells
    return [label.ljust(WIDTHS[0]), *(cell.rjust(width) for cell, width in zip(others, WIDTHS[1:], strict=True))]


def _peer(row, result, peer):
    if peer not in result.peers:
        return "–"
    return f"{figure(result.peers[peer], row.unit)} {times(result.ratios[peer])}"


def _dialect(row, result):
    if "dialect" not in result.peers:
        return "–"
    value, ratio = result.peers["dialect"], result.ratios["dialect"]
    return f"{figure(value, row.unit)} ({ratio:.2f}×) {WORDS[row.dialect_met(value, ratio)]}"


def figure(value, unit):
    """Give a number with three digits or so, and its unit."""
    digits = 2 if abs(value) < 1 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f} {unit}"


def times(ratio):
    """Say how many times ours something is."""
    return f"({ratio:,.0f}×)" if ratio >= 10 else f"({ratio:.2g}×)"
