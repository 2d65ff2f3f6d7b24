"""What tests of the dialects share: a store of their own."""

import pytest

from hookcell.store import keyvalue


@pytest.fixture(autouse=True)
def store_home(tmp_path, monkeypatch):
    """The folder of a store that no other test sees."""
    folder = tmp_path / "hookcell-home"
    monkeypatch.setenv("HOOKCELL_HOME", str(folder))
    yield folder
    keyvalue.file.close()
