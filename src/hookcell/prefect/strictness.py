"""What Prefect's decorators refuse, in its words, and how its options become hookcell's."""

from __future__ import annotations

import hashlib
import inspect
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.errors import InvalidNameError, ParameterBindError, shown
from hookcell.hooks import KINDS, Hooks
from hookcell.prefect.outside import RESULTS, outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

D = TypeVar("D")
BANNED = ("/", "%", "&", ">", "<")


class NotSet:
    """Says that an option was not given, where None means something."""


def function_of(fn: Any) -> Any:
    """Give the function inside a class method or static method."""
    return fn.__func__ if isinstance(fn, classmethod | staticmethod) else fn


def check_callable(fn: Any) -> None:
    """Refuse what cannot be called.

    Raises:
        TypeError: It is not callable.
    """
    if not callable(function_of(fn)):
        raise TypeError("'fn' must be callable")


def check_flow_name(name: Any) -> None:
    """Refuse a name that Prefect's server could not take.

    Raises:
        TypeError: It is no text.
        InvalidNameError: It has a character that may not be in it.
    """
    if name is None:
        return
    if not isinstance(name, str):
        hint = "Perhaps you meant to call it? e.g. '@flow(name=get_flow_run_name())'" if callable(name) else ""
        raise TypeError(f"Expected string for flow parameter 'name'; got {type(name).__name__} instead. {hint}")
    if any(character in name for character in BANNED):
        raise InvalidNameError(f"Name {name!r} contains an invalid character. Must not contain any of: {list(BANNED)}.")


def check_run_name(option: str, name: Any) -> None:
    """Refuse a run name that is neither a template nor callable.

    Raises:
        TypeError: It is something else.
    """
    if name is not None and not isinstance(name, str) and not callable(name):
        raise TypeError(f"Expected string or callable for '{option}'; got {type(name).__name__} instead.")


def naming(option: str, name: Any) -> Any:
    """Give what names runs, by Prefect's rules: what gives no text raises in the run that it should have named.

    Args:
        option: "flow_run_name" or "task_run_name".
        name: A template, a callable, None, or something wrong that was set later.
    """
    if not name or isinstance(name, str):
        return name or None
    if not callable(name):
        return partial(check_run_name, option, name)

    @wraps(name)
    def named(*args: Any, **kwargs: Any) -> Any:
        given = name(*args, **kwargs)
        if not isinstance(given, str):
            raise TypeError(
                f"Callable {name} for '{option}' returned type {type(given).__name__} but a string is required."
            )
        return given

    return named


def check_retry_delay(delay: Any) -> None:
    """Refuse delays that Prefect refuses.

    Raises:
        TypeError: It is of another type.
        ValueError: There are too many.
    """
    if delay is not None and not callable(delay) and not isinstance(delay, list | int | float):
        raise TypeError(
            "Invalid `retry_delay_seconds` provided; must be an int, float, list or callable. "
            f"Received type {type(delay)}"
        )
    if isinstance(delay, list) and len(delay) > 50:
        raise ValueError("Can not configure more than 50 retry delays per task.")


def check_retry_policy(jitter: Any, condition: Any) -> None:
    """Refuse a jitter or a condition that Prefect refuses.

    Raises:
        ValueError: The jitter is negative.
        TypeError: The condition is not callable.
    """
    if jitter is not None and jitter < 0:
        raise ValueError("`retry_jitter_factor` must be >= 0.")
    if condition is not None and not callable(condition):
        raise TypeError(f"Expected `retry_condition_fn` to be callable, got {type(condition).__name__} instead.")


def hook_lists(kind: str, given: dict[str, Any]) -> dict[str, list[Any] | None]:
    """Give the hooks of each kind as a list of their own: only lists are taken, as in Prefect.

    Args:
        kind: "flow" or "task".
        given: Hooks by kind; None for none.

    Raises:
        TypeError: They are no list, or something in it cannot be called.
    """
    return {name: _hook_list(kind, name, hooks) for name, hooks in given.items() if hooks is not None}


def _hook_list(kind: str, name: str, hooks: Any) -> list[Any]:
    try:
        several = list(hooks)
    except TypeError:
        raise TypeError(_listed(kind, name, "iterable for", hooks)) from None
    for hook in several:
        if not callable(hook):
            raise TypeError(_listed(kind, name, "callables in", hook))
    return several


def _listed(kind: str, name: str, wanted: str, given: Any) -> str:
    return (
        f"Expected {wanted} '{name}'; got {type(given).__name__} instead. Please provide a list of hooks to "
        f"'{name}':\n\n@{kind}({name}=[hook1, hook2])\ndef my_{kind}():\n\tpass"
    )


