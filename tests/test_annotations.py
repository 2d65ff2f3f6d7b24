"""Annotations: what a caller says about an argument, and what the function is given."""

import copy
import pickle

import pytest
from small_runs import LIMIT, broken, in_flow, one, same

from hookcell import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Future,
    Pending,
    State,
    UpstreamTaskError,
    allow_failure,
    flow,
    opaque,
    quote,
    task,
    unmapped,
)

ANNOTATIONS = [unmapped, allow_failure, quote, opaque]
kind_of = task(name="kind_of")(type)
CALLS = {"call": lambda step, *args: step(*args), "submit": lambda step, *args: step.submit(*args).result(LIMIT)}
either_way = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


# -- what they are


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_an_annotation_holds_a_value_and_says_so(annotation):
    held = annotation([1])
    assert held.value is held.unwrap()
    assert repr(held) == f"{annotation.__name__}([1])"
    assert held.rewrap(2) == annotation(2)


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_annotations_are_equal_if_their_kinds_and_values_are(annotation):
    assert annotation(1) == annotation(1)
    assert hash(annotation(1)) == hash(annotation(1))
    assert annotation(1) != annotation(2)
    assert annotation(1) != 1
    assert len({each(1) for each in ANNOTATIONS}) == len(ANNOTATIONS)


class Sheet:
    """Like a table of numbers: comparing two gives a third one, which is neither true nor false."""

    def __eq__(self, other):
        return self

    def __hash__(self):
        return 1

    def __bool__(self):
        raise ValueError("ambiguous")


def test_an_annotation_is_equal_to_itself_whatever_its_value_makes_of_comparisons():
    sheet = Sheet()
    assert quote(sheet) == quote(sheet)


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_an_annotation_can_be_copied_and_pickled(annotation):
    held = annotation([1])
    assert [pickle.loads(pickle.dumps(held)), copy.copy(held), copy.deepcopy(held)] == [held] * 3  # noqa: S301 -- ours


def test_a_quote_can_be_unquoted():
    assert quote([1]).unquote() == [1]


def test_unmapped_has_its_value_at_every_place_and_is_no_iterable():
    held = unmapped("x")
    assert [held[0], held[99]] == ["x", "x"]
    with pytest.raises(TypeError):
        iter(held)


def test_an_annotation_without_a_value_is_an_error():
    with pytest.raises(TypeError, match="value"):
        quote()


# -- any of them


@either_way
@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_the_function_gets_the_value_and_not_the_annotation(annotation, call):
    value = [object()]
    assert in_flow(lambda: call(same, annotation(value)) is value)
    assert in_flow(lambda: call(same, [annotation(value)])[0] is value)


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_a_flow_gets_the_value_too_and_it_is_the_value_that_is_validated(annotation):
    @flow
    def etl(x: int):
        return x + 1

    assert etl(annotation("41")) == 42


@pytest.mark.parametrize("annotation", [unmapped, allow_failure, opaque])
def test_of_an_annotated_future_the_function_gets_the_result(annotation, recording):
    assert in_flow(lambda: same.submit(x=annotation(one.submit())).result(LIMIT)) == 1
    assert [run.name for run in recording.of("same").upstream] == ["one"]


# -- quote


@either_way
@pytest.mark.parametrize("upstream", [one, broken])
def test_a_quoted_future_is_passed_as_a_future(upstream, call):
    assert in_flow(lambda: call(kind_of, quote(upstream.submit()))) is Future


@either_way
def test_nothing_in_a_quoted_container_is_replaced_or_waited_for(call, go_on, recording):
    waits = task(lambda: go_on.wait(LIMIT))

    def etl():
        future = waits.submit()
        inside = call(task(lambda x: (type(x[0]), x[0].done())), quote([future]))
        go_on.set()
        return inside

    assert in_flow(etl) == (Future, False)


def test_what_is_beside_a_quote_is_replaced():
    mixed = task(lambda x: (x[0], type(x[1])))
    assert in_flow(lambda: mixed([one.submit(), quote(one.submit())])) == (1, Future)


class NotToBeSearched(list):
    """Fails the test that searches it."""

    def __iter__(self):
        raise AssertionError


@pytest.mark.parametrize("annotation", [quote, opaque])
def test_what_is_quoted_or_opaque_is_not_searched(annotation):
    large = NotToBeSearched()
    assert in_flow(lambda: task(lambda x: x is large)(annotation(large)))


def test_an_annotation_in_a_quote_is_part_of_the_value():
    assert in_flow(lambda: same(quote(allow_failure(3)))) == allow_failure(3)


@pytest.mark.parametrize("definition", [flow, task])
def test_a_returned_quote_is_a_result_like_any_other(definition):
    state = definition(lambda: quote(broken(return_state=True)))(return_state=True)
    assert state.is_completed()
    assert state.message is None
    assert state.result().unquote().is_failed()


def test_a_returned_quote_in_a_list_makes_it_a_list_of_more_than_states():
    state = flow(lambda: [Failed(), quote(Failed())])(return_state=True)
    assert (state.name, state.message) == ("Completed", None)


def test_futures_in_a_returned_annotation_become_states_unless_quoted():
    allowed, quoted, closed, direct = in_flow(
        lambda: (allow_failure([one.submit()]), quote([one.submit()]), opaque([one.submit()]), opaque(one.submit()))
    )
    assert (type(allowed), [type(item) for item in allowed.value]) == (allow_failure, [State])
    assert [type(item) for item in (*quoted.value, *closed.value)] == [Future, Future]
    assert type(direct.value) is State


