"""What all tests share: none sees the user's own Jupyter settings or store; browser tests say why they do not run."""

import os
import threading

import pytest
from browsers import chromium_path, what_browser_tests_miss
from small_runs import LIMIT

from hookcell import engine, shield, unseen
from hookcell.drive import sync
from hookcell.testing import record

# Run by test_fault_injection.py, in a process of its own.
collect_ignore = ["faults"]

FOLDERS = ("HOOKCELL_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for variable in FOLDERS:
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable.lower())))
        yield


@pytest.fixture(autouse=True)
def _patience():
    """What listens when it is told to stop has the time for it, also where the machine is slow or stands still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shield, "GRACE", LIMIT)
        patch.setattr(engine, "STRAGGLERS", LIMIT)
        patch.setattr(unseen, "TELL_AFTER", LIMIT)
        yield
        for run in tuple(unseen._unseen):  # what nobody asked for here is not told in another test, or at the end
            unseen.look_at(run)


@pytest.fixture
def little_grace(monkeypatch):
    """What does not stop when it is told to is left behind almost at once; only tests of that may ask for it."""
    monkeypatch.setattr(shield, "GRACE", 0.01)


class ByHand:
    """Deadlines that pass when they are told to; `seconds` has how long they were to last."""

    def __init__(self):
        self.seconds, self._due = [], {}

    def add(self, key, seconds, call):
        self.seconds.append(seconds)
        self._due[key] = call

    def remove(self, key):
        self._due.pop(key, None)

    def ring(self):
        """Let the newest pass."""
        self._due.popitem()[1]()


@pytest.fixture
def deadlines(monkeypatch):
    """The deadlines of runs, and of the hooks of sync ones, which pass by hand."""
    by_hand = ByHand()
    for user in (engine, sync):
        monkeypatch.setattr(user, "deadlines", by_hand)
    return by_hand


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


@pytest.fixture
def go_on():
    """An event that tasks wait for; set when the test is over, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium to drive; only tests marked `browser` may ask for it."""
    return chromium_path()


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") is None or (missing := what_browser_tests_miss()) is None:
        return
    if os.environ.get("HOOKCELL_BROWSER") == "required":
        pytest.fail(f"HOOKCELL_BROWSER=required, but {missing}", pytrace=False)
    pytest.skip(missing)
