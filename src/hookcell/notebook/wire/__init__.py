"""The wire: a board of runs as the JSON that the live view, the settled picture and the plain text are drawn from.

`board` and `groups` count and choose, `rows` tells one run, `asks` answers what the browser asks.
"""

from hookcell.notebook.wire.board import VERSION, Board
from hookcell.notebook.wire.rows import row_of
from hookcell.notebook.wire.texts import clip
from hookcell.notebook.wire.whence import OURS, name_cells_by, titles, where_of

__all__ = ["OURS", "VERSION", "Board", "clip", "name_cells_by", "row_of", "titles", "where_of"]
