"""What is said of runs in a terminal, in lines that any stream can take."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TextIO

from hookcell.errors import describe
from hookcell.notebook.failure import NAME
from hookcell.notebook.palette import duration, isolated, line, look_of
from hookcell.notebook.settled import to_text
from hookcell.notebook.settled.trees import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.runs import Run

    Wire = Mapping[str, Any]

# The terminal's own colours, which its user has chosen to be readable.
INKS = {"✓": 32, "◆": 36, "▶": 34, "↻": 33, "✕": 31, "⚡": 35, "❚❚": 35, "○": 2, "⊘": 2}
# For streams that have no such signs: those of Windows, and of C locales.
_PLAIN = str.maketrans({"✓": "+", "✕": "x", "▶": ">", "↻": "~", "⚡": "!", "❚": "|", "○": "o", "◆": "=", "⊘": "/"})
_PLAIN |= str.maketrans({"×": "x", "…": "...", "–": "-", "’": "'", "•": "*", "\u2068": "", "\u2069": ""})
_STATE = re.compile(r"^(\s*)(\S+ \w+)")


def is_terminal(out: TextIO) -> bool:
    """Whether a person looks at a stream, on a screen whose cursor can be moved: on Windows, that of its Terminal."""
    able = os.environ.get("TERM") != "dumb" and (os.name != "nt" or "WT_SESSION" in os.environ)
    try:
        return able and out.isatty()
    except (AttributeError, ValueError):  # none of Python's own streams, or one that is closed
        return False


def size_of(out: TextIO) -> tuple[int, int]:
    """Give the columns and rows of a screen."""
    try:
        size = os.get_terminal_size(out.fileno())
    except (AttributeError, OSError, ValueError):
        return 80, 24
    return size.columns, size.lines


def coloured(out: TextIO) -> bool:
    """Whether a stream takes colours, and its user wants them."""
    return is_terminal(out) and not os.environ.get("NO_COLOR")


def inked(said: str, icon: str) -> str:
    """Colour a text as its state's icon is."""
    return f"\x1b[{INKS.get(icon, 1)}m{said}\x1b[0m"


def sendable(text: str, out: TextIO) -> str:
    """Give a text that the stream can take: signs that it does not have are replaced by plain ones."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN).encode("ascii", "replace").decode()
    return text


# -- lines ------------------------------------------------------------------------------------------------------------


def begun(run: Run) -> str:
    """Say that an outermost run is under way."""
    state, title = run.state, f" ({_plain(run.name)})" if run.name != run.definition.name else ""
    return f"{look_of(state.name, state.type.value).icon} {_plain(state.name)} {_plain(run.definition.name)}{title}"


def failure(run: Run) -> str:
    """Say that a run below an outermost one failed, in which state it is and why."""
    state, error = run.state, run.state.exception
    why = f": {line(describe(error), 200)}" if error is not None else ""
    return f"  {look_of(state.name, state.type.value).icon} {_plain(state.name)} {_plain(run.name)}{why}"


def ended(snapshot: Wire) -> list[str]:
    """Tell a run that has ended: its settled text, and how long it took."""
    first, *more = to_text(snapshot).split("\n")
    spent = [duration(seconds_of(root, snapshot["now"])) for root in snapshot["runs"][:1]]
    return [", ".join([first, *filter(None, spent)]), *more]


def with_inks(said: str) -> str:
    """Colour the icon and the state at the beginning of a line."""
    found = _STATE.match(said)
    if found is None or (icon := found[2].split(" ")[0]) not in INKS:
        return said
    return f"{found[1]}{inked(found[2], icon)}{said[found.end() :]}"


def _plain(text: object) -> str:
    return isolated(line(text, NAME))
