"""Prefect's cache policies by their names: hookcell keeps no results between runs, so only "no cache" can be had."""

from __future__ import annotations

from typing import Any

from hookcell.prefect.outside import RESULTS, outside


class CachePolicy:
    """What makes two calls the same."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts

    def __add__(self, other: CachePolicy) -> CachePolicy:
        return CompoundCachePolicy(*self.parts, *other.parts)

    def __sub__(self, parameter: str) -> CachePolicy:
        return CompoundCachePolicy(*self.parts, f"without {parameter}")

    def configure(self, **_settings: Any) -> CachePolicy:
        """Where keys are kept is nothing that hookcell asks."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CachePolicy) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"<CachePolicy {' + '.join(self.parts) or 'none'}>"


class CompoundCachePolicy(CachePolicy):
    """Several policies together."""


class Inputs(CachePolicy):
    """Calls with equal arguments are the same."""

    def __init__(self, *_exclude: Any, **_settings: Any) -> None:
        super().__init__("inputs")


class TaskSource(CachePolicy):
    """Calls of the same code are the same."""

    def __init__(self, **_settings: Any) -> None:
        super().__init__("task source")


class FlowParameters(CachePolicy):
    """Calls in flow runs with equal parameters are the same."""

    def __init__(self, **_settings: Any) -> None:
        super().__init__("flow parameters")


class RunId(CachePolicy):
    """Calls in the same flow run are the same."""

    def __init__(self, **_settings: Any) -> None:
        super().__init__("run id")


class _None(CachePolicy):
    """No two calls are the same."""

    def __init__(self, **_settings: Any) -> None:
        super().__init__()


INPUTS, TASK_SOURCE, FLOW_PARAMETERS, RUN_ID = Inputs(), TaskSource(), FlowParameters(), RunId()
NONE = NO_CACHE = _None()
DEFAULT = INPUTS + TASK_SOURCE + RUN_ID


def refuse_cache(policy: Any) -> None:
    """Refuse a policy that would keep results.

    Raises:
        OutOfScope: The policy is another one than NO_CACHE.
    """
    if policy is not None and policy != NO_CACHE:
        raise outside(f"cache_policy={policy!r}", f"{RESULTS}, and leave cache_policy out or set it to NO_CACHE")


__all__ = [
    "DEFAULT",
    "FLOW_PARAMETERS",
    "INPUTS",
    "NONE",
    "NO_CACHE",
    "RUN_ID",
    "TASK_SOURCE",
    "CachePolicy",
    "CompoundCachePolicy",
    "FlowParameters",
    "Inputs",
    "RunId",
    "TaskSource",
]
