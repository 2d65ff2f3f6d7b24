"""Which failure of a board to tell first, and in which words; js/src/failure.ts does the same for the live view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.notebook.palette import line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Wire = Mapping[str, Any]

NAME, SENTENCE = 60, 200
_BLAMES = "UpstreamTaskError: "
_ENDED = {"CRASHED": "crashed", "CANCELLED": "was cancelled"}


def cause_of(root: Wire, tasks: Sequence[Wire]) -> Wire | None:
    """Find the run whose error tells most: where one only passes on or blames a task's error, that task."""
    failed = [run for run in tasks if run["error"]]
    by_themselves = [run for run in failed if not _blames_another(run)]
    told = root if root["error"] else next(iter([*by_themselves, *failed]), None)
    if told is None:
        return None
    blamed = _blamed(_title(told), by_themselves) if _blames_another(told) else []
    alike = [run for run in failed if _title(run) == _title(told)]
    return min(blamed or alike or [told], key=_is_flow)


def _blamed(title: str, failed: list[Wire]) -> list[Wire]:
    """Find those whose error ends an UpstreamTaskError, of several the named one; that end may have been cut off."""
    ending = [run for run in failed if title.endswith(f" {_title(run)}")]
    named = [run for run in ending or failed if f" task run {run['name']!r} did not " in title]
    return named or ending


def _title(run: Wire) -> str:
    return str(run["error"]["title"])


def _blames_another(run: Wire) -> bool:
    return _title(run).startswith(_BLAMES)


def _is_flow(run: Wire) -> bool:
    return bool(run["kind"] == "flow")


def failure_said(run: Wire, root: Wire) -> str:
    """Say what failed: `score[78] failed after 1 try: ValueError: …`."""
    title = line(_title(run), SENTENCE)
    return title if run is root else f"{line(_named(run), NAME)} {_ending(run)}: {title}"


def _named(run: Wire) -> str:
    """Name a run; a flow run's own name says little without its flow's."""
    own = run["kind"] == "task" or run["name"] == run["of"]
    return str(run["name"]) if own else f"{run['of']} {run['name']}"


def _ending(run: Wire) -> str:
    if run["attempt"] == 0:
        return "did not start"
    return f"{_ENDED.get(run['state']['type'], 'failed')} after {tries(run)}"


def tries(run: Wire) -> str:
    """Count a run's tries: `1 try`, `3 tries`."""
    return f"{run['attempt']:,} tries" if run["attempt"] > 1 else "1 try"
