"""Running a task by function, as Prefect's engine modules do: the calls are hookcell's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.prefect.exceptions import TaskRunTimeoutError
from hookcell.prefect.outside import stub
from hookcell.prefect.strictness import NotSet
from hookcell.prefect.utilities.callables import parameters_to_args_kwargs

if TYPE_CHECKING:
    from typing import Literal
    from uuid import UUID

    ReturnType = Literal["state", "result"]

_INSTEAD = "call the task: my_task(...), or my_task(..., return_state=True)"

SyncTaskRunEngine = stub("SyncTaskRunEngine", _INSTEAD)
AsyncTaskRunEngine = stub("AsyncTaskRunEngine", _INSTEAD)


def run_task(
    task: Any,
    task_run_id: UUID | None = None,
    task_run: Any = None,
    parameters: dict[str, Any] | None = None,
    wait_for: Any = None,
    return_type: ReturnType = "result",
    dependencies: Any = None,
    context: dict[str, Any] | None = None,
) -> Any:
    """Run a task here and now; of an async task, give the coroutine that does.

    Args:
        task: The task.
        task_run_id: Not used: the run has an id of its own.
        task_run: A run that a client made: its parameters count if none are given here.
        parameters: The task's arguments by name.
        wait_for: Futures and background runs to wait for first.
        return_type: "state" gives the final state, and does not raise if the task failed.
        dependencies, context: Not used.

    Raises:
        Exception: Whatever the task raised.
    """
    __tracebackhide__ = True
    if parameters is None:
        parameters = task_run.parameters if task_run is not None else None
    args, kwargs = parameters_to_args_kwargs(task.fn, parameters or {})
    return task(*args, wait_for=wait_for, return_state=return_type == "state", **kwargs)


def run_task_sync(task: Any, *args: Any, **options: Any) -> Any:
    """Run a sync task; the arguments are those of `run_task`."""
    __tracebackhide__ = True
    return run_task(task, *args, **options)


async def run_task_async(task: Any, *args: Any, **options: Any) -> Any:
    """Run an async task; the arguments are those of `run_task`."""
    __tracebackhide__ = True
    return await run_task(task, *args, **options)


__all__ = [
    "AsyncTaskRunEngine",
    "NotSet",
    "SyncTaskRunEngine",
    "TaskRunTimeoutError",
    "run_task",
    "run_task_async",
    "run_task_sync",
]
