"""Where code is: the flow run and task run around it.

These are views of `hookcell.runs.current`, which the engine keeps; they have no variable that the engine sets. Only a
context that somebody makes by hand and enters, as tests do, is kept here, and stands in for the run around it.
"""

from __future__ import annotations

import contextvars
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hookcell.definitions import tags
from hookcell.errors import MissingContextError
from hookcell.log import prints_to_log
from hookcell.prefect.client.orchestration import SyncPrefectClient
from hookcell.prefect.outside import RESULTS, outside
from hookcell.runs import TaskRun, current, current_tags, flow_run_of
from hookcell.states import RUNNING, story_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runs import Run


class ContextModel:
    """Values that belong together, in force inside a `with` block.

    Args:
        **known: The values by their names.

    Raises:
        TypeError: There is no value of that name.
    """

    __var__: ClassVar[ContextVar[Any]]
    # How each value is read from the run around; those made by hand lie in the instance.
    reads: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    def __init__(self, **known: Any) -> None:
        if self.reads and (unknown := sorted(known.keys() - self.reads.keys())):
            raise TypeError(f"{type(self).__name__} has no {unknown[0]!r}; it has {', '.join(self.reads)}")
        self.__dict__.update(known)
        self._run: Any = None
        self._inside: Any = None
        self._token: Token[Any] | None = None

    @classmethod
    def model_construct(cls, **known: Any) -> Self:
        """Make one by hand."""
        return cls(**known)

    construct = model_construct

    def model_copy(self, *, update: dict[str, Any] | None = None, deep: bool = False) -> Self:
        """Make a copy, which can be entered on its own, with some values changed."""
        kept = {name: value for name, value in self.__dict__.items() if not name.startswith("_")}
        new = type(self)(**{**kept, **(update or {})})
        new._run = self._run
        return new

    @classmethod
    def get(cls) -> Self | None:
        """Give the one in force, or None."""
        return cls.__var__.get(None)  # type: ignore[no-any-return]

    def __enter__(self) -> Self:
        if self._token is not None:
            raise RuntimeError("Context already entered. Context enter calls cannot be nested.")
        self._inside = current.get()
        self._token = self.__var__.set(self)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._token is None:
            raise RuntimeError("Asymmetric use of context. Context exit called without an enter.")
        self.__var__.reset(self._token)
        self._token = None

    def __getattr__(self, name: str) -> Any:
        if name not in self.reads:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.reads[name](self._run) if self._run is not None else None

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items() if not name.startswith("_"))
        return f"{type(self).__name__}({told or repr(self._run)})"


class RunContext(ContextModel):
    """The context of a run."""

    start_time: datetime
    log_prints: bool
    client: Any

    def __init__(self, **known: Any) -> None:
        super().__init__(**known)
        if known:
            self.__dict__.setdefault("start_time", datetime.now(UTC))

    @classmethod
    def get(cls) -> Self | None:
        """Give the one in force: of the nearest run outwards, or one made by hand inside that; None outside runs."""
        run = cls._nearest(current.get())
        made = cls.__var__.get(None)
        if made is not None and cls._nearest(made._inside) is run:
            return made  # type: ignore[no-any-return]
        return cls._of(run) if run is not None else None

    @classmethod
    def _of(cls, run: Run) -> Self:
        view = cls()
        view._run = run
        return view

    @classmethod
    def _nearest(cls, run: Run | None) -> Run | None:
        raise NotImplementedError


def _result_store(_run: Run) -> Any:
    raise outside("result_store", RESULTS)


def _began(run: Run) -> datetime:
    """When the present try began, or the last one (UTC)."""
    tries = (state for state in story_of(run.state) if state.type is RUNNING)
    return next((state.timestamp for state in tries), run.expected_start_time)


def _task_runner(run: Any) -> Any:
    return getattr(run.definition, "task_runner", None) or run.runner


