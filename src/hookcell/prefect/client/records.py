"""This session's records: its runs by id, the runs that a client made, and the lines of their logs."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hookcell.log import remembered_logs
from hookcell.names import words_of
from hookcell.prefect.client.schemas.objects import Flow, Log
from hookcell.prefect.exceptions import ObjectNotFound
from hookcell.prefect.inputs import inputs_of
from hookcell.prefect.made_states import Pending
from hookcell.prefect.runs import FlowRun, Record, TaskRun, id_of_flow
from hookcell.prefect.state import State, tracking_id
from hookcell.runs import Run, current, flow_run_of
from hookcell.session import session
from hookcell.states import StateType, story_of
from hookcell.store.memory import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NUMBER = (1 << 56) - 1


# -- runs that a client made -----------------------------------------------------------------------------------------


class Made(Record):
    """A run that a client made: it is known, and nothing runs it."""

    number: int
    state: State[Any]
    run_count: int

    @property
    def state_type(self) -> StateType:
        """The present state's type."""
        return self.state.type

    @property
    def state_name(self) -> str:
        """The present state's name."""
        return self.state.name

    def enter(self, state: State[Any]) -> None:
        """Set the state."""
        state.before, self.state = self.state, state
        if state.type is StateType.RUNNING:
            self.run_count += 1


class MadeFlowRun(Made):
    """A flow run that a client made."""


class MadeTaskRun(Made):
    """A task run that a client made."""


MOST_MADE = 10_000
# The newest of them.
made: deque[Made] = deque(maxlen=MOST_MADE)


def make(kind: type[Made], definition: Any, name: str | None, state: State[Any] | None, **known: Any) -> Any:
    """Make a run that nothing runs, and keep it.

    Args:
        kind: Which kind of run.
        definition: Its flow or task.
        name: What to call it; words if None.
        state: What it is in; Pending if None.
        **known: Its other attributes.
    """
    state = state if state is not None else Pending()
    number = next(session.numbers)
    run = kind(
        id=UUID(int=session.bits | number),
        number=number,
        name=name or words_of(session.codes.take(definition.name, session.nth(definition))),
        definition=definition,
        state=state,
        run_count=0,
        expected_start_time=state.state_details.scheduled_time or datetime.now(UTC),
        **known,
    )
    made.append(run)
    return run


# -- looking for runs ------------------------------------------------------------------------------------------------


def every_run() -> Iterator[Any]:
    """Give every run that this session knows: outermost first, each followed by those below it."""
    outermost = {id(run): run for run in (*remembered.flow_runs, *remembered.loose_runs)}
    if (here := current.get()) is not None:
        outermost.setdefault(id(here.root), here.root)  # it may be older than what is remembered
    for run in outermost.values():
        yield from _with_those_below(run)
    yield from tuple(made)


def _with_those_below(run: Run) -> Iterator[Run]:
    yield run
    for child in run.children:
        yield from _with_those_below(child)


def flow_runs() -> list[Any]:
    """Give every run of the dialect's flows that this session knows, in the order they were made."""
    return _in_order(run for run in every_run() if isinstance(run, FlowRun | MadeFlowRun))


def task_runs() -> list[Any]:
    """Give every run of the dialect's tasks, and those that stand for subflows, in the order they were made."""
    known = tuple(every_run())
    tasks = [run for run in known if isinstance(run, TaskRun | MadeTaskRun)]
    return _in_order([*tasks, *(stand_in(run) for run in known if _is_subflow(run) and _is_of_last_try(run))])


# -- subflows, which are task runs too for the flow around them --------------------------------------------------------


