"""Alerters: ZenML's word for what tells people something; hookcell's notifiers do it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from hookcell.notify import ask, find, notify, used


class BaseAlerterStepParameters(BaseModel):
    """What an alerter may be told beside its message: subclass it for an alerter of your own."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())


class BaseAlerter:
    """What tells people something; an alerter of your own is a class with a `post`, of this or of none.

    >>> from hookcell.zenml import Stack, activate_stack, step
    >>> from hookcell.zenml.alerter import BaseAlerter
    >>> class Printer(BaseAlerter):
    ...     def post(self, message, params=None):
    ...         print("alert:", message)
    ...         return True
    >>> before = activate_stack(Stack("printed", alerter=Printer()))
    >>> Stack.active().alerter.post("3 rows are missing")
    alert: 3 rows are missing
    True
    >>> activate_stack(before).name
    'printed'
    """

    def post(self, message: str, params: Any = None) -> bool:
        """Tell something.

        Args:
            message: What to tell.
            params: What the alerter may want to know besides.

        Returns:
            Whether it was told, or is on its way.
        """
        return True

    def ask(self, question: str, params: Any = None) -> bool:
        """Ask for approval, and wait for the answer.

        Args:
            question: What to ask.
            params: What the alerter may want to know besides.

        Returns:
            Whether it was approved.
        """
        return True


class NotifierAlerter(BaseAlerter):
    """An alerter that is one of hookcell's notifiers.

    Args:
        flavor: "notebook", "slack", "discord", "email" or "apprise", a URL that apprise knows, or a notifier; if None,
            the one that `hookcell.notify.use` or the environment has chosen by the time of the message, else the
            notebook.
        **config: What the flavor takes.

    Raises:
        UnknownOptionError, ParameterTypeError: There is no such flavor, or it has settings it cannot take.
    """

    def __init__(self, flavor: Any = None, **config: Any) -> None:
        self._chosen: Any = None if flavor is None and not config else find(flavor, **config)

    @property
    def notifier(self) -> Any:
        """What sends the messages."""
        return used() if self._chosen is None else self._chosen

    def post(self, message: str, params: Any = None) -> bool:
        """Send a message without waiting for it; False only if it is known already that nobody gets it."""
        return notify(message, to=self.notifier).outcome not in {"failed", "off"}

    def ask(self, question: str, params: Any = None) -> bool:
        """Ask for approval, and wait for the answer."""
        return ask(question, to=self.notifier)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.notifier!r}>"


def notifier_of(alerter: Any) -> Any:
    """Give what `hookcell.notify` is to send by: an alerter's own notifier, or the alerter, which has a `post` too."""
    return alerter.notifier if isinstance(alerter, NotifierAlerter) else alerter


__all__ = ["BaseAlerter", "BaseAlerterStepParameters", "NotifierAlerter"]
