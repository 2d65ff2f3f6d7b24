"""What tests of notifications share: real servers, an outbox of their own, waits that take no time."""

import pytest
from servers import TOKEN, MailServer, Server, free_port, serving
from small_runs import LIMIT

from hookcell import notify
from hookcell.testing import instant_retries


@pytest.fixture(autouse=True)
def _own_outbox(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    notify.sent.clear()
    with instant_retries():
        yield
        assert notify.flush(LIMIT)
    notify.use()


@pytest.fixture
def server():
    with serving(Server()) as server:
        yield server


@pytest.fixture
def mail():
    with serving(MailServer()) as server:
        yield server


@pytest.fixture
def nobody():
    """A URL where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/services/{TOKEN}"
