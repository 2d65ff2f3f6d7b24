"""The plain text of a board: short, and the same whenever the notebook is run anew."""

from __future__ import annotations

import copy
import random
import re
import unicodedata

import pytest
from boards import (
    BOARDS,
    HOSTILE,
    cancelled,
    crashed,
    hostile,
    huge,
    make_board,
    make_error,
    make_root,
    make_run,
    nightly,
    quick,
    several,
    still_running,
)

from hookcell.notebook.palette import LOOKS
from hookcell.notebook.settled import to_text


def test_the_text_of_a_small_run_is_one_line():
    assert to_text(quick()) == "✓ Completed lazy_flow (silver-otter), 1 hook ok"
    assert to_text(crashed()).splitlines()[0] == "⚡ Crashed stop (amber-lynx)"
    fine = make_board([make_root(1, "etl", "blue-wren", took=50)], [make_run(2, "a"), make_run(3, "b")])
    assert to_text(fine) == "✓ Completed etl (blue-wren), 2 task runs"


def test_the_text_of_a_failed_run_tells_what_failed_and_why():
    assert to_text(nightly()).splitlines() == [
        "✕ Failed nightly_scores (crimson-fox), 12 task runs, 2 hooks ok, 1 hook failed",
        "  ✓ 7 Completed, ◆ 1 Cached, ✕ 2 Failed, ⚡ 1 Crashed, ○ 1 Pending",
        "  score[78] failed after 1 try: ValueError: price must be positive, got -3.2",
        "    Cell In[7], line 4, in score",
        '    ----> 4     raise ValueError(f"price must be positive, got {row.price}")',
        "  ✕ Failed score[79]: KeyError: 'price'",
        "  ⚡ Crashed audit after 3 tries: SystemExit: 3",
        "  ✕ on_retry hook post_to_slack of score[77] timed out, the run went on: TimeoutError: no answer within 2 s",
    ]


def test_the_text_of_a_cancelled_run_says_why():
    assert to_text(cancelled()).splitlines() == [
        "⊘ Cancelled retrain (quiet-heron), 3 task runs, 1 hook ok",
        "  ✓ 1 Completed, ⊘ 2 Cancelled",
        "  Interrupted from the keyboard",
        "  ⊘ Cancelled train: interrupted",
        "  ⊘ Cancelled publish: interrupted before it began",
    ]


def test_the_text_of_many_runs_tells_the_failed_one_and_counts_the_rest():
    said = to_text(several()).splitlines()
    assert said[:2] == ["✓ Completed tick (word-1), 1 hook ok", "✓ Completed tick (word-2), 1 hook ok"]
    assert "✕ Failed tick (word-31)" in said
    assert said[-1] == "and 9,994 more runs: ✓ 9,993 Completed, ✕ 1 Failed"


def test_the_text_of_a_huge_run_is_short():
    assert len(to_text(huge()).splitlines()) <= 20
    assert "  and 25 more such task runs" in to_text(huge()).splitlines()
    assert "  and 117 more failed hooks" in to_text(huge()).splitlines()


def test_the_text_of_a_live_run_is_its_state_alone():
    assert to_text(still_running()) == "▶ Running etl (blue-wren)"


def test_the_text_names_no_address():
    error = make_error("TypeError: <object object at 0x7f3a1c2d3e40> is no path", "----> 1 f(0xFF00)")
    said = to_text(make_board([make_root(1, "f", "r", "Failed", error=error)]))
    assert "<object object at 0x…> is no path" in said
    assert "f(0xFF00)" in said


def shaken(board, seed):
    """The same board after a second run: other times, numbers of session and board, and order of completion."""
    chance, again = random.Random(seed), copy.deepcopy(board)  # noqa: S311 -- no secret
    again |= {"session": f"{chance.getrandbits(32):08x}", "board": 9, "seq": 400, "now": again["now"] * 1.5}
    chance.shuffle(again["tasks"])
    chance.shuffle(again["runs"])
    for run in [*again["runs"], *again["tasks"]]:
        times = {key: run[key] and run[key] + chance.random() * 90 for key in ("created", "start", "end", "retry_at")}
        run.update(times, n=run["n"] + 700, root=run["root"] + 700, parent=run["parent"] and run["parent"] + 700)
        run["state"]["at"] += chance.random()
        chance.shuffle(run["hooks"])
        for hook in run["hooks"]:
            hook |= {"at": chance.random() * 1e9, "seconds": chance.random() * 50}
    return again


@pytest.mark.parametrize("board", BOARDS)
def test_two_runs_of_one_notebook_read_the_same(board):
    assert {to_text(shaken(board(), seed)) for seed in range(5)} == {to_text(board())}


def test_the_palette_has_an_icon_for_each_state_that_is_not_a_picture_by_itself():
    assert {unicodedata.category(look.icon[0]) for look in LOOKS.values()} <= {"So", "Sm"}


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_on_its_line_of_the_text(bad):
    text = to_text(hostile(bad))
    text.encode()
    assert len(text.splitlines()) == len(text.split("\n")) <= 20
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", text)
    assert text.count("\u2068") == text.count("\u2069")


def test_right_to_left_text_is_isolated_in_the_text():
    hello = "שלום"
    assert f"\u2068{hello}\u2069" in to_text(hostile(hello))
