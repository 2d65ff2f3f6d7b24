"""Hooks: what a callable wants to be given, when it fires, and what came of each call.

A hook is planned once, when it is attached: its signature is read then, and a hook that could not be called is an
error then. Firing it costs a few attribute reads.
"""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from hookcell.conditions import DEFAULT_TIMEOUT, Conditions, check_whole, not_callable
from hookcell.errors import HookSignatureError, UnknownOptionError
from hookcell.forks import in_child
from hookcell.injection import Call, Moment, Scope, name_of, plan_call
from hookcell.states import CANCELLING, COMPLETED, CRASHED, FAILED, FINAL, RUNNING, SCHEDULED, State, StateType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Outcome = Literal["running", "ok", "failed", "timed out", "abandoned"]

KINDS = (
    "on_running",
    "on_completion",
    "on_failure",
    "on_cancellation",
    "on_crashed",
    "on_retry",
    "on_cached",
    "on_end",
    "on_transition",
)
ALIASES = {"on_success": "on_completion"}
# One for all throttles: it is held for two reads and a write.
_claiming = threading.Lock()


@in_child
def _after_fork() -> None:
    global _claiming  # noqa: PLW0603 -- the old one may be taken for good
    _claiming = threading.Lock()


# -- hooks and their calls -----------------------------------------------------------------------------------------


class Hook:
    """A callable, what it wants, and when it fires."""

    __slots__ = (
        "_fired",
        "call",
        "concurrent",
        "conditional",
        "fn",
        "kind",
        "name",
        "once",
        "retries",
        "source",
        "throttle",
        "timeout_seconds",
        "when",
    )

    fn: Callable[..., Any]
    source: Any
    kind: str
    name: str
    call: Call
    when: Call | None
    timeout_seconds: float | None
    retries: int
    throttle: float
    once: bool
    concurrent: bool
    conditional: bool

    def __init__(self, fn: Callable[..., Any], kind: str, scope: Scope) -> None:
        conditions = fn if isinstance(fn, Conditions) else None
        self.source = fn
        self.fn = conditions.fn if conditions else fn
        self.kind = kind
        self.name = name_of(self.fn)
        self.call = plan_call(self.fn, kind, scope)
        self.when = plan_call(conditions.when, f"when of the {kind}", scope) if conditions and conditions.when else None
        self.timeout_seconds = conditions.timeout_seconds if conditions else DEFAULT_TIMEOUT
        self.retries = conditions.retries if conditions else 0
        self.throttle = conditions.throttle if conditions else 0.0
        self.once = conditions.once if conditions else False
        self.concurrent = conditions.concurrent if conditions else False
        self.conditional = bool(self.call.accepts or self.when or self.throttle or self.once)
        self._fired = conditions.fired if conditions else [0.0]

    def wanted(self, moment: Moment, fired: Iterable[HookRun]) -> bool:
        """Whether its conditions let it fire now."""
        if not self.call.admits(moment.error) or (self.once and any(past.hook is self for past in fired)):
            return False
        return not self.throttle or time.monotonic() - self._fired[0] >= self.throttle

    def claims(self) -> bool:
        """Note that it fires now, for the throttle; False if another run was quicker while its condition was asked."""
        with _claiming:
            now = time.monotonic()
            if now - self._fired[0] < self.throttle:
                return False
            self._fired[0] = now
        return True

    def __repr__(self) -> str:
        return f"<Hook {self.kind} {self.name}>"


def plan_hook(fn: Any, kind: str, scope: Scope) -> Hook:
    """Make a hook of a callable, or say why it cannot be one.

    Raises:
        HookSignatureError: It is not callable, or needs something that a hook is not given.
    """
    if not callable(fn):
        raise HookSignatureError(not_callable(kind, fn))
    if not isinstance(fn, Conditions):
        check_whole(fn)
    return Hook(fn, kind, scope)


class HookRun:
    """One call of a hook: why, when, how long, what it printed, and how it ended."""

    __slots__ = ("_printed", "at", "before", "error", "hook", "outcome", "seconds", "state")

    hook: Hook
    state: State[Any]
    before: HookRun | None
    at: float

    def __init__(self, hook: Hook, state: State[Any], before: HookRun | None) -> None:
        self.hook = hook
        self.state = state
        self.before = before
        self.at = time.time()
        self.seconds: float | None = None
        self.outcome: Outcome = "running"
        self.error: BaseException | None = None
        self._printed: list[str] | None = None

    @property
    def kind(self) -> str:
        """Which kind of hook it was called as."""
        return self.hook.kind

    @property
    def name(self) -> str:
        """The hook's name."""
        return self.hook.name

    @property
    def printed(self) -> str:
        """What it printed, in a notebook and in tests."""
        return "".join(self._printed or ())

    def heard(self, text: str) -> None:
        """Keep some of what it prints."""
        if self._printed is None:
            self._printed = []
        if len(self._printed) < PRINTED_PIECES:
            self._printed.append(text[:PRINTED_CHARACTERS])

    def __repr__(self) -> str:
        return f"<HookRun {self.kind} {self.name}: {self.outcome}>"


PRINTED_PIECES = 200
PRINTED_CHARACTERS = 2_000


