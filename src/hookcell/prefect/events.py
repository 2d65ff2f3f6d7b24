"""Events: things that a run's code says have happened. They are kept with the run, and sent nowhere."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from hookcell.prefect.elsewhere import stubs_of
from hookcell.runs import current

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hookcell.runs import Run

MOST_EVENTS = 10_000


@dataclass(frozen=True)
class Event:
    """Something that has happened.

    Attributes:
        event: What, in words with dots: "page.fetched".
        resource: To what, by labels; "prefect.resource.id" is its id.
        occurred: When (UTC).
        related: Labels of what else has to do with it.
        payload: What else there is to know.
        id: What it is known by.
        follows: The id of the event it comes after.
    """

    event: str
    resource: Mapping[str, str]
    occurred: datetime
    related: tuple[Mapping[str, str], ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)
    follows: UUID | None = None


# The newest events, each with the number of the run whose code it came from.
_kept: deque[tuple[int | None, Event]] = deque(maxlen=MOST_EVENTS)


def emit_event(
    event: str,
    resource: Mapping[str, str],
    occurred: datetime | None = None,
    related: Iterable[Mapping[str, str]] | None = None,
    payload: Mapping[str, Any] | None = None,
    id: UUID | None = None,  # noqa: A002 -- Prefect's word
    follows: Event | None = None,
) -> Event:
    """Say that something has happened; `events_of(run)` has it.

    Args:
        event: What, in words with dots.
        resource: To what, by labels.
        occurred: When (UTC); now if None.
        related: Labels of what else has to do with it.
        payload: What else there is to know.
        id: What it is known by; made up if None.
        follows: The event it comes after.
    """
    made = Event(
        event,
        dict(resource),
        occurred or datetime.now(UTC),
        tuple(dict(one) for one in related or ()),
        dict(payload or {}),
        id or uuid4(),
        follows.id if follows is not None else None,
    )
    run = current.get()
    _kept.append((None if run is None else run.number, made))
    return made


def events_of(run: Run | None) -> list[Event]:
    """Give the events that a run's code and hooks have emitted, oldest first; of None, those from outside runs.

    >>> from hookcell.prefect import flow
    >>> from hookcell.prefect.events import emit_event, events_of
    >>> @flow(on_completion=[lambda flow, run, state: print([one.event for one in events_of(run)])])
    ... def nightly():
    ...     emit_event("page.fetched", {"prefect.resource.id": "page.1"})
    >>> nightly()
    ['page.fetched']
    """
    number = None if run is None else run.number
    return [event for of, event in tuple(_kept) if of == number]


_NAMES = """
Action Automation AutomationCore CallWebhook CancelFlowRun ChangeFlowRunState CompoundTrigger
DeploymentCompoundTrigger DeploymentEventTrigger DeploymentMetricTrigger DeploymentSequenceTrigger DoNothing
EventTrigger FlowRunSubscriber MetricTrigger Posture RunDeployment SendNotification SequenceTrigger Trigger
get_events_client get_events_subscriber
"""
__getattr__ = stubs_of("events", "write a hook: it runs when a run changes its state", _NAMES)

__all__ = ["Event", "emit_event", "events_of"]
