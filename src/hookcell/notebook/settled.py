"""What a saved notebook keeps of a board: the settled picture in HTML and the plain text, from a snapshot alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hookcell.notebook import told_picture
from hookcell.notebook.failure import NAME, SENTENCE, cause_of, failure_said, tries
from hookcell.notebook.palette import (
    CARD,
    DIM,
    GAP,
    PRE,
    SMALL,
    UNDER,
    WHY,
    badge,
    bar,
    counted,
    div,
    duration,
    escaped,
    fold,
    isolated,
    line,
    lines,
    look_of,
    many,
    pre,
    span,
    table,
    tally,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.palette import Look

    Wire = Mapping[str, Any]

MOST_BYTES = 60_000
MOST_LINES = 18
MOST_CARDS = 8
QUICK_SECONDS, QUICK_TASKS = 1.0, 10
OPEN_ROWS = 12
_FAILURE = frozenset({"FAILED", "CRASHED"})
_TROUBLE = _FAILURE | {"CANCELLED", "CANCELLING"}
_CALM_HOOKS = {"ok": "Completed", "running": "Running"}
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{8,16}\b")


# -- the board as runs with their descendants -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Tree:
    """A root run, its descendants in order of start, and the kernel's clock when the snapshot was sent."""

    root: Wire
    tasks: list[Wire]
    now: float

    @property
    def runs(self) -> list[Wire]:
        return [self.root, *self.tasks]

    @property
    def cause(self) -> Wire | None:
        """The run whose error tells most."""
        return cause_of(self.root, self.tasks)

    @property
    def troubled(self) -> bool:
        """Whether anything in it failed, was cancelled or had to be tried again: then it is never folded away."""
        return _bad_in(self.root["counts"]) > 0 or any(map(_is_troubled, self.runs))

    @property
    def quick(self) -> bool:
        small = self.root["total"] <= QUICK_TASKS and (_seconds(self.root, self.now) or 0) < QUICK_SECONDS
        return small and not self.troubled


def _trees(snapshot: Wire) -> list[_Tree]:
    below: dict[int, list[Wire]] = {}
    for task in sorted(snapshot["tasks"], key=_number):
        below.setdefault(task["root"], []).append(task)
    roots = sorted(snapshot["runs"], key=_number)
    return [_Tree(root, below.get(root["n"], []), snapshot["now"]) for root in roots]


def _number(run: Wire) -> int:
    return int(run["n"])


def _bad_in(counts: Mapping[str, int]) -> int:
    bad = {look_of("", type_) for type_ in _TROUBLE}
    return sum(number for name, number in counted(counts) if look_of(name) in bad)


def _failed(run: Wire) -> bool:
    return run["state"]["type"] in _FAILURE


def _ended_badly(run: Wire) -> bool:
    return run["state"]["type"] in _TROUBLE


def _is_troubled(run: Wire) -> bool:
    return _ended_badly(run) or run["error"] is not None or run["attempt"] > 1 or run["hooks_failed"] > 0


def _pick(trees: list[_Tree], most: int) -> tuple[list[_Tree], list[_Tree]]:
    """Choose the runs to show, troubled ones first, and keep both parts in order of start."""
    first = sorted(trees, key=lambda tree: not tree.troubled)[:most]
    return [tree for tree in trees if tree in first], [tree for tree in trees if tree not in first]


def _look(run: Wire) -> Look:
    return look_of(run["state"]["name"], run["state"]["type"])


# -- what is said in both forms ---------------------------------------------------------------------------------------


def _hooks_said(runs: list[Wire]) -> list[str]:
    ok, failed = (sum(run[key] for run in runs) for key in ("hooks_ok", "hooks_failed"))
    return [f"{many(n, 'hook')} {word}" for n, word in ((ok, "ok"), (failed, "failed")) if n]


def _frames(error: Wire, most: int) -> list[str]:
    """Take the user's frames; the newest are last and tell most."""
    kept = [row for part in error["where"] for row in lines(part, most)]
    return kept if len(kept) <= most else ["…", *kept[1 - most :]]


def _why(run: Wire) -> str:
    """Say why a run is in its state: its error, what it waits for, or the state's message."""
    if run["error"]:
        return line(run["error"]["title"], SENTENCE)
    if run["waits"] and run["start"] is None:
        return f"waits for {line(run['waits'], NAME)}"
    return line(run["state"]["message"] or "", SENTENCE)


