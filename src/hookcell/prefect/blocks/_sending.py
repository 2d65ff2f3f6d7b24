"""How a message leaves: in a thread of its own, within a time, and with no secret in what is said about a failure."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from hookcell.prefect._either import is_awaited
from hookcell.prefect.blocks.abstract import NotificationBlock, NotificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Shorter parts of a secret are too common to be taken out of texts.
SHORTEST_SECRET = 6
COVERED = "**********"


class RefusedURL(NotificationError, ValueError):
    """The block may not send there: `allow_private_urls` is False."""


class SendingBlock(NotificationBlock, ABC):
    """A block that sends messages over the network."""

    _timeout_seconds: ClassVar[float] = 10.0
    # Prefect's blocks log a failure, unless told to raise; its custom webhook always raises.
    _always_raises: ClassVar[bool] = False

    def notify(self, body: str, subject: str | None = None, *, _sync: bool | None = None) -> Any:
        """Send a message; may be awaited.

        Args:
            body: The message.
            subject: What it is about.

        Raises:
            NotificationError: It could not be sent, inside `with block.raise_on_failure()`; else a line in the log says
                so. A custom webhook always raises.
        """
        if _sync is not True and is_awaited(sys._getframe(1)):
            return self.anotify(body, subject)
        self._conclude(self._attempt(body, subject))
        return None

    async def anotify(self, body: str, subject: str | None = None) -> None:
        """Send a message, as `notify` does, without holding up the event loop."""
        import asyncio  # noqa: PLC0415 -- who gets here has it

        self._conclude(await asyncio.to_thread(self._attempt, body, subject))

    @abstractmethod
    def _send(self, body: str, subject: str | None) -> None:
        """Send a message, or raise NotificationError with the reason."""

    def _seconds(self) -> float:
        return self._timeout_seconds

    def _attempt(self, body: str, subject: str | None) -> NotificationError | None:
        """Send, in a thread that is left behind when its time is up; give what went wrong, secrets covered."""
        error = in_time(lambda: self._send(body, subject), self._seconds())
        if error is None:
            return None
        reason = str(error) if isinstance(error, NotificationError) else f"{type(error).__name__} was raised"
        name = "" if self._block_document_name is None else f" {self._block_document_name!r}"
        said = f"{type(self).__name__}{name} could not send its message: {scrubbed(reason, secrets_of(self))}."
        return RefusedURL(said) if isinstance(error, RefusedURL) else NotificationError(said)

    def _conclude(self, error: NotificationError | None) -> None:
        if error is None:
            return
        if self._raise_on_failure or self._always_raises or isinstance(error, RefusedURL):
            raise error
        self.logger.warning("%s", error)


def in_time(call: Callable[[], None], seconds: float) -> Exception | None:
    """Call in a thread of its own; give what it raised, or that it took too long."""
    ended: SimpleQueue[Exception | None] = SimpleQueue()

    def work() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 -- it is for the caller
            ended.put(error)
        else:
            ended.put(None)

    threading.Thread(target=work, name="hookcell-notify", daemon=True).start()
    try:
        return ended.get(timeout=seconds)
    except Empty:
        return NotificationError(f"there was no answer within {seconds:g} s")


def secrets_of(value: Any) -> Iterator[str]:
    """Give every text that is secret in a block, and the parts of it that are when it is a URL."""
    if hasattr(value, "get_secret_value"):
        yield from _texts_in(value.get_secret_value())
    elif hasattr(value, "model_fields_set"):
        for _, field in value:
            yield from secrets_of(field)
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from secrets_of(one)


def _texts_in(secret: Any) -> Iterator[str]:
    if isinstance(secret, (list, tuple, dict)):
        for one in secret.values() if isinstance(secret, dict) else secret:
            yield from _texts_in(one)
        return
    text = secret.decode("utf-8", "replace") if isinstance(secret, bytes) else str(secret)
    yield text
    if "://" in text:
        url = urlsplit(text)
        for part in (*url.path.split("/"), *url.query.split("&"), *url.netloc.rpartition("@")[0].split(":")):
            yield from (part, unquote(part), part.partition("=")[2])


def scrubbed(text: str, secrets: Iterator[str]) -> str:
    """Cover the secrets in a text, long ones first."""
    for secret in sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True):
        text = text.replace(secret, COVERED)
    return text
