"""Facts found in review; each moves to the file that is about its idea."""

import math
import os
import subprocess
import sys
import threading
import time

import pytest
from small_runs import LIMIT, in_flow, one, same

from hookcell import Failed, as_completed, flow, remembered, tags, task, wait
from hookcell.errors import ParameterBindError, UnknownOptionError, describe
from hookcell.states import failure_of

# -- futures


class Stubborn(BaseException):
    """What a callback may raise that is no Exception."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [Stubborn, SystemExit, KeyboardInterrupt])
def test_a_done_callback_that_wants_to_end_everything_ends_nothing(go_on, error, caplog):
    waits = task(lambda: go_on.wait(LIMIT))
    seen = []

    def leave(_):
        raise error("no")

    @flow
    def etl():
        future = waits.submit()
        future.add_done_callback(leave)
        future.add_done_callback(seen.append)
        after = one.submit(wait_for=[future])
        go_on.set()
        return future.result(LIMIT), after.result(LIMIT), len(seen)

    assert etl() == (True, 1, 1)
    assert f"a done callback of '<lambda>' raised {error.__name__}: no; the run went on" in caplog.text


def test_a_done_callback_that_is_called_at_once_raises_in_its_caller_what_is_no_exception():
    def body():
        future = one.submit()
        future.wait(LIMIT)
        with pytest.raises(Stubborn):
            future.add_done_callback(lambda _: (_ for _ in ()).throw(Stubborn()))

    in_flow(body)


@pytest.mark.parametrize("seconds", [math.inf, 1e20, 10**30])
def test_any_number_of_seconds_can_be_waited(seconds, go_on):
    waits = task(lambda: go_on.wait(LIMIT) and 1)

    def body():
        futures = waits.map([]) or [waits.submit(), waits.submit()]
        threading.Timer(0.01, go_on.set).start()
        wait(futures, seconds)
        return [future.result(seconds) for future in as_completed(futures, seconds)]

    assert in_flow(body) == [1, 1]


@pytest.mark.parametrize("seconds", [math.nan, "1", [], True])
def test_what_is_no_number_of_seconds_is_refused(seconds):
    told = f"'timeout' must be a non-negative number, got {seconds!r}; give seconds, or None for no limit"
    error = ValueError if isinstance(seconds, float) else TypeError
    for ask in (wait, as_completed):
        with pytest.raises(error) as caught:
            ask([], seconds)
        assert str(caught.value) == told


def test_many_futures_are_arranged_in_a_time_that_grows_with_their_number(go_on):
    waits = task(lambda: go_on.wait(LIMIT))

    def body():
        first = waits.submit()
        several = same.map(range(6000), wait_for=[first])
        began = time.perf_counter()
        arriving = as_completed(several)
        took = time.perf_counter() - began
        go_on.set()
        assert sum(1 for _ in arriving) == 6000
        return took

    assert in_flow(body) < 0.5


# -- objects that misbehave


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


class Untold(BaseException):
    def __str__(self):
        raise RuntimeError("no text")


def test_a_failed_state_may_hold_what_cannot_be_shown(recording):
    seen = []
    fails = flow(name="fails", on_failure=lambda flow, run, state: seen.append(state.name))(
        lambda: Failed(data=Unshown())
    )
    assert fails(return_state=True).name == "Failed"
    assert seen == ["Failed"]
    told = "Unexpected result for failed state: (Unshown, which cannot be shown) —— Unshown cannot be resolved into an "
    assert str(failure_of(fails(return_state=True))) == f"{told}exception"
    flow(lambda: 1)()
    assert remembered.flow_runs[-1].state.is_completed()  # the session still remembers


def test_a_crash_may_have_no_text():
    def dies():
        raise Untold

    crashes = flow(name="crashes")(dies)
    with pytest.raises(Untold):
        crashes(return_state=True)
    told = "Execution was interrupted by an unexpected exception: Untold: (its text cannot be had)"
    assert remembered.flow_runs[-1].state.message == told
    assert describe(Untold()) == "Untold: (its text cannot be had)"


def test_a_name_need_not_be_of_letters():
    assert flow(name="\ud800")(lambda: 1)() == 1


@pytest.mark.parametrize("tag", [5, None, ["a"]])
def test_tags_are_texts(tag):
    with pytest.raises(UnknownOptionError) as caught, tags("a", tag):
        pass
    assert str(caught.value) == f'tags(...) got {tag!r}; give texts, such as tags("a", "b")'


# -- parameters


def test_a_default_may_be_a_field():
    pydantic = pytest.importorskip("pydantic")
    made = []

    def load(x: int = pydantic.Field(3, gt=1), y: list = pydantic.Field(default_factory=lambda: made.append(1) or [7])):
        return x, y

    seen = []
    assert flow(on_end=lambda flow, run: seen.append(run.parameters))(load)() == (3, [7])
    assert seen == [{"x": 3, "y": [7]}]
    assert flow(load)("5", [1]) == (5, [1])
    assert flow(load)(y=[2]) == (3, [2])
    assert task(load)() == (3, [7])
    assert len(made) == 2


def test_a_field_without_a_default_must_be_given():
    pydantic = pytest.importorskip("pydantic")

    @flow
    def load(x: int = pydantic.Field(gt=1)):
        return x

    with pytest.raises(ParameterBindError, match="missing a required argument: 'x'"):
        load()
    assert load(2) == 2


# -- forks

FORKS = '''
import asyncio, os, sys, threading, time, warnings
from hookcell import flow, task
from hookcell.store.keyvalue import kept

warnings.simplefilter("ignore")  # Python's own, about forks beside threads


def in_child(call):
    """Give whether a call in a forked process gives something true, within five seconds."""
    if not (child := os.fork()):
        try:
            os._exit(0 if call() else 1)
        finally:
            os._exit(2)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if (ended := os.waitpid(child, os.WNOHANG))[0]:
            return ended[1] == 0
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


one = task(lambda: 1)
seen = []


async def note(flow, run, state):
    seen.append(1)


noting = flow(name="noting", on_completion=note)(lambda: 1)
slow = flow(name="slow", timeout_seconds=0.05)(lambda: time.sleep(1))


def times_out():
    return slow(return_state=True).name == "TimedOut"


@flow
def inside():
    one.submit().result()
    return in_child(lambda: one.submit().result() == 1)


def beside_writing():
    done = threading.Event()

    def write():
        while not done.is_set():
            kept.put("test", "key", 1, overwrite=True)

    threading.Thread(target=write, daemon=True).start()
    try:
        return all([in_child(lambda: kept.get("test", "key")) for _ in range(12)])
    finally:
        done.set()


one.submit().result(), noting(), times_out(), kept.put("test", "key", 1, overwrite=True)
print(
    in_child(lambda: one.submit().result() == 1),
    in_child(lambda: noting() and len(seen) == 2),
    in_child(times_out),
    inside(),
    beside_writing(),
)
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_can_submit_await_hooks_time_out_and_keep_things(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", FORKS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOOKCELL_HOME": str(tmp_path)},
    )
    assert told.stdout.split() == ["True"] * 5
