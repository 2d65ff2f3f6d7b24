"""Prefect's settings by their names: environment variables of that name, or what `temporary_settings` says.

There is no settings file and no profile. `PREFECT_API_URL` is None unless the environment sets it, as in Prefect
without a server: there is no API to point at.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hookcell.errors import UnknownOptionError
from hookcell.session import session
from hookcell.store.sqlite import home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

YES, NO = frozenset(("1", "true", "t", "yes", "y", "on")), frozenset(("0", "false", "f", "no", "n", "off"))


class Overlay(NamedTuple):
    """What `temporary_settings` says, by place: values win over the environment, defaults do not."""

    values: dict[str, Any]
    defaults: dict[str, Any]
    # Places whose environment variable does not count.
    restored: frozenset[str]


_overlay: ContextVar[Overlay | None] = ContextVar("hookcell_settings", default=None)


class Setting:
    """One setting: `PREFECT_API_URL.value()` reads it.

    Args:
        name: The environment variable it is read from.
        place: Where `get_current_settings()` has it.
        default: Its value if nothing sets it; a function makes it anew each time.
        cast: Makes the value from a text or a value; raises ValueError with what to give instead.
        others: More environment variables it may be set by; the newest spelling comes first.
        ignored: Whether hookcell does without it.
    """

    def __init__(
        self,
        name: str,
        place: str,
        default: Any,
        cast: Callable[[Any], Any],
        others: tuple[str, ...] = (),
        *,
        ignored: bool = False,
    ) -> None:
        self.name, self.place, self.ignored = name, place, ignored
        self._default, self._cast = default, cast
        self._names = others or (name,)
        self._read: tuple[str, Any] = ("", None)

    def value(self) -> Any:
        """Give what the setting is now.

        Raises:
            UnknownOptionError: The environment variable has a value that the setting cannot take.
        """
        return self.value_under(_overlay.get())

    def value_under(self, overlay: Overlay | None) -> Any:
        """Give what the setting is under some temporary settings."""
        if overlay is not None and self.place in overlay.values:
            return overlay.values[self.place]
        if overlay is None or self.place not in overlay.restored:
            for name in self._names:
                if (text := os.environ.get(name)) is not None:
                    return self._from_environment(name, text)
        if overlay is not None and self.place in overlay.defaults:
            return overlay.defaults[self.place]
        return self.default()

    def _from_environment(self, name: str, text: str) -> Any:
        if self._read[0] != text:
            self._read = (text, self.cast(text, name))
        return self._read[1]

    def cast(self, value: Any, name: str | None = None) -> Any:
        """Make what the setting holds from a value or its text."""
        try:
            return self._cast(value)
        except (TypeError, ValueError) as error:
            raise UnknownOptionError(f"{name or self.name} is {value!r}; give {error}") from None

    def default(self) -> Any:
        """Give its value when nothing sets it."""
        return self._default() if callable(self._default) else self._default

    def __bool__(self) -> bool:
        return bool(self.value())

    def __str__(self) -> str:
        return str(self.value())

    def __repr__(self) -> str:
        return f"<{self.name}: {self.value()!r}>"

    def __eq__(self, other: object) -> bool:
        return self is other if isinstance(other, Setting) else bool(self.value() == other)

    def __hash__(self) -> int:
        return hash(self.name)


# -- what settings take


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise ValueError("true or false")
    return word in YES


def _count(value: Any) -> int:
    try:
        count = int(value)
    except (TypeError, ValueError):
        count = -1
    if count < 0 or isinstance(value, (bool, float)):
        raise ValueError("a whole number of 0 or more")
    return count


def _delay(value: Any) -> Any:
    """Seconds; or a list of them, as text `1,2,3`."""
    try:
        if isinstance(value, str):
            delays = [float(part) for part in value.split(",") if part.strip()]
            return (delays if len(delays) > 1 else delays[0]) if delays else 0
        return [float(one) for one in value] if isinstance(value, (list, tuple)) else value + 0
    except (TypeError, ValueError):
        raise ValueError("seconds, or a list of seconds such as 1,10,60") from None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _path(value: Any) -> Path:
    return Path(value).expanduser()


# -- the settings


def _ui_url() -> str | None:
    """Take Prefect's UI to be beside the API that the environment names."""
    url = PREFECT_API_URL.value()
    return None if url is None else str(url).removesuffix("/api").replace("/api/", "/")


PREFECT_API_URL: Setting = Setting("PREFECT_API_URL", "api.url", None, _text)
PREFECT_UI_URL: Setting = Setting("PREFECT_UI_URL", "ui_url", _ui_url, _text)
PREFECT_HOME: Setting = Setting("PREFECT_HOME", "home", home, _path, ignored=True)
PREFECT_DEBUG_MODE: Setting = Setting("PREFECT_DEBUG_MODE", "debug_mode", default=False, cast=_switch)
PREFECT_LOGGING_LOG_PRINTS: Setting = Setting(
    "PREFECT_LOGGING_LOG_PRINTS", "logging.log_prints", default=False, cast=_switch
)


def _named_twice(first: str, second: str, place: str, cast: Callable[[Any], Any]) -> tuple[Setting, Setting]:
    """Make a setting that has a newer and an older name."""
    names = (first, second)
    return Setting(first, place, 0, cast, names), Setting(second, place, 0, cast, names)


