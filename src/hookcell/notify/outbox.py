"""The outbox: messages leave on threads of their own, one for each notifier, and what came of each is on record.

Whoever tells something is never held up and never sees an error: a dead server is a record, and a line of the run.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Literal

from hookcell import waiting
from hookcell.definitions import Definition
from hookcell.errors import ParameterTypeError
from hookcell.notify.failures import NotificationError
from hookcell.notify.flavours import find
from hookcell.notify.hidden import scrubbed, secrets_of
from hookcell.notify.nobody import Nobody
from hookcell.notify.notifier import kind_of, label_of, post_to
from hookcell.notify.within import in_time
from hookcell.runs import current
from hookcell.session import session
from hookcell.shield import shield_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from hookcell.runs import Run

Sent = Literal["waiting", "sent", "failed", "off"]

MOST_REMEMBERED = 1_000
# Of a longer message only the beginning is on record; people get all of it.
MOST_CHARACTERS = 2_000
# More messages than this do not wait for one notifier.
MOST_WAITING = 1_000
# Seconds before each further try; the last counts for all that follow.
DELAYS = (1.0, 4.0)
LONGEST_DELAY = 30.0
# How long the end of the process waits for what has not left, in seconds.
LAST_WORDS = 3.0


class Post:
    """One message to one notifier, and what came of it. It shows no secret of the notifier.

    Attributes:
        message: The message, or the beginning of a long one.
        subject: What it is about.
        to: What the notifier is called.
        outcome: "waiting", "sent" or "failed"; "off" while nobody is told.
        error: Why it failed.
        at: When it was told, in seconds since 1970 UTC.
        tries: How often it was tried.
        run: The name of the run whose code or hook told it.
    """

    __slots__ = ("_ended", "at", "error", "message", "outcome", "run", "subject", "to", "tries")

    def __init__(self, message: str, subject: str | None, notifier: Any, run: Run | None) -> None:
        secrets = list(secrets_of(notifier))
        self.message: str = scrubbed(message, secrets)[:MOST_CHARACTERS]
        self.subject: str | None = None if subject is None else scrubbed(subject, secrets)
        self.to: str = scrubbed(label_of(notifier), secrets)
        self.outcome: Sent = "waiting"
        self.error: str | None = None
        self.at: float = time.time()
        self.tries: int = 0
        self.run: str | None = None if run is None else run.name
        self._ended = threading.Event()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until it was sent or has failed; whether it was sent."""
        self._ended.wait(timeout_seconds)
        return self.outcome == "sent"

    def end(self, error: str | None) -> None:
        """Note what came of it."""
        self.outcome, self.error = "sent" if error is None else "failed", error
        self._ended.set()

    def is_off(self) -> None:
        """Note that nobody is told."""
        self.outcome = "off"
        self._ended.set()

    def __repr__(self) -> str:
        said = self.outcome if self.error is None else f"{self.outcome}: {self.error}"
        return f"<Post to {self.to}: {said}>"


# The newest messages of this session, oldest first, whatever came of them.
sent: deque[Post] = deque(maxlen=MOST_REMEMBERED)


class _Letter:
    """A message on its way: what a record must not keep."""

    def __init__(
        self, notifier: Any, message: str, subject: str | None, details: dict[str, Any], run: Run | None
    ) -> None:
        self.notifier, self.message, self.subject, self.details, self.run = notifier, message, subject, details, run
        self.context: Context = copy_context()  # what is printed in a copy of it reaches the cell that told it
        self.post = Post(message, subject, notifier, run)

    def deliver(self, retries: int) -> None:
        """Send it, and note what came of it."""
        error: BaseException | None = None
        for again in range(retries + 1):
            if again and not _pause(again, error):
                break
            self.post.tries += 1
            error = in_time(self._try_once, _seconds(self.notifier))
            if error is None or not _may_pass(error):
                break
        self.ends(None if error is None else self.reason(error))

    def deliver_here(self) -> None:
        """Send it on this thread, once."""
        self.post.tries = 1
        try:
            self._post()
        except BaseException as error:
            self.ends(self.reason(error))
            if not isinstance(error, Exception):  # somebody at the keyboard does not mean the notifier
                raise
        else:
            self.ends(None)

    def _try_once(self) -> None:
        self.context.copy().run(self._post)

    def _post(self) -> None:
        if post_to(self.notifier, self.message, self.subject, self.details) is False:
            raise NotificationError("its post gave False")

    def reason(self, error: BaseException) -> str:
        """Say what went wrong. The text of anything but a NotificationError may hold secrets."""
        if not isinstance(error, NotificationError):
            return f"its post raised {type(error).__name__}"
        return scrubbed(str(error), secrets_of(self.notifier))

    def ends(self, error: str | None) -> None:
        """Note what came of it; a failure is a line of the run."""
        try:
            if error is not None:
                self.context.copy().run(self._tell, error)
        finally:
            self.post.end(error)

    def _tell(self, error: str) -> None:
        tries = f" (tried {self.post.tries} times)" if self.post.tries > 1 else ""
        line = f"a message to {self.post.to} was not sent: {error}{tries}"
        if self.run is None:
            session.warn(line)
        else:
            self.run.note(line)


def _seconds(notifier: Any) -> float:
    seconds = getattr(notifier, "timeout_seconds", 10.0)
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 10.0


def _retries(notifier: Any) -> int:
    retries = getattr(notifier, "retries", 2)
    return retries if isinstance(retries, int) and retries >= 0 else 2


def _may_pass(error: BaseException) -> bool:
    return error.passing if isinstance(error, NotificationError) else isinstance(error, OSError)


# -- who carries them --------------------------------------------------------------------------------------------------


