"""Settings that steps and pipelines share, and those of ZenML's that hookcell does not have."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, NonNegativeInt, PositiveInt

from hookcell import calls
from hookcell.policies import LONGEST, MOST_DELAYS
from hookcell.zenml.exceptions import outside


class StepRetryConfig(BaseModel):
    """How often a step is tried again.

    Args:
        max_retries: How often.
        delay: Seconds before the first further try.
        backoff: What the delay is multiplied by from try to try; 0 leaves it as it is.
    """

    max_retries: PositiveInt = 1
    delay: NonNegativeInt = 0
    backoff: NonNegativeInt = 0

    def delays(self) -> list[float]:
        """Give the seconds before each further try; the last repeats."""
        factor = self.backoff or 1
        return [float(min(self.delay * factor**nth, LONGEST)) for nth in range(min(self.max_retries, MOST_DELAYS))]


# What ZenML's decorators take and hookcell has no use for, with what to do instead.
_ELSEWHERE = {
    "settings": "what they configure runs elsewhere: leave them out",
    "experiment_tracker": "use the tracker's own functions in the step",
    "step_operator": "steps run in this kernel: leave it out",
    "output_materializers": "results stay in memory: leave them out",
    "enable_artifact_metadata": "leave it out",
    "enable_artifact_visualization": "leave it out",
    "enable_step_logs": "what a step prints stands below its cell: leave it out",
    "model": "leave it out",
    "cache_policy": "every call runs the step: leave it out",
    "schedule": "call the pipeline when it is to run",
    "config_path": "pass the options to the decorator, or to configure()",
    "on_init": "begin the pipeline with it, or use on_run_start",
    "on_cleanup": "use on_run_end",
    "on_pause": "hookcell does not pause runs: leave it out",
    "on_resume": "hookcell does not pause runs: leave it out",
}


def check_options(kind: str, given: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse options that there are not.

    Raises:
        OutOfScope: ZenML has such an option.
        UnknownOptionError: Nobody has.
    """
    for option, value in given.items():
        if option in _ELSEWHERE and value is not None:
            raise outside(f"{option}=", _ELSEWHERE[option])
    calls.check_options(kind, {name: 0 for name in given if name not in _ELSEWHERE}, known)
    if given.get("enable_cache"):
        raise outside("enable_cache=True", "every call runs the step: leave it out, or write enable_cache=False")


def merged(given: dict[str, Any], changes: dict[str, Any], *, merge: bool) -> dict[str, Any]:
    """Give options with some changed; with `merge`, dictionaries are added to those there are."""
    together = {
        option: {**given[option], **value}
        for option, value in changes.items()
        if merge and isinstance(value, dict) and isinstance(given.get(option), dict)
    }
    return {**given, **changes, **together}


def with_hook(given: dict[str, Any], kind: str, fn: Any) -> dict[str, Any]:
    """Give options with one more hook, behind the others of its kind."""
    before = given.get(kind)
    several = [] if before is None else [*before] if isinstance(before, list | tuple) else [before]
    return {**given, kind: [*several, fn]}
