"""A model of the view's bundle: what the page and the kernel know of together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
from ipywidgets import __protocol_version__  # type: ignore[import-untyped] # it says nothing of types

from hookcell.notebook import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

BUNDLE = Path(__file__).parent / "static" / "widget.js"


class Model(anywidget.AnyWidget):
    """A model that hears the page from the page's first word on, also while a cell runs.

    Args:
        hear: Called with what the page says, on any thread.
        **traits: What the page is told at first.
    """

    _esm = BUNDLE if BUNDLE.exists() else "export default {}"

    def __init__(self, hear: Callable[[Any], None] | None = None, **traits: Any) -> None:
        if hear is not None:
            self.on_msg(lambda _model, content, _buffers: hear(content))
        super().__init__(**traits)

    def open(self) -> None:
        """Tell the page of the model.

        ipywidgets tells first and listens then, so that under load a quick answer goes past it (tried).
        """
        if getattr(self, "comm", None) is None:
            comm = self.comm = kernel.comm_to_page()
            comm.open({"state": self.get_state(), "buffer_paths": []}, {"version": __protocol_version__})

    def end(self) -> None:
        """Take the model off the page."""
        self.layout.close()  # a model of its own, which every widget has
        self.close()
