"""Map: a task once for each item."""

import threading

import pytest

from hookcell import (
    MappingLengthMismatch,
    MappingMissingIterable,
    flow,
    task,
)
from hookcell.testing import record

LIMIT = 5  # seconds after which a test that should not wait gives up


@task
def same(x=None, **more):
    return x


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def go_on():
    """An event that tasks wait for; set when the test is over, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def in_flow(body, **options):
    """Run a body as a flow."""
    return flow(name="around", **options)(body)()


def test_map_runs_once_for_each_item_in_order():
    add = task(lambda x, y: x + y)
    assert in_flow(lambda: add.map([1, 2, 3], [10, 20, 30]).result(LIMIT)) == [11, 22, 33]


@pytest.mark.parametrize("items", [[1, 2], (1, 2), range(1, 3), iter([1, 2]), {1: "a", 2: "b"}], ids=type)
def test_map_takes_any_iterable(items):
    assert in_flow(lambda: same.map(items).result(LIMIT)) == [1, 2]


def test_arguments_that_are_not_iterable_go_to_every_run_and_so_do_texts():
    both = task(lambda x, y, z=0, *, k: (x, y, z, k))
    mapped = in_flow(lambda: both.map([1, 2], 5, "ab", k=b"cd").result(LIMIT))
    assert mapped == [(1, 5, "ab", b"cd"), (2, 5, "ab", b"cd")]


def test_keyword_arguments_are_mapped_too():
    both = task(lambda x, y: (x, y))
    assert in_flow(lambda: both.map(x=[1, 2], y=[3, 4]).result(LIMIT)) == [(1, 3), (2, 4)]


def test_map_over_nothing_gives_nothing():
    assert in_flow(lambda: same.map([]).result(LIMIT)) == []


def test_map_over_a_futures_list_maps_over_its_items():
    assert in_flow(lambda: same.map(same.submit([1, 2, 3])).result(LIMIT)) == [1, 2, 3]


def test_map_over_the_futures_of_a_map_depends_item_by_item(recording):
    double = task(name="double")(lambda x: 2 * x)
    assert in_flow(lambda: double.map(double.map([1, 2])).result(LIMIT)) == [4, 8]
    assert [run.name for run in recording.of("double[3]").upstream] == ["double[1]"]


def test_iterables_of_different_lengths_are_an_error():
    add = task(name="add")(lambda x, y: x + y)
    with pytest.raises(MappingLengthMismatch) as caught:
        in_flow(lambda: add.map([1, 2], y=[1]))
    assert str(caught.value) == (
        "the iterables given to add.map(...) differ in length: argument 1 has 2, argument y has 1; "
        "make them as long as each other"
    )


def test_nothing_to_map_over_is_an_error():
    with pytest.raises(MappingMissingIterable) as caught:
        in_flow(lambda: same.map(3, "ab"))
    assert str(caught.value) == "no argument of same.map(...) is iterable; pass a list, or call same.submit(...)"


def test_a_list_of_futures_raises_the_first_failure_in_order_or_gives_all():
    @task
    def odd(x):
        if x % 2:
            raise ValueError(x)
        return x

    @flow
    def etl():
        futures = odd.map(range(4))
        with pytest.raises(ValueError, match=r"^1$"):
            futures.result(LIMIT)
        return [str(result) for result in futures.result(raise_on_failure=False)], [s.name for s in futures.states]

    assert etl() == (["0", "1", "2", "3"], ["Completed", "Failed", "Completed", "Failed"])


def test_a_list_of_futures_says_how_many_were_late(go_on):
    waits = task(lambda x: x or go_on.wait(LIMIT))

    @flow
    def etl():
        futures = waits.map([0, 1, 0])
        futures[1].wait(LIMIT)
        futures.wait(0.001)
        with pytest.raises(TimeoutError) as caught:
            futures.result(0.001)
        assert str(caught.value) == "2 of 3 task runs did not complete within 0.001 seconds"
        go_on.set()

    etl()
