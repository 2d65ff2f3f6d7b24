"""A kernel with a cell that runs tasks, to which hookcell's view can be attached as in a notebook."""

import atexit

TASKS = 30_000  # long enough for the view to be shown, and to draw while the cell runs
CELL = f"""
import gc, time
from hookcell import flow, task

@task(on_completion=lambda task, run, state: None)
def nothing(x=None):
    return x

@flow
def around():
    gc.unfreeze(), gc.collect(), gc.freeze()  # earlier flows' runs are kept, and full collections would hide the rest
    began = time.perf_counter()
    for i in range({TASKS}):
        nothing(i)
    return (time.perf_counter() - began) / {TASKS} * 1e6
"""


class Kernel:
    """A kernel that runs cells as a notebook with somebody in front of it does."""

    def __init__(self):
        from jupyter_client.manager import start_new_kernel  # noqa: PLC0415 -- the other scenarios do without

        self._manager, self._client = start_new_kernel(kernel_name="python3")
        atexit.register(self._manager.shutdown_kernel, now=True)
        self.run(CELL)

    def run(self, code):
        """Run a cell; give what it printed."""
        printed = []

        def heard(message):
            printed.append(message["content"].get("text", "") if message["msg_type"] == "stream" else "")

        reply = self._client.execute_interactive(code, output_hook=heard, allow_stdin=True, timeout=60)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"].get("traceback", [])))
        return "".join(printed)

    def measure(self):
        """Give the microseconds a task run takes."""
        return float(self.run("print(around())"))
