"""The line after `%hooks alerter`: a flavour, URL or notifier, its settings, and which secret stands in it."""

from __future__ import annotations

import difflib
import inspect
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.error import UsageError

from hookcell.notify import FLAVOURS, find, use
from hookcell.notify.flavours import configured

if TYPE_CHECKING:
    from collections.abc import Mapping

# Other words for flavours that are none.
_OFF = {"--off": "none", "off": "none", "--none": "none", "--reset": "configured"}
SPECIAL = ("none", "configured")
# What whoever reads the notebook should not see.
_SECRET = {"url", "password"}


class Choice(NamedTuple):
    """What was chosen: a flavour, a URL or a notifier; its settings; and which secret stands in the cell."""

    flavour: Any
    given: dict[str, Any]
    literal: str

    @property
    def suggested(self) -> str:
        """What the variable might be called."""
        named = self.flavour if isinstance(self.flavour, str) and self.flavour.isidentifier() else "alert"
        return f"{named.upper()}_{'PASSWORD' if self.literal.endswith('password') else 'URL'}"

    def take(self) -> Any:
        """Have it used from now on."""
        if isinstance(self.flavour, str) and self.flavour not in SPECIAL:
            _check(self.flavour, self.given)
            return use(configured(self.flavour, **self.given))
        return use(self.flavour, **self.given)


def _check(flavour: str, given: dict[str, Any]) -> None:
    """Refuse options before the environment's settings come in; say of a flavour that it does not exist."""
    if flavour not in FLAVOURS and "://" not in flavour:
        find(flavour)
    if "://" in flavour and "url" in given:
        find("apprise", url=flavour, **{key: value for key, value in given.items() if key != "url"})


class Reader:
    """Reads lines of one notebook.

    Args:
        magic: What the magic is called, for messages.
        names: The notebook's variables.
    """

    def __init__(self, magic: str, names: Mapping[str, Any]) -> None:
        self.name, self.names = magic, names

    def read(self, words: list[str]) -> Choice:
        """Read what comes after `alerter`.

        Raises:
            UsageError: A variable that is named does not exist, or an option has no value.
        """
        flavour: Any = _OFF.get(words[0], words[0])
        if flavour.startswith("--"):
            raise UsageError(f"%{self.name} alerter: name a flavour before its options: slack --url $SLACK_URL")
        given, literal = self._options(flavour, words[1:])
        if flavour.startswith("$"):
            flavour = self._flavour_in(flavour)
        elif "://" in flavour:
            literal = "the URL"
        elif flavour not in {*FLAVOURS, *SPECIAL} and hasattr(self.names.get(flavour), "post"):
            flavour = self.names[flavour]
        return Choice(flavour, given, literal)

    def _flavour_in(self, variable: str) -> Any:
        """Give a variable's value, which is not shown if it is a text that cannot be meant: it may be a secret."""
        value = self._value(variable)
        if isinstance(value, str) and "://" not in value and value not in {*FLAVOURS, *SPECIAL}:
            raise UsageError(
                f"%{self.name}: the text in {variable} is no flavour and no URL; there are {', '.join(FLAVOURS)}"
            )
        return value

    def _options(self, flavour: str, words: list[str]) -> tuple[dict[str, Any], str]:
        """Read `--url $URL --retries 3 --markup`; says which secret is written out."""
        given: dict[str, Any] = {}
        literal = ""
        rest = [*words]
        while rest:
            option, equals, text = rest.pop(0).partition("=")
            if not option.startswith("--") or len(option) < 3:
                raise UsageError(
                    f"%{self.name} alerter {_shown(flavour)}: options are written --name VALUE, such as --retries 3"
                )
            name = option[2:].replace("-", "_")
            if not equals:
                text = (
                    rest.pop(0) if rest and not rest[0].startswith("--") else "true" if _is_flag(flavour, name) else ""
                )
                if not text:
                    raise UsageError(f"%{self.name} alerter {_shown(flavour)}: {option} needs a value")
            given[name] = self._value(text)
            if name in _SECRET and not text.startswith("$"):
                literal = "the URL" if name == "url" else f"the {name}"
        return given, literal

    def _value(self, text: str) -> Any:
        """Give a value; `$NAME` is a variable of the notebook, else of the environment."""
        if not text.startswith("$"):
            return text
        name = text[1:].strip("{}")
        if name in self.names:
            return self.names[name]
        if name in os.environ:
            return os.environ[name]
        texts = [one for one, value in tuple(self.names.items()) if isinstance(value, str) and not one.startswith("_")]
        near = difflib.get_close_matches(name, [*texts, *os.environ], n=1)
        hint = f"did you mean ${near[0]}?" if near else "set it in a cell above, or before the kernel starts"
        raise UsageError(f"%{self.name}: neither the notebook nor the environment has a variable {name!r}; {hint}")


def _is_flag(flavour: str, name: str) -> bool:
    parameter = inspect.signature(FLAVOURS[flavour]).parameters.get(name) if flavour in FLAVOURS else None
    return parameter is not None and parameter.annotation in {"bool", bool}


def _shown(flavour: str) -> str:
    """Show what was given as a flavour, unless it may be a secret."""
    return flavour if flavour in {*FLAVOURS, *SPECIAL} else "..."
