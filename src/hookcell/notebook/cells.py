"""`%%flow` and `%%task` cells: the shell learns to run their statements in place, and forgets it again."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import linecache
import re
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hookcell.notebook.cell_body import CellBody
from hookcell.notebook.cell_source import (
    OPEN_CELLS,
    Cell,
    CellSyntaxError,
    function_lines,
    function_statement,
    hoisted,
    launch_statements,
    marked,
    run_statements,
    showing_assignment,
    signature_source,
)

if TYPE_CHECKING:
    from types import CodeType, TracebackType

    from IPython.core.interactiveshell import InteractiveShell


class Attempt(Protocol):
    """One try of a cell's body: a context manager that swallows the error when there will be another try."""

    value: Any  # None until the body sets it to its last expression's value, before the context ends.

    def __enter__(self) -> Any: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...
    async def __aenter__(self) -> Any: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


class CellRun(Protocol):
    """The run of one `%%flow` cell: yields an attempt for each try."""

    def __iter__(self) -> Iterator[Attempt]: ...
    def __aiter__(self) -> AsyncIterator[Attempt]: ...


Begin = Callable[[str, str], CellRun]
Launch = Callable[[str, CellBody], object]
Register = Callable[[str, str, str, Callable[..., Any]], object]


class OpenCells(dict[int, Attempt]):
    """What the rewritten statements speak to: the attempt each running `%%flow` cell is in, by a number of its own.

    Numbers, because a cell may run another while it runs, and two may run at once.
    """

    def __init__(self, begin: Begin, register: Register, launch: Launch) -> None:
        super().__init__()
        self._begin = begin
        self._register = register
        self._launch = launch
        # The statements of cells that are about to start a run in the background.
        self.bodies: dict[int, Callable[[str], CellBody]] = {}

    def begin(self, first_line: str, body: str) -> CellRun:
        """The run to loop over; called once, by the cell's own frame."""
        __tracebackhide__ = True
        _show(lambda lines: [f"{first_line}\n", *lines])
        return self._begin(Cell("flow", first_line, body).line, body)

    def launch(self, number: int, first_line: str, body: str) -> object:
        """Start the run of a cell in the background; called by the cell's own frame."""
        __tracebackhide__ = True
        _show(lambda lines: [f"{first_line}\n", *lines])
        compiled = self.bodies.pop(number)(sys._getframe(1).f_code.co_filename)
        return self._launch(Cell("flow", first_line, body).line, compiled)

    def closing(self, number: int) -> Closing:
        """A context that forgets a cell's attempt when the cell fails; otherwise it is still to be taken."""
        return Closing(self, number)

    def take(self, number: int) -> object:
        """The value of the last expression of a cell that has ended."""
        attempt = self.pop(number, None)
        return None if attempt is None else attempt.value

    def define(self, kind: str, first_line: str, body: str, head: str) -> Callable[[Callable[..., Any]], object]:
        """The decorator of a definition; called by the cell's own frame."""
        _show(partial(function_lines, head))
        return partial(self._register, kind, Cell(kind, first_line, body).line, body)


class Closing(NamedTuple):
    """See `OpenCells.closing`."""

    cells: OpenCells
    number: int

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.cells.pop(self.number, None)


def _show(shown: Callable[[list[str]], list[str]]) -> None:
    """Gives tracebacks of the calling cell other lines, made from those below the marker, in place of all its lines."""
    filename = sys._getframe(2).f_code.co_filename  # Only the cell's frame knows its name.
    lines = linecache.getlines(filename)
    if lines and lines[0].startswith(f"{OPEN_CELLS}("):
        lines = shown(lines[1:])
        linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)


# -- what the shell is given ------------------------------------------------------------------------------------------


