"""Hook sources: what may be given as a hook of a step or pipeline, read and checked when it is given.

A hook is a callable or the dotted path of one; its parameters are annotated with what it wants. The rest is hookcell's.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import versions
from hookcell.conditions import Conditions
from hookcell.errors import describe
from hookcell.hooks import KINDS as NATIVE_KINDS
from hookcell.hooks import Hooks
from hookcell.injection import _exceptions, _known, _parameters, name_of
from hookcell.notebook import kernel
from hookcell.notify import Alert
from hookcell.runs import current
from hookcell.zenml.exceptions import HookAttributeNotFound, HookModuleNotFound, HookValidationException
from hookcell.zenml.parameters import BaseParameters, params_of

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterable, Iterator

    from hookcell.hooks import Hook
    from hookcell.injection import Scope
    from hookcell.runs import Run


class NotGiven:
    """The default of an option for which None means something."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Any = NotGiven()

# By what its hooks are called here: hookcell's kinds. ZenML's failure hook hears of `sys.exit` in a step, too.
KINDS = {
    "on_start": ("on_running",),
    "on_success": ("on_completion",),
    "on_failure": ("on_failure", "on_crashed"),
    "on_end": ("on_end",),
    "on_retry": ("on_retry",),
    "on_cancellation": ("on_cancellation",),
}
# The other way round, for a text about hooks of steps, and of runs of pipelines.
WORDS = {native: kind for kind, several in KINDS.items() for native in several}
RUN_WORDS = {native: f"on_run_{kind.removeprefix('on_')}" for native, kind in WORDS.items()}
# Kinds at which there is never an exception.
_CALM = frozenset({"on_success", "on_cancellation"})
_TYPES = "`BaseException`, `BaseParameters`, and/or `StepContext`"


def hooks_of(given: dict[str, Any], scope: Scope, *, defaults: bool = False) -> Hooks:
    """Make a set of hooks of what was given for ZenML's kinds: None and `[]` clear a kind.

    Args:
        given: One callable, a source path, a list of such, or None, by kind.
        scope: "task" for steps, "flow" for runs of pipelines.
        defaults: Whether they are a pipeline's, for steps of any kind.

    Raises:
        HookValidationException: A hook cannot be called with what it would receive.
        ImportError, AttributeError: A source path leads nowhere.
    """
    lists: dict[str, list[Any]] = {}
    for kind, hooks in given.items():
        several = [checked(one, kind, scope) for one in _several(hooks)]
        if defaults:
            several = [for_steps_with(one) for one in several]
        for native in KINDS.get(kind, (kind,)):
            lists[native] = lists.get(native, []) + several
    return Hooks(**lists)


def _several(hooks: Any) -> Iterable[Any]:
    if hooks is None:
        return ()
    return hooks if isinstance(hooks, list | tuple) else (hooks,)


def checked(hook: Any, kind: str, scope: Scope) -> Any:
    """Give a hook that may be attached; a source path is looked up now.

    Raises:
        HookValidationException: It is not callable, or asks for something that no hook is given, in ZenML's words.
        ImportError, AttributeError: A source path leads nowhere.
    """
    fn = _at(hook, kind) if isinstance(hook, str) else hook
    if not callable(fn):
        raise HookValidationException(
            f"{fn} is not a valid function. Pass a function, or the path of one: 'package.module.function'"
        )
    called = fn.fn if isinstance(fn, Conditions) else fn
    if not isinstance(called, Alert):
        _check_parameters(called, kind, scope)
    return fn


def _at(path: str, kind: str) -> Any:
    if "." not in path.strip("."):
        raise HookValidationException(
            f"{path} is not a valid function. It is a text: give the path of a function, 'package.module.function'"
        )
    try:
        return pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError) as error:
        missing = HookAttributeNotFound if isinstance(error, AttributeError) else HookModuleNotFound
        raise missing(f"{_nowhere(path, kind)}: {error}; give 'package.module.function'") from None
    except Exception as error:
        raise HookModuleNotFound(f"{_nowhere(path, kind)}: importing it raised {describe(error)}") from error


def _nowhere(path: str, kind: str) -> str:
    return f"{kind} hook '{path}' is the path of no function"


# -- what it asks for ----------------------------------------------------------------------------------------------


def _check_parameters(fn: Any, kind: str, scope: Scope) -> None:
    seen: dict[str, str] = {}
    annotations: dict[str, Any] = {}
    for p in _asked(fn, kind):
        if p.annotation is p.empty:
            raise HookValidationException(
                f"If you pass args to a hook, you must annotate them with one of the following types: {_TYPES}. "
                f"{_write(fn)}"
            )
        annotations[p.name] = p.annotation
        what = _what(p, scope)
        if what is None:
            raise HookValidationException(_unknown(p, fn))
        if what in seen:
            raise HookValidationException(
                "It looks like your hook function accepts more than of the same argument annotation type. Please "
                f"ensure you pass exactly one of the following: {_TYPES}. Currently your function has the following "
                f"annotations: {annotations}"
            )
        seen[what] = p.name
        if what == "exception" and kind in _CALM and _is_narrow(p.annotation):
            raise HookValidationException(
                f"{kind} hook {name_of(fn)!r} asks for {p.name}: {_spelled(p.annotation)}, but a step that did not "
                "fail has no exception, so it would never be called. Attach it as on_failure, or leave that out"
            )


