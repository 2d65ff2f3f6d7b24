"""What a saved notebook keeps of a board: the settled picture in HTML and the plain text, from a snapshot alone."""

from __future__ import annotations

from hookcell.notebook.settled.page import MOST_BYTES, is_small, to_html
from hookcell.notebook.settled.plain import to_text

__all__ = ["MOST_BYTES", "is_small", "to_html", "to_text"]
