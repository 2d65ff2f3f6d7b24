"""A board as outermost runs with all that is below them, and what both the picture and the text ask of a run."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hookcell.notebook.failure import NAME, SENTENCE, cause_of
from hookcell.notebook.palette import counted, duration, line, lines, look_of, many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hookcell.notebook.palette import Look

    Wire = Mapping[str, Any]

QUICK_SECONDS, QUICK_TASKS = 1.0, 3
FAILURE = frozenset({"FAILED", "CRASHED"})
TROUBLE = FAILURE | {"CANCELLED", "CANCELLING"}
CALM_HOOKS = {"ok": "Completed", "running": "Running"}
_BAD, _FAILED = ({look_of("", type_) for type_ in types} for types in (TROUBLE, FAILURE))


@dataclass(frozen=True, eq=False)
class Tree:
    """An outermost run, what is below it in order of start, and the kernel's clock when the snapshot was sent."""

    root: Wire
    tasks: list[Wire]
    groups: list[Wire]
    now: float

    @property
    def runs(self) -> list[Wire]:
        """All runs that were sent."""
        return [self.root, *self.tasks]

    @property
    def cause(self) -> Wire | None:
        """The run whose error tells most."""
        return cause_of(self.root, self.tasks)

    @property
    def troubled(self) -> bool:
        """Whether anything in it failed, was cancelled or had to be tried again: then it is never folded away."""
        return bad_in(self.root["counts"]) > 0 or any(map(is_troubled, self.runs))

    @property
    def quick(self) -> bool:
        """Whether a line says it all, as `useSmall` in js/src/views/RunPanel.tsx has it: no view changes its shape."""
        few = max(self.root["total"], len(self.tasks)) <= QUICK_TASKS
        fine = not any(map(failed, self.runs)) and not any(look_of(name) in _FAILED for name in self.root["counts"])
        return few and fine and seconds_since(began(self.root), self.root, self.now) <= QUICK_SECONDS


def trees_of(snapshot: Wire) -> list[Tree]:
    """Give the outermost runs of a board in order of start."""
    tasks, groups = _by_root(snapshot["tasks"], "n"), _by_root(snapshot.get("groups", ()), "g")
    roots = sorted(snapshot["runs"], key=lambda run: run["n"])
    return [Tree(root, tasks.get(root["n"], []), groups.get(root["n"], []), snapshot["now"]) for root in roots]


def _by_root(several: Any, number: str) -> dict[int, list[Wire]]:
    sorted_out: dict[int, list[Wire]] = {}
    for one in sorted(several, key=lambda one: one[number]):
        sorted_out.setdefault(one["root"], []).append(one)
    return sorted_out


def pick(trees: list[Tree], most: int) -> tuple[list[Tree], list[Tree]]:
    """Choose the runs to show, troubled ones first, and keep both parts in order of start."""
    first = set(sorted(trees, key=lambda tree: not tree.troubled)[:most])
    return [tree for tree in trees if tree in first], [tree for tree in trees if tree not in first]


def told_last(folded: list[Tree], more_runs: Mapping[str, int]) -> Counter[str]:
    """Count the runs that are only counted, by state."""
    return Counter(more_runs) + Counter(tree.root["state"]["name"] for tree in folded)


# -- what is asked of a run -------------------------------------------------------------------------------------------


def look(run: Wire) -> Look:
    """Find how a run looks."""
    return look_of(run["state"]["name"], run["state"]["type"])


def failed(run: Wire) -> bool:
    """Whether a run failed or crashed."""
    return run["state"]["type"] in FAILURE


def ended_badly(run: Wire) -> bool:
    """Whether a run failed, crashed or was cancelled."""
    return run["state"]["type"] in TROUBLE


def is_troubled(run: Wire) -> bool:
    """Whether there is more to tell of a run than that it completed."""
    return ended_badly(run) or run["error"] is not None or run["attempt"] > 1 or run["hooks_failed"] > 0


def urgency(run: Wire) -> int:
    """Order runs by how much there is to tell of them."""
    return 0 if ended_badly(run) else 1 if is_troubled(run) else 2


def bad_in(counts: Mapping[str, int]) -> int:
    """Count the runs that did not end well."""
    return sum(number for name, number in counted(counts) if look_of(name) in _BAD)


def tasks_in(runs: list[Wire]) -> int:
    """Count the task runs among runs: those that `total` and `counts` are about."""
    return sum(run["kind"] == "task" for run in runs)


def went_wrong(hook: Wire) -> bool:
    """Whether a hook's call failed."""
    return hook["outcome"] not in CALM_HOOKS


def began(run: Wire) -> float:
    """Say when a run started or, where it never did, when it was created."""
    return float(run["created"] if run["start"] is None else run["start"])


def seconds_since(moment: float, run: Wire, now: float) -> float:
    """Count the seconds to a run's end or to now; never less than nothing, because clocks jump."""
    end = now if run["end"] is None else run["end"]
    return max(0.0, end - moment)


def seconds_of(run: Wire, now: float) -> float | None:
    """Say how long a run took or has taken, or nothing if it never started."""
    return None if run["start"] is None else seconds_since(run["start"], run, now)


def headline_clock(run: Wire, now: float) -> str:
    """Say how long an outermost run took as its live view did: `412 ms`, `0:11.9`, `1:02:05`."""
    spent = seconds_of(run, now)
    if spent is None or (run["end"] is not None and spent < 1):
        return clock(run, now)
    tenths = math.floor(spent * 10 + 1e-6)
    minutes, rest = divmod(tenths // 10, 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}.{tenths % 10}"
    return said if run["end"] is not None else f"{said} so far"


def clock(run: Wire, now: float) -> str:
    """Say how long a run took, in words."""
    spent = duration(seconds_of(run, now))
    return f"{spent} so far" if spent and run["end"] is None else spent


def hooks_said(runs: list[Wire]) -> list[str]:
    """Count the calls of hooks: `2 hooks ok`, `1 hook failed`."""
    ok, bad = (sum(run[key] for run in runs) for key in ("hooks_ok", "hooks_failed"))
    return [f"{many(n, 'hook')} {word}" for n, word in ((ok, "ok"), (bad, "failed")) if n]


def hooks_told(runs: list[Wire]) -> str:
    """Count the calls of hooks and tell the first that failed: `1 hook failed (the run went on): post OSError: …`."""
    said = ", ".join(hooks_said(runs))
    bad = [hook for run in runs for hook in run["hooks"] if went_wrong(hook)]
    if not any(run["hooks_failed"] for run in runs):
        return said
    first = [f": {line(hook['name'], NAME)} {line(hook['error'] or hook['outcome'], 120)}" for hook in bad[:1]]
    return "".join([f"{said} (the run went on)", *first])


def frames(error: Wire, most: int) -> list[str]:
    """Take the user's frames; the newest are last and tell most."""
    kept = [row for part in error["where"] for row in lines(part, most)]
    return kept if len(kept) <= most else ["…", *kept[1 - most :]]


def why(run: Wire) -> str:
    """Say why a run is in its state: its error, what it waits for, or the state's message."""
    if run["error"]:
        return line(run["error"]["title"], SENTENCE)
    if run["waits"] and run["start"] is None:
        return f"waits for {line(run['waits'], NAME)}"
    return line(run["state"]["message"] or "", SENTENCE)
