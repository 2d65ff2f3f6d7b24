"""Flavours: notifiers by name, and the one that is used where none is named."""

from __future__ import annotations

import difflib
import inspect
from functools import lru_cache
from os import environ
from typing import Any

from hookcell.errors import ParameterTypeError, UnknownOptionError
from hookcell.notify.mail import EmailNotifier
from hookcell.notify.nobody import Nobody
from hookcell.notify.notifier import NotebookNotifier, Notifier, checked
from hookcell.notify.settings_text import read
from hookcell.notify.webhooks import AppriseNotifier, DiscordNotifier, SlackNotifier

# By name; put a class of your own in, and it is a flavour.
FLAVOURS: dict[str, type[Any]] = {
    one.flavour: one for one in (NotebookNotifier, SlackNotifier, DiscordNotifier, EmailNotifier, AppriseNotifier)
}
EXTRA = 'pip install "hookcell[notify]"'


def make(flavour: str, **config: Any) -> Notifier:
    """Make a notifier of a flavour: `make("slack", url="https://hooks.slack.com/services/...")`.

    Args:
        flavour: "notebook", "slack", "discord", "email" or "apprise", or one you have put into `FLAVOURS`.
        **config: What the flavour's class takes.

    Raises:
        UnknownOptionError: There is no such flavour or option, or it has a value it cannot take.
        ParameterTypeError: An option has a value of a wrong type.
        NotInstalled: The flavour needs what is not installed.

    >>> from hookcell.notify import make
    >>> make("notebook").post("3 rows are missing", subject="nightly")
    ✉ nightly
      3 rows are missing
    True
    """
    if not isinstance(flavour, str):
        raise ParameterTypeError(
            f"a notifier's flavour is a text, not {type(flavour).__name__}; there are {', '.join(FLAVOURS)}"
        )
    cls = FLAVOURS.get(flavour)
    if cls is None:
        raise UnknownOptionError(_unknown(flavour))
    _check_options(flavour, cls, config)
    notifier: Notifier = checked(cls(**config))
    return notifier


def _unknown(flavour: str) -> str:
    near = difflib.get_close_matches(flavour.lower(), FLAVOURS, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    # What somebody takes for a flavour may be a URL with secrets in it.
    shown = repr(flavour) if flavour.isidentifier() and len(flavour) <= 40 else "with the name given"
    return (
        f"there is no notifier flavour {shown}; {hint}there are {', '.join(FLAVOURS)}. "
        f'Other services are URLs of apprise: make("apprise", url="..."), which needs {EXTRA}'
    )


def _check_options(flavour: str, cls: type[Any], config: dict[str, Any]) -> None:
    known = [name for name in _options_of(cls) if name not in {"self", "options"}]
    for key in config:
        if key not in known and "**" not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            there_are = ", ".join(known) or "none"
            raise UnknownOptionError(f"notifier {flavour!r} has no option {key!r}; {hint}there are {there_are}")


def _options_of(cls: type[Any]) -> list[str]:
    """Give what a class takes by name, with what it hands on to Notifier; "**" for anything at all."""
    parameters = inspect.signature(cls).parameters.values()
    names = [one.name for one in parameters if one.kind not in {one.VAR_KEYWORD, one.VAR_POSITIONAL}]
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        names += _options_of(Notifier) if issubclass(cls, Notifier) else ["**"]
    return list(dict.fromkeys(names))


# -- the one that is used ----------------------------------------------------------------------------------------------

# What the environment configures: a flavour or a URL that apprise knows, and its settings, as in HOOKCELL_ALERTER_URL.
CONFIGURATION = "HOOKCELL_ALERTER"
NOBODY = Nobody()
# The one that `use` has chosen, if it has.
_used: list[Any] = []


def use(notifier: Any = "configured", **config: Any) -> Any:
    """Make a notifier the one that is used where none is named, by ZenML's default stack too.

    Args:
        notifier: A flavour's name, a URL that apprise knows, or an object with a `post`; "none", or None, tells nobody;
            "configured" goes back to what `HOOKCELL_ALERTER` and `HOOKCELL_ALERTER_URL` and its like say in the
            environment, or without them to the notebook's.
        **config: What the flavour takes.

    Returns:
        The notifier.

    Raises:
        UnknownOptionError, ParameterTypeError: It is no notifier, or has settings it cannot take.
    """
    found = chosen(notifier, **config)
    _used[:] = [] if isinstance(notifier, str) and notifier == "configured" else [found]
    return found


def used() -> Any:
    """Give the notifier that is used where none is named.

    Raises:
        UnknownOptionError, ParameterTypeError: The environment configures none that can be.
    """
    return _used[0] if _used else configured()


def chosen(notifier: Any, **config: Any) -> Any:
    """Give the notifier that `use` would choose, and choose none."""
    if notifier is None or (isinstance(notifier, str) and notifier in {"none", "configured"}):
        if config:
            first = next(iter(config))
            raise UnknownOptionError(f"{first}= goes with a flavour's name: use('slack', {first}=...)")
        return configured() if notifier == "configured" else NOBODY
    return find(notifier, **config)


def configured(flavour: str | None = None, **config: Any) -> Any:
    """Give the notifier that the environment configures; without one, the notebook's.

    Args:
        flavour: Another than the environment's; of the same flavour it has the environment's settings.
        **config: Settings that go before the environment's.
    """
    told = environ.get(CONFIGURATION, "").strip()
    wanted = flavour or told or "notebook"
    if told in {"", wanted}:
        config = {**_settings(None if told else wanted), **config}
    if all(isinstance(value, str) for value in config.values()):
        return _made(wanted, tuple(config.items()))
    return _made.__wrapped__(wanted, tuple(config.items()))


def _settings(loose: str | None) -> dict[str, str]:
    """Give the environment's settings; without a flavour there, `loose` has those it takes."""
    start = f"{CONFIGURATION}_"
    found = {key.removeprefix(start).lower(): value for key, value in environ.items() if key.startswith(start)}
    if loose is None:
        return found
    known = _options_of(FLAVOURS[loose]) if loose in FLAVOURS else ()
    return {key: value for key, value in found.items() if key in known}


@lru_cache(maxsize=1)
def _made(wanted: str, config: tuple[tuple[str, Any], ...]) -> Any:
    """Make it; one is kept, so that its messages leave in order."""
    if wanted == "none":
        return NOBODY
    cls = AppriseNotifier if "://" in wanted else FLAVOURS.get(wanted)
    return find(wanted, **(dict(config) if cls is None else read(wanted, cls, dict(config))))


@lru_cache(maxsize=32)
def _at(url: str) -> AppriseNotifier:
    """Give one notifier for a URL, so that its messages leave in order."""
    return AppriseNotifier(url)


def find(notifier: Any = None, **config: Any) -> Any:
    """Give the notifier that is meant by a flavour's name, a URL that apprise knows, an object with a `post`, or None.

    Raises:
        UnknownOptionError, ParameterTypeError, HookSignatureError: It can be none.
    """
    if isinstance(notifier, str):
        if "://" in notifier:
            return AppriseNotifier(notifier, **config) if config else _at(notifier)
        return make(notifier, **config)
    if config:
        first = next(iter(config))
        raise UnknownOptionError(f"{first}= goes with a flavour's name: alert('slack', {first}=...)")
    return used() if notifier is None else checked(notifier)