_READS: dict[str, Callable[[Any], Any]] = {
    "parameters": lambda run: run.parameters,
    "log_prints": prints_to_log,
    "start_time": _began,
    "client": lambda _: SyncPrefectClient(),
    "persist_result": lambda _: False,
    "result_store": _result_store,
}


class FlowRunContext(RunContext):
    """The flow run around the code that asks: in its body, in its tasks and in its hooks.

    Attributes:
        flow: The flow.
        flow_run: Its run.
        parameters: What the flow was called with, defaults included.
        task_runner: Where tasks that it submits run.
        client: Answers from this session's records; see `get_client`.
        log_prints: Whether what it prints goes to the log.
        start_time: When it began (UTC).
    """

    __var__: ClassVar[ContextVar[Any]] = ContextVar("hookcell_prefect_flow_run")
    reads: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "flow": lambda run: run.definition,
        "flow_run": lambda run: run,
        "task_runner": _task_runner,
        **_READS,
    }

    flow: Any
    flow_run: Any
    parameters: dict[str, Any]
    task_runner: Any

    @classmethod
    def _nearest(cls, run: Run | None) -> Run | None:
        return flow_run_of(run)


EngineContext = FlowRunContext


class TaskRunContext(RunContext):
    """The task run around the code that asks: in its body and in its hooks.

    Attributes:
        task: The task.
        task_run: Its run.
        parameters: What the task was called with, defaults included.
        client: Answers from this session's records; see `get_client`.
        log_prints: Whether what it prints goes to the log.
        start_time: When it began (UTC).
    """

    __var__: ClassVar[ContextVar[Any]] = ContextVar("hookcell_prefect_task_run")
    reads: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "task": lambda run: run.definition,
        "task_run": lambda run: run,
        **_READS,
    }

    task: Any
    task_run: Any
    parameters: dict[str, Any]

    @classmethod
    def _nearest(cls, run: Run | None) -> Run | None:
        while not (run is None or isinstance(run, TaskRun)):
            run = run.parent
        return run


class TagsContext(ContextModel):
    """The tags that runs started here are given.

    Attributes:
        current_tags: All of them.
    """

    current_tags: set[str]

    @classmethod
    def get(cls) -> Self:
        """Give those in force; there may be none."""
        return cls(current_tags=set(current_tags.get()))

    def __enter__(self) -> Self:
        self._token = current_tags.set(frozenset(self.current_tags))
        return self

    def __exit__(self, *_error: object) -> None:
        if self._token is None:
            raise RuntimeError("Asymmetric use of context. Context exit called without an enter.")
        current_tags.reset(self._token)
        self._token = None


def get_run_context() -> FlowRunContext | TaskRunContext:
    """Give the context of the run whose code or hook this is.

    Raises:
        MissingContextError: No run is around.
    """
    run = current.get()
    for made in (TaskRunContext.__var__.get(None), FlowRunContext.__var__.get(None)):
        if made is not None and made._inside is run:
            return made  # type: ignore[no-any-return]
    if run is None:
        raise MissingContextError("No run context available. You are not in a flow or task run context.")
    return TaskRunContext._of(run) if isinstance(run, TaskRun) else FlowRunContext._of(run)


def with_context(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that another thread calls know the run around this call: its logger, its context, its tags.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from hookcell.prefect import flow
    >>> from hookcell.prefect.context import FlowRunContext, with_context
    >>> def where():
    ...     return FlowRunContext.get().flow.name
    >>> @flow
    ... def nightly():
    ...     with ThreadPoolExecutor() as pool:
    ...         return pool.submit(with_context(where)).result()
    >>> nightly()
    'nightly'
    """
    context = contextvars.copy_context()
    # A copy for each call: one context cannot be entered by two threads at once.
    return lambda *args, **kwargs: context.copy().run(fn, *args, **kwargs)


__all__ = [
    "ContextModel",
    "EngineContext",
    "FlowRunContext",
    "RunContext",
    "TagsContext",
    "TaskRunContext",
    "get_run_context",
    "tags",
    "with_context",
]
