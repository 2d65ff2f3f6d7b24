"""Testing: what makes flows, tasks and hooks easy to test.

`build_moment` and `replay` make what a hook is called with, and `call_hook` calls it. The others are context managers;
as pytest fixtures they read:

    @pytest.fixture(autouse=True)
    def _no_waiting():
        with instant_retries():
            yield

    @pytest.fixture
    def recording():
        with record() as recording:
            yield recording
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hookcell import policies, waiting
from hookcell.errors import crash_message
from hookcell.flows import Flow
from hookcell.gate import holding
from hookcell.hooks import Hook, plan_hook
from hookcell.injection import Call, Moment
from hookcell.runs import FlowRun, Run, current
from hookcell.session import Listener, session
from hookcell.states import COMPLETED, CRASHED, FAILED, PENDING, RUNNING, State, failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.hooks import HookRun


# -- time ----------------------------------------------------------------------------------------------------------


def _no_time(seconds: float) -> float:  # noqa: ARG001 -- that is the point
    return 0.0


@contextmanager
def instant_retries() -> Iterator[None]:
    """Make waits between tries take no time; the states are as always.

    >>> from hookcell import flow
    >>> tries = iter([ValueError("no answer"), None])
    >>> @flow(retries=1, retry_delay_seconds=3600, on_transition=lambda flow, run, state: print(state.name))
    ... def fetch():
    ...     if error := next(tries):
    ...         raise error
    >>> with instant_retries():
    ...     fetch()
    Pending
    Running
    AwaitingRetry
    Retrying
    Completed
    """
    pace = waiting.pace
    waiting.pace = _no_time
    try:
        yield
    finally:
        waiting.pace = pace


# -- what happened -------------------------------------------------------------------------------------------------


class Event(NamedTuple):
    """One thing that happened to a run; `detail` is the state, the hook call or the line."""

    what: Literal["created", "moved", "hook_began", "hook_ended", "logged"]
    run: Run
    detail: Any

    def __str__(self) -> str:
        who = "flow" if self.run.definition.kind == "flow" else "task"
        name = self.run.definition.name if who == "flow" else self.run.name
        return f"{who} {name}: {self._told()}"

    def _told(self) -> str:
        match self.what:
            case "created" | "moved":
                return str(self.detail.name)
            case "hook_began":
                return f"{self.detail.kind} {self.detail.name} began"
            case "hook_ended":
                return f"{self.detail.kind} {self.detail.name} {self.detail.outcome}"
        return str(self.detail)


class Recording(Listener):
    """Everything that happened to runs, in order; its repr is one line an event.

    Attributes:
        events: What happened so far.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def created(self, run: Run) -> None:
        """A run exists, and has entered its first state."""
        self.events.append(Event("created", run, run.state))

    def moved(self, run: Run, state: State[Any]) -> None:
        """A run has entered a state."""
        self.events.append(Event("moved", run, state))

    def hook_began(self, run: Run, hook_run: HookRun) -> None:
        """A hook is about to be called."""
        self.events.append(Event("hook_began", run, hook_run))

    def hook_ended(self, run: Run, hook_run: HookRun) -> None:
        """A hook call has ended, one way or another."""
        self.events.append(Event("hook_ended", run, hook_run))

    def logged(self, run: Run, line: str) -> None:
        """Something worth telling the user happened to a run."""
        self.events.append(Event("logged", run, line))

    @property
    def runs(self) -> list[Run]:
        """The runs that began, in that order."""
        return [event.run for event in self.events if event.what == "created"]

    def of(self, name: str) -> Run:
        """Give the newest run that has this name, or whose flow or task has it.

        Raises:
            LookupError: None was recorded.
        """
        for run in reversed(self.runs):
            if name in {run.name, run.definition.name}:
                return run
        seen = ", ".join(dict.fromkeys(run.definition.name for run in self.runs)) or "nothing"
        raise LookupError(f"no run of {name!r} was recorded; recorded: {seen}")

    def states(self, name: str) -> list[str]:
        """Give the names of the states of a run, found like `of`, oldest first."""
        return [state.name for state in self.of(name).story]

    def __repr__(self) -> str:
        return "\n".join(map(str, self.events))


@contextmanager
def record() -> Iterator[Recording]:
    """Record everything that happens to runs meanwhile.

    >>> from hookcell import flow, task
    >>> @task
    ... def load():
    ...     return 3
    >>> def notify(flow, flow_run, state):
    ...     print(flow.name, state.name)
    >>> @flow(on_completion=notify)
    ... def nightly():
    ...     return load()
    >>> with record() as recording:
    ...     nightly()
    nightly Completed
    3
    >>> recording
    flow nightly: Pending
    flow nightly: Running
    task load: Pending
    task load: Running
    task load: Completed
    flow nightly: Completed
    flow nightly: on_completion notify began
    flow nightly: on_completion notify ok
    >>> recording.states("load")
    ['Pending', 'Running', 'Completed']
    """
    recording = Recording()
    ignore = session.listen(recording)
    try:
        yield recording
    finally:
        ignore()


# -- what hooks print ----------------------------------------------------------------------------------------------


