"""Prefect's run loggers, and what its engine writes to them."""

import asyncio
import functools
import logging
import threading
import uuid
from contextlib import contextmanager

import pytest

import hookcell
from hookcell import session
from hookcell.log import logs_of, remembered_logs
from hookcell.prefect import flow, get_run_logger, task
from hookcell.prefect.client.schemas import FlowRun, TaskRun
from hookcell.prefect.context import FlowRunContext, TaskRunContext
from hookcell.prefect.exceptions import MissingContextError
from hookcell.prefect.logging import LogEavesdropper, disable_run_logger, get_logger
from hookcell.prefect.logging.lines import attention
from hookcell.prefect.logging.loggers import (
    PrefectLogAdapter,
    disable_logger,
    flow_run_logger,
    print_as_log,
    task_run_logger,
)
from hookcell.store.memory import remembered
from hookcell.testing import instant_retries, record


@pytest.fixture(autouse=True)
def info(caplog):
    """What Prefect's loggers are told, from INFO on."""
    caplog.set_level(logging.INFO, logger="prefect")


@contextmanager
def nobody_listens():
    """No handler of anybody's is there; pytest adds some, around every test."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = before


@pytest.fixture
def told(caplog):
    """The lines so far, each with its level."""
    return lambda: [(record.levelname, record.message) for record in caplog.records]


# -- which logger


def test_outside_a_run_there_is_no_run_logger():
    with pytest.raises(MissingContextError, match=r"^There is no active flow or task run context\.$"):
        get_run_logger()


def test_a_flow_logs_to_its_logger_with_its_names_and_ids(caplog):
    @flow(name="nightly", flow_run_name="tonight")
    def nightly():
        get_run_logger().warning("hey %s", "all")

    state = nightly(return_state=True)
    [line] = [record for record in caplog.records if record.message == "hey all"]
    assert (line.name, line.levelname, line.funcName) == ("prefect.flow_runs", "WARNING", "nightly")
    assert (line.flow_name, line.flow_run_name) == ("nightly", "tonight")
    assert (line.flow_run_id, line.deployment_name) == (str(state.state_details.flow_run_id), None)


def test_a_task_logs_to_its_logger_with_the_names_of_its_flow_too(caplog):
    @task(name="load", task_run_name="loading")
    def load():
        get_run_logger().warning("hey all")
        return TaskRunContext.get().task_run.id

    @flow(name="nightly", flow_run_name="tonight")
    def nightly():
        return load(), FlowRunContext.get().flow_run.id

    task_run_id, flow_run_id = nightly()
    [line] = [record for record in caplog.records if record.message == "hey all"]
    assert (line.name, line.task_name, line.task_run_name) == ("prefect.task_runs", "load", "loading")
    assert (line.flow_name, line.flow_run_name) == ("nightly", "tonight")
    assert (line.task_run_id, line.flow_run_id) == (str(task_run_id), str(flow_run_id))


def test_a_task_outside_flows_logs_with_an_unknown_flow(caplog):
    @task(name="load")
    def load():
        get_run_logger().warning("hey all")

    load()
    [line] = [record for record in caplog.records if record.message == "hey all"]
    assert (line.task_run_name, line.flow_name, line.flow_run_name) == ("load", "<unknown>", "<unknown>")
    assert line.flow_run_id is None


def test_every_hook_has_the_logger_of_its_own_run(caplog):
    def note(definition, run, state):
        get_run_logger().warning("note")

    @task(name="load", on_running=[note], on_completion=[note])
    def load():
        pass

    @flow(name="inner", flow_run_name="in", on_running=[note], on_crashed=[note])
    def inner():
        raise SystemExit

    @flow(name="outer", flow_run_name="out", on_running=[note], on_completion=[note])
    def outer():
        load()
        with pytest.raises(SystemExit):
            inner()

    outer()
    lines = [record for record in caplog.records if record.message == "note"]
    whose = [getattr(line, "task_run_name", line.flow_run_name) for line in lines]
    assert whose == ["out", "load-000", "load-000", "in", "in", "out"]


def test_a_logger_can_know_more_and_a_call_more_still(caplog):
    @flow
    def nightly():
        logger = get_run_logger(colour="red")
        logger.warning("a")
        logger.warning("b", extra={"colour": "blue"})
        logger.getChild("sub", {"shape": "round"}).warning("c")

    nightly()
    a, b, c = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (a.colour, b.colour) == ("red", "blue")
    assert (c.name, c.shape, c.colour) == ("prefect.flow_runs.sub", "round", "red")


def test_the_logger_of_a_given_context_is_that_runs(caplog):
    run = FlowRun.model_construct(id="1", name="by hand")
    get_run_logger(FlowRunContext(flow_run=run, flow=flow(lambda: None, name="f"))).warning("hey")
    assert (caplog.records[0].flow_run_name, caplog.records[0].flow_name) == ("by hand", "f")
    step = TaskRun.model_construct(id="2", name="step")
    get_run_logger(TaskRunContext(task_run=step, task=task(lambda: None, name="t"))).warning("hey")
    assert (caplog.records[1].task_run_name, caplog.records[1].task_name) == ("step", "t")


def test_a_context_of_another_type_is_refused():
    text = (
        "^Received unexpected type 'str' for context. Expected one of 'None', 'FlowRunContext', or 'TaskRunContext'.$"
    )
    with pytest.raises(TypeError, match=text):
        get_run_logger("flow")


def test_a_context_without_a_run_gives_a_logger_that_knows_nothing(caplog):
    with FlowRunContext(flow=flow(lambda: None, name="f")):
        get_run_logger().warning("hey")
    assert (caplog.records[0].flow_run_name, caplog.records[0].flow_name) == ("<unknown>", "f")


def test_a_logger_can_be_made_for_any_run(caplog):
    seen = []

    @flow(name="nightly", flow_run_name="tonight", on_completion=[lambda flow, run, state: seen.append((run, flow))])
    def nightly():
        pass

    nightly()
    flow_run_logger(*seen[0]).warning("by run")
    id_ = uuid.uuid4()
    flow_run_logger(flow_run_id=id_, colour="red").warning("by id")
    by_run, by_id = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (by_run.flow_run_name, by_run.flow_name) == ("tonight", "nightly")
    assert (by_id.flow_run_id, by_id.flow_run_name, by_id.colour) == (str(id_), "<unknown>", "red")


def test_a_flow_run_logger_needs_a_run():
    with pytest.raises(ValueError, match=r"^Either 'flow_run' or 'flow_run_id' must be provided\.$"):
        flow_run_logger()


def test_a_task_run_logger_takes_the_flow_around(caplog):
    @flow(name="nightly", flow_run_name="tonight")
    def nightly():
        task_run_logger(TaskRun.model_construct(id="1", name="step")).warning("hey")

    nightly()
    [line] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (line.task_run_name, line.task_name, line.flow_name, line.flow_run_name) == (
        *("step", "<unknown>", "nightly", "tonight"),
    )


def test_a_thread_of_ones_own_may_use_the_logger_it_is_given(caplog):
    @flow(flow_run_name="tonight")
    def nightly():
        thread = threading.Thread(target=get_run_logger().warning, args=("from a thread",))
        thread.start()
        thread.join()

    nightly()
    [line] = [record for record in caplog.records if record.message == "from a thread"]
    assert line.flow_run_name == "tonight"


@pytest.mark.parametrize(
    ("name", "full"),
    [
        (None, "prefect"),
        ("", "prefect"),
        ("prefect", "prefect"),
        ("foo", "prefect.foo"),
        ("prefect.foo", "prefect.foo"),
    ],
)
def test_loggers_are_below_prefect(name, full):
    assert get_logger(name).name == full


def test_native_runs_have_native_loggers(caplog):
    @hookcell.flow
    def nightly():
        hookcell.get_run_logger().warning("hey")

    nightly()
    assert [record.name for record in caplog.records] == ["hookcell.flow_runs"]


def test_the_native_logger_of_a_dialects_run_is_the_dialects(caplog):
    @flow
    def nightly():
        logger = hookcell.get_run_logger()
        logger.warning("hey")
        return type(logger)

    assert nightly() is PrefectLogAdapter
    assert "prefect.flow_runs" in {record.name for record in caplog.records}


# -- off


def test_a_run_logger_that_is_off_needs_no_run(caplog):
    with disable_run_logger():
        logger = get_run_logger()
        logger.critical("nobody hears this")
        assert logger.disabled
    assert caplog.records == []
    with pytest.raises(MissingContextError):
        get_run_logger()


def test_a_flow_whose_logger_is_off_runs_and_says_nothing(told):
    @flow
    def nightly():
        get_run_logger().critical("nobody hears this")
        return 1

    with disable_run_logger():
        assert nightly() == 1
    assert told() == []


def test_a_logger_that_was_off_stays_off():
    logger = logging.getLogger("prefect.off")
    logger.disabled = True
    with disable_logger("prefect.off"):
        assert logger.disabled
    assert logger.disabled


# -- prints


def test_prints_become_lines_if_the_flow_says_so(told, capsys):
    @task
    def load():
        print("from", "the task")  # noqa: T201 -- that is the point

    @flow(log_prints=True)
    def nightly():
        load()
        print("from the flow")  # noqa: T201 -- that is the point

    nightly()
    assert ("INFO", "from the task") in told()
    assert ("INFO", "from the flow") in told()
    assert capsys.readouterr().out == ""


def test_print_as_log_prints_outside_runs(capsys):
    print_as_log("hey")
    assert capsys.readouterr().out == "hey\n"


# -- listening in


def test_an_eavesdropper_hears_a_logger_and_those_below_it():
    with LogEavesdropper("prefect.ears", level=logging.INFO) as ears:
        logging.getLogger("prefect.ears").info("hello")
        logging.getLogger("prefect.ears.below").warning("again")
        logging.getLogger("prefect.ears").debug("too quiet")
    logging.getLogger("prefect.ears").info("too late")
    assert ears.text() == "[INFO]: hello\n[WARNING]: again"


# -- what the engine writes


def test_the_engine_tells_of_flows_tasks_and_subflows(told):
    @task(name="load")
    def load():
        pass

    @flow(name="inner", flow_run_name="in")
    def inner():
        pass

    @flow(name="outer", flow_run_name="out")
    def outer():
        load()
        inner()

    outer()
    assert told() == [
        ("INFO", "Beginning flow run 'out' for flow 'outer'"),
        ("INFO", "Finished in state Completed()"),
        ("INFO", "Beginning subflow run 'in' for flow 'inner'"),
        ("INFO", "Finished in state Completed()"),
        ("INFO", "Finished in state Completed()"),
    ]


class CallableHook:
    def __call__(self, flow, flow_run, state):
        pass


def test_the_engine_tells_of_hooks_by_the_names_that_prefect_gives_them(told):
    def plain(flow, flow_run, state):
        pass

    @flow(on_completion=[plain, functools.partial(plain), CallableHook(), lambda flow, run, state: None])
    def nightly():
        pass

    nightly()
    names = ["plain", "plain", "CallableHook", "<lambda>"]
    assert [line for line in told() if "ook '" in line[1]] == [
        ("INFO", text)
        for name in names
        for text in (
            f"Running hook '{name}' in response to entering state 'Completed'",
            f"Hook '{name}' finished running successfully",
        )
    ]


def test_the_engine_tells_of_hooks_that_fail_and_of_those_behind_them(caplog, told):
    def broken(flow, flow_run, state):
        raise ValueError("spoilt")

    def whole(flow, flow_run, state):
        pass

    @flow(on_completion=[broken, whole])
    def nightly():
        pass

    nightly()
    lines = told()
    assert ("ERROR", "An error was encountered while running hook 'broken'") in lines
    assert ("INFO", "Hook 'broken' finished running successfully") not in lines
    assert ("INFO", "Hook 'whole' finished running successfully") in lines
    [line] = [record for record in caplog.records if record.name == "prefect.flow_runs" and record.exc_info]
    assert (line.name, line.exc_info[0]) == ("prefect.flow_runs", ValueError)


def test_the_engine_tells_of_the_hooks_of_tasks_in_the_tasks_log(caplog):
    @task(on_failure=[lambda task, task_run, state: None])
    def load():
        raise ValueError("t")

    load(return_state=True)
    [line] = [record for record in caplog.records if record.message.startswith("Running hook")]
    assert (line.name, line.message) == (
        *("prefect.task_runs", "Running hook '<lambda>' in response to entering state 'Failed'"),
    )


def test_the_engine_tells_why_runs_fail(told):
    @task(name="load")
    def load():
        raise ValueError("t")

    @flow(name="nightly", flow_run_name="tonight")
    def nightly():
        load()

    nightly(return_state=True)
    assert told() == [
        ("INFO", "Beginning flow run 'tonight' for flow 'nightly'"),
        ("ERROR", "Task run failed with exception: ValueError('t')"),
        ("ERROR", "Finished in state Failed('Task run encountered an exception ValueError: t')"),
        ("ERROR", "Encountered exception during execution: ValueError('t')"),
        ("INFO", "Finished in state Failed('Flow run encountered an exception: ValueError: t')"),
    ]


def test_the_engine_tells_that_retries_are_spent(told):
    @task(retries=1)
    def load():
        raise ValueError("t")

    with instant_retries():
        load(return_state=True)
    assert ("ERROR", "Task run failed with exception: ValueError('t') - Retries are exhausted") in told()


@pytest.mark.parametrize("delay", [None, 1], ids=["at once", "later"])
def test_the_engine_tells_of_a_flows_retries(told, delay):
    @flow(flow_run_name="tonight", name="nightly", retries=1, retry_delay_seconds=delay)
    def nightly():
        raise ValueError("x")

    with instant_retries():
        nightly(return_state=True)
    awaiting = "Received non-final state 'AwaitingRetry' when proposing final state 'Failed'"
    assert told()[:2] == [
        ("INFO", "Beginning flow run 'tonight' for flow 'nightly'"),
        ("INFO", f"{awaiting} and will attempt to run again..."),
    ]
    assert "Beginning" not in told()[2][1]


def test_the_engine_tells_of_crashes(told):
    @flow
    def nightly():
        raise SystemExit

    with pytest.raises(SystemExit):
        nightly()
    assert ("ERROR", "Crash detected! Execution was aborted by Python system exit call.") in told()


def test_the_engine_tells_of_timeouts(told):
    @task(timeout_seconds=0.05)
    async def load():
        await asyncio.sleep(30)

    asyncio.run(load(return_state=True))
    assert ("ERROR", "Task run exceeded timeout of 0.05 second(s)") in told()


def test_failures_are_told_also_where_the_story_is_not(caplog, told):
    caplog.set_level(logging.ERROR, logger="prefect")

    @flow
    def nightly():
        raise ValueError("x")

    nightly(return_state=True)
    assert told() == [("ERROR", "Encountered exception during execution: ValueError('x')")]


def test_an_exception_whose_repr_fails_is_told_by_its_type(told):
    class Odd(Exception):
        def __repr__(self):
            raise RuntimeError

        __str__ = __repr__

    @flow
    def nightly():
        raise Odd

    nightly(return_state=True)
    assert ("ERROR", "Encountered exception during execution: Odd(...)") in told()


def test_the_engine_tells_nothing_of_native_runs(told):
    @hookcell.flow(on_completion=lambda flow, run: None)
    def nightly():
        raise ValueError("x")

    nightly(return_state=True)
    assert [line for line in told() if "Beginning" in line[1] or "Running hook" in line[1]] == []


def test_listeners_are_not_told_what_the_engine_writes():
    @flow(name="nightly")
    def nightly():
        get_run_logger().info("hey")

    with record() as recording:
        nightly()
    assert [str(event) for event in recording.events if event.what == "logged"] == ["flow nightly: hey"]


def test_nobody_is_told_of_states_while_nobody_listens(capsys):
    @flow(on_completion=[lambda flow, run, state: None])
    def nightly():
        get_run_logger().info("hey")

    with nobody_listens():
        nightly()
        assert attention._story not in session._listeners
    nightly()
    assert attention._story in session._listeners
    err = capsys.readouterr().err
    assert "hey" in err
    assert "Beginning" not in err


def test_a_handler_that_raises_breaks_no_run_and_ends_no_story(told):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("no disk")

    handler = Broken()
    logging.getLogger("prefect").addHandler(handler)

    @flow
    def nightly():
        return 1

    try:
        assert nightly() == 1
    finally:
        logging.getLogger("prefect").removeHandler(handler)
    assert nightly() == 1
    assert ("INFO", "Finished in state Completed()") in told()


def test_without_any_setup_lines_are_shown_in_prefects_form(capsys):
    @flow(flow_run_name="tonight")
    def nightly():
        get_run_logger().info("hey")

    with nobody_listens():
        nightly()
    assert capsys.readouterr().err.endswith(" | INFO    | Flow run 'tonight' - hey\n")


def test_lines_are_remembered_with_whose_they_are():
    @flow
    def nightly():
        get_run_logger().warning("remember this")
        return str(FlowRunContext.get().flow_run.id)

    id_ = nightly()
    assert [line.flow_run_id for line in remembered_logs if line.message == "remember this"] == [id_]


def test_a_line_that_is_not_to_be_kept_is_told_all_the_same(told):
    @flow
    def work():
        get_run_logger().info("a secret", extra={"send_to_api": False})
        get_run_logger().info("no secret")

    before = len(remembered_logs)
    work()
    assert [line.message for line in list(remembered_logs)[before:] if "secret" in line.message] == ["no secret"]
    assert ("INFO", "a secret") in told()


def test_a_line_of_a_child_logger_is_kept_once():
    @flow
    def nightly():
        get_run_logger().getChild("parts").info("only once")

    nightly()
    assert [line.message for line in logs_of(remembered.flow_runs[-1])].count("only once") == 1
