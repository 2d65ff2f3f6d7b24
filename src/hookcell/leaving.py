"""Leaving: no background run is lost because the process ends.

A script waits for them at its end, and Ctrl-C then cancels them. A kernel that is shut down cancels them, the newest
first, and SIGTERM ends them as it ends any run; hooks are called, and all of them have some seconds for that.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from hookcell import shield, unseen, waiting
from hookcell.forks import in_child

if TYPE_CHECKING:
    from hookcell.cancel import Reason
    from hookcell.runs import Run

# How long all background runs together may take to stop when the process is told to end, in seconds.
grace: float = 5.0
# Whether the end of the process cancels what is open instead of waiting for it: so it is in a kernel.
cancels: bool = False
# How long the end of the process waits before it says for what, in seconds.
SAY_AFTER = 1.0
# How often Ctrl-C is heard while the process waits: the third leaves at once.
PATIENCE = 2


class _Open:
    """A run that is open, and what is set when it is not any more."""

    __slots__ = ("ended", "run")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.ended = threading.Event()


_open: dict[int, _Open] = {}


def note(run: Run) -> None:
    """Note that a background run is open."""
    _hear_of_the_end()
    _open[run.number] = _Open(run)


def strike_off(run: Run) -> None:
    """Note that a background run is over, and nothing more will be heard of it."""
    if (one := _open.pop(run.number, None)) is not None:
        one.ended.set()


def open_runs() -> tuple[Run, ...]:
    """Give the background runs that are open, oldest first."""
    return tuple(one.run for one in tuple(_open.values()))


def wait_for_all(seconds: float | None = None) -> bool:
    """Wait until no background run is open, also none that starts meanwhile; False if so many seconds pass first."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while several := tuple(_open.values()):
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        several[0].ended.wait(waiting.sliced(left))
    return True


def end_all(reason: Reason, seconds: float) -> list[str]:
    """Stop all background runs, the newest first, each with its hooks before the next.

    Args:
        reason: Why.
        seconds: How long all of them may take; each has an equal share of what is left.

    Returns:
        The names of those that have not stopped.
    """
    deadline = time.monotonic() + seconds
    several = tuple(_open.values())[::-1]
    for place, one in enumerate(several):
        one.run.token.cancel(reason)
        left = max(0.0, deadline - time.monotonic())
        one.ended.wait(left / (len(several) - place))
    return [one.run.name for one in several if not one.ended.is_set()]


# -- the end of the process ----------------------------------------------------------------------------------------

_heard = False


def _hear_of_the_end() -> None:
    """Hear of the end of this process: before `concurrent.futures` does, which then refuses work to runs still open."""
    global _heard  # noqa: PLW0603 -- a process ends once
    _take_sigterm()
    if not _heard:
        _heard = True
        import concurrent.futures.thread  # noqa: F401, PLC0415 -- it is to hear of the end after us: the last is first

        register: Any = getattr(threading, "_register_atexit", None)
        if register is None:  # private, and `atexit` is later: when it is called, no pool takes work any more
            import atexit  # noqa: PLC0415 -- for a Python without that

            register = atexit.register
        try:
            register(_last_act)
        except RuntimeError:  # the process is ending already: what is started now may be lost, as any thread's work
            pass


def _last_act() -> None:
    """Wait for what is open, or cancel it; then the process may end."""
    if _stopping is not None:
        _stopping.join()
    if cancels:
        _tell_stuck(end_all("shutdown", grace))
    elif _open:
        _wait_for_the_last()
    unseen.tell_all()


def _wait_for_the_last() -> None:
    for presses in range(PATIENCE + 1):
        try:
            _wait_aloud(quietly=presses > 0)
        except KeyboardInterrupt:
            if presses == PATIENCE:
                break
            for run in open_runs()[::-1]:
                run.token.cancel("interrupt")
        else:
            return
    _tell_stuck([run.name for run in open_runs()])


def _wait_aloud(*, quietly: bool) -> None:
    if not quietly and not wait_for_all(SAY_AFTER):
        names = ", ".join(run.name for run in open_runs())
        _say(f"waiting for background runs, Ctrl-C cancels them: {names}")
    wait_for_all()


def _tell_stuck(names: list[str]) -> None:
    if names:
        _say(f"background runs that did not stop, and end with the process: {', '.join(names)}")


def _say(line: str) -> None:
    try:
        print(f"hookcell: {line}", file=sys.stderr, flush=True)  # noqa: T201 -- a log may be closed by now
    except Exception:  # noqa: BLE001, S110 -- so may stderr
        pass


# -- SIGTERM -------------------------------------------------------------------------------------------------------

_pid = 0
# What has become of SIGTERM: nothing yet; a thread stops the runs; they have stopped, or had their time.
_stopping: threading.Thread | None = None
_stopped = False


def _take_sigterm() -> None:
    """Handle SIGTERM from now on, if nobody else does: with no background run open, it ends the process as ever."""
    global _pid  # noqa: PLW0603 -- a forked process has handlers that are not its own
    if shield.main_shield().stand_in(_on_sigterm):
        _pid = os.getpid()


def _on_sigterm(_number: int, _frame: Any) -> None:
    """Stop what is open on a thread, because this frame may be anybody's; then let the process end as it would have."""
    global _stopping  # noqa: PLW0603 -- a process ends once
    if _stopped or not _open or os.getpid() != _pid:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    elif _stopping is None:
        _stopping = threading.Thread(target=_stop_by_signal, name="hookcell-leaving", daemon=True)
        _stopping.start()


def _stop_by_signal() -> None:
    global _stopped  # noqa: PLW0603 -- a process ends once
    _tell_stuck(end_all(shield._intended(), grace))
    unseen.tell_all()
    shield._flush()
    _stopped = True
    os.kill(os.getpid(), signal.SIGTERM)


@in_child
def _after_fork() -> None:
    global _stopping  # noqa: PLW0603 -- the thread is in another process
    _open.clear()
    _stopping = None
