"""Hamilton: a driver over independent nodes, with a hook that is called around each node."""

import itertools
import time

from hamilton import ad_hoc_utils, driver
from hamilton.execution import executors
from hamilton.htypes import Collect, Parallelizable
from hamilton.lifecycle import NodeExecutionHook
from hamilton.plugins.h_threadpool import FutureAdapter
from worker import clock, median_of, scenario, serve, timed

NODES = 500
WORKERS = 8
_numbers = itertools.count()


class Seen(NodeExecutionHook):
    """As little as a hook can do."""

    def run_before_node_execution(self, **facts):
        pass

    def run_after_node_execution(self, **facts):
        pass


def driver_of(nodes, *adapters, body="return x"):
    """Build a driver over so many nodes that all need the same input."""
    source = "".join(f"def t{i}(x: int) -> int:\n    {body}\n" for i in range(nodes))
    functions = {"ends": ends, "time": time}
    exec(source, functions)
    named = [functions[f"t{i}"] for i in range(nodes)]
    module = ad_hoc_utils.create_temporary_module(*named, module_name=f"nodes_{next(_numbers)}")
    return driver.Builder().with_modules(module).with_adapters(*adapters).build()


ends = [0]


def all_nodes(*adapters):
    """Give a repetition that executes all nodes of a driver."""
    built = driver_of(NODES, *adapters)
    names = [f"t{i}" for i in range(NODES)]

    def work(_n):
        built.execute(names, inputs={"x": 1})

    return timed(work, NODES)


@scenario
def sequential():
    return all_nodes(Seen())


@scenario
def submit():
    return all_nodes(FutureAdapter(max_workers=WORKERS))


@scenario
def mapped():
    def item(n: int) -> Parallelizable[int]:
        yield from range(n)

    def work(item: int) -> int:
        return item

    def total(work: Collect[int]) -> int:
        return len(list(work))

    module = ad_hoc_utils.create_temporary_module(item, work, total, module_name="mapped")
    builder = driver.Builder().with_modules(module).enable_dynamic_execution(allow_experimental_mode=True)
    built = builder.with_remote_executor(executors.MultiThreadingExecutor(max_tasks=WORKERS)).build()

    def execute(n):
        built.execute(["total"], inputs={"n": n})

    return timed(execute, 1_000)


@scenario
def empty_flow():
    return one_node("return x")


@scenario
def failing():
    return one_node("raise ValueError('x')")


def one_node(body):
    """Give a repetition that executes one node at a time."""
    built = driver_of(1, Seen(), body=body)

    def work(n):
        for _ in range(n):
            try:
                built.execute(["t0"], inputs={"x": 1})
            except ValueError:
                pass

    return timed(work, 100)


@scenario
def hook_latency():
    samples = []

    class Latency(Seen):
        def run_after_node_execution(self, *, node_name, **_facts):
            if node_name != "x":
                samples.append(clock() - ends[0])

    built = driver_of(NODES, Latency(), body="ends[0] = time.perf_counter_ns(); return x")
    names = [f"t{i}" for i in range(NODES)]

    def repetition():
        samples.clear()
        built.execute(names, inputs={"x": 1})
        return median_of(samples)

    return repetition


if __name__ == "__main__":
    serve()
