"""Notifiers: what sends a message to people, and the one that needs nothing, because it shows it in the cell."""

from __future__ import annotations

import difflib
import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from hookcell.errors import HookSignatureError, ParameterTypeError, UnknownOptionError
from hookcell.notify.failures import NobodyToAsk, NotificationError
from hookcell.notify.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Callable

YES = ("approve", "lgtm", "ok", "yes", "y")
NO = ("decline", "disapprove", "no", "reject", "n")
CUT = "…"


class Notifier(ABC):
    """What sends a message to people: a subclass with a `post`, or any object that has one.

    Args:
        name: What records and log lines call it; by default its flavour's name.
        timeout_seconds: How long one try may take.
        retries: How often to try again after a failure that may pass, such as a server that does not answer.

    Raises:
        ParameterTypeError, UnknownOptionError: A value that the option cannot take.
    """

    flavour: ClassVar[str] = ""
    # Whether it posts where it is called, because that takes no time and its place among other outputs matters.
    at_once: ClassVar[bool] = False
    # What a longer message is cut to.
    most_characters: ClassVar[int] = 100_000

    name: str
    timeout_seconds: float = 10.0
    retries: int = 2

    def __init__(self, *, name: str | None = None, timeout_seconds: Any = 10.0, retries: Any = 2) -> None:
        self.name = self._text("name", name) if name is not None else label_of(type(self))
        if isinstance(timeout_seconds, bool) or not isinstance(timeout_seconds, int | float) or timeout_seconds <= 0:
            raise UnknownOptionError(
                f"timeout_seconds of notifier {self.name!r} is {timeout_seconds!r}; give seconds above 0"
            )
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise UnknownOptionError(
                f"retries of notifier {self.name!r} is {retries!r}; give a whole number of 0 or more"
            )
        self.timeout_seconds, self.retries = float(timeout_seconds), retries

    @abstractmethod
    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:
        """Send a message on this thread; `notify` and `alert` call it on another, within a time, and try again.

        Args:
            message: What to tell.
            subject: What it is about.
            details: What else is known of it; an alert gives `definition`, `run`, `state` and `error`, as texts.

        Returns:
            Whether it was sent.

        Raises:
            NotificationError: It was not, and why.
        """

    def ask(self, question: str, *, subject: str | None = None, **details: Any) -> bool:
        """Send a question, and wait until it is approved or declined: on a form in the cell, or at a prompt.

        Raises:
            NobodyToAsk: There is nobody at a prompt.
            NotificationError: The question was not sent.
        """
        if not self.at_once and post_to(self, question, subject, details) is False:
            raise NotificationError(f"notifier {label_of(self)!r} did not send its question, so nobody can answer it")
        return answer_of(question, subject)

    def _text(self, option: str, value: Any, like: str = "", *, empty: bool = False) -> str:
        """Check a text, and never show it: it may be a secret."""
        if hasattr(value, "get_secret_value"):
            value = value.get_secret_value()
        such = f", such as {like}" if like else ""
        of = f"{option} of notifier {label_of(type(self))!r}"
        if not isinstance(value, str):
            raise ParameterTypeError(f"{of} is {kind_of(value)}; give a text{such}")
        if not value.strip() and not empty:
            raise UnknownOptionError(f"{of} is empty; give a text{such}")
        return value.strip()

    def _web_url(self, url: Any, like: str) -> Hidden:
        """Check a webhook's URL."""
        name = label_of(type(self))
        if url is None:
            raise UnknownOptionError(f'notifier {name!r} needs the URL of its webhook: make({name!r}, url="{like}")')
        text = self._text("url", url, f'"{like}"')
        if not text.lower().startswith(("http://", "https://")) or not _has_host(text):
            raise UnknownOptionError(f'url of notifier {name!r} is no web address; give one such as "{like}"')
        return Hidden(text)

    def _cut(self, text: str) -> str:
        return text if len(text) <= self.most_characters else text[: self.most_characters - len(CUT)] + CUT

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {label_of(self)!r}>"


def _has_host(url: str) -> bool:
    from urllib.parse import urlsplit  # noqa: PLC0415 -- loaded by whoever has a URL

    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def kind_of(value: Any) -> str:
    """Say what something is, and not what is in it."""
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


