"""Blocks that send messages: Slack and custom webhooks by themselves, the others by apprise (extra `notify`)."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AnyHttpUrl, Field, Secret, SecretStr

from hookcell.notify import by_apprise, web
from hookcell.prefect.blocks._sending import SendingBlock
from hookcell.prefect.blocks.abstract import NotificationBlock, NotificationError

__all__ = [
    "AppriseNotificationBlock",
    "CustomWebhookNotificationBlock",
    "DiscordWebhook",
    "MattermostWebhook",
    "MicrosoftTeamsWebhook",
    "NotificationBlock",
    "NotificationError",
    "OpsgenieWebhook",
    "PagerDutyWebHook",
    "SendgridEmail",
    "SlackWebhook",
    "TwilioSMS",
]
NotifyType = Literal["info", "success", "warning", "failure"]
PREFECT_NOTIFY_TYPE_DEFAULT: NotifyType = "info"
PLACEHOLDER = re.compile(r"{{\s*([\w.\-\[\]$]+)\s*}}")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class AbstractAppriseNotificationBlock(SendingBlock, ABC):
    """A block that sends by apprise."""

    notify_type: NotifyType = Field(PREFECT_NOTIFY_TYPE_DEFAULT, description="The type of notification.")

    def block_initialization(self) -> None:
        """Find a wrong phone number or token now, and not when a flow has failed."""
        self._service()

    @abstractmethod
    def _service(self) -> Any:
        """Give the apprise service for what the fields say now."""

    def _send(self, body: str, subject: str | None) -> None:
        by_apprise.tell(self, self._service(), body, subject, self.notify_type)


class AppriseNotificationBlock(AbstractAppriseNotificationBlock, ABC):
    """A block that sends to a URL, by apprise."""

    url: SecretStr = Field(description="The URL to send to: a webhook's, or one of apprise's own such as slack://...")
    allow_private_urls: bool = Field(default=True, description="Whether the URL may lead into this network.")

    def _service(self) -> Any:
        return by_apprise.service_at(self, self.url.get_secret_value())

    def _send(self, body: str, subject: str | None) -> None:
        if not self.allow_private_urls:
            web.refuse_private(self.url.get_secret_value())
        super()._send(body, subject)


class SlackWebhook(AppriseNotificationBlock):
    """Sends to Slack, or to whatever understands Slack's `{"text": ...}`: `SlackWebhook(url="https://hooks...")`."""

    _block_type_name: ClassVar[str | None] = "Slack Webhook"

    def block_initialization(self) -> None:
        """Ask apprise only for a URL of its own."""
        if not self._is_http():
            super().block_initialization()

    def _is_http(self) -> bool:
        return urlsplit(self.url.get_secret_value().lower()).scheme in {"http", "https"}

    def _send(self, body: str, subject: str | None) -> None:
        if not self._is_http():
            super()._send(body, subject)
            return
        url = self.url.get_secret_value()
        if not self.allow_private_urls:
            web.refuse_private(url)
        text = f"*{subject}*\n{body}" if subject else str(body)
        web.send(url, json.dumps({"text": text}).encode(), web.JSON, self._seconds())


class MicrosoftTeamsWebhook(AppriseNotificationBlock):
    """Sends to Microsoft Teams, by the URL of a workflow."""

    _block_type_name: ClassVar[str | None] = "Microsoft Teams Webhook"
    _block_type_slug: ClassVar[str | None] = "ms-teams-webhook"

    include_image: bool = Field(default=True, description="Whether to add an image.")
    wrap: bool = Field(default=True, description="Whether to wrap the text.")

    def _service(self) -> Any:
        options = {"include_image": self.include_image, "wrap": self.wrap}
        return by_apprise.teams(self, self.url.get_secret_value(), options)


class PagerDutyWebHook(AbstractAppriseNotificationBlock):
    """Sends to PagerDuty."""

    _block_type_name: ClassVar[str | None] = "Pager Duty Webhook"

    integration_key: SecretStr = Field(description="The routing key, from the page of the Events API V2 integration.")
    api_key: SecretStr = Field(description="The API key, from Integrations.")
    source: str | None = Field("Prefect", description="Where the message comes from.")
    component: str = Field("Notification", description="What part of it.")
    group: str | None = Field(None, description="What group it belongs to.")
    class_id: str | None = Field(None, description="What class it belongs to.")
    region_name: Literal["us", "eu"] = Field("us", description="PagerDuty's region.")
    clickable_url: AnyHttpUrl | None = Field(None, description="A link that goes with it.")
    include_image: bool = Field(default=True, description="Whether to add an icon for the status.")
    custom_details: dict[str, str] | None = Field(None, description="More to say.")

    def _service(self, more: dict[str, str] | None = None) -> Any:
        options = {
            "apikey": self.api_key.get_secret_value(),
            "integrationkey": self.integration_key.get_secret_value(),
            "source": self.source,
            "component": self.component,
            "group": self.group,
            "class_id": self.class_id,
            "region_name": self.region_name,
            "click": None if self.clickable_url is None else str(self.clickable_url),
            "include_image": self.include_image,
            "details": {**(self.custom_details or {}), **(more or {})} or None,
        }
        return by_apprise.service(self, "pagerduty", options)

    def _send(self, body: str, subject: str | None) -> None:
        """Send the subject as the summary, and the body as a detail: apprise would run them together."""
        service = self._service({"Prefect Notification Body": body} if subject else None)
        by_apprise.tell(self, service, " " if subject else body, subject, self.notify_type)


