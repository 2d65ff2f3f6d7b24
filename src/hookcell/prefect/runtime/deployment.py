"""Facts about the deployment around: there is none, so they are None or empty, but for those of the flow run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.prefect.runtime import flow_run
from hookcell.prefect.runtime.mocks import attributes

if TYPE_CHECKING:
    from collections.abc import Callable


def _nothing() -> None:
    return None


def get_flow_run_id() -> str | None:
    """Give the flow run's id, as text."""
    return flow_run.get_id()


def get_parameters() -> dict[str, Any]:
    """Give the parameters of the flow run; outside one, nothing."""
    return flow_run.get_parameters()


FIELDS: dict[str, Callable[[], Any]] = {
    "id": _nothing,
    "flow_run_id": get_flow_run_id,
    "parameters": get_parameters,
    "name": _nothing,
    "version": _nothing,
}
__all__ = list(FIELDS)
__getattr__ = attributes("deployment", FIELDS)


def __dir__() -> list[str]:
    return sorted(FIELDS)
