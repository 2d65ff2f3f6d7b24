"""What is attached, as text: hooks of flows and tasks, when they fire, what they are given, where they come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hookcell import versions
from hookcell.conditions import DEFAULT_TIMEOUT, Conditions
from hookcell.definitions import Definition
from hookcell.errors import HookcellError
from hookcell.hooks import KINDS
from hookcell.injection import _parameters, bound_in, name_of
from hookcell.notebook import kernel
from hookcell.notify import Alert, used
from hookcell.notify.flavours import NOBODY
from hookcell.notify.hidden import scrubbed, secrets_of
from hookcell.notify.notifier import kind_of, label_of
from hookcell.notify.stacks import offered
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hookcell.hooks import Hook, Hooks


def definitions_in(names: Mapping[str, Any]) -> dict[str, Definition]:
    """Give the flows and tasks among a notebook's variables, by name; each one once."""
    found: dict[int, tuple[str, Definition]] = {}
    for name, value in tuple(names.items()):  # at once: a thread may be adding variables
        if is_definition(value) and not name.startswith("_"):
            found.setdefault(id(value), (name, value))
    return dict(sorted(found.values(), key=lambda pair: pair[0]))


def is_definition(value: Any) -> bool:
    """Whether something is a flow or task, without asking it: what a proxy says of its class is the user's code."""
    return issubclass(type(value), Definition)


def listing(names: Mapping[str, Any], magic: str) -> str:
    """Tell all that is attached: to every run, to each flow and task; and where alerts go."""
    there_are = definitions_in(names)
    blocks = [_alerts(magic)]
    if lines := _lines(session.hooks, {}):
        blocks.append("\n".join(["every run of this session", *lines]))
    bare = []
    for name, definition in there_are.items():
        lines = _of(definition)
        if lines:
            blocks.append("\n".join([title(name, definition), *lines]))
        else:
            bare.append(name)
    if bare:
        blocks.append(f"without hooks: {', '.join(bare)}")
    if not there_are:
        blocks.append("no flows or tasks in this notebook yet")
    return "\n\n".join(blocks)


def title(name: str, definition: Definition) -> str:
    """Say what a variable holds: `etl (flow)`, `load_rows = task 'load'`."""
    what = word_for(definition)
    return f"{name} ({what})" if name == definition.name else f"{name} ({what} {definition.name!r})"


def word_for(definition: Definition) -> str:
    """Give what its dialect calls it: a flow, task, step or pipeline."""
    return getattr(definition, "word", definition.kind)


def _of(definition: Definition) -> list[str]:
    own = _lines(definition.hooks, getattr(definition, "kind_words", {}))
    each: Any = getattr(definition, "each_task", None)
    for_each = _lines(each, getattr(definition, "each_kind_words", {}), indent="    ") if each else []
    below = f"  for each {getattr(definition, 'each_word', 'task')} without its own"
    return own + ([below, *for_each] if for_each else [])


# -- one hook ----------------------------------------------------------------------------------------------------------


def _lines(hooks: Hooks, words: Mapping[str, str], indent: str = "  ") -> list[str]:
    rows = [(kind, hook) for kind, hook in by_word(hooks, words)]
    cleared = [words.get(kind, kind) for kind in KINDS if kind in hooks and not hooks[kind]]
    width = max([len(kind) for kind, _ in rows] + [len(kind) for kind in cleared], default=0)
    lines = [f"{indent}{kind:{width}}  {told(hook)}" for kind, hook in rows]
    return lines + [f"{indent}{kind:{width}}  none" for kind in dict.fromkeys(cleared)]


def by_word(hooks: Hooks, words: Mapping[str, str]) -> Iterator[tuple[str, Hook]]:
    """Give each hook with its dialect's word for its kind; ZenML's on_failure is two of hookcell's kinds."""
    seen = set()
    for kind in KINDS:
        for hook in hooks[kind]:
            word = words.get(kind, kind)
            if (word, id(hook.source)) not in seen:
                seen.add((word, id(hook.source)))
                yield word, hook


def told(hook: Hook) -> str:
    """Give a hook's name and its conditions."""
    conditions = ", ".join(_conditions(hook))
    return f"{name_for(hook)}  [{conditions}]" if conditions else name_for(hook)


def name_for(hook: Hook) -> str:
    """Give a hook's name; of an alert the notifier's label, without what is secret in it."""
    fn = hook.fn
    return scrubbed(hook.name, secrets_of(fn._notifier)) if isinstance(fn, Alert) else hook.name


def _conditions(hook: Hook) -> Iterator[str]:
    if hook.call.accepts:
        classes = [one.__name__ for one in hook.call.accepts if one is not type(None)]
        yield f"only for {' or '.join(classes)}"
    if hook.when is not None:
        yield f"when {name_of(hook.when.fn)}"
    if hook.throttle:
        yield f"at most one in {hook.throttle:g} s"
    if isinstance(hook.source, Conditions) and hook.source.digest:
        yield f"digest of {hook.source.digest:g} s"
    if hook.once:
        yield "once a run"
    if hook.retries:
        yield f"{hook.retries} retries" if hook.retries > 1 else "1 retry"
    if hook.timeout_seconds is None:
        yield "no timeout"
    elif hook.timeout_seconds != DEFAULT_TIMEOUT:
        yield f"timeout {hook.timeout_seconds:g} s"
    if hook.concurrent:
        yield "concurrent"


