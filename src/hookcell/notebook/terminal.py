"""The terminal as a front end: runs a notebook in a real kernel and tells each change of state as it happens.

`python -m hookcell.notebook.terminal NOTEBOOK`. It reads the messages that the view in a browser reads (see `wire`).
Ctrl-C interrupts the kernel; a second one kills it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from hookcell.notebook.console.words import coloured, inked
from hookcell.notebook.palette import line, look_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.manager import KernelManager

Wire = dict[str, Any]
TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"


class CannotRunError(Exception):
    """The notebook cannot be run; the text says what to do."""


class Screen:
    """Where a notebook is told: indented, and in colour if a person looks at it."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._at_start = out, True
        self._coloured = coloured(out)

    def write(self, text: str, margin: str = "    ") -> None:
        """Show a text, which may end in the middle of a line."""
        for piece in re.findall(r"[^\n]*\n|[^\n]+", text if self._coloured else re.sub(r"\x1b\[[\d;]*m", "", text)):
            self._out.write(f"{margin}{piece}" if self._at_start and piece != "\n" else piece)
            self._at_start = piece.endswith("\n")
        self._out.flush()

    def say(self, text: str, margin: str = "    ") -> None:
        """Show lines of their own."""
        self.write(f"{text}\n" if self._at_start else f"\n{text}\n", margin)


# -- the wire ----------------------------------------------------------------------------------------------------------


class Board:
    """Tells everything that happens on a board of runs, once, as it comes over the wire; `ask` answers the kernel."""

    def __init__(self, say: Callable[[str], None], ask: Callable[[Wire], None]) -> None:
        self._say, self._ask = say, ask
        self._seq, self._told = -1, set[tuple[float, int, str]]()

    def hear(self, data: Wire) -> None:
        """Take what the board's widget is told: a new value of its trait, or a message."""
        content = data.get("content", {})
        snapshot = data.get("state", {}).get("snapshot") or content.get("snapshot")
        if snapshot and snapshot["seq"] > self._seq:
            self._take(snapshot["seq"], snapshot["runs"] + snapshot["tasks"])
        elif content.get("type") == "delta" and content["seq"] == self._seq + 1:
            self._take(content["seq"], content["rows"])
        elif content.get("type") == "delta" and content["seq"] > self._seq:
            self._ask({"type": "resync", "id": content["seq"]})

    def _take(self, seq: int, runs: list[Wire]) -> None:
        self._seq = seq
        for at, number, _place, name, told in sorted(event for run in runs for event in _events(run)):
            if (at, number, name) not in self._told:
                self._told.add((at, number, name))
                self._say(told)


def _events(run: Wire) -> Iterator[tuple[float, int, int, str, str]]:
    """Give when, of which run, in which place, what and a line to say, for each state and each ended call of a hook."""
    for place, (name, type_, at) in enumerate(run["story"]):  # times may be equal: places tell the order
        why = line(run["error"]["title"], 100) if run["error"] and place == len(run["story"]) - 1 else ""
        yield at, run["n"], place, name, _told(run, name, type_, why)
    for place, hook in enumerate(run["hooks"], 100):
        if (outcome := hook["outcome"]) != "running":
            said = f"{line(hook['name'], 60)} {outcome}"
            type_ = "COMPLETED" if outcome == "ok" else "FAILED"
            yield hook["at"], run["n"], place, str(place), _told(run, hook["kind"], type_, said)


def _told(run: Wire, name: str, type_: str, why: str) -> str:
    icon, of = look_of(name, type_).icon, "  " * run["depth"] + _title(run, name)
    return f"{inked(f'{icon:<2} {line(name, 40):<15}', icon)} {of}  {why}".rstrip()


def _title(run: Wire, state: str) -> str:
    """Call a task run by its name; a flow run by its flow's, and by its own once it cannot be given another."""
    of, name = line(run["of"], 60), line(run["name"], 60)
    if run["kind"] == "task" or name == of:
        return name
    return of if state == "Pending" else f"{of} ({name})"


# -- the kernel --------------------------------------------------------------------------------------------------------


