"""The timeline of a settled picture: a table whose last column is a picture for each row, each with its story as text.

A picture for each row stays beside its words whatever a page does to line heights. GitHub drops the pictures, and
screen readers do not see them: the texts in their place tell what happened when.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hookcell.notebook.palette import (
    DIM,
    GAP,
    LINE,
    LOOKS,
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
from hookcell.notebook.settled.density import columns_of, draw_group
from hookcell.notebook.settled.drawing import HEIGHT, WIDTH, Span, draw_run, lane, stretches_of
from hookcell.notebook.settled.lanes import group_look, rows_of, usual_look
from hookcell.notebook.settled.trees import clock, hooks_said, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hookcell.notebook.palette import Look
    from hookcell.notebook.settled.density import Column
    from hookcell.notebook.settled.drawing import Stretch
    from hookcell.notebook.settled.lanes import Row
    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]

MOST_TICKS = 7
MOST_TOLD = 6
_NAME = 36
_STEPS = [step * 10**power for power in (-3, -2, -1, 0) for step in (1, 2, 5)]
_STEPS += [10, 15, 30, *(60 * step for step in (1, 2, 5, 10, 15, 30)), *(3600 * step for step in (1, 2, 3, 6, 12))]
_TABLE = "width:100%;margin:6px 0;border-collapse:collapse;border:0;table-layout:auto;font-size:12px"
_LABEL = f"padding:1px 10px 1px 0;border:0;text-align:left;vertical-align:middle;{WHOLE}"
_NOTE = f"padding:1px 10px 1px 0;border:0;text-align:right;vertical-align:middle;{WHOLE};{DIM}"
_LANE = "padding:0;border:0;text-align:left;vertical-align:middle;line-height:1"
# It takes the room that the words leave; where there is no style, as on GitHub, it has the size that its tag says.
_PICTURE = f"display:block;width:100%;min-width:{WIDTH // 2}px;max-width:none;height:{HEIGHT}px;margin:0;border:0"


def timeline(tree: Tree, most: int) -> str:
    """Draw when each task ran, in at most so many rows; nothing where there is nothing to tell apart."""
    rows, left = rows_of(tree, most)
    if not rows:
        return ""
    over = _span(tree)
    ticks = _ticks(over.seconds)
    drawn = "".join(_row(tree, row, over, ticks) for row in rows)
    more = div(SMALL, f"and {many(left, 'more row')}") if left else ""
    return f'<table cellpadding="2" style="{_TABLE}">{_head(over, ticks)}{drawn}</table>{more}'


def _span(tree: Tree) -> Span:
    root = tree.root
    first = root["created"] if root["start"] is None else root["start"]
    ends = (tree.now if run["end"] is None else run["end"] for run in tree.runs)
    return Span(first, max(ends, default=first))


def _ticks(seconds: float) -> list[float]:
    """Choose round moments, at most seven."""
    step = next((step for step in _STEPS if seconds / step < MOST_TICKS), None) or 86400 * (1 + seconds // 604800)
    return [step * place for place in range(int(seconds / step) + 1)]


def _head(over: Span, ticks: Sequence[float]) -> str:
    shares = [100 * (after - before) / over.seconds for before, after in pairwise([*ticks, over.seconds])]
    said = " ".join(_tick(tick, share) for tick, share in zip(ticks, shares, strict=True))
    cells = f'<th align="left" style="{_LABEL};{DIM};font-weight:600">task</th><th style="{_NOTE}"></th>'
    axis = f'<th align="left" style="{_LANE};{DIM};{WHOLE};font-size:0">{said}</th>'
    return f'<tr style="background:transparent;border:0">{cells}{axis}</tr>'


def _tick(seconds: float, share: float) -> str:
    """Name a moment; not one so near to the end that its name would reach beyond it."""
    style = f"display:inline-block;width:{max(share, 0):.2f}%;font-size:11px;font-weight:normal"
    return span(style, _moment(seconds) if share >= 7 else "")


def _moment(seconds: float) -> str:
    """Say a round moment: `0 s`, `200 ms`, `2 s`, `1:30`."""
    if seconds == 0:
        return "0 s"
    if seconds < 0.9995:
        return f"{seconds * 1000:g} ms"
    return f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _row(tree: Tree, row: Row, over: Span, ticks: Sequence[float]) -> str:
    said, note, image = _run_row(tree, row.run, over, ticks) if row.run else _group_row(row.group or {}, over, ticks)
    label = f"{GAP * 2 * min(row.depth, 8)}{said}"
    cells = f'<td style="{_LABEL}">{label}</td><td style="{_NOTE}">{note}</td><td style="{_LANE}">{image}</td>'
    return f'<tr style="background:transparent;border:0;border-top:1px solid {LINE}">{cells}</tr>'


# -- a run ------------------------------------------------------------------------------------------------------------


def _run_row(tree: Tree, run: Wire, over: Span, ticks: Sequence[float]) -> tuple[str, str, str]:
    canvas = lane(over, ticks)
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
    return user(waits or _state_in_words(run), 24)


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


def _group_row(group: Wire, over: Span, ticks: Sequence[float]) -> tuple[str, str, str]:
    canvas, columns = lane(over, ticks), columns_of(group["bins"]) if group["bins"] else []
    draw_group(canvas, over, columns or columns_of(_whole(group)), _running_look(group))
    times = f"× {group['total']:,}"
    name = f"{badge(group_look(group))} {user(group['of'], _NAME)} {span(DIM, times)}"
    note = " ".join(f"{number:,} {look_of(name).icon}" for name, number in counted(group["counts"])[:4])
    return name, note, _image(canvas.address(), _group_told(group, columns, over))


def _running_look(group: Wire) -> Look:
    return LOOKS["Running"] if group["end"] is None else usual_look(group)


def _whole(group: Wire) -> Wire:
    """Give a group that has no numbers over time as if all of its runs had begun and ended together."""
    start = group["first"] if group["start"] is None else group["start"]
    end = start if group["end"] is None else group["end"]
    ended = {name: [number] for name, number in group["counts"].items()} if group["end"] is not None else {}
    return {"from": start, "step": max(0.0, end - start), "started": [group["total"]], "ended": ended}


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
    return look_of(name).icon in {"✕", "⚡"}


def _image(address: str, told: str) -> str:
    text = escaped(told)
    return f'<img alt="{text}" width="{WIDTH}" height="{HEIGHT}" style="{_PICTURE}" src="{address}">'
