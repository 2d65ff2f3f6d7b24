"""A board as plain text: with no id, time, duration or completion order, so that a second run reads the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hookcell.notebook import told_picture
from hookcell.notebook.failure import NAME, SENTENCE, failure_said, tries
from hookcell.notebook.palette import counted, isolated, line, look_of, many
from hookcell.notebook.settled.trees import (
    bad_in,
    ended_badly,
    frames,
    hooks_said,
    look,
    pick,
    told_last,
    trees_of,
    went_wrong,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]

MOST_LINES = 18
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{8,16}\b")


def to_text(snapshot: Wire) -> str:
    """Tell a board in at most 20 lines."""
    told, folded = pick(trees_of(snapshot), 6)
    asked = told_picture.to_text(snapshot)
    most = (MOST_LINES - len(asked)) // max(1, len(told))
    said = asked + [row for tree in told for row in _shortened(_story(tree), most)]
    more = told_last(folded, snapshot["more_runs"])
    said += [f"and {many(sum(more.values()), 'more run')}: {tally_said(more)}"] if more else []
    return _ADDRESS.sub("0x…", "\n".join(said)) or "No runs."


def _shortened(said: list[str], most: int) -> list[str]:
    return said if len(said) <= most else [*said[: most - 1], "  …"]


def _story(tree: Tree) -> list[str]:
    """Tell a run; of a live one only its state, because how far it got depends on the moment."""
    root = tree.root
    header = f"{look(root).icon} {_plain(root['state']['name'])} {titled(root)}"
    if root["end"] is None:
        return [header]
    extent = [many(root["total"], "task run")] if root["total"] else []
    parts = (*_counts_said(root), *_cause_said(tree), *_failed_tasks_said(tree), *_failed_hooks_said(tree))
    return [", ".join([header, *extent, *hooks_said(tree.runs)]), *(f"  {part}" for part in parts)]


def titled(root: Wire) -> str:
    """Name an outermost run: `nightly_scores (crimson-fox)`."""
    title = "" if root["name"] == root["of"] else f" ({_plain(root['name'])})"
    return f"{_plain(root['of'])}{title}"


def _counts_said(root: Wire) -> list[str]:
    told = len(counted(root["counts"])) > 1 or bad_in(root["counts"])
    return [tally_said(root["counts"])] if told else []


def tally_said(counts: Mapping[str, int]) -> str:
    """Count runs by state: `✓ 7 Completed, ✕ 2 Failed`."""
    return ", ".join(f"{look_of(name).icon} {number:,} {_plain(name)}" for name, number in counted(counts)[:12])


def _cause_said(tree: Tree) -> list[str]:
    cause = tree.cause
    if cause is None:
        return [_plain(why(tree.root), SENTENCE)] if why(tree.root) else []
    return [isolated(failure_said(cause, tree.root)), *(f"  {row}" for row in frames(cause["error"], 6))]


def _failed_tasks_said(tree: Tree) -> list[str]:
    """List what else failed than the task whose error was told; those that were not sent are counted too."""
    cause = tree.cause
    said = [_task_said(run) for run in tree.tasks if ended_badly(run) and run is not cause]
    unsent = bad_in(tree.root["counts"]) - sum(ended_badly(run) for run in tree.tasks if run["kind"] == "task")
    return _some(said, 4, "more such task run", max(0, unsent))


def _task_said(run: Wire) -> str:
    tried = f" after {tries(run)}" if run["attempt"] > 1 else ""
    reason = f": {_plain(why(run), 120)}" if why(run) else ""
    return f"{look(run).icon} {_plain(run['state']['name'])} {_plain(run['name'])}{tried}{reason}"


def _failed_hooks_said(tree: Tree) -> list[str]:
    """List the failed hooks of each run by name: concurrent ones end in any order."""
    calls = ([(run, hook) for hook in run["hooks"] if went_wrong(hook)] for run in tree.runs)
    told = [said for of_run in calls for said in sorted(_hook_said(*call) for call in of_run)]
    unsent = sum(run["hooks_failed"] for run in tree.runs) - len(told)
    return _some(told, 3, "more failed hook", max(0, unsent))


def _hook_said(run: Wire, hook: Wire) -> str:
    reason = f": {_plain(hook['error'], 120)}" if hook["error"] else ""
    name = f"{_plain(hook['kind'])} hook {_plain(hook['name'])} of {_plain(run['name'])}"
    return f"✕ {name} {_plain(hook['outcome'])}, the run went on{reason}"


def _some(said: list[str], most: int, word: str, unsent: int) -> list[str]:
    left = unsent + max(0, len(said) - most)
    return [*said[:most], f"and {many(left, word)}"] if left else said


def _plain(text: object, most: int = NAME) -> str:
    return isolated(line(text, most))
