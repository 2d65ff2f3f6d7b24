"""What Prefect's client gives, by the names it has there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hookcell.prefect.inputs import Constant, FlowRunResult, Parameter, RunInput, RunType, TaskRunResult
from hookcell.prefect.outside import DEPLOY, LIMITS, stub
from hookcell.prefect.runs import FlowRun, TaskRun
from hookcell.prefect.states import TERMINAL_STATES, State, StateDetails, StateType
from hookcell.prefect.variables import Variable

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True)
class Flow:
    """A flow as the client knows it.

    Attributes:
        id: The same for all flows of this name.
        name: The flow's name.
        tags: The tags of the flow.
    """

    id: UUID
    name: str
    tags: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True)
class Log:
    """One line that a run's logger was given.

    Attributes:
        name: The logger's name.
        level: How urgent it is, as a number of `logging`.
        timestamp: When it was written (UTC).
        flow_run_id, task_run_id: Whose line it is.
    """

    name: str
    level: int
    message: str
    timestamp: datetime
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None


ConcurrencyLimitConfig = stub("ConcurrencyLimitConfig", LIMITS)
ConcurrencyOptions = stub("ConcurrencyOptions", LIMITS)
Worker = stub("Worker", DEPLOY)
WorkerStatus = stub("WorkerStatus", DEPLOY)
WorkPool = stub("WorkPool", DEPLOY)
Deployment = stub("Deployment", DEPLOY)

__all__ = [
    "TERMINAL_STATES",
    "ConcurrencyLimitConfig",
    "ConcurrencyOptions",
    "Constant",
    "Deployment",
    "Flow",
    "FlowRun",
    "FlowRunResult",
    "Log",
    "Parameter",
    "RunInput",
    "RunType",
    "State",
    "StateDetails",
    "StateType",
    "TaskRun",
    "TaskRunResult",
    "Variable",
    "WorkPool",
    "Worker",
    "WorkerStatus",
]
