"""Injection: what a hook asks for by its signature, read once, when it is attached.

Un-annotated parameters get (flow or task, run, state) by position, as in Prefect; a parameter annotated with a type
that is known here gets that object, as in ZenML.
"""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin

from hookcell.errors import HookSignatureError
from hookcell.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.runs import Run

Scope = Literal["flow", "task", "any"]


class Moment:
    """What one firing knows: the definition, its run, the state just entered, and the exception behind it."""

    __slots__ = ("definition", "error", "run", "state")

    definition: Any
    run: Run
    state: State[Any]
    error: BaseException | None

    def __init__(self, definition: Any, run: Run, state: State[Any], error: BaseException | None) -> None:
        self.definition, self.run, self.state, self.error = definition, run, state, error


# -- what can be injected ------------------------------------------------------------------------------------------


class _Provided(NamedTuple):
    type: type
    get: Callable[[Moment], Any]
    scope: Scope


_provided: list[_Provided] = []


def provide(type_: type, get: Callable[[Moment], Any], *, scope: Scope = "any") -> None:
    """Let hooks ask for a `type_` (or a subclass of it) by annotation.

    Args:
        type_: The type hooks will write.
        get: Gives the object for one firing; called each time a hook that asks for it fires.
        scope: "task" if only hooks of tasks can be given one.
    """
    _provided.append(_Provided(type_, get, scope))
    _provided.sort(key=lambda known: len(known.type.__mro__), reverse=True)


provide(State, lambda moment: moment.state)


def _known(annotation: Any, scope: Scope) -> _Provided | None:
    """Find what is provided for an annotation; of a union, the arm that fits the scope best."""
    if _is_union(annotation):
        arms = [known for arm in get_args(annotation) if (known := _known(arm, scope))]
        return min(arms, key=lambda known: (known.scope != scope, known.scope != "any"), default=None)
    annotation = get_origin(annotation) or annotation
    if not isinstance(annotation, type):
        return None
    exact = next((known for known in _provided if annotation is known.type), None)
    return exact or next((known for known in _provided if issubclass(annotation, known.type)), None)


def _exceptions(annotation: Any) -> tuple[tuple[type[BaseException], ...], bool] | None:
    """Read an exception annotation: which classes it accepts, and whether None too."""
    arms = get_args(annotation) if _is_union(annotation) else (annotation,)
    classes = tuple(arm for arm in arms if isinstance(arm, type) and issubclass(arm, BaseException))
    optional = any(arm in {None, type(None)} for arm in arms)
    return (classes, optional) if classes and len(classes) + optional == len(arms) else None


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, types.UnionType}


# -- planning ------------------------------------------------------------------------------------------------------

POSITIONAL = (
    lambda moment: moment.definition,
    lambda moment: moment.run,
    lambda moment: moment.state,
)
# A parameter with a default keeps it, unless its name says that it means one of these (Prefect would pass it).
POSITIONAL_NAMES = ({"flow", "task"}, {"flow_run", "task_run", "run"}, {"state"})
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """How to call a function with a moment; `positional`: how many of (owner, run, state) it takes, if that is all."""

    fn: Callable[..., Any]
    positional: int | None
    by_position: tuple[Callable[[Moment], Any], ...] = ()
    by_keyword: tuple[tuple[str, Callable[[Moment], Any]], ...] = ()
    accepts: tuple[type, ...] = ()

    def __call__(self, moment: Moment) -> Any:
        """Call the function with what it asked for."""
        if self.positional == 3:
            return self.fn(moment.definition, moment.run, moment.state)
        return self.fn(*[get(moment) for get in self.by_position], **{key: get(moment) for key, get in self.by_keyword})

    def admits(self, error: BaseException | None) -> bool:
        """Whether a narrowed exception annotation lets this error through, as an `except` clause would."""
        return not self.accepts or isinstance(error, self.accepts)


