"""Where the arguments of a run came from: constants, or results of other runs of its flow.

Nothing is noted while runs go on: it is found when somebody asks, by looking for the very object among results.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from hookcell.annotations import bare
from hookcell.prefect.utilities.collections import StopVisiting, visit_collection
from hookcell.runs import FlowRun, Run, TaskRun, flow_run_of
from hookcell.upstream import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from hookcell.states import State

_SINGLETONS = (bool, type(None), type(...), type(NotImplemented))


class RunType(str, Enum):  # noqa: UP042 -- as in Prefect: its members print as RunType.FLOW_RUN
    """Which kind of run something came from."""

    FLOW_RUN = "flow_run"
    TASK_RUN = "task_run"


@dataclass(frozen=True)
class RunInput:
    """Where an argument came from."""

    input_type: str = ""


@dataclass(frozen=True)
class TaskRunResult(RunInput):
    """An argument that was the result of a task run.

    Attributes:
        id: That run's id.
    """

    id: UUID | None = None
    input_type: Literal["task_run"] = "task_run"


@dataclass(frozen=True)
class FlowRunResult(RunInput):
    """An argument that was the result of a flow run.

    Attributes:
        id: That run's id.
    """

    id: UUID | None = None
    input_type: Literal["flow_run"] = "flow_run"


@dataclass(frozen=True)
class Parameter(RunInput):
    """An argument that was a parameter of the flow.

    Attributes:
        name: The parameter's name.
    """

    name: str = ""
    input_type: Literal["parameter"] = "parameter"


@dataclass(frozen=True)
class Constant(RunInput):
    """An argument that was written down as it is.

    Attributes:
        type: The name of its type.
    """

    type: str = ""
    input_type: Literal["constant"] = "constant"


# -- whose result a value is -----------------------------------------------------------------------------------------


def trackable(value: Any) -> bool:
    """Whether a value can be told from every other that is equal to it."""
    return not isinstance(value, _SINGLETONS) and not (isinstance(value, int) and -5 <= value <= 256)


def parts_of(result: Any) -> Iterable[Any]:
    """Give a result and what lies directly in it."""
    yield result
    if isinstance(result, dict):
        yield from result.keys()
        yield from result.values()
    elif isinstance(result, list | tuple | set):
        yield from result


def run_with_result(value: Any, around: Run | None, before: int | None = None) -> Run | None:
    """Give the newest run of a flow run that has a value as its result, or directly in it.

    Args:
        value: The value.
        around: The flow run.
        before: The number of a run; only those that began earlier count.
    """
    if around is None or not trackable(value):
        return None
    for child in reversed(around.children):
        early = before is None or child.number < before
        if early and child.state.is_completed() and any(part is value for part in parts_of(child.state.data)):
            return child
    return None


# -- where arguments came from ---------------------------------------------------------------------------------------


def inputs_of(run: Run) -> dict[str, list[RunInput]]:
    """Give for each parameter of a run the task runs whose results it was given.

    What it only waited for is under "wait_for"; the task run whose code started it under "__parents__".
    """
    waited = [state_of(bare(one)) for one in run.awaited]
    inputs = {name: _sources_of(value, run, waited) for name, value in run.parameters.items()}
    if waited:
        inputs["wait_for"] = _results_of(waited)
    if isinstance(run.parent, TaskRun):
        inputs["__parents__"] = [TaskRunResult(id=run.parent.id)]
    return inputs


def _sources_of(value: Any, run: Run, waited: list[State[Any]]) -> list[RunInput]:
    """Find the runs that an argument came from; each state that it waited for stands for one argument only."""
    found: list[State[Any]] = []

    def look(part: Any) -> None:
        state = next((one for one in waited if part is one or part is one.data), None)
        if state is not None:
            waited.remove(state)
        elif (source := run_with_result(part, flow_run_of(run.parent), run.number)) is not None:
            state = source.state
        if state is not None:
            found.append(state)
            raise StopVisiting

    visit_collection(value, look)
    return _results_of(found)


def _results_of(states: Iterable[Any]) -> list[RunInput]:
    ids = (state.state_details.task_run_id for state in states if hasattr(state, "state_details"))
    return [TaskRunResult(id=id_) for id_ in dict.fromkeys(ids) if id_ is not None]


def type_of(run: Run) -> RunType:
    """Give which kind of run one is."""
    return RunType.FLOW_RUN if isinstance(run, FlowRun) else RunType.TASK_RUN


__all__ = ["Constant", "FlowRunResult", "Parameter", "RunInput", "RunType", "TaskRunResult", "inputs_of"]
