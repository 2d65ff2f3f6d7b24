"""Digests: of many messages in a short time the first is sent at once, and what follows it as one."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from hookcell.deadlines import deadlines
from hookcell.notify import outbox

if TYPE_CHECKING:
    from collections.abc import Callable

# Of more messages than this only the number is told.
MOST_LINES = 10
LONGEST_LINE = 300


class Digest:
    """Lets one message through in so many seconds; what comes in between is sent together at the end of that time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._lines: Counter[str] = Counter()
        self._until = float("-inf")
        # Sends the digest as the newest message was to be sent: with its run, to its cell.
        self._send: Callable[[str], object] | None = None

    def admits(self, line: str, send: Callable[[str], object]) -> bool:
        """Whether a message may be sent now; if not, it is kept for the digest, which `send` will be given.

        Args:
            line: The message in a line.
            send: Sends a text.
        """
        with self._lock:
            now = time.monotonic()
            if now >= self._until and not self._lines:
                self._until = now + self.seconds
                return True
            if not self._lines:
                deadlines.add(self, max(0.0, self._until - now), self.close)
                outbox.to_close.append(self.close)
            self._lines[line] += 1
            self._send = send
            return False

    def close(self) -> None:
        """Send what was gathered."""
        with self._lock:
            if not self._lines:
                return
            lines, self._lines, send, self._send = self._lines, Counter(), self._send, None
            self._until = time.monotonic() + self.seconds
            deadlines.remove(self)
            outbox.to_close.remove(self.close)
        if send is not None:
            send(text_of(lines, self.seconds))


def text_of(lines: Counter[str], seconds: float) -> str:
    """Tell of several messages in one."""
    shown = [f"- {line}" if count == 1 else f"- {line} (×{count})" for line, count in list(lines.items())[:MOST_LINES]]
    left = lines.total() - sum(list(lines.values())[:MOST_LINES])
    told = [f"and {left} more"] if left else []
    return "\n".join([f"{lines.total()} more within {_time(seconds)}:", *shown, *told])


def line_of(message: str) -> str:
    """Give a message's first line, as a digest has it."""
    first = next((line for line in message.splitlines() if line.strip()), "")
    return first if len(first) <= LONGEST_LINE else f"{first[: LONGEST_LINE - 1]}…"


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
