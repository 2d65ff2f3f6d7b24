"""A run's call made once more: from nothing, or with what has completed taken over."""

import contextvars
import threading

import pytest
from small_runs import LIMIT

from hookcell import CannotRunAgain, flow, session, tags, task
from hookcell.prefect import flow as prefect_flow
from hookcell.prefect import task as prefect_task
from hookcell.rerun import press
from hookcell.zenml import pipeline, step


class Shop:
    """A shop whose second task fails until it is mended, and what its tasks were called with."""

    def __init__(self):
        self.calls, self.broken = [], True

        @task(on_cached=lambda task, run, state: self.calls.append(f"cached {task.name}"))
        def load(x):
            self.calls.append(f"load {x}")
            return [x]

        @task
        def check(rows):
            self.calls.append(f"check {rows}")
            if self.broken:
                raise ValueError("price")
            return len(rows)

        self.load, self.check = load, check


@pytest.fixture
def shop():
    yield Shop()
    assert session.taken_over == {}


def test_retry_takes_over_what_completed_and_runs_the_rest(shop, recording):
    @flow
    def nightly(x):
        return shop.check(shop.load.submit(x))

    run = nightly.start(3)
    assert run.wait(LIMIT).is_failed()
    shop.broken = False
    new = run.retry()
    assert (new is run, new.background, new.result(LIMIT)) == (False, True, 1)
    assert shop.calls == ["load 3", "check [3]", "cached load", "check [3]"]
    load, check = new.children
    assert [state.name for state in load.story] == ["Pending", "Cached"]
    assert load.state.is_completed()
    assert load.state.message == f"Taken over from 'load' of run {run.name!r}."
    assert load.state.data is run.children[0].state.data
    assert [state.name for state in check.story] == ["Pending", "Running", "Completed"]


def test_again_runs_everything(shop):
    shop.broken = False

    @flow
    def nightly(x):
        return shop.check(shop.load(x))

    run = nightly.start(3)
    assert run.result(LIMIT) == run.again().result(LIMIT) == 1
    assert shop.calls == ["load 3", "check [3]"] * 2


def test_a_called_run_can_be_run_again_and_retried(shop, recording):
    @flow
    def nightly(x, *more, y=2, **rest):
        return x, more, y, rest

    nightly(1, 2, 3, y=4, z=5)
    (run,) = recording.runs
    assert run.again().result(LIMIT) == run.retry().result(LIMIT) == (1, (2, 3), 4, {"z": 5})
    assert [one.background for one in recording.runs] == [False, True, True]


def test_other_arguments_other_code_and_what_cannot_be_compared_run(shop):
    class Odd:
        def __eq__(self, other):
            raise ValueError("no truth in arrays")

        __hash__ = None

    versions = iter((lambda x: 1, lambda x: 2))
    values = iter((1, 2))

    @flow
    def nightly():
        fixed = task(name="fixed")(next(versions))
        shop.load(next(values))
        shop.load(Odd())
        return fixed(0)

    run = nightly.start()
    assert (run.result(LIMIT), run.retry().result(LIMIT)) == (1, 2)
    assert "cached load" not in shop.calls
    assert len(shop.calls) == 4


def test_the_very_same_thing_is_equal_whatever_it_says(shop):
    class Odd:
        def __eq__(self, other):
            raise ValueError("no truth in arrays")

        __hash__ = None

        def __str__(self):
            return "odd"

    odd = Odd()

    @flow
    def nightly():
        shop.load(odd)

    nightly.start().wait(LIMIT)
    run = nightly.start()
    run.wait(LIMIT)
    run.retry().wait(LIMIT)
    assert shop.calls == ["load odd", "load odd", "cached load"]


def test_each_call_of_a_task_is_paired_with_the_same_call_of_the_earlier_run(shop):
    shop.broken = False

    @flow
    def nightly():
        return [future.result() for future in shop.load.map([1, 2, 3])]

    run = nightly.start()
    assert run.result(LIMIT) == run.retry().result(LIMIT) == [[1], [2], [3]]
    assert shop.calls[3:] == ["cached load"] * 3


def test_flows_and_tasks_inside_are_paired_by_their_place(shop):
    @task
    def around(x):
        return shop.load(x)

    @flow
    def inner(x):
        return around(x)

    @flow
    def nightly():
        both = [inner(1), inner(2)]
        shop.check(both)
        return both

    run = nightly.start()
    run.wait(LIMIT)
    shop.broken = False
    new = run.retry()
    assert new.result(LIMIT) == [[1], [2]]
    assert [child.state.name for child in new.children] == ["Completed", "Completed", "Completed"]
    assert [flow_run.children[0].state.name for flow_run in new.children[:2]] == ["Cached", "Cached"]
    assert shop.calls == ["load 1", "load 2", "check [[1], [2]]", "check [[1], [2]]"]


def test_a_run_that_was_retried_can_be_retried(shop):
    @flow
    def nightly(x):
        return shop.check(shop.load(x))

    run = nightly.start(3)
    run.wait(LIMIT)
    second = run.retry()
    second.wait(LIMIT)
    shop.broken = False
    assert second.retry().result(LIMIT) == 1
    assert shop.calls == ["load 3", "check [3]", "cached load", "check [3]", "cached load", "check [3]"]


