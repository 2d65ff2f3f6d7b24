"""What flows and tasks have in common: a function, its options and its hooks."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hookcell.brief import brief
from hookcell.errors import InvalidNameError, UnknownOptionError
from hookcell.hooks import ALIASES, KINDS, NO_HOOKS, Hooks, plan_all
from hookcell.injection import is_async, name_of
from hookcell.log import hear_prints
from hookcell.names import plan_run_name
from hookcell.parameters import Binder
from hookcell.policies import LONGEST, MOST_DELAYS, is_amount, plan_retry_condition
from hookcell.runs import Run, current_tags
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hookcell.hooks import Hook

    Delay = float | Iterable[float] | Callable[[int], Iterable[float]]

HOOK_OPTIONS = frozenset({*KINDS, *ALIASES})
# What flows and tasks alike can be told.
OPTIONS = frozenset(
    {
        *("name", "description", "version", "run_name", "tags", "validate_parameters", "log_prints"),
        *("retries", "retry_delay_seconds", "retry_jitter_factor", "retry_condition_fn", "timeout_seconds"),
    }
)


class Definition:
    """A function with options and hooks; `Flow` and `Task` are definitions.

    All but the hooks is fixed; `with_options` makes a changed copy that shares nothing with this one. One that stands
    in a class is a method, as its function would be: found on an instance, it is a copy whose function is bound.
    """

    kind: str = "definition"
    # Whether a generator gives its items as it is asked for them, as in Prefect, or a call gives all of them in a list.
    lazy: ClassVar[bool] = False
    # What a bound copy was made from; a hook attached to the copy is attached to this.
    unbound: Self | None = None
    # For one whose function is not what its runs did: what to do instead of running one again.
    only_here: str | None = None
    _method_binder: Binder | None = None

    def __init__(self, fn: Callable[..., Any], options: dict[str, Any]) -> None:
        # What was decorated: a classmethod or staticmethod says how its function is bound.
        self.decorated: Any = fn
        if isinstance(fn, classmethod | staticmethod):
            fn = fn.__func__
        if not callable(fn):
            raise TypeError(f"{self.kind} got {fn!r}, which is not callable; put @{self.kind} above a function")
        hooks = {kind: options.pop(kind) for kind in tuple(options) if kind in HOOK_OPTIONS}
        self.fn: Callable[..., Any] = fn
        self.options: dict[str, Any] = options
        self.name: str = _name(name_of(fn) if options.get("name") is None else options["name"], self.kind)
        self.description: str = options.get("description") or inspect.getdoc(fn) or ""
        self.version: str | None = _version(options.get("version"), self.name)
        self.is_async: bool = is_async(fn)
        self.streams: bool = self.lazy and (inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn))
        self.naming: Hook | None = plan_run_name(options.get("run_name"), self.name, self.kind)
        self.log_prints: bool | None = _log_prints(options.get("log_prints"), self.name)
        self.retries: int = _retries(options.get("retries"), self.name)
        self.delays: tuple[float, ...] = _delays(options.get("retry_delay_seconds"), self.retries, self.name)
        self.retry_jitter_factor: float | None = _jitter(options.get("retry_jitter_factor"), self.name)
        self.retry_condition: Hook | None = plan_retry_condition(
            options.get("retry_condition_fn"), self.name, self.kind
        )
        self.timeout_seconds: float | None = _timeout(options.get("timeout_seconds"), self.name)
        self.tags: frozenset[str] = _tags(options.get("tags"), self.name)
        checked = options.get("validate_parameters")
        check = self.kind == "flow" if checked is None else bool(checked)
        self._bind_by(Binder(fn, self.kind, check=check))
        self.hooks: Hooks = _hooks(hooks, self.kind)
        self.__wrapped__ = fn
        for name in ("__name__", "__qualname__", "__module__", "__doc__", "__isabstractmethod__"):
            if (value := getattr(fn, name, None)) is not None:
                setattr(self, name, value)

    def _bind_by(self, binder: Binder) -> None:
        self.binder: Binder = binder
        # Between how many positional arguments need no closer look.
        to_check = binder.check and binder.signature.parameters
        least, most = (1, 0) if to_check else (binder._least, binder._most)
        self._least: int = least
        self._most: int = most

    # -- as a method

    def found_on(self, instance: object, owner: type | None) -> Self:
        """Give the definition as it is found on an instance or a class: bound, if its function would be."""
        find = getattr(type(self.decorated), "__get__", None)
        found = find(self.decorated, instance, owner) if find is not None else None
        return self._bound_as(found) if type(found) is MethodType and found is not self.fn else self

    def _bound_as(self, method: MethodType) -> Self:
        """Make a copy whose function is bound; it is made anew at each access, so the signature is not read again."""
        if self._method_binder is None:
            self._method_binder = Binder(MethodType(self.fn, type(self)), self.kind, check=self.binder.check)
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__, unbound=self)
        bound.fn = bound.decorated = bound.__wrapped__ = method
        bound._bind_by(self._method_binder)
        return bound

    # -- for its runs

    def delay_before(self, attempt: int) -> float:
        """Give the seconds to wait before an attempt (2 for the first retry)."""
        if not self.delays:
            return 0.0
        return self.delays[min(attempt - 2, len(self.delays) - 1)]

    def bind(self, run: Run) -> None:
        """Check and convert the run's arguments in place."""
        if run.kwargs is not None or not self._least <= len(run.args) <= self._most:
            run.args, run.kwargs = self.binder.bind(run.args, run.kwargs)

    def parameters_of(self, run: Run) -> dict[str, Any]:
        """Give the run's arguments by name, defaults included."""
        return self.binder.named(run.args, run.kwargs)

    def arguments_of(self, run: Run) -> dict[str, Any]:
        """Give the run's parameters, and before them the instance or class that a method is bound to."""
        given = self.binder.named(run.args, run.kwargs)
        if self.binder.receiver is None or type(self.fn) is not MethodType:
            return given
        return {self.binder.receiver: self.fn.__self__, **given}

    # -- hooks

    def attach(self, kind: str, fn: Any) -> Any:
        """Add a hook behind the others of its kind; gives `fn` back, so that it can stand above a function."""
        if self.unbound is not None:
            self.unbound.attach(kind, fn)
            self.hooks = self.unbound.hooks
            return fn
        for hook in plan_all(fn, kind, self.kind):  # type: ignore[arg-type]
            self.hooks = self.hooks.adding(hook)
        return fn

    def on_running(self, fn: Any) -> Any:
        """Call `fn` whenever a run enters a Running state, each retry included."""
        return self.attach("on_running", fn)

    def on_completion(self, fn: Any) -> Any:
        """Call `fn` when a run enters a Completed state."""
        return self.attach("on_completion", fn)

    on_success = on_completion

    def on_failure(self, fn: Any) -> Any:
        """Call `fn` when a run enters a Failed state, after its last retry."""
        return self.attach("on_failure", fn)

    def on_cancellation(self, fn: Any) -> Any:
        """Call `fn` when a run that had started is being cancelled."""
        return self.attach("on_cancellation", fn)

    def on_crashed(self, fn: Any) -> Any:
        """Call `fn` when a run enters a Crashed state."""
        return self.attach("on_crashed", fn)

    def on_retry(self, fn: Any) -> Any:
        """Call `fn` when a run failed and will be tried again."""
        return self.attach("on_retry", fn)

    def on_cached(self, fn: Any) -> Any:
        """Call `fn` when a run's result came from a cache."""
        return self.attach("on_cached", fn)

    def on_end(self, fn: Any) -> Any:
        """Call `fn` when a run has ended, however it did."""
        return self.attach("on_end", fn)

    def on_transition(self, fn: Any) -> Any:
        """Call `fn` for every state a run enters."""
        return self.attach("on_transition", fn)

    def _options_with(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Give all options with some changed: None keeps one, an empty list clears hooks."""
        kept = {kind: [hook.source for hook in self.hooks[kind]] for kind in KINDS if kind in self.hooks}
        given = {ALIASES.get(name, name): value for name, value in changes.items() if value is not None}
        return {**self.options, **kept, **given}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {brief(self.name)}>"


def _hooks(given: dict[str, Any], kind: str) -> Hooks:
    asked = {name: value for name, value in given.items() if value is not None}
    return Hooks(**asked).plan(kind) if asked else NO_HOOKS  # type: ignore[arg-type]


def _name(name: Any, kind: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidNameError(f"name of a {kind} is {name!r}; give a text that is not empty")
    return name


def _version(version: Any, name: str) -> str | None:
    if version is not None and not isinstance(version, str):
        raise UnknownOptionError(f"version of {name!r} is {version!r}; give a text, or None for none")
    return version


def _log_prints(log_prints: Any, name: str) -> bool | None:
    if log_prints is not None and not isinstance(log_prints, bool):
        raise UnknownOptionError(
            f"log_prints of {name!r} is {log_prints!r}; give True or False, or None to do as the flow around it does"
        )
    if log_prints:
        hear_prints()
    return log_prints


def _retries(retries: Any, name: str) -> int:
    if retries is None:
        return 0
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise UnknownOptionError(f"retries of {name!r} is {retries!r}; give a whole number of 0 or more")
    return retries


def _delays(delay: Any, retries: int, name: str) -> tuple[float, ...]:
    grown = callable(delay)
    if grown:
        delay = delay(retries)
    if delay is None:
        return ()
    several = list(delay) if isinstance(delay, list | tuple) else [delay]
    if grown:  # the last of what a function lets grow may be more than a wait can be told
        several = [LONGEST if type(one) in _NUMBERS and one > LONGEST else one for one in several]
    if any(isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one <= LONGEST for one in several):
        raise UnknownOptionError(
            f"retry_delay_seconds of {name!r} is {delay!r}; give seconds, a list of seconds (one a retry, the last "
            "repeats), or a function of the number of retries that gives such a list"
        )
    if len(several) > MOST_DELAYS:
        raise UnknownOptionError(
            f"retry_delay_seconds of {name!r} has {len(several)} delays; {MOST_DELAYS} is the most"
        )
    return tuple(float(one) for one in several)


_NUMBERS = frozenset({int, float})


def _jitter(factor: Any, name: str) -> float | None:
    if factor is None:
        return None
    if not is_amount(factor):
        raise UnknownOptionError(
            f"retry_jitter_factor of {name!r} is {factor!r}; give a number of 0 or more: with 0.5, a delay of 10 s "
            "becomes one of at most 15 s, drawn by chance"
        )
    return float(factor)


def _timeout(seconds: Any, name: str) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST:
        raise UnknownOptionError(
            f"timeout_seconds of {name!r} is {seconds!r}; give seconds above 0, or None for no limit"
        )
    return float(seconds)


def _tags(tags: Any, name: str) -> frozenset[str]:
    iterable = hasattr(tags, "__iter__") or tags is None
    several = [tags] if isinstance(tags, str) or not iterable else list(tags or ())
    if not all(isinstance(tag, str) for tag in several):
        raise UnknownOptionError(f"tags of {name!r} is {tags!r}; give a text, or a list of texts")
    return frozenset(several)


# -- for many runs at once -----------------------------------------------------------------------------------------


class every_run:  # noqa: N801 -- used like a function
    """Call hooks for every run of this session, flows and tasks alike, after their own hooks.

    Args:
        **hooks: `on_failure` and the other kinds: one callable or a list.

    It ends with `remove()`, or with the `with` block it heads.

    >>> from hookcell import every_run, flow
    >>> lazy_flow = flow(name="lazy_flow")(lambda: None)
    >>> with every_run(on_end=lambda definition, run, state: print(definition.name, state.name)):
    ...     lazy_flow()
    lazy_flow Completed
    """

    _active: ClassVar[list[every_run]] = []

    def __init__(self, **hooks: Any) -> None:
        self.hooks: Hooks = Hooks(**hooks).plan("any")
        self._active.append(self)
        self._put_in_force()

    def remove(self) -> None:
        """End it."""
        if self in self._active:
            self._active.remove(self)
            self._put_in_force()

    def _put_in_force(self) -> None:
        by_kind = {kind: tuple(hook for one in self._active for hook in one.hooks[kind]) for kind in KINDS}
        session.hooks = Hooks.planned({kind: several for kind, several in by_kind.items() if several})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()


@contextmanager
def tags(*names: str) -> Iterator[frozenset[str]]:
    """Give tags to every run started inside.

    Raises:
        UnknownOptionError: One of them is no text.

    >>> from hookcell import flow, tags
    >>> @flow(on_completion=lambda flow, run: print(sorted(run.tags)))
    ... def nightly():
    ...     pass
    >>> with tags("prod", "eu"):
    ...     nightly()
    ['eu', 'prod']
    """
    for name in names:
        if not isinstance(name, str):
            raise UnknownOptionError(f'tags(...) got {name!r}; give texts, such as tags("a", "b")')
    together = current_tags.get() | set(names)
    token = current_tags.set(together)
    try:
        yield together
    finally:
        current_tags.reset(token)
