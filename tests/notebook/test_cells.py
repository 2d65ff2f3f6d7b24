"""`%%flow` and `%%task` cells in real shells and a real kernel; the runs behind them are fakes."""

import ast
import asyncio
import inspect
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import no_var_expand
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from hookcell.notebook import cells
from hookcell.notebook.cell_source import Cell, CellSyntaxError, Head, parse_head

# -- fakes ------------------------------------------------------------------------------------------------------------


class FakeAttempt:
    value = None

    def __init__(self, run):
        self.run = run

    def __enter__(self):
        self.run.entered += 1

    def __exit__(self, kind, error, trace):
        self.run.ends.append(self.value if error is None else error)
        return isinstance(error, Exception) and self.run.entered <= self.run.retries

    async def __aenter__(self):
        self.run.is_async = True
        await asyncio.sleep(0)
        self.__enter__()

    async def __aexit__(self, *raised):
        await asyncio.sleep(0)
        return self.__exit__(*raised)


class FakeRun:
    def __init__(self, line, body):
        self.line, self.body = line, body
        self.retries = int(line.partition("--retries ")[2] or 0)
        self.entered, self.ends, self.is_async = 0, [], False

    def __iter__(self):
        while not self.ends or isinstance(self.ends[-1], BaseException):
            yield FakeAttempt(self)

    async def __aiter__(self):
        for attempt in self:
            yield attempt


class Notebook:
    """A shell that knows the cells, and what the ring behind them was told."""

    def __init__(self, shell, **names):
        self.shell = shell
        self.names = shell.user_ns
        self.runs, self.registered, self.launched = [], [], []
        self.uninstall = cells.install(shell, self.begin, self.register, self.launch, **names)

    def begin(self, line, body):
        if "--bad" in line:
            raise ValueError("no option is called --bad")
        self.runs.append(FakeRun(line, body))
        return self.runs[-1]

    def register(self, kind, line, body, function):
        self.registered.append((kind, line, body, self.names.get(function.__name__)))
        return function

    def launch(self, line, body):
        self.launched.append((line, body))

    def run(self, *lines, history=True):
        return self.shell.run_cell("\n".join(lines), store_history=history)

    def value(self, *lines):
        result = self.run(*lines)
        result.raise_error()
        return result.result

    def function(self, *lines, name="load"):
        self.value(*lines)
        return self.names[name]


def load(shell):
    """What the kernels of the tests below call."""
    return Notebook(shell)


@pytest.fixture
def shell():
    yield InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}), colors="nocolor")
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(shell):
    return Notebook(shell)


def lines_of(error):
    """The line numbers of an error's frames, from the first one in a cell."""
    frames = inspect.getinnerframes(error.__traceback__)
    inside = [frame for frame in frames if not frame.filename.startswith(str(Path(sys.prefix)))]
    return [(frame.function, frame.lineno) for frame in inside]


def fault_of(result):
    error = result.error_before_exec
    assert isinstance(error, SyntaxError), result
    return error.lineno, error.msg


# -- the first line ---------------------------------------------------------------------------------------------------

HEADS = {
    "etl": Head("etl", None, ""),
    "  etl  ": Head("etl", None, ""),
    "etl --retries 2 --on-completion save,report": Head("etl", None, "--retries 2 --on-completion save,report"),
    "etl --param day='2026 (1)'": Head("etl", None, "--param day='2026 (1)'"),
    "etl\t-r 2": Head("etl", None, "-r 2"),
    "etl()": Head("etl", "", ""),
    "etl() -r 2": Head("etl", "", "-r 2"),
    "load(url, n=3) --retries 2": Head("load", "url, n=3", "--retries 2"),
    "load (url)": Head("load", "url", ""),
    "load( url )": Head("load", "url", ""),
    "load(a=(1, (2, 3)), b=[')'], *, c={'(': 1}) -t x": Head("load", "a=(1, (2, 3)), b=[')'], *, c={'(': 1}", "-t x"),
    """load(a=")", b='(', c="it's", d='''"''')""": Head("load", """a=")", b='(', c="it's", d='''"'''""", ""),
    r"load(a='\'', b=r'\)')": Head("load", r"a='\'', b=r'\)'", ""),
    "load(a: 'list[int]' = f(2)[0], /, *args: int, k=lambda: (1), **kw)": Head(
        "load", "a: 'list[int]' = f(2)[0], /, *args: int, k=lambda: (1), **kw", ""
    ),
    "load(x) --note it's --other (": Head("load", "x", "--note it's --other ("),
    "größe(ß=1)": Head("größe", "ß=1", ""),
    "match": Head("match", None, ""),
}


@pytest.mark.parametrize(("line", "head"), HEADS.items(), ids=HEADS)
def test_a_first_line_is_read(line, head):
    assert parse_head(line) == head


