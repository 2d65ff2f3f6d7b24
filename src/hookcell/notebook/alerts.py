"""Messages below the cell whose code tells them: a box each, and one for all of those that are too many."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from hookcell.gate import holding
from hookcell.notebook import kernel
from hookcell.notebook.palette import LINE, LOOKS, TINT, div, escaped, fold, lines, many, span
from hookcell.notify import notifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

# So many messages of a cell have boxes of their own; of the others the newest are in one.
MOST_BOXES, MOST_PILED = 10, 50
# How often that one is drawn anew, in seconds.
EVERY = 0.25
# How many lines of a message are seen (of a failed step ZenML's hook tells in ten), and how many when it is unfolded.
SEEN, MOST_LINES, WIDTH = 12, 200, 400
MOST_CELLS = 50

_BOX = (
    f"box-sizing:border-box;max-width:860px;margin:1px 0;padding:3px 10px;border:0;"
    f"border-left:3px solid {LOOKS['Running'].settled};background:{TINT};text-align:left;"
    "font-family:system-ui,-apple-system,sans-serif;font-size:13px;line-height:1.45"
)
_TEXT = "padding:0 0 0 20px;white-space:pre-wrap;overflow-wrap:break-word"
_FOLD = "margin:0 0 0 20px"
_PILED = f"padding:2px 0;border-top:1px solid {LINE}"


def to_html(message: str, subject: str | None, style: str = _BOX) -> str:
    """Draw a message as a box, with no script or style sheet, every string of it escaped."""
    said = lines(message, MOST_LINES, WIDTH)
    gap = "&ensp;" if len(said) == 1 else "\n"
    about = f'<b dir="auto">{escaped(" ".join(lines(subject, 2, WIDTH)))}</b>{gap}' if subject else ""
    head, rest = ("\n".join(map(escaped, part)) for part in (said[:SEEN], said[SEEN:]))
    inner = span("float:left", "✉") + div(_TEXT, f'{about}<span dir="auto">{head}</span>')
    return div(
        style, inner + (fold(many(len(said) - SEEN, "more line"), div(_TEXT, rest), style=_FOLD) if rest else "")
    )


class _Pile:
    """The messages of one cell: those that came after the first few are in one box, which is drawn anew."""

    def __init__(self) -> None:
        self.count = 0
        self._messages: list[tuple[str, str | None]] = []
        self._context: Context | None = None
        self._display: Any = None
        self._drawn = 0.0
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()

    def add(self, message: str, subject: str | None) -> None:
        """Show a message."""
        with self._lock:
            self.count += 1
            if self.count <= MOST_BOXES:
                kernel.here().run(_display, to_html(message, subject), notifier.as_text(message, subject))
                return
            self._messages = [*self._messages, (message, subject)][-MOST_PILED:]
            self._context = self._context or kernel.here()
            if self._timer is None:
                self._draw_in_time()

    def _draw_in_time(self) -> None:
        wait = self._drawn + EVERY - time.monotonic()
        if wait <= 0:
            self.draw()
            return
        self._timer = threading.Timer(wait, self.draw)
        self._timer.daemon = True
        self._timer.start()

    def draw(self) -> None:
        """Show the box as it is to be now."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._context is not None:
                self._context.copy().run(self._show)
            self._drawn = time.monotonic()

    def _show(self) -> None:
        mime = {"text/html": self._html(), "text/plain": self._text()}
        if self._display is None:
            self._display = _show(mime, display_id=True)
        else:
            self._display.update(mime, raw=True)

    def _html(self) -> str:
        said = "".join(to_html(message, subject, _PILED) for message, subject in self._messages)
        left = self.count - MOST_BOXES - len(self._messages)
        dropped = div(_PILED, f"{many(left, 'message')} before these") if left else ""
        return div(_BOX, fold(f"✉&ensp;{many(self.count - MOST_BOXES, 'more message')}", dropped + said))

    def _text(self) -> str:
        left = self.count - MOST_BOXES - len(self._messages)
        said = [f"✉ {many(left, 'more message')}"] if left else []
        return "\n".join([*said, *(notifier.as_text(message, subject) for message, subject in self._messages)])

    @property
    def late(self) -> bool:
        """Whether there is something that has not been drawn."""
        return self._timer is not None


def _display(html: str, text: str) -> None:
    _show({"text/html": html, "text/plain": text})


def _show(mime: dict[str, str], **more: Any) -> Any:
    from IPython.display import display  # noqa: PLC0415 -- only a kernel draws

    return display(mime, raw=True, **more)  # type: ignore[no-untyped-call]


class Boxes:
    """Shows messages in the cells whose code tells them, and rings for readers who look elsewhere.

    Args:
        ring: Tells somebody who does not look at the page.
    """

    def __init__(self, ring: Callable[[str, str | None], object]) -> None:
        self._ring = ring
        self._piles: dict[str, _Pile] = {}
        self._lock = threading.Lock()

    def show(self, message: str, subject: str | None) -> None:
        """Show a message, from any thread."""
        if not kernel.displays_here():
            notifier.show_text(message, subject)
            return
        hook_run = holding.get()
        if hook_run is not None:  # a hook's record keeps what it said, however it was shown
            hook_run.heard(notifier.as_text(message, subject) + "\n")
        self._pile_here().add(message, subject)
        self._ring(message, subject)

    def _pile_here(self) -> _Pile:
        with self._lock:
            pile = self._piles.setdefault(kernel.cell_key(), _Pile())
            for key in list(self._piles)[:-MOST_CELLS]:
                self._piles.pop(key).draw()
        return pile

    def end_cell(self, _result: Any = None) -> None:
        """Draw what waits, before the next cell begins."""
        for pile in tuple(self._piles.values()):
            if pile.late:
                pile.draw()


def show_in_cells(ring: Callable[[str, str | None], object]) -> Callable[[], None]:
    """Have messages shown as boxes; the function returned ends that."""
    boxes = Boxes(ring)
    before, notifier.show = notifier.show, boxes.show
    forget = kernel.on_cell_end(boxes.end_cell)

    def end() -> None:
        notifier.show = before
        forget()
        boxes.end_cell()

    return end