def plan_call(fn: Callable[..., Any], kind: str, scope: Scope) -> Call:
    """Read a callable's signature once and say how to call it.

    Raises:
        HookSignatureError: It needs something that a hook is not given.
    """
    parameters = _parameters(fn, kind)
    wanted = {p.name: _wish(p, scope) for p in parameters}
    if any(wish is not None for wish in wanted.values()):
        return _plan_by_type(fn, kind, scope, parameters, wanted)
    return _plan_by_position(fn, kind, scope, parameters)


def _parameters(fn: Callable[..., Any], kind: str) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError) as error:
        msg = f"{kind} hook {name_of(fn)!r} has no signature to read; wrap it: lambda owner, run, state: ..."
        raise HookSignatureError(msg) from error
    hints = _hints(fn)
    return [p.replace(annotation=hints.get(p.name, p.annotation)) for p in signature.parameters.values()]


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    """Resolve a hook's annotations; if one cannot be, all count as none, and the hook is called by position."""
    fn = bound_in(fn)
    function = inspect.unwrap(fn if inspect.isroutine(fn) else type(fn).__call__)
    hints = hints_of(function, extras=False)
    return hints if len(hints) == len(_raw_hints(function)) else {}


def hints_of(function: Any, *, extras: bool) -> dict[str, Any]:
    """Resolve the annotations of a function's parameters, each by itself; one that cannot be is left out.

    What it returns is not looked at: that is often a name which exists for type checkers only.
    """
    names = {**getattr(function, "__globals__", {}), **_enclosed(function)}
    hints: dict[str, Any] = {}
    for name, raw in _raw_hints(function).items():
        alone = types.SimpleNamespace(__annotations__={name: raw})
        try:
            hints |= typing.get_type_hints(alone, names, include_extras=extras)
        except Exception:  # noqa: BLE001, S112 -- any annotation may fail to evaluate
            continue
    return hints


def _raw_hints(function: Any) -> dict[str, Any]:
    annotations = getattr(function, "__annotations__", {})
    return {name: raw for name, raw in annotations.items() if name != "return"}


def _enclosed(function: Any) -> dict[str, Any]:
    """Give the variables of the functions around a function that it uses, as far as they are set."""
    cells = dict(
        zip(
            getattr(getattr(function, "__code__", None), "co_freevars", ()),
            getattr(function, "__closure__", None) or (),
            strict=False,
        )
    )
    enclosed = {}
    for name, cell in cells.items():
        try:
            enclosed[name] = cell.cell_contents
        except ValueError:  # not set yet
            continue
    return enclosed


class _Wish(NamedTuple):
    get: Callable[[Moment], Any]
    accepts: tuple[type, ...]
    blocked: str | None


def _wish(parameter: inspect.Parameter, scope: Scope) -> _Wish | None:
    """Say what a parameter's annotation asks for; None for no annotation, or one we do not know."""
    if parameter.annotation is parameter.empty or parameter.kind in _VARIABLE:
        return None
    if errors := _exceptions(parameter.annotation):
        classes, optional = errors
        broad = BaseException in classes or Exception in classes
        accepts: tuple[type, ...] = () if broad else (*classes, type(None)) if optional else classes
        return _Wish(lambda moment: moment.error, accepts, None)
    known = _known(parameter.annotation, scope)
    if known is None:
        return None
    return _Wish(known.get, (), known.type.__name__ if known.scope == "task" and scope == "flow" else None)


def _plan_by_type(
    fn: Callable[..., Any],
    kind: str,
    scope: Scope,
    parameters: list[inspect.Parameter],
    wanted: dict[str, _Wish | None],
) -> Call:
    by_position: list[Callable[[Moment], Any]] = []
    by_keyword: list[tuple[str, Callable[[Moment], Any]]] = []
    accepts: list[type] = []
    for p in parameters:
        wish = wanted[p.name]
        if wish is None:
            if p.default is p.empty and p.kind not in _VARIABLE:
                raise HookSignatureError(_mixed(fn, kind, scope, p))
            if p.kind in _BY_POSITION:
                by_position.append(partial(_default, p.default))
            continue
        if wish.blocked:
            asked = f"{kind} hook {name_of(fn)!r} asks for {p.name}: {wish.blocked}"
            raise HookSignatureError(f"{asked}, but a flow's hook has none; attach it to a task")
        accepts += wish.accepts
        if p.kind in _BY_POSITION:
            by_position.append(wish.get)
        else:
            by_keyword.append((p.name, wish.get))
    return Call(fn, None, tuple(by_position), tuple(by_keyword), tuple(accepts))


