"""Messages as boxes below the cell: escaped, folded where they are long, and in one box where they are many."""

import sys
import types

import pytest
from pages import read

from hookcell import flow
from hookcell.notebook import alerts, kernel
from hookcell.notify import allow_notifications, notify
from hookcell.notify import notifier as seams
from hookcell.zenml import step
from hookcell.zenml.hooks import alerter_failure_hook

EVIL = "<script>alert(1)</script>\u202e\x00 & \"'"


class Handle:
    def __init__(self, cell, place):
        self.cell, self.place = cell, place

    def update(self, mime, raw):
        self.cell[self.place] = mime


@pytest.fixture
def cell(monkeypatch):
    """What a cell shows."""
    shown = []

    def display(mime, **_how):
        shown.append(mime)
        return Handle(shown, len(shown) - 1)

    module = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(kernel, "cell_key", lambda: "a cell")
    monkeypatch.setattr(seams, "show", alerts.Boxes(lambda *rung: None).show)
    return shown


def test_a_message_is_a_box_and_the_text_that_it_always_was(cell):
    notify("3 rows are missing\n  in Berlin", subject="nightly")
    (mime,) = cell
    assert mime["text/plain"] == "✉ nightly\n  3 rows are missing\n    in Berlin"
    assert '<b dir="auto">nightly</b>\n' in mime["text/html"]
    assert "3 rows are missing\n  in Berlin" in mime["text/html"]


def test_nothing_of_a_message_is_markup(cell):
    notify(EVIL, subject=EVIL)
    html = cell[0]["text/html"]
    for harm in ("<script", "\u202e", "\x00", "<style", "<svg", "url("):
        assert harm not in html


def test_an_untrusted_notebook_keeps_all_of_a_message():
    assert read(alerts.to_html("3 rows are missing\n" * 99, "nightly")).lost == []


def test_why_a_step_failed_is_seen_without_unfolding_anything(cell):
    @step(on_failure=alerter_failure_hook)
    def load(n: int) -> int:
        raise ValueError("price must be positive")

    load(1, return_state=True)
    assert "price must be positive" in cell[0]["text/html"].partition("<details")[0]


def test_a_long_message_is_folded_and_a_very_long_one_is_cut():
    html = alerts.to_html("\n".join(f"line {n}" for n in range(1000)), None)
    assert html.index("line 11") < html.index("<details") < html.index("line 12")
    assert "188 more lines" in html
    assert "line 199" not in html


def test_thirty_messages_of_a_cell_are_ten_boxes_and_one(cell):
    boxes = seams.show.__self__
    for number in range(30):
        notify(f"message {number}")
    boxes.end_cell()
    assert len(cell) == 11
    assert "20 more messages" in cell[10]["text/html"]
    assert cell[10]["text/plain"].splitlines() == [f"✉ message {number}" for number in range(10, 30)]


def test_of_very_many_messages_the_newest_are_kept_and_all_are_counted(cell):
    for number in range(500):
        notify(f"message {number}")
    seams.show.__self__.end_cell()
    assert len(cell) == 11
    assert "490 more messages" in cell[10]["text/html"]
    assert "440 messages before these" in cell[10]["text/html"]
    assert cell[10]["text/plain"].splitlines()[:2] == ["✉ 440 more messages", "✉ message 450"]


def test_a_hooks_record_keeps_what_it_told(cell, recording):
    @flow(on_completion=lambda flow, run, state: notify("done"))
    def nightly():
        pass

    nightly()
    assert recording.runs[0].hooks[0].printed == "✉ done\n"


def test_a_thread_whose_displays_would_go_astray_prints(cell, monkeypatch, capsys):
    monkeypatch.setattr(kernel, "displays_here", lambda: False)
    notify("3 rows are missing")
    assert (cell, capsys.readouterr().out) == ([], "✉ 3 rows are missing\n")


def test_without_a_browser_nothing_can_be_allowed(capsys):
    allow_notifications()
    assert capsys.readouterr().out == (
        "Notifications of a browser are for a notebook that is open in one, after %load_ext hookcell.\n"
    )
