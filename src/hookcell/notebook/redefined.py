"""Redefined hooks: after each cell, the user is told of flows and tasks that still call the version before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from hookcell import versions
from hookcell.hooks import KINDS
from hookcell.notebook import attached, kernel
from hookcell.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FunctionType

    from hookcell.definitions import Definition


class Watch:
    """Tells of each redefinition once.

    Args:
        names: The notebook's variables.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names
        self._told: set[tuple[Any, ...]] = set()

    def lines(self) -> list[str]:
        """Give what there is to tell since it was last asked."""
        there_are = [*attached.definitions_in(self.names).values()]
        twice = [line for one in there_are for key, line in _twice_in(one) if self._is_news(key)]
        return twice + [_still(old, new, callers) for old, new, callers in self._redefined_in(there_are)]

    def _is_news(self, key: tuple[Any, ...]) -> bool:
        known = key in self._told
        self._told.add(key)
        return not known

    def _redefined_in(self, definitions: list[Definition]) -> list[tuple[Any, Any, list[str]]]:
        """Give the hooks whose names mean something else by now, with those that still call the old version."""
        found: dict[tuple[Any, Any], list[str]] = {}
        everywhere = (session, "every_run(...)", _functions(session.hooks))
        for owner, caller, functions in (*map(_functions_of, definitions), everywhere):
            for old in functions:
                new = versions.newer(old)
                if new is not None and new not in functions and self._is_news((ref(owner), ref(old), ref(new))):
                    found.setdefault((old, new), []).append(caller)
        return [(old, new, callers) for (old, new), callers in found.items()]


def _twice_in(definition: Definition) -> Iterator[tuple[tuple[Any, ...], str]]:
    for word, hook in attached.doubles(definition):
        what = attached.word_for(definition)
        line = (
            f"{what} {definition.name!r} has two hooks {hook.name!r} for {word}, an old one and a new one: "
            f"to have the new one only, run the cell that makes the {what} again, then this one"
        )
        yield (ref(definition), word, hook.name), line


def _functions_of(definition: Definition) -> tuple[Definition, str, list[FunctionType]]:
    several = [*_functions(definition.hooks), *_functions(getattr(definition, "each_task", None))]
    return definition, f"{attached.word_for(definition)} {definition.name!r}", list(dict.fromkeys(several))


def _functions(hooks: Any) -> list[FunctionType]:
    several = [hook for kind in KINDS for hook in hooks[kind]] if hooks else []
    return [fn for hook in several if (fn := versions.function_of(hook.fn)) is not None]


def _still(old: Any, new: Any, callers: list[str]) -> str:
    call = "still calls" if len(callers) == 1 else "still call"
    return (
        f"hook {old.__name__!r} was redefined ({attached.place_of(new)}); {', '.join(callers)} {call} the "
        f"version of {attached.place_of(old)}: to have the new one, run "
        f"{'its cell' if len(callers) == 1 else 'their cells'} again"
    )


def tell_after_cells(shell: Any) -> Callable[[], None]:
    """Look after each cell, and print below it what there is to tell; the function returned ends that."""
    watch = Watch(shell.user_ns)

    def look(_result: Any = None) -> None:
        for line in watch.lines():
            print(line)  # noqa: T201 -- nothing is silent

    return kernel.on_cell_end(look)
