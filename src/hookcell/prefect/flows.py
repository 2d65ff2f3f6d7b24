"""Prefect's flows: hookcell's own, with Prefect's signature and strictness."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import hookcell.flows as native
from hookcell.names import plan_run_name
from hookcell.prefect.outside import DEPLOY, outside, stub
from hookcell.prefect.runs import begin_flow_run
from hookcell.prefect.settings import (
    PREFECT_FLOW_DEFAULT_RETRIES,
    PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS,
    PREFECT_LOGGING_LOG_PRINTS,
)
from hookcell.prefect.strictness import (
    HookAttributes,
    NotSet,
    changed,
    check_callable,
    check_flow_name,
    check_run_name,
    first_set,
    function_of,
    hook_lists,
    naming,
    refuse_persistence,
)
from hookcell.prefect.task_runners import maker_of
from hookcell.prefect.utilities.callables import parameter_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    from hookcell.hooks import Hooks

    Several = Iterable[Callable[..., Any]] | None

P = ParamSpec("P")
R = TypeVar("R")


class Flow(HookAttributes, native.Flow[P, R]):
    """A function whose calls are flow runs, as in Prefect.

    Args:
        fn: The function.
        name: What to call it; the function's name with `-` for `_` if None.
        version: A text; a hash of the file it is in if None.
        flow_run_name: A template of its parameters, or a callable that gives the name of a run.
        retries, retry_delay_seconds: How often to try again, after how many seconds.
        task_runner: Where submitted tasks run.
        description: What it does; the function's docstring if None.
        timeout_seconds: Seconds after which a try fails; None or 0 for no limit.
        validate_parameters: Whether to convert and check arguments by their annotations.
        persist_result, result_storage, result_serializer: Not in hookcell.
        cache_result_in_memory: Not used: results are kept in memory.
        log_prints: Whether prints become log lines; as around it if None.
        on_completion, on_failure, on_cancellation, on_crashed, on_running: Lists of hooks.
        on_retry, on_end, on_transition, each_task: hookcell's own additions.

    Raises:
        TypeError, InvalidNameError, ReservedArgumentError: As in Prefect, in its words.
        HookSignatureError: A hook could not be called.
        OutOfScope: An option that hookcell does not have.
    """

    lazy = True
    run_class = staticmethod(begin_flow_run)

    def __init__(
        self,
        fn: Callable[P, R],
        name: str | None = None,
        version: str | None = None,
        flow_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: Any = None,
        task_runner: Any = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Any = None,
        cache_result_in_memory: bool = True,
        log_prints: bool | None = None,
        on_completion: Several = None,
        on_failure: Several = None,
        on_cancellation: Several = None,
        on_crashed: Several = None,
        on_running: Several = None,
        *,
        on_retry: Several = None,
        on_end: Several = None,
        on_transition: Several = None,
        each_task: Hooks | None = None,
    ) -> None:
        given = {option: value for option, value in locals().items() if option not in _NO_OPTIONS}
        check_flow_name(name)
        hooks = hook_lists("flow", {kind: given[kind] for kind in _HOOKS})
        check_callable(fn)
        check_run_name("flow_run_name", flow_run_name)
        refuse_persistence({option: given[option] for option in _PERSISTENCE})
        self._given = given
        self.task_runner, runner = maker_of(task_runner)
        self._flow_run_name = flow_run_name
        self.retry_delay_seconds = first_set(retry_delay_seconds, PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS.value())
        self.should_validate_parameters = validate_parameters
        self.persist_result, self.result_storage, self.result_serializer = persist_result, None, None
        self.cache_result_in_memory = cache_result_in_memory
        _check_parameter_names(fn, validate_parameters)
        super().__init__(
            fn,
            name=name or _name_of(fn),
            version=version,
            run_name=naming("flow_run_name", flow_run_name),
            retries=first_set(retries, PREFECT_FLOW_DEFAULT_RETRIES.value()),
            retry_delay_seconds=self.retry_delay_seconds,
            description=description,
            timeout_seconds=timeout_seconds or None,
            validate_parameters=validate_parameters,
            log_prints=first_set(log_prints, PREFECT_LOGGING_LOG_PRINTS.value() or None),
            each_task=each_task,
            **hooks,
        )
        self.make_runner = runner
        if version is None:
            self.version = _hash_of_file(fn)

    def with_options(  # type: ignore[override]
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        retries: int | None = None,
        retry_delay_seconds: Any = None,
        description: str | None = None,
        flow_run_name: Callable[..., str] | str | None = None,
        task_runner: Any = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool | None = None,
        persist_result: Any = NotSet,
        result_storage: Any = NotSet,
        result_serializer: Any = NotSet,
        cache_result_in_memory: bool | None = None,
        log_prints: Any = NotSet,
        on_completion: Several = None,
        on_failure: Several = None,
        on_cancellation: Several = None,
        on_crashed: Several = None,
        on_running: Several = None,
        on_retry: Several = None,
        on_end: Several = None,
        on_transition: Several = None,
        each_task: Hooks | None = None,
    ) -> Flow[P, R]:
        """Make a copy with some options changed: None keeps one, `[]` clears hooks, 0 seconds end a timeout."""
        changes = {option: value for option, value in locals().items() if option not in _NO_OPTIONS}
        return Flow(self.decorated, **changed(self._given, self.hooks, changes, _CLEARED_BY_NONE))

    def validate_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Convert and check parameters by their annotations.

        Raises:
            ParameterBindError, ParameterTypeError: They do not fit.
        """
        args, kwargs = self.binder.bind((), parameters)
        return self.binder.named(args, kwargs)

    @property
    def flow_run_name(self) -> Any:
        """What its runs are called; when it is changed, the next run shows whether it can be."""
        return self._flow_run_name

    @flow_run_name.setter
    def flow_run_name(self, name: Any) -> None:
        self._flow_run_name = name
        self.naming = plan_run_name(naming("flow_run_name", name), self.name, self.kind)

    @property
    def parameters(self) -> Any:
        """The parameters as a schema."""
        return parameter_schema(self.fn)

    def serve(self, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Flow.serve", DEPLOY)

    def deploy(self, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Flow.deploy", DEPLOY)

    def to_deployment(self, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Flow.to_deployment", DEPLOY)

    @classmethod
    def from_source(cls, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Flow.from_source", "import the flow from its module")

    def visualize(self, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("Flow.visualize", "run the flow in a notebook: its view shows its runs")


_HOOKS = (
    *("on_completion", "on_failure", "on_cancellation", "on_crashed", "on_running"),
    *("on_retry", "on_end", "on_transition"),
)
_PERSISTENCE = ("persist_result", "result_storage", "result_serializer")
_CLEARED_BY_NONE = (*_PERSISTENCE, "log_prints")
_NO_OPTIONS = frozenset({"self", "fn", "__class__", "_fn"})


def _name_of(fn: Any) -> str:
    name = getattr(function_of(fn), "__name__", None) or type(fn).__name__
    return str(name).replace("_", "-").replace("<lambda>", "unknown-lambda")


def _hash_of_file(fn: Any) -> str | None:
    """Give a hash of the file that a function is in; None in a notebook or a REPL."""
    try:
        path = Path(inspect.getsourcefile(function_of(fn)) or "")
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except (OSError, TypeError):
        return None


# Names that pydantic needs for itself.
_NO_NAMES = frozenset({"model_config", "v__args", "v__duplicate_kwargs", "v__kwargs", "v__positional_only"})


def _check_parameter_names(fn: Any, validate: bool) -> None:
    if validate and not _NO_NAMES.isdisjoint(_parameter_names(fn)):
        raise ValueError(
            "Flow function is not compatible with `validate_parameters`. Disable validation or change the argument "
            "names."
        )


def _parameter_names(fn: Any) -> Iterable[str]:
    try:
        return inspect.signature(function_of(fn)).parameters
    except (TypeError, ValueError):
        return ()


class FlowDecorator:
    """What `flow` is: a decorator that also has `flow.from_source`, as in Prefect."""

    @overload
    def __call__(self, fn: Callable[P, R], /) -> Flow[P, R]: ...
    @overload
    def __call__(
        self,
        fn: None = None,
        /,
        *,
        name: str | None = ...,
        version: str | None = ...,
        flow_run_name: Callable[..., str] | str | None = ...,
        retries: int | None = ...,
        retry_delay_seconds: Any = ...,
        task_runner: Any = ...,
        description: str | None = ...,
        timeout_seconds: float | None = ...,
        validate_parameters: bool = ...,
        persist_result: bool | None = ...,
        result_storage: Any = ...,
        result_serializer: Any = ...,
        cache_result_in_memory: bool = ...,
        log_prints: bool | None = ...,
        on_completion: Several = ...,
        on_failure: Several = ...,
        on_cancellation: Several = ...,
        on_crashed: Several = ...,
        on_running: Several = ...,
        on_retry: Several = ...,
        on_end: Several = ...,
        on_transition: Several = ...,
        each_task: Hooks | None = ...,
    ) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
    def __call__(
        self,
        __fn: Any = None,
        *,
        name: str | None = None,
        version: str | None = None,
        flow_run_name: Callable[..., str] | str | None = None,
        retries: int | None = None,
        retry_delay_seconds: Any = None,
        task_runner: Any = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: Any = None,
        cache_result_in_memory: bool = True,
        log_prints: bool | None = None,
        on_completion: Several = None,
        on_failure: Several = None,
        on_cancellation: Several = None,
        on_crashed: Several = None,
        on_running: Several = None,
        on_retry: Several = None,
        on_end: Several = None,
        on_transition: Several = None,
        each_task: Hooks | None = None,
    ) -> Any:
        """Make a flow of a function, with Prefect's options; see `Flow` for what they mean.

        >>> from hookcell.prefect import flow
        >>> def tell(flow, flow_run, state):
        ...     print(flow.name, state)
        >>> @flow(on_completion=[tell])
        ... def my_flow(x: int):
        ...     return x + 1
        >>> my_flow("1")
        my-flow Completed()
        2
        """
        options = {option: value for option, value in locals().items() if option not in {"self", "_FlowDecorator__fn"}}
        return Flow(__fn, **options) if __fn is not None else lambda function: Flow(function, **options)

    def from_source(self, *_args: Any, **_options: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("flow.from_source", "import the flow from its module")


flow: FlowDecorator = FlowDecorator()
load_flow_from_entrypoint = stub("load_flow_from_entrypoint", "import the flow from its module")
load_flow_arguments_from_entrypoint = stub("load_flow_arguments_from_entrypoint", "import the flow from its module")
load_flow_from_flow_run = stub("load_flow_from_flow_run", "import the flow from its module")
load_flow_from_script = stub("load_flow_from_script", "import the flow from its module")
load_flow_from_text = stub("load_flow_from_text", "import the flow from its module")
safe_load_flow_from_entrypoint = stub("safe_load_flow_from_entrypoint", "import the flow from its module")
serve = stub("serve", DEPLOY)

__all__ = ["Flow", "flow", "serve"]
