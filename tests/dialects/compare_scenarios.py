"""Play every scenario on the real Prefect, or on hookcell, and print where it does not do what the table says.

    python tests/dialects/compare_scenarios.py prefect [word in the scenario's name]
    python tests/dialects/compare_scenarios.py hookcell

This is how the table's expectations are checked; pytest plays the hookcell side only and needs no Prefect. The table
holds for Prefect 3.8.8, which needs another FastAPI than it asks for: pip install prefect==3.8.8 fastapi==0.150.0
"""
# ruff: noqa: T201 -- it prints what it found

import os
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialects.scenarios import load

ROOTS = {"prefect": "prefect", "hookcell": "hookcell.prefect"}


def main(system="prefect", word=""):
    if find_spec(system) is None:
        print(f"{system} is not installed here: nothing to compare.")
        return 0
    with tempfile.TemporaryDirectory() as home, PLAYED_IN[system](home):
        rows = [row for row in load(ROOTS[system]) if word in row.name]
        wrong = sum(differs(row, system) for row in rows)
    print(f"{len(rows)} scenarios on {system}: {wrong} differ from the table.")
    return min(wrong, 1)


@contextmanager
def quiet_prefect(home):
    """A Prefect with a home of its own, no log lines on the screen, and no heartbeats, which cost a second per flow."""
    os.environ |= {
        "PREFECT_HOME": home,
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@contextmanager
def home_of_hookcell(home):
    """Variables and blocks of the scenarios lie in a folder of their own."""
    os.environ["HOOKCELL_HOME"] = home
    yield


PLAYED_IN = {"prefect": quiet_prefect, "hookcell": home_of_hookcell}


def differs(row, system):
    expected = getattr(row, f"on_{system}")
    try:
        record = row.play()
    except BaseException as error:  # noqa: BLE001 -- one scenario's crash must not hide the others
        record = [f"the script raised {error!r}"]
    if record != expected:
        print(f"{row.name}\n  table: {expected}\n  {system}: {record}")
    return record != expected


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
