"""Background runs where futures may stand: in `wait_for`, `wait` and `as_completed`."""

import os
import re
import signal
import sys
import threading

import pytest
from small_runs import LIMIT, in_flow, one, same

from hookcell import (
    CancelledRun,
    Future,
    RunInterrupted,
    SelfWaitError,
    UpstreamTaskError,
    allow_failure,
    as_completed,
    blocking,
    flow,
    leaving,
    opaque,
    quote,
    runs,
    task,
    unseen,
    wait,
)


@pytest.fixture
def slow(go_on):
    """A background run that goes on until it is told to end, with a flow that ends at once."""
    run = flow(lambda: go_on.wait(LIMIT), name="slow").start()
    yield run
    go_on.set()
    run.wait(LIMIT)


@pytest.fixture
def failed():
    """A background run that has failed, and nobody has asked for its end."""
    run = flow(lambda: {}["key"], name="fails").start()
    until_over(run)
    return run


def until_over(run):
    """Let the end of a run come, without asking for it."""
    while run in leaving.open_runs():
        pass


@pytest.fixture
def called(go_on):
    """A run that was called, and goes on in another thread."""
    begun, found = threading.Event(), []

    @flow
    def elsewhere():
        found.append(runs.current.get())
        begun.set()
        go_on.wait(LIMIT)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert begun.wait(LIMIT)
    yield found[0]
    go_on.set()
    thread.join(LIMIT)


# -- wait_for


SEVERAL = {
    "one": lambda run: run,
    "list": lambda run: [run],
    "tuple": lambda run: (run,),
    "set": lambda run: {run},
    "list in a list": lambda run: [[run]],
    "dictionary": lambda run: {"s": run},
    "allowed to fail": allow_failure,
    "allowed to fail in a list": lambda run: [allow_failure(run)],
    "opaque": opaque,
    "list allowed to fail": lambda run: allow_failure([run]),
}


@pytest.mark.parametrize("several", SEVERAL)
@pytest.mark.parametrize("definition", ["flow", "task"])
def test_a_run_in_wait_for_is_waited_for(slow, go_on, several, definition):
    waits = {"flow": flow(lambda: slow.over, name="after"), "task": task(lambda: slow.over, name="after")}[definition]
    run = waits.start(wait_for=SEVERAL[several](slow))
    assert run.state.name == "Pending"
    go_on.set()
    assert run.result(LIMIT) is True
    assert run.upstream == (slow,)


def test_a_quoted_run_is_not_waited_for(slow):
    assert same(2, wait_for=quote(slow)) == 2


def test_a_list_that_is_an_argument_too_is_looked_into_in_wait_for(slow, go_on):
    several = [slow]
    run = flow(lambda given: slow.over, name="after").start(several, wait_for=several)
    go_on.set()
    assert run.result(LIMIT) is True


def test_each_run_of_a_map_over_a_future_waits_for_a_run(slow, go_on):
    def body():
        items = task(lambda: [1, 2]).submit()
        futures = task(lambda x: slow.over).map(items, wait_for=[slow])
        go_on.set()
        return futures.result(LIMIT)

    assert in_flow(body) == [True, True]


def test_a_run_that_failed_may_be_allowed_to(failed):
    assert same(2, wait_for=allow_failure([failed])) == 2


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
    with pytest.raises(UpstreamTaskError) as caught:
        same(2, wait_for=[failed])
    told = f"Upstream flow run {failed.name!r} did not reach a 'COMPLETED' state: it is Failed. KeyError: 'key'"
    assert str(caught.value) == told


def test_a_run_that_is_over_is_upstream_as_an_open_one_is(recording, failed):
    same(2, wait_for=[failed], return_state=True)
    assert recording.of("same").upstream == (failed,)


def test_a_run_that_was_called_and_goes_on_elsewhere_cannot_be_waited_for(called):
    with pytest.raises(TypeError) as caught:
        same(2, wait_for=[called])
    assert str(caught.value) == f"wait_for got {called!r}, which was called, and is not over; write run.wait()"


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


def test_a_run_and_its_future_are_both_given_at_its_end(slow, go_on):
    future = slow.future
    go_on.set()
    assert set(as_completed([slow, future], LIMIT)) == {slow, future}


def test_a_run_and_its_future_both_count_as_unfinished(slow):
    with pytest.raises(TimeoutError, match=re.escape("2 (of 2) futures unfinished")):
        next(as_completed([slow, slow.future], 0))


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
def test_a_called_run_that_goes_on_elsewhere_is_an_error_that_says_what_to_write(asked, called):
    with pytest.raises(TypeError) as caught:
        asked([called])
    assert str(caught.value) == f"{asked.__name__} got {called!r}, which was called, and is not over; write run.wait()"


# -- an Interrupt outside any run


@pytest.fixture
def pressed(monkeypatch):
    """Interrupt is pressed when the first wait has begun."""
    stand_still = blocking.stand_still

    def press(*args):
        monkeypatch.setattr(blocking, "stand_still", stand_still)
        os.kill(os.getpid(), signal.SIGINT)
        stand_still(*args)

    monkeypatch.setattr(blocking, "stand_still", press)


at_the_keyboard = pytest.mark.skipif(sys.platform == "win32", reason="nobody can interrupt himself on Windows")
every_way = pytest.mark.parametrize("asked", [wait, lambda several: next(as_completed(several))])


