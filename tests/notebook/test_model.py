"""The model that page and kernel share: it hears before it is heard of."""

import comm
import pytest
from comm.base_comm import BaseComm

from hookcell.notebook.model import Model


class Eager(BaseComm):
    """The comm of a page that answers before the kernel is done with telling it of the model."""

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if msg_type == "comm_open":
            said = {"method": "custom", "content": {"state": sorted(data), "version": metadata["version"]}}
            self.handle_msg({"content": {"comm_id": self.comm_id, "data": said}, "buffers": []})


class Routed(Eager):
    """The comm of an ipykernel that sends messages back to the shell that spoke last."""

    def _reply_subshell_for(self, data, default):
        raise AssertionError("a message that the page sends to a subshell is heard there")

    def publish_msg(self, msg_type, data=None, **keys):
        if "_esm" in data.get("state", {}):  # and not the layout that every widget has
            assert self._reply_subshell_for is None
        super().publish_msg(msg_type, data, **keys)


@pytest.mark.parametrize("kind", [Eager, Routed])
def test_a_page_that_answers_at_once_is_heard(kind, monkeypatch):
    monkeypatch.setattr(comm, "create_comm", kind)
    heard = []
    model = Model(heard.append)
    assert heard[-1] == {"state": ["buffer_paths", "state"], "version": "2.1.0"}
    model.end()
