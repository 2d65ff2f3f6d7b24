"""Background runs where futures may stand: in `wait_for`, `wait` and `as_completed`."""

import re
import threading

import pytest
from small_runs import LIMIT, in_flow, one, same

from hookcell import CancelledRun, Future, SelfWaitError, UpstreamTaskError, as_completed, flow, runs, task, wait


@pytest.fixture
def slow(go_on):
    """A background run that goes on until it is told to end, with a flow that ends at once."""
    run = flow(lambda: go_on.wait(LIMIT), name="slow").start()
    yield run
    go_on.set()
    run.wait(LIMIT)


@pytest.fixture
def failed():
    run = flow(lambda: {}["key"], name="fails").start()
    run.wait(LIMIT)
    return run


# -- wait_for


SEVERAL = {"list": lambda run: [run], "tuple": lambda run: (run,), "set": lambda run: {run}, "one": lambda run: run}


@pytest.mark.parametrize("several", SEVERAL)
@pytest.mark.parametrize("definition", ["flow", "task"])
def test_a_run_in_wait_for_is_waited_for(slow, go_on, several, definition):
    waits = {"flow": flow(lambda: slow.over, name="after"), "task": task(lambda: slow.over, name="after")}[definition]
    run = waits.start(wait_for=SEVERAL[several](slow))
    assert run.state.name == "Pending"
    go_on.set()
    assert run.result(LIMIT) is True
    assert run.upstream == (slow,)


def test_a_submitted_task_waits_for_a_run_too(slow, go_on):
    def body():
        future = task(lambda: slow.over).submit(wait_for=[slow, one.submit()])
        go_on.set()
        return future.result(LIMIT)

    assert in_flow(body) is True


def test_a_run_that_is_over_is_not_waited_for():
    run = flow(lambda: 1).start()
    run.wait(LIMIT)
    assert same(2, wait_for=[run]) == 2


def test_a_run_that_was_called_counts_as_it_ended(recording):
    flow(lambda: 1, name="called")()
    [run] = recording.runs
    assert same(2, wait_for=run) == 2


def test_what_waits_for_a_run_that_failed_is_not_ready(failed):
    with pytest.raises(UpstreamTaskError, match=re.escape("did not reach a 'COMPLETED' state: it is Failed.")):
        same(2, wait_for=[failed])


def test_an_open_run_that_fails_is_named(go_on):
    @flow
    def fails():
        go_on.wait(LIMIT)
        raise KeyError("key")

    run = fails.start()
    after = flow(lambda: None).start(wait_for=[run])
    go_on.set()
    with pytest.raises(UpstreamTaskError) as caught:
        after.result(LIMIT)
    told = f"Upstream flow run {run.name!r} did not reach a 'COMPLETED' state: it is Failed. KeyError: 'key'"
    assert str(caught.value) == told


def test_a_run_as_an_argument_is_the_run_itself(slow):
    assert same(slow) is slow


def test_a_run_cannot_wait_for_the_run_it_is_part_of():
    @flow
    def whole():
        return same(1, wait_for=[runs.current.get()])

    run = whole.start()
    told = f"flow run {run.name!r} would wait for itself: wait for it outside its code and its hooks"
    with pytest.raises(SelfWaitError, match=re.escape(told)):
        run.result(LIMIT)


# -- wait and as_completed


def test_wait_sorts_runs_into_those_that_are_over_and_the_others(slow, failed):
    futures = []
    done, not_done = wait([slow, failed, *futures], timeout=0)
    assert (done, not_done) == ({failed}, {slow})


def test_wait_waits_for_runs_and_futures_together(slow, go_on):
    def body():
        future = task(lambda: go_on.set() or 1, name="ends").submit()
        return wait([slow, future], LIMIT), future

    (done, not_done), future = in_flow(body)
    assert (done, not_done) == ({slow, future}, set())


def test_runs_are_given_as_they_end(slow, go_on):
    def body():
        given = as_completed([slow, quick])
        first = next(given)
        go_on.set()
        return [first, *given]

    quick = flow(lambda: 1, name="quick").start()
    assert in_flow(body) == [quick, slow]


def test_a_run_and_its_future_are_both_done_at_its_end(slow, go_on):
    future = slow.future
    go_on.set()
    assert isinstance(future, Future)
    assert wait([slow, future], LIMIT).done == {slow, future}


def test_a_cancelled_run_is_over_for_those_who_wait(slow, little_grace):
    slow.cancel()
    assert wait([slow], LIMIT).done == {slow}
    with pytest.raises(CancelledRun):
        slow.result(LIMIT)


@pytest.mark.parametrize("asked", [wait, as_completed])
def test_a_run_cannot_wait_for_itself_among_others(asked, slow):
    @flow
    def whole():
        asked([slow, runs.current.get()])

    run = whole.start()
    told = f"flow run {run.name!r} would wait for itself: wait for it outside its code and its hooks"
    with pytest.raises(SelfWaitError, match=re.escape(told)):
        run.result(LIMIT)


@pytest.mark.parametrize("asked", [wait, as_completed])
def test_one_run_instead_of_several_is_an_error_that_says_what_to_write(asked, slow):
    with pytest.raises(TypeError) as caught:
        asked(slow)
    assert str(caught.value) == f"{asked.__name__} got one run instead of several; write {asked.__name__}([run])"


@pytest.mark.parametrize("asked", [wait, as_completed])
def test_a_called_run_that_goes_on_elsewhere_is_an_error_that_says_what_to_write(asked, go_on):
    begun, thread_runs = threading.Event(), []

    @flow
    def elsewhere():
        thread_runs.append(runs.current.get())
        begun.set()
        go_on.wait(LIMIT)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert begun.wait(LIMIT)
    [run] = thread_runs
    with pytest.raises(TypeError) as caught:
        asked([run])
    assert str(caught.value) == f"{asked.__name__} got {run!r}, which was called, and is not over; write run.wait()"
    go_on.set()
    thread.join()
