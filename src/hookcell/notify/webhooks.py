"""Slack and Discord, by their webhooks, and any URL that apprise knows."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

from hookcell.errors import UnknownOptionError
from hookcell.notify import by_apprise, web
from hookcell.notify.hidden import Hidden
from hookcell.notify.notifier import Notifier

AnyURL = Any  # a text, or a secret of pydantic's
NotifyType = Literal["info", "success", "warning", "failure"]


class SlackNotifier(Notifier):
    """Sends to a channel of Slack, or to whatever understands Slack's `{"text": ...}`.

    Args:
        url: The URL of an incoming webhook. It is a secret: whoever has it can write to the channel.
        markup: Whether `<...>` in messages are Slack's links and mentions; if not, they are text.
        **options: What every notifier takes: `name`, `timeout_seconds`, `retries`.

    Raises:
        UnknownOptionError, ParameterTypeError: The URL is missing, or is none.
    """

    flavour = "slack"
    most_characters = 38_000

    def __init__(self, url: AnyURL = None, *, markup: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._url = self._web_url(url, "https://hooks.slack.com/services/...")
        self._markup = markup

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Send a message; see `Notifier.post`."""
        text = f"*{self._said(subject)}*\n{self._said(message)}" if subject else self._said(message)
        data = json.dumps({"text": self._cut(text)}).encode()
        web.send(self._url.get_secret_value(), data, web.JSON, self.timeout_seconds)
        return True

    def _said(self, text: str) -> str:
        """Escape what Slack would take for a mention of everybody, or leave out as markup."""
        return text if self._markup else text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class DiscordNotifier(Notifier):
    """Sends to a channel of Discord; its messages mention nobody.

    Args:
        url: The URL of the channel's webhook. It is a secret: whoever has it can write to the channel.
        username: Who the messages are from, if not from whom the webhook says.
        **options: What every notifier takes: `name`, `timeout_seconds`, `retries`.

    Raises:
        UnknownOptionError, ParameterTypeError: The URL is missing, or is none.
    """

    flavour = "discord"
    most_characters = 2_000

    def __init__(self, url: AnyURL = None, *, username: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._url = self._web_url(url, "https://discord.com/api/webhooks/...")
        self._from = {} if username is None else {"username": self._text("username", username)}

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Send a message; see `Notifier.post`."""
        text = self._cut(f"**{subject}**\n{message}" if subject else message)
        said = {"content": text, "allowed_mentions": {"parse": []}, **self._from}
        web.send(self._url.get_secret_value(), json.dumps(said).encode(), web.JSON, self.timeout_seconds)
        return True


class AppriseNotifier(Notifier):
    """Sends to whatever apprise has a URL for, `AppriseNotifier("tgram://...")`: `pip install "hookcell[notify]"`.

    Args:
        url: The URL, with its secrets in it; https://appriseit.com/services/ has them all.
        notify_type: What kind of message services show it as.
        **options: What every notifier takes: `name`, `timeout_seconds`, `retries`.

    Raises:
        NotInstalled: apprise is not there.
        TypeError: apprise knows no service for the URL.
        UnknownOptionError, ParameterTypeError: The URL is missing, or is none.
    """

    flavour = "apprise"

    def __init__(self, url: AnyURL = None, *, notify_type: NotifyType = "info", **options: Any) -> None:
        super().__init__(**options)
        like = '"tgram://{token}/{chat}"'
        if url is None:
            raise UnknownOptionError(f"notifier 'apprise' needs a URL: make('apprise', url={like})")
        self._url = Hidden(self._text("url", url, like))
        if notify_type not in get_args(NotifyType):
            there_are = ", ".join(get_args(NotifyType))
            raise UnknownOptionError(f"notify_type of notifier 'apprise' is {notify_type!r}; there are {there_are}")
        self._notify_type = notify_type
        self._service()

    def _service(self) -> Any:
        return by_apprise.service_at(self, self._url.get_secret_value())

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Send a message; see `Notifier.post`."""
        by_apprise.tell(self, self._service(), self._cut(message), subject, self._notify_type)
        return True
