"""The one module that knows apprise, which sends what hookcell does not send itself."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hookcell.notify.failures import NotificationError, NotInstalled
from hookcell.notify.hidden import scrubbed, secrets_of

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

# These log URLs, with the secrets in them.
LOGGERS = ("apprise", "urllib3.connectionpool")
WARNING = 30


def service(sender: Any, schema: str, options: dict[str, Any]) -> Any:
    """Give apprise's service of some kind.

    Args:
        sender: Whose name the errors have, and whose secrets they must not show.
        schema: apprise's word for the kind.
        options: What the service takes.

    Raises:
        TypeError: An option has a value it cannot take.
        NotInstalled: apprise is not there.
    """
    return _made(sender, {"schema": schema, **options})


def service_at(sender: Any, url: str) -> Any:
    """Give apprise's service for a URL such as `slack://...`; raises as `service` does."""
    return _made(sender, url)


def _made(sender: Any, of: Any) -> Any:
    apprise = _apprise(sender)
    asset = apprise.AppriseAsset(app_id="hookcell", app_desc="hookcell", app_url="")
    with overheard() as said:
        try:
            made = apprise.Apprise.instantiate(of, asset=asset, suppress_exceptions=False)
        except TypeError as error:
            made, said[:] = None, [str(error)]
    if made:
        return made
    reason = "; ".join(said) or "apprise knows no service for its URL"
    raise TypeError(f"{type(sender).__name__} cannot be used: {scrubbed(reason, secrets_of(sender))}") from None


def teams(sender: Any, url: str, options: dict[str, Any]) -> Any:
    """Give apprise's service for a Microsoft Teams workflow; raises as `service` does.

    Raises:
        ValueError: It is no URL of a workflow.
    """
    _apprise(sender)
    from apprise.plugins.workflows import NotifyWorkflows  # noqa: PLC0415 -- optional

    read: Any = NotifyWorkflows.parse_native_url
    found = read(url)
    if not found:
        raise ValueError("Invalid Microsoft Teams Workflow URL provided.")
    return _made(sender, {**found, **options})


def tell(sender: Any, service: Any, body: str, subject: str | None, notify_type: str) -> None:
    """Send a message by an apprise service, on this thread.

    Not by apprise's own front, which starts event loops and threads.

    Raises:
        NotificationError: It could not be sent.
    """
    kind = _apprise(sender).NotifyType(notify_type)
    with overheard() as said:
        sent = service.notify(body=body, title=subject or "", notify_type=kind)
    if not sent:
        raise NotificationError("; ".join(line.rstrip(".") for line in said) or "apprise says no more", passing=True)


def _apprise(sender: Any) -> Any:
    try:
        import apprise  # noqa: PLC0415 -- optional
    except ImportError:
        raise NotInstalled(f'{type(sender).__name__} sends by apprise: pip install "hookcell[notify]"') from None
    return apprise


class _Ear:
    """A filter that keeps what one thread logs out of the log."""

    def __init__(self, said: list[str]) -> None:
        self._said, self._thread = said, threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        if record.levelno >= WARNING:
            self._said.append(record.getMessage())
        return False


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collect the warnings that this thread's apprise has to say, instead of logging them with their URLs."""
    import logging  # noqa: PLC0415 -- apprise has loaded it, this module need not

    said: list[str] = []
    ear, loggers = _Ear(said), [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(ear)
    try:
        yield said
    finally:
        for logger in loggers:
            logger.removeFilter(ear)
