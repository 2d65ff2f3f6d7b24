"""Pipelines: hookcell's flows, with ZenML's signature, and what they give: a run, or the value inside another run."""

from __future__ import annotations

import inspect
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload
from weakref import WeakKeyDictionary

import hookcell.flows as native
from hookcell import calls, drive, tasks
from hookcell.engine import life_of
from hookcell.futures import ending_of
from hookcell.hooks import ALIASES
from hookcell.runs import TaskRun, current
from hookcell.zenml import configuration
from hookcell.zenml.entry import differ
from hookcell.zenml.exceptions import PipelineInterfaceError
from hookcell.zenml.hook_sources import KINDS, RUN_WORDS, WORDS, hooks_of, tell_of_redefined
from hookcell.zenml.kept import is_kept
from hookcell.zenml.runs import PipelineRun
from hookcell.zenml.settings import check_options, merged, retry_of, with_hook

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
        parameters: Values for parameters of the function; a call gives the others.
        retry: How often its steps are tried again, unless they say it themselves.
        step_configurations: Options of steps, by their names: `{"load": {"retry": {"max_retries": 2}}}`.
        config_path: A file that says all this: YAML as ZenML reads it, or JSON. What is said in code goes before it.
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
    # What `%hooks` calls it, its steps, and the kinds of hooks of both.
    word = "pipeline"
    kind_words = RUN_WORDS
    each_word = "step"
    each_kind_words = WORDS
    # In the document's style a call outside any run makes something to `.run()`.
    makes_instances: bool = False

    def __init__(self, fn: Callable[P, R], **given: Any) -> None:
        given = configuration.expanded(given)
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
        # Kept as long as their steps, so that each tells of a redefined hook once.
        self._configured: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self.parameters: dict[str, Any] = dict(given.get("parameters") or {})
        self._check_parameters()
        retry_of(given.get("retry"), f"pipeline '{self.name}'")
        configuration.check_steps(given.get("step_configurations") or {})
        if hooks := hooks_of(for_runs, "flow"):
            self.hooks = hooks.plan("flow")

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None) -> FlowRun:
        """Begin a run: it exists and is Pending; the caller drives it.

        Raises:
            PipelineInterfaceError: An argument is not what was configured; as in ZenML there is no run then.
        """
        if self.parameters:
            kwargs = {**self._parameters_beside(args, kwargs), **kwargs}
        run = super().begin(args, kwargs, wait_for)
        tell_of_redefined(run, self._told)
        return run

    # -- what is configured

    def _check_parameters(self) -> None:
        known = inspect.signature(self.fn).parameters
        unknown = sorted({*map(str, self.parameters)} - set(known))
        if unknown and not any(one.kind is one.VAR_KEYWORD for one in known.values()):
            raise PipelineInterfaceError(
                f"Parameters {unknown} are configured for pipeline '{self.name}', which takes ({', '.join(known)})"
            )

    def _parameters_beside(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Give the configured parameters that a call does not give."""
        passed = {**dict(zip(inspect.signature(self.fn).parameters, args, strict=False)), **kwargs}
        both = [name for name in self.parameters if name in passed and differ(passed[name], self.parameters[name])]
        if both:
            told = ", ".join(f"{name} is configured as {self.parameters[name]!r}" for name in both)
            raise PipelineInterfaceError(
                f"Configured parameters for the pipeline '{self.name}' conflict with parameters passed in runtime: "
                f"{told}. Leave out one of them"
            )
        return {name: value for name, value in self.parameters.items() if name not in passed}

    def configured(self, step: Any) -> Any:
        """Give a step as this pipeline configures it; the step itself if it does not."""
        changes = dict((self.given.get("step_configurations") or {}).get(step.name) or {})
        if self.given.get("retry") is not None and step.given.get("retry") is None:
            changes.setdefault("retry", self.given["retry"])
        if not changes:
            return step
        if step.unbound is not None:  # a method, found anew at each call
            return step._changed(changes, merge=True)
        if step not in self._configured:
            self._configured[step] = step._changed(changes, merge=True)
        return self._configured[step]

    def values_for(self, step: Any) -> dict[str, Any]:
        """Give the values that are configured for a step's parameters here."""
        options = (self.given.get("step_configurations") or {}).get(step.name) or {}
        return dict(options.get("parameters") or {})

    def _tell_of_unused(self, run: Any) -> None:
        steps = self.given.get("step_configurations")
        ran = list(dict.fromkeys(one.definition.name for one in run.children if isinstance(one, TaskRun)))
        if steps and run.state.is_completed() and (line := configuration.not_run(steps, ran, self.name)):
            run.note(line)

    # -- its runs

    def __call__(  # type: ignore[override]
        self, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        """Run the pipeline, and give its run; inside another run, give what the function returned.

        Given steps (`p(step_1=s1(), step_2=s2())`), it gives something to `.run()`, as the document has it.

        Args:
            *args, **kwargs: For the function.
            return_state: Give the final state instead, and do not raise if it failed.
            wait_for: Futures and background runs to wait for first.

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
        self._tell_of_unused(run)
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
        copy = type(self)(self.decorated, **merged(self.given, configuration.expanded(changes), merge=merge))
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
_OPTIONS = frozenset(
    {
        *("name", "enable_cache", "parameters", "retry", "run_name", "extra", "dynamic", "step_configurations"),
        *KINDS,
        *_RUN_KINDS,
    }
)


def _by_scope(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell hooks for each step from those for the run."""
    for_runs = {_RUN_KINDS[option]: hooks for option, hooks in given.items() if option in _RUN_KINDS}
    plain = {option: hooks for option, hooks in given.items() if option.startswith("on_") and option not in _RUN_KINDS}
    return ({}, {**plain, **for_runs}) if given.get("dynamic") else (plain, for_runs)


def _is_step(value: Any) -> bool:
    return isinstance(value, tasks.Task)


def _ending(run: Run) -> tuple[Any, BaseException | None]:
    calls.close_runner(run)
    pipeline: Any = run.definition
    pipeline._tell_of_unused(run)
    return run, ending_of(run)


def _naming(run_name: Any) -> Any:
    """Fill in the date and the time when a run starts; leave the rest of a template to hookcell."""
    if not isinstance(run_name, str) or not ("{date}" in run_name or "{time}" in run_name):
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

    def start(self) -> Any:
        """Run it in the background, and give its run at once; see `hookcell.Flow.start`."""
        return self.pipeline.start(**self.steps)

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
