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

from hookcell.notify.alerts import Alert, alert
from hookcell.notify.failures import NobodyToAsk, NotificationError, NotInstalled, RefusedURL
from hookcell.notify.flavours import FLAVOURS, find, make, use, used
from hookcell.notify.mail import EmailNotifier
from hookcell.notify.notifier import NotebookNotifier, Notifier, post_to, prompted
from hookcell.notify.outbox import Post, flush, notify, sent
from hookcell.notify.webhooks import AppriseNotifier, DiscordNotifier, SlackNotifier


def ask(question: str, to: Any = None, *, subject: str | None = None) -> bool:
    """Ask somebody for approval, and wait for the answer: at a prompt, unless the notifier has an `ask` of its own.

    Args:
        question: What to ask.
        to: Who is asked, as in `notify`.
        subject: What it is about.

    Returns:
        Whether it was approved.

    Raises:
        NobodyToAsk: There is nobody at a prompt.
        NotificationError: The question could not be sent.
    """
    notifier = find(to)
    if hasattr(notifier, "ask"):
        return bool(notifier.ask(question, subject=subject))
    post_to(notifier, question, subject, {})
    return prompted(question if subject is None else f"{subject}\n{question}")


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
