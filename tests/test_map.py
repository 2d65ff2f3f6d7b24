"""Map: a task once for each item."""

import io

import pytest
from small_runs import LIMIT, broken, in_flow, same

from hookcell import (
    Failed,
    Future,
    FutureList,
    MappingLengthMismatch,
    MappingMissingIterable,
    UpstreamTaskError,
    allow_failure,
    flow,
    opaque,
    quote,
    task,
    unmapped,
)

both = task(lambda x, y: (x, y))


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
        "make them as long as each other, or put what every run shall get as it is into unmapped(...)"
    )


def test_nothing_to_map_over_is_an_error():
    with pytest.raises(MappingMissingIterable) as caught:
        in_flow(lambda: same.map(3, "ab"))
    assert str(caught.value) == "no argument of same.map(...) is iterable; pass a list, or call same.submit(...)"


def test_what_iterates_but_is_meant_as_one_thing_goes_to_every_run():
    whole = [io.StringIO("a\nb"), bytearray(b"ab"), NoDimension()]
    assert in_flow(lambda: [both.map([1], one).result(LIMIT)[0][1] for one in whole]) == whole


class NoDimension:
    """Has `__iter__` and cannot be gone through, as an array of no dimension."""

    def __iter__(self):
        raise TypeError("iteration over a 0-d array")


def test_a_default_is_not_mapped_over():
    add = task(lambda x, y=(1, 4): x + sum(y))
    assert in_flow(lambda: add.map([1, 2]).result(LIMIT)) == [6, 7]


# -- a future or state to map over


@pytest.mark.parametrize(
    "numbers", [lambda: same.submit([1, 2]), lambda: same([1, 2], return_state=True)], ids=["future", "state"]
)
def test_a_future_or_state_is_mapped_over_by_its_result(numbers):
    assert in_flow(lambda: both.map(numbers(), y=3).result(LIMIT)) == [(1, 3), (2, 3)]


def test_the_runs_depend_on_the_future_that_was_mapped_over_and_on_what_was_waited_for(recording):
    first = task(name="first")(lambda: 0)
    in_flow(lambda: same.map(same.submit([1, 2]), wait_for=[first.submit()]).wait(LIMIT))
    assert [[run.name for run in recording.of(name).upstream] for name in ("same[1]", "same[2]")] == [
        ["same", "first"],
        ["same", "first"],
    ]


def test_a_result_that_is_not_iterable_goes_to_every_run():
    assert in_flow(lambda: both.map([1, 2], same.submit(5)).result(LIMIT)) == [(1, 5), (2, 5)]


@pytest.mark.parametrize("failing", [broken.submit, lambda: Failed(data=KeyError("price"))], ids=["future", "state"])
def test_a_failure_cannot_be_mapped_over(failing):
    with pytest.raises(UpstreamTaskError, match=r"did not reach a 'COMPLETED' state: it is Failed. KeyError: 'price'$"):
        in_flow(lambda: same.map(failing()))


# -- annotations


UNMAPPED = {
    "list": lambda: [4, 5],
    "future of a list": lambda: same.submit([4, 5]),
    "list of futures": lambda: [same.submit(4), same.submit(5)],
}


@pytest.mark.parametrize("value", UNMAPPED.values(), ids=UNMAPPED)
def test_unmapped_goes_to_every_run_as_one(value):
    assert in_flow(lambda: both.map([1, 2, 3], unmapped(value())).result(LIMIT)) == [(x, [4, 5]) for x in (1, 2, 3)]


def test_unmapped_of_everything_leaves_nothing_to_map_over():
    with pytest.raises(MappingMissingIterable):
        same.map(unmapped([1, 2]))


@pytest.mark.parametrize("annotation", [allow_failure, opaque, quote])
def test_what_is_in_another_annotation_is_mapped_over_item_by_item(annotation):
    assert in_flow(lambda: both.map(annotation([1, 2]), [3, 4]).result(LIMIT)) == [(1, 3), (2, 4)]
    assert in_flow(lambda: both.map(annotation(1), [3, 4]).result(LIMIT)) == [(1, 3), (1, 4)]


