"""How each state looks, in the order in which states are counted, and the pieces a settled picture is made of.

An untrusted notebook keeps only what JupyterLab's sanitizer lets through, and GitHub drops every style. Hence tables,
`details`, literal colours and spaces between parts in the text itself. Each element restates what the page's own style
sheet may set on it (JupyterLab centres tables and greys `pre`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Look(NamedTuple):
    """A state's icon, its colour on light and dark surfaces, and its colour in a settled picture.

    No colour reaches 4.5:1 on white and on #111 alike (4.35 is the most there is), and a settled picture cannot know
    its page. So `settled` is the ground under a white icon (or the ink on a white ground): at least 4.5:1 against
    white, and as a shape at least 3:1 against every page from #fff to #1e1e1e.
    """

    icon: str
    light: str
    dark: str
    settled: str
    fill: Literal["solid", "outline", "hatched"]


_RETRY = Look("↻", "#946200", "#f5bd2b", "#946200", "solid")
_WAIT = Look("○", "#667080", "#9ca3af", "#667080", "outline")
_STOP = Look("⊘", "#4b5563", "#c0c6cf", "#5f6b7a", "hatched")

LOOKS: dict[str, Look] = {
    "Completed": Look("✓", "#12814e", "#34d399", "#12814e", "solid"),
    "Cached": Look("◆", "#0f766e", "#5eead4", "#0f766e", "outline"),
    "Running": Look("▶", "#0a4fb0", "#93c2ff", "#2563eb", "solid"),
    "Retrying": _RETRY,
    "AwaitingRetry": _RETRY,
    "Failed": Look("✕", "#a1091c", "#f8514f", "#cf222e", "solid"),
    "Crashed": Look("⚡", "#7b1259", "#dd57a5", "#bf2f86", "solid"),
    "Paused": Look("❚❚", "#6f1fd6", "#a86ff8", "#8b46ea", "solid"),
    "Cancelling": _STOP,
    "Cancelled": _STOP,
    "Scheduled": _WAIT,
    "Pending": _WAIT,
}
# Names that the engine or a user gives to a state of a known type; a count carries no type to look them up by.
_LIKE = {"TimedOut": "Failed", "NotReady": "Pending", "Suspended": "Paused", "Late": "Scheduled"}
# Two names that look the same would read as one state counted twice.
_TOLD_AS = {"AwaitingRetry": "Retrying"}
_UNKNOWN = Look("•", "#667080", "#9ca3af", "#667080", "solid")


def look_of(name: str, type_: str = "") -> Look:
    """Find how a state looks by its name or, where that is a user's own word, by its type."""
    return LOOKS.get(_known(name)) or LOOKS.get(type_.capitalize()) or _UNKNOWN


def in_order(names: Iterable[str]) -> list[str]:
    """Sort state names in the palette's order, unknown ones last and by letter."""
    places = {name: place for place, name in enumerate(LOOKS)}
    return sorted(names, key=lambda name: (places.get(_known(name), len(places)), name))


def _known(name: str) -> str:
    return _LIKE.get(name, name)


def counted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """List the states that occur with their numbers, in the palette's order; between two tries counts as retrying."""
    folded: dict[str, int] = {}
    for name, number in counts.items():
        told = _TOLD_AS.get(name, name)
        folded[told] = folded.get(told, 0) + number
    return [(name, folded[name]) for name in in_order(folded) if folded[name]]


# What is the user's: no sequence of it may act on a terminal, a page, a file or the text around it.

_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
# DEL and C1, direction overrides (they would turn the text after them), halves of characters (they cannot be saved).
_HARMFUL = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]")


def _tame(text: object) -> str:
    plain = _NEWLINES.sub("\n", _TERMINAL.sub("", str(text)))
    visible = _CONTROLS.sub(lambda found: chr(0x2400 + ord(found[0])), plain)
    return _HARMFUL.sub("\ufffd", visible)


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def line(text: object, most: int) -> str:
    """Make a user's string one harmless line of at most so many characters."""
    return _clip(" ".join(_tame(text).split()), most)


def lines(text: object, most: int, width: int = 160) -> list[str]:
    """Make a user's text at most so many harmless lines."""
    kept = [_clip(line.expandtabs(4).rstrip(), width) for line in _tame(text).strip("\n").split("\n")]
    return kept if len(kept) <= most else [*kept[: most - 1], "…"]


def escaped(text: str) -> str:
    """Escape what is HTML in tamed text."""
    return html.escape(text, quote=True)


def user(text: object, most: int) -> str:
    """Set a user's string in HTML: one harmless line, escaped, its writing direction kept to itself."""
    return f"<bdi>{escaped(line(text, most))}</bdi>"


def isolated(text: str) -> str:
    """Keep right-to-left text from turning, in plain text, what stands beside it."""
    turns = any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in text)
    return f"\u2068{text}\u2069" if turns else text


# Numbers for people.


