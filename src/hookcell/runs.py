"""Runs: one execution of a flow or task, and its story.

`Run.enter` is the only writer of a run's state once it has begun. It is pure: it runs no hook and does no I/O.
"""

from __future__ import annotations

import itertools
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from hookcell.acts import Asked
from hookcell.annotations import bare
from hookcell.brief import brief
from hookcell.cancel import CancelToken
from hookcell.errors import InvalidMove, RunTimeout
from hookcell.extras import Aside, Below
from hookcell.forks import in_child
from hookcell.hooks import NO_HOOKS, Hooks, combine
from hookcell.injection import provide
from hookcell.names import words_of
from hookcell.session import Definition, FlowDefinition, session
from hookcell.states import FINAL, RUNNING, State, StateType, story_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from hookcell.hooks import HookRun

_writing = threading.Lock()


@in_child
def _after_fork() -> None:
    global _writing  # noqa: PLW0603 -- the old one may be taken for good
    _writing = threading.Lock()


current: ContextVar[Run | None] = ContextVar("hookcell_run", default=None)
current_tags: ContextVar[frozenset[str]] = ContextVar("hookcell_tags", default=frozenset())


# What a run's token is replaced by when the run is over: nobody can stop it any more, and it costs nothing to keep.
SPENT: CancelToken = CancelToken()
LEFT_BEHIND: CancelToken = CancelToken()