# -- HTML -------------------------------------------------------------------------------------------------------------


def to_html(snapshot: Wire) -> str:
    """Draw a board as a saved notebook shows it, with no kernel, script or style sheet, in less than 60 KB."""
    trees = _trees(snapshot)
    more_runs: Counter[str] = Counter(snapshot["more_runs"])
    pictures = (told_picture.to_html(snapshot, rows) + _board(trees, more_runs, rows) for rows in (40, 20, 8, 2, 0))
    return next(picture for picture in pictures if len(picture.encode()) < MOST_BYTES) or div(CARD, "No runs.")


def is_small(snapshot: Wire) -> bool:
    """Whether every run of a board is quick and without trouble, so that a line each says it all."""
    return all(tree.quick for tree in _trees(snapshot))


def _board(trees: list[_Tree], more_runs: Counter[str], rows: int) -> str:
    drawn, folded = _pick(trees, min(MOST_CARDS, max(2, rows)))
    alone = len(trees) == 1
    cards = [_small(tree) if tree.quick else _card(tree, rows // len(drawn), alone=alone) for tree in drawn]
    return "".join(cards) + _more_runs(folded, more_runs, rows)


def _small(tree: _Tree) -> str:
    """Draw a quick run as one line; what its tasks and hooks did is one click away."""
    said = _headline(tree, [*_hooks_said(tree.runs), _why(tree.root)])
    inside = _task_table(tree, QUICK_TASKS) + _hook_table(tree, QUICK_TASKS)
    return fold(said, inside, style=CARD) if inside else div(CARD, said)


def _card(tree: _Tree, rows: int, *, alone: bool) -> str:
    root = tree.root
    parts = [div("margin:0", _headline(tree, [])), bar(root["counts"]), _message(root), _error(tree)]
    parts += [_tasks(tree, rows, alone=alone), _hooks(tree, rows // 2, alone=alone), _started(root)]
    return div(CARD, "".join(parts))


def _headline(tree: _Tree, more: list[str]) -> str:
    root = tree.root
    title = [root["name"]] if root["name"] != root["of"] else []
    parts = [badge(_look(root), user(root["state"]["name"], NAME)), f"<b>{user(root['of'], NAME)}</b>"]
    parts += [span(DIM, user(said, SENTENCE)) for said in [*title, *more] if said]
    clock = _clock(root, tree.now)
    return GAP.join([*parts, span(f"float:right;padding:2px 0;{DIM}", clock)] if clock else parts)


def _message(root: Wire) -> str:
    said = "" if root["error"] else _why(root)
    return div(f"margin:4px 0;{DIM}", user(said, SENTENCE)) if said else ""


def _error(tree: _Tree) -> str:
    cause = tree.cause
    if cause is None:
        return ""
    said = user(failure_said(cause, tree.root), 2 * SENTENCE)
    return pre(WHY, "\n".join([said, *map(escaped, _frames(cause["error"], 10))]))


def _started(root: Wire) -> str:
    first = root["created"] if root["start"] is None else root["start"]
    said = f"{datetime.fromtimestamp(first, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return div(f"margin:4px 0 0 0;font-size:11px;{DIM}", f"Started {said}")


def _seconds(run: Wire, now: float) -> float | None:
    end = now if run["end"] is None else run["end"]
    return None if run["start"] is None else max(0.0, end - run["start"])


def _clock(run: Wire, now: float) -> str:
    spent = duration(_seconds(run, now))
    return f"{spent} so far" if spent and run["end"] is None else spent


def _tasks(tree: _Tree, rows: int, *, alone: bool) -> str:
    said = many(max(tree.root["total"], _tasks_in(tree.tasks)), "task run")
    opened = alone and len(tree.tasks) <= OPEN_ROWS
    return fold(said, _task_table(tree, rows), opened=opened) if tree.tasks else ""


def _task_table(tree: _Tree, rows: int) -> str:
    """Set the task runs in order of start; where they are too many, troubled ones come first."""
    shown = tree.tasks if len(tree.tasks) <= rows else sorted(tree.tasks, key=_urgency)[:rows]
    said = [_task_row(run, tree.now) for run in shown]
    left = tree.root["total"] - _tasks_in(shown)
    body = table(("state", "task", "tries", "hooks", "time"), said, [_failed(run) for run in shown])
    return body + (div(SMALL, _left_said(tree.root, shown, left)) if left > 0 else "")


def _urgency(run: Wire) -> int:
    return 0 if _ended_badly(run) else 1 if _is_troubled(run) else 2


def _tasks_in(runs: list[Wire]) -> int:
    return sum(run["kind"] == "task" for run in runs)


def _left_said(root: Wire, shown: list[Wire], left: int) -> str:
    states: Counter[str] = Counter(root["counts"])
    states.subtract(run["state"]["name"] for run in shown if run["kind"] == "task")
    return f"and {left:,} more:{GAP}{tally(+states)}"


def _task_row(run: Wire, now: float) -> list[str]:
    why = div(UNDER, user(_why(run), SENTENCE)) if _why(run) else ""
    name = f"{GAP * min(max(run['depth'] - 1, 0), 8)}{user(run['name'], NAME)}{why}"
    tried = f"{run['attempt']:,} of {run['attempts']:,}" if run["attempt"] > 1 else ""
    hooks = [f"{run[key]:,} {word}" for key, word in (("hooks_ok", "ok"), ("hooks_failed", "failed")) if run[key]]
    return [_state(run), name, tried, ", ".join(hooks), _clock(run, now)]


def _state(run: Wire) -> str:
    return f"{badge(_look(run))} {user(run['state']['name'], NAME)}"


def _hooks(tree: _Tree, rows: int, *, alone: bool) -> str:
    said = ", ".join(_hooks_said(tree.runs))
    failed = any(run["hooks_failed"] for run in tree.runs)
    told = f"{said} (the run went on)" if failed else said
    return fold(told, _hook_table(tree, rows), opened=alone and failed) if said else ""


def _hook_table(tree: _Tree, rows: int) -> str:
    """Set the hook calls as they happened; where they are too many, failed ones come first."""
    calls = sorted(((run, hook) for run in tree.runs for hook in run["hooks"]), key=lambda call: call[1]["at"])
    shown = calls if len(calls) <= rows else sorted(calls, key=lambda call: not _went_wrong(call[1]))[:rows]
    left = sum(run["hooks_ok"] + run["hooks_failed"] for run in tree.runs) - len(shown)
    said = [_hook_row(run, hook) for run, hook in shown]
    body = table(("outcome", "hook", "of", "time"), said, [_went_wrong(hook) for _, hook in shown])
    return body + (div(SMALL, f"and {many(left, 'more hook call')}") if left > 0 else "")


def _went_wrong(hook: Wire) -> bool:
    return hook["outcome"] not in _CALM_HOOKS


def _hook_row(run: Wire, hook: Wire) -> list[str]:
    """Name a hook's call, with what it printed and, if it failed, that the run went on."""
    outcome = f"{badge(look_of(_CALM_HOOKS.get(hook['outcome'], 'Failed')))} {user(hook['outcome'], NAME)}"
    said = ["\n".join(lines(hook["printed"], 6))] if hook["printed"] else []
    said += [f"{line(hook['error'] or hook['outcome'], SENTENCE)} (the run went on)"] if _went_wrong(hook) else []
    printed = "".join(pre(f"{PRE};{UNDER}", escaped(text)) for text in said)
    name = f"{user(hook['kind'], NAME)} <b>{user(hook['name'], NAME)}</b>{printed}"
    return [outcome, name, user(run["name"], NAME), duration(hook["seconds"])]


def _more_runs(folded: list[_Tree], more_runs: Counter[str], rows: int) -> str:
    counts = more_runs + Counter(tree.root["state"]["name"] for tree in folded)
    if not counts:
        return ""
    said = f"and {many(sum(counts.values()), 'more run')}:{GAP}{tally(counts)}"
    first = [(tree.root, _clock(tree.root, tree.now)) for tree in folded[: rows // 2]]
    names = [f"{user(root['of'], NAME)} {span(DIM, user(root['name'], NAME))}" for root, _ in first]
    drawn = [[_state(root), name, clock] for (root, clock), name in zip(first, names, strict=True)]
    body = table(("state", "run", "time"), drawn, [_failed(root) for root, _ in first])
    return fold(said, body, style=CARD) if body else div(CARD, said)


# -- plain text -------------------------------------------------------------------------------------------------------


def to_text(snapshot: Wire) -> str:
    """Tell a board in at most 20 lines, with no id, time, duration or completion order: a second run reads the same."""
    told, folded = _pick(_trees(snapshot), 6)
    asked = told_picture.to_text(snapshot)
    most = (MOST_LINES - len(asked)) // max(1, len(told))
    said = asked + [row for tree in told for row in _shortened(_story(tree), most)]
    unsent: Counter[str] = Counter(snapshot["more_runs"])
    more = unsent + Counter(tree.root["state"]["name"] for tree in folded)
    said += [f"and {many(sum(more.values()), 'more run')}: {_tally_said(more)}"] if more else []
    return _ADDRESS.sub("0x…", "\n".join(said)) or "No runs."


def _shortened(said: list[str], most: int) -> list[str]:
    return said if len(said) <= most else [*said[: most - 1], "  …"]


def _story(tree: _Tree) -> list[str]:
    """Tell a run; of a live one only its state, because how far it got depends on the moment."""
    root = tree.root
    title = "" if root["name"] == root["of"] else f" ({_plain(root['name'])})"
    header = f"{_look(root).icon} {_plain(root['state']['name'])} {_plain(root['of'])}{title}"
    if root["end"] is None:
        return [header]
    extent = [many(root["total"], "task run")] if root["total"] else []
    parts = (*_counts_said(root), *_cause_said(tree), *_failed_tasks_said(tree), *_failed_hooks_said(tree))
    return [", ".join([header, *extent, *_hooks_said(tree.runs)]), *(f"  {part}" for part in parts)]


def _counts_said(root: Wire) -> list[str]:
    told = len(counted(root["counts"])) > 1 or _bad_in(root["counts"])
    return [_tally_said(root["counts"])] if told else []


def _tally_said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{look_of(name).icon} {number:,} {_plain(name)}" for name, number in counted(counts)[:12])


def _cause_said(tree: _Tree) -> list[str]:
    cause = tree.cause
    if cause is None:
        return [_plain(_why(tree.root), SENTENCE)] if _why(tree.root) else []
    return [isolated(failure_said(cause, tree.root)), *(f"  {row}" for row in _frames(cause["error"], 6))]


def _failed_tasks_said(tree: _Tree) -> list[str]:
    """List what else failed than the task whose error was told; those that were not sent are counted too."""
    cause = tree.cause
    said = [_task_said(run) for run in tree.tasks if _ended_badly(run) and run is not cause]
    unsent = _bad_in(tree.root["counts"]) - sum(_ended_badly(run) for run in tree.tasks if run["kind"] == "task")
    return _some(said, 4, "more such task run", max(0, unsent))


def _task_said(run: Wire) -> str:
    tried = f" after {tries(run)}" if run["attempt"] > 1 else ""
    why = f": {_plain(_why(run), 120)}" if _why(run) else ""
    return f"{_look(run).icon} {_plain(run['state']['name'])} {_plain(run['name'])}{tried}{why}"


def _failed_hooks_said(tree: _Tree) -> list[str]:
    """List the failed hooks of each run by name: concurrent ones end in any order."""
    calls = ([(run, hook) for hook in run["hooks"] if _went_wrong(hook)] for run in tree.runs)
    failed = [said for of_run in calls for said in sorted(_hook_said(*call) for call in of_run)]
    unsent = sum(run["hooks_failed"] for run in tree.runs) - len(failed)
    return _some(failed, 3, "more failed hook", max(0, unsent))


def _hook_said(run: Wire, hook: Wire) -> str:
    why = f": {_plain(hook['error'], 120)}" if hook["error"] else ""
    name = f"{_plain(hook['kind'])} hook {_plain(hook['name'])} of {_plain(run['name'])}"
    return f"✕ {name} {_plain(hook['outcome'])}, the run went on{why}"


def _some(said: list[str], most: int, word: str, unsent: int) -> list[str]:
    left = unsent + max(0, len(said) - most)
    return [*said[:most], f"and {many(left, word)}"] if left else said


def _plain(text: object, most: int = NAME) -> str:
    return isolated(line(text, most))