def _unindented(lines: list[str]) -> str:
    """Takes the first line's indent off every line that begins with it, as IPython does; strings keep their blanks."""
    first = next((line for line in lines if not line.isspace()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "".join(line.removeprefix(indent) for line in lines)


class LeadingBlankLines:
    """Input transformer: moves blank lines above the magic to below it.

    IPython would drop them, and every line number in a traceback with them.
    """

    has_side_effects = True

    def __init__(self, names: Iterable[str]) -> None:
        prompt = r"\s*(?:>>> |In \[\d+\]: )?"
        self._ours = re.compile(rf"{prompt}%%(?:{'|'.join(map(re.escape, names))})(?!\S)")

    def __call__(self, lines: list[str]) -> list[str]:
        """The lines of the cell, its magic first."""
        blank = list(itertools.takewhile(str.isspace, lines))
        rest = lines[len(blank) :]
        if rest and self._ours.match(rest[0]):
            return [rest[0], *blank, *rest[1:]]
        return lines


class FirstLine:
    """Input transformer: puts a marker in place of the magic and leaves the body as it stands.

    `has_side_effects` keeps it out when IPython asks whether the cell is complete: a cell magic is, after a blank line.
    """

    has_side_effects = True

    def __init__(self, shell: InteractiveShell, kinds: dict[str, str]) -> None:
        self._shell = shell
        self._kinds = kinds

    def __call__(self, lines: list[str]) -> list[str]:
        """The lines of the cell, as many as before."""
        magic, *words = lines[0].split() or [""]
        kind = self._kinds.get(magic.removeprefix("%%")) if magic.startswith("%%") else None
        if kind is None:
            return lines
        body = _unindented(lines[1:])
        if {"-h", "--help"} & set(words):
            return [lines[0], body or "\n"]  # For the magic itself, which IPython does not call for an empty cell.
        cell = Cell(kind, lines[0].rstrip(), body)
        self._check(cell)
        return [cell.marker, *self._with_inner_magic(body.splitlines(keepends=True))]

    def _check(self, cell: Cell) -> None:
        """Refuses a faulty first line here: IPython then shows the line and nothing of ours."""
        try:
            if cell.head().params is not None:
                compile(signature_source(cell), "<first line>", "exec", self._shell.compile.flags, dont_inherit=True)
        except SyntaxError as error:
            error.filename = self._shell.compile.cache(f"{cell.first_line}\n{cell.body}", self._shell.execution_count)
            error.text = cell.first_line
            if isinstance(error, CellSyntaxError):
                error.offset = (error.offset or 1) + cell.column
            raise

    def _with_inner_magic(self, body: list[str]) -> list[str]:
        """The body with the cell magic it may begin with, like `%%time`, turned into a call on its line."""
        blank = list(itertools.takewhile(str.isspace, body))
        rest = body[len(blank) :]
        if rest and rest[0].startswith("%%"):
            for transform in self._shell.input_transformer_manager.line_transforms:
                rest = transform(rest)
        return blank + rest


class Rewriter(ast.NodeTransformer):
    """AST transformer: turns the statements below a marker into a run or a function."""

    def __init__(self, shell: InteractiveShell, cells: OpenCells) -> None:
        self._shell = shell
        self._cells = cells
        self._numbers = itertools.count(1)

    def visit(self, tree: ast.AST) -> ast.AST:
        """The rewritten tree; a cell without a marker is left alone."""
        found = marked(tree)
        if found is None:
            return tree
        self._shell.user_ns[OPEN_CELLS] = self._cells  # At every cell: `%reset` takes it away.
        cell, body = found
        futures, body = hoisted(body)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # IPython compiles the same statements again, and shows them.
            rewritten = self._defined if cell.head().params is not None else self._run
            return ast.Module(rewritten(cell, futures, body), [])

    def _run(self, cell: Cell, futures: list[ast.stmt], body: list[ast.stmt]) -> list[ast.stmt]:
        """The cell's run, or only its first statement that does not compile.

        In the loop around them a stray `break` or `continue` would be legal. IPython shows the fault at its line.
        """
        trial = self._trial()
        awaits = False
        for statement in [*futures, *body]:
            try:
                awaits |= bool(trial(statement).co_flags & inspect.CO_COROUTINE)
            except Exception:  # noqa: BLE001 (IPython drops a transformer that raises)
                return [*futures, statement]
        if self._shell.ast_node_interactivity == "last_expr_or_assign":
            body = showing_assignment(body)
        if cell.in_background:
            number = next(self._numbers)
            compiler, names = self._compiler(), self._shell.user_ns
            self._cells.bodies[number] = partial(CellBody, [*futures, *body], compiler, names)
            return [*futures, *launch_statements(cell, number)]
        return [*futures, *run_statements(cell, body, next(self._numbers), awaits=awaits)]

    def _defined(self, cell: Cell, futures: list[ast.stmt], body: list[ast.stmt]) -> list[ast.stmt]:
        """The cell's function: async if it does not compile otherwise."""
        trial = self._trial()
        function = function_statement(cell, body, awaits=False)
        try:
            for statement in [*futures, function]:
                trial(statement)
        except Exception:  # noqa: BLE001 (IPython drops a transformer that raises)
            function = function_statement(cell, body, awaits=True)
        return [*futures, function]

    def _trial(self) -> Callable[[ast.stmt], CodeType]:
        """Compiles statements as IPython is going to, one by one, remembering `from __future__` imports."""
        compiler = self._compiler()
        return lambda statement: compiler(ast.Module([statement], []), "<cell>", "exec")

    def _compiler(self) -> Any:
        compiler: Any = copy.copy(self._shell.compile)
        compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if self._shell.autoawait else 0
        return compiler


def install(
    shell: InteractiveShell,
    begin: Begin,
    register: Register,
    launch: Launch,
    *,
    flow_name: str = "flow",
    task_name: str = "task",
) -> Callable[[], None]:
    """Teaches the shell `%%flow` and `%%task` cells, once however often it is called; returns what makes it forget."""
    uninstall(shell)
    kinds = {flow_name: "flow", task_name: "task"}
    shell.input_transformers_cleanup.insert(0, LeadingBlankLines(kinds))
    shell.input_transformers_cleanup.append(FirstLine(shell, kinds))
    shell.ast_transformers.insert(0, Rewriter(shell, OpenCells(begin, register, launch)))
    return partial(uninstall, shell)


def uninstall(shell: InteractiveShell) -> None:
    """Takes everything out of the shell that `install` and the cells since then have put there."""
    ours = LeadingBlankLines | FirstLine | Rewriter
    for transformers in (shell.input_transformers_cleanup, shell.ast_transformers):
        transformers[:] = [transformer for transformer in transformers if not isinstance(transformer, ours)]
    if isinstance(shell.user_ns.get(OPEN_CELLS), OpenCells):
        del shell.user_ns[OPEN_CELLS]


# -- cells that arrive as a call --------------------------------------------------------------------------------------


def run_by_hand(shell: InteractiveShell, first_line: str, body: str) -> object:
    """What the magics themselves do when code calls them, as a notebook converted to a script does.

    Returns the value of the last expression. Such a cell cannot await: its caller is ordinary code.
    """
    transforms: Any = shell  # IPython's types leave the two methods out.
    source = transforms.transform_cell(f"{first_line}\n{body}")
    name = shell.compile.cache(source, shell.execution_count - 1)
    value = None
    for statement in transforms.transform_ast(shell.compile.ast_parse(source, name)).body:
        value = _evaluated(shell, name, statement)
    return value


def _evaluated(shell: InteractiveShell, name: str, statement: ast.stmt) -> object:
    compiler: Any = shell.compile
    with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
        if isinstance(statement, ast.Expr):
            code = compiler(ast.Expression(statement.value), name, "eval")
        else:
            code = compiler(ast.Module([statement], []), name, "exec")
    if code.co_flags & inspect.CO_COROUTINE:
        raise RuntimeError("a cell magic that is called by code cannot await: put it on the first line of its own cell")
    return eval(code, shell.user_ns)  # noqa: S307 (it is what the user wrote)