class _Tee:
    """A text stream that also hands what a hook writes to the record of its call."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        hook_run = holding.get()
        if hook_run is not None:
            hook_run.heard(text)
        return int(self.stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _Ears(Listener):
    """Puts the tee in place whenever a hook begins: pytest changes sys.stdout between a fixture and its test."""

    def hook_began(self, run: Run, hook_run: HookRun) -> None:  # noqa: ARG002 -- a listener is told more than it needs
        if not isinstance(sys.stdout, _Tee):
            sys.stdout = _Tee(sys.stdout)

    def off(self) -> None:
        if isinstance(sys.stdout, _Tee):
            sys.stdout = sys.stdout.stream


@contextmanager
def capture_prints() -> Iterator[None]:
    r"""Keep what hooks print in the records of their calls, as a notebook does; it is printed all the same.

    >>> from hookcell import flow
    >>> @flow(on_completion=lambda flow, run, state: print(flow.name, "is", state.name))
    ... def nightly():
    ...     pass
    >>> with record() as recording, capture_prints():
    ...     nightly()
    nightly is Completed
    >>> recording.of("nightly").hooks[0].printed
    'nightly is Completed\n'
    """
    ears = _Ears()
    ignore = session.listen(ears)
    try:
        yield
    finally:
        ignore()
        ears.off()


# -- one hook, alone -----------------------------------------------------------------------------------------------


def build_moment(
    definition: Any,
    /,
    *args: Any,
    state: State[Any] | None = None,
    error: BaseException | None = None,
    result: Any = None,
    inside: Any = None,
    **kwargs: Any,
) -> Moment:
    """Make what a hook is called with, by hand: a run that nobody has run and nobody is told of.

    Args:
        definition: The flow or task whose run it is.
        *args, **kwargs: What the run is called with.
        state: What the run has just entered; by default Failed or Crashed if there is an `error`, else Completed.
        error: What its code raised.
        result: What its code gave.
        inside: The flow around it, if there is one.

    Raises:
        ParameterBindError, ParameterTypeError: The arguments do not fit.

    >>> from hookcell import TaskRun, task
    >>> @task
    ... def load(day):
    ...     return 3
    >>> def tell(run: TaskRun, error: ValueError):
    ...     return f"{run.task.name}({run.parameters['day']!r}): {error}"
    >>> call_hook(tell, build_moment(load, "mon", error=ValueError("no rows")), "on_failure")
    "load('mon'): no rows"
    """
    run = _begun(definition, None if inside is None else _begun(inside, None, (), {}), args, kwargs)
    definition.bind(run)
    ending = state or _ending(run, error, result)
    run.enter(ending)
    return Moment(definition, run, run.state, error if error is not None else ending.exception)


def _begun(definition: Any, parent: Run | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
    """Make a run that is Running, past the engine, so that no listener hears of it."""
    run: Run = definition.run_class(definition, parent, args, kwargs)
    if parent is None:
        _take_no_place(run)
    run.state = run.born(PENDING)
    run.enter(State(RUNNING))
    return run


def _take_no_place(run: Run) -> None:
    """Leave the names of runs that really run as they would be without this one."""
    session.uncount(run.definition, run.ordinal)
    if isinstance(run, FlowRun):
        session.codes.give_back(run.code)


def _ending(run: Run, error: BaseException | None, result: Any) -> State[Any]:
    if error is None:
        return State(COMPLETED, None, None, result)
    if isinstance(error, Exception):
        return policies.failed(run, error)
    return State(CRASHED, None, crash_message(error), error)


def replay(event: Event) -> Moment:
    """Make what a hook was, or would have been, called with at a recorded event; its run is as it ended.

    Args:
        event: Of a recording: a state that was entered, or a hook call.

    Raises:
        LookupError: It is of another kind.

    >>> from hookcell import task
    >>> @task
    ... def load(day):
    ...     raise ValueError("no rows")
    >>> with record() as recording:
    ...     state = load("mon", return_state=True)
    >>> call_hook(lambda task, run, state: state.message, replay(recording.events[-1]))
    'Task run encountered an exception ValueError: no rows'
    """
    if event.what == "logged":
        raise LookupError(f"a line is no moment of a run: {event}; replay an event of a state or a hook")
    state: State[Any] = event.detail.state if event.what.startswith("hook") else event.detail
    error = failure_of(state) if state.type in {FAILED, CRASHED} else state.exception
    return Moment(event.run.definition, event.run, state, error)


def call_hook(fn: Any, moment: Moment, kind: str = "on_end") -> Any:
    """Call a hook as a run would, but let through what it gives or raises; an async one is awaited.

    Args:
        fn: The hook; its conditions are not asked, see `would_fire`.
        moment: What it is called with, from `build_moment` or `replay`.
        kind: What it is attached as.

    Raises:
        HookSignatureError: It could not be attached.
        BaseException: Whatever it raises.
    """
    return _inside(moment, _attached(fn, moment, kind).call)


def would_fire(fn: Any, moment: Moment, kind: str = "on_end") -> bool:
    """Whether a hook's filter by exception and its `when=` let it fire; arguments are as for `call_hook`."""
    hook = _attached(fn, moment, kind)
    return hook.call.admits(moment.error) and (hook.when is None or bool(_inside(moment, hook.when)))


def _inside(moment: Moment, call: Call) -> Any:
    token = current.set(moment.run)
    try:
        given = call(moment)
        return _awaited(given) if hasattr(given, "__await__") and not isinstance(given, Run) else given
    finally:
        current.reset(token)


def _attached(fn: Any, moment: Moment, kind: str) -> Hook:
    return plan_hook(fn, kind, "flow" if isinstance(moment.definition, Flow) else "task")


def _awaited(awaitable: Any) -> Any:
    import asyncio  # noqa: PLC0415 -- for async hooks only

    async def wait() -> Any:
        return await awaitable

    return asyncio.run(wait())
