"""Prefect's clients: they answer from this session's records, for there is no server.

A run that a client gives is the run itself, not a copy: what happens to it later shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, Self, overload

from hookcell.prefect.client import records
from hookcell.prefect.client.records import MadeFlowRun, MadeTaskRun, run_of
from hookcell.prefect.client.schemas.filters import admits
from hookcell.prefect.client.schemas.sorting import in_order
from hookcell.prefect.client.variables import VariableAnswers
from hookcell.prefect.exceptions import ObjectNotFound
from hookcell.prefect.intent import wish_to_cancel
from hookcell.prefect.outside import SERVER, outside, stub
from hookcell.prefect.runs import id_of_flow
from hookcell.prefect.states import State, StateType
from hookcell.runs import FlowRun, TaskRun, current, flow_run_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal
    from uuid import UUID

    from hookcell.prefect.client.schemas.objects import Flow, Log

FLOW_RUN, TASK_RUN = ("flow run", FlowRun, MadeFlowRun), ("task run", TaskRun, MadeTaskRun)
_STOPS = frozenset({StateType.CANCELLING, StateType.CANCELLED})


@dataclass(frozen=True)
class OrchestrationResult:
    """What became of a state that was proposed.

    Attributes:
        status: Always "ACCEPT": what cannot be done raises.
        state: The run's state now.
    """

    state: State[Any]
    status: str = "ACCEPT"


class SyncPrefectClient(VariableAnswers):
    """Answers from this session's records.

    Its methods are Prefect's. One that needs a server raises `OutOfScope` when it is called.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return stub(f"client.{name}", SERVER)

    def api_healthcheck(self) -> Exception | None:
        """Nothing: there is no server that could be ill."""
        return None

    # -- flow runs

    def read_flow_run(self, flow_run_id: UUID | str) -> Any:
        """Give a flow run.

        Raises:
            ObjectNotFound: This session has no record of it.
        """
        return run_of(flow_run_id, *FLOW_RUN)

    def read_flow_runs(
        self,
        *,
        flow_filter: Any = None,
        flow_run_filter: Any = None,
        task_run_filter: Any = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        **others: Any,
    ) -> list[Any]:
        """Give the flow runs that filters admit, in the order they were made.

        Args:
            flow_filter, flow_run_filter, task_run_filter: Filters, or dicts such as {"name": {"any_": ["nightly"]}}.
            sort: Another order, such as "START_TIME_DESC".
            limit: How many at most.
            offset: How many to leave out first.
            **others: Filters that need a server.

        Raises:
            OutOfScope: A filter or order asks for what hookcell does not know.
        """
        _refuse(others)
        around = None if task_run_filter is None else _ids_around(task_run_filter)
        runs = [
            run
            for run in records.flow_runs()
            if admits(flow_filter, records.flow_of(run))
            and admits(flow_run_filter, run)
            and (around is None or run.id in around)
        ]
        return _part(in_order(runs, sort), limit, offset)

    def read_flow_run_states(self, flow_run_id: UUID | str) -> list[State[Any]]:
        """Give the states of a flow run, oldest first."""
        return records.states_of(self.read_flow_run(flow_run_id))

    def create_flow_run(
        self,
        flow: Any,
        *,
        name: str | None = None,
        parameters: dict[str, Any] | None = None,
        tags: Any = (),
        parent_task_run_id: UUID | None = None,
        state: State[Any] | None = None,
        **known: Any,
    ) -> Any:
        """Make a flow run that nothing runs; `run_flow(flow, flow_run=...)` runs its flow with its parameters."""
        tags = sorted(frozenset(tags) | flow.tags)
        known |= {"parameters": parameters or {}, "tags": tags, "parent_task_run_id": parent_task_run_id}
        return records.make(MadeFlowRun, flow, name, state, flow_id=id_of_flow(flow.name), **known)

    def set_flow_run_state(
        self,
        flow_run_id: UUID | str,
        state: State[Any],
        force: bool = False,
    ) -> OrchestrationResult:
        """Cancel a flow run (Cancelling or Cancelled), or set the state of one that a client made.

        Args:
            flow_run_id: Which run.
            state: The state.
            force: From the code of that very run: let the code go on, and a SIGTERM that comes cancel it.

        Raises:
            OutOfScope: Another state, for a run of a flow's own.
        """
        run: Any = self.read_flow_run(flow_run_id)
        inside: Any = flow_run_of(current.get())
        if force and state.type in _STOPS and run is inside:
            wish_to_cancel(run)
            return OrchestrationResult(run.state)
        return _set_state(run, state, "set_flow_run_state")

    # -- task runs

    def read_task_run(self, task_run_id: UUID | str) -> Any:
        """Give a task run.

        Raises:
            ObjectNotFound: This session has no record of it.
        """
        return run_of(task_run_id, *TASK_RUN)

    def read_task_runs(
        self,
        *,
        flow_filter: Any = None,
        flow_run_filter: Any = None,
        task_run_filter: Any = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        **others: Any,
    ) -> list[Any]:
        """Give the task runs that filters admit, in the order they were made; the arguments are `read_flow_runs`'."""
        _refuse(others)
        runs = [
            run
            for run in records.task_runs()
            if admits(task_run_filter, run) and _admits_around(flow_filter, flow_run_filter, run)
        ]
        return _part(in_order(runs, sort), limit, offset)

    def read_task_run_states(self, task_run_id: UUID | str) -> list[State[Any]]:
        """Give the states of a task run, oldest first."""
        return records.states_of(self.read_task_run(task_run_id))

    def create_task_run(
        self,
        task: Any,
        flow_run_id: UUID | None,
        dynamic_key: str,
        *,
        name: str | None = None,
        extra_tags: Any = (),
        state: State[Any] | None = None,
        **known: Any,
    ) -> Any:
        """Make a task run that nothing runs."""
        tags = sorted(frozenset(extra_tags) | task.tags)
        known |= {"flow_run_id": flow_run_id, "dynamic_key": dynamic_key, "tags": tags}
        return records.make(MadeTaskRun, task, name or f"{task.name}-{dynamic_key}", state, **known)

    def set_task_run_state(self, task_run_id: UUID | str, state: State[Any], **_options: Any) -> OrchestrationResult:
        """Cancel a task run (Cancelling or Cancelled), or set the state of one that a client made.

        Raises:
            OutOfScope: Another state, for a run of a task's own.
        """
        return _set_state(self.read_task_run(task_run_id), state, "set_task_run_state")

    # -- flows

    def create_flow(self, flow: Any) -> UUID:
        """Give the id of a flow; it needs no making."""
        return id_of_flow(flow.name)

    def read_flow(self, flow_id: UUID | str) -> Flow:
        """Give a flow that has a run.

        Raises:
            ObjectNotFound: No run of it is known.
        """
        return _known_flow("id", str(flow_id))

    def read_flow_by_name(self, flow_name: str) -> Flow:
        """Give a flow that has a run.

        Raises:
            ObjectNotFound: No run of it is known.
        """
        return _known_flow("name", flow_name)

    def read_flows(
        self,
        *,
        flow_filter: Any = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        **others: Any,
    ) -> list[Flow]:
        """Give the flows that have runs; the arguments are `read_flow_runs`'."""
        _refuse(others)
        known = [flow for flow in records.flows().values() if admits(flow_filter, flow)]
        return _part(in_order(known, sort), limit, offset)

    # -- logs

    def read_logs(
        self, log_filter: Any = None, limit: int | None = None, offset: int | None = None, sort: str | None = None
    ) -> list[Log]:
        """Give the newest lines of the runs' loggers, oldest first; the arguments are `read_flow_runs`'."""
        lines = [line for line in records.lines() if admits(log_filter, line)]
        return _part(in_order(lines, sort), limit, offset or 0)