def test_each_item_of_a_quoted_list_is_quoted():
    kind = task(lambda x, y: (type(x), y))
    assert in_flow(lambda: kind.map(quote(same.map([1, 2])), [3, 4]).result(LIMIT)) == [(Future, 3), (Future, 4)]


def test_each_item_of_a_list_may_have_failed():
    odd = task(lambda x: x if x % 2 else {}[x])

    def etl():
        return [type(result) for result in same.map(allow_failure(odd.map([1, 2, 3]))).result(LIMIT)]

    assert in_flow(etl) == [int, KeyError, int]


def test_a_future_in_an_annotation_is_left_to_the_runs():
    kind = task(lambda x, y: (x, type(y)))

    def etl():
        failed = kind.map([1, 2], allow_failure(broken.submit())).result(LIMIT)
        whole = both.map([1], opaque(same.submit([4, 5]))).result(LIMIT)
        return failed, whole, kind.map([1], quote(same.submit(4))).result(LIMIT)

    assert in_flow(etl) == ([(1, KeyError), (2, KeyError)], [(1, [4, 5])], [(1, Future)])


@pytest.mark.parametrize(("outer", "inner"), [(unmapped, allow_failure), (allow_failure, unmapped)])
def test_unmapped_and_another_annotation_mean_both_in_either_order(outer, inner):
    (result,) = in_flow(lambda: both.map([1], outer(inner([broken.submit(), 2]))).result(LIMIT))
    assert (type(result[1][0]), result[1][1]) == (KeyError, 2)


# -- the list of futures


def test_a_list_of_futures_gives_all_results_in_order_or_raises_the_first_failure():
    @task
    def odd(x):
        if x % 2:
            raise ValueError(x)
        return x

    @flow
    def etl():
        futures = odd.map(range(4))
        futures.wait(LIMIT)
        with pytest.raises(ValueError, match=r"^1$"):
            futures.result(LIMIT)
        return [str(result) for result in futures.result(raise_on_failure=False)], [s.name for s in futures.states]

    assert etl() == (["0", "1", "2", "3"], ["Completed", "Failed", "Completed", "Failed"])


def test_a_list_of_futures_raises_a_failure_though_an_earlier_one_is_not_over(go_on):
    fails_second = task(lambda x: go_on.wait(LIMIT) if x == 0 else {}[x])

    @flow
    def etl():
        futures = fails_second.map(range(2))
        with pytest.raises(KeyError):
            futures.result(LIMIT)
        still = not futures[0].done()
        with pytest.raises(KeyError):  # now that it is known from the start
            futures.result(LIMIT)
        go_on.set()
        return still, type(futures.result(LIMIT, raise_on_failure=False)[1])

    assert etl() == (True, KeyError)


def test_a_timeout_error_of_a_tasks_own_is_raised_as_it_is():
    @task
    def slow(x):
        raise TimeoutError("the database did not answer")

    with pytest.raises(TimeoutError, match=r"^the database did not answer$"):
        in_flow(lambda: slow.map([1, 2]).result(LIMIT))


def test_a_future_that_is_in_a_list_twice_gives_its_result_twice():
    def etl():
        future = same.submit(1)
        return FutureList([future, same.submit(2), future]).result(LIMIT)

    assert in_flow(etl) == [1, 2, 1]


def test_a_list_of_futures_says_how_many_were_late(go_on):
    waits = task(lambda x: x or go_on.wait(LIMIT))

    @flow
    def etl():
        futures = waits.map([0, 1, 0])
        futures[1].wait(LIMIT)
        futures.wait(0.001)
        with pytest.raises(TimeoutError) as caught:
            futures.result(0.001)
        assert str(caught.value) == (
            "Timed out waiting for all futures to complete within 0.001 seconds; 2 of 3 task runs are not over"
        )
        go_on.set()

    etl()