class TwilioSMS(AbstractAppriseNotificationBlock):
    """Sends text messages by Twilio."""

    _block_type_name: ClassVar[str | None] = "Twilio SMS"

    account_sid: str = Field(description="The account SID, from Twilio's console.")
    auth_token: SecretStr = Field(description="The authentication token, from Twilio's console.")
    from_phone_number: str = Field(description="The number to send from.", examples=["18001234567"])
    to_phone_numbers: list[str] = Field(description="The numbers to send to.", examples=[["18004242424"]])

    def _service(self) -> Any:
        options = {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token.get_secret_value(),
            "source": self.from_phone_number,
            "targets": self.to_phone_numbers,
        }
        return by_apprise.service(self, "twilio", options)


class OpsgenieWebhook(AbstractAppriseNotificationBlock):
    """Sends to Opsgenie."""

    _block_type_name: ClassVar[str | None] = "Opsgenie Webhook"

    apikey: SecretStr = Field(description="The API key of the account.")
    target_user: list[str] | None = Field(None, description="The users to notify.")
    target_team: list[str] | None = Field(None, description="The teams to notify.")
    target_schedule: list[str] | None = Field(None, description="The schedules to notify.")
    target_escalation: list[str] | None = Field(None, description="The escalations to notify.")
    region_name: Literal["us", "eu"] = Field("us", description="Opsgenie's region.")
    batch: bool = Field(default=False, description="Whether to notify all targets at once.")
    tags: list[str] | None = Field(None, description="Words that go with the message.")
    priority: int | None = Field(3, description="From 1 (low) to 5 (emergency).")
    alias: str | None = Field(None, description="What to call the alert.")
    entity: str | None = Field(None, description="What the alert is about.")
    details: dict[str, str] | None = Field(None, description="More to say.")

    def _service(self) -> Any:
        marked = (("@", self.target_user), ("#", self.target_team), ("*", self.target_schedule))
        targets = [mark + one for mark, names in (*marked, ("^", self.target_escalation)) for one in names or ()]
        options = {
            "apikey": self.apikey.get_secret_value(),
            "targets": targets,
            "region_name": self.region_name,
            "details": self.details,
            "priority": self.priority,
            "alias": self.alias,
            "entity": self.entity,
            "batch": self.batch,
            "tags": self.tags,
            "action": "new",
        }
        return by_apprise.service(self, "opsgenie", options)


class MattermostWebhook(AbstractAppriseNotificationBlock):
    """Sends to Mattermost."""

    _block_type_name: ClassVar[str | None] = "Mattermost Webhook"

    hostname: str = Field(description="The server's host name.", examples=["mattermost.example.com"])
    secure: bool = Field(default=False, description="Whether to use https.")
    token: SecretStr = Field(description="The webhook's token.")
    botname: str | None = Field(None, description="Who the message is from.")
    channels: list[str] | None = Field(None, description="The channels to notify.")
    include_image: bool = Field(default=False, description="Whether to add an image for the status.")
    path: str | None = Field(None, description="What follows the host name, if anything.")
    port: int = Field(8065, description="The server's port.")

    def _service(self) -> Any:
        options = {
            "token": self.token.get_secret_value(),
            "fullpath": self.path,
            "host": self.hostname,
            "user": self.botname,
            "targets": self.channels,
            "include_image": self.include_image,
            "port": self.port,
            "secure": self.secure,
        }
        return by_apprise.service(self, "mmosts" if self.secure else "mmost", options)


class DiscordWebhook(AbstractAppriseNotificationBlock):
    """Sends to Discord."""

    _block_type_name: ClassVar[str | None] = "Discord Webhook"

    webhook_id: SecretStr = Field(description="The first of the two tokens of a webhook.")
    webhook_token: SecretStr = Field(description="The second of the two tokens of a webhook.")
    botname: str | None = Field(None, description="Who the message is from; if None, the webhook's account.")
    tts: bool = Field(default=False, description="Whether it shall be read aloud.")
    include_image: bool = Field(default=False, description="Whether to add an image for the type of the message.")
    avatar: bool = Field(default=False, description="Whether to replace the default avatar.")
    avatar_url: str | None = Field(None, description="The avatar; if None, one for the type of the message.")

    def _service(self) -> Any:
        options = {
            "webhook_id": self.webhook_id.get_secret_value(),
            "webhook_token": self.webhook_token.get_secret_value(),
            "botname": self.botname,
            "tts": self.tts,
            "include_image": self.include_image,
            "avatar": self.avatar,
            "avatar_url": self.avatar_url,
        }
        return by_apprise.service(self, "discord", options)


