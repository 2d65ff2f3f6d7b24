"""Questions: a form below the launching cell, which blocks its code until the reader has answered."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from hookcell.blocking import stand
from hookcell.cancel import CancelToken
from hookcell.errors import RunInterrupted
from hookcell.gate import holding
from hookcell.notebook import kernel
from hookcell.notebook.told import Question
from hookcell.notify import NobodyToAsk, notifier
from hookcell.runs import current
from hookcell.shield import shield_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Seconds.
LOOK_UP_EVERY = 0.5
GONE = (
    "the question was withdrawn because the view of its cell was closed: %unload_ext hookcell and "
    "%config Hookcell.view = False do that; ask again, and the answer is given at a prompt"
)


class Asked(Protocol):
    """Where questions are put: the view."""

    def ask(self, question: Question) -> None:
        """Put a question on the board of the cell that the running code belongs to, and show it at once."""

    def nudge(self) -> None:
        """Show what has become of it."""


def ask_by(view: Callable[[], Asked | None], ring: Callable[[str, str | None], object]) -> Callable[[], None]:
    """Have questions come as forms wherever the answer can be heard; the function returned ends that.

    Args:
        view: Gives where forms are put, or None where there are none.
        ring: Tells somebody who does not look at the page that there is a question.
    """

    def ask(question: str, subject: str | None) -> bool:
        shown = None if kernel.headless() or not kernel.hears_while_busy() else view()
        if shown is None:
            return notifier.ask_at_prompt(question, subject)
        return ask_in_cell(shown, question, subject, ring)

    before, notifier.answer_to = notifier.answer_to, ask

    def end() -> None:
        notifier.answer_to = before

    return end


def allow_by(show: Callable[[], None]) -> Callable[[], None]:
    """Have the reader asked for notifications in a way of one's own; the function returned ends that."""
    before, notifier.allow = notifier.allow, show

    def end() -> None:
        notifier.allow = before

    return end


def ask_in_cell(
    view: Asked, text: str, subject: str | None, ring: Callable[[str, str | None], object] | None = None
) -> bool:
    """Ask by a form, and stand still until it is answered or the code that asks is to stop.

    Raises:
        NobodyToAsk: The view was closed before there was an answer.
        RunInterrupted: The run is to stop; the question is then shown as withdrawn.
    """
    __tracebackhide__ = True
    run = current.get()
    question = Question(text, subject, run)
    # A hook's own token is its thread's; in a thread that a body has started, the run's is all there is.
    token = CancelToken() if run is None or holding.get() is not None else run.token
    before = token.presses
    try:
        # From before it is shown: an Interrupt may come as soon as there is something to look at.
        with kernel.interrupts_noted(partial(question.nudge.put, None)) as noted:
            with _unstopped():
                view.ask(question)
                if ring is not None:
                    ring(text, subject)
            _wait_until(partial(_is_over, question, token, before, noted), question, token)
        return _was_approved(question)
    finally:
        with _unstopped():
            question.withdraw()
            view.nudge()


def _wait_until(over: Callable[[], bool], question: Question, token: CancelToken) -> None:
    __tracebackhide__ = True
    unwatch = token.watch(partial(question.nudge.put, None))
    try:
        while not over():
            stand(over, question.nudge, _patience())
    finally:
        unwatch()


def _was_approved(question: Question) -> bool:
    __tracebackhide__ = True
    if question.answer == "withdrawn":
        raise NobodyToAsk(GONE)
    if question.answer is None:
        raise RunInterrupted
    return question.answer == "approve"


def _is_over(question: Question, token: CancelToken, before: int, noted: list[None]) -> bool:
    return question.answer is not None or token.presses > before or bool(noted)


def _patience() -> float | None:
    """How long to stand still at once: a signal that comes just before the main thread does is heard after that.

    A hook stands still for good, because each time it would wait for its turn again.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return LOOK_UP_EVERY if is_main and holding.get() is None else None


@contextmanager
def _unstopped() -> Iterator[None]:
    """Keep a stop from leaving a question that nobody waits for, or a board half told."""
    shield = shield_here()
    outer = shield.lower()
    try:
        yield
    finally:
        shield.raise_again(outer)
