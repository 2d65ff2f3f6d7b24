"""The stack: what steps and hooks find around them; of ZenML's components hookcell has the alerter."""

from __future__ import annotations

from os import environ
from typing import Any

from hookcell.notify import find, used
from hookcell.notify.flavours import CONFIGURATION
from hookcell.notify.stacks import offer
from hookcell.zenml.alerter import NotifierAlerter
from hookcell.zenml.exceptions import ZenMLBaseException


class Stack:
    """What steps and hooks find around them.

    Args:
        name: What to call it.
        alerter: What tells people something: an object with a `post`, a flavor's name, a URL that apprise knows, or
            None for none.

    Raises:
        UnknownOptionError, ParameterTypeError: The alerter can be none.
    """

    def __init__(self, name: str = "default", *, alerter: Any = None) -> None:
        self.name: str = name
        self.alerter: Any = NotifierAlerter(alerter) if isinstance(alerter, str) else alerter
        if self.alerter is not None:
            find(self.alerter)  # refuses what has no post

    @staticmethod
    def active() -> Stack:
        """Give the stack in force."""
        return active_stack()

    def __repr__(self) -> str:
        return f"<Stack {self.name!r}, alerter {self.alerter!r}>"


_active: list[Stack] = []


def active_stack() -> Stack:
    """Give the stack in force: the one activated last, else the default.

    The default stack's alerter is the notifier that `hookcell.notify.use`, or the environment, has chosen; without one
    it shows its messages in the cell that started the run.

    Raises:
        UnknownOptionError: The environment names a flavor that there is not, or settings it cannot take.
    """
    if not _active:
        _active.append(_configured())
    return _active[0]


def activate_stack(stack: Stack | None = None) -> Stack:
    """Put a stack in force; None goes back to the configured one.

    Returns:
        The stack that was in force before.

    Raises:
        ZenMLBaseException: It is no stack.
    """
    if stack is not None and not isinstance(stack, Stack):
        raise ZenMLBaseException(f'activate_stack() got {stack!r}; make one: Stack("team", alerter="notebook")')
    before = active_stack()
    _active[:] = [stack or _configured()]
    return before


def _configured() -> Stack:
    """Give a stack whose alerter is whatever notifier hookcell uses, so that both dialects agree on it."""
    used()  # says what is wrong with the configuration
    return Stack("configured" if environ.get(CONFIGURATION) else "default", alerter=NotifierAlerter())


offer(Stack, active_stack, activate_stack)
