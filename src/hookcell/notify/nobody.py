"""Nobody: the notifier that is used while alerts are off."""

from __future__ import annotations

from typing import Any

from hookcell.notify.failures import NobodyToAsk
from hookcell.notify.notifier import Notifier


class Nobody(Notifier):
    """Tells nobody: what is told is on record with the outcome "off"; `use("none")` makes it the one that is used."""

    flavour = "none"
    at_once = True

    def post(self, message: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Send nothing."""
        return False

    def ask(self, question: str, *, subject: str | None = None, **details: Any) -> bool:  # noqa: ARG002
        """Refuse to ask.

        Raises:
            NobodyToAsk: Always.
        """
        raise NobodyToAsk('nobody can be asked while alerts are off; to ask in the notebook: use("notebook")')
