"""The client: where newer ZenML code looks for the active stack."""

from __future__ import annotations

from hookcell.zenml.stack import Stack, activate_stack, active_stack


class Client:
    """Where newer ZenML code looks for the active stack: `Client().active_stack.alerter.post("...")`."""

    @property
    def active_stack(self) -> Stack:
        """The stack in force."""
        return active_stack()

    def activate_stack(self, stack: Stack) -> None:
        """Put a stack in force."""
        activate_stack(stack)


__all__ = ["Client"]
