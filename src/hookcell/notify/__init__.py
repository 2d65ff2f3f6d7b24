"""Notifications: messages that reach people, by Slack, Discord, e-mail, apprise, or the cell that started the run.

`notify("...")` tells something, `alert(...)` makes a hook that does. Neither waits, and neither fails a run: what came
of each message is in `sent`, and one that could not be sent is a line of its run.

>>> from hookcell import flow
>>> from hookcell.notify import notify, sent
>>> @flow
... def nightly():
...     notify("3 rows are missing", subject="nightly")
>>> nightly()
✉ nightly
  3 rows are missing
>>> sent[-1]
<Post to notebook: sent>
"""

from __future__ import annotations

from typing import Any

from hookcell.errors import ParameterTypeError
from hookcell.notify import notifier as seams
from hookcell.notify.alerts import Alert, alert
from hookcell.notify.failures import NobodyToAsk, NotificationError, NotInstalled, RefusedURL
from hookcell.notify.flavours import FLAVOURS, find, make, use, used
from hookcell.notify.mail import EmailNotifier
from hookcell.notify.notifier import NotebookNotifier, Notifier, answer_of, kind_of, post_to
from hookcell.notify.outbox import Post, flush, notify, sent
from hookcell.notify.webhooks import AppriseNotifier, DiscordNotifier, SlackNotifier


def ask(question: str, to: Any = None, *, subject: str | None = None) -> bool:
    """Ask somebody for approval, and wait for the answer.

    In a notebook a form with Approve and Decline comes below the cell whose code asks, and can be answered while the
    cell runs; elsewhere, and where the kernel cannot hear the browser meanwhile, the answer is given at a prompt. An
    Interrupt, `run.cancel()` and the timeout of the task or hook end the wait. A hook has 60 seconds unless it is given
    more: `hook(fn, timeout_seconds=None)`. In async code `await asyncio.to_thread(ask, ...)` lets other tasks go on.

    Args:
        question: What to ask.
        to: Who is asked, as in `notify`; a notifier may have an `ask` of its own.
        subject: What it is about.

    Returns:
        Whether it was approved.

    Raises:
        NobodyToAsk: There is nobody at a prompt, or the form was taken away.
        NotificationError: The question could not be sent.
        ParameterTypeError: It is no text.

    >>> from hookcell.notify import ask
    >>> class Always:  # in a test, somebody who approves of everything
    ...     def post(self, message): ...
    ...     def ask(self, question, subject=None):
    ...         return True
    >>> "deployed" if ask("Deploy to production?", to=Always()) else "left as it was"
    'deployed'
    """
    if not isinstance(question, str):
        raise ParameterTypeError(f"question of ask() is {kind_of(question)}; give a text: str(...) makes one")
    notifier = find(to)
    if hasattr(notifier, "ask"):
        return bool(notifier.ask(question, subject=subject))
    post_to(notifier, question, subject, {})
    return answer_of(question, subject)


def allow_notifications() -> None:
    """Show a button below the cell that asks the browser to show messages and questions while the page is hidden.

    Nothing is asked before it is clicked, and nothing is shown by the browser before it has been allowed.

    >>> from hookcell.notify import allow_notifications
    >>> allow_notifications()
    Notifications of a browser are for a notebook that is open in one, after %load_ext hookcell.
    """
    seams.allow()


__all__ = [
    "FLAVOURS",
    "Alert",
    "AppriseNotifier",
    "DiscordNotifier",
    "EmailNotifier",
    "NobodyToAsk",
    "NotInstalled",
    "NotebookNotifier",
    "NotificationError",
    "Notifier",
    "Post",
    "RefusedURL",
    "SlackNotifier",
    "alert",
    "allow_notifications",
    "ask",
    "find",
    "flush",
    "make",
    "notify",
    "post_to",
    "sent",
    "use",
    "used",
]
