"""The tables of a settled picture: task runs, calls of hooks, and the runs that have no picture of their own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell.notebook.failure import NAME, SENTENCE
from hookcell.notebook.palette import (
    CARD,
    DIM,
    GAP,
    PRE,
    SMALL,
    UNDER,
    badge,
    div,
    duration,
    escaped,
    fold,
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
from hookcell.notebook.settled.trees import (
    CALM_HOOKS,
    clock,
    failed,
    hooks_told,
    look,
    tasks_in,
    told_last,
    urgency,
    went_wrong,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.settled.trees import Tree

    Wire = Mapping[str, Any]


def tasks_folded(tree: Tree, rows: int, *, opened: bool) -> str:
    """Set a line with the number of task runs, which opens to show them."""
    said = many(max(tree.root["total"], tasks_in(tree.tasks)), "task run")
    return fold(said, task_table(tree, rows), opened=opened) if tree.tasks else ""


def task_table(tree: Tree, rows: int) -> str:
    """Set the task runs in order of start; where they are too many, only some, and troubled ones come first."""
    shown = tree.tasks if len(tree.tasks) <= rows else sorted(tree.tasks, key=urgency)[: (rows + 1) // 2]
    said = [_task_row(run, tree.now) for run in shown]
    left = tree.root["total"] - tasks_in(shown)
    body = table(("state", "task", "tries", "hooks", "time"), said, [failed(run) for run in shown])
    return body + (div(SMALL, _left_said(tree.root, shown, left)) if left > 0 else "")


def _left_said(root: Wire, shown: list[Wire], left: int) -> str:
    states: Counter[str] = Counter(root["counts"])
    states.subtract(run["state"]["name"] for run in shown if run["kind"] == "task")
    return f"and {left:,} more:{GAP}{tally(+states)}"


def _task_row(run: Wire, now: float) -> list[str]:
    reason = div(UNDER, user(why(run), SENTENCE)) if why(run) else ""
    name = f"{GAP * min(max(run['depth'] - 1, 0), 8)}{user(run['name'], NAME)}{reason}"
    tried = f"{run['attempt']:,} of {run['attempts']:,}" if run["attempt"] > 1 else ""
    hooks = [f"{run[key]:,} {word}" for key, word in (("hooks_ok", "ok"), ("hooks_failed", "failed")) if run[key]]
    return [_state(run), name, tried, ", ".join(hooks), clock(run, now)]


def _state(run: Wire) -> str:
    return f"{badge(look(run))} {user(run['state']['name'], NAME)}"


# -- hooks ------------------------------------------------------------------------------------------------------------


def hooks_folded(tree: Tree, rows: int) -> str:
    """Set a line with the number of calls of hooks and the first that failed, which opens to show them all."""
    said = hooks_told(tree.runs)
    return fold(f"<bdi>{escaped(said)}</bdi>", hook_table(tree, rows)) if said else ""


def hook_table(tree: Tree, rows: int) -> str:
    """Set the hook calls as they happened; where they are too many, only some, and failed ones come first."""
    calls = sorted(((run, hook) for run in tree.runs for hook in run["hooks"]), key=lambda call: call[1]["at"])
    shown = calls if len(calls) <= rows else sorted(calls, key=lambda call: not went_wrong(call[1]))[: (rows + 1) // 2]
    left = sum(run["hooks_ok"] + run["hooks_failed"] for run in tree.runs) - len(shown)
    said = [_hook_row(run, hook) for run, hook in shown]
    body = table(("outcome", "hook", "of", "time"), said, [went_wrong(hook) for _, hook in shown])
    return body + (div(SMALL, f"and {many(left, 'more hook call')}") if left > 0 else "")


def _hook_row(run: Wire, hook: Wire) -> list[str]:
    """Name a hook's call, with what it printed and, if it failed, that the run went on."""
    outcome = f"{badge(look_of(CALM_HOOKS.get(hook['outcome'], 'Failed')))} {user(hook['outcome'], NAME)}"
    said = ["\n".join(lines(hook["printed"], 6))] if hook["printed"] else []
    said += [f"{line(hook['error'] or hook['outcome'], SENTENCE)} (the run went on)"] if went_wrong(hook) else []
    printed = "".join(pre(f"{PRE};{UNDER}", escaped(text)) for text in said)
    name = f"{user(hook['kind'], NAME)} <b>{user(hook['name'], NAME)}</b>{printed}"
    return [outcome, name, user(run["name"], NAME), duration(hook["seconds"])]


# -- runs that have no picture of their own ---------------------------------------------------------------------------


def more_runs(folded: list[Tree], unsent: Mapping[str, int], rows: int) -> str:
    """Count the runs that are not drawn, and list the first of them."""
    counts = told_last(folded, unsent)
    if not counts:
        return ""
    said = f"and {many(sum(counts.values()), 'more run')}:{GAP}{tally(counts)}"
    first = folded[: rows // 2]
    body = table(("state", "run", "time"), [_run_row(tree) for tree in first], [failed(tree.root) for tree in first])
    return fold(said, body, style=CARD) if body else div(CARD, said)


def _run_row(tree: Tree) -> list[str]:
    root = tree.root
    name = f"{user(root['of'], NAME)} {span(DIM, user(root['name'], NAME))}"
    return [_state(root), name, clock(root, tree.now)]
