"""What the code of a cell has asked its reader, and what was answered. Asked and answered on any thread."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from hookcell.runs import FlowRun

if TYPE_CHECKING:
    from hookcell.runs import Run

    Answer = Literal["approve", "decline", "withdrawn"]

# Of more open questions the oldest are shown, of more closed ones the newest.
MOST_OPEN, MOST_CLOSED = 50, 20
MOST_TEXT = 2_000
UNKNOWN = "This question is not on this board any more."
NO_ANSWER = "An answer is either approve or decline."
CLOSED: dict[str | None, str] = {
    "approve": "This question was already approved.",
    "decline": "This question was already declined.",
    "withdrawn": "This question was withdrawn before it was answered.",
}


class Question:
    """A question to the reader of a cell, open until it is answered or withdrawn.

    Attributes:
        answer: "approve", "decline", "withdrawn", or None while it is open.
        nudge: Gets an item when it is closed.
    """

    def __init__(self, text: str, subject: str | None = None, run: Run | None = None) -> None:
        self.id = 0
        self.text, self.subject, self.run = text, subject, run
        self.at = time.time()
        self.answer: Answer | None = None
        self.answered: float | None = None
        self.nudge: SimpleQueue[None] = SimpleQueue()
        self.told: Told | None = None

    def withdraw(self) -> None:
        """Wait for no answer any more; nothing if there is one."""
        if self.told is not None:
            self.told.close(self, "withdrawn")

    @property
    def by(self) -> str | None:
        """Who asks: a task run by its own name, which tells those of a map apart, a flow by its flow's."""
        if self.run is None:
            return None
        return self.run.definition.name if isinstance(self.run, FlowRun) else self.run.name

    def wire(self) -> dict[str, Any]:
        """Give the question as JSON."""
        return {
            "id": self.id,
            "at": self.at,
            "run": None if self.run is None else self.run.number,
            "by": _clipped(self.by),
            "subject": _clipped(self.subject),
            "text": _clipped(self.text),
            "answer": self.answer,
            "answered": self.answered,
        }


def _clipped(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


class Told:
    """The questions of one board, in the order in which they were asked."""

    def __init__(self) -> None:
        self.dirty = False
        self._lock = threading.RLock()
        self._questions: dict[int, Question] = {}
        self._open: dict[int, Question] = {}

    @property
    def open(self) -> bool:
        """Whether an answer is waited for."""
        return bool(self._open)

    def ask(self, question: Question) -> None:
        """Put a question on the board."""
        with self._lock:
            question.told, question.id = self, len(self._questions) + 1
            self._questions[question.id] = self._open[question.id] = question
            self.dirty = True

    def close(self, question: Question, answer: Answer) -> bool:
        """Close a question, if it is open; whether it was."""
        with self._lock:
            if self._open.pop(question.id, None) is None:
                return False
            question.answer, question.answered = answer, time.time()
            self.dirty = True
        question.nudge.put(None)
        return True

    def answer(self, number: Any, approve: Any) -> str:
        """Take an answer from a browser; the reason why not, or an empty text."""
        question = self._questions.get(number) if isinstance(number, int) else None
        if question is None:
            return UNKNOWN
        if not isinstance(approve, bool):
            return NO_ANSWER
        return "" if self.close(question, "approve" if approve else "decline") else CLOSED[question.answer]

    def withdraw(self) -> None:
        """Close all questions that are open: nobody can answer them any more."""
        for question in tuple(self._open.values()):
            self.close(question, "withdrawn")

    def stamp(self) -> dict[str, Any]:
        """Give what every message says of the questions."""
        with self._lock:
            closed = [question for question in self._questions.values() if question.answer is not None]
            shown = [*closed[-MOST_CLOSED:], *tuple(self._open.values())[:MOST_OPEN]]
            told = [question.wire() for question in sorted(shown, key=lambda one: one.id)]
            return {"questions": told, "more_questions": len(self._questions) - len(shown)}
