"""The settled picture: a card for each run, within a number of bytes whatever the runs' size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hookcell.notebook import told_picture
from hookcell.notebook.failure import NAME, SENTENCE, failure_said
from hookcell.notebook.palette import CARD, DIM, GAP, WHY, badge, bar, div, escaped, fold, line, many, pre, span, user
from hookcell.notebook.settled.styles import HEAD
from hookcell.notebook.settled.tables import hook_table, hooks_folded, more_runs, task_table, tasks_folded
from hookcell.notebook.settled.timeline import timeline
from hookcell.notebook.settled.trees import (
    QUICK_TASKS,
    began,
    frames,
    headline_clock,
    hooks_told,
    look,
    pick,
    trees_of,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]

MOST_BYTES = 60_000
MOST_CARDS = 8
OPEN_ROWS = 12
# How many rows of tables, and of the timeline, are tried until the picture is small enough.
SIZES = ((40, 24), (20, 16), (12, 8), (8, 4), (2, 0), (0, 0))


def to_html(snapshot: Wire) -> str:
    """Draw a board as a saved notebook shows it, with no kernel, script or style sheet, in less than 60 KB."""
    trees = trees_of(snapshot)
    more: Mapping[str, int] = snapshot["more_runs"]
    pictures = (told_picture.to_html(snapshot, size[0]) + _board(trees, more, *size) for size in SIZES)
    return next(picture for picture in pictures if len(picture.encode()) < MOST_BYTES) or div(CARD, "No runs.")


def is_small(snapshot: Wire) -> bool:
    """Whether every run of a board is a line that leaves nothing to ask: it need not be live."""
    return all(tree.quick and not tree.troubled for tree in trees_of(snapshot))


def _board(trees: list[Tree], unsent: Mapping[str, int], rows: int, lanes: int) -> str:
    drawn, folded = pick(trees, min(MOST_CARDS, max(2, rows)))
    each = max(1, len(drawn))
    cards = [_small(tree) if tree.quick else _card(tree, rows // each, lanes // each) for tree in drawn]
    return "".join(cards) + more_runs(folded, unsent, rows)


def _small(tree: Tree) -> str:
    """Draw a quick run as one line; what its tasks and hooks did, and its notes, are one click away."""
    said = _headline(tree, [hooks_told(tree.runs), why(tree.root)])
    inside = task_table(tree, QUICK_TASKS) + hook_table(tree, QUICK_TASKS) + _notes(tree)
    return fold(said, inside, style=CARD) if inside else div(CARD, said)


def _card(tree: Tree, rows: int, lanes: int) -> str:
    root, drawn = tree.root, timeline(tree, lanes)
    opened = not drawn and len(tree.tasks) <= min(OPEN_ROWS, rows)
    parts = [div(HEAD, _headline(tree, [])), bar(root["counts"]), _message(root), _error(tree), drawn]
    parts += [tasks_folded(tree, rows, opened=opened), hooks_folded(tree, rows // 2)]
    return div(CARD, "".join([*parts, _notes(tree), _started(root)]))


def _headline(tree: Tree, more: list[str]) -> str:
    root = tree.root
    title = [root["name"]] if root["name"] != root["of"] else []
    parts = [badge(look(root), user(root["state"]["name"], NAME)), f"<b>{user(root['of'], NAME)}</b>"]
    behind = ["in the background"] if root["background"] else []
    parts += [span(DIM, user(said, SENTENCE)) for said in [*title, *behind, *more] if said]
    spent = headline_clock(root, tree.now)
    return GAP.join([*parts, span(f"float:right;padding:2px 0;{DIM}", spent)] if spent else parts)


def _message(root: Wire) -> str:
    """Say why the run ended as it did."""
    said = "" if root["error"] else why(root)
    return div(f"margin:4px 0;{DIM}", user(said, SENTENCE)) if said else ""


def _notes(tree: Tree) -> str:
    """Set what the run's user should know and has not been told yet; of several a line that opens to show them."""
    new = [note for note in tree.root["notes"] if not _is_told(note, tree)]
    notes = [div(f"margin:4px 0;{DIM}", user(note, SENTENCE)) for note in new]
    return fold(many(len(notes), "note"), "".join(notes)) if len(notes) > 1 else "".join(notes)


def _is_told(note: str, tree: Tree) -> bool:
    """Whether a note is the message above, or names a run and ends with the very error that is told above of it."""
    if tree.cause is None:
        return note == why(tree.root)
    title = tree.cause["error"]["title"]
    alike = [run for run in (tree.cause, tree.root) if run["error"] and run["error"]["title"] == title]
    names = tuple(f"{run['kind']} run {run['name']!r} " for run in alike)
    return note == why(tree.root) or (note.startswith(names) and note.endswith(f" {title}"))


def _error(tree: Tree) -> str:
    cause = tree.cause
    if cause is None:
        return ""
    # From left to right as a whole: a name that is written from right to left would turn the sentence.
    said = [line(failure_said(cause, tree.root), 2 * SENTENCE), *map(_frame, frames(cause["error"], 10))]
    return pre(WHY, "\n".join(map(escaped, said)))


def _frame(row: str) -> str:
    """Set a frame's title in, as the live view does; its code has an arrow or blanks of its own."""
    return row if row[:1] in {"", " ", "-"} else f"  {row}"


def _started(root: Wire) -> str:
    return div(f"margin:4px 0 0 0;font-size:11px;{DIM}", f"Started {_when(began(root))}")


def _when(at: float) -> str:
    """Say when something was, unless a clock has gone wild."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"
