"""Steps: hookcell's tasks, with ZenML's signature and strictness."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, Self, TypeVar, overload

import hookcell.tasks as native
from hookcell.hooks import ALIASES
from hookcell.injection import name_of
from hookcell.runs import current, flow_run_of
from hookcell.zenml.context import StepContext, get_step_context
from hookcell.zenml.entry import Entry
from hookcell.zenml.exceptions import outside
from hookcell.zenml.hook_sources import KINDS, NOT_GIVEN, WORDS, check_params_class, hooks_of, tell_of_redefined
from hookcell.zenml.kept import is_kept
from hookcell.zenml.order import to_wait_for
from hookcell.zenml.outputs import Output, Promise, promise_of
from hookcell.zenml.parameters import BaseParameters
from hookcell.zenml.pipelines import Pipeline
from hookcell.zenml.runs import StepRun
from hookcell.zenml.settings import STEP_OPTIONS, StepRetryConfig, check_options, merged, retry_of, with_hook

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import MethodType

    from hookcell.runs import Run, TaskRun

P = ParamSpec("P")
R = TypeVar("R")


class Step(native.Task[P, R], Generic[P, R]):
    """A function whose calls are runs of a step, as in ZenML.

    Args:
        fn: The function. A parameter annotated with a `BaseParameters` class or `StepContext` is given that; all others
            are inputs. What it returns is checked by its annotation before the step counts as completed.
        name: What to call it; the function's name if None.
        enable_cache: Not in hookcell: None or False.
        retry: How often it is tried again.
        parameters: Values for its parameters object (or an instance), or for inputs that a call does not give.
        extra: Anything; kept as it is.
        on_failure, on_success, on_start, on_end: A callable, the path of one, or a list of them; None or `[]` clears
            what the pipeline gives.
        on_retry, on_cancellation: hookcell's own additions.

    Raises:
        HookValidationException: A hook cannot be called with what it would receive.
        StepInterfaceError: The function, or the parameters configured for it, cannot be a step's.
        OutOfScope: An option that hookcell does not have.
    """

    run_class = StepRun
    # What `%hooks` calls it, and its kinds of hooks.
    word = "step"
    kind_words = WORDS
    # In the document's style, a call outside any run makes an instance; such an instance.
    makes_instances: bool = False
    of_step: Any = None

    def __init__(self, fn: Callable[P, R], **given: Any) -> None:
        check_options("step", given, STEP_OPTIONS)
        retry = retry_of(given.get("retry"), f"step '{given.get('name') or name_of(fn)}'")
        super().__init__(
            fn,
            name=given.get("name"),
            retries=retry.max_retries if retry else None,
            retry_delay_seconds=retry.delays() if retry else None,
        )
        self.given: dict[str, Any] = given
        self.entry: Entry = Entry(self.fn, self.name)
        self.promise: Promise = promise_of(self.fn)
        self.parameters: Any = given.get("parameters")
        self.entry.check_configured(self.parameters)
        self.extra: dict[str, Any] = dict(given.get("extra") or {})
        self._told: set[str] = set()
        self._alone: Pipeline[Any, Any] | None = None
        self._set_hooks()

    def _set_hooks(self) -> None:
        hooks = hooks_of({kind: hooks for kind, hooks in self.given.items() if kind.startswith("on_")}, "task")
        self.hooks = hooks.plan("task") if hooks else self.hooks
        check_params_class(self.hooks, self.entry.params_class, self.name)

    # -- its runs

    def begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any = None, *, mapped: bool = False
    ) -> TaskRun:
        """Begin a run: it exists and is Pending; the caller drives it.

        Raises:
            StepInterfaceError: The arguments do not fit; as in ZenML there is no run then.
        """
        kwargs, wait_for = self._ordered(kwargs, wait_for)
        around = flow_run_of(current.get())
        if around is not None and isinstance(around.definition, Pipeline):
            configured: Self = around.definition.configured(self)
            if configured is not self:
                return configured._begin(args, kwargs, wait_for, mapped=mapped, over=around.definition.values_for(self))
        return self._begin(args, kwargs, wait_for, mapped=mapped, over={})

    def _begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Any, *, mapped: bool, over: dict[str, Any]
    ) -> TaskRun:
        args, kwargs = self.entry.arguments(args, kwargs, self.parameters)
        lost: dict[str, Any] = {}
        if over:
            args, kwargs, lost = self.entry.overridden(args, kwargs, over)
        run = super().begin(args, kwargs, wait_for, mapped=mapped)
        for name in lost:
            run.note(
                f"parameter {name!r} of step {self.name!r} is the configured {over[name]!r}, and not the one passed"
            )
        tell_of_redefined(run, self._told)
        return run

    def _ordered(self, kwargs: dict[str, Any], wait_for: Any) -> tuple[dict[str, Any], Any]:
        """Take `after=` out of a call's arguments, unless the step has an input of that name."""
        if "after" not in kwargs or "after" in self.entry.inputs.parameters:
            return kwargs, wait_for
        rest = {name: value for name, value in kwargs.items() if name != "after"}
        return rest, to_wait_for(kwargs["after"], wait_for, self.name)

    def map(self, /, *args: Any, wait_for: Any = None, **kwargs: Any) -> Any:
        """Submit the step once for each item of its iterable arguments; `after=` counts for every run."""
        kwargs, wait_for = self._ordered(kwargs, wait_for)
        return super().map(*args, wait_for=wait_for, **kwargs)

    def bind(self, run: Run) -> None:
        """Check the run's arguments, and give it the parameters object and the context that it asks for."""
        if self.entry.params is not None and self.entry.params not in (run.kwargs or {}):  # made by hand, in a test
            run.args, run.kwargs = self.entry.arguments(run.args, run.kwargs or {}, self.parameters)
        if self.entry.context is not None:
            run.kwargs = {self.entry.context: StepContext(run), **(run.kwargs or {})}
        super().bind(run)

    def _bound_as(self, method: MethodType) -> Self:
        bound = super()._bound_as(method)
        bound.entry, bound._alone = Entry(method, self.name), None
        return bound

    def __call__(  # type: ignore[override]
        self, /, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any
    ) -> Any:
        """Run the step: in a pipeline as one of its steps, alone as a pipeline of one step.

        Args:
            *args, **kwargs: Its inputs and its parameters object.
            return_state: Give the final state instead of the result, and do not raise if the step failed.
            wait_for: Futures and background runs to wait for first.
            after: (Among the keywords.) Steps, or their names or futures, that are to have run before.

        Raises:
            Exception: Whatever the function raised.
            StepInterfaceError: The arguments do not fit, what it returned is not what it promises, or a step that it
                is to run after has not been called.
        """
        __tracebackhide__ = True
        if current.get() is not None:
            return self.value_of(*args, return_state=return_state, wait_for=wait_for, **kwargs)
        if self.makes_instances and not return_state and is_kept(sys._getframe(1)):
            return self._instance(args, kwargs)
        self.entry.arguments(args, self._ordered(kwargs, None)[0], self.parameters)  # those that do not fit make no run
        if self._alone is None:
            self._alone = _pipeline_of(self)
        return self._alone.value_of(*args, return_state=return_state, wait_for=wait_for, **kwargs)

    def value_of(self, /, *args: Any, **options: Any) -> Any:
        """Run the step here, as one of the run's around, and give what it returned."""
        __tracebackhide__ = True
        return super().__call__(*args, **options)

    def _instance(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:
        made = self.entry.made_with(args, kwargs)
        instance = self.with_options(parameters=made if made is not None else self.parameters)
        instance.makes_instances, instance.of_step = False, self
        return instance

    # -- changing it

    def after(self, *_steps: Any) -> NoReturn:
        """Nothing that hookcell does."""
        raise outside("step.after()", "a step runs where it is called: call the steps in the order they are to run in")

    def configure(self, *, merge: bool = True, **changes: Any) -> Self:
        """Change options in place; gives the step back.

        Args:
            merge: Whether new `parameters` and `extra` are added to those there are.
            **changes: As for `step`; None or `[]` clears hooks.
        """
        changed = self._changed(changes, merge=merge)
        self.__dict__.update(changed.__dict__)
        return self

    def with_options(self, **changes: Any) -> Self:
        """Make a copy with some options changed, as for `step`; None or `[]` clears hooks."""
        return self._changed(changes, merge=False)

    def _changed(self, changes: dict[str, Any], *, merge: bool) -> Self:
        given = {**self.given, **merged(self.given, changes, merge=merge)}
        copy = type(self)(self.decorated, **given)
        copy.makes_instances, copy.of_step = self.makes_instances, self.of_step
        return copy

    def attach(self, kind: str, fn: Any) -> Any:
        """Add a hook behind the others of its kind; gives `fn` back, so that it can stand above a function."""
        if self.unbound is not None:
            self.unbound.attach(kind, fn)
            self.hooks = self.unbound.hooks
            return fn
        kind = _OURS.get(ALIASES.get(kind, kind), kind)
        self.given = with_hook(self.given, kind, fn)
        self._set_hooks()
        return fn

    def __repr__(self) -> str:
        if self.of_step is not None:
            return f"<Step {self.name!r}, an instance for a pipeline; call it to run it alone>"
        return super().__repr__()


# What hookcell's decorators (`@my_step.on_running`) call the kinds.
_OURS = {kinds[0]: kind for kind, kinds in KINDS.items()}


def _pipeline_of(step: Step[Any, Any]) -> Pipeline[Any, Any]:
    """Make the pipeline that a step called alone is the only step of."""

    def one_step(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return step(*args, **kwargs)

    async def one_async_step(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return await step(*args, **kwargs)

    return Pipeline(one_async_step if step.is_async else one_step, name=step.name)


def _decorate(fn: Any, given: dict[str, Any], *, makes_instances: bool) -> Any:
    options = {option: value for option, value in given.items() if value is not NOT_GIVEN}

    def make(function: Any) -> Step[Any, Any]:
        made: Step[Any, Any] = Step(function, **options)
        made.makes_instances = makes_instances
        return made

    return make if fn is None else make(fn)


@overload
def today(fn: Callable[P, R], /) -> Step[P, R]: ...
@overload
def today(
    *,
    name: str | None = ...,
    enable_cache: bool | None = ...,
    retry: StepRetryConfig | dict[str, int] | None = ...,
    parameters: Any = ...,
    extra: dict[str, Any] | None = ...,
    on_failure: Any = ...,
    on_success: Any = ...,
    on_start: Any = ...,
    on_end: Any = ...,
    on_retry: Any = ...,
    on_cancellation: Any = ...,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def today(fn: Any = None, /, **given: Any) -> Any:
    """Make a step of a function; see `Step` for the options. It is `hookcell.zenml.step`.

    In a pipeline a call runs the step there and then, and gives what it returned; alone it is a pipeline of one step.

    >>> from hookcell.zenml import step
    >>> def on_failure(exception: ValueError):
    ...     print("Step failed:", exception)
    >>> @step(on_failure=on_failure)
    ... def parse(text: str) -> int:
    ...     return int(text)
    >>> parse("42")
    42
    >>> parse("x", return_state=True).name
    Step failed: invalid literal for int() with base 10: 'x'
    'Failed'
    """
    return _decorate(fn, given, makes_instances=False)


@overload
def step(fn: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(
    *,
    name: str | None = ...,
    enable_cache: bool | None = ...,
    retry: StepRetryConfig | dict[str, int] | None = ...,
    parameters: Any = ...,
    extra: dict[str, Any] | None = ...,
    on_failure: Any = ...,
    on_success: Any = ...,
    on_start: Any = ...,
    on_end: Any = ...,
    on_retry: Any = ...,
    on_cancellation: Any = ...,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(fn: Any = None, /, **given: Any) -> Any:
    """Make a step of a function, in the document's style: outside a run, `my_step()` makes an instance for a pipeline.

    A call that stands alone on its line, whose instance nobody would have, runs the step. See `Step` for the options.

    >>> from hookcell.zenml.pipelines import pipeline
    >>> from hookcell.zenml.steps import step
    >>> @step
    ... def load() -> int:
    ...     return 3
    >>> @step
    ... def show(rows: int) -> None:
    ...     print(rows, "rows")
    >>> @pipeline
    ... def etl(step_1, step_2):
    ...     step_2(step_1())
    >>> etl(step_1=load(), step_2=show()).run().status
    3 rows
    <ExecutionStatus.COMPLETED: 'completed'>
    >>> load()
    3
    """
    return _decorate(fn, given, makes_instances=True)


BaseStep = Step

__all__ = [
    "BaseParameters",
    "BaseStep",
    "Output",
    "Step",
    "StepContext",
    "StepRetryConfig",
    "get_step_context",
    "step",
]