class Notebook:
    """A kernel that runs cells one at a time and tells what it says."""

    def __init__(self, manager: KernelManager, client: Any, screen: Screen) -> None:
        self._manager, self._client, self._screen = manager, client, screen
        self._boards: dict[str, Board] = {}
        self._told_live: set[str | None] = set()
        self._result: Wire = {}
        self.presses = self._obeyed = 0
        signal.signal(signal.SIGINT, self._press)

    def _press(self, *_: object) -> None:
        self.presses += 1
        if self.presses > 1:
            raise KeyboardInterrupt

    def run(self, source: str) -> bool:
        """Run a cell to its end; whether it went well."""
        asked = self._client.execute(source, allow_stdin=True)
        while not self._take(self._next(), asked):
            if self.presses > self._obeyed:
                self._obeyed += 1
                self._manager.interrupt_kernel()
        self._display(self._result, None)
        self._result = {}
        while (reply := self._client.get_shell_msg(timeout=10))["parent_header"].get("msg_id") != asked:
            pass  # it answers an earlier question
        return bool(reply["content"]["status"] == "ok")

    def _take(self, message: Wire, asked: str) -> bool:
        """Show what the kernel says; whether that was the last of the cell."""
        self._show(message["msg_type"], message["content"])
        ended = message["content"].get("execution_state") == "idle"
        return ended and message["parent_header"].get("msg_id") == asked  # type: ignore[no-any-return]

    def _next(self) -> Wire:
        """Give what the kernel says next; after a tenth of a second, a message that says nothing."""
        try:
            return self._client.get_iopub_msg(timeout=0.1)  # type: ignore[no-any-return]
        except Empty:
            if self._client.stdin_channel.msg_ready():
                self._screen.say(f"{self._client.get_stdin_msg()['content']['prompt']}(nobody answers here)")
                self._client.input("")
            if not self._manager.is_alive():
                raise CannotRunError("the kernel died while it ran this cell") from None
            return {"parent_header": {}, "msg_type": "", "content": {}}

    def _show(self, kind: str, content: Wire) -> None:
        match kind:
            case "stream":
                self._screen.write(content["text"])
            case "error":
                self._screen.say("\n".join(content["traceback"]))
            case "execute_result":  # told after the states, some of which are still on their way
                self._result = content["data"]
            case "display_data" | "update_display_data":
                self._display(content["data"], content.get("transient", {}).get("display_id"))
            case "comm_open" if content["data"].get("state", {}).get("snapshot"):
                self._boards[content["comm_id"]] = Board(self._screen.say, partial(self._send, content["comm_id"]))
        if kind in {"comm_open", "comm_msg"} and content["comm_id"] in self._boards:
            self._boards[content["comm_id"]].hear(content["data"])

    def _display(self, data: Wire, display_id: str | None) -> None:
        """Show a text; but of a board that is told live neither the widget's nor the settled picture's."""
        if data.get(WIDGET, {}).get("model_id") in self._boards:
            self._told_live.add(display_id)
        elif display_id not in self._told_live and "text/plain" in data:
            self._screen.say(data["text/plain"])

    def _send(self, comm_id: str, content: Wire) -> None:
        said = {"comm_id": comm_id, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", said))


@contextmanager
def started(folder: Path, screen: Screen) -> Iterator[Notebook]:
    """Start a kernel in a folder; it ends with the context, whatever happens there."""
    try:
        import ipykernel  # noqa: F401, PLC0415 -- only front ends need it
        from jupyter_client.manager import KernelManager  # noqa: PLC0415 -- it comes with ipykernel
    except ModuleNotFoundError:
        raise CannotRunError(
            "running a notebook needs ipykernel, which is not installed: pip install ipykernel"
        ) from None
    with TemporaryDirectory(prefix="hookcell-") as own:
        file = str(Path(own, "kernel.json"))
        manager = KernelManager(transport="ipc" if os.name == "posix" else "tcp", connection_file=file)
        kill = True
        try:
            manager.start_kernel(cwd=str(folder))
            client = manager.blocking_client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            yield Notebook(manager, client, screen)
            kill = False
            client.stop_channels()
        finally:
            manager.shutdown_kernel(now=kill)


# -- the command -------------------------------------------------------------------------------------------------------


def run_all(path: Path, screen: Screen) -> int:
    """Run a notebook's cells until one fails; give the exit code."""
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(path.read_bytes())["cells"]]
    except OSError as error:
        raise CannotRunError(f"cannot read {str(path)!r}: {error.strerror}; give the path of a notebook") from None
    except (ValueError, KeyError, TypeError):
        raise CannotRunError(f"{str(path)!r} is not a notebook; give the path of an .ipynb file of format 4") from None
    number = 0
    with started(path.resolve().parent, screen) as notebook:
        for kind, source in cells:
            if kind == "markdown":
                screen.say("\n".join(f"\n\x1b[1m{title}\x1b[0m" for title in TITLE.findall(source)[-1:]), "")
            elif kind == "code" and source.strip():
                number += 1
                first, *more = source.strip().splitlines()
                screen.say(f"\n\x1b[1m[{number}]\x1b[0m {first}{' …' if more else ''}", "")
                if not notebook.run(source):
                    return 130 if notebook.presses else 1
    return 0


def main() -> int:
    """Run a notebook in the terminal, and tell each change of state as it happens."""
    parser = argparse.ArgumentParser("python -m hookcell.notebook.terminal", description=main.__doc__)
    parser.add_argument("notebook", type=Path, help="the path of a notebook")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run_all(parser.parse_args().notebook, Screen(sys.stdout))
    except CannotRunError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
