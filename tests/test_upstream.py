"""Upstream: what a run waits for, what takes its place, and what happens when it fails."""

import asyncio
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import InitVar, dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr
from small_runs import LIMIT, broken, in_flow, one, same

from hookcell import (
    Completed,
    Failed,
    Future,
    FutureList,
    State,
    StateType,
    ThreadRunner,
    UpstreamTaskError,
    allow_failure,
    flow,
    quote,
    task,
    upstream,
)
from hookcell.testing import record

# -- what a run waits for


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 -- the plain kind is what users have


@dataclass
class Box:
    value: object
    factor: InitVar[int] = 1
    made: list = field(init=False, default_factory=list)


@dataclass(frozen=True, slots=True)
class Frozen:
    value: object


@dataclass
class Checked:
    value: object

    def __post_init__(self):
        self.value = [self.value]


class Model(BaseModel):
    """Frozen, and open to fields that it does not name."""

    model_config = ConfigDict(frozen=True, extra="allow", arbitrary_types_allowed=True)
    value: Any
    count: int = 3
    _secret: str = PrivateAttr("kept")


class Words(dict):
    """A dict with a word of its own."""

    language = "la"


class Column(list):
    """A list with a name."""

    name = "price"


def boxed(future):
    box = Box(future)
    box.made.append(future)
    return box


CONTAINERS = {
    "itself": (lambda f: f, 1),
    "list": (lambda f: [f, 2], [1, 2]),
    "tuple": (lambda f: (0, f), (0, 1)),
    "set": (lambda f: {f}, {1}),
    "frozenset": (lambda f: frozenset([f, 5]), frozenset([1, 5])),
    "dict value": (lambda f: {"a": f}, {"a": 1}),
    "dict key": (lambda f: {f: "a"}, {1: "a"}),
    "deep": (lambda f: [{"a": ({"b": [f]},)}], [{"a": ({"b": [1]},)}]),
    "named tuple": (lambda f: Pair(f, [f]), Pair(1, [1])),
    "defaultdict": (lambda f: defaultdict(list, a=f), {"a": 1}),
    "ordered dict": (lambda f: OrderedDict(a=f), OrderedDict(a=1)),
    "dict subclass": (lambda f: Words(a=f), Words(a=1)),
    "mapping proxy": (lambda f: MappingProxyType({"a": f}), {"a": 1}),
    "list subclass": (lambda f: Column([f]), Column([1])),
    "deque": (lambda f: deque([0, f], 2), deque([0, 1], 2)),
    "pydantic model": (lambda f: Model(value=f), Model(value=1)),
    "pydantic model, more fields": (lambda f: Model(value=[f], more=f), Model(value=[1], more=1)),
    "counter": (lambda f: Counter({"a": f}), Counter({"a": 1})),
    "futures list": (lambda f: FutureList([f]), [1]),
    "dataclass": (lambda f: Frozen(f), Frozen(1)),  # noqa: PLW0108 -- one shape for all
    "dataclass with a check": (lambda f: Checked(f), Checked(1)),  # noqa: PLW0108
}