def test_a_returned_value_whose_quote_holds_futures_is_not_copied():
    def etl():
        value = [quote([one.submit()])]
        return value, quote(value)

    value, quoted = in_flow(etl)
    assert quoted.value is value


# -- opaque


@either_way
def test_only_what_is_opaque_itself_is_replaced_and_nothing_in_it(call):
    assert in_flow(lambda: call(same, opaque(one.submit()))) == 1
    assert in_flow(lambda: call(task(lambda x: type(x[0])), opaque([one.submit()]))) is Future


def test_an_opaque_result_is_not_searched():
    large = NotToBeSearched()
    produces = task(lambda: quote(large))
    assert in_flow(lambda: same(opaque(produces.submit())).value is large)


def test_an_opaque_failure_is_a_failure():
    with pytest.raises(UpstreamTaskError):
        in_flow(lambda: same(opaque(broken.submit())))


# -- allow_failure


@either_way
def test_the_function_gets_the_exception_of_a_failure_that_is_allowed(call):
    assert in_flow(lambda: call(kind_of, allow_failure(broken.submit()))) is KeyError


NESTED = {
    "around": lambda future: allow_failure([{"a": future}, 1]),
    "inside": lambda future: [{"a": allow_failure(future)}, 1],
}


@either_way
@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
def test_failures_are_allowed_however_deep(nested, call):
    given = task(lambda x: (type(x[0]["a"]), x[1]))
    assert in_flow(lambda: call(given, nested(broken.submit()))) == (KeyError, 1)


@pytest.mark.parametrize("wait_for", [lambda f: [allow_failure(f)], lambda f: allow_failure([f])], ids=["in", "around"])
def test_wait_for_takes_failures_that_are_allowed(wait_for, recording):
    assert in_flow(lambda: same(2, wait_for=wait_for(broken.submit()))) == 2
    assert [run.name for run in recording.of("same").upstream] == ["broken"]


def test_quoted_futures_in_wait_for_are_not_waited_for(go_on):
    waits = task(lambda: go_on.wait(LIMIT))
    assert in_flow(lambda: same(2, wait_for=[quote(waits.submit())]) and go_on.set()) is None


def test_of_a_run_that_was_not_ready_the_function_gets_the_upstream_error():
    def etl():
        return repr(same(allow_failure(same.submit(broken.submit()))))

    assert in_flow(etl) == (
        "UpstreamTaskError(\"Upstream task run 'broken' did not reach a 'COMPLETED' state: it is Failed. "
        "KeyError: 'price'\")"
    )


GIVEN = {
    "an exception": (Failed(data=KeyError("price")), "KeyError('price')"),
    "a message": (Failed(message="the disk is full"), "FailedRun('the disk is full')"),
    "data": (Failed(data=5), "5"),
    "states": (Failed(data=[Completed(data=1), Failed(message="no")]), "[1, FailedRun('no')]"),
}


@pytest.mark.parametrize(("failed", "given"), GIVEN.values(), ids=GIVEN)
def test_of_a_failed_state_the_function_gets_what_it_holds(failed, given):
    assert repr(in_flow(lambda: same(allow_failure(failed)))) == given


@pytest.mark.parametrize("state", [Cancelled(), Crashed(), Pending()], ids=lambda state: state.name)
def test_only_failures_are_allowed(state):
    with pytest.raises(UpstreamTaskError, match=f"it is {state.name}"):
        in_flow(lambda: same(allow_failure(state)))


def test_a_failure_that_is_allowed_once_and_not_another_time_is_not():
    both = task(lambda x, y: x)

    def etl():
        future = broken.submit()
        return both.submit(allow_failure(future), future).result(LIMIT)

    with pytest.raises(UpstreamTaskError):
        in_flow(etl)


def test_a_list_may_be_allowed_to_hold_failures_in_one_place_and_not_in_another():
    def etl():
        failures = [broken.submit()]
        return same([allow_failure(failures), failures])

    with pytest.raises(UpstreamTaskError):
        in_flow(etl)


def test_a_circle_around_an_annotation_is_copied_as_a_circle():
    def etl():
        circle = [broken.submit()]
        circle.append(allow_failure(circle))
        allowed = same(allow_failure(circle))
        return type(allowed[0]), allowed[1] is allowed

    assert in_flow(etl) == (KeyError, True)


def test_a_failure_that_is_allowed_counts_as_looked_at(recording):
    in_flow(lambda: (same(allow_failure(broken.submit())), same(1, wait_for=[allow_failure(broken.submit())])))
    assert recording.of("around").notes == ()


ORDERS = {
    "opaque in allow_failure": lambda future: allow_failure(opaque(future)),
    "allow_failure in opaque": lambda future: opaque(allow_failure(future)),
    "unmapped in allow_failure": lambda future: allow_failure(unmapped(future)),
    "allow_failure in unmapped": lambda future: unmapped(allow_failure(future)),
}


@pytest.mark.parametrize("annotated", ORDERS.values(), ids=ORDERS)
def test_annotations_around_each_other_all_count_in_any_order(annotated):
    assert in_flow(lambda: kind_of(annotated(broken.submit()))) is KeyError


def test_allow_failure_around_a_quote_is_a_quote():
    assert in_flow(lambda: kind_of(allow_failure(quote(broken.submit())))) is Future
