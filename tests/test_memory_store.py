"""What a session remembers, and what it lets go."""

import gc
import importlib
import weakref

import pytest

import hookcell
from hookcell import MemoryStore, flow, session, task
from hookcell.store.memory import FAILURES, let_frames_go, places_of
from hookcell.testing import record


class Big:
    """Something that a frame's locals keep alive."""


@pytest.fixture
def store():
    store = MemoryStore(flow_runs=2, task_runs=5)
    forget = session.listen(store)
    yield store
    forget()


def failing(kept):
    def body():
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError("no")

    return body


def test_the_newest_outermost_flow_runs_are_kept(store):
    inner = flow(name="inner")(lambda: None)
    outer = flow(name="outer")(inner)
    for _ in range(3):
        outer()
    assert [run.definition.name for run in store.flow_runs] == ["outer", "outer"]


def test_task_runs_outside_a_flow_are_kept_up_to_a_number(store):
    step = task(lambda: None)
    for _ in range(7):
        step()
    assert len(store.loose_runs) == 5


def test_flow_runs_with_too_many_task_runs_below_them_go_first(store):
    step = task(lambda: None)
    many = flow(name="many")(lambda: [step() for _ in range(6)] and None)
    many()
    flow(name="next")(lambda: None)()
    assert [run.definition.name for run in store.flow_runs] == ["next"]


def test_below_one_run_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(session, "most_children", 3)
    step = task(name="step")(lambda: None)
    states = flow(lambda: [step(return_state=True) for _ in range(5)] and None)
    with record() as recording:
        states()
    root = next(event.run for event in recording.events if event.run.parent is None)
    assert [run.name for run in root.children] == ["step[2]", "step[3]", "step[4]"]


def test_only_the_newest_failure_of_a_flow_keeps_its_frames(store):
    kept = []
    fails = flow(name="fails")(failing(kept))
    states = [fails(return_state=True) for _ in range(3)]
    gc.collect()
    assert [ref() is None for ref in kept] == [True, False, False]
    fails(return_state=True)
    gc.collect()
    assert kept[1]() is None
    assert [name for _file, _line, name in places_of(states[0].exception)] == ["body"]


def test_while_a_flow_runs_a_few_of_its_failures_keep_their_frames(store):
    kept = []
    step = task(failing(kept))
    states = []
    flow(lambda: [states.append(step(return_state=True)) for _ in range(FAILURES + 2)] and None)()
    gc.collect()
    assert [ref() is None for ref in kept] == [True] * 2 + [False] * FAILURES


def test_an_exception_without_attributes_loses_its_places_and_nothing_else():
    class Bare(Exception):
        __slots__ = ()

    error = Bare("x")
    let_frames_go(error)
    assert error.__traceback__ is None


def test_reloading_the_package_does_not_remember_twice():
    before = list(session._listeners)
    importlib.reload(hookcell)
    assert session._listeners == before
