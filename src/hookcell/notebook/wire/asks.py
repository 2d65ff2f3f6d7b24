"""Asks: what the browser asks of a board, and what it is answered. Each is answered, also what cannot be understood."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from hookcell import rerun
from hookcell.errors import describe
from hookcell.notebook.wire.detail import detail_of
from hookcell.notebook.wire.texts import clip
from hookcell.notebook.wire.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from hookcell.notebook.wire.board import Board
    from hookcell.notebook.wire.groups import Group
    from hookcell.runs import Run

    Message = dict[str, Any]

MOST_ON_PAGE = 200
# So many are answered at once; the others in the next rounds.
MOST_AT_ONCE = 20
MOST_REPLY = 300
# Seconds that the values of runs are waited for before the others are drawn.
AT_ONCE = 0.02
IN_STATE = "state:"
UNKNOWN_RUN = "The kernel does not know this run any more."
UNKNOWN_GROUP = "The kernel does not know these runs any more."


class NotAnswerableError(Exception):
    """What is asked cannot be done; its text tells why."""


class Asks:
    """The questions of one board's browsers, in order; any thread may put one, the drawing thread answers.

    Args:
        board: The board that is asked.
        context: A copy of it is what runs begin in, so that they are shown and print where the board is.
        nudge: Wakes the drawing thread.
    """

    def __init__(self, board: Board, context: Context, nudge: Callable[[], None]) -> None:
        self._board, self._context, self._nudge = board, context, nudge
        self._asked: deque[Any] = deque()
        self._looking: list[tuple[Message, Values]] = []
        self._told: deque[Message] = deque()

    def put(self, message: Any) -> None:
        """Take a question."""
        self._asked.append(message)
        self._nudge()

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for an answer that nobody will tell of."""
        return bool(self._asked or self._looking)

    def answers(self, now: float) -> list[Message]:
        """Give the answers that are ready."""
        for _ in range(min(len(self._asked), MOST_AT_ONCE)):
            self._answer(self._asked.popleft())
        for _, values in self._looking:
            values.wait(AT_ONCE / len(self._looking))
        ready = [asked for asked in self._looking if asked[1].ready(now)]
        self._looking = [asked for asked in self._looking if asked not in ready]
        for message, values in ready:
            self._answer(message, partial(self._detail, values))
        return [self._told.popleft() for _ in range(len(self._told))]

    def _answer(self, message: Any, answer: Callable[[Message], Message | None] | None = None) -> None:
        asked: Message = message if isinstance(message, dict) else {}
        try:
            answer = answer or self._answer_to(asked)
            content = answer(asked)
        except NotAnswerableError as error:
            content = _reply(False, str(error))
        except Exception as error:  # noqa: BLE001 -- a run's values are the user's, and a question may be anything
            content = _reply(False, f"The kernel could not answer: {describe(error)}")
        if content is not None:
            self._told.append({**content, "id": _id(asked)})

    def _answer_to(self, asked: Message) -> Callable[[Message], Message | None]:
        kind = asked.get("type")
        if not isinstance(kind, str) or kind not in _ANSWERS:
            raise NotAnswerableError(f"The kernel does not know what {clip(kind, 40)!r} asks for.")
        return partial(_ANSWERS[kind], self)

    # -- looking

    def _snapshot(self, _asked: Message) -> Message:
        return {"type": "snapshot", "snapshot": self._board.snapshot()}

    def _page(self, asked: Message) -> Message:
        group = self._board.group(_count(asked.get("group")))
        if group is None:
            raise NotAnswerableError(UNKNOWN_GROUP)
        part, gone, runs = self._part(group, asked.get("part"))
        first, most = _count(asked.get("from")), min(_count(asked.get("count"), MOST_ON_PAGE), MOST_ON_PAGE)
        wanted = runs[first - gone : first - gone + most] if first >= gone else []
        about = {"type": "page", "group": group.number, "part": part, "from": first, "total": gone + len(runs)}
        return {**about, "rows": [self._board.row(run) for run in wanted]}

    def _part(self, group: Group, part: Any) -> tuple[str, int, list[Run]]:
        """Give the runs of a part of a group, and how many before them are gone."""
        if part == "all":
            return part, group.gone, group.in_order()
        if part == "trouble":
            return part, group.troubled - len(group.trouble), group.trouble
        if isinstance(part, str) and part.startswith(IN_STATE):
            return part, 0, self._board.runs_in(group, part.removeprefix(IN_STATE))
        raise NotAnswerableError(f"The kernel does not know the part {clip(part, 40)!r} of these runs.")

    def _look(self, asked: Message) -> None:
        """Have the values of a run looked at; the answer comes when they have been."""
        self._looking.append((asked, Values(self._run(asked), self._context, self._nudge)))

    def _detail(self, values: Values, _asked: Message) -> Message:
        run = values.run
        return {"type": "detail", "run": run.number, "detail": detail_of(run, values, self._board.log)}

    def _log(self, asked: Message) -> Message:
        run, before = self._run(asked), asked.get("before")
        page = self._board.log.page(run, None if before is None else _count(before), _count(asked.get("count"), 200))
        return {"type": "log", "run": run.number, **page}

    def _run(self, asked: Message) -> Run:
        run = self._board.find(asked.get("run"))
        if run is None:
            raise NotAnswerableError(UNKNOWN_RUN)
        return run

    # -- acting

    def _cancel(self, asked: Message) -> Message:
        return _reply(*rerun.press("cancel", self._run(asked), self._context))

    def _approve(self, asked: Message) -> Message:
        """Take the answer to a question that the code of a run has asked."""
        refused = self._board.told.answer(asked.get("question"), asked.get("approve"))
        return _reply(not refused, refused)

    def _again(self, asked: Message) -> None:
        """Begin another run, on a thread of its own: to check what it is given is the user's code too."""
        run, kind = self._run(asked), asked["type"]
        if kind not in self._board.can:
            raise NotAnswerableError(f"{clip(run.name, 100)} cannot be run again from here.")
        threading.Thread(target=self._begin, args=(asked, kind, run), name="hookcell-again", daemon=True).start()

    def _begin(self, asked: Message, kind: str, run: Run) -> None:
        self._told.append({**_reply(*rerun.press(kind, run, self._context)), "id": _id(asked)})
        self._nudge()

    def _touched(self, _asked: Message) -> None:
        """Somebody looks; that was noted when it was said."""


# What a question's `type` stands for. A method that gives None answers later, or not at all.
_ANSWERS: dict[str, Callable[[Asks, Message], Message | None]] = {
    "resync": Asks._snapshot,
    "page": Asks._page,
    "detail": Asks._look,
    "log": Asks._log,
    "cancel": Asks._cancel,
    "again": Asks._again,
    "retry": Asks._again,
    "answer": Asks._approve,
    "touched": Asks._touched,
}


def _reply(ok: bool, text: str) -> Message:  # noqa: FBT001 -- the two halves of what is told of a button
    return {"type": "reply", "ok": ok, "text": clip(text, MOST_REPLY)}


def _id(asked: Message) -> int | None:
    number = asked.get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _count(value: Any, otherwise: int = 0) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else otherwise
