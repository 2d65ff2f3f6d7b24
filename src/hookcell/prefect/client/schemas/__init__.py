"""What Prefect's client gives: runs, states and their details."""

from hookcell.prefect.client.schemas.objects import FlowRun, State, StateDetails, StateType, TaskRun, TaskRunResult

__all__ = ["FlowRun", "State", "StateDetails", "StateType", "TaskRun", "TaskRunResult"]
