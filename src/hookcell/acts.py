"""What can be asked of any run: to wait for it, to show it, and to make its call once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Generator

    from hookcell.extras import Aside
    from hookcell.states import State


class Asked:
    """A run as something one can ask; the floors above do what is asked."""

    __slots__ = ()

    _aside: Aside | None

    @property
    def background(self) -> bool:
        """Whether `start`, or a cell with `--background`, has started it."""
        return self._aside is not None and self._aside.background

    def wait(self, timeout: float | None = None) -> State[Any]:
        """Wait until the run is over and its hooks have been called; give its final state.

        A failure is looked at thereby: it is not told a second time. In a notebook, Interrupt ends the wait, and the
        run goes on.

        Args:
            timeout: Most seconds to wait; None for no limit.

        Raises:
            WaitTimeout: The run was not over in time; it goes on.
            SelfWaitError: The run's own code, or one of its hooks, waits for it.
            RunInterrupted: The kernel's Interrupt ended the wait; the run goes on.

        >>> from hookcell import flow
        >>> @flow
        ... def nightly():
        ...     return 3
        >>> nightly.start().wait()
        Completed(message=None, type=COMPLETED, result=3)
        """
        __tracebackhide__ = True
        return session.acts.wait(self, timeout)  # type: ignore[arg-type] # it is a run

    def result(self, timeout: float | None = None) -> Any:
        """Wait until the run is over; give what a call would have given, or raise what it would have raised.

        Args:
            timeout: Most seconds to wait; None for no limit.

        Raises:
            Exception: Whatever the run's function raised.
            CancelledRun: The run was cancelled.
            WaitTimeout, SelfWaitError, RunInterrupted: As for `wait`.
        """
        __tracebackhide__ = True
        return session.acts.result(self, timeout)  # type: ignore[arg-type] # it is a run

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the run without blocking the event loop, and give its result, as `result` does.

        `SystemExit` and `KeyboardInterrupt` that ended it come as `CrashedRun`: raised by an asyncio task, they would
        end the notebook's event loop.
        """
        return session.acts.awaited(self)  # type: ignore[arg-type] # it is a run

    def again(self) -> Self:
        """Make the same call once more, from nothing, in the background; give the new run at once.

        Raises:
            CannotRunAgain: It is the run of a `%%flow` cell, whose body is the cell.

        >>> from hookcell import flow
        >>> @flow
        ... def double(x):
        ...     return 2 * x
        >>> run = double.start(21)
        >>> run.again().result()
        42
        """
        __tracebackhide__ = True
        return session.acts.again(self)  # type: ignore[return-value,arg-type] # of the same definition

    def retry(self) -> Self:
        """Make the same call once more, in the background, and take over what has completed; give the new run at once.

        A task run gives its earlier result at once, in a state named Cached (`on_cached` fires), if in the earlier run
        the same call of it has completed: the task's name and code, which of its calls it is in its flow, and equal
        arguments. All others run.

        Raises:
            CannotRunAgain: It is not over yet, or it is the run of a `%%flow` cell, whose body is the cell.

        >>> from hookcell import flow, task
        >>> calls = []
        >>> @task
        ... def load():
        ...     calls.append("load")
        ...     return 3
        >>> @task
        ... def check(rows):
        ...     calls.append("check")
        ...     if calls.count("check") < 2:
        ...         raise ValueError(rows)
        >>> @flow
        ... def nightly():
        ...     check(load())
        >>> run = nightly.start()
        >>> run.wait().name
        'Failed'
        >>> run.retry().wait().name
        'Completed'
        >>> calls
        ['load', 'check', 'check']
        """
        __tracebackhide__ = True
        return session.acts.retry(self)  # type: ignore[return-value,arg-type] # of the same definition

    def view(self) -> None:
        """Show the run here and now: in a notebook its live view in the present cell, elsewhere a few lines of text."""
        session.acts.show(self)  # type: ignore[arg-type] # it is a run
