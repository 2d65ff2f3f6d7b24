"""Settings that steps and pipelines share, and those of ZenML's that hookcell does not have."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, NonNegativeInt, PositiveInt, ValidationError

from hookcell import calls
from hookcell.policies import LONGEST, MOST_DELAYS
from hookcell.zenml.exceptions import ConfigurationError, StepInterfaceError, outside
from hookcell.zenml.hook_sources import KINDS


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


def retry_of(retry: Any, whose: str) -> StepRetryConfig | None:
    """Read how often something is tried again; `whose` is for the message.

    Raises:
        StepInterfaceError: It says no such thing.
    """
    if retry is None or isinstance(retry, StepRetryConfig):
        return retry
    if not isinstance(retry, dict):
        raise StepInterfaceError(f"retry of {whose} is {retry!r}; give StepRetryConfig(max_retries=3, delay=10)")
    try:
        unknown = [str(name) for name in retry if name not in StepRetryConfig.model_fields]
        if not unknown:
            return StepRetryConfig(**retry)
        told = f"there is no {', '.join(unknown)}"
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    raise StepInterfaceError(f"retry of {whose} is {retry!r} ({told}); give StepRetryConfig(max_retries=3, delay=10)")


# What ZenML's decorators take and hookcell has no use for, with what to do instead.
_ELSEWHERE = {
    "settings": "what they configure runs elsewhere: leave them out",
    "experiment_tracker": "use the tracker's own functions in the step",
    "step_operator": "steps run in this kernel: leave it out",
    "output_materializers": "results stay in memory: leave them out",
    "enable_artifact_metadata": "leave it out",
    "enable_pipeline_logs": "what runs print stands below their cell: leave it out",
    "enable_artifact_visualization": "leave it out",
    "enable_step_logs": "what a step prints stands below its cell: leave it out",
    "model": "leave it out",
    "cache_policy": "every call runs the step: leave it out",
    "schedule": "call the pipeline when it is to run",
    "build": "nothing is built: leave it out",
    "outputs": "annotate what the step returns",
    "tags": 'write "with hookcell.tags(...):" around the call',
    "substitutions": "write {name} of a parameter in run_name",
    "secrets": "read them from the environment in the step",
    "environment": "set os.environ in the step",
    "runtime": "every step runs in this kernel: leave it out",
    "execution_mode": "a pipeline stops at the first failure that its function does not catch: leave it out",
    "heartbeat_healthy_threshold": "leave it out",
    "enable_heartbeat": "leave it out",
    "on_init": "begin the pipeline with it, or use on_run_start",
    "on_cleanup": "use on_run_end",
    "on_pause": "hookcell does not pause runs: leave it out",
    "on_resume": "hookcell does not pause runs: leave it out",
}


# What a step can be told, in code and by configuration.
STEP_OPTIONS = frozenset({"name", "enable_cache", "retry", "parameters", "extra", *KINDS})


def check_options(kind: str, given: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse options that there are not.

    Raises:
        OutOfScope: ZenML has such an option.
        UnknownOptionError: Nobody has.
        ConfigurationError: One that takes values by name is given something else.
    """
    for option, value in given.items():
        if option in _ELSEWHERE and value is not None:
            raise outside(f"{option}=", _ELSEWHERE[option])
    calls.check_options(kind, {name: 0 for name in given if name not in _ELSEWHERE}, known)
    if given.get("enable_cache"):
        raise outside("enable_cache=True", "every call runs the step: leave it out, or write enable_cache=False")
    for option in ("parameters", "extra"):
        if not isinstance(given.get(option), dict | BaseModel | None):
            raise ConfigurationError(f"{option} of {kind} is {given[option]!r}; give values by name: {{'rate': 0.1}}")


def merged(given: dict[str, Any], changes: dict[str, Any], *, merge: bool) -> dict[str, Any]:
    """Give options with some changed; with `merge`, dictionaries are added to those there are."""
    given = {
        o: dict(v) if merge and isinstance(v, BaseModel) and isinstance(changes.get(o), dict) else v
        for o, v in given.items()
    }
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
