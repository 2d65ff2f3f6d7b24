"""Completion: what Tab offers on the first line of a `%%flow` or `%%task` cell."""

from __future__ import annotations

import inspect
import re
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.completer import SimpleCompletion, context_matcher

from hookcell.definitions import Definition
from hookcell.hooks import Hooks
from hookcell.notebook.cell_source import _closing
from hookcell.notebook.options import HOOKS, parser_of
from hookcell.runners.local import RUNNERS
from hookcell.runs import FlowRun

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterable, Mapping

    from IPython.core.completer import CompletionContext

NAME = re.compile(r"\s*([^\s(]*)")
# Options of the parser that name functions, besides those of hooks.
_FUNCTIONS = {*HOOKS, "retry_condition_fn"}


class Offer(NamedTuple):
    """What is offered for the word before the cursor."""

    typed: str
    names: list[str]
    # What kind of thing they are, which front ends show as an icon.
    type: str


def install(shell: Any, magics: Mapping[str, str]) -> Callable[[], None]:
    """Have Tab complete the lines of these magics, each a kind by its name; the function returned ends that."""
    matchers: list[Any] = shell.Completer.custom_matchers
    matcher = _matcher(shell, dict(magics))
    matchers.append(matcher)

    def forget() -> None:
        if matcher in matchers:
            matchers.remove(matcher)

    return forget


def _matcher(shell: Any, magics: Mapping[str, str]) -> Any:
    @context_matcher()  # type: ignore[untyped-decorator]
    def hookcell_cells(context: CompletionContext) -> Any:
        found = None
        if not "".join(context.full_text.split("\n")[: context.cursor_line]).strip():
            found = _safe_offer(context.line_with_cursor[: context.cursor_position], magics, shell)
        names = found.names if found is not None else []
        return {
            "completions": [SimpleCompletion(name, type=found.type) for name in names] if found is not None else [],
            "matched_fragment": found.typed if found is not None else context.token,
            "suppress": bool(names),
            "ordered": True,
        }

    return hookcell_cells


def _safe_offer(line: str, magics: Mapping[str, str], shell: Any) -> Offer | None:
    try:
        return offer(line, magics, _names(shell))
    except Exception:  # noqa: BLE001 -- to look at the user's things is to run what they made of it
        return None


def _names(shell: Any) -> dict[str, Any]:
    """Give the notebook's variables without those that IPython put there."""
    hidden = shell.user_ns_hidden
    return {name: value for name, value in shell.user_ns.items() if name not in hidden and not name.startswith("_")}


def offer(line: str, magics: Mapping[str, str], names: Mapping[str, Any]) -> Offer | None:
    """Give what may stand at the end of a line; None if the line is no magic's, or its place takes anything.

    Args:
        line: The first line of a cell, up to the cursor.
        magics: The kind that each magic makes, "flow" or "task", by the magic's name.
        names: The notebook's variables.
    """
    magic, space, rest = line.lstrip().partition(" ")
    kind = magics.get(magic.removeprefix("%%"))
    if kind is None or not space or not magic.startswith("%%"):
        return None
    head = NAME.match(rest)
    assert head is not None  # noqa: S101 -- it matches anything
    if head.end() == len(rest):
        return Offer(head[1], _starting(head[1], _defined(kind, names)), kind)
    options = _after_parameters(rest, head.end())
    return None if options is None else _in_options(options, kind, names)


def _after_parameters(rest: str, start: int) -> str | None:
    """Give the options, which stand behind the parameters if there are any; None if these are not closed."""
    if not rest[start:].lstrip().startswith("("):
        return rest[start:]
    end = _closing(rest, rest.index("("))
    return None if end is None else rest[end + 1 :]


def _in_options(text: str, kind: str, names: Mapping[str, Any]) -> Offer | None:
    if not text:  # right behind the parameters
        return None
    *before, typed = text.split() if not text[-1].isspace() else [*text.split(), ""]
    known = {string: action for action in parser_of(kind, kind)._actions for string in action.option_strings}
    option, equals, value = typed.partition("=")
    if equals and option in known:
        return _values(known[option], value, names)
    if before and before[-1] in known and known[before[-1]].nargs != 0:
        return _values(known[before[-1]], typed, names)
    given = {id(known[word]) for word in (one.partition("=")[0] for one in before) if word in known}
    left = [word for word, action in known.items() if id(action) not in given or word == "--param"]
    return Offer(typed, _starting(typed, [word for word in left if word.startswith("--")]), "param")


def _values(action: Action, typed: str, names: Mapping[str, Any]) -> Offer | None:
    """Give what an option may be given."""
    if action.dest in HOOKS:
        *there, last = typed.split(",")
        fitting = [name for name in _functions(last, names) if name not in there]
        return Offer(last, _starting(last, fitting), "function")
    if action.dest in _FUNCTIONS:
        return Offer(typed, _starting(typed, _functions(typed, names)), "function")
    if action.dest == "each_task":
        return Offer(typed, _starting(typed, _of_type(Hooks, names)), "instance")
    if action.dest == "runner":
        return Offer(typed, _starting(typed, RUNNERS), "param")
    if action.dest == "into":
        return Offer(typed, _starting(typed, _variables(names)), "instance")
    return None


# -- what the notebook has --------------------------------------------------------------------------------------------


def _starting(typed: str, words: Iterable[str]) -> list[str]:
    return sorted(word for word in dict.fromkeys(words) if word.startswith(typed))


def _defined(kind: str, names: Mapping[str, Any]) -> list[str]:
    """Name what a cell of this kind has defined, or set going: who types the name again wants to change it."""
    made = [name for name, value in names.items() if isinstance(value, Definition) and value.kind == kind]
    if kind == "flow":
        made += [value.definition.name for value in names.values() if isinstance(value, FlowRun)]
    return made


def _functions(typed: str, names: Mapping[str, Any]) -> list[str]:
    """Name the functions that might be hooks: of the notebook, or of the thing whose attribute is being typed."""
    path, dot, _ = typed.rpartition(".")
    if not dot:
        return [name for name, value in names.items() if _may_be_hook(value)]
    owner = _look_up(path, names)
    inside = {name: inspect.getattr_static(owner, name, None) for name in dir(owner) if not name.startswith("_")}
    return [f"{path}.{name}" for name, value in inside.items() if _may_be_hook(value)]


def _look_up(path: str, names: Mapping[str, Any]) -> Any:
    """Follow a dotted name without running code of the user's."""
    first, *attributes = path.split(".")
    found = names.get(first)
    for attribute in attributes:
        found = inspect.getattr_static(found, attribute, None)
    return found


def _may_be_hook(value: Any) -> bool:
    if isinstance(value, (type, Definition, BuiltinFunctionType)) or not callable(value):
        return False
    ours = isinstance(value, FunctionType) and value.__module__.partition(".")[0] == "hookcell"
    return not ours


def _of_type(wanted: type, names: Mapping[str, Any]) -> list[str]:
    return [name for name, value in names.items() if isinstance(value, wanted)]


def _variables(names: Mapping[str, Any]) -> list[str]:
    others = (ModuleType, FlowRun)
    return [name for name, value in names.items() if not callable(value) and not isinstance(value, others)]
