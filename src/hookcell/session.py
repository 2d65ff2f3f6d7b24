"""The session: what the runs of one process share, and who is told of what happens to them."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any, Protocol

from hookcell.errors import describe
from hookcell.hooks import NO_HOOKS, Hooks
from hookcell.names import Codes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hookcell.hooks import Hook, HookRun
    from hookcell.runs import Run
    from hookcell.states import State


class Definition(Protocol):
    """What a run needs to know of its flow or task."""

    kind: str
    name: str
    fn: Callable[..., Any]
    is_async: bool
    hooks: Hooks
    retries: int
    retry_jitter_factor: float | None
    retry_condition: Hook | None
    naming: Hook | None
    timeout_seconds: float | None
    tags: frozenset[str]

    def delay_before(self, attempt: int) -> float:
        """Give the seconds to wait before an attempt (2 for the first retry)."""

    def bind(self, run: Run) -> None:
        """Check and convert the run's arguments in place."""

    def parameters_of(self, run: Run) -> dict[str, Any]:
        """Give the run's arguments by name, defaults included."""

    def arguments_of(self, run: Run) -> dict[str, Any]:
        """Give the run's parameters, and before them the instance or class that a method is bound to."""


class FlowDefinition(Definition, Protocol):
    """What a flow run needs to know of its flow."""

    each_task: Hooks
    make_runner: Callable[[], Any]
    options: dict[str, Any]


class Listener:
    """Is told of everything that happens to runs; override what you want to hear.

    Methods are called on the thread that moves the run, without a lock held. They must only enqueue (at most a
    microsecond); one that raises is switched off with one warning.
    """

    def created(self, run: Run) -> None:
        """A run exists, and has entered its first state."""

    def opened(self, run: Run) -> None:
        """An outermost run exists; `created` is told too."""

    def moved(self, run: Run, state: State[Any]) -> None:
        """A run has entered a state."""

    def failed(self, run: Run, state: State[Any]) -> None:
        """A run has failed or crashed for good; `moved` has been told too."""

    def hook_began(self, run: Run, hook_run: HookRun) -> None:
        """A hook is about to be called."""

    def hook_ended(self, run: Run, hook_run: HookRun) -> None:
        """A hook call has ended, one way or another."""

    def logged(self, run: Run, line: str) -> None:
        """Something worth telling the user happened to a run."""


class Acts(Protocol):
    """What can be asked of a run that floors above know how to do."""

    def wait(self, run: Run, timeout: float | None) -> State[Any]:
        """Block until a run is over."""

    def result(self, run: Run, timeout: float | None) -> Any:
        """Block until a run is over; give its result, or raise what ended it."""

    def awaited(self, run: Run) -> Generator[Any, None, Any]:
        """Wait for a run on an event loop."""

    def again(self, run: Run) -> Run:
        """Make the same call once more, in the background."""

    def retry(self, run: Run) -> Run:
        """Make the same call once more, with what completed taken over."""

    def show(self, run: Run) -> None:
        """Show a run here and now."""


EVENTS: tuple[str, ...] = ("opened", "created", "moved", "failed", "hook_began", "hook_ended", "logged")


class Session:
    """What the runs of one process share: numbers, names, listeners and session-wide hooks."""

    def __init__(self) -> None:
        # Bits of a UUID version 8 (free form): random per session, so that a counter can fill the rest.
        self.bits: int = int.from_bytes(os.urandom(9), "big") << 56
        self.word: str = f"{self.bits >> 96:08x}"[-8:]
        self.numbers: itertools.count[int] = itertools.count(1)
        self.codes: Codes = Codes()
        self.counts: dict[str, int] = {}
        self.hooks: Hooks = NO_HOOKS
        # Of more runs than this below one run the oldest are forgotten.
        self.most_children: int = 200_000
        # Puts a run before whoever looks at this notebook; None where there is no view, as in a script.
        self.show_run: Callable[[Run], Any] | None = None
        # Of outermost runs that go over an earlier one again, by number: gives the state of a run below that is over
        # before it begins. Empty but while such a run is open, so that others need not look.
        self.taken_over: dict[int, Callable[[Run], State[Any] | None]] = {}
        self._listeners: list[Listener] = []
        self._tables()

    def _tables(self) -> None:
        """Keep one tuple of bound methods an event: an event nobody listens to costs one truth test."""
        for event in EVENTS:
            base = getattr(Listener, event)
            heard = [one for one in self._listeners if getattr(type(one), event, base) is not base]
            setattr(self, event, tuple(getattr(one, event) for one in heard))

    # Put in place by the door.
    acts: Acts

    opened: tuple[Callable[[Run], None], ...]
    created: tuple[Callable[[Run], None], ...]
    moved: tuple[Callable[[Run, State[Any]], None], ...]
    failed: tuple[Callable[[Run, State[Any]], None], ...]
    hook_began: tuple[Callable[[Run, HookRun], None], ...]
    hook_ended: tuple[Callable[[Run, HookRun], None], ...]
    logged: tuple[Callable[[Run, str], None], ...]

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; the function returned removes it."""
        self._listeners.append(listener)
        self._tables()
        return lambda: self.ignore(listener)

    def ignore(self, listener: Listener) -> None:
        """Remove a listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)
            self._tables()

    # Two methods, because to pass on any number of arguments takes thrice as long, and this is on every run's path.

    def tell_of(self, run: Run, listeners: tuple[Callable[[Run], None], ...]) -> None:
        """Tell listeners of a run; one that raises is removed, because a broken view must not break runs."""
        for listen in listeners:
            try:
                listen(run)
            except BaseException as error:  # noqa: BLE001 -- whatever a listener raises, the run goes on
                self._switch_off(listen, error)

    def tell(self, run: Run, listeners: tuple[Callable[[Run, Any], None], ...], what: Any) -> None:
        """Tell listeners what happened to a run; one that raises is removed, as above."""
        for listen in listeners:
            try:
                listen(run, what)
            except BaseException as error:  # noqa: BLE001 -- as above
                self._switch_off(listen, error)

    def _switch_off(self, listen: Any, error: BaseException) -> None:
        self.ignore(listen.__self__)
        raised = f"Listener {type(listen.__self__).__name__!r} raised {describe(error)}"
        self.warn(f"{raised} in {listen.__name__}(); it is switched off, runs go on.")

    def warn(self, line: str, error: BaseException | None = None) -> None:
        """Write a line to the log, with the traceback of an error if there is one."""
        import logging  # noqa: PLC0415 -- there is seldom anything to say, and logging is slow to import

        try:
            logging.getLogger("hookcell").warning("%s", line, exc_info=error)
        except Exception:  # noqa: BLE001, S110 -- a log handler is the user's code, and there is no other place to tell
            pass

    def nth(self, definition: Definition) -> int:
        """Count the runs of a definition that have no parent."""
        key = f"{definition.kind} {definition.name}"
        count = self.counts.get(key, 0)
        self.counts[key] = count + 1
        return count

    def uncount(self, definition: Definition, ordinal: int) -> None:
        """Take a run out of the count again, unless others have been counted since."""
        key = f"{definition.kind} {definition.name}"
        if self.counts.get(key) == ordinal + 1:
            self.counts[key] = ordinal


session: Session = Session()
