"""The timeline of a settled picture: a table whose last column is a picture for each row, each with its story as text.

A picture for each row stays beside its words whatever a page does to line heights. GitHub drops the pictures, and
screen readers do not see them: the texts in their place tell what happened when.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hookcell.notebook.palette import (
    DIM,
    GAP,
    SMALL,
    WHOLE,
    badge,
    counted,
    div,
    duration,
    escaped,
    line,
    look_of,
    many,
    span,
    user,
)
from hookcell.notebook.settled.axis import axis, horizon
from hookcell.notebook.settled.density import columns_of, draw_group
from hookcell.notebook.settled.drawing import HEIGHT, WIDTH, Span, Stretch, draw_run, draw_stretch, lane, stretches_of
from hookcell.notebook.settled.lanes import group_look, rows_of
from hookcell.notebook.settled.packed import draw_packed, pack
from hookcell.notebook.settled.styles import FAINT
from hookcell.notebook.settled.trees import clock, hooks_said, look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.palette import Look
    from hookcell.notebook.settled.density import Column
    from hookcell.notebook.settled.lanes import Row
    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]

MOST_TOLD = 6
_FAILURES = frozenset("✕⚡")
_NAME = 36
_TABLE = "width:100%;margin:8px 0 6px 0;border-collapse:collapse;border:0;table-layout:auto;font-size:12px"
# Both columns of words are as wide as the live view's one; a long name gives way to what is said beside it.
_LABEL = (
    "max-width:172px;overflow:hidden;text-overflow:ellipsis;padding:0 8px 0 0;border:0;text-align:left;"
    f"vertical-align:middle;{WHOLE}"
)
_NOTE = f"padding:0 8px 0 0;border:0;text-align:right;vertical-align:middle;{WHOLE};{DIM}"
_LANE = "width:72%;padding:2px 0 1px 0;border:0;text-align:left;vertical-align:middle;line-height:1"
# It takes the room that the words leave; where there is no style, as on GitHub, it has the size that its tag says.
_PICTURE = f"display:block;width:100%;min-width:60px;max-width:none;height:{HEIGHT}px;margin:0;border:0"


def timeline(tree: Tree, most: int) -> str:
    """Draw when each task ran, in at most so many rows; nothing where there is nothing to tell apart."""
    rows, left = rows_of(tree, most)
    if not rows:
        return ""
    over = _span(tree)
    drawn = "".join(_row(tree, row, over) for row in rows)
    more = div(SMALL, f"and {many(left, 'more row')}") if left else ""
    return f'<table cellpadding="2" style="{_TABLE}">{_head(over)}{drawn}</table>{more}'


def _span(tree: Tree) -> Span:
    first = tree.root["created"]
    ends = (tree.now if run["end"] is None else run["end"] for run in tree.runs)
    last = max(ends, default=first)
    return Span(first, first + horizon(last - first, live=tree.root["end"] is None))


def _head(over: Span) -> str:
    small = f"{DIM};font-weight:normal;font-size:11px"
    cells = f'<th align="left" style="{_LABEL};{small}">task</th><th style="{_NOTE}"></th>'
    moments = f'<th align="left" style="{_LANE};{DIM};{WHOLE};font-size:0">{axis(round(over.seconds, 6))}</th>'
    return f'<tr style="background:transparent;border:0">{cells}{moments}</tr>'


def _row(tree: Tree, row: Row, over: Span) -> str:
    told = _run_row(tree, row.run, over) if row.run else _group_row(tree, row.group or {}, over)
    said, note, image = told
    label = f"{GAP * 2 * min(row.depth, 8)}{said}"
    cells = f'<td style="{_LABEL}">{label}</td><td style="{_NOTE}">{note}</td><td style="{_LANE}">{image}</td>'
    return f'<tr style="background:transparent;border:0;border-top:1px solid {FAINT}">{cells}</tr>'


# -- a run ------------------------------------------------------------------------------------------------------------


def _run_row(tree: Tree, run: Wire, over: Span) -> tuple[str, str, str]:
    canvas = lane()
    draw_run(canvas, over, run, tree.now)
    name = f"{badge(look(run))} {_name(run)}"
    return name, _note(run, tree.now), _image(canvas.address(), _run_told(run, over, tree.now))


def _name(run: Wire) -> str:
    """Name a task's run; a flow's run is known by its flow."""
    if run["kind"] == "task" or run["name"] == run["of"]:
        return user(run["name"], _NAME)
    return f"{user(run['of'], _NAME)} {span(DIM, user(run['name'], _NAME))}"


def _note(run: Wire, now: float) -> str:
    """Say what is worth it beside a run's name: its tries, what it waits for, or how long it took."""
    if run["attempt"] > 1:
        return f"try {run['attempt']:,} of {run['attempts']:,}"
    if run["start"] is not None and run["state"]["name"] != "Cached":
        return clock(run, now)
    waits = f"waits for {run['waits']}" if run["waits"] and run["end"] is None else ""
    return user(waits or _state_said(run), 24)


