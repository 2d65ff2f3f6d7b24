"""The parked driver: stops at the body, which is somebody else's to run, and resumes with what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hookcell.drive.aio import Caller, reset
from hookcell.drive.sync import PERFORM, advance, crash
from hookcell.runs import current
from hookcell.shield import shield_here
from hookcell.steps import Body

if TYPE_CHECKING:
    from collections.abc import Generator

    from hookcell.outcome import Outcome
    from hookcell.runs import Run
    from hookcell.steps import Step

    Plan = Generator[Step, Outcome, None]


class Parked:
    """A run whose body is somebody else's to run: stop at the body, resume with what it did.

    >>> from hookcell import flow
    >>> from hookcell.drive import Outcome, Parked
    >>> from hookcell.engine import life_of
    >>> run = flow(name="cell")(lambda: None).begin((), {})
    >>> parked = Parked(life_of(run), run)
    >>> parked.to_body()
    True
    >>> parked.run.state.name
    'Running'
    >>> parked.resume(Outcome(42))
    False
    >>> parked.run.state.result()
    42
    """

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan, self.run = plan, run
        # A cancellation that came from outside while hookcell's own code ran.
        self.foreign: BaseException | None = None

    def to_body(self) -> bool:
        """Perform the steps before the body; False if there will be no body."""
        return self.resume(None)

    def resume(self, outcome: Outcome | None) -> bool:
        """Go on after the body, to the next try's body (True) or to the end (False)."""
        shield = shield_here()
        entered = current.set(self.run)
        try:
            while (step := advance(self.plan, outcome)) is not None:
                if type(step) is Body:
                    return True
                outcome = PERFORM[step.__class__](step, shield, None)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong, no run is left unfinished: this one crashes
            crash(self.plan, error)
        finally:
            current.reset(entered)
        return False

    async def aresume(self, outcome: Outcome | None) -> bool:
        """Go on like `resume`, without blocking the event loop."""
        caller = Caller()
        entered = current.set(self.run)
        try:
            while (step := advance(self.plan, outcome)) is not None:
                if type(step) is Body:
                    return True
                outcome = await caller.perform(step)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong, no run is left unfinished: this one crashes
            crash(self.plan, error)
        finally:
            self.foreign = self.foreign or caller.foreign
            reset(current, entered)
        return False
