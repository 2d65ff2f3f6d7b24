"""How flows, tasks, their runs, states and futures look as the value of a cell: the look of the settled picture.

The core knows no HTML. The ring tells IPython which function draws what, and takes that back when it is unloaded.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hookcell.definitions import Definition
from hookcell.futures import Future, FutureList
from hookcell.hooks import KINDS
from hookcell.notebook.failure import NAME, SENTENCE
from hookcell.notebook.palette import (
    CARD,
    DIM,
    GAP,
    PRE,
    SMALL,
    WHY,
    badge,
    bar,
    div,
    duration,
    escaped,
    line,
    lines,
    look_of,
    many,
    pre,
    span,
    user,
)
from hookcell.notebook.settled import to_html
from hookcell.notebook.settled.trees import clock, failed, frames, hooks_said, look, why
from hookcell.notebook.snapshots import snapshot_of, with_those_below
from hookcell.notebook.wire import row_of, where_of
from hookcell.notebook.wire.masks import MASK, is_secret
from hookcell.notebook.wire.previews import preview
from hookcell.runs import FlowRun, Run
from hookcell.states import FINAL, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

HTML = "text/html"
MOST_PARAMETERS, MOST_VALUE = 12, 80


def install(shell: InteractiveShell) -> Callable[[], None]:
    """Have a shell draw what hookcell's objects are; the function returned ends that."""
    formatter: Any = shell.display_formatter.formatters[HTML]  # type: ignore[union-attr] # every shell has one
    before = {type_: formatter.for_type(type_, _guarded(draw)) for type_, draw in DRAWN.items()}

    def end() -> None:
        for type_, was in before.items():
            formatter.pop(type_, None)
            if was is not None:
                formatter.for_type(type_, was)

    return end


