"""The wire: a board of runs as the JSON that the live view, the settled picture and the plain text are drawn from."""

from __future__ import annotations

import itertools
import linecache
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell.notebook.told import Told
from hookcell.runs import FlowRun
from hookcell.session import session
from hookcell.states import FAILED, PENDING, RUNNING, StateType, failure_of
from hookcell.store.memory import places_of
from hookcell.upstream import futures_of

if TYPE_CHECKING:
    from hookcell.hooks import HookRun
    from hookcell.runs import Run
    from hookcell.states import State

VERSION = 1
MOST_ROOTS, MOST_ROWS, MOST_TROUBLED = 50, 400, 100
MOST_HOOKS, MOST_STORY, MOST_PRINTED, MOST_TEXT = 20, 20, 400, 2_000
MAPPED = 3
_TROUBLE = frozenset({StateType.FAILED, StateType.CRASHED})


class Board:
    """What one cell execution shows: the outermost runs it started, and those below them.

    It takes notice of runs in any order and any number of times, and gives rows for the first few hundred and for
    those in trouble; its counts are exact for all. Not thread-safe: one thread draws.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.seq = 0
        self.hint: str | None = None
        self.told = Told()
        self._roots: dict[int, Run] = {}
        self._rows: dict[int, Run] = {}
        self._troubled = 0
        self._known: dict[int, str] = {}  # run number -> the state name it is counted under
        self._counts: dict[int, dict[str, int]] = {}
        self._more: dict[str, int] = {}
        self._open: dict[int, Run] = {}
        self._changed: dict[int, Run] = {}

    # -- taking notice

    def see(self, run: Run) -> None:
        """Take notice of what a run is in now."""
        if run.parent is None:
            self._see_root(run)
        else:
            self._see_row(run)

    def _see_root(self, run: Run) -> None:
        number = run.number
        if number in self._roots or len(self._roots) < MOST_ROOTS:
            self._roots[number] = self._changed[number] = run
        else:
            _recount(self._more, self._known.get(number), run.state.name)
        self._known[number] = run.state.name
        self._track(run)

    def _track(self, run: Run) -> None:
        if not run.over:
            self._open[run.number] = run

    def _see_row(self, run: Run) -> None:
        number, name = run.number, run.state.name
        root = run.root
        if not isinstance(run, FlowRun):
            _recount(self._counts.setdefault(root.number, {}), self._known.get(number), name)
            if root.number in self._roots:
                self._changed[root.number] = root
        self._known[number] = name
        if number in self._rows or self._admits(run):
            self._rows[number] = self._changed[number] = run

    def _admits(self, run: Run) -> bool:
        if run.root.number not in self._roots:
            return False
        if len(self._rows) - self._troubled < MOST_ROWS:
            return True
        if run.state.type in _TROUBLE and self._troubled < MOST_TROUBLED:
            self._troubled += 1
            return True
        return False

    # -- telling

    @property
    def ended(self) -> bool:
        """Whether every outermost run is over, its hooks too, and no answer is waited for."""
        for number, run in tuple(self._open.items()):
            if run.over:
                self._close(number, run)
        return not self._open and not self.told.open

    def _close(self, number: int, run: Run) -> None:
        del self._open[number]
        if number in self._roots:
            self._changed[number] = run
        else:
            self._counts.pop(number, None)

    @property
    def dirty(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._changed) or self.told.dirty

    @property
    def runs(self) -> tuple[Run, ...]:
        """The outermost runs that have a place on the board."""
        return tuple(self._roots.values())

    def find(self, number: int) -> Run | None:
        """Give a run on the board by its number."""
        return self._roots.get(number) or self._rows.get(number)

    def snapshot(self) -> dict[str, Any]:
        """Give the whole board."""
        return {
            "v": VERSION,
            **self._stamp(),
            "runs": [self._row(run) for run in tuple(self._roots.values())],
            "tasks": [self._row(run) for run in sorted(self._rows.values(), key=_number)],
        }

    def delta(self) -> dict[str, Any]:
        """Give what has changed since the last delta."""
        self.seq += 1
        self.told.dirty = False
        changed, self._changed = self._changed, {}
        rows = [self._row(run) for run in sorted(changed.values(), key=_number)]
        return {"type": "delta", **self._stamp(), "rows": rows}

    def _stamp(self) -> dict[str, Any]:
        return {
            "session": session.word,
            "board": self.number,
            "seq": self.seq,
            "now": time.time(),
            "live": not self.ended,
            "hint": self.hint,
            "more_runs": {name: count for name, count in self._more.items() if count},
            **self.told.stamp(),
        }

    def _row(self, run: Run) -> dict[str, Any]:
        counts = {name: count for name, count in self._counts.get(run.number, {}).items() if count}
        return row_of(run, counts)


def _number(run: Run) -> int:
    return run.number


def _recount(counts: dict[str, int], before: str | None, now: str) -> None:
    if before is not None:
        counts[before] -= 1
    counts[now] = counts.get(now, 0) + 1


# -- one run -------------------------------------------------------------------------------------------------------


def row_of(run: Run, counts: dict[str, int]) -> dict[str, Any]:
    """Give one run as JSON; `counts` are the states of the task runs below it."""
    state, story, hooks = run.state, run.story, run.hooks
    return {
        "n": run.number,
        "root": run.root.number,
        "parent": run.parent.number if run.parent is not None else None,
        "depth": _depth(run),
        "kind": run.definition.kind,
        "name": clip(run.name),
        "of": clip(run.definition.name),
        "state": {"type": state.type.value, "name": clip(state.name), "message": clip(state.message), "at": state.at},
        "created": story[0].at,
        "start": next((past.at for past in story if past.type is RUNNING), None),
        "end": state.at if run.over or state.type.final or state.name == "NotReady" else None,
        "attempt": run.attempt,
        "attempts": run.definition.retries + 1,
        "waits": _waits(run),
        "retry_at": _retry_at(state),
        "counts": counts,
        "total": sum(counts.values()),
        "hooks": [_hook(call) for call in hooks[:MOST_HOOKS]],
        "hooks_ok": sum(call.outcome == "ok" for call in hooks),
        "hooks_failed": sum(call.outcome not in {"ok", "running"} for call in hooks),
        "error": _error(run),
        "story": [[clip(past.name), past.type.value, past.at] for past in story[-MOST_STORY:]],
    }


def clip(text: str | None, most: int = MOST_TEXT) -> str | None:
    """Cut a text that is too long for a view."""
    if text is None or len(text) <= most:
        return text
    return text[: most - 1] + "…"


def _depth(run: Run) -> int:
    depth = 0
    while run.parent is not None:
        run, depth = run.parent, depth + 1
    return depth


def _retry_at(state: State[Any]) -> float | None:
    """Give when the next try comes: the state holds the seconds that were really drawn."""
    if state.name != "AwaitingRetry" or not isinstance(state.data, int | float):  # code may return one of its own
        return None
    return state.at + state.data


def _waits(run: Run) -> str | None:
    if run.state.type is not PENDING or run.over or not run.awaited:
        return None
    upstream = [future.run for future in futures_of(run.awaited)]
    of = Counter(run.definition.name for run in upstream)
    # A map's runs are told by their task's name, once.
    names = (run.name if of[run.definition.name] < MAPPED else run.definition.name for run in upstream)
    return clip(", ".join(dict.fromkeys(names))) or None


def _hook(call: HookRun) -> dict[str, Any]:
    return {
        "kind": call.kind,
        "name": clip(call.name),
        "outcome": call.outcome,
        "at": call.at,
        "seconds": call.seconds,
        "printed": clip(call.printed, MOST_PRINTED),
        "error": clip(f"{type(call.error).__name__}: {call.error}") if call.error is not None else None,
    }


def _error(run: Run) -> dict[str, Any] | None:
    """Tell why a run failed, or was not ready, with the user's own frames."""
    if run.state.type not in _TROUBLE and run.state.name != "NotReady":
        return None
    error = failure_of(run.state) if run.state.type in _TROUBLE else run.state.exception
    if error is None:
        return None
    return {"title": clip(f"{type(error).__name__}: {error}"), "where": where_of(error)}


