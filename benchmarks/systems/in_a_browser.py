"""A notebook in a real JupyterLab, in a browser that nobody sees: what of the view can be measured only there."""

import atexit
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from worker import NotMeasurableError

TESTS = Path(__file__).parents[2] / "tests"
FOLDERS = ("HOOKCELL_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
SETUP = """
%load_ext hookcell
%config Hookcell.layout = "tasks"
%config Hookcell.show_after = "always"
import json, time
from hookcell import ThreadRunner, flow, task, wait
"""
# Ten rows that change ten times a second each, one after the other.
BLINK = """
@task(retries=10_000, retry_delay_seconds=0.1)
def blinking(n, until):
    time.sleep(0.1)
    if time.time() < until:
        raise ValueError("again")

@flow(runner=ThreadRunner(max_workers=10))
def blink(seconds):
    until = time.time() + seconds
    futures = []
    for n in range(10):
        futures.append(blinking.submit(n, until))
        time.sleep(0.02)
    wait(futures)
    return [(future.run.number, state.name, state.at) for future in futures for state in future.run.story]

print(json.dumps([[number, name, at] for number, name, at in blink(5)]))
"""
# As many transitions as there can be.
STORM = """
@task
def tick(): pass

@flow
def storm(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tick()

storm(4)
"""
MANY = """
@task
def score(n): return n

@flow(runner=ThreadRunner(max_workers=4))
def many():
    wait(score.map(range({count})))

many()
"""
# Three threads at work, and the cell waits for them.
ENDLESS = """
@task
def endless():
    while True:
        time.sleep(0.02)

@flow(runner=ThreadRunner(max_workers=3))
def for_ever():
    wait([endless.submit() for _ in range(3)])

for_ever()
"""
# Notes when the mouse was pressed, and when the run was drawn as Cancelled.
PRESSED = """() => {
    window.pressedAt = window.cancelledAt = null;
    document.addEventListener('click', () => { window.pressedAt = Date.now(); }, {capture: true, once: true});
    const watch = new MutationObserver(() => {
        if (document.querySelector('.hookcell .panel[data-state=Cancelled]') === null) return;
        window.cancelledAt = Date.now();
        watch.disconnect();
    });
    watch.observe(document.body, {childList: true, subtree: true, attributes: true});
}"""
# Notes which state each row is in on the screen, and when: after the frame in which it was drawn.
WATCH = """() => {
    const drawn = new Map();
    window.painted = [];
    const look = () => {
        const changed = [];
        for (const {dataset: {run, state}} of document.querySelectorAll('.hookcell .row[data-run]')) {
            if (drawn.get(run) === state) continue;
            drawn.set(run, state);
            changed.push([Number(run), state]);
        }
        if (changed.length === 0) return;
        // Called first in the very frame that draws this, be it changed in that frame or long before it.
        const frame = new ResizeObserver(() => {
            frame.disconnect();
            const {port1, port2} = new MessageChannel();
            port1.onmessage = () => {
                const at = Date.now() / 1000;
                for (const [run, state] of changed) window.painted.push([run, state, at]);
            };
            port2.postMessage(null);
        });
        frame.observe(document.body);
    };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""


class Page:
    """A notebook that is open in JupyterLab, with a kernel that has loaded hookcell."""

    def __init__(self, *cells):
        sys.path.append(str(TESTS))
        from browsers import chromium_path, what_browser_tests_miss  # noqa: PLC0415 -- of the tests, found just now

        if missing := what_browser_tests_miss():
            raise NotMeasurableError(missing)
        from browser.lab import Notebook, lab_in  # noqa: PLC0415 -- as above
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- the other scenarios do without

        open_ = ExitStack()
        atexit.register(open_.close)
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {name: str(folder / name.lower()) for name in FOLDERS}
        (folder / "notebooks").mkdir()
        lab = open_.enter_context(lab_in(folder / "notebooks", folder / "settings"))
        chromium = open_.enter_context(sync_playwright()).chromium
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = chromium.launch(executable_path=chromium_path(), args=options)
        open_.callback(browser.close)
        lab.write("measured.ipynb", [SETUP, *cells])
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        self.notebook = Notebook(lab, page, "measured.ipynb").open().wait_for_kernel()
        self.run(0)

    def run(self, index):
        """Run a cell to its end, and fail if it does."""
        self.notebook.run(index)
        if error := self.notebook.error(index):
            raise RuntimeError(error)

    def latencies(self):
        """Give the milliseconds from each transition in the kernel to the frame that shows it, slowest last."""
        page = self.notebook.page
        page.evaluate(WATCH)
        self.run(1)
        page.wait_for_timeout(300)
        story = {}
        for run, state, at in json.loads(self.notebook.printed(1)):
            story.setdefault((run, state), []).append(at)
        took, painted = [], page.evaluate("() => window.painted")
        began = min(at for _run, _state, at in painted)
        for run, state, at in painted:
            before = [one for one in story.get((run, state), ()) if one <= at]
            if before and max(before) >= began:  # rows come with the view, in what they were in long before
                took.append((at - max(before)) * 1e3)
        there_were = sum(at > began for all_ in story.values() for at in all_)
        if len(took) < 0.9 * there_were:
            raise NotMeasurableError(f"of {there_were} transitions the page showed {len(took)}")
        return sorted(took)

    def busiest_second(self):
        """Give the most messages of the view that came within a second of a storm."""
        self.notebook.count_messages()
        self.run(1)
        times = self.notebook.messages("comm_msg")
        return max(sum(start <= one < start + 1 for one in times) for start in times)

    def cancelled(self):
        """Give the milliseconds from a click on Cancel until the cell has ended and its run is seen Cancelled."""
        page = self.notebook.page
        self.notebook.start(1)
        button = self.notebook.view(1).get_by_role("button", name="Cancel")
        button.wait_for()
        page.wait_for_timeout(1000)  # all tasks are at work, and the view is at rest
        page.evaluate(PRESSED)
        button.click()
        ended = self.notebook.ended_at(1) * 1e3
        page.wait_for_function("() => window.cancelledAt !== null")
        return max(ended, page.evaluate("() => window.cancelledAt")) - page.evaluate("() => window.pressedAt")

    def longest_frame(self, *, scrolls=True):
        """Give the milliseconds of the longest frame while rows are scrolled, or left alone."""
        from browser.frames import frames_while_scrolling  # noqa: PLC0415 -- of the tests

        return frames_while_scrolling(self.notebook, 1, scrolls=scrolls)[-1]
