"""The source of a `%%flow` or `%%task` cell: how its first line is read, and which statements the cell becomes."""

from __future__ import annotations

import ast
import io
import keyword
import re
import shlex
import tokenize
from typing import NamedTuple, TypeVar

OPEN_CELLS = "__hookcell__"  # The only name that the rewritten statements need in the notebook.

# Blocks of `with` and none of `try`: in a kernel IPython shows the line a frame stood on last (`frame.f_lineno`), and
# only `with` leaves it at the error.
RUN = """
with {cells}.closing({number}):
    {word}for {cells}[{number}] in {cells}.begin({first_line!r}, {body!r}):
        {word}with {cells}[{number}]:
            pass
{cells}.take({number})
"""
LAUNCH = "{cells}.launch({number}, {first_line!r}, {body!r})"

Tree = TypeVar("Tree", bound=ast.AST)


class CellSyntaxError(SyntaxError):
    """The first line of a `%%flow` or `%%task` cell cannot be read, or cannot stand there."""


class Head(NamedTuple):
    """What follows the magic on the first line: `NAME` or `NAME(params)`, then options."""

    name: str
    params: str | None
    options: str


class Cell(NamedTuple):
    """A cell on its way from the input transformer to the AST transformer."""

    kind: str
    first_line: str
    body: str

    @property
    def magic(self) -> str:
        """The name the user gave the magic: `flow`, unless it was loaded under another one."""
        return self.first_line.split()[0].removeprefix("%%")

    @property
    def line(self) -> str:
        """The first line as a magic receives it."""
        return self.first_line.partition(self.magic)[2].strip()

    @property
    def column(self) -> int:
        """Where `line` begins on the first line."""
        return self.first_line.index(self.line, len(self.magic) + 2)

    @property
    def in_background(self) -> bool:
        """Whether its run shall go on while the notebook does."""
        try:
            return self.kind == "flow" and "--background" in shlex.split(self.head().options)
        except ValueError:  # a quote that nothing closes is told of when the options are read
            return False

    @property
    def marker(self) -> str:
        """The statement that stands in for the first line until the cell is rewritten."""
        return f"{OPEN_CELLS}{tuple(self)!r}\n"

    def head(self) -> Head:
        """The first line read; a task without parentheses is refused, because it must not look like a flow."""
        head = parse_head(self.line, self.magic)
        if self.kind == "task" and head.params is None:
            written = f"%%{self.magic} {head.name}() {head.options}".rstrip()
            raise _fault(
                f"%%{self.magic} {head.name} has no parameter list: write `{written}`", self.line, len(head.name)
            )
        return head


def marked(tree: ast.AST) -> tuple[Cell, list[ast.stmt]] | None:
    """The cell that a marker announces and its statements; None for every other cell."""
    match tree:
        case ast.Module(body=[ast.Expr(value=ast.Call(func=ast.Name(id=name), args=given)), *body]):
            texts = [argument.value for argument in given if isinstance(argument, ast.Constant)]
            if name == OPEN_CELLS and len(texts) == len(Cell._fields):
                return Cell(*map(str, texts)), body
    return None


# -- the first line ---------------------------------------------------------------------------------------------------


def parse_head(line: str, magic: str = "flow") -> Head:
    """Reads what follows the magic on the first line; a fault is shown at its column in the stripped line."""
    line = line.strip()
    name = line.partition("(")[0].partition(" ")[0].partition("\t")[0]
    _check_name(name, line, magic)
    if not line[len(name) :].lstrip().startswith("("):
        return Head(name, None, line[len(name) :].strip())
    start = line.index("(")
    end = _closing(line, start)
    if end is None:
        example = f"%%{magic} {name}(x, y=1)"
        message = f"the parameter list of {name!r} does not end on this line: write it like `{example}`"
        raise _fault(message, line, start)
    head = Head(name, line[start + 1 : end].strip(), line[end + 1 :].strip())
    _check_options(head, line, end + 1, magic)
    return head


def _check_name(name: str, line: str, magic: str) -> None:
    if not name or name.startswith("-"):
        example = f"%%{magic} my_{magic} {line}".rstrip()
        raise _fault(f"%%{magic} has no name: write one first, like `{example}`", line, 0)
    if keyword.iskeyword(name):
        raise _fault(f"{name!r} is a word of Python's own: write `%%{magic} {name}_`", line, 0)
    if not name.isidentifier():
        words = re.sub(r"\W+", "_", name).strip("_")
        usable = words.isidentifier() and not keyword.iskeyword(words)
        better = words if usable else f"my_{words or magic}"
        raise _fault(f"{name!r} is not a Python name: write `%%{magic} {better}`", line, 0)


def _check_options(head: Head, line: str, end: int, magic: str) -> None:
    written = f"{magic} {head.name}({head.params})"
    if head.options.startswith("->"):
        message = f"%%{written} cannot say what it returns: leave out `->` and the type after it"
        raise _fault(message, line, line.index("->", end))
    if line[end : end + 1].strip():
        stray = head.options.split()[0]
        message = f"{stray!r} cannot follow the parameter list: only options can, like `%%{written} --retries 2`"
        raise _fault(message, line, end)