FAULTS = {
    "": ("%%flow has no name: write one first, like `%%flow my_flow`", 1),
    "--retries 2": ("%%flow has no name: write one first, like `%%flow my_flow --retries 2`", 1),
    "(x) -r 2": ("%%flow has no name: write one first, like `%%flow my_flow (x) -r 2`", 1),
    "2fast": ("'2fast' is not a Python name: write `%%flow my_2fast`", 1),
    "nightly-scores": ("'nightly-scores' is not a Python name: write `%%flow nightly_scores`", 1),
    "etl:": ("'etl:' is not a Python name: write `%%flow etl`", 1),
    '"etl"': ("'\"etl\"' is not a Python name: write `%%flow etl`", 1),
    "mod.etl(x)": ("'mod.etl' is not a Python name: write `%%flow mod_etl`", 1),
    "class-": ("'class-' is not a Python name: write `%%flow my_class`", 1),
    "!?": ("'!?' is not a Python name: write `%%flow my_flow`", 1),
    "class": ("'class' is a word of Python's own: write `%%flow class_`", 1),
    "None(x)": ("'None' is a word of Python's own: write `%%flow None_`", 1),
    "etl(x": ("the parameter list of 'etl' does not end on this line: write it like `%%flow etl(x, y=1)`", 4),
    "etl(x='a)": ("the parameter list of 'etl' does not end on this line: write it like `%%flow etl(x, y=1)`", 4),
    "etl(x=[1)": ("the parameter list of 'etl' does not end on this line: write it like `%%flow etl(x, y=1)`", 4),
    "etl(x]": ("the parameter list of 'etl' does not end on this line: write it like `%%flow etl(x, y=1)`", 4),
    "etl(x # )": ("the parameter list of 'etl' does not end on this line: write it like `%%flow etl(x, y=1)`", 4),
    "etl(x):": ("':' cannot follow the parameter list: only options can, like `%%flow etl(x) --retries 2`", 7),
    "etl(x)(y) -r 2": ("'(y)' cannot follow the parameter list: only options can, like `%%flow etl(x) --retries 2`", 7),
    "etl(x) -> int": ("%%flow etl(x) cannot say what it returns: leave out `->` and the type after it", 8),
    "etl(x)-> int": ("%%flow etl(x) cannot say what it returns: leave out `->` and the type after it", 7),
}


