"""Prefect, as it is after `pip install`: it starts its own server, and logs as it likes."""

import asyncio

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner
from worker import clock, median_of, resident, scenario, serve, timed

WORKERS = 8
TASKS = 100


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


@task(on_failure=[seen], retries=3, retry_delay_seconds=0)
def fails_four_times():
    raise ValueError("x")


def in_a_flow(body):
    """Give what runs `body(n)` inside a flow and counts the body's time only."""

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))
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

    return timed(in_a_flow(body), TASKS)


@scenario
def sequential_async():
    @flow
    async def around(n):
        began = clock()
        for i in range(n):
            await nothing_async(i)
        return clock() - began

    return timed(lambda n: asyncio.run(around(n)), TASKS)


@scenario
def submit():
    def body(n):
        futures = [nothing.submit(i) for i in range(n)]
        for future in futures:
            future.result()

    return timed(in_a_flow(body), TASKS)


@scenario
def mapped():
    return timed(in_a_flow(lambda n: nothing.map(range(n)).result()), 3 * TASKS)


@scenario
def empty_flow():
    @flow(on_completion=[seen])
    def empty():
        pass

    return timed(lambda _n: empty(), 1)


@scenario
def failing():
    return timed(in_a_flow(lambda n: _fail(fails, n)), TASKS)


@scenario
def retried():
    return timed(in_a_flow(lambda n: _fail(fails_four_times, n)), TASKS // 3)


def _fail(failing_task, n):
    for _ in range(n):
        try:
            failing_task()
        except ValueError:
            pass


@scenario
def hook_latency():
    ends, samples = [0], []

    def arrived(_task, _run, _state):
        samples.append(clock() - ends[0])

    @task(on_completion=[arrived])
    def body():
        ends[0] = clock()

    @flow
    def around(n):
        samples.clear()
        for _ in range(n):
            body()
        return median_of(samples)

    return lambda: around(TASKS)


@scenario
def memory_resident():
    """Measure with the states kept, from the first fifth of a flow to its end."""
    kept = []

    @flow
    def around(n):
        before = 0
        for i in range(n):
            if i == n // 5:
                before = resident()
            kept.append(nothing(return_state=True))
        return (resident() - before) / (n - n // 5)

    return lambda: around(5 * TASKS)


if __name__ == "__main__":
    serve()
