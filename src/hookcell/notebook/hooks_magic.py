"""`%hooks`: the line magic that tells what is attached, and chooses where alerts go; and its completions."""

from __future__ import annotations

import difflib
import shlex
import warnings
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from hookcell.errors import HookcellError
from hookcell.notebook import attached, redefined
from hookcell.notebook.alerter_line import SPECIAL, Choice, Reader
from hookcell.notify import FLAVOURS, use, used
from hookcell.notify.flavours import _options_of
from hookcell.notify.notifier import kind_of
from hookcell.notify.stacks import offered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.completer import CompletionContext

    from hookcell.definitions import Definition

HELP = """Tell what hooks are attached, and choose where alerts go.

usage: %{magic}                          list the hooks of every flow and task of the notebook
   or: %{magic} NAME                     of one: what each hook is given, and where its version was defined
   or: %{magic} alerter                  tell where alerts go
   or: %{magic} alerter FLAVOUR [--OPTION VALUE ...]
                                       send them there: notebook, slack, discord, email, apprise
   or: %{magic} alerter URL              send them to a URL that apprise knows
   or: %{magic} alerter none | configured
                                       tell nobody, or go back to what is configured (also: --off, --reset)
   or: %{magic} stack NAME | default     put a stack of ZenML's dialect in force

$NAME as a value is a variable of the notebook, or else of the environment; it is not shown.

  %{magic} alerter slack --url $SLACK_URL --retries 3
"""
WORDS = ("alerter", "stack")