def _guarded(draw: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Leave it at the plain text where something cannot be drawn: what is drawn is partly the user's."""

    def drawn(value: Any) -> str | None:
        try:
            return draw(value)
        except Exception:  # noqa: BLE001 -- whatever it is, the text still tells
            return None

    return drawn


# -- runs -------------------------------------------------------------------------------------------------------------


def run_html(run: Run) -> str | None:
    """Draw a run: an outermost one as the settled picture of it, any other as a line, and why it failed.

    An outermost one that goes on is left to the live view: a picture beside that would be wrong a moment later.
    """
    if run.parent is None and isinstance(run, FlowRun):
        return to_html(snapshot_of(run)) if run.state.type in FINAL else None
    row = row_of(run, dict(_counts_below(run)))
    return div(CARD, "".join([_run_line(run, row), bar(row["counts"]), _why(row)]))


def _counts_below(run: Run) -> Counter[str]:
    below = (one for one in with_those_below(run) if one is not run and not isinstance(one, FlowRun))
    return Counter(one.state.name for one in below)


def _run_line(run: Run, row: dict[str, Any]) -> str:
    name = f"<b>{user(row['of'], NAME)}</b>"
    title = [span(DIM, user(row["name"], NAME))] if row["name"] != row["of"] else []
    tried = [f"try {row['attempt']:,} of {row['attempts']:,}"] if row["attempt"] > 1 else []
    told = [span(DIM, said) for said in (_given(run), *tried, *hooks_said([row])) if said]
    spent = clock(row, row["state"]["at"])
    end = [span(f"float:right;padding:2px 0;{DIM}", spent)] if spent else []
    return GAP.join([badge(look(row), user(row["state"]["name"], NAME)), name, *title, *told, *end])


def _given(run: Run) -> str:
    """Tell what a run was given; what is secret is masked."""
    parameters = list(run.parameters.items())
    told = [f"{user(name, NAME)}={user(_value(name, given), MOST_VALUE)}" for name, given in parameters]
    return ", ".join(told[:MOST_PARAMETERS] + ["…"][: len(told) > MOST_PARAMETERS])


def _value(name: str, value: object) -> str:
    return MASK if is_secret(name, value) else preview(value)


def _why(row: dict[str, Any]) -> str:
    if not why(row):
        return ""
    said = user(why(row), SENTENCE)
    if not (failed(row) and row["error"]):
        return div(f"margin:4px 0;{DIM}", said)
    return pre(WHY, "\n".join([said, *map(escaped, frames(row["error"], 10))]))


# -- states and futures -----------------------------------------------------------------------------------------------


def state_html(state: State[Any]) -> str:
    """Draw a state: its message, and what it holds."""
    parts = [badge(look_of(state.name, state.type.value), user(state.name, NAME))]
    parts += [span(DIM, user(state.message, SENTENCE))] if state.message and state.exception is None else []
    return div(CARD, GAP.join(parts) + _held(state))


def _held(state: State[Any]) -> str:
    if state.exception is not None:
        told = where_of(state.exception)
        said = user(_title(state.exception), SENTENCE)
        return pre(WHY, "\n".join([said, *(escaped(row) for part in told for row in lines(part, 10))]))
    if isinstance(state.data, State):
        return div(SMALL, user(state.data, SENTENCE))
    return (
        pre(f"{PRE};margin:4px 0", escaped("\n".join(lines(preview(state.data), 6)))) if state.data is not None else ""
    )


def _title(error: BaseException) -> str:
    return f"{type(error).__name__}: {preview(str(error))[1:-1]}"


def future_html(future: Future[Any]) -> str | None:
    """Draw the run that a future is of."""
    return run_html(future.run)


def futures_html(futures: FutureList[Any]) -> str:
    """Draw the futures of a map: how many of them are in which state."""
    runs = [future.run for future in futures]
    of = ", ".join(dict.fromkeys(f"<b>{user(run.definition.name, NAME)}</b>" for run in runs[:1]))
    said = f"{many(len(futures), 'future')} of {of}" if of else many(len(futures), "future")
    return div(CARD, said + bar(Counter(run.state.name for run in runs)))


# -- flows and tasks --------------------------------------------------------------------------------------------------


def definition_html(definition: Definition) -> str:
    """Draw a flow or task: how it is called, what it does, its options and hooks."""
    name = f"{definition.kind}{GAP}<b>{user(definition.name, NAME)}</b>({_signature(definition)})"
    first, _, _ = definition.description.strip().partition("\n")
    said = [user(first, SENTENCE)] if first else []
    said += [GAP.join(filter(None, (_options(definition), _hooks(definition))))]
    return div(CARD, name + "".join(div(f"font-size:12px;{DIM}", text) for text in said if text))


def _signature(definition: Definition) -> str:
    parameters = list(definition.binder.signature.parameters.values())
    told = [user(_parameter(one), MOST_VALUE) for one in parameters[:MOST_PARAMETERS]]
    return ", ".join(told + ["…"][: len(parameters) > MOST_PARAMETERS])


def _parameter(one: Any) -> str:
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    return f"{stars}{one.name}" + ("" if one.default is one.empty else f"={_value(one.name, one.default)}")


def _options(definition: Definition) -> str:
    limit = definition.timeout_seconds
    told = [many(definition.retries, "retry").replace("retrys", "retries")] if definition.retries else []
    told += [f"timeout {duration(limit)}"] if limit is not None else []
    told += [f"version {definition.version}"] if definition.options.get("version") else []  # not one that is a hash
    told += [f"tags {', '.join(sorted(definition.tags))}"] if definition.tags else []
    return f"{GAP}".join(user(text, SENTENCE) for text in told)


def _hooks(definition: Definition) -> str:
    told = ((kind, [line(hook.name, NAME) for hook in definition.hooks[kind]]) for kind in KINDS)
    return GAP.join(user(f"{kind}: {', '.join(names)}", SENTENCE) for kind, names in told if names)


DRAWN: dict[type, Callable[[Any], str | None]] = {
    Run: run_html,
    State: state_html,
    Future: future_html,
    FutureList: futures_html,
    Definition: definition_html,
}