def _closing(line: str, start: int) -> int | None:
    """Where the parenthesis at `start` is closed, whatever strings and brackets are in between."""
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(line[start:]).readline):
            if token.type == tokenize.ERRORTOKEN and token.string[0] in "\"'":
                return None  # Python 3.11 goes on behind a quote that nothing closes; later ones raise.
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            if depth == 0:
                return start + token.start[1] if token.string == ")" else None
    except (tokenize.TokenError, SyntaxError):
        pass
    return None


def _fault(message: str, line: str, column: int) -> CellSyntaxError:
    return CellSyntaxError(message, (None, 1, column + 1, line))


# -- the statements ---------------------------------------------------------------------------------------------------


def hoisted(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The `from __future__` imports of a body, which Python allows in no block, and its other statements."""
    futures: list[ast.stmt] = []
    others: list[ast.stmt] = []
    for statement in body:
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        (futures if future else others).append(statement)
    return futures, others


def run_statements(cell: Cell, body: list[ast.stmt], number: int, *, awaits: bool) -> list[ast.stmt]:
    """The cell as a run: its body in a loop over attempts, then the value of its last expression, for display."""
    word = "async " if awaits else ""
    source = RUN.format(word=word, cells=OPEN_CELLS, number=number, first_line=cell.first_line, body=cell.body)
    attempts, value = _on_first_line(ast.parse(source), cell).body
    *_, attempt = (node for node in ast.walk(attempts) if isinstance(node, ast.With | ast.AsyncWith))
    attempt.body = _keeping_last(body, number) or attempt.body
    return [attempts, value]


def launch_statements(cell: Cell, number: int) -> list[ast.stmt]:
    """The cell as the start of a run whose statements are kept elsewhere."""
    source = LAUNCH.format(cells=OPEN_CELLS, number=number, first_line=cell.first_line, body=cell.body)
    return _on_first_line(ast.parse(source), cell).body


def _keeping_last(body: list[ast.stmt], number: int) -> list[ast.stmt]:
    """The body with its last expression handed to the attempt.

    By assignment, not by a call: an interrupt at that moment finds no frame of ours to show.
    """
    if not body or not isinstance(last := body[-1], ast.Expr):
        return body
    attempt = ast.Subscript(ast.Name(OPEN_CELLS, ast.Load()), ast.Constant(number), ast.Load())
    kept = ast.copy_location(ast.Assign([ast.Attribute(attempt, "value", ast.Store())], last.value), last)
    return [*body[:-1], ast.fix_missing_locations(kept)]


def showing_assignment(body: list[ast.stmt]) -> list[ast.stmt]:
    """The body with the name that its last statement assigns as its last expression (`last_expr_or_assign`)."""
    match body[-1:]:
        case [ast.Assign(targets=[ast.Name(id=name)])]:
            shown = ast.Expr(ast.Name(name, ast.Load()))
        case [ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name))]:
            shown = ast.Expr(ast.Name(name, ast.Load()))
        case _:
            return body
    return [*body, ast.fix_missing_locations(ast.copy_location(shown, body[-1]))]


def signature_source(cell: Cell) -> str:
    """The definition as a `def` without a body, its name in the column where the user wrote it."""
    head = cell.head()
    return f"{'def':<{cell.column}}{head.name}({head.params}): pass\n"


def function_statement(cell: Cell, body: list[ast.stmt], *, awaits: bool) -> ast.stmt:
    """The cell as a decorated function that returns its last expression."""
    head = cell.head()
    word = "async def" if awaits else "def"
    shown = f"{word} {head.name}({head.params}):  # %%{cell.magic} {head.options}".rstrip()
    define = ast.parse(f"{OPEN_CELLS}.define{(*cell, shown)!r}", mode="eval")
    function = next(node for node in ast.parse(signature_source(cell)).body if isinstance(node, ast.FunctionDef))
    function.decorator_list = [_on_first_line(define, cell).body]
    if body and isinstance(last := body[-1], ast.Expr):
        body = [*body[:-1], ast.copy_location(ast.Return(last.value), last)]
    function.body = body or function.body
    if awaits:
        return ast.copy_location(ast.AsyncFunctionDef(**dict(ast.iter_fields(function))), function)
    return function


def function_lines(head: str, body: list[str]) -> list[str]:
    """The definition as an indented block on the lines of the cell: `inspect.getsource` and IPython look for one.

    Only the lines inside a text stay where they are.
    """
    texts = (node for node in ast.walk(ast.parse("".join(body))) if isinstance(node, ast.Constant | ast.JoinedStr))
    inside = {line for text in texts for line in range(text.lineno, text.end_lineno or 0)}
    indented = (line if n in inside or line.isspace() else f"    {line}" for n, line in enumerate(body))
    return [f"{head}\n", *indented]


def _on_first_line(tree: Tree, cell: Cell) -> Tree:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = 1
            node.col_offset, node.end_col_offset = 0, len(cell.first_line.encode())
    return tree
