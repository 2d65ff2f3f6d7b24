"""The easel and its rounds: which boards are drawn when, and never more than 25 messages a second."""

import bisect
import threading

import pytest

from hookcell import flow, task
from hookcell.notebook import kernel, picture, settled
from hookcell.notebook.easel import MOST_LATE, Easel
from hookcell.notebook.picture import ALIVE_EVERY, SNAPSHOT_EVERY
from hookcell.notebook.settings import Manner
from hookcell.notebook.view import AT_ONCE, LONGEST_REST, REST, Rounds
from hookcell.session import Listener, session

INTERVAL, SHOW_AFTER = Manner().interval, Manner().show_after
LONG = 60.0


class Page:
    """Stands for the widget of a board: keeps what it is told, and when."""

    def __init__(self, gallery, picture):
        self._gallery, self.picture, self.layout = gallery, picture, self
        self.told = []

    def send(self, message):
        self._gallery.sent.append(self._gallery.now)
        self.told.append(message)

    @property
    def snapshot(self):
        raise AttributeError

    @snapshot.setter
    def snapshot(self, snapshot):
        self._gallery.sent.append(self._gallery.now)
        self.told.append({"type": "trait", "snapshot": snapshot})

    def close(self):
        self.told.append({"type": "closed"})

    def kinds(self):
        return [message["type"] for message in self.told]


class Gallery(Listener):
    """An easel, its pages and its rounds, with a clock that stands still until it is told to go on."""

    def __init__(self):
        self.now, self.due, self.cell = 0.0, AT_ONCE, "cell 1"
        self.sent, self.pages, self.settled = [], [], []
        self.easel, self.rounds = Easel(lambda: None, Manner()), Rounds()

    def created(self, run):
        if run.parent is None:
            self.easel.born(run)
        self.easel.note(run)

    def moved(self, run, _state):
        if self.easel.last is not run:
            self.easel.note(run)

    def hook_began(self, run, _hook_run):
        self.moved(run, None)

    def hook_ended(self, run, _hook_run):
        self.moved(run, None)

    def show(self, picture):
        picture.widget = Page(self, picture)
        self.sent.append(self.now)
        self.pages.append(picture.widget)

    def settle(self, picture):
        self.settled.append(settled.to_text(picture.board.snapshot()))
        picture.widget = None

    def go_on(self, seconds):
        """Let time pass, and draw as often as the drawing thread would."""
        end = self.now + seconds
        while self.due <= end:
            self.now = self.due
            self.easel.take_notice()
            self.easel.draw(self.now, LONG)
            self.rounds.drawn(self.now, 0.0, INTERVAL)
            self.due = self.now + self.rounds.rest(self.now)
        self.now = end

    def end_cell(self):
        self.easel.end_cell(self.cell, self.now)


@pytest.fixture
def gallery(monkeypatch):
    gallery = Gallery()
    monkeypatch.setattr(session, "counts", {})
    monkeypatch.setattr(kernel, "headless", lambda: False)
    monkeypatch.setattr(kernel, "cell_key", lambda: gallery.cell)
    monkeypatch.setattr(picture, "_clock", lambda: gallery.now)
    # Functions, because a method that is bound already would not be told the picture.
    monkeypatch.setattr(picture.Picture, "_display_widget", lambda shown: gallery.show(shown))  # noqa: PLW0108
    monkeypatch.setattr(picture.Picture, "_display_settled", lambda shown: gallery.settle(shown))  # noqa: PLW0108
    ignore = session.listen(gallery)
    yield gallery
    ignore()


@pytest.fixture
def running(go_on):
    """Starts background runs that go on until the test is over, and give their tasks when asked to."""
    asked = []

    @task
    def step(n):
        return n

    @flow
    def waits():
        asked.append(step)
        while not go_on.wait(0.001):
            pass

    runs = []

    def start():
        runs.append(waits.start())
        return runs[-1]

    yield start
    go_on.set()
    for run in runs:
        run.wait(60)


@task
def step(n):
    return n


def most_in_a_second(times):
    return max(bisect.bisect_left(times, at + 1.0 - 1e-9) - place for place, at in enumerate(times))


# -- how often