def many(number: int, word: str) -> str:
    """Count things: `1 hook`, `1,200 hooks`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def duration(seconds: float | None) -> str:
    """Say how long something took, or nothing if it never began."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return f"{max(seconds * 1000, 0.1):.{1 if seconds < 0.00995 else 0}f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# The pieces take HTML and give HTML: whoever calls them has escaped what is the user's.

HATCH = "#4b5563"  # the second shade of a hatched fill
LINE, TINT, RED_TINT = "rgba(128,128,128,0.35)", "rgba(128,128,128,0.14)", "rgba(207,34,46,0.10)"
DIM = "opacity:0.75"
WHOLE = "white-space:nowrap"
GAP = "&ensp;"
# Under a name in a table: a bounded width, because a table grows with a word that it cannot break.
UNDER = f"max-width:520px;overflow-wrap:break-word;{DIM}"
SMALL = "padding:4px 0;font-size:12px"
CARD = (
    # As js/src/style.ts: 880 wide, of which 2 on each side are left free; one is 8 below another.
    f"box-sizing:border-box;max-width:876px;margin:4px 2px 8px 2px;padding:6px 12px;border:1px solid {LINE};"
    "border-radius:6px;overflow-x:auto;overflow-wrap:break-word;text-align:left;"
    "font-family:system-ui,-apple-system,sans-serif;font-size:13px;line-height:1.45"
)
PRE = (
    # JupyterLab breaks what is set in `pre` at any letter.
    "margin:0;padding:0;border:0;background:transparent;white-space:pre-wrap;overflow-wrap:break-word;"
    "word-break:normal;"
    "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;line-height:1.5"
)
WHY = f"{PRE};margin:6px 0;padding:6px 10px;border-left:3px solid {LOOKS['Failed'].settled};background:{TINT}"
_BADGE = "display:inline-block;text-align:center;border-radius:4px;font-weight:600;line-height:1.35"
_BAR = "height:6px;line-height:6px;font-size:0;margin:6px 0;overflow:hidden;white-space:nowrap"
_TABLE = "width:100%;margin:4px 0;border-collapse:collapse;border:0;table-layout:auto;font-size:12px"
_CELL = "padding:2px 8px;text-align:left;vertical-align:baseline"
_WIDE = frozenset({"task", "hook", "run"})


def span(style: str, inner: str) -> str:
    """Set a part of a line."""
    return f'<span style="{style}">{inner}</span>'


def div(style: str, inner: str) -> str:
    """Set a block."""
    return f'<div style="{style}">{inner}</div>'


def pre(style: str, inner: str) -> str:
    """Set lines whose spaces count, left to right as code is."""
    return f'<pre dir="ltr" style="{style}">{inner}</pre>'


def fold(said: str, inner: str, *, style: str = "margin:4px 0", opened: bool = False) -> str:
    """Set a line that opens to show more."""
    start = "<details open" if opened else "<details"
    return f'{start} style="{style}"><summary style="cursor:pointer">{said}</summary>{inner}</details>'


def badge(look: Look, word: str = "") -> str:
    """Set a state's icon, with its word if given, on a ground of its own: so it reads on any page."""
    ink, ground = ("#fff", look.settled) if look.fill != "outline" else (look.settled, "#fff")
    hatch = f";background-image:{_hatch(look.settled)};background-size:6px 6px" if look.fill == "hatched" else ""
    room = "padding:1px 8px" if word else "min-width:1.3em"
    icon = look.icon + ("\ufe0e" if look.icon in "⚡▶" else "")  # as text, not as a picture in colours of its own
    style = f"{_BADGE};color:{ink};background:{ground}{hatch};border:1px solid {look.settled};{room}"
    return span(style, f"{icon} {word}" if word else icon)


def _hatch(colour: str) -> str:
    stops = f"{HATCH} 25%, {colour} 25%, {colour} 50%, {HATCH} 50%, {HATCH} 75%, {colour} 75%"
    return f"linear-gradient(135deg, {stops})"


def bar(counts: Mapping[str, int]) -> str:
    """Draw the share of each state over their numbers: a rare one stays visible, together they never pass 100 %."""
    total = sum(counts.values())
    least = {name: max(number / total, 0.008) for name, number in counted(counts)}
    parts = [_segment(look_of(name), 99.9 * share / sum(least.values())) for name, share in least.items()]
    return div(_BAR, "".join(parts)) + div(SMALL, tally(counts)) if parts else ""


def _segment(look: Look, percent: float) -> str:
    faint = ";opacity:0.45" if look.fill == "outline" else ""
    return span(f"display:inline-block;height:6px;width:{percent:.2f}%;background:{look.settled}{faint}", "")


def tally(counts: Mapping[str, int], most: int = 12) -> str:
    """Set the states with their numbers in one line."""
    listed = counted(counts)
    said = [span(WHOLE, f"{badge(look_of(name))} {n:,} {span(DIM, user(name, 60))}") for name, n in listed[:most]]
    rest = sum(number for _, number in listed[most:])
    return f"{GAP} ".join([*said, f"{rest:,} in other states"] if rest else said)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], marked: Sequence[bool]) -> str:
    """Set rows in a table, without the columns that hold nothing; marked rows are tinted."""
    kept = [place for place in range(len(titles)) if any(row[place] for row in rows)]
    head = "".join(f'<th align="left" style="{_head(titles[k])}">{titles[k]}</th>' for k in kept)
    body = "".join(
        f'<tr style="background:{RED_TINT if mark else "transparent"};border-top:1px solid {LINE}">'
        + "".join(f'<td style="{_cell(titles[k])}">{row[k]}</td>' for k in kept)
        + "</tr>"
        for row, mark in zip(rows, marked, strict=True)
    )
    top = f'<tr style="background:transparent;border:0">{head}</tr>'
    return f'<table cellpadding="4" style="{_TABLE}">{top}{body}</table>' if rows else ""


def _head(title: str) -> str:
    # A narrow first row keeps all room for the names.
    return f"{_cell(title)};font-weight:600;{DIM}" + ("" if title in _WIDE else ";width:1%")


def _cell(title: str) -> str:
    if title in _WIDE:
        return _CELL
    side = _CELL.replace("left", "right") if title == "time" else _CELL
    return f"{side};{WHOLE}"