class Run(Asked):
    """One execution of a flow or task.

    Attributes:
        number: Counts runs in this session, from 1.
        definition: The flow or task.
        parent: The run whose code started this one, or None.
        state: What the run is in now; `story` has the states before it.
    """

    __slots__ = (
        "_aside",
        "_hook_runs",
        "_tags",
        "args",
        "awaited",
        "below",
        "definition",
        "due",
        "future",
        "kwargs",
        "number",
        "ordinal",
        "parent",
        "scope",
        "state",
        "token",
    )

    number: int
    definition: Definition
    parent: Run | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any] | None
    state: State[Any]
    token: CancelToken
    scope: CancelToken
    due: Hooks
    ordinal: int
    _tags: frozenset[str]
    # Whether a state that its function returns is its result, as in Prefect, or what the state holds.
    keeps_state: ClassVar[bool] = False
    # What a further try is called, and whether a run awaits it in a state of its own also when there is no delay.
    retry_name: ClassVar[str | None] = "Retrying"
    awaits_each_retry: ClassVar[bool] = False
    # What it raises when its time is up.
    timeout_error: ClassVar[type[RunTimeout]] = RunTimeout
    # Looks at what its function gave before that counts: gives the error it fails with instead, or None.
    check_result: ClassVar[Callable[[Any, Any], Exception | None] | None] = None
    # Makes the state it is born in, of a type; in a dialect it is a method.
    born: ClassVar[Callable[..., State[Any]]] = State

    def __init__(
        self, definition: Definition, parent: Run | None, args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> None:
        self.number = next(session.numbers)
        self.definition = definition
        self.parent = parent
        self.args = args
        self.kwargs = kwargs or None
        self.state = None  # type: ignore[assignment] # until it begins, and nobody has seen it before
        self.token = CancelToken(parent.scope if parent is not None else None)
        # What the runs it starts are stopped by: the token of the present try, or of the hook that is being called.
        self.scope = self.token
        # What it waits for before it may start: futures and states found in its arguments and in `wait_for`; inside
        # `allow_failure` if they may have failed.
        self.awaited: tuple[Any, ...] = ()
        # Resolved when it is over.
        self.future: Any = None
        self._hook_runs: HookRun | None = None
        # Made when it starts its first run: most task runs start none, and one slot costs less than two.
        self.below: Below | None = None
        # Made when there is something to put in: few runs have either.
        self._aside: Aside | None = None
        around = current_tags.get()
        self._tags = definition.tags | around if around else definition.tags

    # -- who it is

    @property
    def id(self) -> UUID:
        """A UUID made of this session's random bits and the run's number."""
        from uuid import UUID  # noqa: PLC0415 -- made when asked for; uuid is slow to import

        return UUID(int=session.bits | self.number)

    @property
    def name(self) -> str:
        """The run's name, the same whenever the notebook is run anew."""
        raise NotImplementedError

    @property
    def given_name(self) -> str | None:
        """The name that its definition gave it; None if it has the usual one."""
        return self._aside.given_name if self._aside is not None else None

    @given_name.setter
    def given_name(self, name: str | None) -> None:
        self._put_aside().given_name = name

    def _put_aside(self) -> Aside:
        if self._aside is None:
            self._aside = Aside()
        return self._aside

    @property
    def tags(self) -> frozenset[str]:
        """The tags of its definition, and of `tags(...)` around the call."""
        return self._tags

    @property
    def root(self) -> Run:
        """The outermost run around this one (itself if there is none)."""
        run = self
        while run.parent is not None:
            run = run.parent
        return run

    @property
    def children(self) -> tuple[Run, ...]:
        """The runs its code started, in order of start."""
        return tuple(self.below.children) if self.below is not None else ()

    @property
    def submitted(self) -> list[Any]:
        """The futures of the runs it submitted, while it lives: it is not over before they are."""
        return self.below.submitted if self.below is not None else []

    @property
    def upstream(self) -> tuple[Run, ...]:
        """The runs whose results this one was given or waited for."""
        return tuple(one.run for one in map(bare, self.awaited) if hasattr(one, "run"))

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments by name, defaults included."""
        return self.definition.parameters_of(self)

    # -- its story

    @property
    def story(self) -> tuple[State[Any], ...]:
        """Every state so far, oldest first."""
        return tuple(story_of(self.state))[::-1]

    @property
    def hooks(self) -> tuple[HookRun, ...]:
        """Every call of a hook so far, oldest first."""
        calls: list[HookRun] = []
        call = self._hook_runs
        while call is not None:
            calls.append(call)
            call = call.before
        return tuple(reversed(calls))

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened to the run that its user should know, in sentences."""
        return tuple(self._aside.notes) if self._aside is not None else ()

    def note(self, line: str) -> None:
        """Tell the run's user something."""
        self._put_aside().notes.append(line)
        if session.logged:
            session.tell(self, session.logged, line)
        session.warn(line)

    @property
    def state_name(self) -> str:
        """The present state's name."""
        return self.state.name

    @property
    def state_type(self) -> StateType:
        """The present state's type."""
        return self.state.type

    @property
    def attempt(self) -> int:
        """Which try this is, from 1 once it runs."""
        return sum(state.type is RUNNING for state in story_of(self.state))

    @property
    def run_count(self) -> int:
        """How many tries have begun."""
        return self.attempt

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self.token is SPENT or self.token is LEFT_BEHIND

    @property
    def left_behind(self) -> bool:
        """Whether its code did not stop when told to, so that the run ended without it."""
        return self.token is LEFT_BEHIND

    @property
    def expected_start_time(self) -> datetime:
        """When the run was created (UTC)."""
        return self.story[0].timestamp

    @property
    def start_time(self) -> datetime | None:
        """When it first ran (UTC); None if it has not."""
        return next((state.timestamp for state in self.story if state.type is RUNNING), None)

    @property
    def end_time(self) -> datetime | None:
        """When it ended (UTC); None if it has not."""
        return self.state.timestamp if self.state.type in FINAL else None

    @property
    def total_run_time(self) -> float:
        """Seconds between its first Running and its last state, waits between tries left out."""
        story = self.story
        return sum(after.at - state.at for state, after in itertools.pairwise(story) if state.type is RUNNING)

    # -- what can be done to it

    def enter(self, state: State[Any]) -> bool:
        """Enter a state; only the engine calls this.

        Returns:
            False if the run had already ended, in which case nothing changes: the loser of a race is dropped.

        Raises:
            InvalidMove: The state cannot follow the present one.
        """
        with _writing:
            before: State[Any] | None = self.state
            if before is None or state.type in before.type.then:
                state.before = before
                self.state = state
                return True
        if before.type in FINAL:
            return False
        raise InvalidMove(_impossible(self, state))

    def cancel(self) -> bool:
        """Stop the run: Cancelling (hooks run), then Cancelled. A second call abandons its hooks.

        May be called from any thread.

        Returns:
            False if the run has already ended.
        """
        if self.over:
            return False
        self.token.cancel("cancel")
        return True

    def _repr_parts(self) -> str:
        return f"{brief(self.name)} {self.state.name}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._repr_parts()}>"


def _impossible(run: Run, state: State[Any]) -> str:
    story = " -> ".join(past.name for past in run.story)
    after = ", ".join(sorted(type_.value for type_ in run.state.type.then))
    return (
        f"run {run.name!r} cannot enter {state.name} ({state.type.value}) after {story}; from here it may enter {after}"
    )


class FlowRun(Run):
    """One execution of a flow."""

    __slots__ = ("_counts", "code", "nth", "runner")

    def __init__(
        self, definition: Definition, parent: Run | None, args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> None:
        super().__init__(definition, parent, args, kwargs)
        self.definition: FlowDefinition
        self.ordinal = session.nth(definition)
        self.code: int = session.codes.take(definition.name, self.ordinal)
        self.runner: Any = None
        self._counts: dict[str, int] = {}
        self.due = combine(definition.hooks, NO_HOOKS, session.hooks) if session.hooks else definition.hooks

    @property
    def name(self) -> str:
        """Two words made from the flow's name and the number of its runs, or the name it was given."""
        return self.given_name or words_of(self.code)

    @property
    def flow(self) -> Definition:
        """The flow."""
        return self.definition

    def count(self, task: str) -> int:
        """Count the runs of a task in this flow run."""
        count = self._counts.get(task, 0)
        self._counts[task] = count + 1
        return count


class TaskRun(Run):
    """One execution of a task."""

    __slots__ = ()

    def __init__(
        self, definition: Definition, parent: Run | None, args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> None:
        Run.__init__(self, definition, parent, args, kwargs)  # super() costs a tenth of a microsecond
        flow_run = parent if isinstance(parent, FlowRun) else self.flow_run
        if flow_run is None:
            self.ordinal, defaults = session.nth(definition), NO_HOOKS
        else:
            self.ordinal, defaults = flow_run.count(definition.name), flow_run.definition.each_task
        if defaults is NO_HOOKS and session.hooks is NO_HOOKS:
            self.due = definition.hooks
        else:
            self.due = combine(definition.hooks, defaults, session.hooks)

    @property
    def name(self) -> str:
        """The task's name, with a number from its second run in the flow on, and for each item of a map."""
        if self.given_name is not None:
            return self.given_name
        if self.ordinal == 0:
            return self.definition.name
        return f"{self.definition.name}[{self.ordinal if self.ordinal > 0 else ~self.ordinal}]"

    @property
    def task(self) -> Definition:
        """The task."""
        return self.definition

    @property
    def flow_run(self) -> FlowRun | None:
        """The nearest flow run around it."""
        return flow_run_of(self.parent)


def flow_run_of(run: Run | None) -> FlowRun | None:
    """Give the nearest flow run, from a run outwards."""
    while not (run is None or isinstance(run, FlowRun)):
        run = run.parent
    return run


provide(Run, lambda moment: moment.run)
provide(FlowRun, lambda moment: flow_run_of(moment.run))
provide(TaskRun, lambda moment: moment.run if isinstance(moment.run, TaskRun) else None, scope="task")