@at_the_keyboard
@every_way
@pytest.mark.usefixtures("pressed")
def test_an_interrupt_ends_the_wait_and_not_the_run(asked, slow, failed):
    with pytest.raises(RunInterrupted) as caught:
        asked([slow, slow.future])
    told = f"the wait was interrupted; flow run {slow.name!r} goes on, and its cancel() stops it"
    assert (str(caught.value), slow.over) == (told, False)


@at_the_keyboard
@every_way
@pytest.mark.usefixtures("pressed")
def test_an_interrupt_of_a_wait_for_several_runs_says_how_many_go_on(asked, slow, go_on):
    other = flow(lambda: go_on.wait(LIMIT), name="other").start()
    with pytest.raises(RunInterrupted) as caught:
        asked([slow, other])
    assert str(caught.value) == "the wait was interrupted; 2 runs go on, and the cancel() of each stops it"


# -- a failure that was asked for, or told as the reason of another, is not told again


def told_of(*several):
    """The notes of runs, once they are over and all has been told that was to be."""
    assert leaving.wait_for_all(LIMIT)
    unseen.tell_all()
    return [run.notes for run in several]


def fails_later(go_on):
    @flow
    def fails():
        go_on.wait(LIMIT)
        raise KeyError("key")

    return fails.start()


REASONS = {
    "call": lambda run: same(2, wait_for=[run], return_state=True),
    "submit": lambda run: in_flow(
        lambda: same.submit(2, wait_for=[run]).result(LIMIT, raise_on_failure=False) and None
    ),
    "start": lambda run: same.start(2, wait_for=[run]).wait(LIMIT),
    "allowed to fail": lambda run: same(2, wait_for=[allow_failure(run)]),
}


@pytest.mark.parametrize("told", REASONS.values(), ids=REASONS)
def test_a_failure_of_a_run_that_is_over_is_told_once_as_a_reason(told, failed):
    told(failed)
    assert told_of(failed) == [()]


@pytest.mark.parametrize("told", REASONS.values(), ids=REASONS)
def test_a_failure_of_an_open_run_is_told_once_as_a_reason(told, go_on):
    run = fails_later(go_on)
    threading.Timer(0.001, go_on.set).start()
    told(run)
    assert told_of(run) == [()]


def test_a_failure_is_told_if_nobody_asks_for_what_waited_for_it(failed):
    same.start(2, wait_for=[failed])
    assert told_of(failed) == [(f"flow run {failed.name!r} failed in the background: KeyError: 'key'",)]


@pytest.mark.parametrize("asked", [wait, lambda several: list(as_completed(several))])
def test_who_waits_for_runs_has_asked_for_their_ends(asked, failed, go_on):
    run = fails_later(go_on)
    threading.Timer(0.001, go_on.set).start()
    asked([failed, run])
    assert told_of(failed, run) == [(), ()]


def test_a_failure_while_somebody_waits_for_another_run_too_is_not_told(slow, go_on, monkeypatch):
    ended = threading.Event()
    run = fails_later(ended)
    run.future.on_done(lambda: (unseen.tell_all(), go_on.set()))
    monkeypatch.setattr(blocking, "stand_still", lambda *args, still=blocking.stand_still: (ended.set(), still(*args)))
    wait([slow, run], LIMIT)
    assert told_of(run) == [()]


def test_a_failure_that_was_not_there_yet_when_the_time_was_up_is_told(go_on):
    run = fails_later(go_on)
    assert wait([run], 0).not_done == {run}
    go_on.set()
    assert len(told_of(run)[0]) == 1


@pytest.fixture
def ends_as_pressed(monkeypatch):
    """A run that fails when a wait has begun; then Interrupt is pressed."""
    end = threading.Event()
    run = fails_later(end)

    def press(*args, stand_still=blocking.stand_still):
        monkeypatch.setattr(blocking, "stand_still", stand_still)
        end.set()
        until_over(run)
        os.kill(os.getpid(), signal.SIGINT)
        stand_still(*args)

    monkeypatch.setattr(blocking, "stand_still", press)
    return run


@at_the_keyboard
def test_a_failure_during_a_wait_that_was_interrupted_is_told(slow, go_on, ends_as_pressed):
    with pytest.raises(RunInterrupted):
        wait([slow, ends_as_pressed])
    go_on.set()
    assert len(told_of(ends_as_pressed)[0]) == 1


@at_the_keyboard
def test_an_interrupt_at_the_end_of_a_wait_does_not_say_that_something_goes_on(ends_as_pressed):
    with pytest.raises(RunInterrupted, match=r"^the wait was interrupted$"):
        wait([ends_as_pressed])


@at_the_keyboard
@pytest.mark.usefixtures("pressed")
def test_a_failure_that_was_asked_for_before_a_wait_that_was_interrupted_is_not_told(slow, go_on, failed):
    failed.wait()
    with pytest.raises(RunInterrupted):
        wait([slow, failed])
    go_on.set()
    assert told_of(failed) == [()]


def test_a_failure_that_as_completed_was_left_before_is_told(failed):
    other = flow(lambda: 1).start()
    other.wait(LIMIT)
    assert next(as_completed([other, failed])) is other
    assert len(told_of(failed)[0]) == 1
