"""The client: where newer ZenML code looks for the active stack."""

from __future__ import annotations

from typing import NoReturn

from hookcell.zenml.exceptions import outside
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

    def __getattr__(self, name: str) -> NoReturn:
        """Say of all else that there is no server to ask."""
        if name.startswith("_"):  # what Python and IPython ask of any object
            raise AttributeError(name)
        raise outside(
            f"Client().{name}",
            "there is no server: a pipeline gives its run, and the run has steps, outputs and states",
        )


__all__ = ["Client"]