# -- one flow or task --------------------------------------------------------------------------------------------------


def account(name: str, definition: Definition) -> str:
    """Tell of each hook of one flow or task what it is given, and where the version it calls was defined."""
    own = [*by_word(definition.hooks, getattr(definition, "kind_words", {}))]
    lines = [title(name, definition), *_accounts(own, definition.kind)]
    each: Any = getattr(definition, "each_task", None)
    if each:
        lines.append(f"  for each {getattr(definition, 'each_word', 'task')} without its own")
        lines += _accounts([*by_word(each, getattr(definition, "each_kind_words", {}))], "task", "    ")
    if everywhere := _accounts([*by_word(session.hooks, {})], definition.kind, "    "):
        lines += ["  and, as for every run of this session", *everywhere]
    return "\n".join(lines if len(lines) > 1 else [f"{lines[0]} has no hooks"])


def _accounts(hooks: list[tuple[str, Hook]], kind: str, indent: str = "  ") -> list[str]:
    lines = []
    for word, hook in hooks:
        lines += [f"{word}  {told(hook)}", f"  is given {given_to(hook, kind)}", f"  is {where(hook)}"]
        if (version := later(hook)) is not None:
            lines.append(f"  was redefined in {version}; this one still calls the version above")
    return [f"{indent}{line}" for line in lines]


def given_to(hook: Hook, kind: str) -> str:
    """Say what a hook is called with."""
    if hook.call.positional is not None:
        names = [kind, f"{kind}_run", "state"][: hook.call.positional]
        return f"({', '.join(names)})" if names else "nothing"
    wanted = [p for p in _parameters(hook.fn, hook.kind) if p.annotation is not p.empty and p.kind.name[:3] != "VAR"]
    return f"({', '.join(f'{p.name}: {_spelled(p.annotation)}' for p in wanted)})"


def _spelled(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else re.sub(r"[\w.]+\.(?=\w)", "", str(annotation))


def where(hook: Hook) -> str:
    """Say where the function that a hook calls was defined."""
    function: Any = versions.function_of(hook.fn) or bound_in(hook.fn)
    if isinstance(hook.fn, Alert):
        return "made by alert()"
    if not hasattr(function, "__code__"):
        return kind_of(function)
    return f"defined in {place_of(function)}"


def place_of(function: Any) -> str:
    """Give a cell and line as tracebacks name them; for what no cell defines, its module and line."""
    code = function.__code__
    cell = kernel.cell_title(code.co_filename)
    module = function.__module__ if function.__module__ != "__main__" else code.co_filename.rpartition("/")[2]
    return f"{cell or module}, line {code.co_firstlineno}"


def later(hook: Hook) -> str | None:
    """Say where a hook's name was redefined since it was attached; None if it was not."""
    old = versions.function_of(hook.fn)
    new = None if old is None else versions.newer(old)
    return None if new is None else place_of(new)


# -- where alerts go ---------------------------------------------------------------------------------------------------


def _alerts(magic: str) -> str:
    stack = other_stack()
    return f"alerts go to: {label(magic)}" + (f"\nbut stack {stack}" if stack else "")


def label(magic: str) -> str:
    """Give what the notifier in use is called, without what is secret in it."""
    try:
        notifier = used()
    except HookcellError as error:  # what the environment configures cannot be
        return f"nobody, because of HOOKCELL_ALERTER in the environment: {error}"
    if notifier is NOBODY:
        return f"nobody (%{magic} alerter notebook shows them here)"
    return label_hidden(notifier)


def label_hidden(notifier: Any) -> str:
    """Give what a notifier is called, without what is secret in it."""
    return scrubbed(label_of(notifier), secrets_of(notifier))


def stack_in_force() -> str:
    """Tell of a dialect's stack in force."""
    offer = offered()
    stack = None if offer is None else offer.active()
    if stack is None:
        return "none"
    return f"{stack.name!r}, alerts go to: {_alerter_of(stack)}"


def other_stack() -> str:
    """Tell of a stack in force whose alerter is another than the notifier in use; nothing if there is none."""
    offer = offered()
    try:
        stack = None if offer is None else offer.active()
        if stack is None or getattr(stack.alerter, "notifier", stack.alerter) is used():
            return ""
    except HookcellError:  # as above
        return ""
    return f"{stack.name!r} of ZenML's dialect is in force, and sends its alerts to: {_alerter_of(stack)}"


def _alerter_of(stack: Any) -> str:
    notifier = getattr(stack.alerter, "notifier", stack.alerter)
    return "nobody" if notifier is None or notifier is NOBODY else label_hidden(notifier)


def doubles(definition: Definition) -> Iterator[tuple[str, Hook]]:
    """Give the hooks that stand twice in one kind, because the cell that adds them was run again."""
    words = getattr(definition, "kind_words", {})
    for kind in KINDS:
        names: dict[Any, Hook] = {}
        for hook in definition.hooks[kind]:
            function = versions.function_of(hook.fn)
            if function is None or function.__qualname__ != function.__name__:
                continue
            before = names.setdefault(function.__qualname__, hook)
            if before is not hook and versions.function_of(before.fn) is not function:
                yield words.get(kind, kind), hook
