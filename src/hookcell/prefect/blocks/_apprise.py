"""The one module that knows apprise, which sends what hookcell does not send itself."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hookcell.errors import HookcellError
from hookcell.prefect.blocks._sending import scrubbed, secrets_of
from hookcell.prefect.blocks.abstract import NotificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookcell.prefect.blocks._sending import SendingBlock

# These log URLs, with the secrets in them.
LOGGERS = ("apprise", "urllib3.connectionpool")


class NotInstalled(HookcellError, ImportError):
    """Something optional is needed, and not there."""


def service(block: SendingBlock, schema: str, options: dict[str, Any]) -> Any:
    """Give apprise's service of some kind for a block.

    Args:
        block: Whose secrets the error must not show.
        schema: apprise's word for the kind.
        options: What the service takes.

    Raises:
        TypeError: An option has a value it cannot take.
        NotInstalled: apprise is not there.
    """
    return _made(block, {"schema": schema, **options})


def service_at(block: SendingBlock, url: str) -> Any:
    """Give apprise's service for a URL such as `slack://...`; raises as `service` does."""
    return _made(block, url)


def _made(block: SendingBlock, of: Any) -> Any:
    apprise = _apprise(block)
    asset = apprise.AppriseAsset(app_id="hookcell", app_desc="hookcell", app_url="")
    with overheard() as said:
        try:
            made = apprise.Apprise.instantiate(of, asset=asset, suppress_exceptions=False)
        except TypeError as error:
            made, said[:] = None, [str(error)]
    if made:
        return made
    reason = "; ".join(said) or "apprise knows no service for its URL"
    raise TypeError(f"{type(block).__name__} cannot be used: {scrubbed(reason, secrets_of(block))}") from None


def teams(block: SendingBlock, url: str, options: dict[str, Any]) -> Any:
    """Give apprise's service for a Microsoft Teams workflow; raises as `service` does.

    Raises:
        ValueError: It is no URL of a workflow.
    """
    _apprise(block)
    from apprise.plugins.workflows import NotifyWorkflows  # noqa: PLC0415 -- optional

    read: Any = NotifyWorkflows.parse_native_url
    found = read(url)
    if not found:
        raise ValueError("Invalid Microsoft Teams Workflow URL provided.")
    return _made(block, {**found, **options})


def tell(block: SendingBlock, service: Any, body: str, subject: str | None, notify_type: str) -> None:
    """Send a message by an apprise service, on this thread.

    Not by apprise's own front, which starts event loops and threads.

    Raises:
        NotificationError: It could not be sent.
    """
    kind = _apprise(block).NotifyType(notify_type)
    with overheard() as said:
        sent = service.notify(body=body, title=subject or "", notify_type=kind)
    if not sent:
        raise NotificationError("; ".join(line.rstrip(".") for line in said) or "apprise says no more")


def _apprise(block: SendingBlock) -> Any:
    try:
        import apprise  # noqa: PLC0415 -- optional
    except ImportError:
        raise NotInstalled(f'{type(block).__name__} sends by apprise: pip install "hookcell[notify]"') from None
    return apprise


class _Ear(logging.Filter):
    """Keeps what one thread logs out of the log."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said, self._thread = said, threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        if record.levelno >= logging.WARNING:
            self._said.append(record.getMessage())
        return False


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collect the warnings that this thread's apprise has to say, instead of logging them with their URLs."""
    said: list[str] = []
    ear, loggers = _Ear(said), [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(ear)
    try:
        yield said
    finally:
        for logger in loggers:
            logger.removeFilter(ear)