def test_five_thousand_moves_a_second_make_at_most_25_messages(gallery):
    @flow
    def busy():
        for n in range(10_000):
            step(n)  # three states each
            gallery.go_on(3 / 5_000)

    busy()
    gallery.go_on(1.0)
    [page] = gallery.pages
    assert most_in_a_second(gallery.sent) <= 25
    assert len(gallery.sent) <= 25 * gallery.now
    assert len(gallery.sent) > 20 * 6
    assert page.kinds().count("trait") == int(6 // SNAPSHOT_EVERY)
    assert page.told[-1]["snapshot"]["seq"] == page.told[-2]["seq"]
    rows = {}
    for message in page.told:
        if message["type"] == "delta":
            rows.update((row["n"], row) for row in message["rows"])
    [root] = [row for row in rows.values() if row["parent"] is None]
    assert (root["counts"], root["state"]["name"]) == ({"Completed": 10_000}, "Completed")
    assert [message["seq"] for message in page.told if message["type"] == "delta"] == list(
        range(2, 2 + page.kinds().count("delta"))
    )


def test_several_boards_share_the_25_messages_and_none_is_left_out(gallery, running):
    runs = []
    for number in range(4):
        gallery.cell = f"cell {number}"
        runs.append(running())
    gallery.go_on(1.0)
    assert len(gallery.pages) == 4
    for _ in range(1_000):
        for run in runs:
            gallery.easel.note(run)
        gallery.go_on(0.002)
    gallery.go_on(1.0)
    told = [page.kinds().count("delta") for page in gallery.pages]
    assert most_in_a_second(gallery.sent) <= 25
    assert max(told) - min(told) <= 2
    assert min(told) >= 10


def test_a_round_that_took_long_is_followed_by_a_longer_rest():
    rounds = Rounds()
    assert rounds.rest(5.0) == AT_ONCE
    rounds.drawn(5.0, 0.001, INTERVAL)
    assert rounds.rest(5.001) == pytest.approx(INTERVAL - 0.001)
    rounds.drawn(5.0, 0.1, INTERVAL)
    assert rounds.rest(5.1) == pytest.approx((REST - 1) * 0.1)
    rounds.drawn(5.0, 4.0, INTERVAL)
    assert rounds.rest(5.1) == pytest.approx(LONGEST_REST - 0.1)
    assert rounds.rest(50.0) == AT_ONCE


def test_of_a_live_board_with_nothing_new_it_is_told_every_five_seconds_that_the_kernel_is_there(gallery, running):
    running()
    gallery.go_on(1.0)
    [page] = gallery.pages
    before = len(page.told)
    gallery.go_on(60.0)
    assert 60 / ALIVE_EVERY - 2 <= len(page.told) - before <= 60 / ALIVE_EVERY
    assert page.told[before:] == [{"type": "alive"}] * (len(page.told) - before)
    assert gallery.easel.patience(gallery.now, LONG) == 1.0


def test_of_a_board_that_has_ended_and_nothing_new_nothing_is_told(gallery, running, go_on):
    run = running()
    gallery.go_on(1.0)
    go_on.set()
    run.wait(60)
    gallery.go_on(5.0)
    before = len(gallery.sent)
    gallery.go_on(40.0)
    assert len(gallery.sent) == before


# -- when


def test_a_run_is_shown_live_once_it_has_taken_a_moment(gallery, running):
    running()
    gallery.go_on(SHOW_AFTER - 0.01)
    assert gallery.pages == []
    assert gallery.easel.patience(gallery.now, LONG) <= INTERVAL
    gallery.go_on(INTERVAL)
    assert len(gallery.pages) == 1


def test_a_quick_run_is_a_line_at_the_end_of_its_cell(gallery):
    flow(lambda: step(1), name="quick")()
    gallery.go_on(5.0)
    assert (gallery.pages, gallery.settled) == ([], [])
    gallery.end_cell()
    assert [text.split(" (")[0] for text in gallery.settled] == ["✓ Completed quick"]
    assert gallery.easel.patience(gallery.now, LONG) is None


def test_a_background_run_goes_on_after_its_cell_and_settles_when_it_is_left_alone(gallery, running, go_on):
    run = running()
    gallery.end_cell()
    gallery.cell = "cell 2"
    gallery.end_cell()
    gallery.go_on(1.0)
    [page] = gallery.pages
    assert page.told == []
    go_on.set()
    run.wait(60)
    gallery.go_on(LONG - 2)
    assert page.told[-1]["snapshot"]["runs"][0]["state"]["name"] == "Completed"
    assert page.told[-1]["snapshot"]["live"] is False
    page.picture.hear({"type": "touched"})
    gallery.go_on(LONG - 2)
    assert gallery.settled == []
    gallery.go_on(3.0)
    assert len(gallery.settled) == 1
    assert gallery.easel._of_root == {}


def test_a_board_of_a_page_that_was_loaded_anew_does_not_settle(gallery, running, go_on):
    run = running()
    gallery.go_on(1.0)
    gallery.end_cell()
    gallery.pages[0].picture.hear({"type": "resync", "id": 1, "joined": True})
    go_on.set()
    run.wait(60)
    gallery.go_on(3 * LONG)
    assert gallery.settled == []
    assert gallery.pages[0].kinds()[0] == "snapshot"


def test_questions_are_answered_in_the_next_round_however_many_there_are(gallery, running):
    running()
    gallery.go_on(1.0)
    page = gallery.pages[0]
    for number in range(10):
        page.picture.hear({"type": "resync", "id": number})
    gallery.go_on(INTERVAL)
    assert [message["id"] for message in page.told if message["type"] == "snapshot"] == list(range(10))


# -- runs outside a flow, and after their cell


def test_a_task_at_top_level_is_shown_in_its_cell(gallery):
    step(3)
    gallery.end_cell()
    assert gallery.settled == ["✓ Completed step"]


def test_what_a_cell_starts_after_its_end_is_one_picture_however_much_it_is(gallery):
    gallery.end_cell()
    for n in range(80):
        step(n)
        gallery.go_on(INTERVAL)
    assert len(gallery.settled) == 80
    assert len(gallery.easel._late) == 1
    assert gallery.settled[-1].endswith("✓ 74 Completed")
    assert gallery.easel._open == []


def test_of_late_pictures_only_the_newest_can_go_on(gallery):
    for number in range(MOST_LATE + 10):
        gallery.cell = f"cell {number}"
        gallery.end_cell()
        step(number)
        gallery.go_on(INTERVAL)
    assert len(gallery.easel._of_cell) == MOST_LATE


def test_a_thread_that_starts_a_run_while_its_board_settles_is_shown(gallery):
    step(1)
    gallery.end_cell()
    step(2)
    gallery.go_on(1.0)
    assert gallery.settled == ["✓ Completed step", "✓ Completed step (step[1])"]


# -- shown again


def test_a_run_can_be_shown_again_in_another_cell_also_when_it_is_over(gallery):
    @flow
    def whole():
        return [step(n) for n in range(5)]

    states = []
    whole.with_options(on_completion=lambda flow, run, state: states.append(run))()
    gallery.end_cell()
    gallery.cell = "cell 2"
    gallery.easel.show(states[0].children[2], gallery.now)
    [page] = gallery.pages
    snapshot = page.picture.board.snapshot()
    assert [row["of"] for row in (*snapshot["runs"], *snapshot["tasks"])] == ["whole", *["step"] * 5]
    assert snapshot["groups"][0]["counts"] == {"Completed": 5}
    gallery.end_cell()
    gallery.go_on(LONG - 1)
    assert len(gallery.settled) == 1
    gallery.go_on(2.0)
    assert len(gallery.settled) == 2
    assert gallery.easel._open == []


def test_a_run_that_goes_on_is_told_to_both_its_boards(gallery, running):
    run = running()
    gallery.go_on(1.0)
    gallery.end_cell()
    gallery.cell = "cell 2"
    gallery.easel.show(run, gallery.now)
    run.cancel()
    run.wait(60)
    gallery.go_on(1.0)
    assert len(gallery.pages) == 2
    for page in gallery.pages:
        last = [message for message in page.told if message["type"] == "delta"][-1]
        assert last["rows"][0]["state"]["name"] == "Cancelled"


def test_a_run_that_is_shown_where_it_is_shown_already_is_not_shown_twice(gallery, running):
    run = running()
    gallery.easel.show(run, gallery.now)
    gallery.easel.show(run, gallery.now)
    assert len(gallery.pages) == 1


def test_what_its_logger_was_told_before_is_shown_too(gallery):
    from hookcell import get_run_logger

    runs = []

    @flow(on_completion=lambda flow, run, state: runs.append(run))
    def talks():
        get_run_logger().debug("unheard")
        get_run_logger().warning("heard")
        step(1)

    talks()
    gallery.end_cell()
    gallery.cell = "cell 2"
    gallery.easel.show(runs[0], gallery.now)
    assert gallery.pages[0].picture.board.snapshot()["runs"][0]["logged"] == 1


# -- whatever happens


def test_a_board_that_cannot_be_seen_to_is_given_up_once_and_the_others_go_on(gallery, running, monkeypatch, caplog):
    first = running()
    gallery.go_on(1.0)
    gallery.cell = "cell 2"
    second = running()
    gallery.go_on(1.0)
    broken = gallery.pages[0].picture
    monkeypatch.setattr(broken.board, "see", lambda run: 1 / 0)
    for _ in range(5):
        gallery.easel.note(first)
        gallery.easel.note(second)
        gallery.go_on(INTERVAL)
    assert [record.message for record in caplog.records] == ["The view of a cell cannot be drawn; its runs go on."]
    assert gallery.pages[1].kinds().count("delta") >= 4
    assert broken not in gallery.easel._open


def test_a_hundred_thousand_outermost_runs_leave_little_behind(gallery, monkeypatch):
    monkeypatch.setattr("hookcell.notebook.easel.MANY", 100)
    gallery.easel._many = 100
    for n in range(1_000):
        step(n)
        if n % 20 == 0:
            gallery.easel.take_notice()
    gallery.easel.take_notice()
    [picture] = gallery.easel._open
    assert len(gallery.easel._of_root) <= 200
    assert picture.board.snapshot()["more_runs"] == {"Completed": 950}
    assert (len(picture.board._open), picture.board.ended) == (0, True)


def test_runs_are_noted_on_any_thread_and_none_is_lost(gallery):
    def many():
        for n in range(200):
            step(n)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        gallery.go_on(INTERVAL)
    for thread in threads:
        thread.join()
    gallery.end_cell()
    assert sum(int(text.rpartition("✓ ")[2].split(" ")[0]) for text in gallery.settled[-1:]) == 800 - 6
