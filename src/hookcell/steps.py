"""Steps: what the life of a run asks to have done; `drive` does it, in whichever way the run is driven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hookcell.cancel import CancelToken, HookToken
    from hookcell.hooks import HookRun
    from hookcell.injection import Call, Moment
    from hookcell.runs import Run


class Body:
    """Call the function of the run's definition; the outcome is what it gave or raised."""

    __slots__ = ("run",)

    run: Run

    def __init__(self, run: Run) -> None:
        self.run = run


class HookCall:
    """Call a hook, or its condition; the outcome is what it gave or raised."""

    __slots__ = ("call", "hook_run", "moment", "token")

    hook_run: HookRun
    moment: Moment
    token: HookToken
    call: Call

    def __init__(self, hook_run: HookRun, moment: Moment, token: HookToken, call: Call) -> None:
        self.hook_run, self.moment, self.token, self.call = hook_run, moment, token, call


class TakeGate:
    """Wait until it is a hook call's turn, or it is abandoned."""

    __slots__ = ("hook_run", "token")

    hook_run: HookRun
    token: HookToken

    def __init__(self, hook_run: HookRun, token: HookToken) -> None:
        self.hook_run, self.token = hook_run, token


class Sleep:
    """Wait so many seconds, or until the token is cancelled."""

    __slots__ = ("seconds", "token")

    seconds: float
    token: CancelToken

    def __init__(self, seconds: float, token: CancelToken) -> None:
        self.seconds, self.token = seconds, token


class Wait:
    """Wait until all futures are done, or the token is cancelled; at most `seconds` if given."""

    __slots__ = ("futures", "seconds", "token")

    futures: Sequence[Any]
    token: CancelToken | None
    seconds: float | None

    def __init__(self, futures: Sequence[Any], token: CancelToken | None, seconds: float | None = None) -> None:
        self.futures, self.token, self.seconds = futures, token, seconds


Step = Body | HookCall | TakeGate | Sleep | Wait