@pytest.mark.parametrize(("line", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_faulty_first_line_says_what_to_write_and_where(line, fault):
    with pytest.raises(CellSyntaxError) as caught:
        parse_head(line)
    assert (caught.value.msg, caught.value.offset) == fault
    assert (caught.value.lineno, caught.value.text) == (1, line)


def test_a_fault_names_the_magic_as_it_is_called_here():
    with pytest.raises(CellSyntaxError, match="%%step has no name: write one first, like `%%step my_step`"):
        parse_head("", "step")


def test_a_cell_knows_its_magic_and_line_whatever_the_spaces():
    cell = Cell("flow", "%%flow   flow_of_flow  --note flow", "")
    assert (cell.magic, cell.line, cell.column) == ("flow", "flow_of_flow  --note flow", 9)


@pytest.mark.parametrize(("line", "fault"), FAULTS.items(), ids=FAULTS)
def test_ipython_shows_a_faulty_first_line_as_a_syntax_error_in_the_cell(line, fault, notebook, capsys):
    result = notebook.run(f"%%flow {line}", "ran = True")
    error = result.error_before_exec
    assert (type(error), error.msg) == (CellSyntaxError, fault[0])
    assert capsys.readouterr().out.splitlines() == [
        "  Cell In[1], line 1",
        f"    {f'%%flow {line}'.rstrip()}",
        f"    {'^':>{fault[1] + len('%%flow ' if line else '%%flow')}}",
        f"CellSyntaxError: {fault[0]}",
        "",
    ]
    assert "ran" not in notebook.names
    assert not notebook.runs


def test_a_task_needs_a_parameter_list(notebook):
    assert fault_of(notebook.run("%%task load --retries 2", "1")) == (
        1,
        "%%task load has no parameter list: write `%%task load() --retries 2`",
    )


# -- a flow cell ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [True, False])
def test_the_last_expression_is_displayed_and_is_the_result(history, notebook, capsys):
    result = notebook.run("%%flow etl", "a = 1", "a + 1", history=history)
    assert result.result == 2
    assert capsys.readouterr().out.endswith(": 2\n")
    assert notebook.runs[0].ends == [2]


def test_the_value_is_in_underscore_and_out(notebook):
    notebook.value("%%flow etl", "'value'")
    assert notebook.value("_, Out[1]") == ("value", "value")


def test_a_semicolon_suppresses_the_display_but_not_the_result(notebook, capsys):
    assert notebook.value("%%flow etl", "42;  # not shown") is None
    assert capsys.readouterr().out == ""
    assert notebook.runs[0].ends == [42]


@pytest.mark.parametrize("last", ["x = 5", "for x in [5]: x", "None", "def x(): 5", "'''text''' if 0 else None"])
def test_a_cell_without_a_value_displays_nothing(last, notebook, capsys):
    assert notebook.value("%%flow etl", last) is None
    assert capsys.readouterr().out == ""
    assert notebook.runs[0].ends == [None]


def test_what_the_body_binds_stays_in_the_notebook(notebook):
    notebook.value(
        "%%flow etl", "import math", "a = 1", "def f(): return a", "class C: pass", "for i in range(3): pass"
    )
    assert notebook.value("a, f(), C.__name__, i, math.e > 2") == (1, 1, "C", 2, True)


def test_the_run_is_begun_with_the_line_and_the_body(notebook):
    notebook.value("%%flow  etl --param day='1 2' ", "", "!echo hi > /dev/null", "a = 1")
    assert notebook.runs[0].line == "etl --param day='1 2'"
    assert notebook.runs[0].body == "\n!echo hi > /dev/null\na = 1\n"


@pytest.mark.parametrize("body", [[], [""], ["", "  "], ["# nothing"], ["pass"]])
def test_an_empty_body_is_a_flow_that_does_nothing(body, notebook):
    assert notebook.value("%%flow etl", *body) is None
    assert notebook.runs[0].ends == [None]


def test_a_body_may_begin_with_a_docstring(notebook):
    assert notebook.value("%%flow etl", '"""What it does."""', "x = 1", "x") == 1


def test_a_failed_attempt_is_followed_by_the_next(notebook):
    body = ["tries = globals().get('tries', 0) + 1", "if tries < 3:", "    raise ValueError(tries)", "tries"]
    assert notebook.value("%%flow etl --retries 2", *body) == 3
    assert list(map(repr, notebook.runs[0].ends)) == ["ValueError(1)", "ValueError(2)", "3"]


@pytest.mark.parametrize("error", ["ValueError('x')", "KeyboardInterrupt()"])
def test_a_failed_flow_fails_the_cell(error, notebook, capsys):
    result = notebook.run("%%flow etl", f"raise {error}")
    assert repr(result.error_in_exec) == error
    assert not result.success
    assert notebook.runs[0].ends == [result.error_in_exec]


def test_a_flow_that_ends_keeps_nothing_open(notebook):
    notebook.run("%%flow etl", "1")
    notebook.run("%%flow etl", "1 / 0")
    notebook.run("%%flow etl --bad", "1")
    assert notebook.names["__hookcell__"] == {}


def test_a_flow_in_a_flow_keeps_to_its_own_run(notebook):
    body = ["get_ipython().run_cell('%%flow inner\\n1 / divisor')", "'outer'"]
    for notebook.names["divisor"] in (0, 1):
        notebook.value("%%flow outer", *body)
    assert [run.line for run in notebook.runs] == ["outer", "inner"] * 2
    assert [run.ends[-1] for run in notebook.runs if run.line == "outer"] == ["outer", "outer"]
    assert notebook.runs[3].ends == [1.0]


def test_a_run_that_makes_no_attempt_displays_nothing(notebook):
    notebook.begin = None
    cells.install(notebook.shell, lambda line, body: (), notebook.register, notebook.launch)
    assert notebook.value("%%flow etl", "ran = 1", "ran") is None
    assert "ran" not in notebook.names


def test_an_error_of_begin_fails_the_cell_at_its_first_line(notebook, capsys):
    result = notebook.run("%%flow etl --bad", "ran = 1")
    assert str(result.error_in_exec) == "no option is called --bad"
    assert "----> 1 %%flow etl --bad\n      2 ran = 1\n" in capsys.readouterr().out
    assert "ran" not in notebook.names


# -- await ------------------------------------------------------------------------------------------------------------

AWAITING = {
    "await": ["import asyncio", "x = await asyncio.sleep(0, 5)", "x"],
    "last expression": ["import asyncio", "await asyncio.sleep(0, 5)"],
    "async for": ["async def f():", "    yield 5", "async for x in f():", "    pass", "x"],
    "async with": [
        "import contextlib",
        "async with contextlib.AsyncExitStack() as stack:",
        "    x = 5",
        "x",
    ],
    "async comprehension": ["async def f():", "    yield 5", "[x async for x in f()][0]"],
    "in a block": ["import asyncio", "if True:", "    x = await asyncio.sleep(0, 5)", "x"],
    "in a default": ["import asyncio", "def f(x=await asyncio.sleep(0, 5)):", "    return x", "f()"],
}


@pytest.mark.parametrize("body", AWAITING.values(), ids=AWAITING)
def test_a_body_that_awaits_is_an_async_run(body, notebook):
    assert notebook.value("%%flow etl", *body) == 5
    assert notebook.runs[0].is_async
    assert notebook.runs[0].ends == [5]


@pytest.mark.parametrize(
    "body",
    [
        ["async def f():", "    await g()", "    async for x in y: pass", "5"],
        ["async def f():", "    return [x async for x in y]", "5"],
        ["class C:", "    async def f(self): await self", "5"],
        ["# await g()", "'await' and 5"],
    ],
)
def test_an_await_inside_a_function_leaves_the_run_sync(body, notebook):
    assert notebook.value("%%flow etl", *body) == 5
    assert not notebook.runs[0].is_async


def test_an_async_run_is_retried_and_fails_at_its_line(notebook):
    body = ["import asyncio", "await asyncio.sleep(0)", "1 / 0"]
    error = notebook.run("%%flow etl --retries 1", *body).error_in_exec
    assert lines_of(error) == [("<module>", 4)]
    assert notebook.runs[0].entered == 2


# -- tracebacks -------------------------------------------------------------------------------------------------------


def test_a_traceback_has_the_cell_s_own_lines_and_no_frame_of_ours(notebook, capsys):
    error = notebook.run("%%flow etl --retries 0", "def f(x):", "    return 1 / x", "y = 0", "f(y)").error_in_exec
    assert lines_of(error) == [("<module>", 5), ("f", 3)]
    assert capsys.readouterr().out.split("\n", 2)[2] == (
        "Cell In[1], line 5\n"
        "      3     return 1 / x\n"
        "      4 y = 0\n"
        "----> 5 f(y)\n"
        "\n"
        "Cell In[1], line 3, in f(x)\n"
        "      1 %%flow etl --retries 0\n"
        "      2 def f(x):\n"
        "----> 3     return 1 / x\n"
        "      4 y = 0\n"
        "      5 f(y)\n"
        "\n"
        "ZeroDivisionError: division by zero\n"
    )


def test_the_first_line_of_a_traceback_is_the_user_s(notebook, capsys):
    notebook.run("%%flow etl", "1 / 0")
    assert "      1 %%flow etl\n----> 2 1 / 0\n" in capsys.readouterr().out


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Plain"])
def test_every_way_to_show_a_traceback_works(mode, notebook, capsys):
    notebook.run(f"%xmode {mode}")
    notebook.run("%%flow etl", "x = (1,", "     2)", "x / 0")
    shown = capsys.readouterr().out
    assert "Cell In[2], line 4" in shown
    assert "x / 0" in shown
    assert "__hookcell__" not in shown


def test_blank_lines_above_the_magic_count(notebook):
    error = notebook.run("", "  ", "%%flow etl", "", "x = 1", "x / 0").error_in_exec
    assert lines_of(error) == [("<module>", 6)]
    assert fault_of(notebook.run("", "%%flow etl", "continue")) == (3, "'continue' not properly in loop")


def test_the_source_of_a_function_in_a_flow_cell_can_be_read(notebook):
    notebook.value("%%flow etl", "def f(x):", "    return x", "1")
    assert inspect.getsource(notebook.names["f"]) == "def f(x):\n    return x\n"


# -- syntax errors ----------------------------------------------------------------------------------------------------

STRAY = {
    "continue": (["x = 1", "if x:", "    continue", "x"], 4, "'continue' not properly in loop"),
    "break": (["x = 1", "break"], 3, "'break' outside loop"),
    "break after a loop": (["for x in []: pass", "else: break"], 3, "'break' outside loop"),
    "return": (["x = 1", "", "return x"], 4, "'return' outside function"),
    "yield": (["yield 1"], 2, "'yield' outside function"),
    "await": (["def f():", "    await x"], 3, "'await' outside async function"),
    "future": (["from __future__ import braces"], 2, "not a chance"),
    "parse": (["x = 1", "x = = 2"], 3, "invalid syntax"),
    "indentation": (["x = 1", "  y = 2"], 3, "unexpected indent"),
    "star": (["def f():", "    from math import *"], 3, "import * only allowed at module level"),
}


@pytest.mark.parametrize(("body", "line", "message"), STRAY.values(), ids=STRAY)
def test_a_fault_in_the_body_is_a_syntax_error_at_its_line(body, line, message, notebook, capsys):
    result = notebook.run("%%flow etl", "ran = True", *body)
    assert fault_of(result) == (line + 1, message)
    assert not result.success
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == [f"  Cell In[1], line {line + 1}", f"    {body[line - 2].strip()}"]
    assert "ran" not in notebook.names
    assert not notebook.runs


@pytest.mark.parametrize("body", [["for i in [1, 2]:", "    continue"], ["while True:", "    break"]])
def test_loops_of_the_body_keep_their_break_and_continue(body, notebook):
    assert notebook.value("%%flow etl", *body, "'done'") == "done"


def test_a_future_import_works_anywhere_in_the_body_and_for_later_cells(notebook):
    cell = ["'''Doc.'''", "def f(x: unknown): pass", "from __future__ import annotations", "f.__annotations__"]
    assert notebook.value("%%flow etl", *cell) == {"x": "unknown"}
    assert notebook.value("def g(x: unknown): pass", "g.__annotations__") == {"x": "unknown"}


def test_a_syntax_warning_is_given_as_often_as_in_any_cell(notebook):
    def count(*lines):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            notebook.run(*lines)
        return [str(warning.message) for warning in caught]

    assert count("%%flow etl", "x = 5", "x is 5") == count("x = 5", "x is 5") != []


# -- magics in the body and around it ---------------------------------------------------------------------------------


def test_magics_and_commands_work_in_the_body(notebook):
    body = ["%config InteractiveShell.cache_size", "out = !echo hi", "size = %config InteractiveShell.cache_size"]
    assert notebook.value("%%flow etl", *body, "for i in [1]:", "    more = !echo {i}", "out, more, size") == (
        ["hi"],
        ["1"],
        1000,
    )


def test_a_cell_magic_may_begin_the_body(notebook, capsys):
    assert notebook.value("%%flow etl", "", "%%time", "x = 5", "x") == 5
    assert "Wall time:" in capsys.readouterr().out
    assert notebook.runs[0].ends == [5]


def test_help_works_in_the_body(notebook, capsys):
    notebook.value("%%flow etl", "len?")
    assert "Return the number of items" in capsys.readouterr().out


def test_time_on_top_times_the_flow(notebook, capsys):
    assert notebook.value("%%time", "%%flow etl", "x = 5", "x") == 5
    assert "Wall time:" in capsys.readouterr().out
    assert (notebook.runs[0].line, notebook.runs[0].ends, notebook.names["x"]) == ("etl", [5], 5)


def test_a_failing_flow_under_time_fails_the_cell_if_time_lets_it(notebook):
    plain = notebook.run("%%time", "1 / 0").error_in_exec  # Older versions of IPython show the error, and go on.
    assert type(notebook.run("%%time", "%%flow etl", "1 / 0").error_in_exec) is type(plain)
    assert isinstance(notebook.runs[0].ends[0], ZeroDivisionError)


def test_time_on_top_of_a_flow_that_awaits_is_refused_as_ipython_refuses_any_await_there(notebook):
    error = notebook.run("%%time", "%%flow etl", "import asyncio", "await asyncio.sleep(0)").error_in_exec
    assert isinstance(error, SyntaxError)
    assert not notebook.runs


def test_capture_on_top_of_a_flow_works(notebook):
    notebook.value("%%capture out", "%%flow etl", "print('hi')")
    assert notebook.names["out"].stdout == "hi\n"


def test_timeit_on_top_runs_the_flow_again_and_again(notebook, capsys):
    notebook.value("%%timeit -n 2 -r 1", "%%flow etl", "x = 5", "x")
    assert [run.ends for run in notebook.runs] == [[5], [5]]


def test_an_indented_or_pasted_cell_is_understood(notebook):
    assert notebook.value("    %%flow etl", "    5") == 5
    assert notebook.value("%%flow etl", "    x = 5", "    x") == 5
    assert notebook.value(">>> %%flow etl", "... 5") == 5
    assert notebook.value("", "In [1]: %%flow etl", "   ...: 5") == 5


def test_a_transformed_cell_from_the_history_runs_again(notebook):
    notebook.value("%%flow etl --x", "5")
    assert notebook.value(notebook.shell.history_manager.input_hist_parsed[-1]) == 5
    assert [run.line for run in notebook.runs] == ["etl --x", "etl --x"]


def test_a_flow_cell_works_after_the_namespace_was_reset(notebook):
    notebook.value("%%flow etl", "5")
    notebook.value("%reset -f")
    assert notebook.value("%%flow etl", "5") == 5


def test_the_user_s_ast_transformers_see_the_body(notebook):
    class Doubled(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.Constant(node.value * 2) if type(node.value) is float else node

    notebook.shell.ast_transformers.append(Doubled())
    assert notebook.value("%%flow etl", "2.5") == 5.0


DISPLAYED = {
    "last_expr": ([3], []),
    "last": ([3], []),
    "all": ([1, 2, 3], [1, 2]),
    "none": ([], []),
    "last_expr_or_assign": ([3], [4]),
}


@pytest.mark.parametrize(("interactivity", "displayed"), DISPLAYED.items(), ids=DISPLAYED)
def test_the_shell_s_interactivity_decides_what_is_displayed(interactivity, displayed, notebook, monkeypatch):
    notebook.shell.ast_node_interactivity = interactivity
    shown = []
    monkeypatch.setattr(notebook.shell.displayhook, "write_format_data", lambda data, _: shown.append(data))
    for last, expected in zip(["3", "x = 4"], displayed, strict=True):
        shown.clear()
        notebook.value("%%flow etl", "1", "2", last)
        assert [int(data["text/plain"]) for data in shown] == expected


def test_a_silent_cell_displays_nothing(notebook, capsys):
    notebook.shell.run_cell("%%flow etl\n5", silent=True)
    assert capsys.readouterr().out == ""
    assert notebook.runs[0].ends == [5]


@pytest.mark.parametrize("more", ["", "\n", "\nx = 1", "\nx = 1\n", "\nx = 1\n\n", "\ndef f():\n"])
def test_a_terminal_takes_the_cell_to_be_complete_when_any_cell_magic_is(more, notebook):
    expected = notebook.shell.check_complete(f"%%time{more}")
    assert notebook.shell.check_complete(f"%%flow etl{more}") == expected
    assert notebook.shell.check_complete(f"%%flow{more}") == expected


# -- definitions ------------------------------------------------------------------------------------------------------


def test_a_definition_is_a_function_of_the_notebook(notebook):
    notebook.names["three"] = 3
    function = notebook.function(
        "%%task load(url, /, n: int = three, *args, sep=')', **more) --retries 2",
        '"""Loads a page."""',
        "rows = [url] * n",
        "",
        "sep.join(rows)",
    )
    assert (function.__name__, function.__qualname__, function.__doc__) == ("load", "load", "Loads a page.")
    assert function.__annotations__ == {"n": int}
    assert str(inspect.signature(function)) == "(url, /, n: int = 3, *args, sep=')', **more)"
    assert function.__globals__ is notebook.names
    assert function.__module__ == "__main__"
    assert function("a") == "a)a)a"
    assert function("a", 2, sep="-") == "a-a"
    assert "rows" not in notebook.names


def test_a_definition_is_registered_with_its_line_and_body_before_its_name_is_bound(notebook):
    notebook.function("%%task load(url) --retries 2", "url")
    first = notebook.names["load"]
    notebook.function("%%flow load()", "", "!echo", "2")
    assert notebook.registered == [
        ("task", "load(url) --retries 2", "url\n", None),
        ("flow", "load()", "\n!echo\n2\n", first),
    ]
    assert notebook.names["load"]() == 2
    assert not notebook.runs


def test_the_name_is_bound_to_what_register_returns(notebook):
    cells.install(
        notebook.shell, notebook.begin, lambda kind, line, body, function: (kind, function()), notebook.launch
    )
    notebook.value("%%task load()", "5")
    assert notebook.names["load"] == ("task", 5)


def test_a_definition_sees_the_notebook_as_it_is_when_called(notebook):
    function = notebook.function("%%task load()", "rate * 2")
    for notebook.names["rate"] in (1, 2):
        assert function() == notebook.names["rate"] * 2


@pytest.mark.parametrize("body", [[], ["# nothing"], ["x = 5"], ["if True:", "    5"], ["None"]])
def test_a_definition_without_a_last_expression_returns_none(body, notebook):
    assert notebook.function("%%task load()", *body)() is None


def test_a_lone_text_is_the_result_not_a_docstring(notebook):
    function = notebook.function("%%task load()", "'text'")
    assert (function(), function.__doc__) == ("text", None)


def test_a_definition_may_return_early_and_declare_globals(notebook):
    function = notebook.function("%%task load(x)", "global seen", "seen = x", "if x:", "    return 'early'", "'late'")
    assert (function(1), function(0), notebook.names["seen"]) == ("early", "late", 0)


def test_a_definition_that_awaits_is_a_coroutine_function(notebook):
    function = notebook.function("%%task load(x)", '"""Doc."""', "import asyncio", "await asyncio.sleep(0, x)")
    assert inspect.iscoroutinefunction(function)
    assert (function.__doc__, asyncio.run(function(5))) == ("Doc.", 5)
    assert not inspect.iscoroutinefunction(notebook.function("%%task load(x)", "async def f(): await x", "f"))


def test_magics_work_in_a_definition(notebook, capsys):
    function = notebook.function("%%task load(word)", "lines = !echo {word}", "lines[0]")
    assert function("hi") == "hi"
    function = notebook.function("%%task load()", "%%time", "5")
    assert function() == 5
    assert "Wall time:" in capsys.readouterr().out


def test_a_future_import_in_a_definition_holds_for_its_signature(notebook):
    function = notebook.function("%%task load(x: unknown)", "'''Doc.'''", "from __future__ import annotations", "x")
    assert (function.__annotations__, function.__doc__, function(5)) == ({"x": "unknown"}, "Doc.", 5)


def test_a_definition_fails_at_its_line_in_the_cell_that_defined_it(notebook, capsys):
    notebook.function("", "%%task load(x)", "", "y = x", "1 / y")
    error = notebook.run("load(0)").error_in_exec
    assert lines_of(error) == [("<module>", 1), ("load", 5)]
    shown = capsys.readouterr().out
    assert "Cell In[1], line 5, in load(x)\n" in shown
    assert "      1 def load(x):  # %%task\n      4     y = x\n----> 5     1 / y\n" in shown


def test_a_definition_has_a_source_that_is_a_function(notebook):
    function = notebook.function(
        "%%task load(x='#', *rest) --retries 2",
        '"""Doc,',
        'more."""',
        "# why",
        "",
        "if x:",
        "    y = f'''a",
        "b{x}",
        "  c'''",
        "x, (1,",
        "2)",
    )
    assert inspect.getsource(function) == (
        "def load(x='#', *rest):  # %%task --retries 2\n"
        '    """Doc,\n'
        'more."""\n'
        "    # why\n"
        "\n"
        "    if x:\n"
        "        y = f'''a\n"
        "b{x}\n"
        "  c'''\n"
        "    x, (1,\n"
        "    2)\n"
    )
    function = notebook.function("%%flow load()", "return await g()")
    assert inspect.getsource(function) == "async def load():  # %%flow\n    return await g()\n"


def test_a_default_that_raises_does_so_at_the_first_line(notebook, capsys):
    error = notebook.run("%%task load(x=missing)", "1").error_in_exec
    assert isinstance(error, NameError)
    assert lines_of(error) == [("<module>", 1)]
    assert "----> 1 def load(x=missing):  # %%task\n" in capsys.readouterr().out
    assert "load" not in notebook.names


SIGNATURES = {
    "load(a, a)": ("duplicate argument 'a' in function definition", 1),
    "load(a, b=)": ("expected default value expression", 10),
    "load(a=1, b)": ("non-default argument follows default argument", 11),
    "load(, a)": ("invalid syntax", 6),
    "load(a=await b)": ("'await' outside function", 8),
}


@pytest.mark.parametrize(("line", "fault"), SIGNATURES.items(), ids=SIGNATURES)
def test_a_faulty_signature_is_a_syntax_error_at_its_place(line, fault, notebook, capsys):
    error = notebook.run(f"%%task {line}", "ran = 1").error_before_exec
    assert (type(error), error.lineno, error.text.rstrip()) == (SyntaxError, 1, f"%%task {line}")
    if sys.version_info < (3, 12):  # Later Pythons say some of it in other words.
        assert error.msg == fault[0]
    if fault[1] > 1:
        assert capsys.readouterr().out.splitlines()[2].index("^") == 4 + len("%%task ") + fault[1] - 1


IN_A_FUNCTION = {
    "continue": (["x = 1", "if x:", "    continue"], 4, "'continue' not properly in loop"),
    "break, awaiting": (["await x", "break"], 3, "'break' outside loop"),
    "parse": (["x = 1", "x = = 2"], 3, "invalid syntax"),
    "await": (["def f():", "    await x"], 3, "'await' outside async function"),
    "star": (["from math import *"], 2, "import * only allowed at module level"),
    "parameter and global": (["global url", "url"], 2, "name 'url' is parameter and global"),
}


@pytest.mark.parametrize(("body", "line", "message"), IN_A_FUNCTION.values(), ids=IN_A_FUNCTION)
def test_a_fault_in_a_definition_is_a_syntax_error_at_its_line(body, line, message, notebook, capsys):
    result = notebook.run("%%task load(url)", *body)
    assert fault_of(result) == (line, message)
    assert capsys.readouterr().out.startswith("  Cell In[1], line ")
    assert "load" not in notebook.names


# -- the shell --------------------------------------------------------------------------------------------------------


def state_of(shell):
    return (list(shell.input_transformers_cleanup), list(shell.ast_transformers), sorted(shell.user_ns))


def test_uninstalling_leaves_nothing_behind(shell):
    before = state_of(shell)
    notebook = Notebook(shell)
    notebook.run("%%flow etl", "'done'", "del globals()['_0']", history=False)
    notebook.uninstall()
    assert state_of(shell) == before
    notebook.uninstall()
    assert state_of(shell) == before


def test_installing_twice_is_installing_once(shell):
    Notebook(shell)
    once = list(map(len, state_of(shell)))
    notebook = Notebook(shell)
    assert list(map(len, state_of(shell))) == once
    assert notebook.value("%%flow etl", "5") == 5
    assert len(notebook.runs) == 1


def test_other_transformers_stay_where_they_are(shell):
    other = [lambda lines: lines, ast.NodeTransformer()]
    shell.input_transformers_cleanup.append(other[0])
    shell.ast_transformers.append(other[1])
    Notebook(shell).uninstall()
    assert (shell.input_transformers_cleanup[-1], shell.ast_transformers) == (other[0], [other[1]])


def test_the_magics_may_have_other_names(shell):
    notebook = Notebook(shell, flow_name="hflow", task_name="t")
    assert notebook.value("%%hflow etl --x", "5") == 5
    assert notebook.function("%%t load(x)", "x")(5) == 5
    assert fault_of(notebook.run("%%t load", "5"))[1] == "%%t load has no parameter list: write `%%t load()`"
    assert "`%%flow` not found" in str(notebook.run("%%flow etl", "5").error_in_exec)
    assert [notebook.runs[0].line, notebook.registered[0][1]] == ["etl --x", "load(x)"]


@pytest.mark.parametrize("cell", ["%%flows etl\n5", "%%flow? etl", "%flow etl", "flow = 1", "x = 1\n%%flow etl", "\n"])
def test_other_cells_are_left_alone(cell, shell):
    def transformed():
        with suppress(SyntaxError):
            return shell.transform_cell(cell)

    before = transformed()
    Notebook(shell)
    assert transformed() == before


# -- cells that arrive as a call --------------------------------------------------------------------------------------


@pytest.fixture
def magics(notebook):
    """The magics as the ring registers them."""

    def flow(line, cell):
        return "help" if "-h" in line else cells.run_by_hand(notebook.shell, f"%%flow {line}", cell)

    def task(line, cell):
        return cells.run_by_hand(notebook.shell, f"%%task {line}", cell)

    for magic in (flow, task):
        notebook.shell.register_magic_function(no_var_expand(magic), "cell")
    return notebook


@pytest.mark.parametrize("body", [[], ["5"]])
@pytest.mark.parametrize("line", ["-h", "--help", "etl -h", "etl() --retries 2 --help"])
def test_a_question_for_help_reaches_the_magic(line, body, magics):
    assert magics.value(f"%%flow {line}", *body) == "help"


def test_a_magic_called_by_code_runs_the_cell(magics):
    assert magics.value("get_ipython().run_cell_magic('flow', 'etl --x', 'x = 5\\nx\\n')") == 5
    assert (magics.names["x"], magics.runs[0].line, magics.runs[0].ends) == (5, "etl --x", [5])
    magics.value("get_ipython().run_cell_magic('task', 'load(x)', 'x + 1\\n')")
    assert magics.names["load"](1) == 2


def test_a_flow_cell_inside_a_flow_cell_is_a_flow_inside_a_flow(magics):
    assert magics.value("%%flow outer", "%%flow inner", "5") == 5
    assert [(run.line, run.ends) for run in magics.runs] == [("outer", [5]), ("inner", [5])]


def test_a_magic_called_by_code_fails_at_its_own_lines(magics):
    error = magics.run("get_ipython().run_cell_magic('flow', 'etl', 'x = 5\\n1 / 0\\n')").error_in_exec
    assert lines_of(error)[-1] == ("<module>", 3)


def test_a_magic_called_by_code_cannot_await(magics):
    error = magics.run("get_ipython().run_cell_magic('flow', 'etl', 'await x\\n')").error_in_exec
    assert str(error) == ("a cell magic that is called by code cannot await: put it on the first line of its own cell")
    assert not magics.runs


# -- a real kernel ----------------------------------------------------------------------------------------------------

LOAD = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    "import test_cells; notebook = test_cells.load(get_ipython()); del sys.path[0]"
)


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(startup_timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


class Executed:
    """The reply to a cell and what it sent to the page."""

    def __init__(self, client, cell):
        self.sent = []
        reply = client.execute_interactive(cell, timeout=60, output_hook=self.sent.append)
        self.status, self.error = reply["content"]["status"], reply["content"]

    @property
    def result(self):
        return [sent["content"]["data"]["text/plain"] for sent in self.sent if sent["msg_type"] == "execute_result"]

    @property
    def traceback(self):
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(self.error["traceback"]))


@pytest.fixture
def execute(kernel):
    assert Executed(kernel, f"%reset -f\n{LOAD}").status == "ok"
    return lambda *lines: Executed(kernel, "\n".join(lines))


@pytest.mark.kernel
def test_a_kernel_shows_the_value_of_a_flow_cell(execute):
    assert execute("%%flow etl", "x = 5", "x").result == ["5"]
    assert execute("%%flow etl", "x;").result == []
    assert execute("notebook.runs[-1].ends, _").result == ["([5], 5)"]


@pytest.mark.kernel
def test_a_kernel_awaits_a_flow_cell_on_its_own_loop(execute):
    execute("import asyncio", "loop = asyncio.get_running_loop()")
    assert execute("%%flow etl", "await asyncio.sleep(0)", "asyncio.get_running_loop() is loop").result == ["True"]
    assert execute("notebook.runs[-1].is_async").result == ["True"]


@pytest.mark.kernel
@pytest.mark.parametrize("first", ["x = 1", "import asyncio; await asyncio.sleep(0)"])
def test_a_kernel_fails_the_cell_of_a_failed_flow_at_its_line(first, execute):
    cell = execute("%%flow etl --retries 1", first, "1 / 0")
    assert (cell.status, cell.error["ename"]) == ("error", "ZeroDivisionError")
    assert re.search(r"Cell In\[\d+\], line 3\n", cell.traceback)
    assert f"      1 %%flow etl --retries 1\n      2 {first}\n----> 3 1 / 0" in cell.traceback
    assert "hookcell" not in cell.traceback


@pytest.mark.kernel
@pytest.mark.parametrize("first", ["x = 1", "await x"])
def test_a_kernel_refuses_a_stray_continue_at_its_line(first, execute):
    cell = execute("%%flow etl", first, "continue")
    assert (cell.status, cell.error["ename"]) == ("error", "SyntaxError")
    assert re.search(r"Cell In\[\d+\], line 3\n +continue\n", cell.traceback)
    assert execute("len(notebook.runs)").result == ["0"]


@pytest.mark.kernel
def test_a_kernel_shows_a_faulty_first_line(execute):
    cell = execute("%%flow class", "1")
    assert (cell.status, cell.error["ename"]) == ("error", "CellSyntaxError")
    assert re.search(r"Cell In\[\d+\], line 1\n +%%flow class\n +\^\n", cell.traceback)
    assert "'class' is a word of Python's own: write `%%flow class_`" in cell.traceback


@pytest.mark.kernel
def test_a_kernel_keeps_a_definition_and_shows_its_lines(execute):
    assert execute("%%task load(x, n=2)", "y = x * n", "", "1 / y").status == "ok"
    assert execute("load(1)").result == ["0.5"]
    cell = execute("load(0)")
    assert re.search(r"Cell In\[\d+\], line 4, in load\(x, n\)\n", cell.traceback)
    assert "----> 4     1 / y" in cell.traceback


@pytest.mark.kernel
def test_a_function_has_the_file_in_which_the_debugger_puts_its_breakpoints(execute):
    execute("%%task load(x)", "x")
    same = "load.__code__.co_filename == get_file_name('%%task load(x)\\nx')"
    assert execute("from ipykernel.compiler import get_file_name", same).result == ["True"]


@pytest.mark.kernel
def test_run_all_stops_at_a_failed_flow():
    sources = [LOAD, "%%flow etl\nx = 1\nx", "%%flow etl\n1 / 0", "'not reached'"]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        NotebookClient(document, timeout=60).execute()
    outputs = [[output.output_type for output in cell.outputs] for cell in document.cells]
    assert outputs == [[], ["execute_result"], ["error"], []]


# -- in the background ------------------------------------------------------------------------------------------------


def test_a_background_cell_hands_over_its_statements_and_runs_none(notebook):
    assert notebook.value("%%flow etl --background -x", "x = 1", "x + 1") is None
    ((line, body),) = notebook.launched
    assert (line, "x" in notebook.names, notebook.runs) == ("etl --background -x", False, [])
    assert [body.function()(), body.function()(), notebook.names["x"]] == [2, 2, 1]


@pytest.mark.parametrize(
    ("lines", "value"), [((), None), (("x = 1",), None), (("x = 1; x",), 1), (("x = [1]", "", "x[0];"), 1)]
)
def test_the_result_of_a_background_cell_is_its_last_expression(notebook, lines, value):
    notebook.value("%%flow etl --background", *lines)
    assert notebook.launched[0][1].function()() == value


def test_a_background_cell_that_awaits_becomes_an_async_function(notebook):
    notebook.value("%%flow etl --background", "import asyncio", "x = await asyncio.sleep(0, 1)", "x + 1")
    assert asyncio.run(notebook.launched[0][1].function()()) == 2


def test_errors_of_a_background_cell_name_its_own_lines(notebook):
    notebook.value("%%flow etl --background", "", "def f(): return 1 / 0", "f()")
    with pytest.raises(ZeroDivisionError) as raised:
        notebook.launched[0][1].function()()
    assert lines_of(raised.value)[-2:] == [("<module>", 4), ("f", 3)]


def test_future_imports_hold_in_a_background_cell(notebook):
    notebook.value(
        "%%flow etl --background", "from __future__ import annotations", "def f(x: Nowhere): return x", "f(3)"
    )
    assert notebook.launched[0][1].function()() == 3


@pytest.mark.parametrize("stray", ["return 1", "break", "continue", "yield 1"])
def test_what_no_cell_may_say_starts_nothing_in_the_background_either(notebook, stray):
    assert fault_of(notebook.run("%%flow etl --background", "x = 1", stray))[0] == 3
    assert (notebook.launched, "x" in notebook.names) == ([], False)


@pytest.mark.parametrize("line", ["etl --run-name --backgrounds", "etl(x) --background"])
def test_only_the_option_itself_puts_a_cell_in_the_background(notebook, line):
    notebook.run(f"%%flow {line}", "1")
    assert notebook.launched == []
