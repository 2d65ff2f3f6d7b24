"""Listeners are told of everything in order and can break nothing; `hookcell.testing` records what they hear."""

# ruff: noqa: T201 -- what hooks print is what this is about

import asyncio
import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_runs import LIMIT

from hookcell import Listener, flow, hook, session, task
from hookcell.session import EVENTS
from hookcell.testing import capture_prints, instant_retries, record


class Everything(Listener):
    """Notes every event with the names of what it is about."""

    def __init__(self):
        self.heard = []


def _note(event):
    def told(self, run, detail=None):
        self.heard.append((event, run.definition.name, str(getattr(detail, "name", detail))))

    return told


for _event in EVENTS:
    setattr(Everything, _event, _note(_event))


@pytest.fixture
def listener():
    listener = Everything()
    forget = session.listen(listener)
    yield listener
    forget()


def raises(error):
    def body():
        raise error

    return body


# -- what they are told


def test_a_listener_hears_everything_in_order(listener):
    def notify():
        """Do nothing."""

    step = task(name="step", on_completion=notify)(lambda: 1)
    flow(name="etl")(step)()
    assert listener.heard == [
        ("opened", "etl", "None"),
        ("created", "etl", "None"),
        ("moved", "etl", "Running"),
        ("created", "step", "None"),
        ("moved", "step", "Running"),
        ("moved", "step", "Completed"),
        ("hook_began", "step", "notify"),
        ("hook_ended", "step", "notify"),
        ("moved", "etl", "Completed"),
    ]


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_failure_or_crash_is_told_once_it_is_for_good(error, listener):
    with instant_retries():
        try:
            flow(name="etl", retries=2)(raises(error))(return_state=True)
        except SystemExit:
            pass
    ended = "Failed" if error is ValueError else "Crashed"
    assert [heard for heard in listener.heard if heard[0] == "failed"] == [("failed", "etl", ended)]


def test_a_note_is_told(listener):
    flow(name="etl", on_completion=hook(lambda: 1, when=raises(OSError())))(lambda: 1)()
    assert [heard[:2] for heard in listener.heard if heard[0] == "logged"] == [("logged", "etl")]


def test_what_a_listener_does_not_override_costs_nothing():
    class Deaf(Listener):
        pass

    before = [len(getattr(session, event)) for event in EVENTS]
    forget = session.listen(Deaf())
    try:
        assert [len(getattr(session, event)) for event in EVENTS] == before
    finally:
        forget()


def test_a_listener_that_was_taken_back_hears_nothing():
    listener = Everything()
    forget = session.listen(listener)
    forget()
    forget()
    flow(lambda: 1)()
    assert listener.heard == []


def test_the_events_of_each_run_are_in_order_whatever_the_threads_do(listener):
    step = task(name="step", on_completion=lambda: 1)(lambda x: x)
    with record() as recording:
        flow(lambda: step.map(range(20)).result(LIMIT))()
    for run in recording.of("<lambda>").children:
        told = [str(event).partition(": ")[2] for event in recording.events if event.run is run]
        ends = ["Completed", "on_completion <lambda> began", "on_completion <lambda> ok"]
        assert told == ["Pending", "Running", *ends]


# -- what they can break


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("error", [OSError("no view"), SystemExit(), GeneratorExit()], ids=lambda e: type(e).__name__)
def test_a_listener_that_raises_is_switched_off_with_one_warning_and_runs_go_on(event, error, listener, caplog):
    def told(self, *_):
        raise error

    class Broken(Listener):
        pass

    setattr(Broken, event, told)
    forget = session.listen(Broken())
    told.__name__ = event
    try:
        etl = flow(name="etl", on_failure=hook(lambda: 1, when=raises(ValueError())), on_end=lambda: 1)
        for _ in range(2):
            with pytest.raises(KeyError):
                etl(raises(KeyError("price")))()
    finally:
        forget()
    told = [entry.getMessage() for entry in caplog.records if entry.getMessage().startswith("Listener")]
    assert told == [
        f"Listener 'Broken' raised {type(error).__name__}: {error} in {event}(); it is switched off, runs go on."
    ]
    assert [heard[2] for heard in listener.heard if heard[0] == "moved"] == ["Running", "Failed"] * 2


# -- recordings