def _default(default: Any, _moment: Moment) -> Any:
    return default


def _mixed(fn: Callable[..., Any], kind: str, scope: Scope, odd: inspect.Parameter) -> str:
    owner = "flow" if scope == "flow" else "task"
    title = owner.capitalize()
    known = "has no annotation" if odd.annotation is odd.empty else "is annotated with nothing that hooks are given"
    return (
        f"{kind} hook {name_of(fn)!r} asks for some parameters by type, but {odd.name!r} {known}; "
        f"annotate none: def {_plain(fn)}({owner}, {owner}_run, state), "
        f"or all: def {_plain(fn)}({owner}: {title}, {owner}_run: {title}Run, state: State)"
    )


def _plan_by_position(fn: Callable[..., Any], kind: str, scope: Scope, parameters: list[inspect.Parameter]) -> Call:
    count, skipped = 0, False
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL and not skipped:
            count = len(POSITIONAL)
        elif p.kind in _BY_POSITION and not skipped and _takes(p, count):
            if _belongs_elsewhere(p, count):
                raise HookSignatureError(_misplaced(fn, kind, scope, p))
            count += 1
        elif p.kind in _BY_POSITION and p.default is not p.empty:
            skipped = True
        elif p.default is p.empty and p.kind not in _VARIABLE:
            raise HookSignatureError(_too_much(fn, kind, scope, p))
    return Call(fn, count, POSITIONAL[:count])


def _belongs_elsewhere(parameter: inspect.Parameter, place: int) -> bool:
    return any(parameter.name in names for i, names in enumerate(POSITIONAL_NAMES) if i != place)


def _misplaced(fn: Callable[..., Any], kind: str, scope: Scope, parameter: inspect.Parameter) -> str:
    owner = "flow" if scope == "flow" else "task"
    return (
        f"{kind} hook {name_of(fn)!r} has {parameter.name!r} out of place: a hook without annotations is given "
        f"({owner}, {owner}_run, state) in this order; write def {_plain(fn)}({owner}, {owner}_run, state), "
        "or annotate what it needs"
    )


def _takes(parameter: inspect.Parameter, place: int) -> bool:
    if place >= len(POSITIONAL):
        return False
    return parameter.default is parameter.empty or parameter.name in POSITIONAL_NAMES[place]


def _too_much(fn: Callable[..., Any], kind: str, scope: Scope, parameter: inspect.Parameter) -> str:
    owner = "flow" if scope == "flow" else "task"
    return (
        f"{kind} hook {name_of(fn)!r} needs {parameter.name!r}, but a hook is called with "
        f"({owner}, {owner}_run, state); give {parameter.name!r} a default, or bind it: "
        f"functools.partial({_plain(fn)}, {parameter.name}=...)"
    )


def bound_in(fn: Any) -> Any:
    """Give what a functools.partial binds, however deep; anything else as it is."""
    while isinstance(fn, partial):
        fn = fn.func
    return fn


def name_of(fn: Any) -> str:
    """Give a callable the name a reader knows it by."""
    fn = bound_in(fn)
    return getattr(fn, "__name__", None) or type(fn).__name__


def _plain(fn: Any) -> str:
    name = name_of(fn)
    return name if name.isidentifier() else "my_hook"


def is_async(fn: Any) -> bool:
    """Whether calling `fn` gives an awaitable, as far as can be told without calling it."""
    fn = bound_in(fn)
    called = getattr(fn, "__call__", None)  # noqa: B004 -- the method itself is wanted
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in (fn, called))
