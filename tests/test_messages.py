"""Messages: each error names the thing, says what happened, and what to write instead."""

import asyncio
import copy
import inspect
import pickle
import threading

import pytest
from small_runs import LIMIT

from hookcell import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Hooks,
    Paused,
    Pending,
    Running,
    ThreadRunner,
    errors,
    flow,
    get_run_logger,
    hook,
    runs,
    task,
)
from hookcell.testing import record


def nothing():
    """Do nothing."""


def needs(flow, flow_run, state, channel):
    """Ask for more than a hook is given."""


def illegal_move():
    run = flow(name="etl")(nothing).begin((), {})
    run.enter(Completed())
    run.given_name = "crimson-fox"
    run.state = Pending()
    run.enter(Paused())
    run.enter(Paused())


def self_wait():
    @task
    async def answer():
        """Do nothing."""

    @flow
    async def etl():
        future = answer.submit()
        try:
            future.result()
        finally:
            await future

    asyncio.run(etl())


def upstream():
    @task
    def load():
        raise ConnectionError("no answer")

    clean = task(lambda rows: rows)
    flow(lambda: clean.submit(load.submit()).result(LIMIT))()


def too_slow():
    flow(timeout_seconds=0.005)(lambda: threading.Event().wait(LIMIT))()


def hook_too_slow():
    hanging = hook(lambda: threading.Event().wait(LIMIT), timeout_seconds=0.005)
    with record() as recording:
        flow(name="etl", on_completion=hanging)(nothing)()
    raise recording.of("etl").hooks[0].error


def cancelled():
    flow(lambda: runs.current.get().cancel())()


def crashed_on_a_loop():
    @flow
    async def etl():
        raise SystemExit(3)

    asyncio.run(etl())


def load(x: int, y=2):
    """Do nothing."""


def wait_in_vain():
    go_on = threading.Event()
    run = flow(name="nightly")(lambda: go_on.wait(LIMIT)).start()
    run.given_name = "lucid-fox"
    try:
        run.wait(0)
    finally:
        go_on.set()


def run_a_cell_again():
    cell = flow(name="nightly")(nothing)
    cell.only_here = "run its cell again"
    run = cell.start()
    run.wait(LIMIT)
    run.given_name = "lucid-fox"
    run.again()


TOLD = {
    errors.HookSignatureError: (
        lambda: flow(on_failure=needs)(nothing),
        (
            "on_failure hook 'needs' needs 'channel', but a hook is called with (flow, flow_run, state); "
            "give 'channel' a default, or bind it: functools.partial(needs, channel=...)"
        ),
    ),
    errors.ReservedArgumentError: (
        lambda: task(lambda wait_for: 1),
        "'wait_for' is a reserved argument name and cannot be used.",
    ),
    errors.InvalidNameError: (
        lambda: flow(name=" ")(nothing),
        "name of a flow is ' '; give a text that is not empty",
    ),
    errors.UnknownOptionError: (
        lambda: flow(retrys=3),
        "flow has no option 'retrys'; did you mean retries=?",
    ),
    errors.ParameterBindError: (
        flow(load),
        "flow 'load' was called as load(): missing a required argument: 'x'; its signature is load(x: int, y=2)",
    ),
    errors.ParameterTypeError: (
        lambda: flow(load)("five"),
        (
            "Flow run received invalid parameters:\n"
            " - x: Input should be a valid integer, unable to parse string as an integer"
        ),
    ),
    errors.MappingLengthMismatch: (
        lambda: task(load).map([1, 2], [3]),
        (
            "the iterables given to load.map(...) differ in length: argument 1 has 2, argument 2 has 1; "
            "make them as long as each other, or put what every run shall get as it is into unmapped(...)"
        ),
    ),
    errors.MappingMissingIterable: (
        lambda: task(load).map(1),
        "no argument of load.map(...) is iterable; pass a list, or call load.submit(...)",
    ),
    errors.InvalidMove: (
        illegal_move,
        (
            "run 'crimson-fox' cannot enter Paused (PAUSED) after Pending -> Paused; from here it may enter "
            "CANCELLED, CANCELLING, COMPLETED, CRASHED, FAILED, PENDING, RUNNING, SCHEDULED"
        ),
    ),
    errors.MissingContextError: (
        lambda: get_run_logger(strict=True),
        (
            "There is no active flow or task run context. Ask for the logger in the code of a flow, task or hook, and "
            "hand it over to threads of your own."
        ),
    ),
    errors.SelfWaitError: (
        self_wait,
        "waiting for 'answer' here would block the event loop that has to run it; write: await future",
    ),
    errors.WaitTimeout: (wait_in_vain, "flow run 'lucid-fox' is not over after 0 s; it goes on"),
    errors.CannotRunAgain: (
        run_a_cell_again,
        "flow run 'lucid-fox' cannot be run again from here: run its cell again",
    ),
    errors.UpstreamTaskError: (
        upstream,
        "Upstream task run 'load' did not reach a 'COMPLETED' state: it is Failed. ConnectionError: no answer",
    ),
    errors.RunTimeout: (too_slow, "Flow run exceeded timeout of 0.005 second(s)"),
    errors.HookTimeout: (
        hook_too_slow,
        "on_completion hook '<lambda>' took longer than 0.005 s and was abandoned",
    ),
    errors.UnfinishedRun: (
        flow(Running),
        "Run is in RUNNING state, its result is not available.",
    ),
    errors.PausedRun: (flow(Paused), "Run is paused, its result is not available."),
    errors.FailedRun: (flow(Failed), "Run failed."),
    errors.CrashedRun: (crashed_on_a_loop, "Execution was aborted by Python system exit call. (SystemExit: 3)"),
    errors.CancelledRun: (cancelled, "Flow run was cancelled."),
}
BUILT_IN = {
    errors.HookSignatureError: TypeError,
    errors.ReservedArgumentError: TypeError,
    errors.InvalidNameError: ValueError,
    errors.UnknownOptionError: ValueError,
    errors.ParameterBindError: TypeError,
    errors.ParameterTypeError: TypeError,
    errors.MappingLengthMismatch: TypeError,
    errors.MappingMissingIterable: TypeError,
    errors.InvalidMove: RuntimeError,
    errors.MissingContextError: RuntimeError,
    errors.SelfWaitError: RuntimeError,
    errors.UpstreamTaskError: RuntimeError,
    errors.RunTimeout: TimeoutError,
    errors.WaitTimeout: TimeoutError,
    errors.CannotRunAgain: RuntimeError,
    errors.HookTimeout: TimeoutError,
    errors.RunEnded: RuntimeError,
    errors.RunInterrupted: KeyboardInterrupt,
}
CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, BaseException)]
FAMILIES = {errors.HookcellError, errors.RunEnded}