class Magic:
    """`%hooks` of one shell.

    Args:
        shell: The shell.
        name: What the magic is called there.
    """

    def __init__(self, shell: Any, name: str) -> None:
        self.shell, self.name = shell, name

    @property
    def names(self) -> Mapping[str, Any]:
        """The notebook's variables."""
        names: Mapping[str, Any] = self.shell.user_ns
        return names

    def run(self, line: str) -> None:
        """Do what a line says.

        Raises:
            UsageError: It cannot be understood, or names what there is not.
        """
        words = self._split(line)
        if {"-h", "--help"} & set(words):
            said = HELP.format(magic=self.name)
        elif not words:
            said = attached.listing(self.names, self.name)
        elif words[0] in WORDS:
            said = {"alerter": self._alerter, "stack": self._stack}[words[0]](words[1:])
        else:
            said = self._one(words)
        print(said.rstrip())  # noqa: T201 -- it was asked for

    def _split(self, line: str) -> list[str]:
        try:
            return shlex.split(line)
        except ValueError as error:
            raise UsageError(f"%{self.name}: {error}") from None

    # -- one flow or task

    def _one(self, words: list[str]) -> str:
        there_are = attached.definitions_in(self.names)
        if words[0].startswith("-"):
            raise UsageError(f"%{self.name} has no option {words[0]!r}; %{self.name} -h prints what there is")
        if len(words) > 1:
            raise UsageError(
                f"%{self.name} takes one name, and was given {len(words)}: {' '.join(map(repr, words))}"
                if words[0] in there_are
                else self._nothing(words[0], there_are)
            )
        found = self._found(words[0], there_are)
        if found is None:
            raise UsageError(self._nothing(words[0], there_are))
        return attached.account(words[0], found)

    def _found(self, name: str, there_are: Mapping[str, Definition]) -> Definition | None:
        """Find a variable, an attribute of one, or what is called so."""
        first, *attributes = name.split(".")
        value = self.names.get(first)
        for attribute in attributes:
            try:
                value = getattr(value, attribute, None)
            except Exception:  # noqa: BLE001 -- a property is the user's code
                value = None
        if attached.is_definition(value):
            return value
        return next((one for one in there_are.values() if one.name == name), None)

    def _nothing(self, name: str, there_are: Mapping[str, Definition]) -> str:
        if name in self.names:
            said, near = f"{name!r} is no flow or task but {kind_of(self.names[name])}", []
        else:
            said = f"the notebook has no flow or task {'of that name' if '://' in name else repr(name)}"
            near = difflib.get_close_matches(name, [*there_are, *WORDS], n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(there_are) or 'none yet'}"
        return f"%{self.name}: {said}; {hint}"

    # -- alerters

    def _alerter(self, words: list[str]) -> str:
        if not words:
            return f"alerts go to: {attached.label(self.name)}"
        choice = self.read(words)
        try:
            choice.take()
        except (HookcellError, TypeError) as error:
            raise UsageError(f"%{self.name}: {self._told(str(error), choice)}") from None
        said = [f"alerts go to: {attached.label(self.name)}"]
        if choice.literal:
            said.append(
                f"{choice.literal} stands in the cell, so whoever gets the notebook gets it too: "
                f"put it into a variable of the environment, and write ${choice.suggested}"
            )
        if stack := attached.other_stack():
            said.append(f"but stack {stack}; to have it follow, run: %{self.name} stack default")
        return "\n".join(said)

    def _told(self, error: str, choice: Choice) -> str:
        """Add how it is written here to what a notifier says of calls."""
        if "make(" not in error:
            return error
        flavour = choice.flavour if choice.flavour in FLAVOURS else "slack"
        if flavour == "email":
            options = "--host smtp.example.com --sender me@example.com --to you@example.com"
        else:
            options = f"--url ${choice.suggested if choice.flavour == flavour else 'SLACK_URL'}"
        return f"{error}; here: %{self.name} alerter {flavour} {options}"

    def read(self, words: list[str]) -> Choice:
        """Read what comes after `alerter`; see `alerter_line.Reader`."""
        return Reader(self.name, self.names).read(words)

    # -- stacks

    def _stack(self, words: list[str]) -> str:
        offer = offered()
        if offer is None:
            raise UsageError(
                f"%{self.name} stack: there are stacks in ZenML's dialect only; "
                'run: from hookcell.zenml import Stack; my_stack = Stack("team", alerter="notebook")'
            )
        if not words:
            return f"stack: {attached.stack_in_force()}"
        stacks = self._stacks(offer.type)
        found = self.names.get(words[0])
        if len(words) > 1:
            raise UsageError(f"%{self.name} stack takes one name, and was given {len(words)}")
        if words[0] != "default" and not issubclass(type(found), offer.type):
            raise UsageError(self._no_stack(words[0], found, stacks))
        offer.activate(found if issubclass(type(found), offer.type) else None)
        return f"stack: {attached.stack_in_force()}"

    def _stacks(self, type_: type) -> list[str]:
        return [name for name, value in tuple(self.names.items()) if issubclass(type(value), type_)]

    def _no_stack(self, name: str, found: Any, stacks: list[str]) -> str:
        near = difflib.get_close_matches(name, [*stacks, "default"], n=1)
        there_are = ", ".join([*sorted(one for one in stacks if not one.startswith("_")), "default"])
        hint = f"did you mean {near[0]}?" if near else f"there are {there_are}"
        what = f"is no stack but {kind_of(found)}" if name in self.names else "is no variable of the notebook"
        return f"%{self.name} stack: {name!r} {what}; {hint}"

    # -- completions

    def complete(self, before: str) -> list[str]:
        """Give what may stand where a line ends."""
        words = before.split()
        done = words if before.endswith((" ", "\t")) else words[:-1]
        if not done:
            return [*WORDS, *attached.definitions_in(self.names), "--help"]
        if done == ["alerter"]:
            return [*FLAVOURS, *SPECIAL, "--off"]
        if done == ["stack"]:
            offer = offered()
            return ["default", *(self._stacks(offer.type) if offer is not None else ())]
        if done[0] == "alerter" and done[1] in FLAVOURS and not done[-1].startswith("--"):
            return [f"--{name.replace('_', '-')}" for name in _known_options(done[1])]
        return []


def _known_options(flavour: str) -> list[str]:
    return [name for name in _options_of(FLAVOURS[flavour]) if name not in {"self", "options", "**"}]


