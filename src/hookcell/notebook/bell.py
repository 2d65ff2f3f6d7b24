"""The bell: tells the page of messages, so that the browser shows them while nobody looks, if its reader allows it."""

from __future__ import annotations

import atexit
import itertools
import threading
import time
from typing import Any, Literal

import traitlets
from IPython.display import display

from hookcell.notebook import kernel
from hookcell.notebook.model import BUNDLE, Model
from hookcell.notebook.palette import CARD, div
from hookcell.session import session

What = Literal["alert", "question"]

MOST_SUBJECT, MOST_TEXT = 120, 300
# More alerts are counted and not sent: servers drop all output, the user's too, where a kernel says too much.
MOST_A_SECOND = 10
# What stands in the saved notebook, by what the reader has chosen.
SAID = {
    "granted": "✓ Browser notifications were allowed: messages and questions are shown while the page is hidden.",
    "denied": "⊘ The browser blocks notifications of this page; its site settings can allow them.",
    "missing": "⊘ This page cannot show notifications: browsers allow them on https and on localhost only.",
    "default": "Run this cell again to be asked whether the browser may show messages while the page is hidden.",
}


class _Model(Model):
    """Not a board; `kind` says what instead."""

    kind = traitlets.Unicode().tag(sync=True)


class Bell:
    """One model for a whole session, never displayed, opened by the first message."""

    def __init__(self) -> None:
        self._model: _Model | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._second, self._in_it, self._left_out = 0.0, 0, 0

    def ring(self, what: What, text: str, subject: str | None) -> None:
        """Tell the page of a message or question; from any thread."""
        if kernel.headless() or not BUNDLE.exists():
            return
        with self._lock:
            if what == "alert" and self._is_too_many():
                self._left_out += 1
                return
            more, self._left_out = self._left_out, 0
            model = self._model = self._model or _Model(kind="bell")
        told = {"subject": (subject or "")[:MOST_SUBJECT], "text": text[:MOST_TEXT], "more": more}
        model.send({"type": what, "id": f"{session.word}-{next(self._numbers)}", **told})

    def _is_too_many(self) -> bool:
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._in_it = now, 0
        self._in_it += 1
        return self._in_it > MOST_A_SECOND

    def close(self) -> None:
        """Take it off the page."""
        if self._model is not None:
            self._model.end()
            self._model = None


class Allow:
    """A button below a cell that asks the browser to allow notifications; it becomes a line that says what was chosen.

    Args:
        patience: Seconds after which it is a line in any case: a saved notebook keeps no button.
    """

    def __init__(self, patience: float) -> None:
        self._lock = threading.Lock()
        self._context = kernel.here()
        self._model: _Model | None = None
        if kernel.headless() or not BUNDLE.exists():
            _show("default")
            return
        self._model = _Model(self._hear, kind="allow")
        view = {"version_major": 2, "version_minor": 0, "model_id": self._model.model_id}
        mime = {"application/vnd.jupyter.widget-view+json": view, "text/plain": SAID["default"]}
        self._display: Any = display(mime, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        atexit.register(self.settle)
        self._settle_later(patience, "default")

    @property
    def open(self) -> bool:
        """Whether there is still a button."""
        return self._model is not None

    def _hear(self, content: Any) -> None:
        """Take the reader's choice; may run on any thread, so another one acts on it."""
        chosen = content.get("permission") if isinstance(content, dict) else None
        if chosen in SAID:
            self._settle_later(0, chosen)

    def _settle_later(self, seconds: float, chosen: str) -> None:
        timer = threading.Timer(seconds, self.settle, [chosen])
        timer.daemon = True
        timer.start()

    def settle(self, chosen: str = "default") -> None:
        """Become a line; once."""
        with self._lock:
            model, self._model = self._model, None
        if model is None:
            return
        atexit.unregister(self.settle)
        self._context.copy().run(self._become, model, chosen)

    def _become(self, model: _Model, chosen: str) -> None:
        self._display.update(_mime(chosen), raw=True)
        model.end()


def _mime(chosen: str) -> dict[str, str]:
    return {"text/html": div(CARD, SAID[chosen]), "text/plain": SAID[chosen]}


def _show(chosen: str) -> None:
    display(_mime(chosen), raw=True)  # type: ignore[no-untyped-call]