@pytest.mark.parametrize(("error", "told"), TOLD.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_each_error_says(error, told):
    provoke, text = told
    with pytest.raises(error) as caught:
        provoke()
    assert type(caught.value) is error
    assert str(caught.value) == text


def test_every_error_is_in_the_table():
    # Two come from signals: test_fault_injection.py, test_sigterm.py. Stores have test_key_value_store.py.
    elsewhere = {cls for cls in CLASSES if issubclass(cls, errors.StoreError)}
    assert set(TOLD) == {*CLASSES} - FAMILIES - elsewhere - {errors.RunInterrupted, errors.TerminationSignal}


@pytest.mark.parametrize(("error", "base"), BUILT_IN.items(), ids=lambda x: x.__name__)
def test_each_error_is_also_of_a_built_in_kind(error, base):
    assert issubclass(error, base)


# The text of a TerminationSignal is made from a number: test_sigterm.py.
@pytest.mark.parametrize(
    "cls", [cls for cls in CLASSES if cls is not errors.TerminationSignal], ids=lambda cls: cls.__name__
)
def test_errors_survive_pickling_and_copying(cls):
    error = cls("what happened")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 -- our own bytes
        assert (type(twin), str(twin)) == (cls, "what happened")


def test_the_module_docstring_draws_every_error():
    assert [cls.__name__ for cls in CLASSES if cls.__name__ not in errors.__doc__] == []


# -- options


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: flow(on_fail=print), "flow has no option 'on_fail'; did you mean on_failure=?"),
        (lambda: task(retry_delay=1), "task has no option 'retry_delay'; did you mean retry_delay_seconds=?"),
        (lambda: task(timeout=3), "task has no option 'timeout'; did you mean timeout_seconds=?"),
        (lambda: flow(nothing).with_options(nam="x"), "flow has no option 'nam'; did you mean name=?"),
        (lambda: flow(tags=[1])(nothing), "tags of 'nothing' is [1]; give a text, or a list of texts"),
        (lambda: flow(name=3)(nothing), "name of a flow is 3; give a text that is not empty"),
        (lambda: task(name="")(nothing), "name of a task is ''; give a text that is not empty"),
        (
            lambda: flow(runner=4)(nothing),
            "there is no runner 4; there are inline, threads, and ThreadRunner(max_workers=...)",
        ),
        (lambda: ThreadRunner(0), "max_workers is 0; give a whole number of 1 or more"),
        (lambda: Hooks(on_done=print), "there is no hook kind 'on_done'; did you mean on_end?"),
        (lambda: flow(5), "flow got 5, which is not callable; put @flow above a function"),
        (lambda: task("load"), "task got 'load', which is not callable; put @task above a function"),
    ],
)
def test_a_wrong_option_is_an_error_that_says_what_is_right(call, text):
    with pytest.raises((errors.HookcellError, TypeError)) as caught:
        call()
    assert str(caught.value) == text


def test_an_option_that_is_like_no_other_lists_what_there_is():
    with pytest.raises(errors.UnknownOptionError) as caught:
        task(colour="red")
    listed = str(caught.value).removeprefix("task has no option 'colour'; there are ").split(", ")
    assert listed == sorted(listed)
    assert {"name", "retries", "on_failure", "on_success"} <= set(listed)


def test_states_that_are_no_success_say_so_in_their_callers_traceback():
    for state in (Failed(message="no price"), Crashed(message="no power"), Cancelled(message="not today")):
        with pytest.raises(errors.RunEnded) as caught:
            flow(lambda state=state: state)()
        assert str(caught.value) == state.message


# -- frames


def test_the_traceback_of_a_failure_shows_the_users_frames_and_hides_ours():
    @task
    def inner():
        raise KeyError("price")

    @flow
    def outer():
        inner()

    with pytest.raises(KeyError) as caught:
        outer()
    shown = [entry.name for entry in caught.traceback.filter(caught)]
    assert shown == ["test_the_traceback_of_a_failure_shows_the_users_frames_and_hides_ours", "outer", "inner"]