def _asked(fn: Any, kind: str) -> Iterator[inspect.Parameter]:
    """Give the parameters that have to be given something: what a functools.partial binds is given already."""
    bound: set[str] = set()
    inner = fn
    while isinstance(inner, partial):
        bound |= inner.keywords.keys()
        inner = inner.func
    for p in _parameters(fn, kind):
        if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD} and p.name not in bound:
            yield p


def _what(parameter: inspect.Parameter, scope: Scope) -> str | None:
    """Say which of the things that hooks are given an annotation means; None for no such thing."""
    if _exceptions(parameter.annotation):
        return "exception"
    known = _known(parameter.annotation, scope)
    return known.type.__name__ if known is not None else None


def _is_narrow(annotation: Any) -> bool:
    classes, optional = _exceptions(annotation) or ((), True)
    return not optional and not {BaseException, Exception} & set(classes)


def _unknown(parameter: inspect.Parameter, fn: Any) -> str:
    said = (
        f"Hook parameters must be of type {_TYPES}, not {parameter.annotation}. Parameter {parameter.name!r} of hook "
        f"{name_of(fn)!r}"
    )
    if isinstance(parameter.annotation, str):
        return f"{said} has an annotation that cannot be read: import its name outside `if TYPE_CHECKING:`"
    return f"{said} is given none of these. {_write(fn)}"


def _write(fn: Any) -> str:
    name = name_of(fn)
    return (
        f"Write def {name if name.isidentifier() else 'my_hook'}(context: StepContext, params: BaseParameters, "
        "exception: BaseException), or any of these, in any order"
    )


def _spelled(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def for_steps_with(hook: Any) -> Any:
    """Give a pipeline's hook that is called only for steps with the parameters class it asks for, if it asks for one.

    Raises:
        HookValidationException: It has a `when=` as well.
    """
    conditions = hook if isinstance(hook, Conditions) else Conditions(hook)
    asked = [p.annotation for p in _parameters(conditions.fn, "hook")]
    classes = tuple(one for one in asked if isinstance(one, type) and issubclass(one, BaseParameters))
    if not classes or BaseParameters in classes:
        return hook
    if conditions.when is not None:
        raise HookValidationException(
            f"hook {name_of(conditions.fn)!r} of a pipeline asks for {_spelled(classes[0])} and has a when=; annotate "
            "it with BaseParameters, and let when= decide"
        )
    return replace(conditions, when=lambda: isinstance(params_of(current.get()), classes))


def check_params_class(hooks: Hooks, params: type[BaseParameters] | None, step: str) -> None:
    """Refuse a hook that asks for another parameters class than the step's.

    Raises:
        HookValidationException: It does.
    """
    given = params or BaseParameters
    for hook in {id(hook.fn): hook for kind in NATIVE_KINDS for hook in hooks[kind]}.values():
        for p in _parameters(hook.fn, hook.kind):
            asked = p.annotation
            if isinstance(asked, type) and issubclass(asked, BaseParameters) and not issubclass(given, asked):
                has = f"is given {params.__name__}" if params else "takes no parameters object"
                raise HookValidationException(
                    f"hook {hook.name!r} asks for {p.name}: {asked.__name__}, but step '{step}' {has}; annotate it "
                    "with BaseParameters, or leave it out"
                )


# -- which version -------------------------------------------------------------------------------------------------


def tell_of_redefined(run: Run, told: set[str]) -> None:
    """Nothing is silent: tell a run's user of hooks whose names mean something else by now.

    Args:
        run: The run.
        told: What its step or pipeline has been told of; once is enough.
    """
    if not run.due:
        return
    kind = run.definition.kind.replace("task", "step").replace("flow", "pipeline")
    for hook in {id(hook.fn): hook for kind in NATIVE_KINDS for hook in run.due[kind]}.values():
        if (version := redefined(hook)) is not None and version not in told:
            told.add(version)
            run.note(
                f"{kind} {run.definition.name!r} runs the hook {version} it was made with, which has been redefined "
                f"since; make the {kind}{' (or its pipeline)' * (kind == 'step')} again to use the new one"
            )


def redefined(hook: Hook) -> str | None:
    """Say that a hook's function has been redefined since it was attached; None if it has not.

    A step runs the function that it was given, as Python code would; ZenML runs what the name means by then.
    """
    old = versions.function_of(hook.fn)
    if old is None or versions.newer(old) is None:
        return None
    cell = kernel.cell_title(old.__code__.co_filename)
    return f"{old.__name__!r} ({f'{cell}, ' if cell else ''}line {old.__code__.co_firstlineno})"