def stand_in(subflow: Any) -> MadeTaskRun:
    """Give the task run that stands for a subflow run in the flow run around it, as it is now."""
    around = flow_run_of(subflow.parent)
    around_id = None if around is None else around.id
    id_ = tracking_id(subflow.id)
    ids = {"flow_run_id": around_id, "task_run_id": id_, "child_flow_run_id": subflow.id}
    details = replace(subflow.state.state_details, **ids)
    key = str(_count_before(subflow))
    return MadeTaskRun(
        id=id_,
        number=subflow.number,
        name=f"{subflow.definition.name}-{key}",
        dynamic_key=key,
        definition=subflow.definition,
        flow_run_id=around_id,
        state=subflow.state.model_copy(update={"state_details": details}),
        run_count=subflow.run_count,
        tags=subflow.tags,
        expected_start_time=subflow.expected_start_time,
        start_time=subflow.start_time,
        end_time=subflow.end_time,
        task_version=subflow.flow_version,
        task_inputs=inputs_of(subflow),
    )


def _is_subflow(run: Any) -> bool:
    return isinstance(run, FlowRun) and run.parent is not None


def _count_before(subflow: Run) -> int:
    """Count the runs of its flow that the code around has started before it."""
    siblings: tuple[Any, ...] = subflow.parent.children if subflow.parent is not None else ()
    name, number = subflow.definition.name, subflow.number
    return sum(_is_subflow(one) and one.definition.name == name and one.number < number for one in siblings)


def _is_of_last_try(run: Any) -> bool:
    """Whether the run around has not been tried again since; then another one stands in the place of this."""
    tries = [state.at for state in run.parent.story if state.type is StateType.RUNNING]
    return not tries or run.story[0].at >= tries[-1]


def _in_order(runs: Iterable[Any]) -> list[Any]:
    return sorted(runs, key=lambda run: run.number)


def run_of(id_: UUID | str, what: str, *kinds: type) -> Any:
    """Give the run that has an id.

    Args:
        id_: The id.
        what: What it shall be, for the message.
        kinds: Its class.

    Raises:
        ObjectNotFound: This session has no record of it.
    """
    known = _as_id(id_)
    run = None if known is None else _numbered(known) or _standing_in(known)
    if not isinstance(run, kinds):
        raise ObjectNotFound(
            f"this session has no record of a {what} with the id {str(id_)!r}; it knows its own newest runs only"
        )
    return run


def _as_id(id_: Any) -> UUID | None:
    if isinstance(id_, UUID):
        return id_
    try:
        return UUID(str(id_))
    except ValueError:
        return None


def _numbered(id_: UUID) -> Run | None:
    """Give the run of this session whose number an id is made of."""
    number = id_.int & _NUMBER
    if id_.int != session.bits | number:
        return None
    return next((run for run in every_run() if run.number == number), None)


def _standing_in(id_: UUID) -> MadeTaskRun | None:
    subflows = (run for run in every_run() if _is_subflow(run) and tracking_id(run.id) == id_)
    return next(map(stand_in, subflows), None)


def states_of(run: Any) -> list[Any]:
    """Give the states of a run, oldest first."""
    return [*story_of(run.state)][::-1]


def flow_run_around(task_run: Any) -> Any:
    """Give the flow run that a task run is in; None if there is none, or none is known."""
    if isinstance(task_run, Run):
        return flow_run_of(task_run)
    return None if task_run.flow_run_id is None else _numbered(task_run.flow_run_id)


# -- logs ------------------------------------------------------------------------------------------------------------


def lines() -> list[Log]:
    """Give the newest lines of this session's runs, oldest first."""
    return [
        Log(line.logger, line.level, line.message, line.timestamp, _as_id(line.flow_run_id), _as_id(line.task_run_id))
        for line in tuple(remembered_logs)
    ]


# -- flows -----------------------------------------------------------------------------------------------------------


def flow_of(flow_run: Any) -> Flow:
    """Give the flow of a flow run."""
    flow = flow_run.definition
    return Flow(id_of_flow(flow.name), flow.name, tuple(sorted(flow.tags)), getattr(flow, "version", None))


def flows() -> dict[UUID, Flow]:
    """Give every flow that has a run, by id."""
    return {known.id: known for known in map(flow_of, flow_runs())}
