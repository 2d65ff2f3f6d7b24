"""What flows and tasks have in common: a function, its options and its hooks."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hookcell.errors import InvalidNameError, UnknownOptionError
from hookcell.hooks import ALIASES, KINDS, NO_HOOKS, Hooks, plan_all
from hookcell.injection import is_async, name_of
from hookcell.parameters import Binder
from hookcell.runs import Run, current_tags
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Delay = float | Iterable[float] | Callable[[int], Iterable[float]]

HOOK_OPTIONS = frozenset({*KINDS, *ALIASES})
MOST_DELAYS = 50
# What a wait can be told, in seconds: a hundred years.
LONGEST = 100 * 365 * 86_400.0


class Definition:
    """A function with options and hooks; `Flow` and `Task` are definitions.

    All but the hooks is fixed; `with_options` makes a changed copy that shares nothing with this one.
    """

    kind: str = "definition"

    def __init__(self, fn: Callable[..., Any], options: dict[str, Any]) -> None:
        if not callable(fn):
            raise TypeError(f"{self.kind} got {fn!r}, which is not callable; put @{self.kind} above a function")
        hooks = {kind: options.pop(kind) for kind in tuple(options) if kind in HOOK_OPTIONS}
        self.fn: Callable[..., Any] = fn
        self.options: dict[str, Any] = options
        self.name: str = _name(name_of(fn) if options.get("name") is None else options["name"], self.kind)
        self.description: str = options.get("description") or inspect.getdoc(fn) or ""
        self.is_async: bool = is_async(fn)
        self.retries: int = _retries(options.get("retries"), self.name)
        self.delays: tuple[float, ...] = _delays(options.get("retry_delay_seconds"), self.retries, self.name)
        self.timeout_seconds: float | None = _timeout(options.get("timeout_seconds"), self.name)
        self.tags: frozenset[str] = _tags(options.get("tags"), self.name)
        checked = options.get("validate_parameters")
        self.binder: Binder = Binder(fn, self.kind, check=self.kind == "flow" if checked is None else bool(checked))
        # Between how many positional arguments need no closer look.
        least, most = (1, 0) if self.binder.check else (self.binder._least, self.binder._most)
        self._least: int = least
        self._most: int = most
        self.hooks: Hooks = _hooks(hooks, self.kind)
        for name in ("__name__", "__qualname__", "__module__", "__doc__", "__wrapped__"):
            value = fn if name == "__wrapped__" else getattr(fn, name, None)
            if value is not None:
                setattr(self, name, value)

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

    def attach(self, kind: str, fn: Any) -> Any:
        """Add a hook behind the others of its kind; gives `fn` back, so that it can stand above a function."""
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
        return f"<{type(self).__name__} {self.name!r}>"


def _hooks(given: dict[str, Any], kind: str) -> Hooks:
    asked = {name: value for name, value in given.items() if value is not None}
    return Hooks(**asked).plan(kind) if asked else NO_HOOKS  # type: ignore[arg-type]


def _name(name: Any, kind: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidNameError(f"name of a {kind} is {name!r}; give a text that is not empty")
    return name


def _retries(retries: Any, name: str) -> int:
    if retries is None:
        return 0
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise UnknownOptionError(f"retries of {name!r} is {retries!r}; give a whole number of 0 or more")
    return retries


def _delays(delay: Any, retries: int, name: str) -> tuple[float, ...]:
    if callable(delay):
        delay = delay(retries)
    if delay is None:
        return ()
    several = list(delay) if isinstance(delay, list | tuple) else [delay]
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

    >>> from hookcell import flow, tags
    >>> @flow(on_completion=lambda flow, run: print(sorted(run.tags)))
    ... def nightly():
    ...     pass
    >>> with tags("prod", "eu"):
    ...     nightly()
    ['eu', 'prod']
    """
    together = current_tags.get() | set(names)
    token = current_tags.set(together)
    try:
        yield together
    finally:
        current_tags.reset(token)
