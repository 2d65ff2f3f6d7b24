"""`%load_ext hookcell` in a real kernel: what it adds and takes away again, and what a magic's line can say."""

import re

import pytest
from kernels import running_kernel

from hookcell import definitions, flows
from hookcell.notebook.options import parser_of

pytestmark = pytest.mark.kernel

SETUP = """
%load_ext hookcell
from hookcell import flow, task
said = []
def save(owner, run, state): said.append(f"{run.name} {state.name}")
class alerts:
    post = staticmethod(save)
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def bare():
    with running_kernel() as kernel:
        yield kernel


# -- loading and unloading --------------------------------------------------------------------------------------------

PICTURE = """
import logging, signal, sys, threading
import anywidget, asyncio, hookcell
from hookcell.session import session
writers = None
def after_the_cell():  # IPython's own patches are in place while a cell runs
    global writers
    writers = [str(one.write) for one in (sys.stdout, sys.stderr)]
def picture():
    shell = get_ipython()
    return {
        "magics": {kind: sorted(known) for kind, known in shell.magics_manager.magics.items()},
        "transformers": [list(map(str, shell.input_transformers_cleanup)), list(map(str, shell.ast_transformers))],
        "events": {name: list(map(str, calls)) for name, calls in shell.events.callbacks.items()},
        "configurables": [type(one).__name__ for one in shell.configurables],
        "writers": writers,
        "threads": sorted(one.name for one in threading.enumerate()),
        "listeners": list(map(str, session._listeners)),
        "loggers": list(map(str, logging.getLogger("hookcell").handlers)),
        "custom": [hasattr(hookcell.HookcellError, "_render_traceback_"), str(signal.getsignal(signal.SIGINT))],
    }
"""


def test_unload_leaves_nothing_behind_however_often_it_was_loaded(bare):
    assert bare.run(PICTURE).status == "ok"
    bare.run("%load_ext hookcell", "%unload_ext hookcell")  # some things IPython itself makes at the first one
    look = "asyncio.get_running_loop().call_soon(after_the_cell);"
    bare.run(look)
    assert bare.run("before = picture(); names = set(globals())").error is None
    for _ in range(2):
        loaded = bare.run(
            "%load_ext hookcell", "%reload_ext hookcell", "hookcell.load_ipython_extension(get_ipython())"
        )
        assert loaded.error is None
        assert bare.run("%%flow once", "42").results == ["42"]
        assert bare.run("%%task add(a, b)", "a + b").error is None
        assert bare.run("assert picture() != before").error is None
        assert bare.run("%unload_ext hookcell").error is None
        assert bare.run("hookcell.unload_ipython_extension(get_ipython())").error is None
        bare.run(look, "[one.join(60) for one in threading.enumerate() if 'hookcell' in one.name];")
        assert bare.value("{key: (before[key], new) for key, new in picture().items() if before[key] != new}") == "{}"
        assert bare.value("sorted(n for n in set(globals()) - names if not n.startswith('_'))") == "['add', 'names']"
        assert bare.value("[n for n in globals() if 'hookcell' in n and n != 'hookcell']") == "[]"
    assert bare.run("%%flow once", "42").stderr == "UsageError: Cell magic `%%flow` not found.\n"


def test_loading_twice_calls_hooks_and_shows_runs_once(kernel):
    kernel.run("%load_ext hookcell", "%reload_ext hookcell")
    cell = kernel.run("%%flow once --on-end save", "said.clear()")
    assert len(cell.shown) == 1
    assert kernel.value("len(said)") == "1"


def test_magics_are_listed_and_documented(kernel):
    assert "%%flow" in kernel.run("%lsmagic").results[0]
    assert kernel.value("'--retries N' in get_ipython().find_magic('task', 'cell').__doc__") == "True"


def test_a_magic_that_belongs_to_another_extension_is_left_alone_until_another_name_is_chosen(bare):
    theirs = """
