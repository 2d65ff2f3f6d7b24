"""The order of steps without data: `my_step(after="load")`, checked against what has been called before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.annotations import bare
from hookcell.futures import Future
from hookcell.runs import Run, TaskRun, current, flow_run_of
from hookcell.states import State
from hookcell.zenml.exceptions import StepInterfaceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def to_wait_for(after: Any, wait_for: Any, step: str) -> Any:
    """Give what a step is to wait for, with what `after=` names: steps, their names, runs, futures, or outputs.

    A step that was called has ended, and one that was submitted is waited for; an output is there.

    Raises:
        StepInterfaceError: A step that is named has not been called in this pipeline.
    """
    around = flow_run_of(current.get())
    runs = [run for run in (around.children if around is not None else ()) if isinstance(run, TaskRun)]
    outputs = [one for run in runs for one in _outputs(run)]
    if any(after is output for output in outputs):
        several = []
    else:
        several = [*after] if isinstance(after, list | tuple | set) else [after]
    awaited = [one for each in several for one in _awaited(each, step, runs, outputs)]
    if wait_for is not None:
        awaited += wait_for if isinstance(wait_for, list | tuple) else [wait_for]
    return awaited or None


def _outputs(run: TaskRun) -> list[Any]:
    """Give what a step returned, whole and in parts: a text or a list of them is no name of a step."""
    data = run.state.data
    return [data, *data] if isinstance(data, tuple) else [data]


def _awaited(one: Any, step: str, runs: list[TaskRun], outputs: list[Any]) -> Sequence[Any]:
    if isinstance(bare(one), Future | State | Run):
        return [one]
    name = one if isinstance(one, str) else _name_of_step(one)
    if name is None:  # an output: the step that gave it has ended
        return []
    meant = [run for run in runs if name in {run.name, run.definition.name}]
    if not meant and not any(one is output for output in outputs):
        raise StepInterfaceError(_not_called(name, step, runs))
    return meant


def _name_of_step(one: Any) -> str | None:
    return one.name if getattr(one, "kind", None) == "task" else None


def _not_called(name: str, step: str, runs: list[Any]) -> str:
    called = ", ".join(dict.fromkeys(repr(run.name) for run in runs)) or "none"
    return (
        f"Step '{step}' is to run after '{name}', which has not been called in this pipeline before it (called so far: "
        f"{called}). A step runs where it is called: call '{name}' first"
    )
