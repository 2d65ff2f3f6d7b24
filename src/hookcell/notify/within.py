"""How anything that sends is kept to a time: in a thread of its own, which is left behind when the time is up."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from hookcell.notify.failures import NotificationError

if TYPE_CHECKING:
    from collections.abc import Callable


def in_time(call: Callable[[], object], seconds: float) -> BaseException | None:
    """Call in a thread of its own; give what it raised, or that it took too long."""
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def work() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 -- it is for the caller, also when it is a SystemExit
            ended.put(error)
        else:
            ended.put(None)

    try:
        threading.Thread(target=work, name="hookcell-notify", daemon=True).start()
    except RuntimeError:  # the process is ending, and starts no thread any more
        work()
    try:
        return ended.get(timeout=seconds)
    except Empty:
        return NotificationError(f"there was no answer within {seconds:g} s", passing=True)
