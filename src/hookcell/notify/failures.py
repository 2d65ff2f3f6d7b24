"""What can go wrong with a message, by name."""

from __future__ import annotations

from hookcell.errors import HookcellError


class NotificationError(HookcellError):
    """A message could not be sent. Its text shows no secret of whatever was to send it.

    Args:
        log: What was said about it.
        passing: Whether another try may go better.
        after: How long to wait for that, in seconds, if the server has said so.
    """

    def __init__(self, log: str, *, passing: bool = False, after: float | None = None) -> None:
        super().__init__(log)
        self.log = log
        self.passing = passing
        self.after = after


class RefusedURL(NotificationError, ValueError):
    """A message may not go there: `allow_private_urls` is False."""


class NotInstalled(HookcellError, ImportError):
    """Something optional is needed, and not there."""


class NobodyToAsk(HookcellError, RuntimeError):
    """A question was put where nobody can answer."""