def _state_said(run: Wire) -> str:
    """Name a state as the counts above do, but for a word that is none of theirs: `cached`."""
    return "cached" if run["state"]["name"] == "Cached" else str(run["state"]["name"])


def _state_in_words(run: Wire) -> str:
    """Write a state's name as words in a sentence: `not ready` of NotReady."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", run["state"]["name"]).lower()


def _run_told(run: Wire, over: Span, now: float) -> str:
    """Tell what a run went through: `waited 0.1 s, failed after 1.3 s, waited 2.0 s, ran 4.6 s, ended at 9.0 s`."""
    stretches = stretches_of(run, now)
    said = [text for one in stretches[-MOST_TOLD:] if (text := _stretch_told(one))]
    said = ["…", *said] if len(stretches) > MOST_TOLD else said
    ended = [] if any(one.type == "RUNNING" for one in stretches) else [line(_state_in_words(run), _NAME)]
    at = [] if run["end"] is None else [f"ended at {_at(run['end'], over)}"]
    return ", ".join([*said, *ended, *at, *hooks_said([run])])


def _stretch_told(one: Stretch) -> str:
    spent = duration(max(0.0, one.end - one.start))
    if one.type in {"PENDING", "SCHEDULED"}:
        return f"waited {spent}" if one.end - one.start >= 0.0005 else ""
    return f"{_WORDS.get(one.look.icon, 'ran')} {spent}"


_WORDS = {"✓": "ran", "✕": "failed after", "⚡": "crashed after", "⊘": "was cancelled after", "❚❚": "was paused for"}


# -- many runs of one task --------------------------------------------------------------------------------------------


def _group_row(tree: Tree, group: Wire, over: Span) -> tuple[str, str, str]:
    canvas, columns = lane(), columns_of(group["bins"]) if group["bins"] else []
    few = pack([run for run in tree.tasks if run["g"] == group["g"]], group["total"], tree.now)
    end = tree.now if group["end"] is None else group["end"]
    if few:
        draw_packed(canvas, over, few)
    elif columns:
        draw_group(canvas, over, columns, end)
    elif group["start"] is not None:  # nothing is known but when it began and ended
        draw_stretch(canvas, over, Stretch(group["start"], end, "RUNNING", group_look(group), failed=False))
    times = f"× {group['total']:,}"
    name = f"{badge(group_look(group))} {user(group['of'], _NAME)} {span(DIM, times)}"
    note = " ".join(_tally(number, look_of(name)) for name, number in counted(group["counts"])[:4])
    return name, note, _image(canvas.address(), _group_told(group, columns, over))


def _tally(number: int, look: Look) -> str:
    """Count runs of a state; bad news, which has a colour in the live view, stands out."""
    said = f"{number:,} {look.icon}"
    return f"<b>{said}</b>" if look.icon in _FAILURES else said


def _group_told(group: Wire, columns: list[Column], over: Span) -> str:
    """Tell what became of many runs: `1,200 runs from 3.1 s to 11.9 s, up to 8 at once, first failure at 4.2 s`."""
    said = many(group["total"], "run")
    if not columns:
        return said
    last = next((column.end for column in reversed(columns) if column.active), columns[-1].end)
    until = last if group["end"] is None else min(last, group["end"])
    told = [f"{said} from {_at(columns[0].start, over)} to {_at(until, over)}"]
    most = max(column.left for column in columns)
    told += [f"up to {most:,} at once"] if most else []
    failures = [column.start for column in columns if any(_is_failure(name) for name, _ in column.ended)]
    return ", ".join([*told, *[f"first failure at {_at(at, over)}" for at in failures[:1]]])


def _at(moment: float, over: Span) -> str:
    return duration(max(0.0, moment - over.start)) if moment > over.start else "0 s"


def _is_failure(name: str) -> bool:
    return look_of(name).icon in _FAILURES


def _image(address: str, told: str) -> str:
    text = escaped(told)
    return f'<img alt="{text}" width="{WIDTH}" height="{HEIGHT}" style="{_PICTURE}" src="{address}">'
