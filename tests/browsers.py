"""What browser tests, and benchmarks with a browser, need, and what of it is missing here."""

import shutil
from importlib.util import find_spec

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium_path():
    """The path of a Chromium to drive, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def what_browser_tests_miss():
    if chromium_path() is None:
        return f"there is no Chromium on PATH (looked for {', '.join(BROWSERS)})"
    for module in ("playwright", "jupyterlab", "notebook"):
        if find_spec(module) is None:
            return f"{module} is not installed: pip install hookcell[test]"
    return None
