"""IPython in a terminal: runs are drawn while a command runs, and leave the screen to the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell.notebook.console import asked, watch

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def wants_watch(shell: InteractiveShell) -> bool:
    """Whether a person types into this shell in a terminal: it is no kernel, and no shell that a program embeds."""
    return any(cls.__name__ == "TerminalInteractiveShell" for cls in type(shell).__mro__)


class ShellWatch:
    """A watch that knows when the shell waits for a command."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._watch = watch(live=False if asked() == "lines" else None)
        self._events: Any = shell.events
        self._heard = {"pre_run_cell": self._begin, "post_run_cell": self._end}
        for event, heard in self._heard.items():
            self._events.register(event, heard)

    def _begin(self, _info: object = None) -> None:
        self._watch.begin_command()

    def _end(self, _result: object = None) -> None:
        self._watch.end_command()

    def close(self) -> None:
        """Tell what has happened, and end."""
        for event, heard in self._heard.items():
            if heard in self._events.callbacks[event]:
                self._events.unregister(event, heard)
        self._watch.close()
