"""Where ZenML has its `StepRetryConfig`."""

from __future__ import annotations

from hookcell.zenml.settings import StepRetryConfig

__all__ = ["StepRetryConfig"]
