"""What all tests share: none sees the user's own Jupyter settings or store; browser tests say why they do not run."""

import os
import shutil
import threading
from importlib.util import find_spec

import pytest

from hookcell.testing import record

# Run by test_fault_injection.py, in a process of its own.
collect_ignore = ["faults"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
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
    return next(filter(None, map(shutil.which, BROWSERS)))


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") is None or (missing := what_browser_tests_miss()) is None:
        return
    if os.environ.get("HOOKCELL_BROWSER") == "required":
        pytest.fail(f"HOOKCELL_BROWSER=required, but {missing}", pytrace=False)
    pytest.skip(missing)


def what_browser_tests_miss():
    if not any(map(shutil.which, BROWSERS)):
        return f"there is no Chromium on PATH (looked for {', '.join(BROWSERS)})"
    for module in ("playwright", "jupyterlab"):
        if find_spec(module) is None:
            return f"{module} is not installed: pip install hookcell[test]"
    return None
