"""Once more: the call that a run is of is made again, from nothing, or with what has completed taken over."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hookcell import background
from hookcell.definitions import tags
from hookcell.errors import CannotRunAgain, describe
from hookcell.runs import SPENT, FlowRun, Run, TaskRun, flow_run_of
from hookcell.states import COMPLETED, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context

    Key = tuple[str, int]


def again(run: Run) -> Run:
    """Make a run's call once more, from nothing; see `Run.again`."""
    __tracebackhide__ = True
    return _started(_definition_of(run), run, None)


def retry(run: Run, definition: Any = None) -> Run:
    """Make a run's call once more, with what has completed taken over; see `Run.retry`.

    Args:
        run: The earlier run.
        definition: What to call instead of the run's own definition, which may have been replaced.
    """
    __tracebackhide__ = True
    definition = definition or _definition_of(run)
    if run.scope is not SPENT:
        raise CannotRunAgain(
            f"{_title(run)} is not over yet: write .cancel() and .wait() first, or .again() for another"
        )
    return _started(definition, run, TakenOver(run))


def _started(definition: Any, run: Run, taken_over: TakenOver | None) -> Run:
    __tracebackhide__ = True
    with tags(*run._tags):
        return background.start(definition, run.args, dict(run.kwargs or {}), taken_over=taken_over)


def _definition_of(run: Run) -> Any:
    """Give the flow or task of a run, if it can be called once more.

    Raises:
        CannotRunAgain: It cannot.
    """
    definition: Any = run.definition
    if definition.only_here is not None:
        raise CannotRunAgain(f"{_title(run)} cannot be run again from here: {definition.only_here}")
    return definition


def _title(run: Run) -> str:
    return f"{run.definition.kind} run {run.name!r}"


def press(action: str, run: Run, context: Context) -> tuple[bool, str]:
    """Do what somebody has pressed a button for; raises nothing, and may be called by any thread.

    Args:
        action: "cancel", "again" or "retry".
        run: The run that it is about.
        context: That of the cell that shows the run: a new run is shown, and prints, there.

    Returns:
        Whether it was done, and a sentence for the one who pressed.
    """
    try:
        return context.copy().run(_pressed, action, run)
    except Exception as error:  # noqa: BLE001 -- whatever a call raises that is made again, its view goes on
        return False, str(error) if isinstance(error, CannotRunAgain) else describe(error)


def _pressed(action: str, run: Run) -> tuple[bool, str]:
    if action == "cancel":
        return (True, "") if run.cancel() else (False, "This run has already ended.")
    if action not in _BUTTONS:
        return False, f"There is no action {action!r}."
    return True, f"Started {_BUTTONS[action](run).name}."


_BUTTONS: dict[str, Callable[[Run], Run]] = {"again": again, "retry": retry}


# -- what is taken over --------------------------------------------------------------------------------------------


class TakenOver:
    """What an earlier run gives to the one that goes over it again: the results of its task runs that completed.

    Each flow run below it is paired with one below the earlier run: the first run of a flow there with the first, and
    so on.
    """

    def __init__(self, earlier: Run) -> None:
        self._name = earlier.name
        # The earlier flow run for each of the new ones, by number; the outermost one is paired when it comes.
        self._pairs: dict[int, Run | None] = {}
        self._root: Run | None = earlier
        self._counts: dict[Key, int] = defaultdict(int)
        self._tables: dict[int, dict[tuple[type, str, int], Run]] = {}

    def __call__(self, run: Run) -> State[Any] | None:
        """Give the state that a run ends in at once; None if it has to run."""
        if isinstance(run, TaskRun):
            past = self._past(run, TaskRun, run.ordinal) if run.parent is not None else None
            return self._cached(run, past) if past is not None else None
        if run.parent is None:
            self._pairs[run.number], self._root = self._root, None
        elif (around := flow_run_of(run.parent)) is not None:
            key = run.definition.name, around.number
            self._counts[key] += 1
            self._pairs[run.number] = self._past(run, FlowRun, self._counts[key] - 1)
        return None

    def _past(self, run: Run, kind: type[Run], place: int) -> Run | None:
        around = flow_run_of(run.parent)
        pair = self._pairs.get(around.number) if around is not None else None
        if pair is None:
            return None
        if pair.number not in self._tables:
            self._tables[pair.number] = _table(pair)
        return self._tables[pair.number].get((kind, run.definition.name, place))

    def _cached(self, run: Run, past: Run) -> State[Any] | None:
        if past.state.type is not COMPLETED or not _same_call(run, past):
            return None
        return State(COMPLETED, "Cached", f"Taken over from {past.name!r} of run {self._name!r}.", past.state.data)


def _table(flow_run: Run) -> dict[tuple[type, str, int], Run]:
    """Give the runs of a flow run: a task run by its ordinal, a flow run by its place among those of its flow."""
    table: dict[tuple[type, str, int], Run] = {}
    counts: dict[str, int] = defaultdict(int)
    for run in _of_flow_run(flow_run):
        name = run.definition.name
        if isinstance(run, TaskRun):
            table[TaskRun, name, run.ordinal] = run
        else:
            table[FlowRun, name, counts[name]] = run
            counts[name] += 1
    return table


def _of_flow_run(run: Run) -> Iterator[Run]:
    """Walk the runs below a flow run, in order of start, and not into the flow runs among them."""
    for child in run.children:
        yield child
        if not isinstance(child, FlowRun):
            yield from _of_flow_run(child)


def _same_call(run: Run, past: Run) -> bool:
    """Whether two runs are of the same code with equal arguments; what cannot be compared is not equal."""
    if _code(run.definition) is not _code(past.definition) and _code(run.definition) != _code(past.definition):
        return False
    try:
        return _equal(run, past)
    except Exception:  # noqa: BLE001 -- what `==` does is the user's code
        return False


def _code(definition: Any) -> Any:
    fn = getattr(definition.fn, "__func__", definition.fn)
    return getattr(fn, "__code__", fn)


def _equal(run: Run, past: Run) -> bool:
    one, other = run.definition.arguments_of(run), past.definition.arguments_of(past)
    return one.keys() == other.keys() and all(_alike(value, other[name]) for name, value in one.items())


def _alike(value: Any, other: Any) -> bool:
    return value is other or (type(value) is type(other) and bool(value == other))