# -- in a shell --------------------------------------------------------------------------------------------------------


def install(shell: Any, name: str) -> tuple[Magic, Callable[[], None]]:
    """Add the magic to a shell; gives it, and the function that takes it away.

    Another extension's magic of that name is left alone, with a warning; then it is `%hookcell_hooks`.
    """
    if name in shell.magics_manager.magics["line"]:
        other = "hookcell_hooks"
        warnings.warn(
            f"%{name} already belongs to another extension, so hookcell's is %{other} here; "
            "to choose a name, run: %config Hookcell.hooks_magic = 'my_hooks'",
            stacklevel=2,
        )
        name = other
    magic = Magic(shell, name)

    def hooks(line: str) -> None:
        magic.run(line)

    no_var_expand(hooks)  # IPython would put a secret in the place of its name, and nobody could tell
    hooks.__name__, hooks.__doc__ = name, HELP.format(magic=name)
    shell.register_magic_function(hooks, "line", name)
    matcher = _matcher(magic)
    completer = getattr(shell, "Completer", None)
    if completer is not None:
        completer.custom_matchers.append(matcher)

    def forget() -> None:
        if shell.magics_manager.magics["line"].get(name) is hooks:
            del shell.magics_manager.magics["line"][name]
        if completer is not None and matcher in completer.custom_matchers:
            completer.custom_matchers.remove(matcher)

    return magic, forget


def _matcher(magic: Magic) -> Any:
    @context_matcher()  # type: ignore[untyped-decorator]
    def hookcell_hooks(context: CompletionContext) -> Any:
        line = context.line_with_cursor[: context.cursor_position].lstrip()
        start, _, before = line.partition(" ")
        if start != f"%{magic.name}":
            return {"completions": [], "suppress": False}
        typed = "" if before.endswith((" ", "\t")) or not before else before.split()[-1]
        several = [one for one in magic.complete(before) if one.startswith(typed)]
        # IPython replaces its own idea of the present word, which begins behind dashes.
        cut = len(typed) - len(context.token) if typed.endswith(context.token) else 0
        return {
            "completions": [SimpleCompletion(one[cut:], type="param") for one in several],
            "suppress": bool(several),
        }

    return hookcell_hooks


class Attachment:
    """What the ring adds for hooks: `%hooks`, the configured alerter, and a word on hooks that are redefined.

    Args:
        shell: The shell.
        settings: The extension's settings: `hooks_magic` and `alerter`.
    """

    def __init__(self, shell: Any, settings: Any) -> None:
        self.shell, self.settings = shell, settings
        self._configured: Any = None
        self.magic, self._forget = install(shell, settings.hooks_magic)
        self._unwatch = redefined.tell_after_cells(shell)
        settings.observe(self._renamed, names=["hooks_magic"])
        settings.observe(self._configure, names=["alerter"])
        try:
            self._configure()
        except UsageError as error:  # a mistake in a configuration file takes no notebook its magics
            warnings.warn(f"{error}; alerts go to: {attached.label(self.magic.name)}", stacklevel=3)

    def _renamed(self, _change: Any) -> None:
        self._forget()
        self.magic, self._forget = install(self.shell, self.settings.hooks_magic)

    def _configure(self, _change: Any = None) -> None:
        """Take the alerter that the settings name, written as after `%hooks alerter`.

        Raises:
            UsageError: It cannot be understood.
        """
        words = self.magic._split(self.settings.alerter)
        if not words:
            self._unconfigure()
            return
        try:
            self._configured = self.magic.read(words).take()
        except (HookcellError, TypeError, UsageError) as error:
            raise UsageError(f"Hookcell.alerter: {str(error).removeprefix(f'%{self.magic.name}: ')}") from None

    def _unconfigure(self) -> None:
        if self._configured is not None and self._configured is used():
            use()
        self._configured = None

    def remove(self) -> None:
        """Leave nothing behind."""
        self._forget()
        self._unwatch()
        self._unconfigure()
