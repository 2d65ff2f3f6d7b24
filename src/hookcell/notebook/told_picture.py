"""What a saved notebook keeps of the questions of a cell: each with its answer, in HTML and in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.notebook.failure import NAME
from hookcell.notebook.palette import (
    CARD,
    DIM,
    LOOKS,
    badge,
    div,
    escaped,
    isolated,
    line,
    lines,
    many,
    span,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.palette import Look

    Wire = Mapping[str, Any]

WORDS = {"approve": "approved", "decline": "declined", "withdrawn": "withdrawn"}
OPEN = "not answered"
_LOOKS: dict[str, Look] = {
    "approve": LOOKS["Completed"],
    "decline": LOOKS["Failed"],
    "withdrawn": LOOKS["Cancelled"],
}
_ASKED = LOOKS["Paused"]._replace(icon="?")
_TEXT = "margin:2px 0;white-space:pre-wrap;overflow-wrap:break-word"
MOST_LINES, MOST_LEFT, MOST_SAID = 12, 160, 6


def to_html(snapshot: Wire, rows: int) -> str:
    """Draw the questions of a board, those without an answer too; at most half as many as there may be rows."""
    asked = snapshot.get("questions", [])
    shown = asked[-max(2, rows // 2) :]
    left = len(asked) - len(shown) + snapshot.get("more_questions", 0)
    more = div(CARD, f"and {many(left, 'more question')}") if left else ""
    return "".join(map(_card, shown)) + more


def _card(question: Wire) -> str:
    answer = question["answer"]
    word = badge(_LOOKS.get(answer, _ASKED), WORDS.get(answer, OPEN).capitalize())
    of = [span(DIM, user(question["by"], NAME))] if question["by"] else []
    subject = [f"<b>{user(question['subject'], NAME)}</b>"] if question["subject"] else []
    text = "\n".join(escaped(one) for one in lines(question["text"], MOST_LINES))
    return div(CARD, "&ensp;".join([word, *subject, *of]) + div(_TEXT, f'<span dir="auto">{text}</span>'))


def to_text(snapshot: Wire) -> list[str]:
    """Tell each question with its answer in a line, in the order in which the runs that asked were started."""
    asked = sorted(snapshot.get("questions", []), key=lambda one: (one["run"] or 0, one["id"]))
    several = len(asked) > 1
    said = [_said(question, several=several) for question in asked[:MOST_SAID]]
    left = len(asked) - len(said) + snapshot.get("more_questions", 0)
    return [*said, f"and {many(left, 'more question')}"] if left else said


def _said(question: Wire, *, several: bool) -> str:
    subject = f"{_plain(question['subject'], NAME)}: " if question["subject"] else ""
    by = f" ({_plain(question['by'], NAME)})" if several and question["by"] else ""
    return f"? {subject}{_plain(question['text'], MOST_LEFT)}{by} — {WORDS.get(question['answer'], OPEN)}"


def _plain(text: object, most: int) -> str:
    return isolated(line(text, most))