class _Carrier:
    """Delivers what is sent by one notifier, in order, on one thread that ends when nothing is left."""

    def __init__(self) -> None:
        self.letters: deque[_Letter] = deque()
        # What it delivers now.
        self.carried: _Letter | None = None
        self.thread: threading.Thread | None = None

    def work(self, key: int) -> None:
        failing = False
        while (letter := self._next(key)) is not None:
            # A server that has just been tried in vain is not tried long with each of a thousand messages.
            try:
                letter.deliver(0 if failing else _retries(letter.notifier))
            except BaseException as error:  # noqa: BLE001 -- a notifier's own attributes may raise; others still wait
                letter.post.end(f"its notifier raised {type(error).__name__}")
            failing = letter.post.outcome == "failed"

    def _next(self, key: int) -> _Letter | None:
        with _lock:
            self.carried = self.letters.popleft() if self.letters else None
            if self.carried is None:
                _carriers.pop(key, None)
                _idle.notify_all()
            return self.carried


_lock = threading.RLock()
_idle = threading.Condition(_lock)
# By id of the notifier, which its letters keep alive: an object with a post need not be hashable.
_carriers: dict[int, _Carrier] = {}
# Set while the process ends: no try is awaited then.
_ending = threading.Event()
# What is to be closed before the process ends, such as digests that are being gathered.
to_close: list[Callable[[], None]] = []


def _pause(again: int, error: BaseException | None) -> bool:
    """Wait before a further try; False if the process ends meanwhile."""
    delay = DELAYS[min(again, len(DELAYS)) - 1]
    if isinstance(error, NotificationError) and error.after is not None:
        delay = min(max(delay, error.after), LONGEST_DELAY)
    return not _ending.wait(waiting.pace(delay))


def notify(message: str, to: Any = None, *, subject: str | None = None, **details: Any) -> Post:
    """Send a message to people, without waiting for it to leave. Nothing that goes wrong on its way is raised here.

    Args:
        message: What to tell.
        to: A notifier, a flavour that needs no settings ("notebook"), a URL that apprise knows, or any object with a
            `post`; by default the one that `use` has chosen, else the notebook.
        subject: What it is about.
        **details: What else a notifier of your own may want to know.

    Returns:
        Its record; `hookcell.notify.sent` has all of them.

    Raises:
        ParameterTypeError, UnknownOptionError: The message is no text, or `to` is no notifier.

    >>> from hookcell.notify import notify
    >>> notify("3 rows are missing")
    ✉ 3 rows are missing
    <Post to notebook: sent>
    """
    _check_text("message", message)
    if subject is not None:
        _check_text("subject", subject)
    return put(find(to), message, subject, details)


def _check_text(what: str, text: Any) -> None:
    if isinstance(text, str):
        return
    if isinstance(text, Definition):
        raise ParameterTypeError(
            f"notify() was given {text.kind} {text.name!r}, as a hook is; for a hook, write alert(...) in its place"
        )
    raise ParameterTypeError(f"{what} of notify() is {kind_of(text)}; give a text: str(...) makes one")


def put(notifier: Any, message: str, subject: str | None, details: dict[str, Any], run: Run | None = None) -> Post:
    """Put a message into the outbox."""
    shield = shield_here()
    outer = shield.lower()  # a stop halfway would leave a message that nobody carries
    try:
        letter = _Letter(notifier, message, subject, details, run or current.get())
        sent.append(letter.post)
        if isinstance(notifier, Nobody):
            letter.post.is_off()
        elif getattr(notifier, "at_once", False):
            letter.deliver_here()
        else:
            _carry(letter)
    finally:
        shield.raise_again(outer)
    if letter.run is not None and letter.run.token.reason in {"terminate", "revoke"}:
        letter.post.wait(LAST_WORDS)  # after SIGTERM the process ends as soon as its runs are over
    return letter.post


def _carry(letter: _Letter) -> None:
    _at_exit()
    with _lock:
        carrier = _carriers.setdefault(key := id(letter.notifier), _Carrier())
        full = len(carrier.letters) >= MOST_WAITING
        if not full:
            carrier.letters.append(letter)
            if carrier.thread is None or not carrier.thread.is_alive():
                carrier.thread = threading.Thread(target=carrier.work, args=(key,), name="hookcell-outbox", daemon=True)
                try:
                    carrier.thread.start()
                except RuntimeError:  # the process is ending, and starts no thread any more
                    carrier.work(key)
    if full:
        letter.ends(f"{MOST_WAITING} messages are waiting for it already")


def flush(timeout_seconds: float | None = 30.0) -> bool:
    """Wait until every message has been sent or has failed, what a digest has gathered included.

    A script need not: the end of the process waits for some seconds.

    Returns:
        Whether none is left.
    """
    for close in tuple(to_close):
        close()
    with _idle:
        return _idle.wait_for(lambda: not _carriers, timeout_seconds)


_registered: list[bool] = []


def _at_exit() -> None:
    if not _registered:
        _registered.append(True)
        import atexit  # noqa: PLC0415 -- for the first message only

        atexit.register(_last_words)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget)


def _forget() -> None:
    """Leave what is on its way to the process that this one was forked from: its threads are not here."""
    _carriers.clear()
    to_close.clear()
    _lock.release()


def _last_words() -> None:
    """Give what has not left a moment to do so; say what did not."""
    _ending.set()
    if flush(LAST_WORDS):
        return
    with _lock:
        left = [
            letter
            for carrier in _carriers.values()
            for letter in (carrier.carried, *carrier.letters)
            if letter is not None
        ]
        for carrier in _carriers.values():
            carrier.letters.clear()
    for letter in left:
        letter.ends("the process ended")