MOST_FRAMES = 6
OURS = __file__.removesuffix("wire.py").removesuffix("notebook/").removesuffix("notebook\\")
_CELL = "Cell In"


def where_of(error: BaseException) -> list[str]:
    """Give the user's own frames of an error, innermost last, each with the line that stood there."""
    told = _users([place for place in places_of(error) if not place[0].startswith(OURS)])[-MOST_FRAMES:]
    return list(itertools.chain.from_iterable(_told(*frame) for frame in told))


def _users(frames: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Leave out what libraries do inside the user's call, if any of it is the user's."""
    own = [frame for frame in frames if "site-packages" not in frame[0] and not frame[0].startswith("<frozen")]
    return own or frames


def _told(filename: str, number: int, name: str) -> list[str]:
    source = linecache.getline(filename, number).strip()
    inside = "" if name == "<module>" else f", in {name}"
    lines = [f"{_title(filename)}, line {number}{inside}"]
    return [*lines, clip(f"----> {number} {source}", 200) or ""] if source else lines


def _title(filename: str) -> str:
    """Name a cell as IPython does, and a file by its last part: a saved notebook shall not tell where it was run."""
    names = titles(filename)
    return names or filename.replace("\\", "/").rsplit("/", 1)[-1]


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


__all__ = ["FAILED", "Board", "clip", "name_cells_by", "row_of", "where_of"]
