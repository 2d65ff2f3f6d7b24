"""The terminal as a front end: runs a notebook in a real kernel, and tells each change of state as it happens.

    python -m hookcell.notebook.terminal NOTEBOOK

It reads the same messages as the view in the browser (see `wire`). Ctrl-C interrupts the kernel, a second one kills it.
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
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from hookcell.notebook.palette import line, look_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager

MARGIN, MOST = "    ", 160
WIDGET = "application/vnd.jupyter.widget-view+json"
INK = {"✓": 32, "◆": 36, "▶": 34, "↻": 33, "✕": 31, "⚡": 35, "❚❚": 35, "○": 2, "⊘": 2}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class CannotRunError(Exception):
    """The notebook cannot be run; the text says what to do."""


class Screen:
    """Where it is told: indented, and in colour if somebody looks at it."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._fresh = out, True
        self._colour = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str, margin: str = MARGIN) -> None:
        """Show what the notebook wrote, which may end in the middle of a line."""
        for piece in re.findall(r"[^\n]*\n|[^\n]+", text if self._colour else _ANSI.sub("", text)):
            self._out.write(f"{margin if self._fresh and piece.strip() else ''}{piece}")
            self._fresh = piece.endswith("\n")
        self._out.flush()

    def say(self, text: str, margin: str = MARGIN) -> None:
        """Show a line of its own."""
        self.write(f"{text}\n" if self._fresh else f"\n{text}\n", margin)

    def tell(self, event: Event) -> None:
        """Show one change of state, or one call of a hook."""
        icon = look_of(event.name, event.type).icon
        ink = f"\x1b[{INK.get(icon, 1)}m"
        self.say(f"{ink}{icon:<2} {line(event.name, 60):<15}\x1b[0m {event.what}")


class Event(NamedTuple):
    """Something that happened to a run; the first three tell one from another, and sort them."""

    at: float
    run: int
    place: int
    name: str
    type: str
    what: str


def events_of(run: dict[str, Any]) -> Iterator[Event]:
    """Give each state that a run of the wire has entered, and each call of a hook that has ended."""
    of = "  " * run["depth"] + line(run["of"] if run["kind"] == "flow" else run["name"], 60)
    for name, type_, at in run["story"]:
        why = run["error"]["title"] if run["error"] and at == run["state"]["at"] else ""
        yield Event(at, run["n"], 0, name, type_, f"{of}  {line(why, 100)}".rstrip())
    for place, hook in enumerate(run["hooks"], 1):
        if hook["outcome"] != "running":
            type_ = "COMPLETED" if hook["outcome"] == "ok" else "FAILED"
            said = f"{of}  {line(hook['name'], 60)} {hook['outcome']}"
            yield Event(hook["at"], run["n"], place, hook["kind"], type_, said)


class Board:
    """Follows one board of runs over the wire, and tells everything that happens on it once.

    Args:
        tell: Shows an event.
        ask: Sends a message to the kernel's side of the board.
    """

    def __init__(self, tell: Callable[[Event], None], ask: Callable[[dict[str, Any]], None]) -> None:
        self._tell, self._ask = tell, ask
        self._seq = -1
        self._told: set[tuple[float, int, int]] = set()

    def hear(self, data: dict[str, Any]) -> None:
        """Take a message of the board's widget: a new value of its trait, or a message of its own."""
        content = data.get("content", {})
        snapshot = data.get("state", {}).get("snapshot") or content.get("snapshot")
        if snapshot and snapshot["seq"] > self._seq:
            self._take(snapshot["seq"], snapshot["runs"] + snapshot["tasks"])
        elif content.get("type") == "delta" and content["seq"] == self._seq + 1:
            self._take(content["seq"], content["rows"])
        elif content.get("type") == "delta" and content["seq"] > self._seq:
            self._ask({"type": "resync", "id": content["seq"]})

    def _take(self, seq: int, runs: list[dict[str, Any]]) -> None:
        self._seq = seq
        for event in sorted(event for run in runs for event in events_of(run)):
            if event[:3] not in self._told:
                self._told.add(event[:3])
                self._tell(event)


