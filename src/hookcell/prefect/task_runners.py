"""Prefect's task runners: where submitted tasks run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hookcell.prefect.outside import SERVER, stub
from hookcell.runners.local import DEFAULT_WORKERS, ThreadRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hookcell.runners.local import Runner


class TaskRunner:
    """Says where submitted tasks run; the flow run makes what really runs them."""

    def __init__(self) -> None:
        self._started = False

    @property
    def name(self) -> str:
        """What it is called."""
        return type(self).__name__.lower().replace("taskrunner", "")

    def make(self) -> Runner:
        """Make what runs the tasks of one flow run."""
        raise NotImplementedError

    def duplicate(self) -> Self:
        """Make another one like it."""
        return type(self)()

    def submit(self, task: Any, parameters: dict[str, Any], wait_for: Any = None, dependencies: Any = None) -> Any:
        """Submit a task with parameters by name.

        Raises:
            RuntimeError: Not inside `with runner:`.
        """
        self._check_started()
        return task.submit(**parameters, wait_for=wait_for)

    def map(self, task: Any, parameters: dict[str, Any], wait_for: Iterable[Any] | None = None) -> Any:
        """Submit a task for each item of its iterable parameters.

        Raises:
            RuntimeError: Not inside `with runner:`.
        """
        self._check_started()
        return task.map(**parameters, wait_for=wait_for)

    def _check_started(self) -> None:
        if not self._started:
            raise RuntimeError("Task runner is not started; submit inside `with runner:`, or call task.submit(...)")

    def __enter__(self) -> Self:
        if self._started:
            raise RuntimeError("This task runner is already started")
        self._started = True
        return self

    def __exit__(self, *_error: object) -> None:
        self._started = False


class ThreadPoolTaskRunner(TaskRunner):
    """Runs tasks in threads.

    Args:
        max_workers: How many task bodies run at once; 8 if None.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__()
        self._max_workers = DEFAULT_WORKERS if max_workers is None else max_workers
        self.make()  # it checks the number

    @property
    def max_workers(self) -> int:
        """How many task bodies run at once."""
        return self._max_workers

    def make(self) -> ThreadRunner:
        """Make the threads of one flow run."""
        return ThreadRunner(self._max_workers)

    def duplicate(self) -> Self:
        """Make another one like it."""
        return type(self)(self._max_workers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ThreadPoolTaskRunner) and self._max_workers == other._max_workers

    def __hash__(self) -> int:
        return hash((type(self), self._max_workers))


ConcurrentTaskRunner = ThreadPoolTaskRunner
ProcessPoolTaskRunner = stub("ProcessPoolTaskRunner", "use ThreadPoolTaskRunner, or start processes inside a task")
PrefectTaskRunner = stub("PrefectTaskRunner", SERVER)


def maker_of(asked: Any) -> tuple[TaskRunner, Callable[[], Runner]]:
    """Give the task runner that was asked for, as an instance or a class, and what makes its runners.

    Raises:
        TypeError: It is no task runner.
    """
    if asked is None:
        return ThreadPoolTaskRunner(), ThreadRunner
    runner = asked() if isinstance(asked, type) else asked
    if not isinstance(runner, TaskRunner):
        raise TypeError(f"task_runner is {asked!r}; give a ThreadPoolTaskRunner, or leave it out")
    return runner, runner.make


__all__ = ["ConcurrentTaskRunner", "PrefectTaskRunner", "ProcessPoolTaskRunner", "TaskRunner", "ThreadPoolTaskRunner"]
