"""Facts about the flow run around the code that asks.

from hookcell.prefect.runtime import flow_run

flow_run.name  # None outside a flow run
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hookcell.prefect.client.orchestration import SyncPrefectClient
from hookcell.prefect.context import FlowRunContext, TaskRunContext
from hookcell.prefect.runtime.mocks import attributes
from hookcell.prefect.settings import PREFECT_API_URL, PREFECT_UI_URL
from hookcell.runs import FlowRun, flow_run_of

if TYPE_CHECKING:
    from collections.abc import Callable

_client = SyncPrefectClient()


def _flow_run() -> Any:
    """Give the flow run around, or the one that the environment names; None if there is none."""
    around = FlowRunContext.get()
    if around is not None:
        return around.flow_run
    id_ = get_id()
    return None if id_ is None else _client.read_flow_run(id_)


def _flow() -> Any:
    around = FlowRunContext.get()
    if around is not None:
        return around.flow
    run = _flow_run()
    return None if run is None else run.definition


def get_id() -> str | None:
    """Give the flow run's id, as text."""
    around, task = FlowRunContext.get(), TaskRunContext.get()
    if around is not None:
        return _text(around.flow_run.id)
    if task is not None:
        return _text(task.task_run.flow_run_id)
    return os.environ.get("PREFECT__FLOW_RUN_ID")


def get_tags() -> list[str]:
    """Give the flow run's tags."""
    run = _flow_run()
    return [] if run is None else list(run.tags or ())


def get_run_count() -> int:
    """Give how many tries have begun."""
    run = _flow_run()
    return 0 if run is None else run.run_count


def get_name() -> str | None:
    """Give the flow run's name."""
    run = _flow_run()
    return None if run is None else run.name


def get_flow_name() -> str | None:
    """Give the flow's name."""
    flow = _flow()
    return None if flow is None else flow.name


def get_flow_version() -> str | None:
    """Give the flow's version."""
    flow = _flow()
    return getattr(flow, "version", None)


def get_scheduled_start_time() -> datetime:
    """Give when the flow run was created (UTC); now if there is none."""
    run = _flow_run()
    return datetime.now(UTC) if run is None else run.expected_start_time


def get_parameters() -> dict[str, Any]:
    """Give the flow run's parameters, as the values they are."""
    around = FlowRunContext.get()
    if around is not None:
        return around.parameters
    run = _flow_run()
    return {} if run is None else run.parameters


def _parent_of(run: Any) -> Any:
    """Give the id of the flow run around one."""
    if isinstance(run, FlowRun):
        above = flow_run_of(run.parent)
        return None if above is None else above.id
    if run is None or run.parent_task_run_id is None:
        return None
    return _client.read_task_run(run.parent_task_run_id).flow_run_id


def get_parent_flow_run_id() -> str | None:
    """Give the id of the flow run whose code started this one."""
    return _text(_parent_of(_flow_run()))


def get_parent_deployment_id() -> str | None:
    """Give None: there are no deployments."""
    return None


def get_root_flow_run_id() -> str | None:
    """Give the id of the outermost flow run around; its own if there is none."""
    root, run = get_id(), _flow_run()
    while (above := _parent_of(run)) is not None:
        root, run = str(above), _client.read_flow_run(above)
    return root


def get_flow_run_api_url() -> str | None:
    """Give where a Prefect server would have the flow run; None if PREFECT_API_URL is not set."""
    return _url(PREFECT_API_URL.value())


def get_flow_run_ui_url() -> str | None:
    """Give where Prefect's UI would show the flow run; None if PREFECT_UI_URL is not set."""
    return _url(PREFECT_UI_URL.value())


def get_job_variables() -> dict[str, Any] | None:
    """Give None: there are no work pools."""
    around = FlowRunContext.get()
    return None if around is None else getattr(around.flow_run, "job_variables", None)


def _url(base: str | None) -> str | None:
    id_ = get_id()
    return None if id_ is None or base is None else f"{base}/flow-runs/flow-run/{id_}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


FIELDS: dict[str, Callable[[], Any]] = {
    "id": get_id,
    "tags": get_tags,
    "scheduled_start_time": get_scheduled_start_time,
    "name": get_name,
    "flow_name": get_flow_name,
    "flow_version": get_flow_version,
    "parameters": get_parameters,
    "parent_flow_run_id": get_parent_flow_run_id,
    "parent_deployment_id": get_parent_deployment_id,
    "root_flow_run_id": get_root_flow_run_id,
    "run_count": get_run_count,
    "api_url": get_flow_run_api_url,
    "ui_url": get_flow_run_ui_url,
    "job_variables": get_job_variables,
}
__all__ = list(FIELDS)
__getattr__ = attributes("flow_run", FIELDS)


def __dir__() -> list[str]:
    return sorted(FIELDS)
