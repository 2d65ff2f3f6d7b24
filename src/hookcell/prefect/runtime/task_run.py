"""Facts about the task run around the code that asks.

from hookcell.prefect.runtime import task_run

task_run.name  # None outside a task run
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.prefect.context import TaskRunContext
from hookcell.prefect.runtime.mocks import attributes
from hookcell.prefect.settings import PREFECT_API_URL, PREFECT_UI_URL

if TYPE_CHECKING:
    from collections.abc import Callable


def get_id() -> str | None:
    """Give the task run's id, as text."""
    around = TaskRunContext.get()
    return None if around is None else str(around.task_run.id)


def get_tags() -> list[str]:
    """Give the task run's tags."""
    around = TaskRunContext.get()
    return [] if around is None else list(around.task_run.tags or ())


def get_name() -> str | None:
    """Give the task run's name."""
    around = TaskRunContext.get()
    return None if around is None else around.task_run.name


def get_parameters() -> dict[str, Any]:
    """Give the task run's parameters, as the values they are."""
    around = TaskRunContext.get()
    return {} if around is None else around.parameters


def get_run_count() -> int:
    """Give how many tries have begun."""
    around = TaskRunContext.get()
    return 0 if around is None else around.task_run.run_count


def get_task_name() -> str | None:
    """Give the task's name."""
    around = TaskRunContext.get()
    return None if around is None else around.task.name


def get_task_run_api_url() -> str | None:
    """Give where a Prefect server would have the task run; None if PREFECT_API_URL is not set."""
    return _url(PREFECT_API_URL.value())


def get_task_run_ui_url() -> str | None:
    """Give where Prefect's UI would show the task run; None if PREFECT_UI_URL is not set."""
    return _url(PREFECT_UI_URL.value())


def _url(base: str | None) -> str | None:
    id_ = get_id()
    return None if id_ is None or base is None else f"{base}/runs/task-run/{id_}"


FIELDS: dict[str, Callable[[], Any]] = {
    "id": get_id,
    "tags": get_tags,
    "name": get_name,
    "parameters": get_parameters,
    "run_count": get_run_count,
    "task_name": get_task_name,
    "api_url": get_task_run_api_url,
    "ui_url": get_task_run_ui_url,
}
__all__ = list(FIELDS)
__getattr__ = attributes("task_run", FIELDS)


def __dir__() -> list[str]:
    return sorted(FIELDS)
