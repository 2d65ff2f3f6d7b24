"""`import hookcell` is quick because it loads nothing heavy, and its names are the ones it declares."""

import subprocess
import sys
from types import ModuleType

import pytest

import hookcell

HEAVY = (
    "IPython",
    "anywidget",
    "asyncio",
    "cloudpickle",
    "concurrent.futures",
    "dask",
    "ipykernel",
    "ipywidgets",
    "multiprocessing",
    "nest_asyncio2",
    "pydantic",
    "ray",
    "sqlite3",
    "traitlets",
)
# IPython calls these by name; `from hookcell import *` in a notebook should not bring them along.
FOR_IPYTHON = {"load_ipython_extension", "unload_ipython_extension"}


@pytest.fixture(scope="module")
def loaded():
    code = "import sys; before = set(sys.modules); import hookcell; print(*set(sys.modules) - before, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", HEAVY)
def test_import_hookcell_does_not_load(module, loaded):
    assert module not in loaded


def test_the_probe_sees_what_an_import_loads(loaded):
    assert "hookcell" in loaded


def test_all_is_sorted():
    assert list(hookcell.__all__) == sorted(hookcell.__all__)


def test_every_name_in_all_exists():
    assert [name for name in hookcell.__all__ if not hasattr(hookcell, name)] == []


def test_all_has_every_public_name_and_no_other():
    names = {name for name in dir(hookcell) if not name.startswith("_") and not is_incidental(name)}
    assert {name for name in hookcell.__all__ if not name.startswith("_")} == names - FOR_IPYTHON


def is_incidental(name):
    """Modules become attributes of their package when somebody imports them; the others are `from` the typing."""
    return name in {"TYPE_CHECKING", "annotations"} or isinstance(getattr(hookcell, name), ModuleType)
