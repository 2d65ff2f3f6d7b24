"""ZenML's dialect: the names, signatures and strictness of ZenML's step hooks; what happens comes from hookcell.

Change `from zenml import step` to `from hookcell.zenml import step`, and the rest of a notebook stays as it is.
"""

from __future__ import annotations

from hookcell import __version__
from hookcell.zenml.context import StepContext, get_step_context
from hookcell.zenml.exceptions import OutOfScope
from hookcell.zenml.pipelines import Pipeline
from hookcell.zenml.pipelines import today as pipeline
from hookcell.zenml.runs import ExecutionStatus, PipelineRun, StepRun
from hookcell.zenml.settings import StepRetryConfig
from hookcell.zenml.stack import Stack, activate_stack, active_stack
from hookcell.zenml.steps import Step
from hookcell.zenml.steps import today as step

__all__ = [
    "ExecutionStatus",
    "OutOfScope",
    "Pipeline",
    "PipelineRun",
    "Stack",
    "Step",
    "StepContext",
    "StepRetryConfig",
    "StepRun",
    "__version__",
    "activate_stack",
    "active_stack",
    "get_step_context",
    "pipeline",
    "step",
]
