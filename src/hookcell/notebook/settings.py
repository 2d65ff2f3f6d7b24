"""Settings: what a user may choose of the notebook ring, by traitlets or, where nobody types, by the environment."""

from __future__ import annotations

import os
import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from traitlets import TraitError, TraitType
from traitlets.config import Config, Configurable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

MOST_PER_SECOND = 25.0
MOST_LOG_LINES = 100_000
SHOW_AFTER, SETTLE_SECONDS, LOG_LINES = 0.2, 120.0, 10_000
LAYOUTS = ("timeline", "tasks", "graph", "hooks", "log", "compact")
# What HOOKCELL_VIEW says to a terminal, where a kernel shows runs as ever.
_TERMINALS = ("terminal", "lines")
_TRUE, _FALSE = ("on", "true", "yes", "1"), ("off", "false", "no", "0")


class Manner(NamedTuple):
    """How runs are shown: what the settings come to for who draws them."""

    layout: str = LAYOUTS[0]
    # Seconds that a run takes before it is shown live; None for never.
    show_after: float | None = SHOW_AFTER
    # Whether a run is shown live that is over by then.
    always: bool = False
    settle_seconds: float = SETTLE_SECONDS
    log_lines: int = LOG_LINES
    # Seconds from one message to the next.
    interval: float = 1 / MOST_PER_SECOND


# -- what a setting may be --------------------------------------------------------------------------------------------


class Setting(TraitType[T, Any]):
    """A setting that says what to write when it cannot take a value.

    Args:
        default: What it is until somebody chooses.
        read: Makes a value of what was written, which may be text; raises ValueError or TypeError if it cannot.
        wanted: What may be written, in words.
        help: What it is for.
        reads_none: Whether None is a value.
    """

    def __init__(
        self,
        default: T,
        read: Callable[[Any], T],
        wanted: str,
        *,
        help: str,  # noqa: A002 -- traitlets calls it so
        reads_none: bool = False,
    ) -> None:
        super().__init__(default, allow_none=reads_none, help=help)
        self.tag(config=True)
        self._read = read
        self.wanted = self.info_text = wanted

    def validate(self, _obj: Any, value: Any) -> Any:
        """Give the value of what was written.

        Raises:
            TraitError: It is nothing that the setting can be.
        """
        try:
            return self._read(value)
        except (ValueError, TypeError):
            raise TraitError(f"Hookcell.{self.name} cannot be {value!r}; write {self.wanted}") from None

    def from_string(self, s: str) -> Any:
        """Read what stands on a command line or in the environment."""
        return self.validate(None, s)


def _whether(value: Any) -> bool:
    if value in (True, False):
        return bool(value)
    word = _word(value)
    if word not in {*_TRUE, *_FALSE}:
        raise ValueError
    return word in _TRUE


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip().lower()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _name(value: Any) -> str:
    if not (isinstance(value, str) and value.isidentifier()):
        raise ValueError
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        word = _word(value)
        if word not in words:
            raise ValueError
        return word

    return read


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not least <= number <= most:  # nor is nan
        raise ValueError
    return number


def _seconds(value: Any) -> float:
    return _number(value, 0, float("inf"))


def _seconds_or_none(value: Any) -> float | None:
    return None if isinstance(value, str) and _word(value) == "none" else _seconds(value)


def _seconds_or_word(value: Any) -> float | str:
    if isinstance(value, str) and _word(value) in {"never", "always"}:
        return _word(value)
    return _seconds(value)


def _rate(value: Any) -> float:
    return _number(value, 0.1, MOST_PER_SECOND)


def _lines(value: Any) -> int:
    number = _number(value, 0, MOST_LOG_LINES)
    if number != int(number):
        raise ValueError
    return int(number)


# -- the settings -----------------------------------------------------------------------------------------------------


