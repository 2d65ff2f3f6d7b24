"""One HTTP request, and what went wrong with it in words that do not show the URL."""

from __future__ import annotations

import ipaddress
import re
import socket
from base64 import b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from hookcell.prefect.blocks._sending import RefusedURL
from hookcell.prefect.blocks.abstract import NotificationError

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import IO


class _NoRedirect(HTTPRedirectHandler):
    """Followed, a POST would become a GET, and the message would be lost without a word."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing, so that the answer is an error."""


_opener = build_opener(_NoRedirect)


def send(url: str, data: bytes | None, headers: dict[str, str], seconds: float, method: str = "POST") -> None:
    """Send a request, and be content with an answer that says it is.

    Raises:
        NotificationError: Nobody answered, or with an error.
    """
    if urlsplit(url).scheme.lower() not in {"http", "https"}:
        raise NotificationError("its URL must begin with http:// or https://")
    url, authorization = _without_user(url)
    request = Request(url, data, {"User-Agent": "hookcell", **authorization, **headers}, method=method)  # noqa: S310 -- checked above
    try:
        with _opener.open(request, timeout=seconds):
            pass
    except HTTPError as error:
        raise NotificationError(_answer(error)) from None
    except OSError as error:
        raise NotificationError(_trouble(error, seconds)) from None


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """Take `user:password@` out of a URL and make a header of it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    token = b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {token}"}


def _answer(error: HTTPError) -> str:
    """Give the status, and the word that Slack and its like add; not the server's own phrase, which may be anything."""
    phrase = HTTPStatus(error.code).phrase if error.code in set(HTTPStatus) else ""
    word = error.read(100).decode("utf-8", "replace").strip()
    error.close()
    said = f"the server answered {error.code} {phrase}".rstrip()
    return f"{said} ({word})" if re.fullmatch("[a-z]+(_[a-z]+)+", word) else said


def _trouble(error: OSError, seconds: float) -> str:
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
    host = urlsplit(url).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        raise RefusedURL("its URL leads nowhere, and allow_private_urls is False") from None
    for address in sorted(map(str, found)):
        if ipaddress.ip_address(address.partition("%")[0]).is_private:
            raise RefusedURL(f"its URL leads to the private address {address}, and allow_private_urls is False")