from IPython.core.magic import register_cell_magic
@register_cell_magic
def flow(line, cell): print("theirs", line)
"""
    bare.run(theirs)
    loaded = bare.run("%load_ext hookcell")
    told = (
        "%%flow already belongs to another extension, so hookcell's is %%hookcell_flow here; "
        "to choose a name, run: %config Hookcell.flow_magic = 'my_flow'"
    )
    assert told in loaded.stderr
    assert bare.run("%%flow etl", "1").stdout == "theirs etl\n"
    assert bare.run("%%hookcell_flow etl", "1").results == ["1"]
    assert bare.run("%config Hookcell.flow_magic = 'my_flow'").stderr == ""
    assert bare.run("%%my_flow etl", "2").results == ["2"]
    assert bare.run("%%flow etl", "1").stdout == "theirs etl\n"
    assert "not found" in bare.run("%%hookcell_flow etl", "1").stderr
    assert bare.run("%%my_flow etl --retrys 1", "2").stderr == (
        "UsageError: %%my_flow has no option '--retrys'; did you mean --retries?\n"
    )
    bare.run("%unload_ext hookcell")
    assert bare.run("%%flow etl", "1").stdout == "theirs etl\n"
    bare.run("del get_ipython().magics_manager.magics['cell']['flow']")


# -- forms ------------------------------------------------------------------------------------------------------------


def test_a_flow_cell_runs_in_the_notebooks_namespace_and_shows_its_last_expression_once(kernel):
    cell = kernel.run("%%flow etl", "x = 20", "y = x + 1", "y * 2")
    assert cell.results == ["42"]
    assert kernel.value("x, y, _") == "(20, 21, 42)"
    assert len(cell.shown) == 1
    assert "Completed etl" in cell.shown[0]


def test_a_semicolon_keeps_the_last_expression_to_itself(kernel):
    assert kernel.run("%%flow etl", "42;").results == []


def test_a_flow_cell_can_await(kernel):
    cell = kernel.run("%%flow etl", "import asyncio", "await asyncio.sleep(0, 'slept')")
    assert (cell.error, cell.results) == (None, ["'slept'"])


def test_a_flow_cell_with_parameters_registers_a_function(kernel):
    assert kernel.run("%%flow double(n, times=2) --on-completion save", "n * times").results == []
    kernel.run("said.clear()")
    assert kernel.run("double(21)").results == ["42"]
    assert kernel.run("double(2, times=4)").results == ["8"]
    assert kernel.value("type(double).__name__, len(said)") == "('Flow', 2)"


def test_a_task_cell_registers_a_function(kernel):
    assert kernel.run("%%task load(url, n=3) --retries 2 --tags io,slow", "rows = list(url)", "rows[:n]").error is None
    assert kernel.run("load('abcd')").results == ["['a', 'b', 'c']"]
    assert kernel.value("load.retries, sorted(load.tags), 'rows' in globals()") == "(2, ['io', 'slow'], False)"


def test_a_task_cell_that_awaits_is_async(kernel):
    kernel.run("%%task nap(n)", "import asyncio", "await asyncio.sleep(0)", "n")
    assert kernel.run("await nap(5)").results == ["5"]


def test_a_definition_that_is_run_again_says_that_it_is_redefined(kernel):
    kernel.run("%%task again()", "1")
    assert kernel.run("%%task again()", "2").stdout == "task 'again' is redefined; runs from now on use this cell.\n"
    assert kernel.run("again()").results == ["2"]
    assert kernel.run("%%flow again()", "3").stdout == "flow 'again' is redefined; runs from now on use this cell.\n"
    kernel.run("counter = 3")
    assert kernel.run("%%task counter()", "1").stdout == "task 'counter' replaces the int of that name.\n"


# -- options ----------------------------------------------------------------------------------------------------------

# Hooks apart, and the name, which is the first word. An option of both magics that only one says it has is missed here.
OPTIONS = sorted((definitions.OPTIONS | flows._OPTIONS | {"param"}) - definitions.HOOK_OPTIONS - {"name"})


def test_the_magics_take_every_option_of_the_decorators():
    for kind, taken in (("flow", flows._OPTIONS), ("task", definitions.OPTIONS)):
        known = {action.dest for action in parser_of(kind, kind)._actions}
        assert taken - known - definitions.HOOK_OPTIONS == {"name"}
        of_a_run = {"background", "into", "param"} if kind == "flow" else set()
        assert known - taken - definitions.HOOK_OPTIONS == {"help"} | of_a_run


def test_help_lists_every_option(kernel):
    told = kernel.run("%%flow -h").stdout
    assert told.startswith("usage: %%flow NAME [options]   or   %%flow NAME(parameters) [options]\n")
    for option in OPTIONS:
        assert re.search(rf"  --{option.replace('_', '-')}[ ,]", told), option
    assert "{x} is a variable of --param\n" in told
    assert "{x} is a parameter\n" in kernel.run("%%task -h").stdout
    assert kernel.run("%%task -h").stdout.startswith("usage: %%task NAME(parameters) [options]\n")
    assert "--param" not in kernel.run("%%task x() --help").stdout
    assert kernel.run("%%flow etl --help", "1 / 0").error is None


KINDS = "running completion success failure cancellation crashed retry cached end transition".split()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_hook_is_an_option(kernel, kind):
    assert f"--on-{kind} " in kernel.run("%%flow -h").stdout
    kernel.run(f"%%task hooked() --on-{kind} save,alerts.post", "1")
    assert kernel.value(f"len(hooked.hooks['on_{kind}'])") == "2"


def test_hooks_of_a_flow_cell_are_called(kernel):
    kernel.run("said.clear()")
    kernel.run("%%flow etl --on-running save --on-completion save,alerts.post --on-failure save", "1")
    assert kernel.value("[one.split()[1] for one in said]") == "['Running', 'Completed', 'Completed']"


def test_retries_and_their_delays(kernel):
    kernel.run("tries = []")
    cell = kernel.run(
        "%%flow etl --retries 3 --retry-delay-seconds 0.01,0.02 --on-retry save",
        "tries.append(1)",
        "assert len(tries) == 3",
        "'third try'",
    )
    assert (cell.error, cell.results) == (None, ["'third try'"])
    cell = kernel.run("%%flow etl --retries 1", "tries.append(1)", "raise ValueError(len(tries))")
    assert cell.error == "ValueError: 5"


def test_a_flow_cell_that_takes_too_long_fails(kernel):
    cell = kernel.run("%%flow slow_one --timeout-seconds 0.2", "import time", "time.sleep(30)")
    assert cell.error == "RunTimeout: Flow run exceeded timeout of 0.2 second(s)"
    cell = kernel.run("%%flow slow_one --timeout-seconds 0.2", "import asyncio", "await asyncio.sleep(30)")
    assert cell.error == "RunTimeout: Flow run exceeded timeout of 0.2 second(s)"


def test_parameters_are_variables_and_recorded_with_the_run(kernel):
    kernel.run("def keep(flow, run, state): recorded.update(run.parameters)", "recorded = {}")
    cell = kernel.run("%%flow etl --param day=2026-11-20 --param n=3 --param w='a b' --on-end keep", "day, n, w")
    assert cell.results == ["('2026-11-20', 3, 'a b')"]
    assert kernel.value("recorded, day") == "({'day': '2026-11-20', 'n': 3, 'w': 'a b'}, '2026-11-20')"


def test_a_list_whose_quotes_the_line_has_taken_is_an_error_that_shows_how_to_write_it(kernel):
    cell = kernel.run('%%flow etl --param days=["mon","wed"]', "days")
    assert cell.error == (
        "UsageError: %%flow: --param days=[mon,wed] is no list, tuple, set or dict that Python can read; "
        "put quotes around it all: --param 'days=[\"a\", 1]'"
    )
    assert kernel.run("""%%flow etl --param 'days=["mon","wed"]'""", "days").results == ["['mon', 'wed']"]


def test_the_runs_of_a_task_cell_are_called_by_their_arguments(kernel):
    kernel.run("%%task load(url, n=3) --run-name load-{url}-{n:02d} --version 1.2 --on-end save", "url")
    kernel.run("said.clear()", "load('a'); load('b', n=7)", "load.with_options(run_name='other')('c');")
    assert kernel.value("said") == "['load-a-03 Completed', 'load-b-07 Completed', 'other Completed']"
    assert kernel.value("load.version") == "'1.2'"


def test_the_run_of_a_flow_cell_is_called_by_its_variables(kernel):
    cell = kernel.run("%%flow etl --param day=mon --param n=3 --run-name 'etl of {day} {n:02d}'", "day * n")
    assert (cell.results, cell.shown) == (["'monmonmon'"], ["✓ Completed etl (etl of mon 03)"])
    kernel.run("%%flow etl(day: int) --run-name {day} --on-end save", "day")
    kernel.run("said.clear()", "etl('7')")
    assert kernel.value("said") == "['7 Completed']"


@pytest.mark.parametrize("body", ["reached = True", "import asyncio; await asyncio.sleep(0); reached = True"])
def test_a_flow_cell_whose_name_cannot_be_made_fails_before_its_body(kernel, body):
    kernel.run("reached = False")
    cell = kernel.run("%%flow etl --param day=mon --run-name etl-{dya}", body)
    assert cell.error == (
        "InvalidNameError: run_name 'etl-{dya}' of flow 'etl' cannot be filled in (KeyError: 'dya'); "
        "its parameters are day"
    )
    assert "----> 1 %%flow etl --param day=mon --run-name etl-{dya}" in cell.traceback
    assert "/hookcell/" not in cell.traceback
    assert cell.shown[0].startswith("✕ Failed etl (")
    assert kernel.value("reached") == "False"


@pytest.mark.parametrize("body", ["reached = True", "import asyncio; await asyncio.sleep(0); reached = True"])
def test_a_flow_cell_that_is_cancelled_before_its_body_fails(kernel, body):
    kernel.run("def stop(flow, run, state):", "    if state.name == 'Pending': run.cancel()", "reached = False")
    cell = kernel.run("%%flow etl --on-transition stop", body)
    assert cell.error == "CancelledRun: Flow run was cancelled before it started."
    assert kernel.value("reached") == "False"


def test_a_condition_says_which_failure_of_a_cell_is_tried_again(kernel):
    kernel.run("def busy(error: ConnectionError): asked.append(str(error)); return True", "asked, tries = [], []")
    options = "--retries 3 --retry-condition-fn busy --retry-delay-seconds 0.001 --retry-jitter-factor 0.5"
    cell = kernel.run(
        f"%%flow etl {options}", "tries.append(1)", "raise (ConnectionError, ValueError)[len(tries) - 1]('no answer')"
    )
    assert cell.error == "ValueError: no answer"
    assert kernel.value("asked, len(tries)") == "(['no answer'], 2)"
    kernel.run(f"%%task fetch() {options}", "tries.append(1)", "raise ValueError('no')")
    assert kernel.run("tries.clear()", "fetch()").error == "ValueError: no"
    assert kernel.value("len(tries), fetch.retry_jitter_factor") == "(1, 0.5)"


def test_prints_of_a_cell_become_log_lines_if_asked_for(kernel):
    for lines in (["print('a', 'line')"], ["import asyncio", "await asyncio.sleep(0)", "print('a', 'line')"]):
        cell = kernel.run("%%flow etl --run-name logged --log-prints", *lines)
        assert cell.stdout == ""
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} \| INFO    \| Flow run 'logged' - a line\n", cell.stderr)
    kernel.run("%%task quiet() --no-log-prints", "print('printed')")
    kernel.run("%%task as_around()", "print('logged')")
    cell = kernel.run("%%flow etl --log-prints", "quiet(); as_around()")
    assert cell.stdout == "printed\n"
    assert cell.stderr.endswith("| INFO    | Task run 'as_around' - logged\n")
    assert kernel.run("quiet(); as_around(); print('outside')").stdout == "printed\nlogged\noutside\n"


FAULTS = {
    "%%flow f --on-failure sav": "--on-failure names 'sav', but the notebook has no such function; did you mean save?",
    "%%flow f --on-failure zzz": (
        "--on-failure names 'zzz', but the notebook has no such function; "
        "define it in a cell above, or give another name"
    ),
    "%%flow f --on-end alerts.pots": (
        "--on-end names 'alerts.pots', but the notebook has no such function; did you mean alerts.post?"
    ),
    "%%flow f --on-failure said": "on_failure got [], which is not callable; pass a function, or a list of functions",
    "%%flow f --retrys 3": "%%flow has no option '--retrys'; did you mean --retries?",
    "%%flow f --zzz": "%%flow has no option '--zzz'; %%flow -h prints what there is",
    "%%flow f extra": "%%flow has no option 'extra'; %%flow -h prints what there is",
    "%%flow f --retries many": "%%flow: --retries got 'many'; give a whole number, such as 2",
    "%%flow f --retries": "%%flow: --retries needs a value",
    "%%flow f --retries -1": "retries of 'f' is -1; give a whole number of 0 or more",
    "%%flow f --timeout-seconds soon": "%%flow: --timeout-seconds got 'soon'; give seconds, such as 2.5",
    "%%flow f --retry-delay-seconds 1,x": (
        "%%flow: --retry-delay-seconds got '1,x'; give seconds, or several with commas, such as 1,2.5"
    ),
    "%%flow f --run-nam x": "%%flow has no option '--run-nam'; did you mean --run-name?",
    "%%flow f --run-name": "%%flow: --run-name needs a value",
    "%%flow f --run-name {}": (
        "run_name of 'f' is '{}', but parameters are put in by name; write {day}, not {} or {0}"
    ),
    "%%flow f --run-name {day": (
        "run_name of 'f' is '{day', which cannot be read (expected '}' before end of string); write {day} for a "
        "parameter, and {{ or }} for a brace"
    ),
    "%%flow f --retry-jitter-factor lots": (
        "%%flow: --retry-jitter-factor got 'lots'; give a number of 0 or more, such as 0.5"
    ),
    "%%task f() --retry-jitter-factor -1": (
        "retry_jitter_factor of 'f' is -1.0; give a number of 0 or more: with 0.5, a delay of 10 s becomes one of at "
        "most 15 s, drawn by chance"
    ),
    "%%flow f --retry-condition-fn alerts.pots": (
        "--retry-condition-fn names 'alerts.pots', but the notebook has no such function; did you mean alerts.post?"
    ),
    "%%flow f --retry-condition-fn said": (
        "retry_condition_fn of 'f' is [], which is not callable; pass a function that gives True to have it tried again"
    ),
    "%%task f() --log-print": "%%task has no option '--log-print'; did you mean --log-prints?",
    "%%flow f --log-prints yes": "%%flow has no option 'yes'; %%flow -h prints what there is",
    "%%flow f --param day": "%%flow: --param 'day' is not understood; write --param name=value",
    "%%flow f --description 'a": "%%flow: No closing quotation in: --description 'a",
    "%%task f() --param a=1": "%%task has no option '--param'; %%task -h prints what there is",
    "%%flow f(a) --param a=1": "--param is for a cell that runs: %%flow f; here, call f(...) with arguments",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_faulty_option_is_one_clear_line_and_fails_the_cell(kernel, line):
    kernel.run("said.clear()", "reached = False")
    cell = kernel.run(line, "reached = True")
    assert cell.stderr == f"UsageError: {FAULTS[line]}\n"
    assert cell.status == "error"
    assert kernel.value("reached") == "False"


SYNTAX = {
    "%%flow": "%%flow has no name: write one first, like `%%flow my_flow`",
    "%%flow my-flow": "'my-flow' is not a Python name: write `%%flow my_flow`",
    "%%task load": "%%task load has no parameter list: write `%%task load()`",
}


@pytest.mark.parametrize("line", SYNTAX)
def test_a_first_line_without_a_proper_name_is_an_error_there(kernel, line):
    cell = kernel.run(line, "1")
    assert cell.error.startswith(f"CellSyntaxError: {SYNTAX[line]}")
    assert "line 1" in cell.error


def test_a_stray_continue_is_an_error_at_its_line(kernel):
    cell = kernel.run("%%flow f", "for i in range(2):", "    pass", "continue")
    assert cell.error.startswith("SyntaxError: 'continue' not properly in loop")
    assert cell.error.endswith("line 4)")


def test_a_reserved_argument_of_a_cell_is_refused(kernel):
    assert "return_state" in kernel.run("%%task f(return_state)", "1").stderr


def test_a_hook_whose_signature_cannot_be_called_is_refused(kernel):
    kernel.run("def greedy(a, b, c, d): pass")
    told = kernel.run("%%flow f --on-end greedy", "1").stderr
    assert told.startswith("UsageError: on_end hook 'greedy' needs 'd', but a hook is called with (flow, flow_run, ")


# -- options that name other things than functions --------------------------------------------------------------------


def test_each_task_names_a_hooks_of_the_notebook(kernel):
    kernel.run("from hookcell import Hooks, task")
    kernel.run(
        "alerts = Hooks(on_completion=lambda task, run: print('told of', run.name))", "one = task(name='one')(int)"
    )
    assert kernel.run("%%flow watched --each-task alerts", "one()").stdout.startswith("told of one\n")
    told = kernel.run("%%flow watched --each-task alert", "one()").stderr
    assert "--each-task names 'alert', but the notebook has no such Hooks; did you mean alerts?" in told


def test_parameters_are_checked_by_annotation_if_asked_for(kernel):
    kernel.run("%%task checked(n: int) --validate-parameters", "n")
    kernel.run("%%flow unchecked(n: int) --no-validate-parameters", "n")
    assert kernel.value("(checked('5'), unchecked('5'))") == "(5, '5')"


def test_a_text_of_several_lines_is_what_it_is_in_a_plain_cell(kernel):
    text = ['"""a', "    ", "      b", '  c"""']
    kernel.run("plain = " + text[0], *text[1:])
    kernel.run("%%flow texts", "here = " + text[0], *text[1:])
    assert kernel.value("here == plain") == "True"


def test_an_indented_cell_is_taken_for_what_it_says(kernel):
    kernel.run("%%flow indented", "  if True:", "      inside = 1", "  after = inside + 1")
    assert kernel.value("(inside, after)") == "(1, 2)"


def test_a_parameter_that_no_code_can_name_is_refused(kernel):
    told = kernel.run("%%flow f --param class=3", "1").stderr
    assert "%%flow: --param 'class=3' is not understood; write --param name=value" in told


def test_what_goes_on_after_its_cell_is_shown_as_it_ended_when_nobody_looks(kernel):
    kernel.run("import threading", "from hookcell import task", "go_on = threading.Event()")
    cell = kernel.run("waits = task(name='waits')(lambda: go_on.wait(60))", "future = waits.submit(); None")
    kernel.run("go_on.set()", "future.wait()")
    kernel.until(lambda: any("Completed waits" in str(output) for output in cell.outputs))
