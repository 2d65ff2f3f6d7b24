"""Whence an error came: the user's own frames, named as the user knows them."""

from __future__ import annotations

import itertools
import linecache
import os
import traceback
from pathlib import Path

from hookcell.errors import describe
from hookcell.notebook.wire.masks import covered
from hookcell.notebook.wire.texts import clip
from hookcell.store.memory import places_of

MOST_FRAMES, MOST_TRACEBACK = 6, 20_000
# Of each error in a chain; recursion makes thousands.
MOST_IN_TRACEBACK = 100
OURS = f"{Path(__file__).parents[2]}{os.sep}"


def where_of(error: BaseException, secrets: tuple[str, ...] = ()) -> list[str]:
    """Give the user's own frames of an error, innermost last, each with the line that stood there, secrets covered."""
    told = _users([place for place in places_of(error) if not place[0].startswith(OURS)])[-MOST_FRAMES:]
    lines = itertools.chain.from_iterable(_told(*frame) for frame in told)
    return [clip(covered(line, secrets), 200) or "" for line in lines]


def _users(frames: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Leave out what libraries do inside the user's call, if any of it is the user's."""
    own = [frame for frame in frames if "site-packages" not in frame[0] and not frame[0].startswith("<frozen")]
    return own or frames


def _told(filename: str, number: int, name: str) -> list[str]:
    source = linecache.getline(filename, number).strip()
    inside = "" if name == "<module>" else f", in {name}"
    lines = [f"{_title(filename)}, line {number}{inside}"]
    return [*lines, f"----> {number} {source}"] if source else lines


def _title(filename: str) -> str:
    """Name a cell as IPython does, and a file by its last part: a saved notebook shall not tell where it was run."""
    names = titles(filename)
    return names or filename.replace("\\", "/").rsplit("/", 1)[-1]


# -- in full -------------------------------------------------------------------------------------------------------


def traceback_of(error: BaseException) -> str:
    """Give the traceback with those of its causes, without our frames; of a very long one the last part."""
    try:
        told = traceback.TracebackException.from_exception(error, limit=-MOST_IN_TRACEBACK, compact=True)
        _ours_left_out(told, error)
        text = "".join(told.format()).rstrip()
    except Exception:  # noqa: BLE001 -- the error is the user's object
        text = "\n".join([*where_of(error), describe(error)])
    return text if len(text) <= MOST_TRACEBACK else f"…{text[1 - MOST_TRACEBACK :]}"


def _ours_left_out(told: traceback.TracebackException | None, error: BaseException | None) -> None:
    while told is not None:
        for frame in told.stack:
            frame.line  # noqa: B018 -- it is looked up now, by the true name of the file
            frame.filename = titles(frame.filename) or frame.filename
        told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(OURS)]
        if not told.stack and error is not None and error.__traceback__ is None:  # the session let its frames go
            told.stack[:] = traceback.StackSummary.from_list(_kept(error))
        told, error = _before(told, error)


def _kept(error: BaseException) -> list[tuple[str, int, str, str | None]]:
    places = [place for place in places_of(error) if not place[0].startswith(OURS)]
    return [(titles(file) or file, line, name, linecache.getline(file, line).strip()) for file, line, name in places]


def _before(
    told: traceback.TracebackException, error: BaseException | None
) -> tuple[traceback.TracebackException | None, BaseException | None]:
    if told.__cause__ is not None:
        return told.__cause__, error.__cause__ if error is not None else None
    return told.__context__, error.__context__ if error is not None else None


# -- the names of cells --------------------------------------------------------------------------------------------


def titles(filename: str) -> str | None:
    """Give the name a shell has for a file name, if it has one; the notebook ring puts its own in place."""
    return _titles(filename)


def _no_title(_filename: str) -> str | None:
    return None


_titles = _no_title


def name_cells_by(name: object) -> None:
    """Have file names of cells named by a function that gives `Cell In[7]` or None."""
    global _titles  # noqa: PLW0603 -- one shell a process
    _titles = name if callable(name) else _no_title
