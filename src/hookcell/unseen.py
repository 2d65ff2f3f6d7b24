"""Unseen failures: a background run that fails is told of below its cell, unless somebody asks for its end first.

Whoever starts a run and waits for it in the next line is about to hear of its failure anyway, so it is told a moment
later; at the latest when the cell that started it ends where nobody looks on, or when the process does.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell.deadlines import deadlines
from hookcell.errors import describe
from hookcell.forks import in_child
from hookcell.session import session
from hookcell.states import CRASHED, FAILED, by_signal, failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextvars import Context

    from hookcell.futures import Future
    from hookcell.runs import Run

# How long somebody has to ask for the end of a run that has failed, in seconds.
TELL_AFTER = 1.0
_ENDED = {FAILED: "failed", CRASHED: "crashed"}
# The contexts of those that nobody has asked for yet: what is told in them appears below their cells.
_unseen: dict[Run, Context] = {}
in_child(_unseen.clear)


def note(run: Run, future: Future[Any]) -> None:
    """Note that a run is over: if it has failed, that is to be told."""
    if run.state.type in _ENDED and not future.looked_at and not by_signal(run.state):
        _unseen[run] = future.context
        deadlines.add(run, TELL_AFTER, partial(_tell, run))


def look_at(run: Run) -> None:
    """Note that somebody asks how a run ended, which is over."""
    if _unseen.pop(run, None) is not None:
        deadlines.remove(run)


@contextmanager
def looking_at(futures: Sequence[Future[Any]]) -> Iterator[None]:
    """Note that somebody will see how runs end, unless the wait for them is given up: then their failures are told."""
    for future in futures:
        future.looked_at = True
    given_up = True
    try:
        yield
        given_up = False
    finally:
        for future in futures:
            if given_up or not future.done():
                _look_away(future)


def _look_away(future: Future[Any]) -> None:
    future.looked_at = False
    if future.done() and future.run.background:  # it has ended meanwhile, when somebody was looking
        note(future.run, future)


def tell_all() -> None:
    """Tell now what was to be told later."""
    for run in tuple(_unseen):
        deadlines.remove(run)
        _tell(run)


def _tell(run: Run) -> None:
    """Nothing is silent: tell the failure of a run that nobody has asked for, in full."""
    context = _unseen.pop(run, None)
    if context is not None:
        context.copy().run(_write, run, failure_of(run.state))


def _write(run: Run, error: BaseException) -> None:
    told = f"{run.definition.kind} run {run.name!r} {_ENDED[run.state.type]} in the background"
    line = f"{told}: {describe(error)}"
    run._put_aside().notes.append(line)
    if session.logged:
        session.tell(run, session.logged, line)
    session.warn(told, error)
