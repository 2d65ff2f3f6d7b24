"""Parts of Prefect's engine that tests import: which run a value came from, and SIGTERM."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hookcell.prefect.inputs import RunType, parts_of, run_with_result, trackable, type_of
from hookcell.prefect.outside import stub
from hookcell.runs import current, flow_run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.states import State

MOST_LINKS = 10_000
# By the id of a value: the value, and whose result it is said to be.
_links: OrderedDict[int, tuple[Any, State[Any], RunType]] = OrderedDict()

propose_state = stub("propose_state", "return the state from the flow or task")
propose_state_sync = stub("propose_state_sync", "return the state from the flow or task")


def get_state_for_result(obj: Any) -> tuple[State[Any], RunType] | None:
    """Give the state of the run of this flow that a value is the result of, or that it lies directly in; else None."""
    around = flow_run_of(current.get())
    if around is not None and id(obj) in _links:
        return _links[id(obj)][1:]
    run = run_with_result(obj, around)
    return None if run is None else (run.state, type_of(run))


def link_state_to_result(state: State[Any], result: Any, run_type: RunType) -> None:
    """Say whose result a value is; the runs of a flow need no such saying."""
    for part in parts_of(result):
        if trackable(part):
            _links[id(part)] = (part, state, run_type)
    while len(_links) > MOST_LINKS:
        _links.popitem(last=False)


def link_state_to_task_run_result(state: State[Any], result: Any) -> None:
    """Say which task run a value is the result of."""
    link_state_to_result(state, result, RunType.TASK_RUN)


def link_state_to_flow_run_result(state: State[Any], result: Any) -> None:
    """Say which flow run a value is the result of."""
    link_state_to_result(state, result, RunType.FLOW_RUN)


@contextmanager
def capture_sigterm() -> Iterator[None]:
    """Do nothing: flows of the main thread hear SIGTERM by themselves."""
    yield


__all__ = [
    "RunType",
    "capture_sigterm",
    "get_state_for_result",
    "link_state_to_flow_run_result",
    "link_state_to_result",
    "link_state_to_task_run_result",
    "propose_state",
    "propose_state_sync",
]
