"""An environment of its own for each peer, under the user's cache folder, made once."""

import os
import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hookcell-bench"
PACKAGES = {
    "hamilton": ("sf-hamilton",),
    # Prefect 3.8 accepts FastAPI releases with which none of its flows can start.
    "prefect": ("prefect", "fastapi==0.150.0"),
}
SETTINGS = {
    "DO_NOT_TRACK": "1",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
_OF_OUR_ENVIRONMENT = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PREFECT_API_URL", "PREFECT_PROFILE")


class NotInstalledError(Exception):
    """A peer could not be installed; the text is pip's last line."""


def python_of(system):
    """Give the interpreter that runs a system."""
    if system not in PACKAGES:
        return sys.executable
    folder = CACHE / f"venv-{system}"
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def variables_of(system):
    """Give the environment variables for a system's processes."""
    # What is imported again and again is compiled once.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if system not in PACKAGES:
        return own
    kept = {name: value for name, value in own.items() if name not in _OF_OUR_ENVIRONMENT}
    return {**kept, **SETTINGS, "PREFECT_HOME": str(CACHE / "prefect-home")}


def install(system):
    """Make a peer's environment, unless it is there and holds what it should."""
    folder = CACHE / f"venv-{system}"
    done = folder / "installed.txt"
    wanted = " ".join(PACKAGES[system])
    if done.exists() and done.read_text() == wanted:
        return
    print(f"Installing {wanted} into {folder}", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    _pip(system)
    done.write_text(wanted)


def _pip(system):
    command = [python_of(system), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[system]]
    ran = subprocess.run(command, capture_output=True, text=True, env=variables_of(system), check=False)
    if ran.returncode:
        raise NotInstalledError((ran.stderr.strip().splitlines() or ["pip failed"])[-1])


def version_of(system):
    """Give the version that was installed."""
    name = PACKAGES[system][0]
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    ran = subprocess.run([python_of(system), "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.strip()
