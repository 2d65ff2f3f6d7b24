"""One HTTP request, and what went wrong with it in words that do not show the URL."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from hookcell.notify.failures import NotificationError, RefusedURL

if TYPE_CHECKING:
    from urllib.error import HTTPError
    from urllib.request import OpenerDirector

# Answers after which another try may go better: too many requests, and whatever is the server's own fault.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
JSON = {"Content-Type": "application/json; charset=utf-8"}


@cache
def _opener() -> OpenerDirector:
    from urllib.request import HTTPRedirectHandler, build_opener  # noqa: PLC0415 -- slow to import

    class NoRedirect(HTTPRedirectHandler):
        """Followed, a POST would become a GET, and the message would be lost without a word."""

        def redirect_request(self, *_: Any) -> None:
            """Follow nothing, so that the answer is an error."""

    return build_opener(NoRedirect)


def send(url: str, data: bytes | None, headers: dict[str, str], seconds: float, method: str = "POST") -> None:
    """Send a request, and be content with an answer that says it is.

    Raises:
        NotificationError: Nobody answered, or with an error.
    """
    from urllib.error import HTTPError  # noqa: PLC0415 -- slow to import
    from urllib.request import Request  # noqa: PLC0415 -- slow to import

    if urlsplit(url).scheme.lower() not in {"http", "https"}:
        raise NotificationError("its URL must begin with http:// or https://")
    url, authorization = _without_user(url)
    request = Request(url, data, {"User-Agent": "hookcell", **authorization, **headers}, method=method)  # noqa: S310 -- checked above
    try:
        with _opener().open(request, timeout=seconds):
            pass
    except HTTPError as error:
        raise _answered(error) from None
    except OSError as error:
        raise NotificationError(trouble(error, seconds), passing=True) from None


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """Take `user:password@` out of a URL and make a header of it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    token = b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {token}"}


def _answered(error: HTTPError) -> NotificationError:
    """Give the status, and the word that Slack and its like add; not the server's own phrase, which may be anything."""
    from http import HTTPStatus  # noqa: PLC0415 -- loaded by whoever sends

    phrase = HTTPStatus(error.code).phrase if error.code in set(HTTPStatus) else ""
    word = error.read(100).decode("utf-8", "replace").strip()
    wait = error.headers.get("Retry-After", "")
    error.close()
    said = f"the server answered {error.code} {phrase}".rstrip()
    said = f"{said} ({word})" if re.fullmatch("[a-z]+(_[a-z]+)+", word) else said
    after = float(wait) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", wait) else None
    return NotificationError(said, passing=error.code in PASSING, after=after)


def trouble(error: OSError, seconds: float) -> str:
    """Say why a server could not be reached, in words that name no address."""
    from urllib.error import URLError  # noqa: PLC0415 -- slow to import

    cause: Any = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"there was no answer within {seconds:g} s"
    said = getattr(cause, "strerror", None) or type(cause).__name__
    return f"the server cannot be reached ({said})"


def refuse_private(url: str) -> None:
    """Check that a URL leads out of this network.

    Raises:
        RefusedURL: It does not, or nobody knows where it leads.
    """
    import ipaddress  # noqa: PLC0415 -- few ask for this
    import socket  # noqa: PLC0415 -- loaded by whoever sends

    host = urlsplit(url).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        raise RefusedURL("its URL leads nowhere, and allow_private_urls is False") from None
    for address in sorted(map(str, found)):
        if ipaddress.ip_address(address.partition("%")[0]).is_private:
            raise RefusedURL(f"its URL leads to the private address {address}, and allow_private_urls is False")