def test_a_mended_flow_retries_a_run_of_the_broken_one(shop):
    @flow
    def nightly(x):
        shop.load(x)
        raise ValueError("typo")

    broken = nightly.start(3)
    broken.wait(LIMIT)

    @flow
    def nightly(x):
        return shop.load(x)

    assert nightly.retry(broken).result(LIMIT) == [3]
    assert shop.calls == ["load 3", "cached load"]


def test_a_method_is_taken_over_for_the_same_object_only():
    calls = []

    class Store:
        @task
        def load(self, x):
            calls.append(x)
            return x

    one, other = Store(), Store()
    stores = iter((one, one, one, other))

    @flow
    def nightly():
        return next(stores).load(1), next(stores).load(2)

    run = nightly.start()
    run.wait(LIMIT)
    new = run.retry()
    new.wait(LIMIT)
    assert [child.state.name for child in new.children] == ["Cached", "Completed"]


def test_the_dialects_take_over_too():
    calls = []

    @prefect_task
    def load(x):
        calls.append(x)
        return x

    @prefect_flow
    def nightly():
        load(1)
        if len(calls) < 2:
            raise ValueError("not yet")
        return calls

    @step
    def zen_load() -> int:
        return len(calls)

    @pipeline
    def zen():
        return zen_load()

    run = nightly.start()
    run.wait(LIMIT)
    calls.append(2)
    new = run.retry()
    assert new.result(LIMIT) == [1, 2]
    assert type(new.children[0].state).__module__ == "hookcell.prefect.state"
    assert repr(new.children[0].state).startswith("Cached(message=\"Taken over from 'load-000' of run")
    run = zen.start()
    run.wait(LIMIT)
    new = run.retry()
    new.wait(LIMIT)
    assert new.steps["zen_load"].output.load() == 2


@pytest.mark.usefixtures("little_grace")
def test_what_is_cancelled_has_to_run_again(shop, go_on):
    @task
    def slow():
        shop.calls.append("slow")
        go_on.wait(LIMIT)
        return 1

    @flow
    def nightly():
        shop.load(1)
        return slow()

    run = nightly.start()
    while "slow" not in shop.calls:
        pass
    run.cancel()
    run.wait(LIMIT)
    go_on.set()
    assert run.retry().result(LIMIT) == 1
    assert shop.calls == ["load 1", "slow", "cached load", "slow"]


def test_a_task_run_can_be_run_again_and_is_never_taken_over():
    calls = []

    @task
    def count():
        calls.append(1)
        return len(calls)

    run = count.start()
    assert [run.result(LIMIT), run.again().result(LIMIT), run.retry().result(LIMIT)] == [1, 2, 3]


def test_tags_around_the_earlier_call_count_again():
    @flow(tags=["own"])
    def nightly():
        """Do nothing."""

    with tags("prod"):
        run = nightly.start()
    run.wait(LIMIT)
    assert run.again().tags == {"own", "prod"}


def test_a_run_that_is_not_over_cannot_be_retried(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)

    run = waiting.start()
    with pytest.raises(CannotRunAgain) as told:
        run.retry()
    assert str(told.value) == (
        f"flow run {run.name!r} is not over yet: write .cancel() and .wait() first, or .again() for another"
    )
    assert run.again() is not run


def test_a_run_whose_code_is_elsewhere_says_what_to_do_instead():
    @flow
    def cell():
        """Do nothing."""

    cell.only_here = "run its cell again"
    run = cell.start()
    run.wait(LIMIT)
    for act in (run.again, run.retry):
        with pytest.raises(CannotRunAgain) as told:
            act()
        assert str(told.value) == f"flow run {run.name!r} cannot be run again from here: run its cell again"


# -- by a button -------------------------------------------------------------------------------------------------------


def test_a_button_starts_the_run_in_the_context_of_its_cell(shop):
    place = contextvars.ContextVar("place", default="nowhere")
    seen = []

    @flow
    def nightly():
        seen.append(place.get())

    run = nightly.start()
    run.wait(LIMIT)
    cell = contextvars.copy_context()
    cell.run(place.set, "cell 3")
    answers = []
    thread = threading.Thread(target=lambda: answers.extend(press(action, run, cell) for action in ("again", "retry")))
    thread.start()
    thread.join(LIMIT)
    assert all(ok and told.startswith("Started ") for ok, told in answers)
    deadline = threading.Event()
    while len(seen) < 3 and not deadline.wait(0.001):
        pass
    assert seen == ["nowhere", "cell 3", "cell 3"]


@pytest.mark.usefixtures("little_grace")
def test_a_button_raises_nothing(go_on):
    @flow
    def waiting():
        go_on.wait(LIMIT)

    @prefect_flow
    def strict(x):
        """Do nothing."""

    context = contextvars.copy_context()
    run = waiting.start()
    assert press("retry", run, context)[0] is False
    assert press("cancel", run, context) == (True, "")
    run.wait(LIMIT)
    assert press("cancel", run, context) == (False, "This run has already ended.")
    assert press("dance", run, context) == (False, "There is no action 'dance'.")
    run = strict.start(1)
    run.wait(LIMIT)
    run.args = (1, 2)
    ok, told = press("again", run, context)
    assert not ok
    assert "too many positional arguments" in told
