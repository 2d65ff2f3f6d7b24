"""Pipelines: hookcell's flows, with ZenML's signature, and what they give: a run, or the value inside another run."""

from __future__ import annotations

import inspect
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

import hookcell.flows as native
from hookcell import calls, drive, tasks
from hookcell.engine import life_of
from hookcell.futures import ending_of
from hookcell.hooks import ALIASES
from hookcell.runs import current
from hookcell.zenml.exceptions import PipelineInterfaceError
from hookcell.zenml.hook_sources import KINDS, hooks_of, tell_of_redefined
from hookcell.zenml.kept import is_kept
from hookcell.zenml.runs import PipelineRun
from hookcell.zenml.settings import check_options, merged, with_hook

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runs import FlowRun, Run

P = ParamSpec("P")
R = TypeVar("R")


class Pipeline(native.Flow[P, R], Generic[P, R]):
    """A function whose calls are runs of a pipeline, as in ZenML.

    Args:
        fn: The function; the steps that it calls are its steps.
        name: What to call it; the function's name if None.
        enable_cache: Not in hookcell: None or False.
        run_name: What to call its runs; `{date}`, `{time}` and its parameters in it are filled in.
        extra: Anything; kept as it is.
        on_failure, on_success, on_start, on_end, on_retry, on_cancellation: Hooks for each of its steps that has none
            of its own of that kind; they never fire for the pipeline's run.
        on_run_failure, on_run_success, on_run_start, on_run_end, on_run_cancellation: Hooks that are called once for a
            run of the pipeline.
        dynamic: As in newer ZenML, `on_failure=` and the like mean `on_run_failure=`.

    Raises:
        HookValidationException: A hook cannot be called with what it would receive.
        OutOfScope: An option that hookcell does not have.
    """

    run_class = PipelineRun
    # In the document's style a call outside any run makes something to `.run()`.
    makes_instances: bool = False

    def __init__(self, fn: Callable[P, R], **given: Any) -> None:
        check_options("pipeline", given, _OPTIONS)
        self.given: dict[str, Any] = given
        self.extra: dict[str, Any] = dict(given.get("extra") or {})
        for_steps, for_runs = _by_scope(given)
        super().__init__(
            fn,
            name=given.get("name"),
            run_name=_naming(given.get("run_name")),
            each_task=hooks_of(for_steps, "task", defaults=True),
        )
        self._told: set[str] = set()
        if hooks := hooks_of(for_runs, "flow"):
            self.hooks = hooks.plan("flow")

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None) -> FlowRun:
        """Begin a run: it exists and is Pending; the caller drives it."""
        run = super().begin(args, kwargs, wait_for)
        tell_of_redefined(run, self._told)
        return run

    def __call__(  # type: ignore[override]
        self, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        """Run the pipeline, and give its run; inside another run, give what the function returned.

        Given steps (`p(step_1=s1(), step_2=s2())`), it gives something to `.run()`, as the document has it.

        Args:
            *args, **kwargs: For the function.
            return_state: Give the final state instead, and do not raise if it failed.
            wait_for: Futures to wait for first.

        Raises:
            Exception: Whatever a step, or the function, raised.
            PipelineInterfaceError: The steps do not fit.
        """
        __tracebackhide__ = True
        if current.get() is not None or return_state:
            return self.value_of(*args, return_state=return_state, wait_for=wait_for, **kwargs)
        kept = is_kept(sys._getframe(1))
        if any(map(_is_step, (*args, *kwargs.values()))) or (self.makes_instances and kept):
            prepared = Prepared(self, args, kwargs)
            return prepared if kept else prepared.run()
        return self.run_of(args, kwargs, wait_for)

    def value_of(self, /, *args: Any, **options: Any) -> Any:
        """Run the pipeline, and give what the function returned."""
        __tracebackhide__ = True
        return super().__call__(*args, **options)

    def run_of(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None) -> Any:
        """Run the pipeline, and give its run; of an async one, the coroutine that does."""
        __tracebackhide__ = True
        if self.is_async:
            return drive.acall(lambda: self.begin(args, kwargs, wait_for), life_of, _ending)
        run, error = calls.call(self, args, kwargs, wait_for, return_state=False)
        if error is not None:
            raise error
        return run

    # -- changing it

    def configure(self, *, merge: bool = True, **changes: Any) -> Self:
        """Change options in place; gives the pipeline back.

        Args:
            merge: Whether a new `extra` is added to what there is.
            **changes: As for `pipeline`; None or `[]` clears hooks.
        """
        self.__dict__.update(self._changed(changes, merge=merge).__dict__)
        return self

    def with_options(self, **changes: Any) -> Self:
        """Make a copy with some options changed, as for `pipeline`; None or `[]` clears hooks."""
        return self._changed(changes, merge=False)

    def _changed(self, changes: dict[str, Any], *, merge: bool) -> Self:
        copy = type(self)(self.decorated, **merged(self.given, changes, merge=merge))
        copy.makes_instances = self.makes_instances
        return copy

    def attach(self, kind: str, fn: Any) -> Any:
        """Add a hook for each step, as `pipeline` would; gives `fn` back, so that it can stand above a function."""
        if self.unbound is not None:
            self.unbound.attach(kind, fn)
            self.each_task = self.unbound.each_task
            return fn
        kind = ALIASES.get(kind, kind)
        kind = next((ours for ours, kinds in KINDS.items() if kinds[0] == kind), kind)
        self.configure(**with_hook(self.given, kind, fn))
        return fn


_RUN_KINDS = {f"on_run_{kind.removeprefix('on_')}": kind for kind in KINDS if kind != "on_retry"}
_OPTIONS = frozenset({"name", "enable_cache", "run_name", "extra", "dynamic", *KINDS, *_RUN_KINDS})


def _by_scope(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell hooks for each step from those for the run."""
    for_runs = {_RUN_KINDS[option]: hooks for option, hooks in given.items() if option in _RUN_KINDS}
    plain = {option: hooks for option, hooks in given.items() if option.startswith("on_") and option not in _RUN_KINDS}
    return ({}, {**plain, **for_runs}) if given.get("dynamic") else (plain, for_runs)


def _is_step(value: Any) -> bool:
    return isinstance(value, tasks.Task)


def _ending(run: Run) -> tuple[Any, BaseException | None]:
    calls.close_runner(run)
    return run, ending_of(run)


def _naming(run_name: str | None) -> Any:
    """Fill in the date and the time when a run starts; leave the rest of a template to hookcell."""
    if run_name is None or not ("{date}" in run_name or "{time}" in run_name):
        return run_name

    def named(parameters: dict[str, Any]) -> str:
        now = datetime.now(UTC)
        return run_name.format(**{"date": f"{now:%Y_%m_%d}", "time": f"{now:%H_%M_%S_%f}", **parameters})

    return named


# -- the document's style ------------------------------------------------------------------------------------------


class Prepared:
    """A pipeline with its steps in their places, as `p(step_1=s1(), step_2=s2())` makes it; `.run()` runs it.

    Raises:
        PipelineInterfaceError: The steps do not fit, in ZenML's words.
    """

    def __init__(self, pipeline: Pipeline[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.pipeline: Pipeline[Any, Any] = pipeline
        try:
            bound = inspect.signature(pipeline.fn).bind(*args, **kwargs)
        except TypeError as error:
            raise PipelineInterfaceError(
                f"Wrong arguments when initializing pipeline '{pipeline.name}': {error}"
            ) from None
        for key, value in bound.arguments.items():
            _check_step(key, value, pipeline.name)
        self.steps: dict[str, Any] = dict(bound.arguments)

    def run(self, *, run_name: str | None = None, **options: Any) -> Any:
        """Run it.

        Args:
            run_name: What to call the run; `{date}` and `{time}` in it are filled in.
            **options: As for `pipeline`.

        Returns:
            The run.
        """
        __tracebackhide__ = True
        changes = {"run_name": run_name, **options} if run_name is not None else options
        pipeline = self.pipeline.with_options(**changes) if changes else self.pipeline
        return pipeline.run_of((), self.steps)

    def configure(self, **changes: Any) -> Self:
        """Change options of this one; gives it back."""
        self.pipeline = self.pipeline.with_options(**changes)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pipeline.name!r}, not run yet: call its run()>"


def _check_step(key: str, step: Any, pipeline: str) -> None:
    wrong = f"Wrong argument type (`{type(step)}`) for argument '{key}' of pipeline '{pipeline}'. "
    if not _is_step(step):
        raise PipelineInterfaceError(
            f"{wrong}Only `@step` decorated functions or instances of `BaseStep` subclasses can be used as arguments "
            "when creating a pipeline."
        )
    if getattr(step, "makes_instances", False):
        raise PipelineInterfaceError(
            f"{wrong}A `BaseStep` subclass was provided instead of an instance. This might have been caused due to "
            "missing brackets of your steps when creating a pipeline with `@step` decorated functions, for which the "
            "correct syntax is `pipeline(step=step())`."
        )


def _decorate(fn: Any, given: dict[str, Any], *, makes_instances: bool) -> Any:
    def make(function: Any) -> Pipeline[Any, Any]:
        made: Pipeline[Any, Any] = Pipeline(function, **given)
        made.makes_instances = makes_instances
        return made

    return make if fn is None else make(fn)


@overload
def today(fn: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def today(
    *,
    name: str | None = ...,
    enable_cache: bool | None = ...,
    run_name: str | None = ...,
    extra: dict[str, Any] | None = ...,
    dynamic: bool = ...,
    **hooks: Any,
) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def today(fn: Any = None, /, **given: Any) -> Any:
    """Make a pipeline of a function; see `Pipeline` for the options. It is `hookcell.zenml.pipeline`.

    >>> from hookcell.zenml import pipeline, step
    >>> from hookcell.zenml import StepContext
    >>> def told(context: StepContext):
    ...     print(context.step_name, "succeeded")
    >>> @step
    ... def load() -> int:
    ...     return 3
    >>> @pipeline(on_success=told, on_run_success=lambda: print("all succeeded"))
    ... def etl():
    ...     load()
    >>> etl().steps["load"].output.load()
    load succeeded
    all succeeded
    3
    """
    return _decorate(fn, given, makes_instances=False)


@overload
def pipeline(fn: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def pipeline(
    *,
    name: str | None = ...,
    enable_cache: bool | None = ...,
    run_name: str | None = ...,
    extra: dict[str, Any] | None = ...,
    dynamic: bool = ...,
    **hooks: Any,
) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(fn: Any = None, /, **given: Any) -> Any:
    """Make a pipeline of a function, in the document's style: `p(step_1=s1(), step_2=s2()).run()`.

    A call that stands alone on its line runs it. See `Pipeline` for the options.
    """
    return _decorate(fn, given, makes_instances=True)


__all__ = ["Pipeline", "Prepared", "pipeline"]