def _refuse(others: dict[str, Any]) -> None:
    for name, value in others.items():
        if value is not None:
            raise outside(f"{name}=", "ask without it, and look through the list")


def _ids_around(task_run_filter: Any) -> set[UUID | None]:
    """Give the ids of the flow runs around the task runs that a filter admits."""
    return {run.flow_run_id for run in records.task_runs() if admits(task_run_filter, run)}


def _admits_around(flow_filter: Any, flow_run_filter: Any, task_run: Any) -> bool:
    if flow_filter is None and flow_run_filter is None:
        return True
    around = records.flow_run_around(task_run)
    return around is not None and admits(flow_filter, records.flow_of(around)) and admits(flow_run_filter, around)


def _part(several: list[Any], limit: int | None, offset: int) -> list[Any]:
    return several[offset : None if limit is None else offset + limit]


def _known_flow(attribute: str, value: str) -> Flow:
    for flow in records.flows().values():
        if str(getattr(flow, attribute)) == value:
            return flow
    raise ObjectNotFound(f"this session has no record of a flow with the {attribute} {value!r}; it has had no run")


def _set_state(run: Any, state: State[Any], method: str) -> OrchestrationResult:
    if isinstance(run, MadeFlowRun | MadeTaskRun):
        run.enter(state)
    elif state.type in _STOPS:
        run.cancel()
    else:
        raise outside(
            f"client.{method} to {state.name}", "have the flow or task return that state, or call run.cancel()"
        )
    return OrchestrationResult(run.state)


class PrefectClient:
    """Answers from this session's records; each of its methods is to be awaited. See `SyncPrefectClient`."""

    def __init__(self) -> None:
        self._answers = SyncPrefectClient()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    def __enter__(self) -> NoReturn:
        raise RuntimeError(
            "The `PrefectClient` must be entered with an async context. Use 'async with get_client()', or "
            "'with get_client(sync_client=True)'."
        )

    def __exit__(self, *_error: object) -> None:
        raise AssertionError("it cannot have been entered")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _awaited(getattr(self._answers, name))


def _awaited(answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    async def ask(*args: Any, **kwargs: Any) -> Any:
        return answer(*args, **kwargs)

    return ask


@overload
def get_client(httpx_settings: Any = ..., sync_client: Literal[False] = ...) -> PrefectClient: ...
@overload
def get_client(httpx_settings: Any = ..., *, sync_client: Literal[True]) -> SyncPrefectClient: ...
def get_client(httpx_settings: Any = None, sync_client: bool = False) -> PrefectClient | SyncPrefectClient:
    """Give a client that answers from this session's records: its runs, their states and logs, and variables.

    Args:
        httpx_settings: Not used: nothing is asked over a network.
        sync_client: Whether its methods give their answers at once; else they are to be awaited.

    >>> from hookcell.prefect import flow
    >>> from hookcell.prefect.client.orchestration import get_client
    >>> @flow
    ... def nightly():
    ...     return 1
    >>> state = nightly(return_state=True)
    >>> with get_client(sync_client=True) as client:
    ...     run = client.read_flow_run(state.state_details.flow_run_id)
    ...     [past.name for past in client.read_flow_run_states(run.id)]
    ['Pending', 'Running', 'Completed']
    """
    return SyncPrefectClient() if sync_client else PrefectClient()


__all__ = ["OrchestrationResult", "PrefectClient", "SyncPrefectClient", "get_client"]