class SendgridEmail(AbstractAppriseNotificationBlock):
    """Sends e-mail by SendGrid."""

    _block_type_name: ClassVar[str | None] = "Sendgrid Email"

    api_key: SecretStr = Field(description="The API key of the account.")
    sender_email: str = Field(description="The address to send from.")
    to_emails: list[str] = Field(description="The addresses to send to.")

    def _service(self) -> Any:
        options = {
            "apikey": self.api_key.get_secret_value(),
            "from_email": self.sender_email,
            "targets": self.to_emails,
        }
        return by_apprise.service(self, "sendgrid", options)


class SecretDict(Secret[dict[str, Any]]):
    """Secret values by name."""


class CustomWebhookNotificationBlock(SendingBlock):
    """Sends any HTTP request. In its texts, `{{body}}`, `{{subject}}`, `{{name}}` and your secrets are filled in."""

    _block_type_name: ClassVar[str | None] = "Custom Webhook"
    _always_raises: ClassVar[bool] = True

    name: str = Field(description="What the webhook is called.")
    url: str = Field(description="Where to send to.", examples=["https://hooks.slack.com/XXX"])
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="The request's method.")
    params: dict[str, str] | None = Field(None, description="What to add to the URL's query.")
    json_data: dict[str, Any] | None = Field(None, description="What to send, as JSON.")
    form_data: dict[str, str] | str | None = Field(None, description="What to send, as a form; a text goes as it is.")
    headers: dict[str, str] | None = Field(None, description="More headers.")
    cookies: dict[str, str] | None = Field(None, description="Cookies.")
    timeout: float = Field(10, description="How long to wait for the answer, in seconds.")
    allow_private_urls: bool = Field(default=True, description="Whether the URL may lead into this network.")
    secrets: SecretDict = Field(default_factory=lambda: SecretDict({}), description="Secret values by name.")

    def block_initialization(self) -> None:
        """Find a mistake in the templates now, and not when a flow has failed."""
        if self.form_data is not None and self.json_data is not None:
            raise ValueError("both `Form Data` and `JSON Data` provided")
        known = {"body", "name", "subject", *self.secrets.get_secret_value()}
        for field in ("url", "params", "form_data", "json_data", "headers", "cookies"):
            for placeholder in _placeholders(getattr(self, field)):
                if placeholder not in known:
                    there_are = ", ".join(sorted(known))
                    raise KeyError(f"{field}/{{{{{placeholder}}}}}: there is no such value; there are {there_are}")

    def _seconds(self) -> float:
        return self.timeout

    def _send(self, body: str, subject: str | None) -> None:
        said = {"subject": "null" if subject is None else subject, "body": body, "name": self.name}
        values = {**self.secrets.get_secret_value(), **said}
        url = _with_query(_filled(self.url, values), _filled(self.params, values))
        if not self.allow_private_urls:
            web.refuse_private(url)
        data, headers = self._payload(values)
        cookies = _filled(self.cookies, values) or {}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers |= _filled(self.headers, values) or {}
        web.send(url, data, headers, self.timeout, self.method)

    def _payload(self, values: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
        """Give what to send, and the headers that say what it is."""
        if self.json_data is not None:
            return json.dumps(_filled(self.json_data, values)).encode(), dict(web.JSON)
        if isinstance(self.form_data, str):
            return str(_filled(self.form_data, values)).encode(), {}
        if self.form_data is not None:
            return urlencode(_filled(self.form_data, values)).encode(), dict(FORM)
        return None, {}


def _placeholders(template: Any) -> list[str]:
    if isinstance(template, str):
        return PLACEHOLDER.findall(template)
    parts = template.values() if isinstance(template, dict) else template if isinstance(template, list) else ()
    return [name for part in parts for name in _placeholders(part)]


def _filled(template: Any, values: dict[str, Any]) -> Any:
    """Fill in values; a text that is one placeholder becomes the value itself, whatever its type."""
    if isinstance(template, dict):
        return {key: _filled(one, values) for key, one in template.items()}
    if isinstance(template, list):
        return [_filled(one, values) for one in template]
    if not isinstance(template, str):
        return template
    whole = PLACEHOLDER.fullmatch(template)
    return values[whole[1]] if whole else PLACEHOLDER.sub(lambda found: str(values[found[1]]), template)


def _with_query(url: str, params: dict[str, Any] | None) -> str:
    if not params:
        return url
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *params.items()]))
    )
