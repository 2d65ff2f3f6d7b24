"""Run names: two words, the same in every session that runs the same notebook; or what a `run_name` asks for."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from hookcell.errors import InvalidNameError, UnknownOptionError, describe
from hookcell.hooks import Hook
from hookcell.injection import Call, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.injection import Moment, Scope

ADJECTIVES = (
    "amber ancient arctic autumn azure balmy bold brave bright brisk bronze calm candid cedar clear clever cobalt "
    "copper coral cosmic crimson crisp curious dapper dawn deep deft eager early earnest easy elder ember emerald "
    "fabled fair fearless fleet fond frank free fresh frosty gentle gilded glad golden grand green happy hardy hazel "
    "hidden honest humble ideal indigo ivory jade jolly keen kind late light lilac little lively loyal lucid lucky "
    "lunar magic mellow merry mighty misty modest mossy neat nimble noble olive opal patient pearl placid plain polar "
    "polite proud quick quiet rapid rare ready regal rosy royal ruby rustic sandy scarlet serene shy silent silver "
    "sleek snowy solar solid spry steady stellar still sunny swift tidy topaz tranquil true velvet violet vivid warm "
    "wild wise witty young zesty"
).split()
ANIMALS = (
    "albatross antelope badger bat bear beaver bee beetle bison boar bobcat buffalo bullfinch camel caribou cat "
    "cheetah chipmunk cod condor coyote crab crane cricket crow deer dingo dolphin donkey dove dragonfly duck eagle "
    "eel egret elk emu ermine falcon ferret finch firefly fox frog gazelle gecko gibbon giraffe goat goose grouse "
    "gull hare hawk hedgehog heron hippo hornet horse hound ibex ibis iguana impala jackal jaguar jay kestrel kite "
    "kiwi koala lark lemur leopard linnet lion lizard llama lobster lynx magpie mallard mantis marmot marten mole "
    "moose moth mouse mule newt okapi orca osprey otter owl ox panda parrot pelican penguin pigeon plover pony puffin "
    "puma quail rabbit raccoon raven robin salmon seal shrew shrike skylark sloth snail sparrow squid stag starling "
    "stoat stork swallow swan tapir tern thrush tiger toad trout turtle viper vole walrus wasp weasel whale wolf "
    "wombat wren yak zebra"
).split()
SPACE = len(ADJECTIVES) * len(ANIMALS)
# Coprime with SPACE (tested), so that the runs of one flow visit every pair before one comes again.
STRIDE = 7919


def code_of(flow: str, nth: int) -> int:
    """Give the number that stands for the n-th run (from 0) of a flow, before clashes are resolved."""
    return (crc32(flow.encode(errors="backslashreplace")) + nth * STRIDE) % SPACE + nth // SPACE * SPACE


def words_of(code: int) -> str:
    """Spell a code: `crimson-fox`, and `crimson-fox-2` once all pairs are used up."""
    lap, place = divmod(code, SPACE)
    adjective, animal = divmod(place, len(ANIMALS))
    return f"{ADJECTIVES[adjective]}-{ANIMALS[animal]}" + (f"-{lap + 1}" if lap else "")


class Codes:
    """Hands out codes so that no two flow runs of a session share a name."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, flow: str, nth: int) -> int:
        """Give the code of the n-th run of a flow, or the next free one; the same calls give the same codes."""
        code = code_of(flow, nth)
        while code in self._taken:
            code += 1
        self._taken.add(code)
        return code

    def give_back(self, code: int) -> None:
        """Let another run have a code."""
        self._taken.discard(code)


# -- by a run_name -------------------------------------------------------------------------------------------------


def plan_run_name(given: Any, of: str, scope: Any) -> Hook | None:
    """Read a `run_name` once, at decoration: how it makes a name of a run's arguments.

    Args:
        given: A template, a callable, or None.
        of: The name of the flow or task, for messages.
        scope: "flow" or "task".

    Raises:
        UnknownOptionError: It can make no name.
    """
    if given is None:
        return None
    if isinstance(given, str) and given.strip():
        _check_template(given, of)
        return _asked(given, scope, Call(partial(_filled, given), None, (_whole,)))
    if not callable(given):
        raise UnknownOptionError(
            f"run_name of {of!r} is {given!r}; give a text such as 'load-{{day}}', or a function that gives one"
        )
    return _asked(given, scope, _plan_call(given, of))


def _asked(given: Any, scope: Scope, call: Call) -> Hook:
    """Make something that is guarded as a hook is, and called by a rule of its own."""
    hook = Hook(_nothing, "run_name", scope)
    hook.source, hook.fn, hook.name, hook.call = given, call.fn, name_of(given), call
    return hook


def _nothing() -> None:
    """Stand in for a hook while it is planned."""


def _check_template(template: str, of: str) -> None:
    from string import Formatter  # noqa: PLC0415 -- few definitions have a template, and it costs import time

    try:
        fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        raise UnknownOptionError(
            f"run_name of {of!r} is {template!r}, which cannot be read ({error}); write {{day}} for a parameter, and "
            "{{ or }} for a brace"
        ) from None
    if any(not field or not (field[0].isalpha() or field[0] == "_") for field in fields):
        raise UnknownOptionError(
            f"run_name of {of!r} is {template!r}, but parameters are put in by name; write {{day}}, not {{}} or {{0}}"
        )


def _whole(moment: Moment) -> Moment:
    return moment


def _arguments(moment: Moment) -> dict[str, Any]:
    return moment.definition.arguments_of(moment.run)  # type: ignore[no-any-return]


def _filled(template: str, moment: Moment) -> str:
    """Put arguments into a template.

    Raises:
        InvalidNameError: It asks for something that is not there, or cannot be shown so.
    """
    __tracebackhide__ = True
    arguments = _arguments(moment)
    try:
        return template.format_map(arguments)
    except Exception as error:
        known = f"its parameters are {', '.join(arguments)}" if arguments else "it has no parameters"
        of = f"{moment.definition.kind} {moment.definition.name!r}"
        raise InvalidNameError(
            f"run_name {template!r} of {of} cannot be filled in ({describe(error)}); {known}"
        ) from error


def _plan_call(fn: Callable[..., Any], of: str) -> Call:
    """Say how to call what gives names: with nothing, or with the run's arguments as `parameters`."""
    by_position, by_keyword = False, False
    for p in _parameters(fn):
        if p.name == "parameters" and p.kind is not p.VAR_POSITIONAL:
            by_position, by_keyword = p.kind is p.POSITIONAL_ONLY, p.kind is not p.POSITIONAL_ONLY
        elif p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}:
            raise UnknownOptionError(
                f"run_name of {of!r} needs {p.name!r}, but it is called with nothing, or with the run's arguments as "
                f"'parameters'; write def {_plain(fn)}(parameters): ..., or bind it: "
                f"functools.partial({_plain(fn)}, {p.name}=...)"
            )
    return Call(fn, None, (_arguments,) * by_position, (("parameters", _arguments),) * by_keyword)


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):  # some builtins tell nothing about themselves
        return []


def _plain(fn: Any) -> str:
    name = name_of(fn)
    return name if name.isidentifier() else "run_name"
