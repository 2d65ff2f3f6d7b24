"""Options of `%%flow` and `%%task`: everything the decorators take, written as a command line."""

from __future__ import annotations

import argparse
import ast
import difflib
import keyword
import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from hookcell.hooks import ALIASES, KINDS, Hooks

if TYPE_CHECKING:
    from collections.abc import Mapping

HOOKS = (*KINDS, *ALIASES)
# Options that name one thing of the notebook.
NAMED = {"each_task", "retry_condition_fn"}


def parser_of(kind: str, magic: str) -> argparse.ArgumentParser:
    """Make the parser of one magic's options."""
    about = _ABOUT[kind]
    parser = argparse.ArgumentParser(
        prog=magic, add_help=False, allow_abbrev=False, exit_on_error=False, description=about
    )
    parser.usage = f"%%%%{magic} NAME(parameters) [options]"  # argparse makes one % of two
    if kind == "flow":
        parser.usage = f"%%%%{magic} NAME [options]   or   {parser.usage}"
    parser.add_argument("-h", "--help", action="store_true", help="print this")
    _add_texts(parser, "a variable of --param" if kind == "flow" else "a parameter")
    _add_tries(parser)
    parser.add_argument(
        "--validate-parameters", action=argparse.BooleanOptionalAction, help="whether to check arguments by annotation"
    )
    parser.add_argument(
        "--log-prints", action=argparse.BooleanOptionalAction, help="whether what it prints becomes log lines"
    )
    if kind == "flow":
        _add_flows_own(parser)
    for hook in HOOKS:
        parser.add_argument(f"--{hook.replace('_', '-')}", metavar="F[,G...]", help=f"functions to call ({hook})")
    return parser


_ABOUT = {
    "flow": "Run the cell as a flow, or define a flow whose body is the cell.",
    "task": "Define a task whose body is the cell.",
}


def _add_texts(parser: argparse.ArgumentParser, argument: str) -> None:
    parser.add_argument("--description", metavar="TEXT", help="what it does")
    parser.add_argument("--version", metavar="TEXT", help="which one it is")
    parser.add_argument("--run-name", metavar="TEXT", help=f"what its runs are called; {{x}} is {argument}")
    parser.add_argument("--tags", type=_words, metavar="A,B", help="texts that its runs carry")


def _add_tries(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retries", type=_count, metavar="N", help="how often to try again after a failure")
    parser.add_argument(
        "--retry-delay-seconds", type=_seconds, metavar="S[,S...]", help="seconds before each retry; the last repeats"
    )
    parser.add_argument(
        "--retry-jitter-factor", type=_factor, metavar="N", help="draw each delay by chance, of at most S * (1 + N)"
    )
    parser.add_argument("--retry-condition-fn", metavar="F", help="a function that says which failure is tried again")
    parser.add_argument("--timeout-seconds", type=_number, metavar="S", help="seconds after which a try is stopped")


def _add_flows_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--each-task", metavar="HOOKS", help="a Hooks(...) of the notebook, for each of its tasks")
    parser.add_argument("--runner", metavar="NAME", help="where submitted tasks run: threads or inline")
    parser.add_argument("--param", action="append", metavar="K=V", help="set a variable, and record it with the run")
    parser.add_argument(
        "--background",
        action="store_true",
        default=None,
        help="go on at once; NAME is the run, which NAME.wait() awaits",
    )
    parser.add_argument("--into", metavar="VARIABLE", help="put the value of the last line there when the run is done")


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a whole number, such as 2") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; give seconds, such as 2.5") from None


def _factor(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a number of 0 or more, such as 0.5") from None


def _seconds(text: str) -> list[float]:
    try:
        return [float(one) for one in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; give seconds, or several with commas, such as 1,2.5") from None


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def parse(kind: str, magic: str, text: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options of one cell; hooks are looked up in `names`.

    Raises:
        UsageError: An option does not exist or has a value it cannot take, or no function has a hook's name.
    """
    parser = parser_of(kind, magic)
    try:
        given, rest = parser.parse_known_args(shlex.split(text))
    except argparse.ArgumentError as error:
        told = error.message if error.message.startswith("got ") else "needs a value"
        raise UsageError(f"%%{magic}: {error.argument_name} {told}") from None
    except ValueError as error:
        raise UsageError(f"%%{magic}: {error} in: {text.strip()}") from None
    if rest:
        raise UsageError(_unknown(magic, rest[0], parser))
    options = {name: value for name, value in vars(given).items() if value is not None and name != "help"}
    for hook in HOOKS:
        if hook in options:
            options[hook] = [_look_up(name, hook, names) for name in _words(options[hook])]
    for single in NAMED & options.keys():
        options[single] = _look_up(options[single], single, names)
    if "into" in options:
        _check_variable(options["into"], magic)
    if "param" in options:
        options["param"] = dict(_param(one, magic) for one in options["param"])
    return options


def _unknown(magic: str, word: str, parser: argparse.ArgumentParser) -> str:
    known = [option for action in parser._actions for option in action.option_strings]
    near = difflib.get_close_matches(word.partition("=")[0], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"%%{magic} -h prints what there is"
    return f"%%{magic} has no option {word!r}; {hint}"


def _look_up(name: str, hook: str, names: Mapping[str, Any]) -> Any:
    first, *attributes = name.strip().split(".")
    if first not in names:
        raise UsageError(_nobody(name, hook, _callables("", names)))
    found, path = names[first], first
    for attribute in attributes:
        if not hasattr(found, attribute):
            raise UsageError(
                _nobody(name, hook, _callables(f"{path}.", {key: getattr(found, key, None) for key in dir(found)}))
            )
        found, path = getattr(found, attribute), f"{path}.{attribute}"
    return found


def _callables(path: str, names: Mapping[str, Any]) -> list[str]:
    usable = {key: value for key, value in names.items() if not key.startswith("_")}
    return [f"{path}{key}" for key, value in usable.items() if callable(value) or isinstance(value, Hooks)]


def _nobody(name: str, hook: str, callables: list[str]) -> str:
    near = difflib.get_close_matches(name, callables, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "define it in a cell above, or give another name"
    thing = "Hooks" if hook == "each_task" else "function"
    return f"--{hook.replace('_', '-')} names {name!r}, but the notebook has no such {thing}; {hint}"


def _check_variable(name: str, magic: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        raise UsageError(f"%%{magic}: --into {name!r} is no name for a variable; write one like --into rows")


def _param(text: str, magic: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"%%{magic}: --param {text!r} is not understood; write --param name=value")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        if value[:1] in {"[", "(", "{"}:  # a shell's rules hold on this line: it takes quotes away
            raise UsageError(
                f"%%{magic}: --param {text} is no list, tuple, set or dict that Python can read; "
                f"put quotes around it all: --param '{name}=[\"a\", 1]'"
            ) from None
        return name, value