class NotebookNotifier(Notifier):
    """Shows messages in the cell that started the run, whatever thread tells them; in a script, on stdout.

    Who has allowed notifications of the browser gets one while the page is hidden: `allow_notifications()` asks.
    """

    flavour = "notebook"
    at_once = True

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Show a message."""
        show(message, subject)
        return True


def show_text(message: str, subject: str | None) -> None:
    """Show a message as text."""
    print(as_text(message, subject))  # noqa: T201 -- it is for the reader of the cell


def as_text(message: str, subject: str | None) -> str:
    """Set a message as text."""
    first, *more = (f"{subject}\n{message}" if subject else message).splitlines() or [""]
    return "\n  ".join([f"✉ {first}", *more])


# How messages are shown; the notebook's side knows a better way.
show: Callable[[str, str | None], None] = show_text


def no_browser() -> None:
    """Say that there is no browser whose notifications could be allowed."""
    print(NO_BROWSER)  # noqa: T201 -- it was asked for


NO_BROWSER = "Notifications of a browser are for a notebook that is open in one, after %load_ext hookcell."
# How a reader is asked whether the browser may show notifications; the notebook's side knows.
allow: Callable[[], None] = no_browser


# -- notifiers of one's own --------------------------------------------------------------------------------------------


def label_of(notifier: Any) -> str:
    """Give what a notifier, or a class of them, is called."""
    if not isinstance(notifier, type):
        name = getattr(notifier, "name", None)
        return name if isinstance(name, str) and name else label_of(type(notifier))
    return getattr(notifier, "flavour", "") or notifier.__name__


def checked(notifier: Any) -> Any:
    """Give an object back if it can be a notifier.

    Raises:
        ParameterTypeError: It has no `post`.
        HookSignatureError: Its `post` cannot be called with a message.
    """
    if isinstance(notifier, type):
        raise ParameterTypeError(f"notifier {notifier.__name__} is a class; make one: {notifier.__name__}()")
    post = getattr(notifier, "post", None)
    if not callable(post):
        raise ParameterTypeError(
            f"a notifier is {kind_of(notifier)}, which has no post(message); "
            "give a flavour's name, a URL that apprise knows, or an object with a post"
        )
    try:
        _signature(post).bind("message")
    except TypeError:
        raise HookSignatureError(
            f"post of notifier {label_of(notifier)!r} cannot be called with a message alone; "
            "write def post(self, message, *, subject=None, **details)"
        ) from None
    return notifier


def _signature(post: Any) -> inspect.Signature:
    try:
        return inspect.signature(post)
    except ValueError:  # C code that does not say
        return inspect.Signature([inspect.Parameter("message", inspect.Parameter.POSITIONAL_ONLY)])


def post_to(notifier: Any, message: str, subject: str | None, details: dict[str, Any]) -> Any:
    """Call a notifier's `post` with as much as it takes; await what an async one gives."""
    parameters = _signature(notifier.post).parameters.values()
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters)
    named = {one.name for one in parameters if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}}
    more = {key: value for key, value in details.items() if takes_all or key in named}
    if takes_all or "subject" in named:
        more["subject"] = subject
    elif subject:
        message = f"{subject}\n{message}"
    answer = notifier.post(message, **more)
    return _awaited(answer) if inspect.isawaitable(answer) else answer


def _awaited(answer: Any) -> Any:
    import asyncio  # noqa: PLC0415 -- for async notifiers only

    async def wait() -> Any:
        return await answer

    return asyncio.run(wait())


# -- questions ---------------------------------------------------------------------------------------------------------


def answer_of(question: str, subject: str | None = None) -> bool:
    """Have a question answered, whichever way there is.

    Raises:
        NobodyToAsk: There is none.
    """
    return answer_to(question, subject)


def ask_at_prompt(question: str, subject: str | None) -> bool:
    """Put a question at a prompt, below what it is about."""
    return prompted(question if subject is None else f"{subject}\n{question}")


# How an answer is asked for; the notebook's side knows a better way.
answer_to: Callable[[str, str | None], bool] = ask_at_prompt


def prompted(question: str) -> bool:
    """Put a question at a prompt, again until the answer is one.

    Raises:
        NobodyToAsk: There is nobody at a prompt.
    """
    words = "approve or decline: "
    while True:
        try:
            answer = input(f"{question}\n{words}").strip().lower()
        except (EOFError, OSError, NotImplementedError):  # no terminal; a front end that allows no input
            raise NobodyToAsk(
                "nobody can be asked here: there is no prompt to answer at; "
                "run it where input() works, or use a notifier with an ask of your own"
            ) from None
        if answer in YES or answer in NO:
            return answer in YES
        near = difflib.get_close_matches(answer, (*YES, *NO), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near and answer else ""
        question = f"{answer!r} is no answer{hint}" if answer else "an answer is needed"