def refuse_misfits(binder: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse arguments that do not fit the signature, before there is a run.

    Raises:
        ParameterBindError: They do not fit.
    """
    try:
        binder.signature.bind(*args, **kwargs)
    except TypeError as error:
        raise misfit(binder.fn, binder.signature, args, kwargs, error) from None


def misfit(
    fn: Any, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError
) -> ParameterBindError:
    """Make the error for arguments that do not fit a signature."""
    called = getattr(fn, "__name__", type(fn).__name__)
    parameters = str(signature.replace(return_annotation=signature.empty))[1:-1]
    given = ", ".join(map(shown, args)) + ("," if len(args) == 1 else "")
    return ParameterBindError(
        f"Error binding parameters for function '{called}': {error}.\nFunction '{called}' has signature '{parameters}' "
        f"but received args: ({given}) and kwargs: {list(kwargs)}."
    )


def refuse_persistence(options: dict[str, Any]) -> None:
    """Refuse options that would keep results beyond their run.

    Raises:
        OutOfScope: One of them is set.
    """
    for name, value in options.items():
        if value is not None and value is not False and value is not NotSet:
            raise outside(f"{name}=", f"{RESULTS}, and leave {name} out")


def first_set(*values: Any) -> Any:
    """Give the first value that is set."""
    return next((value for value in values if value is not None and value is not NotSet), None)


def changed(given: dict[str, Any], hooks: Any, changes: dict[str, Any], clearing: Iterable[str]) -> dict[str, Any]:
    """Give options with some changed: None keeps one, `[]` clears hooks.

    Args:
        given: The options so far, as they were given.
        hooks: The hooks so far, those attached later included.
        changes: The new values; None and NotSet for what is to stay.
        clearing: Options that None clears, as it does in Prefect.
    """
    kept = {kind: [hook.source for hook in hooks[kind]] for kind in KINDS if kind in hooks}
    clearable = frozenset(clearing)
    new = {
        name: value
        for name, value in changes.items()
        if value is not NotSet and (value is not None or name in clearable)
    }
    return {**given, **kept, **new}


class HookList(list[Any]):
    """The hooks of one kind; what is changed in the list is changed in the flow or task too."""

    def __init__(self, definition: Any, kind: str) -> None:
        super().__init__(hook.source for hook in definition.hooks[kind])
        self._put = partial(put_hooks, definition, kind=kind)


def _passed_on(change: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(change)
    def changed_too(self: HookList, *args: Any, **kwargs: Any) -> Any:
        given = change(self, *args, **kwargs)
        self._put(self)
        return given

    return changed_too


for _name in ("append", "extend", "insert", "remove", "pop", "clear", "__setitem__", "__delitem__", "__iadd__"):
    setattr(HookList, _name, _passed_on(getattr(list, _name)))


def put_hooks(definition: Any, hooks: Any, kind: str) -> None:
    """Give a flow or task other hooks of a kind.

    Raises:
        TypeError: They are no list, or something in it cannot be called.
    """
    several = hook_lists(definition.kind, {kind: hooks})
    where = definition if definition.unbound is None else definition.unbound
    where.hooks = definition.hooks = where.hooks.replacing(Hooks(**several).plan(definition.kind))


def _hooks_of(kind: str, type_: str) -> Any:
    return property(partial(HookList, kind=kind), partial(put_hooks, kind=kind), doc=f"The hooks for {type_}.")


class HookAttributes:
    """The hooks of a flow or task as lists, under Prefect's names; two flows never share a list."""

    hooks: Any
    is_async: bool
    fn: Any

    on_completion_hooks: Any = _hooks_of("on_completion", "COMPLETED")
    on_failure_hooks: Any = _hooks_of("on_failure", "FAILED")
    on_cancellation_hooks: Any = _hooks_of("on_cancellation", "CANCELLING")
    on_crashed_hooks: Any = _hooks_of("on_crashed", "CRASHED")
    on_running_hooks: Any = _hooks_of("on_running", "RUNNING")

    @property
    def isasync(self) -> bool:
        """Whether its function is async."""
        return self.is_async

    @property
    def isgenerator(self) -> bool:
        """Whether its function is a generator."""
        return inspect.isgeneratorfunction(self.fn) or inspect.isasyncgenfunction(self.fn)


def name_of_task(fn: Any) -> str:
    """Give the name of a task that was given none."""
    return getattr(function_of(fn), "__name__", None) or type(fn).__name__


def key_of_task(fn: Any) -> str:
    """Give what tells a task from others of its name: a hash of its code."""
    fn = function_of(fn)
    name = getattr(fn, "__qualname__", type(fn).__qualname__).split(".")[-1]
    code = getattr(fn, "__code__", None) or getattr(getattr(fn, "__call__", None), "__code__", None)  # noqa: B004 -- the method
    told = repr((code.co_code, code.co_names, code.co_varnames)) if code is not None else name
    return f"{name}-{hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()[:8]}"
