"""E-mail, by the standard library's smtplib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from hookcell.errors import ParameterTypeError, UnknownOptionError
from hookcell.notify import web
from hookcell.notify.failures import NotificationError
from hookcell.notify.hidden import Hidden
from hookcell.notify.notifier import Notifier

if TYPE_CHECKING:
    from email.message import EmailMessage
    from smtplib import SMTP, SMTPException
    from ssl import SSLContext

Security = Literal["starttls", "ssl", "none"]
PORTS = {"starttls": 587, "ssl": 465, "none": 25}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_SUBJECT = 200


class EmailNotifier(Notifier):
    """Sends e-mail by a server that takes it.

    Args:
        host: The server's name.
        sender: The address to send from.
        to: The address to send to, or a list of them.
        port: The server's port; by default 587, 465 or 25, as `security` says.
        user, password: What to log in with, if the server asks for it.
        security: "starttls", "ssl", or "none" for a server on this machine or in a network that is trusted.
        **options: What every notifier takes: `name`, `timeout_seconds`, `retries`.

    Raises:
        UnknownOptionError, ParameterTypeError: Something is missing, or has a value it cannot take.
    """

    flavour = "email"

    def __init__(
        self,
        host: str | None = None,
        *,
        sender: str | None = None,
        to: str | list[str] | None = None,
        port: int | None = None,
        user: str | None = None,
        password: Any = None,
        security: Security = "starttls",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        missing = [key for key, value in (("host", host), ("sender", sender), ("to", to)) if value is None]
        if missing:
            raise UnknownOptionError(
                f"notifier 'email' needs {' and '.join(missing)}: "
                'make("email", host="smtp.example.com", sender="me@example.com", to="you@example.com")'
            )
        self._host = self._text("host", host, '"smtp.example.com"')
        self._sender = self._address("sender", sender)
        self._to = [self._address("to", one) for one in (to if isinstance(to, list | tuple) else [to])]
        if not self._to:
            raise UnknownOptionError("to of notifier 'email' is empty; give an address, or a list of them")
        self._security = self._known_security(security)
        self._port = self._known_port(port)
        self._user = None if user is None else Hidden(self._text("user", user))
        self._password = None if password is None else Hidden(self._text("password", password))
        self._check_login()

    # -- what it is made of

    def _address(self, option: str, value: Any) -> str:
        address = self._text(option, value, '"you@example.com"')
        if "@" not in address or not address.isprintable():
            raise UnknownOptionError(f"{option} of notifier 'email' is {address!r}, which is no address")
        return address

    def _known_security(self, security: Any) -> str:
        if security not in get_args(Security):
            there_are = ", ".join(get_args(Security))
            raise UnknownOptionError(f"security of notifier 'email' is {security!r}; there are {there_are}")
        return str(security)

    def _known_port(self, port: Any) -> int:
        if port is None:
            return PORTS[self._security]
        if isinstance(port, bool) or not isinstance(port, int):
            raise ParameterTypeError(f"port of notifier 'email' is {port!r}; give a number such as 587")
        if not 0 < port < 65536:
            raise UnknownOptionError(f"port of notifier 'email' is {port}; ports go from 1 to 65535")
        return port

    def _check_login(self) -> None:
        if (self._user is None) != (self._password is None):
            missing = "user" if self._user is None else "password"
            raise UnknownOptionError(f"notifier 'email' logs in with user and password, and has no {missing}")
        if self._user is not None and self._security == "none" and self._host.lower() not in THIS_MACHINE:
            raise UnknownOptionError(
                "notifier 'email' would send its password in the clear; give security='starttls' or 'ssl'"
            )

    # -- sending

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Send a message; see `Notifier.post`."""
        from smtplib import SMTPException  # noqa: PLC0415 -- slow to import

        letter = self._letter(message, subject)
        try:
            refused = self._sent(letter)
        except SMTPException as error:
            raise self._failure(error) from None
        except OSError as error:
            raise NotificationError(web.trouble(error, self.timeout_seconds), passing=True) from None
        if refused:
            raise NotificationError(f"the server refused {refused} of {len(self._to)} recipients; the others have it")
        return True

    def _letter(self, message: str, subject: str | None) -> EmailMessage:
        from email.message import EmailMessage  # noqa: PLC0415 -- slow to import
        from email.utils import formatdate, make_msgid  # noqa: PLC0415 -- slow to import

        letter = EmailMessage()
        first = subject or next(iter(message.splitlines()), "")
        letter["Subject"] = " ".join(first.split())[:LONGEST_SUBJECT]
        letter["From"], letter["To"] = self._sender, ", ".join(self._to)
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain="hookcell.invalid")
        letter["Auto-Submitted"] = "auto-generated"  # so that nobody's "out of office" answers
        letter.set_content(self._cut(message))
        return letter

    def _sent(self, letter: EmailMessage) -> int:
        """Send a letter; give how many of its recipients were refused."""
        server = self._server()
        try:
            self._enter(server)
            return len(server.send_message(letter, self._sender, self._to))
        finally:
            server.close()  # no QUIT: the message is with the server, and nothing said now can change that

    def _server(self) -> SMTP:
        import smtplib  # noqa: PLC0415 -- slow to import

        where, seconds = (self._host, self._port), self.timeout_seconds
        if self._security == "ssl":
            return smtplib.SMTP_SSL(*where, timeout=seconds, context=_checking_certificates())
        return smtplib.SMTP(*where, timeout=seconds)

    def _enter(self, server: SMTP) -> None:
        if self._security == "starttls":
            server.starttls(context=_checking_certificates())
        if self._user is not None and self._password is not None:
            server.login(self._user.get_secret_value(), self._password.get_secret_value())

    def _failure(self, error: SMTPException) -> NotificationError:
        """Say what the server did not like, by its number: its words may repeat what it was told."""
        import smtplib  # noqa: PLC0415 -- loaded by now

        passing = False
        match error:
            case smtplib.SMTPAuthenticationError():
                said = f"the server refused the login ({error.smtp_code})"
            case smtplib.SMTPRecipientsRefused():
                codes = sorted({code for code, _ in error.recipients.values()})
                said, passing = f"the server refused every recipient ({', '.join(map(str, codes))})", max(codes) < 500
            case smtplib.SMTPNotSupportedError():
                said = f"the server does not offer {'STARTTLS' if self._security == 'starttls' else 'a login'}"
            case smtplib.SMTPServerDisconnected(__context__=OSError() as cause):
                said, passing = web.trouble(cause, self.timeout_seconds), True
            case smtplib.SMTPServerDisconnected():
                said, passing = "the server hung up", True
            case smtplib.SMTPResponseException():
                said, passing = f"the server answered {error.smtp_code}", error.smtp_code < 500
            case _:
                said = f"{type(error).__name__} was raised"
        return NotificationError(said, passing=passing)


def _checking_certificates() -> SSLContext:
    """Give what smtplib does not use by itself: it would believe any server."""
    import ssl  # noqa: PLC0415 -- slow to import

    return ssl.create_default_context()
