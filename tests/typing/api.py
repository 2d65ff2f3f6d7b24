"""What type checkers see of the public API; checked by pyright and mypy, never run."""

from typing import assert_type

import hookcell
from hookcell import Flow, FlowRun, Future, FutureList, Hooks, State, Task, TaskRun, flow, hook, tags, task


def plus_one(x: int) -> int:
    return x + 1


@task
def double(x: int) -> int:
    return 2 * x


def on_task_end(task: Task[..., object], run: TaskRun, state: State[object]) -> None: ...
def on_end(flow: Flow[..., object], run: FlowRun, state: State[object]) -> None: ...


@task(retries=2, retry_delay_seconds=[1, 2.5], on_failure=on_task_end)
def name_of(x: int, *, upper: bool = False) -> str:
    return str(x).upper() if upper else str(x)


@flow(each_task=Hooks(on_failure=print), tags={"nightly"}, timeout_seconds=10)
def etl(day: str, n: int = 3) -> list[int]:
    futures = double.map(range(n))
    assert_type(futures, FutureList[int])
    future = double.submit(n)
    assert_type(future, Future[int])
    assert_type(future.result(), int)
    assert_type(futures.result(), list[int])
    return futures.result()


etl.on_end(on_end)
double.on_end(hook(on_task_end, timeout_seconds=1, once=True))
assert_type(double(1), int)
assert_type(name_of(1, upper=True), str)
assert_type(etl("2026-11-20"), list[int])
assert_type(etl("2026-11-20", return_state=True), State[list[int]])
assert_type(etl.with_options(retries=1)("2026-11-20"), list[int])
run = etl.start("2026-11-20", n=2)
assert_type(run, FlowRun)
run.wait()
assert_type(run.again(), FlowRun)
assert_type(etl.retry(run), FlowRun)
assert_type(double.start(1).again(), TaskRun)
with tags("a", "b") as both:
    assert_type(both, frozenset[str])
# The parts are attributes of the package.
assert_type(hookcell.notify.notify("3 rows are missing"), hookcell.notify.Post)
assert_type(hookcell.zenml.step(plus_one).name, str)

double("x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
