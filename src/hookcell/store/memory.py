"""What a session remembers: its newest runs, and the frames of its newest failures."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hookcell.runs import FlowRun
from hookcell.session import Listener, session
from hookcell.states import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.runs import Run
    from hookcell.states import State

FLOW_RUNS, TASK_RUNS = 20, 200_000
# While a flow runs, this many of its failures keep their frames: code may yet raise one of them again.
FAILURES = 8


class MemoryStore(Listener):
    """Keeps the last outermost runs, within a number of task runs; others live on only if somebody holds them.

    A kept exception pins every local variable of its frames, so only the newest failure of a flow keeps them; of the
    others the places stay.

    Args:
        flow_runs: How many outermost flow runs to keep.
        task_runs: How many runs below them to keep, and how many task runs outside any flow.
    """

    def __init__(self, flow_runs: int = FLOW_RUNS, task_runs: int = TASK_RUNS) -> None:
        self.flow_runs: deque[FlowRun] = deque()
        self.loose_runs: deque[Run] = deque(maxlen=task_runs)
        self._most_flow_runs, self._most_task_runs = flow_runs, task_runs
        self._pinned: dict[str, deque[State[Any]]] = {}

    def opened(self, run: Run) -> None:
        """Keep a run, and let the oldest go."""
        if not isinstance(run, FlowRun):
            self.loose_runs.append(run)
            return
        self._unpin(run.definition.name, 1)
        kept = self.flow_runs
        below = sum(_below(one) for one in kept)
        kept.append(run)
        while len(kept) > self._most_flow_runs or (below > self._most_task_runs and len(kept) > 1):
            below -= _below(kept.popleft())

    def find(self, number: int | None) -> Run | None:
        """Give the run that has a number, if it is remembered."""
        outermost = (*self.flow_runs, *self.loose_runs)
        return next((run for one in outermost for run in _with_those_below(one) if run.number == number), None)

    # -- failures

    def failed(self, run: Run, state: State[Any]) -> None:
        """Keep the frames of the newest failures only."""
        name = run.root.definition.name
        self._pinned.setdefault(name, deque()).append(state)
        self._unpin(name, FAILURES)

    def _unpin(self, name: str, most: int) -> None:
        pinned = self._pinned.get(name)
        while pinned and len(pinned) > most:
            error = failure_of(pinned.popleft())
            if all(failure_of(state) is not error for state in pinned):
                let_frames_go(error)


def _with_those_below(run: Run) -> Iterator[Run]:
    yield run
    for child in run.children:
        yield from _with_those_below(child)


def _below(run: Run) -> int:
    """Count the runs a run started; those that their children started are few and left out."""
    return len(run.below.children) if run.below is not None else 0


def let_frames_go(error: BaseException) -> None:
    """Take an exception's traceback away, but not the places it went through."""
    places = places_of(error)
    error.__traceback__ = None
    try:
        error.__dict__["_hookcell_places"] = places
    except AttributeError:  # an exception without a dict: its places are lost
        pass


def places_of(error: BaseException) -> list[tuple[str, int, str]]:
    """Give the places an exception went through, outermost first: file, line, function."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return places or getattr(error, "_hookcell_places", [])


# What this session remembers.
remembered: MemoryStore = MemoryStore()
session.listen(remembered)
