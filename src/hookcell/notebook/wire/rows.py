"""Rows: one run as JSON, with what a view must not reckon for itself."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell.annotations import bare
from hookcell.errors import describe
from hookcell.notebook.wire.masks import covered, secrets_given
from hookcell.notebook.wire.texts import clip, forward, moment
from hookcell.notebook.wire.whence import where_of
from hookcell.states import CRASHED, FAILED, PENDING, RUNNING, failure_of
from hookcell.upstream import futures_of

if TYPE_CHECKING:
    from hookcell.hooks import HookRun
    from hookcell.runs import Run
    from hookcell.states import State

MOST_HOOKS, MOST_STORY, MOST_PRINTED, MOST_NOTES, MOST_AFTER = 20, 20, 400, 10, 20
# From so many runs of one definition on, that alone is told of what a run waits for.
MAPPED, MOST_AWAITED = 3, 200
TROUBLE = frozenset({FAILED, CRASHED})


def row_of(run: Run, counts: dict[str, int], group: int | None = None, logged: int = 0) -> dict[str, Any]:
    """Give one run as JSON.

    Args:
        run: The run.
        counts: The states of the task runs below it, for an outermost one.
        group: The number of its group on the board.
        logged: How many lines its log has.
    """
    state, story, hooks = run.state, run.story, run.hooks
    times = forward(story)
    error = error_of(run)
    secrets = secrets_given(run) if error is not None or run.notes or any(map(_says, hooks)) else ()
    return {
        "n": run.number,
        "root": run.root.number,
        "parent": run.parent.number if run.parent is not None else None,
        "g": group,
        "depth": depth_of(run),
        "kind": run.definition.kind,
        "name": clip(run.name),
        "of": clip(run.definition.name),
        "state": {
            "type": state.type.value,
            "name": clip(state.name),
            "message": clip(covered(state.message, secrets)),
            "at": times[-1],
        },
        "created": times[0],
        "start": next((at for at, past in zip(times, story, strict=True) if past.type is RUNNING), None),
        "end": times[-1] if run.over or has_ended(state) else None,
        "attempt": run.attempt,
        "attempts": run.definition.retries + 1,
        "waits": _waits(run),
        "retry_at": _retry_at(state, times[-1]),
        "after": after(run),
        "background": bool(getattr(run, "background", False)),
        "counts": counts,
        "total": sum(counts.values()),
        "hooks": [hook_of(call, secrets) for call in hooks[:MOST_HOOKS]],
        "hooks_ok": sum(call.outcome == "ok" for call in hooks),
        "hooks_failed": sum(call.outcome not in {"ok", "running"} for call in hooks),
        "notes": [clip(covered(note, secrets)) for note in run.notes[-MOST_NOTES:]],
        "logged": logged,
        "error": told_error(error, secrets) if error is not None else None,
        "story": [[clip(past.name), past.type.value, at] for at, past in zip(times, story, strict=True)][-MOST_STORY:],
    }


def has_ended(state: State[Any]) -> bool:
    """Whether a run in this state stays in it: one that was not ready ends without ever leaving Pending."""
    return state.type.final or (state.type is PENDING and state.name == "NotReady")


def depth_of(run: Run) -> int:
    """Count the runs around a run."""
    depth = 0
    while run.parent is not None:
        run, depth = run.parent, depth + 1
    return depth


def after(run: Run) -> list[int]:
    """Give the numbers of the first runs whose results it was given or waited for."""
    upstream = (one.run.number for one in map(bare, run.awaited) if hasattr(one, "run"))
    return list(itertools.islice(dict.fromkeys(itertools.islice(upstream, MOST_AWAITED)), MOST_AFTER))


def _retry_at(state: State[Any], at: float) -> float | None:
    """Give when the next try comes: the state holds the seconds that were really drawn."""
    if state.name != "AwaitingRetry" or not isinstance(state.data, int | float):  # code may return one of its own
        return None
    return moment(at + state.data)


def _waits(run: Run) -> str | None:
    if run.state.type is not PENDING or run.over or not run.awaited:
        return None
    upstream = [future.run for future in futures_of(run.awaited)[:MOST_AWAITED]]
    of = Counter(run.definition.name for run in upstream)
    # A map's runs are told by their task's name, once.
    names = (run.name if of[run.definition.name] < MAPPED else run.definition.name for run in upstream)
    return clip(", ".join(dict.fromkeys(names))) or None


def _says(call: HookRun) -> bool:
    """Whether a call of a hook has left a text of the user's."""
    return call.error is not None or call.printed != ""


def hook_of(call: HookRun, secrets: tuple[str, ...], most_printed: int = MOST_PRINTED) -> dict[str, Any]:
    """Give one call of a hook as JSON."""
    return {
        "kind": call.kind,
        "name": clip(call.name),
        "outcome": call.outcome,
        "at": moment(call.at),
        "seconds": call.seconds,
        "printed": clip(covered(call.printed, secrets), most_printed),
        "error": clip(covered(describe(call.error), secrets)) if call.error is not None else None,
    }


def error_of(run: Run) -> BaseException | None:
    """Give why a run failed, or was not ready."""
    if run.state.type in TROUBLE:
        return failure_of(run.state)
    return run.state.exception if run.state.name == "NotReady" else None


def told_error(error: BaseException, secrets: tuple[str, ...]) -> dict[str, Any]:
    """Tell why a run failed, with the user's own frames."""
    return {"title": clip(covered(describe(error), secrets)), "where": where_of(error, secrets)}