class Notebook:
    """A kernel and what it says; runs one cell at a time."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, screen: Screen) -> None:
        self._manager, self._client, self._screen = manager, client, screen
        self._boards: dict[str, Board] = {}
        self._live: set[str] = set()
        self.presses = 0
        signal.signal(signal.SIGINT, self._press)

    def _press(self, *_signal: object) -> None:
        self.presses += 1
        if self.presses > 1:
            raise KeyboardInterrupt

    def run(self, source: str) -> bool:
        """Run a cell to its end; whether it went well."""
        asked, interrupted = self._client.execute(source, allow_stdin=True), False
        while True:
            if self.presses and not interrupted:
                interrupted = True
                self._manager.interrupt_kernel()
            message = self._next()
            if message["parent_header"].get("msg_id") == asked and message["content"].get("execution_state") == "idle":
                return bool(self._client.get_shell_msg(timeout=10)["content"]["status"] == "ok")
            self._show(message["msg_type"], message["content"])

    def _next(self) -> dict[str, Any]:
        """Give what the kernel says next; after a while without, a message that says nothing."""
        try:
            return self._client.get_iopub_msg(timeout=0.1)  # type: ignore[no-any-return]
        except Empty:
            if self._client.stdin_channel.msg_ready():
                self._client.get_stdin_msg()
                self._client.input("")
                self._screen.say("(the cell asked for input; it was given an empty line)")
            if not self._manager.is_alive():
                raise CannotRunError("the kernel died while it ran this cell") from None
            return {"parent_header": {}, "msg_type": "", "content": {}}

    def _show(self, kind: str, content: dict[str, Any]) -> None:
        match kind:
            case "stream":
                self._screen.write(content["text"])
            case "error":
                self._screen.say("\n".join(content["traceback"]))
            case "execute_result" | "display_data" | "update_display_data":
                self._display(content["data"], content.get("transient", {}).get("display_id"))
            case "comm_open" if content["data"].get("state", {}).get("snapshot"):
                self._boards[content["comm_id"]] = Board(self._screen.tell, partial(self._send, content["comm_id"]))
        if kind in {"comm_open", "comm_msg"} and content["comm_id"] in self._boards:
            self._boards[content["comm_id"]].hear(content["data"])

    def _display(self, data: dict[str, Any], display_id: str | None) -> None:
        """Show a text; of a board that is told live, nothing: neither its widget nor its settled picture."""
        if data.get(WIDGET, {}).get("model_id") in self._boards and display_id is not None:
            self._live.add(display_id)
        elif display_id not in self._live and "text/plain" in data:
            self._screen.say(data["text/plain"])

    def _send(self, comm_id: str, content: dict[str, Any]) -> None:
        said = {"comm_id": comm_id, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", said))


@contextmanager
def started(folder: Path, screen: Screen) -> Iterator[Notebook]:
    """Start a kernel of this Python in a folder; it ends with the context, whatever happens in it."""
    try:
        from ipykernel.kernelspec import get_kernel_dict  # noqa: PLC0415 -- hookcell does not need it elsewhere
        from jupyter_client.kernelspec import KernelSpec  # noqa: PLC0415
        from jupyter_client.manager import KernelManager  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRunError(
            f"running a notebook needs {error.name}, which is not installed: pip install ipykernel"
        ) from None
    with TemporaryDirectory(prefix="hookcell-") as own:
        transport = "ipc" if os.name == "posix" else "tcp"
        manager = KernelManager(transport=transport, connection_file=str(Path(own, "kernel.json")))
        manager._kernel_spec = KernelSpec(**get_kernel_dict())
        manager.start_kernel(cwd=str(folder))
        kill = True
        try:
            client = manager.blocking_client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            yield Notebook(manager, client, screen)
            kill = False
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=kill)


def cells_of(path: Path) -> list[tuple[str, str]]:
    """Read (type, source) of each cell of a notebook file."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except OSError as error:
        raise CannotRunError(f"cannot read {str(path)!r}: {error.strerror}; give the path of a notebook") from None
    except (ValueError, KeyError, TypeError):
        raise CannotRunError(f"{str(path)!r} is not a notebook of format 4; open and save it in Jupyter") from None


def run_all(path: Path, screen: Screen) -> int:
    """Run the cells of a notebook until one fails; give the exit code."""
    cells = cells_of(path)
    with started(path.resolve().parent, screen) as notebook:
        for number, source in enumerate((source for kind, source in cells if kind == "code" and source.strip()), 1):
            first, *more = source.strip().splitlines()
            screen.say(f"\n[{number}] \x1b[1m{first}\x1b[0m{' …' if more else ''}", "")
            if not notebook.run(source):
                return 130 if notebook.presses else 1
    return 0


def main() -> int:
    """Run a notebook in the terminal."""
    parser = argparse.ArgumentParser("python -m hookcell.notebook.terminal", description=main.__doc__)
    parser.add_argument("notebook", type=Path, help="the path of a notebook")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run_all(parser.parse_args().notebook, Screen(sys.stdout))
    except CannotRunError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
