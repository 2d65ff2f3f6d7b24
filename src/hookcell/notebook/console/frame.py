"""The frame: what is drawn of the runs that are open, as lines that fit the screen. The one module that knows rich."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from hookcell.errors import describe
from hookcell.notebook.console.words import INKS
from hookcell.notebook.failure import NAME
from hookcell.notebook.palette import counted, duration, isolated, line, look_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from hookcell.notebook.console.tally import Line, Tally
    from hookcell.runs import Run

MOST_RUNS, MOST_LINES = 3, 6
BAR = 40
# What a line that stands for several runs looks like: as the first of these that one of them is in.
_PRESENT = ("Running", "Retrying", "AwaitingRetry", "Cancelling", "Paused", "Pending", "Scheduled")
_COLOURS = {32: "green", 36: "cyan", 34: "blue", 33: "yellow", 31: "red", 35: "magenta", 2: "dim", 1: ""}


def has_rich() -> bool:
    """Whether rich is installed: without it, runs are told in lines."""
    try:
        import rich.text  # noqa: F401, PLC0415 -- an extra
    except ImportError:
        return False
    return True


def frame_of(several: Sequence[Tally], now: float, *, size: tuple[int, int], colours: bool) -> list[str]:
    """Draw open runs: for each a line, its counts, what is running now, and what failed last."""
    from rich.console import Console  # noqa: PLC0415 -- an extra

    width, height = size
    rows = [row for one in several[:MOST_RUNS] for row in _run_rows(one, now, width - 1)]
    rows += [_text(f"and {len(several) - MOST_RUNS} more runs", "dim")] if len(several) > MOST_RUNS else []
    system = "standard" if colours else None
    paper = Console(
        file=StringIO(),
        width=width - 1,
        force_terminal=colours,
        force_jupyter=False,
        color_system=system,  # type: ignore[arg-type] # one of the names it takes
        no_color=not colours,
        legacy_windows=False,
        _environ={},
    )
    with paper.capture() as drawn:
        for row in rows[: max(1, height - 2)]:
            paper.print(row, no_wrap=True, overflow="ellipsis", crop=True, highlight=False)
    return drawn.get().splitlines()


def _run_rows(one: Tally, now: float, width: int) -> list[Text]:
    open_ = [of for of in one.lines.values() if of.present]
    rows = [_headline(one, now, width)] + ([_bar(one.counts)] if one.counts else [])
    rows += [_line(of, now) for of in open_[:MOST_LINES]]
    rows += [_text(f"  and {len(open_) - MOST_LINES} more", "dim")] if len(open_) > MOST_LINES else []
    return rows + [_failed(run) for run in one.failures]


def _headline(one: Tally, now: float, width: int) -> Text:
    run, state = one.root, one.root.state
    icon = look_of(state.name, state.type.value).icon
    text = _text("")
    text.append(f"{icon} {_plain(state.name)}", f"bold {_colour(icon)}")
    text.append(f"  {_plain(run.definition.name)}", "bold")
    if run.name != run.definition.name:
        text.append(f"  {_plain(run.name)}", "dim")
    spent = duration(max(0.0, now - one.began)) or "0 s"
    text.truncate(max(10, min(width, 100) - len(spent) - 2), overflow="ellipsis")
    text.pad_right(max(2, min(width, 100) - text.cell_len - len(spent)))
    text.append(spent, "dim")
    return text


def _bar(counts: Mapping[str, int]) -> Text:
    """Draw the share of each state, a rare one at least as a dot, and their numbers."""
    listed, text = counted(counts), _text("  ")
    total = sum(number for _, number in listed)
    for name, number in listed:
        icon = look_of(name).icon
        text.append("━" * max(1, round(BAR * number / total)), _colour(icon))
    text.append("  ")
    _tally(text, counts)
    return text


def _tally(text: Text, counts: Mapping[str, int]) -> None:
    for name, number in counted(counts)[:6]:
        icon = look_of(name).icon
        text.append(f"{icon} ", _colour(icon))
        text.append(f"{number:,}  ")


def _line(of: Line, now: float) -> Text:
    icon = next((look_of(name).icon for name in _PRESENT if of.present.get(name)), "○")
    text = _text(f"  {'  ' * min(of.depth - 1, 6)}")
    text.append(f"{icon} ", _colour(icon))
    text.append(f"{isolated(of.name)}  ")
    if of.total > 1:
        text.append(f"× {of.total:,}  ", "dim")
        _tally(text, of.counts)
    else:
        text.append(duration(max(0.0, now - of.since)), "dim")
    return text


def _failed(run: Run) -> Text:
    state = run.state
    icon = look_of(state.name, state.type.value).icon
    text = _text("  ")
    text.append(f"{icon} {_plain(run.name)}  ", _colour(icon))
    if state.exception is not None:
        text.append(line(describe(state.exception), 200))
    return text


def _text(said: str, style: str = "") -> Text:
    from rich.text import Text  # noqa: PLC0415 -- an extra

    return Text(said, style, no_wrap=True, overflow="ellipsis", end="")


def _colour(icon: str) -> str:
    return _COLOURS.get(INKS.get(icon, 1), "")


def _plain(text: object) -> str:
    return isolated(line(text, NAME))
