"""A real IPython kernel to run cells in, with everything that each cell printed and showed, also late."""

import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from jupyter_client.manager import KernelManager

PATIENCE = 60
# For code that shall not be over before it is shown live, however slow the machine is.
UNTIL_LIVE = """
def until_live():
    import time
    from hookcell.session import session
    painter = next(one for one in session._listeners if type(one).__name__ == "Painter")
    while not any(one.widget for one in painter._easel._open): time.sleep(0.01)
"""
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Cell:
    """What came of one cell; it goes on filling when more arrives."""

    number: str
    outputs: list = field(default_factory=list)
    reply: dict = field(default_factory=dict)
    idle: bool = False

    @property
    def status(self):
        return self.reply.get("status")

    @property
    def error(self):
        return f"{self.reply['ename']}: {self.reply['evalue']}" if self.status == "error" else None

    @property
    def traceback(self):
        return COLOURS.sub("", "\n".join(self.reply.get("traceback", [])))

    def stream(self, name):
        return "".join(one["text"] for kind, one in self.outputs if kind == "stream" and one["name"] == name)

    @property
    def stdout(self):
        return self.stream("stdout")

    @property
    def stderr(self):
        return self.stream("stderr")

    @property
    def results(self):
        return [one["data"]["text/plain"] for kind, one in self.outputs if kind == "execute_result"]

    @property
    def shown(self):
        return [one["data"]["text/plain"] for kind, one in self.outputs if kind == "display_data"]

    def mimes(self):
        return [set(one["data"]) for kind, one in self.outputs if kind == "display_data"]


class Kernel:
    """A running kernel and a client that has its ears open."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client
        self.cells = {}

    def start(self, *lines, looked_at=False):
        """Starts a cell; `looked_at` as a notebook in a browser does, not as nbclient does."""
        number = self.client.execute("\n".join(lines), allow_stdin=looked_at)
        self.cells[number] = Cell(number)
        return self.cells[number]

    def run(self, *lines, looked_at=False):
        return self.finish(self.start(*lines, looked_at=looked_at))

    def finish(self, cell):
        self.until(lambda: cell.idle)
        while not cell.reply:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if answered := self.cells.get(reply["parent_header"]["msg_id"]):
                answered.reply = reply["content"]
        return cell

    def until(self, condition):
        """Listens until something holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            cell = self.cells.get(message["parent_header"].get("msg_id"))
            if cell is None:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status":
                cell.idle = cell.idle or content["execution_state"] == "idle"
            else:
                cell.outputs.append((kind, content))

    def interrupt(self):
        """Sends SIGINT, as the notebook's button does."""
        self.manager.interrupt_kernel()

    def value(self, expression):
        """The repr of an expression, evaluated without leaving a trace."""
        cell = self.run(f"print(repr(({expression})))")
        assert cell.status == "ok", cell.traceback
        return cell.stdout.removesuffix("\n")


def texts_of(outputs):
    """Each output's text, in a notebook; of a stream all of it at once, because it arrives in parts as time goes by."""
    streams = {"stdout": "", "stderr": ""}
    for output in outputs:
        if output.output_type == "stream":
            streams[output.name] += output.text
    others = [output.data["text/plain"] for output in outputs if output.output_type != "stream"]
    return [text for text in (*streams.values(), *others) if text]


@contextmanager
def running_kernel(*lines):
    manager = KernelManager(kernel_name="python3", shutdown_wait_time=PATIENCE)
    manager.start_kernel(env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        kernel = Kernel(manager, client)
        if lines:
            cell = kernel.run(*lines)
            assert cell.status == "ok", cell.traceback
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