@pytest.mark.parametrize(("make", "expected"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_future_inside_an_argument_is_replaced_by_its_result(make, expected, recording):
    @flow
    def etl():
        future = one.submit()
        given = make(future)
        result = same.submit(given).result(LIMIT)
        assert same(x=make(future)) == result
        return result, type(result) is type(given) or isinstance(given, Future | FutureList)

    assert etl() == (expected, True)
    assert {run.name for run in recording.of("same").upstream} == {"one"}


def test_a_dataclass_with_fields_that_its_init_does_not_take_is_copied():
    def etl():
        given = boxed(one.submit())
        result = same(given)
        return result.value, result.made, given.value is given.made[0]

    assert in_flow(etl) == (1, [1], True)


def test_a_copied_container_keeps_what_is_its_own():
    def etl():
        future = one.submit()
        words, column = Words(a=future), Column([future])
        words.language, column.name = "el", "cost"
        return (
            same(defaultdict(list, a=future)),
            same(words).language,
            same(column).name,
            same(deque([future], 7)).maxlen,
        )

    made, language, name, most = in_flow(etl)
    assert (made["new"], language, name, most) == ([], "el", "cost", 7)


def test_a_copied_model_keeps_its_private_attributes_and_what_was_set():
    def etl():
        given = Model(value=one.submit(), more=2)
        return given, quote(given), same(given)

    given, quoted, copied = in_flow(etl)
    assert (copied.value, copied.count, copied.more, copied._secret) == (1, 3, 2, "kept")
    assert copied.model_fields_set == {"value", "more"}
    assert type(quoted.value.value) is Future
    assert given is not quoted.value


def test_a_type_is_no_container_of_its_fields():
    types = (Model, Box, Pair, Frozen)
    assert in_flow(lambda: same([one.submit(), *types]))[1:] == list(types)


def test_what_holds_no_future_is_passed_as_it_is():
    values = [[1, [2]], {"a": 1}, Frozen(1), object(), "text"]
    assert all(in_flow(lambda value=value: same(value) is value) for value in values)


def test_what_is_beside_a_future_is_passed_as_it_is():
    beside = [1, 2]
    assert in_flow(lambda: same([one.submit(), beside])[1] is beside)


def test_a_circle_that_holds_a_future_is_copied_as_a_circle():
    def etl():
        circle = [one.submit()]
        circle.append(circle)
        copy = same(circle)
        return copy[0], copy[1] is copy, circle[1] is circle

    assert in_flow(etl) == (1, True, True)


def in_a_circle(make):
    """A container that holds a future and itself."""
    around = {"future": one.submit()}
    around["self"] = circle = make(around)
    return circle


CIRCLES = {
    "dict": (lambda around: around, lambda copy: copy["self"]),
    "mapping proxy": (MappingProxyType, lambda copy: copy["self"]),
    "deque": (lambda around: deque([around]), lambda copy: copy[0]["self"]),
    "model": (lambda around: Model(value=around), lambda copy: copy.value["self"]),
    "dataclass": (Frozen, lambda copy: copy.value["self"]),
}


@pytest.mark.parametrize(("make", "inner"), CIRCLES.values(), ids=CIRCLES)
def test_every_container_may_stand_in_a_circle(make, inner):
    def etl():
        copied = same(in_a_circle(make))
        return quote(copied), inner(copied) is copied

    assert in_flow(etl)[1]


def test_a_state_as_an_argument_is_replaced_by_its_result():
    assert in_flow(lambda: same([one(return_state=True), Completed(data=2)])) == [1, 2]


def test_states_in_a_result_are_replaced_by_their_results_too():
    spreads = task(lambda: {"parts": [same.submit(x) for x in range(3)], "n": 3})
    assert in_flow(lambda: same(spreads.submit())) == {"parts": [0, 1, 2], "n": 3}


def test_a_run_is_not_ready_if_a_result_holds_a_failure(recording):
    spreads = task(name="spreads")(lambda: (1, broken(return_state=True)))
    with pytest.raises(UpstreamTaskError) as caught:
        in_flow(lambda: same(spreads.submit()))
    assert str(caught.value) == ("An upstream run did not reach a 'COMPLETED' state: it is Failed. KeyError: 'price'")
    assert recording.states("same") == ["Pending", "NotReady"]
    assert recording.states("spreads")[-1] == "Completed"


def test_what_is_only_waited_for_is_not_looked_into():
    spreads = task(lambda: (1, broken(return_state=True)))
    assert in_flow(lambda: same(2, wait_for=[spreads.submit()])) == 2


def test_a_flow_takes_futures_too():
    inner = flow(lambda x: x)
    assert in_flow(lambda: inner([one.submit()])) == [1]


def test_wait_for_waits_without_passing_anything(go_on, recording):
    waits = task(name="waits")(lambda: go_on.wait(LIMIT))

    @flow
    def etl():
        slow = waits.submit()
        after = same.submit(5, wait_for=[slow])
        assert after.state.name == "Pending"
        go_on.set()
        return after.result(LIMIT)

    assert etl() == 5
    assert [run.name for run in recording.of("same").upstream] == ["waits"]


@pytest.mark.parametrize("wait_for", [lambda f: f, lambda f: [f], lambda f: {"a": (f,)}], ids=["one", "list", "deep"])
def test_wait_for_takes_one_future_or_any_container(wait_for, recording):
    assert in_flow(lambda: same(5, wait_for=wait_for(one.submit()))) == 5
    assert [run.name for run in recording.of("same").upstream] == ["one"]


def test_map_passes_wait_for_to_every_run(recording):
    in_flow(lambda: same.map([1, 2], wait_for=[one.submit()]).result(LIMIT))
    assert [run.name for run in recording.of("same[0]").upstream + recording.of("same[1]").upstream] == ["one", "one"]


def test_a_run_that_waits_for_another_takes_up_no_thread(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    @flow(runner=ThreadRunner(2))
    def etl():
        slow = waits.submit()
        dependent = [same.submit(slow) for _ in range(5)]
        free = one.submit().result(LIMIT)
        go_on.set()
        return free, [future.result(LIMIT) for future in dependent]

    assert etl() == (1, [True] * 5)


def test_a_chain_of_submitted_runs_goes_through_in_one_thread():
    def chain():
        future = one.submit()
        for _ in range(20):
            future = same.submit(future)
        return future.result(LIMIT)

    assert in_flow(chain, runner=ThreadRunner(1)) == 1


def test_inline_submit_returns_when_the_run_is_over_also_behind_an_async_one():
    @task
    async def slowly():
        await asyncio.sleep(0.001)
        return 1

    here = threading.get_ident()
    where = task(lambda x: (x, threading.get_ident()))

    def etl():
        future = where.submit(slowly.submit())
        return future.done(), future.result()

    assert in_flow(etl, runner="inline") == (True, (1, here))


# -- upstream runs that did not complete


def chain_of(*steps):
    """Record a flow whose steps each get the future of the one before; the first one fails."""

    def etl():
        future = broken.submit()
        for step in steps:
            future = step.submit(future)

    with record() as recording:
        in_flow(etl, runner="inline")
    return recording


def test_a_task_behind_a_failed_one_is_not_ready_and_never_runs():
    recording = chain_of(task(name="after")(lambda x: x))
    run = recording.of("after")
    assert [state.name for state in run.story] == ["Pending", "NotReady"]
    assert run.state.message == (
        "Upstream task run 'broken' did not reach a 'COMPLETED' state: it is Failed. KeyError: 'price'"
    )


def test_at_the_end_of_a_chain_the_root_cause_is_told():
    recording = chain_of(task(name="first")(lambda x: x), task(name="second")(lambda x: x))
    error = recording.of("second").state.exception
    assert type(error) is UpstreamTaskError
    assert str(error) == (
        "Upstream task run 'first' did not reach a 'COMPLETED' state: it is NotReady. KeyError: 'price'"
    )
    assert isinstance(error.__cause__, KeyError)


def test_its_on_end_hooks_fire_and_no_other():
    hooks = []
    kinds = ("on_running", "on_failure", "on_cancellation", "on_crashed", "on_completion", "on_end")
    attached = {kind: lambda task, run, state, kind=kind: hooks.append((kind, state.name)) for kind in kinds}
    chain_of(task(**attached)(lambda x: x))
    assert hooks == [("on_end", "NotReady")]


@pytest.mark.parametrize("call", [same, lambda f: same.submit(f).result(LIMIT)], ids=["call", "submit"])
def test_asking_for_its_result_raises_the_upstream_error(call):
    with pytest.raises(UpstreamTaskError, match=r"KeyError: 'price'$"):
        in_flow(lambda: call(broken.submit()))


def test_a_failed_state_as_an_argument_is_an_upstream_too():
    with pytest.raises(UpstreamTaskError) as caught:
        in_flow(lambda: same(Failed(message="the disk is full")))
    assert str(caught.value) == (
        "An upstream run did not reach a 'COMPLETED' state: it is Failed. FailedRun: the disk is full"
    )


class Known(State):
    """A dialect's state, which knows its run."""

    __slots__ = ()
    whose = "flow run 'crimson-fox'"


def test_a_failed_state_that_knows_its_run_names_it():
    with pytest.raises(UpstreamTaskError) as caught:
        in_flow(lambda: same(Known(StateType.FAILED, message="the disk is full")))
    assert str(caught.value) == (
        "Upstream flow run 'crimson-fox' did not reach a 'COMPLETED' state: it is Failed. FailedRun: the disk is full"
    )


def test_wait_for_a_failed_run_is_not_ready_either(recording):
    in_flow(lambda: same.submit(1, wait_for=[broken.submit()]).wait(LIMIT))
    assert recording.states("same") == ["Pending", "NotReady"]


# -- failures that nobody looked at


def notes_of(body):
    with record() as recording:
        flow(name="around")(body)(return_state=True)
    return recording.of("around").notes


def test_a_failure_that_nobody_looked_at_is_noted():
    assert notes_of(lambda: broken.submit() and None) == (
        "task run 'broken' failed and nobody looked at it: Task run encountered an exception KeyError: 'price'",
    )


LOOKS = {
    "result": lambda future: future.result(LIMIT, raise_on_failure=False) and None,
    "state": lambda future: (future.wait(LIMIT), future.state, None)[2],
    "returned": lambda future: future,
    "returned in a list": lambda future: [future, 1],
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_failure_that_somebody_looked_at_is_not_noted(look):
    assert notes_of(lambda: look(broken.submit())) == ()


AFTER = {
    "result of what waited": lambda future: same.submit(future).result(LIMIT, raise_on_failure=False) and None,
    "result of what waited for that": lambda future: (
        same.submit(same.submit(future)).result(LIMIT, raise_on_failure=False) and None
    ),
    "call with it": lambda future: same(future, return_state=True) and None,
    "call that waits for it": lambda future: same(1, wait_for=[future], return_state=True) and None,
    "call that waits for one that may fail too": lambda future: (
        same(1, wait_for=[allow_failure(broken.submit()), future], return_state=True) and None
    ),
    "result of what waited for its run": lambda future: (
        future.wait(LIMIT),
        same.submit(1, wait_for=[future.run]).result(LIMIT, raise_on_failure=False),
        None,
    )[2],
}


@pytest.mark.parametrize("look", AFTER.values(), ids=AFTER)
def test_a_failure_that_was_told_as_the_reason_of_another_is_not_noted(look):
    assert notes_of(lambda: look(broken.submit())) == ()


def chain(length):
    """Give the futures of runs each of which waits for the one before; the first one fails."""
    futures = [broken.submit()]
    for _ in range(length):
        futures.append(same.submit(futures[-1]))
    return futures


IN_CHAINS = {
    "looked at": lambda future: future.state,
    "given to a call": lambda future: same(future, return_state=True),
}


@pytest.mark.parametrize("look", IN_CHAINS.values(), ids=IN_CHAINS)
def test_who_is_to_blame_for_runs_in_a_chain_is_asked_a_few_times_for_each(look, monkeypatch):
    asked, to_blame = [], upstream.to_blame
    monkeypatch.setattr(upstream, "to_blame", lambda awaited: asked.append(1) or to_blame(awaited))

    @flow(runner="inline")
    def around():
        for future in chain(50)[1:]:
            look(future)

    around()
    assert len(asked) <= 6 * 50  # half the square of it, were each followed to the root


def test_the_root_of_a_chain_is_seen_to_if_one_between_was_looked_at_before():
    def body():
        futures = chain(6)
        futures[3].result(LIMIT, raise_on_failure=False)
        same(futures[-1], return_state=True)

    assert notes_of(body) == ()


def test_a_failure_that_a_cancelled_run_did_not_come_to_is_noted(go_on):
    def body():
        future = broken.submit()
        future.wait(LIMIT)
        after = same.submit(future, wait_for=[task(go_on.wait).submit(LIMIT)])
        after.cancel()
        assert after.result(LIMIT, raise_on_failure=False)
        assert after.state.name == "Cancelled"
        go_on.set()

    assert len(notes_of(body)) == 1


def test_a_failure_beside_the_one_that_was_told_is_noted():
    def body():
        same.submit([broken.submit(), broken.submit()]).result(LIMIT, raise_on_failure=False)

    assert notes_of(body) == (
        "task run 'broken[1]' failed and nobody looked at it: Task run encountered an exception KeyError: 'price'",
    )


def test_a_failure_whose_follower_nobody_looked_at_is_noted():
    assert len(notes_of(lambda: same.submit(broken.submit()).wait(LIMIT))) == 1


def test_waiting_for_a_failure_is_not_looking_at_it():
    assert len(notes_of(lambda: broken.submit().wait(LIMIT))) == 1