# -- sets of hooks -------------------------------------------------------------------------------------------------

_TYPES: dict[str, tuple[StateType, ...]] = {
    "on_running": (RUNNING,),
    "on_completion": (COMPLETED,),
    "on_failure": (FAILED,),
    "on_cancellation": (CANCELLING,),
    "on_crashed": (CRASHED,),
    "on_retry": (SCHEDULED, RUNNING),
    "on_cached": (COMPLETED,),
    "on_end": (*FINAL, StateType.PENDING),
    "on_transition": tuple(StateType),
}


def _fires(kind: str, state: State[Any]) -> bool:
    """Decide the kinds for which the type alone is not enough."""
    match kind:
        case "on_retry":
            return state.name == "AwaitingRetry" or (
                state.name == "Retrying" and state.before is not None and state.before.type is RUNNING
            )
        case "on_cached":
            return state.name == "Cached"
        case "on_end":
            return state.type.final or state.name == "NotReady"
    return True


def _firing_order(one: tuple[str, Any]) -> bool:
    """Put `on_retry` first: a run is tried again before it runs again, also where one state is both."""
    return one[0] != "on_retry"


_BY_NAME = frozenset({"on_retry", "on_cached", "on_end"})


class Hooks:
    """A set of hooks by kind; never changed, only replaced.

    Args:
        on_running, on_completion, ...: One callable or a list for each kind; `on_success` is `on_completion`.

    >>> from hookcell import Hooks, flow, task
    >>> @task
    ... def load():
    ...     return 3
    >>> @flow(each_task=Hooks(on_success=lambda task, run, state: print(task.name, state.name)))
    ... def etl():
    ...     return load()
    >>> etl()
    load Completed
    3
    """

    __slots__ = ("_by_kind", "_by_type", "_named", "_raw")

    def __init__(self, **kinds: Any) -> None:
        self._raw = {_kind(kind): given for kind, given in kinds.items()}
        self._by_kind: dict[str, tuple[Hook, ...]] = {}
        self._by_type: dict[StateType, tuple[Hook, ...]] = {}
        self._named: frozenset[StateType] = frozenset()

    @classmethod
    def planned(cls, by_kind: dict[str, tuple[Hook, ...]]) -> Hooks:
        """Make a set of hooks that have been planned."""
        hooks = cls()
        hooks._by_kind = {kind: by_kind[kind] for kind in KINDS if kind in by_kind}
        for kind, several in sorted(hooks._by_kind.items(), key=_firing_order):
            for type_ in _TYPES[kind]:
                hooks._by_type[type_] = (*hooks._by_type.get(type_, ()), *several)
        hooks._named = frozenset(type_ for kind in hooks._by_kind if kind in _BY_NAME for type_ in _TYPES[kind])
        return hooks

    def plan(self, scope: Scope) -> Hooks:
        """Read every hook's signature for a scope; the set made from it can fire."""
        return Hooks.planned(
            {kind: plan_all(given, kind, scope) for kind, given in self._raw.items() if given is not None}
        )

    def __getitem__(self, kind: str) -> tuple[Hook, ...]:
        return self._by_kind.get(_kind(kind), ())

    def __contains__(self, kind: str) -> bool:
        """Whether a kind was given, be it with no hooks."""
        return kind in self._by_kind

    def __bool__(self) -> bool:
        return bool(self._by_type or self._raw)

    def adding(self, new: Hook) -> Hooks:
        """Give a set with one more hook, behind the others of its kind."""
        return Hooks.planned({**self._by_kind, new.kind: (*self._by_kind.get(new.kind, ()), new)})

    def replacing(self, other: Hooks) -> Hooks:
        """Give a set in which the kinds that `other` names (even with none) are as there."""
        return Hooks.planned({**self._by_kind, **other._by_kind})

    def due(self, state: State[Any]) -> tuple[Hook, ...]:
        """Give the hooks that fire on entering a state, in order of attachment within each kind."""
        hooks = self._by_type.get(state.type)
        if hooks is None:
            return ()
        if state.type in self._named:
            return tuple(hook for hook in hooks if _fires(hook.kind, state))
        return hooks


def _kind(kind: str) -> str:
    kind = ALIASES.get(kind, kind)
    if kind not in KINDS:
        import difflib  # noqa: PLC0415 -- needed for the message only

        near = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KINDS)}"
        raise UnknownOptionError(f"there is no hook kind {kind!r}; {hint}")
    return kind


def plan_all(given: Any, kind: str, scope: Scope) -> tuple[Hook, ...]:
    """Plan one callable or an iterable of them."""
    if callable(given):
        return (plan_hook(given, kind, scope),)
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise HookSignatureError(not_callable(kind, given))
    return tuple(plan_hook(fn, kind, scope) for fn in given)


NO_HOOKS = Hooks()


@lru_cache(maxsize=1024)
def combine(own: Hooks, defaults: Hooks, session: Hooks) -> Hooks:
    """Combine a task's own hooks with its flow's defaults (own kinds win) and the session's (which always fire too)."""
    effective = defaults.replacing(own) if defaults else own
    if not session:
        return effective
    both = {kind: effective[kind] + session[kind] for kind in KINDS}
    return Hooks.planned({kind: several for kind, several in both.items() if several})
