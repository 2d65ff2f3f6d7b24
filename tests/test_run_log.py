"""The log of a run: written from its code and its hooks, shown without any set-up and once; prints can go there."""

# ruff: noqa: T201 -- what is printed is what this is about

import asyncio
import builtins
import io
import logging
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from small_runs import LIMIT

from hookcell import Listener, MissingContextError, flow, get_run_logger, log, runs, session, task
from hookcell.log import logs_of, print_as_log, prints_to_log, remembered_logs, run_logger
from hookcell.testing import record

TIME = r"\d\d:\d\d:\d\d\.\d\d\d"


@pytest.fixture(autouse=True)
def lines():
    """The lines of this test's runs; `print` is put back after it."""
    printed, ours = builtins.print, log._print
    remembered_logs.clear()
    yield remembered_logs
    builtins.print, log._print = printed, ours


@contextmanager
def unconfigured():
    """Nobody has set up logging; pytest has, around every test."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = before


def told(lines):
    return [line.message for line in lines]


def say(text):
    return lambda: get_run_logger().info(text)


# -- the logger of a run


def test_a_flow_and_a_task_log_with_their_names_and_ids(caplog):
    step = task(name="load")(lambda: get_run_logger().info("loading %s", 3))
    etl = flow(name="etl")(lambda: (step(), get_run_logger().info("done")))
    with record() as recording:
        etl()
    of_task, of_flow = caplog.records
    run, task_run = recording.of("etl"), recording.of("load")
    around = {"flow_run_name": run.name, "flow_run_id": str(run.id), "flow_name": "etl"}
    inside = {"task_run_name": "load", "task_run_id": str(task_run.id), "task_name": "load", **around}
    assert (of_flow.name, of_flow.getMessage()) == ("hookcell.flow_runs", "done")
    assert (of_task.name, of_task.getMessage()) == ("hookcell.task_runs", "loading 3")
    assert {key: of_flow.__dict__[key] for key in around} == around
    assert {key: of_task.__dict__[key] for key in inside} == inside


def test_a_task_outside_any_flow_has_a_logger_too(caplog):
    task(name="load")(lambda: get_run_logger().info("loading"))()
    assert (caplog.records[0].flow_name, caplog.records[0].flow_run_id) == ("<unknown>", None)


def test_the_logger_adds_what_one_call_knows(caplog):
    flow(lambda: get_run_logger().info("x", extra={"rows": 3, "flow_name": "other"}))()
    assert (caplog.records[0].rows, caplog.records[0].flow_name) == (3, "other")


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("on_running", lambda: 1),
        ("on_completion", lambda: 1),
        ("on_failure", lambda: 1 / 0),
        ("on_cancellation", lambda: runs.current.get().cancel()),
        ("on_crashed", lambda: sys.exit(3)),
        ("on_retry", lambda: 1 / 0),
        ("on_end", lambda: 1),
        ("on_transition", lambda: 1),
    ],
)
def test_every_hook_has_the_logger_of_its_run(definition, kind, body, caplog):
    noted = definition(name="etl", retries=int(kind == "on_retry"), **{kind: say("from a hook")})(body)
    with record() as recording:
        try:
            noted(return_state=True)
        except SystemExit:
            pass
    run = recording.of("etl")
    key = "flow_run_name" if definition is flow else "task_run_name"
    of_hook = [line for line in caplog.records if line.getMessage() == "from a hook"]
    assert {getattr(line, key) for line in of_hook} == {run.name}


def test_hooks_before_the_code_has_begun_have_it_too(lines):
    @flow(on_failure=say("bad parameters"))
    def etl(x: int):
        """Do nothing."""

    etl("x", return_state=True)
    assert told(lines) == ["bad parameters"]


def test_hooks_of_a_subflow_have_its_own(lines):
    inner = flow(name="inner", on_running=say("starts"), on_crashed=say("crashed"))(lambda: sys.exit(3))
    with record() as recording, pytest.raises(SystemExit):
        flow(name="outer")(inner)()
    assert told(logs_of(recording.of("inner"))) == ["starts", "crashed"]
    assert logs_of(recording.of("outer")) == []


def test_async_code_and_async_hooks_have_it(lines):
    async def hook(flow, flow_run, state):
        get_run_logger().info("hook")

    @task
    async def step():
        await asyncio.sleep(0)
        get_run_logger().info("task")

    @flow(on_completion=hook)
    async def etl():
        await asyncio.gather(step(), step())
        get_run_logger().info("flow")

    asyncio.run(etl())
    assert told(lines) == ["task", "task", "flow", "hook"]


def test_submitted_tasks_have_their_own(lines):
    step = task(lambda n: get_run_logger().info("%s", n))
    with record() as recording:
        flow(lambda: step.map(range(3)).wait())()
    assert {line.task_run_id for line in lines} == {str(run.id) for run in recording.runs[1:]}


def test_a_logger_that_is_handed_over_to_a_thread_writes_for_its_run(lines):
    @task(name="load")
    def load():
        logger = get_run_logger()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(logger.info, ["a", "b"]))

    with record() as recording:
        load()
    assert sorted(told(logs_of(recording.of("load")))) == ["a", "b"]


def test_a_line_knows_where_it_was_written(caplog):
    def deeper():
        get_run_logger().info("my caller's", stacklevel=2)

    def body():
        get_run_logger().info("mine")
        deeper()
        get_run_logger().log(logging.INFO, "mine")

    flow(body)()
    assert [(line.funcName, line.filename) for line in caplog.records] == [("body", "test_run_log.py")] * 3


def test_a_dialect_gives_its_runs_other_loggers(caplog):
    class OtherRun(runs.FlowRun):
        __slots__ = ()

    etl = flow(name="etl")(say("hello"))
    etl.run_class = OtherRun
    log.makers[OtherRun] = lambda run: run_logger(run, ("other.flow_runs", "other.task_runs"), deployment_name="none")
    try:
        etl()
    finally:
        del log.makers[OtherRun]
        logging.getLogger("other").setLevel(logging.NOTSET)
    assert (caplog.records[0].name, caplog.records[0].deployment_name) == ("other.flow_runs", "none")


def test_a_logger_can_be_sent_to_another_process_and_leaves_its_run_behind():
    @flow
    def etl():
        return pickle.loads(pickle.dumps(get_run_logger()))  # noqa: S301 -- our own bytes

    logger = etl()
    assert (type(logger), logger.logger.name) == (logging.LoggerAdapter, "hookcell.flow_runs")
    assert logger.extra["flow_name"] == "etl"


# -- outside a run


def test_a_function_called_by_hand_gets_a_plain_logger(caplog):
    @task
    def load():
        get_run_logger().info("loading")
        return 3

    assert load.fn() == 3
    assert (caplog.records[0].name, caplog.records[0].getMessage()) == ("hookcell.no_run", "loading")


def test_outside_a_run_a_strict_question_is_an_error():
    with pytest.raises(MissingContextError, match=r"^There is no active flow or task run context\. "):
        get_run_logger(strict=True)
    assert flow(lambda: get_run_logger(strict=True).logger.name)() == "hookcell.flow_runs"


def test_what_is_written_outside_a_run_is_nobodys_line(lines):
    get_run_logger().info("outside")
    assert told(lines) == []


# -- where lines go


@unconfigured()
def test_without_any_set_up_lines_appear_on_stderr(capsys):
    step = task(name="load")(lambda: get_run_logger().warning("slow"))
    with record() as recording:
        flow(name="etl")(lambda: (get_run_logger().info("hello"), get_run_logger().debug("no"), step()))()
    get_run_logger().info("outside")
    out, err = capsys.readouterr()
    name = recording.of("etl").name
    assert out == ""
    assert re.sub(TIME, "TIME", err).splitlines() == [
        f"TIME | INFO    | Flow run '{name}' - hello",
        "TIME | WARNING | Task run 'load' - slow",
        "TIME | INFO    | hookcell.no_run - outside",
    ]


@pytest.mark.parametrize("where", ["", "hookcell", "hookcell.flow_runs"])
@unconfigured()
def test_once_there_is_a_handler_it_gets_the_lines_and_stderr_none(where, capsys):
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger(where).addHandler(handler)
    try:
        flow(say("hello"))()
    finally:
        logging.getLogger(where).removeHandler(handler)
    assert (heard.getvalue(), capsys.readouterr().err) == ("hello\n", "")


@unconfigured()
def test_a_handler_that_does_nothing_is_none(capsys):
    handler = logging.NullHandler()
    logging.getLogger("hookcell").addHandler(handler)
    try:
        flow(say("hello"))()
    finally:
        logging.getLogger("hookcell").removeHandler(handler)
    assert capsys.readouterr().err.endswith("- hello\n")


@unconfigured()
def test_the_level_can_be_set_as_for_any_logger(capsys, monkeypatch):
    logger = logging.getLogger("hookcell")
    try:
        for level in (logging.DEBUG, logging.WARNING):
            logger.setLevel(level)
            flow(lambda: (get_run_logger().debug("debug"), get_run_logger().info("info")))()
    finally:
        logger.setLevel(logging.INFO)
    assert [line.rpartition(" - ")[2] for line in capsys.readouterr().err.splitlines()] == ["debug", "info"]


@unconfigured()
def test_an_exception_is_shown_with_its_traceback(capsys, lines):
    @flow
    def etl():
        try:
            1 / 0  # noqa: B018 -- it raises
        except ZeroDivisionError:
            get_run_logger().exception("no luck")

    etl()
    err = capsys.readouterr().err
    assert "| ERROR   |" in err
    assert "ZeroDivisionError: division by zero" in err
    assert lines[0].message.startswith("no luck\nTraceback (most recent call last):\n")


@unconfigured()
def test_a_message_that_does_not_fit_is_told_and_breaks_nothing(capsys):
    assert flow(lambda: get_run_logger().info("%s %s", 1) or 5)() == 5
    assert "--- Logging error ---" in capsys.readouterr().err


@unconfigured()
def test_no_stderr_and_a_broken_one_break_nothing(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        assert flow(lambda: get_run_logger().info("hello") or 5)() == 5


def script(*lines):
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    return done.stdout, re.sub(TIME, "TIME", done.stderr)


def test_a_script_shows_its_lines_and_the_import_loads_no_logging():
    out, err = script(
        "import sys, hookcell",
        "from hookcell import flow, get_run_logger, task",
        "assert 'logging' not in sys.modules",
        "@task",
        "def load(): get_run_logger().info('loading'); print('plain')",
        "load()",
        "load.fn()",
    )
    assert out == "plain\nplain\n"
    assert err == "TIME | INFO    | Task run 'load' - loading\nTIME | INFO    | hookcell.no_run - loading\n"


def test_a_script_with_basic_config_gets_them_from_there():
    _, err = script(
        "import logging",
        "logging.basicConfig(format='%(name)s %(message)s')",
        "from hookcell import flow, get_run_logger",
        "flow(lambda: get_run_logger().info('hello'))()",
    )
    assert err == "hookcell.flow_runs hello\n"


def test_a_root_that_is_set_to_debug_is_left_to_decide():
    _, err = script(
        "import logging",
        "logging.basicConfig(format='%(message)s', level='DEBUG')",
        "from hookcell import flow, get_run_logger",
        "flow(lambda: get_run_logger().debug('detail'))()",
    )
    assert err == "detail\n"


# -- what is kept, and who is told


def test_the_newest_lines_are_kept_with_whose_they_are(lines):
    step = task(name="load")(say("loading"))
    with record() as recording:
        flow(name="etl")(lambda: (step(), get_run_logger().warning("slow")))()
    run, task_run = recording.of("etl"), recording.of("load")
    assert told(logs_of(run)) == ["loading", "slow"]
    assert told(logs_of(task_run)) == ["loading"]
    line = logs_of(run)[1]
    assert (line.logger, line.level, line.task_run_id) == ("hookcell.flow_runs", logging.WARNING, None)
    assert line.timestamp >= run.start_time


def test_only_so_many_lines_are_kept_and_of_a_long_one_the_beginning(lines):
    @flow
    def etl():
        logger = get_run_logger()
        for n in range(log.MOST_LINES + 5):
            logger.info("%s", n)
        logger.info("x" * 100_000)

    etl()
    assert len(lines) == log.MOST_LINES
    assert (lines[0].message, len(lines[-1].message)) == ("6", 20_000)


def test_listeners_are_told(lines):
    with record() as recording:
        flow(name="etl")(say("hello"))()
    assert [str(event) for event in recording.events if event.what == "logged"] == ["flow etl: hello"]


def test_a_listener_that_logs_is_told_of_that_once():
    heard = []

    class Echo(Listener):
        def logged(self, run, line):
            heard.append(line)
            if line == "hello":
                run_logger(run).info("echo")

    forget = session.listen(Echo())
    try:
        flow(say("hello"))()
    finally:
        forget()
    assert heard == ["hello", "echo"]


class Stopping(logging.StreamHandler):
    """Has the run around cancelled at the worst moment: when its lock is taken, and nobody sees to it yet."""

    def __init__(self):
        super().__init__(io.StringIO())

    def acquire(self):
        super().acquire()
        if (run := runs.current.get()) is not None:
            run.cancel()


@pytest.fixture
def stopping():
    handler = Stopping()
    logging.getLogger("users").addHandler(handler)
    yield handler
    logging.getLogger("users").removeHandler(handler)


@pytest.mark.parametrize(
    "where", [lambda step: step, lambda step: lambda: step.submit().wait()], ids=["main", "worker"]
)
def test_a_stop_in_the_middle_of_a_line_leaves_no_log_locked(where, stopping):
    step = task(name="step")(lambda: logging.getLogger("users").error("x"))
    with record() as recording:
        flow(where(step))(return_state=True)
    assert recording.states("step")[-1] == "Cancelled"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(stopping.lock.acquire, timeout=LIMIT).result()


# -- prints


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
def test_prints_become_lines_if_asked_for(definition, lines, capsys, caplog):
    @definition(log_prints=True)
    def etl():
        print("a", 1, sep="-")
        print("b", end="!\n\n")
        print()
        print("100%s")

    etl()
    assert told(lines) == ["a-1", "b!", "", "100%s"]
    assert capsys.readouterr().out == ""
    assert {(line.levelno, line.funcName) for line in caplog.records} == {(logging.INFO, "etl")}


def test_prints_stay_prints_otherwise(lines, capsys):
    hears = flow(log_prints=True)(lambda: print("logged"))
    for log_prints in (None, False):
        flow(log_prints=log_prints)(lambda: print("printed"))()
    hears()
    print("outside")
    assert told(lines) == ["logged"]
    assert capsys.readouterr().out == "printed\nprinted\noutside\n"


def test_a_task_does_as_its_flow_does_unless_it_says_otherwise(lines, capsys):
    own, never = task(lambda: print("own")), task(log_prints=False)(lambda: print("never"))
    inner = flow(lambda: print("inner"))
    flow(log_prints=True)(lambda: (own(), never(), inner(), own.submit().wait()))()
    flow(log_prints=False)(lambda: (own(), task(log_prints=True)(lambda: print("yes"))()))()
    assert told(lines) == ["own", "inner", "own", "yes"]
    assert capsys.readouterr().out == "never\nown\n"


def test_prints_of_async_code_generators_and_hooks_become_lines(lines):
    async def hook(flow, flow_run, state):
        print("hook")

    @task
    def generator():
        print("generator")
        yield 1

    @flow(log_prints=True, on_completion=hook)
    async def etl():
        await asyncio.sleep(0)
        print("async")
        generator()

    asyncio.run(etl())
    assert told(lines) == ["async", "generator", "hook"]


def test_prints_to_the_console_become_lines_and_those_to_files_do_not(lines, capsys):
    own = io.StringIO()

    @flow(log_prints=True)
    def etl():
        print("file", file=own)
        print("out", file=sys.stdout, flush=True)
        print("err", file=sys.stderr)
        print("none", file=None)

    etl()
    assert told(lines) == ["out", "err", "none"]
    assert own.getvalue() == "file\n"
    assert capsys.readouterr() == ("", "")


def test_a_wrong_call_of_print_is_the_error_it_ever_was():
    with pytest.raises(TypeError, match="sep must be None or a string, not int"):
        flow(log_prints=True)(lambda: print("a", "b", sep=3))()


def test_a_log_handler_that_prints_does_not_log_that(lines, capsys):
    class Printing(logging.Handler):
        def emit(self, record):
            print("handler:", record.getMessage())

    handler = Printing()
    logging.getLogger("hookcell").addHandler(handler)
    try:
        flow(log_prints=True)(lambda: print("hello"))()
    finally:
        logging.getLogger("hookcell").removeHandler(handler)
    assert told(lines) == ["hello"]
    assert capsys.readouterr().out == "handler: hello\n"


def test_print_as_log_prints_outside_runs(capsys):
    print_as_log("a", "b", sep="-")
    assert capsys.readouterr().out == "a-b\n"
    assert prints_to_log(None) is False


def test_print_is_replaced_only_if_somebody_asks():
    out, _ = script(
        "from hookcell import flow, task, get_run_logger",
        "plain = print",
        "flow(log_prints=False)(lambda: get_run_logger().info('x'))()",
        "assert print is plain",
        "etl = task(log_prints=True)(lambda: print('x'))",
        "assert print is not plain",
        "replaced = print",
        "etl.with_options(name='y')()",
        "assert print is replaced",
        "print('still', 'here', sep='-')",
    )
    assert out == "still-here\n"
