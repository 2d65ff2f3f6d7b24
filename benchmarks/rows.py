"""What is measured: one row of the table each, with the target it is held to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from turns import WholeProcess, Worker

FIRST_FLOW = Path(__file__).parent / "first_flow"
IMPORTS = {
    "hookcell": "import hookcell",
    "dialect": "import hookcell.prefect",
    "threads": "import concurrent.futures.thread",
    "hamilton": "from hamilton import driver",
    "prefect": "from prefect import flow, task",
}


@dataclass(frozen=True)
class Row:
    """One thing to measure, here and on the peers that can do it."""

    label: str
    scenario: str
    unit: str
    peers: tuple[str, ...] = ()
    target: float | None = None
    # The target is so many times what this peer takes in the same run.
    times: str | None = None
    # The dialect may take `MORE` times what hookcell takes in the same run, or `MORE` times the target.
    dialect: Literal["own", "target"] | None = "own"
    # Not more often than this.
    rounds: int = 1_000

    def on(self, system):
        """Give what measures the row on one system."""
        if self.scenario == "import":
            return WholeProcess(system, ["-c", IMPORTS[system]], less=["-c", "pass"])
        if self.scenario == "first_flow":
            return WholeProcess(system, [str(FIRST_FLOW / f"on_{system}.py")])
        return Worker(system, self.scenario)

    def limit(self):
        """Say what the target is."""
        if self.target is None:
            return ""
        return f"≤ {self.target:g} × {self.times}" if self.times else f"≤ {self.target:g} {self.unit}"

    def met(self, own, ratios):
        """Whether the target is met; None if there is none, or what it is compared with was not measured."""
        if self.target is None or (self.times and self.times not in ratios):
            return None
        return (1 / ratios[self.times] if self.times else own) <= self.target

    def dialect_met(self, value, ratio):
        """Whether the dialect takes no more than it may."""
        return ratio <= MORE if self.dialect == "own" else value <= MORE * self.target


# Through the dialect, budgets hold with a fifth more.
MORE = 1.2
ALL = ("threads", "hamilton", "prefect")
ROWS = (
    Row("task run, one after another", "sequential", "µs", ALL, 8),
    Row("the same, async", "sequential_async", "µs", ("prefect",)),
    Row("task run, submitted", "submit", "µs", ALL, 2.5, "threads"),
    Row("task run, mapped", "mapped", "µs", ALL, 2.5, "threads"),
    Row("empty flow run", "empty_flow", "µs", ("hamilton", "prefect"), 100),
    Row("end of body → hook", "hook_latency", "µs", ALL, 5),
    Row("failing task run", "failing", "µs", ALL, 60),
    Row("failing, with 3 retries", "retried", "µs", ("prefect",)),
    Row("kept per task run, traced", "memory_traced", "B", (), 700),
    Row("kept per task run, in RAM", "memory_resident", "B", ("prefect",), 700),
    Row("import", "import", "ms", ALL, 60, dialect="target"),
    Row("first flow, whole process", "first_flow", "ms", ALL, 150, dialect="target"),
    Row("view, more per transition", "view", "µs", (), 2, dialect=None),
    # In a browser: at 100 transitions a second, in a storm of them, while a cell waits, with so many rows to scroll.
    Row("transition → screen, median", "pixel", "ms", (), 40, dialect=None, rounds=5),
    Row("the same, 95th percentile", "pixel_late", "ms", (), 120, dialect=None, rounds=5),
    Row("messages in a second, most", "messages", "", (), 25, dialect=None, rounds=5),
    Row("click on Cancel → Cancelled", "cancel", "ms", (), 500, dialect=None, rounds=5),
    Row("longest frame, at rest", "frame_rest", "ms", (), dialect=None, rounds=5),
    Row("longest frame, 10,000 rows", "frame_10k", "ms", (), 50, dialect=None, rounds=5),
    Row("longest frame, 100,000 rows", "frame_100k", "ms", (), 50, dialect=None, rounds=5),
)