class Hookcell(Configurable):
    """Settings of the extension: `c.Hookcell.…` in a configuration file, `%config Hookcell.… = …` in a notebook.

    The environment, where it says something (HOOKCELL_VIEW=off), comes before a configuration file.
    """

    flow_magic = Setting(
        "flow", _name, "a name, such as 'my_flow'", help="What the cell magic for flows is called, without the %%."
    )
    task_magic = Setting(
        "task", _name, "a name, such as 'my_task'", help="What the cell magic for tasks is called, without the %%."
    )
    hooks_magic = Setting(
        "hooks", _name, "a name, such as 'my_hooks'", help="What the line magic for hooks is called, without the %."
    )
    # The environment's HOOKCELL_ALERTER is not this one: it comes with variables of its own, and scripts read it too.
    alerter = Setting(
        "",
        _text,
        "text as after %hooks alerter, such as 'slack --url $SLACK_URL'",
        help="Where alerts go, as after %hooks alerter: 'slack --url $SLACK_URL'.",
    )
    view = Setting(
        True,
        _whether,
        "True or False, or 'on' or 'off'",
        help="Whether runs are shown below the cell that started them.",
    )
    layout = Setting(
        LAYOUTS[0],
        _one_of(LAYOUTS),
        f"one of {', '.join(map(repr, LAYOUTS))}",
        help="What a view opens with when its run is more than a line; 'compact' keeps it a line until you open it.",
    )
    show_after = Setting[float | str](
        SHOW_AFTER,
        _seconds_or_word,
        "seconds, such as 0.2, or 'always' or 'never'",
        help="Seconds that a run takes before it is shown live; 'always' also if it is over, 'never' not before.",
    )
    settle_seconds = Setting(
        SETTLE_SECONDS,
        _seconds,
        "seconds, such as 10",
        help="Seconds after which an ended, untouched view becomes a fixed picture.",
    )
    log_lines = Setting(
        LOG_LINES,
        _lines,
        f"a whole number of lines, from 0 to {MOST_LOG_LINES}",
        help="How many lines of log a view keeps; it counts all.",
    )
    messages_per_second = Setting(
        MOST_PER_SECOND,
        _rate,
        f"a number from 0.1 to {MOST_PER_SECOND:g}",
        help="How often a second a view is told what has changed, at most.",
    )
    hold_seconds = Setting[float | None](
        None,
        _seconds_or_none,
        "seconds, such as 60, or None",
        help="Seconds that a cell stays open for background runs where nobody looks on; None for as long as they take.",
        reads_none=True,
    )

    def __init__(self, **kwargs: Any) -> None:
        told = in_environment()
        if told:
            configured = kwargs.get("config") or getattr(kwargs.get("parent"), "config", None) or Config()
            kwargs["config"] = deepcopy(configured)  # the shell's own stays as it is
            kwargs["config"].merge(Config(Hookcell=told))
        super().__init__(**kwargs)

    def manner(self) -> Manner:
        """Give what the settings come to for who draws."""
        after = self.show_after
        return Manner(
            self.layout,
            None if after == "never" else 0.0 if after == "always" else float(after),
            after == "always",
            self.settle_seconds,
            self.log_lines,
            1 / self.messages_per_second,
        )


# Those that `manner` reads.
MANNERS = ("layout", "show_after", "settle_seconds", "log_lines", "messages_per_second")

# -- the environment --------------------------------------------------------------------------------------------------

# HOOKCELL_<NAME> for each.
_BY_NAME = ("show_after", "settle_seconds", "log_lines", "messages_per_second", "hold_seconds")
_VIEWS = ("on", "off", *LAYOUTS)


def in_environment(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Give the settings that the environment makes; a value that cannot be read is a warning."""
    told = _view_in(environment)
    for name in _BY_NAME:
        variable = f"HOOKCELL_{name.upper()}"
        text = environment.get(variable, "").strip()
        setting: Any = Hookcell.class_traits()[name]
        try:
            if text:
                told[name] = setting.from_string(text)
        except TraitError:
            _leave(variable, text, setting.wanted.replace("'", ""))
    return told


def _view_in(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read HOOKCELL_VIEW, which says whether there is a view and how it looks."""
    text = environment.get("HOOKCELL_VIEW", "")
    word = text.strip().lower()
    if not word or word in _TERMINALS:
        return {}
    if word in LAYOUTS:
        return {"view": True, "layout": word}
    if word in {*_TRUE, *_FALSE}:
        return {"view": word in _TRUE}
    _leave("HOOKCELL_VIEW", text, f"one of {', '.join(_VIEWS)}")
    return {}


def _leave(variable: str, text: str, wanted: str) -> None:
    warnings.warn(f"{variable}={text!r} is not understood, and left aside; set it to {wanted}", stacklevel=2)