def test_a_recording_finds_runs_by_name_or_definition_the_newest_first():
    step = task(name="step")(lambda: 1)
    with record() as recording:
        flow(name="etl")(lambda: [step(), step()])()
    assert [run.name for run in recording.runs if run.definition is step] == ["step", "step[1]"]
    assert recording.of("step[1]") is recording.runs[2]
    assert recording.of(recording.of("etl").name) is recording.runs[0]
    assert recording.states("etl") == ["Pending", "Running", "Completed"]


def test_a_run_that_was_not_recorded_is_an_error_that_lists_those_that_were():
    with record() as recording:
        with pytest.raises(LookupError, match=r"^no run of 'etl' was recorded; recorded: nothing$"):
            recording.of("etl")
        flow(name="report")(lambda: 1)()
    with pytest.raises(LookupError, match=r"^no run of 'etl' was recorded; recorded: report$"):
        recording.of("etl")


def test_recordings_can_be_nested_and_end_with_their_block():
    etl = flow(name="etl")(lambda: 1)
    with record() as outer:
        etl()
        with record() as inner:
            etl()
    etl()
    assert (len(outer.runs), len(inner.runs)) == (2, 1)


def test_the_repr_of_a_recording_is_the_same_whenever_it_is_made():
    etl = flow(name="etl", on_completion=hook(lambda: 1, when=raises(OSError())))(lambda: 1)

    def told():
        with record() as recording:
            etl()
        return repr(recording)

    assert told() == told()
    assert told().splitlines()[-1] == (
        "flow etl: when= of on_completion hook '<lambda>' raised OSError, so the hook did not fire; the run went on"
    )


# -- prints


@pytest.fixture
def recording():
    with record() as recording, capture_prints():
        yield recording


def printed(recording, name):
    return [call.printed for call in recording.of(name).hooks]


def test_what_a_hook_prints_is_kept_with_its_call_and_shown(recording, capsys):
    flow(name="etl", on_running=lambda: print("runs"), on_completion=lambda: print("a", "b"))(lambda: print("body"))()
    assert printed(recording, "etl") == ["runs\n", "a b\n"]
    assert capsys.readouterr().out == "runs\nbody\na b\n"


def test_prints_of_hooks_in_threads_and_on_loops_are_kept(recording):
    async def later(task, run, state):
        print("async", run.name)
        await asyncio.sleep(0)
        print("done")

    step = task(name="step", on_completion=[lambda task, run: print("plain", run.name), later])(lambda x: x)
    flow(lambda: step.map([1, 2]).result(LIMIT))()
    for name in ("step[0]", "step[1]"):
        assert printed(recording, name) == [f"plain {name}\n", f"async {name}\ndone\n"]


def test_prints_of_hooks_that_run_at_once_are_kept_apart(recording):
    together = threading.Barrier(2)

    def speaks(task, run, state):
        for _ in range(3):
            together.wait(LIMIT)
            print(run.name)

    step = task(name="step", on_completion=hook(speaks, concurrent=True))(lambda x: x)
    flow(lambda: step.map([1, 2]).result(LIMIT))()
    assert [printed(recording, name) for name in ("step[0]", "step[1]")] == [["step[0]\n" * 3], ["step[1]\n" * 3]]


def test_what_a_run_that_a_hook_starts_prints_belongs_to_the_hook_and_its_own_hooks_to_themselves(recording):
    inner = flow(name="inner", on_completion=lambda: print("inner's hook"))(lambda: print("inner's body"))
    flow(name="outer", on_completion=inner)(lambda: 1)()
    assert printed(recording, "outer") == ["inner's body\n"]
    assert printed(recording, "inner") == ["inner's hook\n"]


def test_what_a_hook_printed_before_it_failed_is_kept(recording):
    def breaks():
        print("so far")
        raise OSError

    flow(name="etl", on_completion=breaks)(lambda: 1)()
    assert printed(recording, "etl") == ["so far\n"]


def test_the_stream_is_itself_again_afterwards_and_as_good_meanwhile(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with capture_prints():
        flow(on_completion=lambda: print("hook", end=""))(lambda: 1)()
        assert sys.stdout is not stream
        assert sys.stdout.write("!") == 1
        assert sys.stdout.getvalue() == "hook!"
    assert sys.stdout is stream


def test_instant_retries_hold_for_all_threads():
    failing = flow(retries=3, retry_delay_seconds=3600)(raises(ValueError()))
    with instant_retries(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(failing, return_state=True).result(LIMIT).is_failed()
