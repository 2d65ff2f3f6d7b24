"""Where ZenML has its `ExecutionStatus`."""

from __future__ import annotations

from hookcell.zenml.runs import ExecutionStatus

__all__ = ["ExecutionStatus"]
