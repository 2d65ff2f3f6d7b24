"""What all tests share: none sees the user's own Jupyter settings or store; browser tests say why they do not run."""

import os
import threading

import pytest
from browsers import chromium_path, what_browser_tests_miss

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
