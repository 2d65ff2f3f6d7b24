"""hookcell's scenarios: with one hook per task and the story kept."""

import asyncio
import gc
import tracemalloc

from in_a_browser import BLINK, ENDLESS, MANY, STORM, Page
from in_a_kernel import Kernel
from worker import NotMeasurableError, clock, median_of, resident, scenario, serve, timed

from hookcell import flow, task


def seen(definition, run, state):
    """Be the hook of every run: as little as a hook can do."""


@task(on_completion=[seen])
def nothing(x=None):
    return x


@task(on_completion=[seen])
async def nothing_async(x=None):
    return x


@task(on_failure=[seen])
def fails():
    raise ValueError("x")


@task(on_failure=[seen], retries=3)
def fails_four_times():
    raise ValueError("x")


def in_a_flow(body):
    """Give what runs `body(n)` inside a flow and counts the body's time only."""

    @flow
    def around(n):
        began = clock()
        body(n)
        return clock() - began

    return around


@scenario
def sequential():
    def body(n):
        for i in range(n):
            nothing(i)

    return timed(in_a_flow(body), 5_000)


@scenario
def sequential_async():
    @flow
    async def around(n):
        began = clock()
        for i in range(n):
            await nothing_async(i)
        return clock() - began

    return timed(lambda n: asyncio.run(around(n)), 2_000)


@scenario
def submit():
    def body(n):
        futures = [nothing.submit(i) for i in range(n)]
        for future in futures:
            future.result()

    return timed(in_a_flow(body), 2_000)


@scenario
def mapped():
    return timed(in_a_flow(lambda n: nothing.map(range(n)).result()), 1_000)


@scenario
def empty_flow():
    @flow(on_completion=[seen])
    def empty():
        pass

    def work(n):
        for _ in range(n):
            empty()

    return timed(work, 500)


@scenario
def failing():
    return timed(in_a_flow(lambda n: _fail(fails, n)), 1_000)


@scenario
def retried():
    return timed(in_a_flow(lambda n: _fail(fails_four_times, n)), 500)


def _fail(failing_task, n):
    for _ in range(n):
        try:
            failing_task()
        except ValueError:
            pass


@scenario
def hook_latency():
    ends, samples = [0], []

    @task(on_completion=[lambda *_: samples.append(clock() - ends[0])])
    def body():
        ends[0] = clock()

    @flow
    def around(n):
        samples.clear()
        for _ in range(n):
            body()
        return median_of(samples)

    return lambda: around(1_000)


def kept_per_task(n, measured):
    """Give a repetition: bytes that each of `n` Completed task runs leaves behind while its flow run is kept."""
    kept = []

    @flow(on_completion=[lambda _flow, flow_run, _state: kept.append(flow_run)])
    def around():
        for _ in range(n):
            nothing()

    def repetition():
        gc.collect()
        before = measured()
        around()
        gc.collect()
        return (measured() - before) / n

    return repetition


@scenario
def memory_traced():
    tracemalloc.start()
    return kept_per_task(2_000, lambda: tracemalloc.get_traced_memory()[0])


@scenario
def memory_resident():
    return kept_per_task(10_000, resident)


def attach_view(kernel):
    """Load the view as a notebook does; give what takes it off again."""
    try:
        kernel.run("%load_ext hookcell")
    except RuntimeError as error:
        raise NotMeasurableError(f"%load_ext hookcell failed: {error}") from None
    return lambda: kernel.run("%unload_ext hookcell")


@scenario
def view():
    """Measure what one of a run's three transitions costs more with the view than without."""
    try:
        kernel = Kernel()
    except ImportError as error:
        raise NotMeasurableError(f"there is no kernel to run it in: {error}") from None

    def repetition():
        alone = kernel.measure()
        detach = attach_view(kernel)
        try:
            return (kernel.measure() - alone) / 3
        finally:
            detach()

    return repetition


@scenario
def pixel():
    """Measure from a transition to the screen: the median at 100 transitions a second."""
    page = Page(BLINK)
    return lambda: share(page.latencies(), 0.5)


@scenario
def pixel_late():
    """Measure the same of one transition in twenty: so late, or later."""
    page = Page(BLINK)
    return lambda: share(page.latencies(), 0.95)


def share(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


@scenario
def messages():
    return Page(STORM).busiest_second


@scenario
def cancel():
    return Page(ENDLESS).cancelled


@scenario
def frame_rest():
    """Measure what the machine itself does to frames: those that nobody scrolls."""
    page = scrolled(10_000)
    return lambda: page.longest_frame(scrolls=False)


@scenario
def frame_10k():
    return scrolled(10_000).longest_frame


@scenario
def frame_100k():
    return scrolled(100_000).longest_frame


def scrolled(count):
    page = Page(MANY.format(count=count))
    page.run(1)
    page.notebook.view(1).locator(".row").first.wait_for()
    return page


if __name__ == "__main__":
    serve()
