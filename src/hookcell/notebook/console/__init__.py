"""Runs told in a terminal, by a script or in IPython: live at the bottom of the screen, or in plain lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from hookcell.forks import in_child
from hookcell.notebook import kernel
from hookcell.notebook.console.frame import has_rich
from hookcell.notebook.console.watch import Watch
from hookcell.notebook.console.words import is_terminal

if TYPE_CHECKING:
    from typing import TextIO

VARIABLE = "HOOKCELL_VIEW"
_watches: list[Watch] = []


def watch(out: TextIO | None = None, *, live: bool | None = None) -> Watch:
    """Tell the runs of this process in the terminal from now on; the watch there is, if it tells them there already."""
    present = next((one for one in _watches if one.out is out), None)
    if present is not None:
        return present
    if live is None or live:
        live = is_terminal(sys.stderr if out is None else out) and has_rich()
    made = Watch(out, live=live)
    made.on_end = _forget
    _watches.append(made)
    return made.start()


def watch_as_asked() -> Watch | None:
    """Tell runs in the terminal if the environment asks for it, and this is no kernel: there a notebook shows them."""
    if asked() not in {"terminal", "lines"} or kernel.kernel() is not None:
        return None
    return watch(live=None if asked() == "terminal" else False)


def asked() -> str:
    """Give what the environment says of how runs are shown."""
    return os.environ.get(VARIABLE, "").strip().lower()


def _forget(watch: Watch) -> None:
    if watch in _watches:
        _watches.remove(watch)


@in_child
def _after_fork() -> None:
    while _watches:
        _watches.pop().let_go()


__all__ = ["Watch", "asked", "watch", "watch_as_asked"]
