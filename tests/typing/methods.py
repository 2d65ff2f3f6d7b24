"""What type checkers see of flows and tasks in classes; checked by pyright and mypy, never run."""

from typing import assert_type

from hookcell import Flow, Future, FutureList, flow, task


class Source:
    """A source of rows."""

    def __init__(self, url: str) -> None:
        self.url = url

    @task
    def load(self, day: str, *, limit: int = 3) -> list[str]:
        return [self.url, day][:limit]

    @flow(run_name="{self.url}-{day}", retries=2)
    async def sync(self, day: str) -> int:
        return len(day)

    @task(retry_jitter_factor=0.5, retry_condition_fn=lambda: True)
    @classmethod
    def known(cls, day: str) -> int:
        return len(day)

    @flow
    @classmethod
    def all_known(cls) -> int:
        return 1

    @flow(version="2", log_prints=False)
    @staticmethod
    def count(rows: list[str]) -> int:
        return len(rows)


source = Source("https://...")
assert_type(source.load("2026-11-20", limit=2), list[str])
assert_type(source.load.submit("2026-11-20"), Future[list[str]])
assert_type(source.load.map(["2026-11-20"]), FutureList[list[str]])
assert_type(source.load.with_options(retries=1)("2026-11-20"), list[str])
assert_type(Source.known("2026-11-20"), int)
assert_type(source.known("2026-11-20"), int)
assert_type(Source.all_known, Flow[[], int])
# mypy takes the first parameter of any method that is found on a class for the class.
assert_type(Source.load(source, "2026-11-20"), list[str])  # type: ignore[assert-type, call-overload]
assert_type(Source.count(["a"]), int)  # type: ignore[assert-type, call-overload]

source.load(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


async def synced() -> None:
    assert_type(await source.sync("2026-11-20"), int)
