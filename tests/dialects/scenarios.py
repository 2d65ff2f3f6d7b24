"""How a scenario is written, and how it is played on Prefect or on hookcell.prefect: only the import lines differ.

A scenario is a plain script that says with `seen(...)` what it saw. Above it stands the record it makes on Prefect;
where hookcell does better, also the record it makes there, and why. `prefect_scenarios/` has one file for each theme.
"""

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parent / "prefect_scenarios"
IMPORT_LINE = re.compile(r"^( +)from prefect\b", re.MULTILINE)
RANDOM_ID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
RUN_LOGGERS = ("prefect", "prefect.flow_runs", "prefect.task_runs")


@dataclass(frozen=True)
class Scenario:
    """A script, and what it records on Prefect and on hookcell."""

    name: str
    script: "Callable[[Seen], object]"
    on_prefect: list[str]
    on_hookcell: list[str]
    because: str

    def play(self) -> list[str]:
        seen = Seen()
        self.script(seen)
        return seen.record


def scenario(*record: str, better: list[str] | None = None, because: str = ""):
    """Make the script below a row of the table: what it records on Prefect; what on hookcell, where that is better."""

    def row(script):
        return Scenario(script.__name__, script, list(record), list(record) if better is None else better, because)

    return row


def load(root: str) -> list[Scenario]:
    """All scenarios, with `root` in place of `prefect` in their import lines."""
    return [row for path in sorted(FOLDER.glob("*.py")) for row in vars(module(path, root)).values() if is_row(row)]


def is_row(value: object) -> bool:
    return isinstance(value, Scenario)


def module(path: Path, root: str) -> ModuleType:
    made = ModuleType(path.stem)
    source = IMPORT_LINE.sub(rf"\1from {root}", path.read_text(encoding="utf-8"))
    exec(compile(source, path, "exec"), vars(made))  # noqa: S102 -- our own file, with another import line
    return made


class Seen:
    """What a script saw, as lines; ids are random in Prefect, so they are left out."""

    def __init__(self):
        self.record: list[str] = []

    def __call__(self, *words: object) -> None:
        self.record.append(RANDOM_ID.sub("<id>", " ".join(map(str, words))))

    def hook(self, kind: str) -> "Callable[..., None]":
        """A hook that notes its kind and the name of the state its run has entered."""
        return lambda owner, run, state: self(kind, state.name)

    def hooks(self, *kinds: str) -> dict[str, list]:
        """Such hooks as options: `@flow(**seen.hooks("on_running"))`."""
        return {kind: [self.hook(kind)] for kind in kinds}

    def state(self, state: object) -> None:
        self(state.type.value, state.name, state.message)

    @contextmanager
    def raised(self) -> "Iterator[None]":
        """Note what the lines below raise."""
        try:
            yield
        except BaseException as error:  # noqa: BLE001 -- crashes are what many scenarios are about
            self(f"{type(error).__name__}: {error}")
        else:
            self("nothing was raised")

    @contextmanager
    def logged(self, level: int = logging.INFO, *, about: str = "") -> "Iterator[None]":
        """Note the log lines of at least `level` that the runs below write; with `about`, those that say it."""
        told, loggers = Told(self, about), [logging.getLogger(name) for name in RUN_LOGGERS]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.addHandler(told)
            logger.setLevel(level)
        try:
            yield
        finally:
            for logger, before in zip(loggers, levels, strict=True):
                logger.removeHandler(told)
                logger.setLevel(before)


class Told(logging.Handler):
    """Notes each log line once, however many loggers pass it on."""

    def __init__(self, seen: Seen, about: str):
        super().__init__()
        self.seen, self.about, self.last = seen, about, None

    def emit(self, line: logging.LogRecord) -> None:
        if line is not self.last and self.about in line.getMessage():
            self.seen(line.levelname, line.getMessage())
        self.last = line