PREFECT_FLOWS_DEFAULT_RETRIES, PREFECT_FLOW_DEFAULT_RETRIES = _named_twice(
    "PREFECT_FLOWS_DEFAULT_RETRIES", "PREFECT_FLOW_DEFAULT_RETRIES", "flows.default_retries", _count
)
PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS, PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS = _named_twice(
    "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS",
    "PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS",
    "flows.default_retry_delay_seconds",
    _delay,
)
PREFECT_TASKS_DEFAULT_RETRIES, PREFECT_TASK_DEFAULT_RETRIES = _named_twice(
    "PREFECT_TASKS_DEFAULT_RETRIES", "PREFECT_TASK_DEFAULT_RETRIES", "tasks.default_retries", _count
)
PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS, PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS = _named_twice(
    "PREFECT_TASKS_DEFAULT_RETRY_DELAY_SECONDS",
    "PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS",
    "tasks.default_retry_delay_seconds",
    _delay,
)
PREFECT_TASKS_REFRESH_CACHE: Setting = Setting(
    "PREFECT_TASKS_REFRESH_CACHE", "tasks.refresh_cache", default=False, cast=_switch
)
PREFECT_TASKS_DEFAULT_NO_CACHE: Setting = Setting(
    "PREFECT_TASKS_DEFAULT_NO_CACHE", "tasks.default_no_cache", default=False, cast=_switch
)
# Results are not persisted, so nothing reads these two.
PREFECT_LOCAL_STORAGE_PATH: Setting = Setting(
    "PREFECT_LOCAL_STORAGE_PATH",
    "results.local_storage_path",
    lambda: home() / "storage",
    _path,
    ("PREFECT_RESULTS_LOCAL_STORAGE_PATH", "PREFECT_LOCAL_STORAGE_PATH"),
    ignored=True,
)
PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: Setting = Setting(
    "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK",
    "results.default_storage_block",
    None,
    _text,
    ("PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK", "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"),
    ignored=True,
)

SETTINGS: dict[str, Setting] = {one.name: one for one in list(globals().values()) if isinstance(one, Setting)}
PLACES: dict[str, Setting] = {one.place: one for one in SETTINGS.values()}


def __getattr__(name: str) -> Any:
    if name.startswith("PREFECT_"):
        raise AttributeError(f"{name} is not a setting of hookcell; there are {', '.join(sorted(SETTINGS))}.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# -- all of them, and for a while


class Settings:
    """All settings as they are in a context: `get_current_settings().tasks.default_retries`."""

    def __init__(self, overlay: Overlay | None, prefix: str = "") -> None:
        self._overlay, self._prefix = overlay, prefix

    def __getattr__(self, name: str) -> Any:
        place = f"{self._prefix}{name}"
        if place in PLACES:
            return PLACES[place].value_under(self._overlay)
        if any(known.startswith(f"{place}.") for known in PLACES):
            return Settings(self._overlay, f"{place}.")
        raise AttributeError(f"there is no setting {place!r}; there are {', '.join(sorted(PLACES))}")

    def __repr__(self) -> str:
        inside = [place for place in PLACES if place.startswith(self._prefix)]
        shown = (f"{place}={PLACES[place].value_under(self._overlay)!r}" for place in inside)
        return f"Settings({', '.join(shown)})"


def get_current_settings() -> Settings:
    """Give all settings as they are here and now."""
    return Settings(_overlay.get())


@contextmanager
def temporary_settings(
    updates: Mapping[Setting | str, Any] | None = None,
    set_defaults: Mapping[Setting | str, Any] | None = None,
    restore_defaults: Iterable[Setting | str] | None = None,
) -> Iterator[Settings]:
    """Change settings inside a `with` block, for this thread or task and for what it starts.

    Args:
        updates: Values by setting (`PREFECT_API_URL`) or place ("api.url"); they win over the environment.
        set_defaults: Values for settings that nothing else sets.
        restore_defaults: Settings that go back to their defaults, whatever the environment says.

    Raises:
        UnknownOptionError: There is no such setting, or it cannot take the value.
    """
    outer = _overlay.get() or Overlay({}, {}, frozenset())
    restored = frozenset(_setting(key).place for key in restore_defaults or ())
    kept, defaults = ({at: one for at, one in known.items() if at not in restored} for known in outer[:2])
    inner = Overlay(kept | _cast(updates), defaults | _cast(set_defaults), outer.restored | restored)
    token = _overlay.set(inner)
    try:
        yield Settings(inner)
    finally:
        _overlay.reset(token)


def _setting(key: Setting | str) -> Setting:
    # Not `or`: a setting is as true as its value.
    setting = PLACES.get(key, SETTINGS.get(key)) if isinstance(key, str) else key
    if not isinstance(setting, Setting):
        raise UnknownOptionError(f"there is no setting {key!r}; there are {', '.join(sorted(PLACES))}")
    return setting


def _cast(values: Mapping[Setting | str, Any] | None) -> dict[str, Any]:
    cast = {}
    for key, value in (values or {}).items():
        setting = _setting(key)
        if setting.ignored:
            _tell(setting)
        cast[setting.place] = setting.cast(value)
    return cast


_told: set[str] = set()


def _tell(setting: Setting) -> None:
    """Say once that a setting changes nothing."""
    if setting.place not in _told:
        _told.add(setting.place)
        session.warn(f"{setting.name} is set, but hookcell does not use it.")
