"""A JupyterLab of our own, whose server has Notebook 7 too, and notebooks opened in a page of either."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import nbformat

TOKEN = "of-the-tests"  # noqa: S105 -- the server lives as long as the tests and listens on the loopback only
# Seconds within which what is asked for happens while a cell blocks, which goes on for minutes. The benchmarks hold it
# to half a second: here others may be at work on the machine.
PROMPTLY = 20
PATIENCE = int(os.environ.get("HOOKCELL_PATIENCE", "60")) * 1000  # milliseconds: the machine may be slow and busy

RUN_CELL = """index => {
    const panel = jupyterapp.shell.currentWidget;
    panel.content.activeCellIndex = index;
    panel.content.deselectAll();
    panel.content.mode = 'command';
    window.cells ??= {};
    window.cells[index] = 'running';
    jupyterapp.commands.execute('notebook:run-cell').then(() => {
        window.cells[index] = 'ended';
        (window.endedAt ??= {})[index] = Date.now() / 1000;
    });
}"""
OUTPUTS = "index => jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()"
# Counts what the kernel tells the page, second by second.
COUNT = """() => {
    const counts = window.told !== undefined;
    window.told = [];
    if (counts) return;
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    kernel.iopubMessage.connect((_, message) => {
        const seq = message.content?.data?.content?.seq;
        // When it was sent: a page that stands still for a moment takes many at once.
        window.told.push({type: message.header.msg_type, at: new Date(message.header.date) / 1000, seq});
    });
}"""
KERNEL = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
# Notes each state that a run, or many in one row, is seen in, in the page itself: nothing drawn can be missed.
WATCH = """() => {
    window.seen = [];
    const last = new Map();
    const look = () => {
        for (const one of document.querySelectorAll('.hookcell [data-run], .hookcell [data-group]')) {
            const name = one.querySelector('.task, .name')?.textContent, state = one.dataset.state;
            const key = one.dataset.run ?? `group ${one.dataset.group}`;
            if (last.get(key) === state) continue;
            last.set(key, state);
            const running = Object.values(window.cells ?? {}).includes('running');
            window.seen.push({name, state, running, at: Date.now() / 1000});
        }
    };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""


class Lab:
    """A running JupyterLab server; `start` again after `stop` keeps its notebooks."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.settings = settings
        self.log = folder.parent / "lab.log"
        self.process = None

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.folder}",
            f"--IdentityProvider.token={TOKEN}",
            "--LabApp.news_url=None",
            "--expose-app-in-browser",
            "--JupyterNotebookApp.expose_app_in_browser=True",
        ]
        environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(self.settings), "PYTHONWARNINGS": "ignore"}
        environment.pop("PYTEST_CURRENT_TEST", None)
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "jupyterlab", *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder)
        self._wait_until_up()

    def _wait_until_up(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                self.get("api/status")
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def request(self, method, path):
        request = urllib.request.Request(  # noqa: S310 -- our own server
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as answer:  # noqa: S310
            return answer.read()

    def get(self, path):
        return json.loads(self.request("GET", path))

    def end_kernels(self):
        for session in self.get("api/sessions"):
            self.request("DELETE", f"api/sessions/{session['id']}")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.end_kernels()
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def write(self, name, cells):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        (self.folder / name).write_text(nbformat.writes(notebook), encoding="utf-8")

    def wait_until_saved(self, name, text):
        """Waits for text in a notebook's file, which comes a moment after it was asked for."""
        end = time.monotonic() + PATIENCE / 1000
        while text not in (self.folder / name).read_text(encoding="utf-8"):
            assert time.monotonic() < end, f"{name} was not saved with {text!r}"
            time.sleep(0.05)

    def read(self, name):
        return nbformat.read(self.folder / name, as_version=4)


FRONT_ENDS = {"lab": "lab/tree/{}?reset&", "notebook": "notebooks/{}?"}


class Notebook:
    """A notebook that is open in a page of JupyterLab, or of Notebook 7."""

    def __init__(self, lab, page, name, front_end="lab"):
        self.lab, self.page, self.name, self.front_end = lab, page, name, front_end

    def open(self):
        """Opens it, or loads the page anew."""
        self.page.goto(f"{self.lab.url}/{FRONT_ENDS[self.front_end].format(self.name)}token={TOKEN}")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE)
        self.page.wait_for_function(f"() => window.jupyterapp && {KERNEL}", timeout=PATIENCE)
        self.page.evaluate(WATCH)
        return self

    def wait_for_kernel(self):
        self.page.wait_for_function(f"() => {KERNEL}?.status === 'idle'", timeout=PATIENCE)
        return self

    # -- running

    def start(self, index):
        """Starts a cell; does not wait for it."""
        self.page.evaluate(RUN_CELL, index)

    def run(self, *indices):
        """Runs cells, one after the other."""
        for index in indices:
            self.start(index)
            self.wait_for_end(index)

    def let(self, *steps):
        """Lets code go on that waits `until` then."""
        for step in steps:
            (self.lab.folder / f"{self.name}.{step}").touch()

    def wait_for_end(self, index):
        self.wait_for("index => window.cells[index] === 'ended'", index)

    def ended_at(self, index):
        """Waits for the end of a cell; gives the time."""
        self.wait_for_end(index)
        return self.page.evaluate("index => window.endedAt[index]", index)

    def running(self, index):
        return self.page.evaluate("index => window.cells[index] === 'running'", index)

    def interrupt(self):
        """Presses Interrupt; gives the time."""
        return self.page.evaluate(
            "() => { jupyterapp.commands.execute('notebook:interrupt-kernel'); return Date.now() / 1000; }"
        )

    def cancel(self, index):
        """Clicks the Cancel button below a cell; gives the time."""
        self.view(index).get_by_role("button", name="Cancel").click(timeout=PATIENCE)
        return self.page.evaluate("() => Date.now() / 1000")

    def wait_for(self, condition, argument=None):
        self.page.wait_for_function(condition, arg=argument, timeout=PATIENCE)

    # -- reading

    def outputs(self, index):
        return self.page.evaluate(OUTPUTS, index)

    def printed(self, index):
        return "".join("".join(output["text"]) for output in self.outputs(index) if output["output_type"] == "stream")

    def wait_until_printed(self, index, text):
        """Waits for text that comes after its cell has ended."""
        self.wait_for(
            "([index, text]) => jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()"
            ".map(one => [one.text ?? ''].flat().join('')).join('').includes(text)",
            [index, text],
        )

    def error(self, index):
        """The name and message of the error that a cell ended with, or None."""
        errors = [output for output in self.outputs(index) if output["output_type"] == "error"]
        return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else None

    def cell(self, index):
        """The output area of a cell, to look into."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def view(self, index):
        return self.cell(index).locator(".hookcell")

    def seen(self):
        """Every state that a row or run was drawn in: name, state, whether a cell was running, when."""
        return self.page.evaluate("() => window.seen")

    def wait_until_seen(self, name, state):
        """Waits until a row or run has been drawn in a state; gives all that was."""
        self.wait_for("sought => window.seen.some(one => `${one.name} ${one.state}` === sought)", f"{name} {state}")
        return self.seen()

    def count_messages(self):
        """From now on, keeps what kind of message came when."""
        self.page.evaluate(COUNT)

    def messages(self, kind):
        """When messages of a kind were sent."""
        return [one["at"] for one in self.page.evaluate("() => window.told") if one["type"] == kind]

    def sequence(self):
        """The numbers of the deltas that came."""
        return [one["seq"] for one in self.page.evaluate("() => window.told") if one.get("seq") is not None]

    def save(self):
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")


@contextmanager
def lab_in(folder, settings):
    lab = Lab(folder, settings)
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()
