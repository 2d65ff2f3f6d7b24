"""Watching: the door to what tells runs in a terminal, in scripts and in CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from typing import TextIO

VARIABLE = "HOOKCELL_VIEW"


class Watching(Protocol):
    """What `watch` gives: it tells runs until it is closed, or to the end of the `with` block that it heads."""

    def close(self) -> None:
        """Tell what has happened, and end."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_error: object) -> None: ...


def watch(out: TextIO | None = None, *, live: bool | None = None) -> Watching:
    """Tell runs in the terminal as they happen: what is running, what failed and why, what came of each.

    On a screen, with `pip install hookcell[terminal]`, they are drawn below what the script prints; elsewhere, as in
    CI, there is a line when a run begins, fails or ends. Runs never wait for it. A notebook needs none of it; IPython
    in a terminal does it with `%load_ext hookcell`. Without a change to the script, set HOOKCELL_VIEW=terminal in the
    environment, or =lines for lines alone.

    Args:
        out: Where to write; None for stderr, so that what the script writes to stdout stays its own.
        live: Whether to draw; None for where that is possible, False for lines alone.

    Returns:
        What ends it: `close()`, or a `with` block that it heads. The end of the script does so too.

    >>> import sys
    >>> from hookcell import flow, watch
    >>> @flow(run_name="the first")
    ... def lazy_flow():
    ...     pass
    >>> with watch(sys.stdout):
    ...     lazy_flow()  # doctest: +ELLIPSIS
    ✓ Completed lazy_flow (the first), ...s
    """
    from hookcell.notebook import console  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

    return console.watch(out, live=live)


def watch_as_asked() -> None:
    """Tell runs in the terminal if the environment asks for it."""
    if os.environ.get(VARIABLE):
        from hookcell.notebook import console  # noqa: PLC0415 -- the door to the notebook ring; the core never asks

        console.watch_as_asked()
