"""What blocks can do for others: send messages, give clients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PrivateAttr

from hookcell.log import get_run_logger
from hookcell.notify.failures import NotificationError
from hookcell.prefect.blocks.core import Block

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["CredentialsBlock", "NotificationBlock", "NotificationError"]


class CredentialsBlock(Block, ABC):
    """Credentials for something outside, and the client made with them."""

    @abstractmethod
    def get_client(self, *args: Any, **options: Any) -> Any:
        """Give a client of what the credentials are for."""


class NotificationBlock(Block, ABC):
    """What can send a message to people. Make a subclass with a `notify` of your own."""

    _block_schema_capabilities: ClassVar[list[str] | None] = ["notify"]
    _raise_on_failure: bool = PrivateAttr(False)

    @property
    def logger(self) -> Any:
        """The logger of the run whose code or hook this is; a plain one outside runs."""
        return get_run_logger()

    @abstractmethod
    def notify(self, body: str, subject: str | None = None) -> Any:
        """Send a message.

        Args:
            body: The message.
            subject: What it is about.
        """

    @contextmanager
    def raise_on_failure(self) -> Iterator[None]:
        """Inside the `with` block, a message that cannot be sent is an error, and not just a line in the log."""
        before, self._raise_on_failure = self._raise_on_failure, True
        try:
            yield
        finally:
            self._raise_on_failure = before
