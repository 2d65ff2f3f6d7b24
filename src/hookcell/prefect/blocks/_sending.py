"""How a block's message leaves: by hookcell.notify, within a time, and with no secret in what is said of a failure."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from hookcell.notify.failures import NotificationError, RefusedURL
from hookcell.notify.hidden import scrubbed, secrets_of
from hookcell.notify.within import in_time
from hookcell.prefect._either import is_awaited
from hookcell.prefect.blocks.abstract import NotificationBlock


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
