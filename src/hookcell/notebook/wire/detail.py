"""Detail: everything about one run that is told when somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.notebook.wire.masks import covered, secrets_given
from hookcell.notebook.wire.rows import error_of, hook_of, told_error
from hookcell.notebook.wire.texts import clip, forward
from hookcell.notebook.wire.whence import MOST_TRACEBACK, traceback_of

if TYPE_CHECKING:
    from hookcell.notebook.wire.logs import Log
    from hookcell.notebook.wire.values import Values
    from hookcell.runs import Run

MOST_STORY, MOST_HOOKS, MOST_PRINTED, MOST_LINES, MOST_TAGS = 200, 100, 4_000, 200, 50


def detail_of(run: Run, values: Values, log: Log) -> dict[str, Any]:
    """Give a run in full as JSON.

    Args:
        run: The run.
        values: Its parameters and result, which are ready.
        log: The lines of its board.
    """
    secrets = secrets_given(run)
    return {
        "id": str(run.id),
        "name": clip(run.name),
        "tags": [clip(tag, 200) for tag in sorted(map(str, run.tags))[:MOST_TAGS]],
        "parameters": [[name, covered(text, secrets), masked] for name, text, masked in values.parameters],
        "result": _result(values.result, secrets),
        "story": _story(run, secrets),
        "hooks": [hook_of(call, secrets, MOST_PRINTED) for call in run.hooks[-MOST_HOOKS:]],
        "error": _error(run, secrets),
        "notes": [clip(covered(note, secrets)) for note in run.notes[-MOST_HOOKS:]],
        "code": clip(covered(values.code, secrets)),
        "log": log.newest(run, MOST_LINES),
        "logged": log.total(run),
    }


def _result(result: dict[str, str] | None, secrets: tuple[str, ...]) -> dict[str, Any] | None:
    return {"type": result["type"], "text": covered(result["text"], secrets)} if result is not None else None


def _story(run: Run, secrets: tuple[str, ...]) -> list[list[Any]]:
    story = run.story
    times = forward(story)[-MOST_STORY:]
    told = zip(times, story[-MOST_STORY:], strict=True)
    return [[clip(past.name), past.type.value, at, clip(covered(past.message, secrets))] for at, past in told]


def _error(run: Run, secrets: tuple[str, ...]) -> dict[str, Any] | None:
    error = error_of(run)
    if error is None:
        return None
    return {**told_error(error, secrets), "traceback": clip(covered(traceback_of(error), secrets), MOST_TRACEBACK)}
