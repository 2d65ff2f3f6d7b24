"""What the settled picture tells, and in how few words."""

from __future__ import annotations

import base64
import re

import pytest
from boards import (
    PRICE,
    T0,
    cancelled,
    crashed,
    huge,
    make_board,
    make_error,
    make_hook,
    make_root,
    make_run,
    mapped,
    nested,
    nightly,
    not_ready,
    quick,
    several,
    still_running,
)
from pages import read, words

from hookcell.notebook.palette import LOOKS, counted, duration, look_of
from hookcell.notebook.settled import is_small, to_html, to_text

# -- what the picture tells -------------------------------------------------------------------------------------------


def test_a_quick_run_is_one_line():
    page = to_html(quick())
    assert words(page).startswith("✓ Completed lazy_flow silver-otter 1 hook ok 0.4 ms")
    assert page.startswith("<details style=")
    assert "Started" not in page


def test_a_quick_run_with_nothing_to_open_is_a_line_without_a_mark_to_open_it():
    page = to_html(make_board([make_root(1, "lazy_flow", "silver-otter", took=0.0004)]))
    assert words(page) == "✓ Completed lazy_flow silver-otter 0.4 ms"
    assert "<details" not in page


@pytest.mark.parametrize(
    "change",
    [
        {"took": 1.2},
        {"total": 4, "counts": {"Completed": 4}},
        {"counts": {"Failed": 1}, "total": 1},
        {"state": "Failed", "error": PRICE},
    ],
    ids=["slow", "many", "failed task", "failed"],
)
def test_a_run_with_a_story_is_drawn_in_full(change):
    board = make_board([make_root(1, "f", "r", **change)])
    assert "Started 2025-11-20 23:06:40 UTC" in to_html(board)
    assert not is_small(board)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"attempt": 2, "attempts": 3}, "✓ Completed f r 400 ms"),
        (
            {"hooks": [make_hook("h", outcome="failed", error="OSError: down")]},
            "✓ Completed f r 1 hook failed (the run went on): h OSError: down 400 ms",
        ),
        (
            {"state": "Cancelled", "message": "Flow run was cancelled."},
            "⊘ Cancelled f r Flow run was cancelled. 400 ms",
        ),
    ],
    ids=["retried", "failed hook", "cancelled"],
)
def test_what_is_a_line_in_the_live_view_stays_one_and_says_why_it_is_worth_a_look(change, said):
    board = make_board([make_root(1, "f", "r", **change)])
    assert words(to_html(board)).startswith(said)
    assert "Started" not in to_html(board)
    assert not is_small(board)


@pytest.mark.parametrize(("waited", "is_line"), [(0.9, True), (1.6, False)])
def test_a_run_that_never_started_is_as_quick_as_its_wait(waited, is_line):
    board = make_board([make_root(1, "f", "r", "NotReady", attempt=0) | {"start": None, "end": T0 + waited}])
    assert ("Started" not in to_html(board)) == is_line


def test_a_quick_run_of_few_tasks_need_not_be_live():
    tasks = [make_run(n, f"t{n}", took=0.1) for n in (2, 3, 4)]
    assert is_small(make_board([make_root(1, "f", "r")], tasks))
    assert not is_small(make_board([make_root(1, "f", "r")], [*tasks, make_run(5, "t5", took=0.1)]))


def test_a_run_in_the_background_says_so():
    page = to_html(make_board([make_root(1, "f", "r", background=True)]))
    assert words(page) == "✓ Completed f r in the background 400 ms"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.42, "420 ms"), (0.9999, "1.0 s"), (1.0, "0:01.0"), (2.46, "0:02.4"), (119.99, "1:59.9"), (3725.5, "1:02:05")],
)
def test_how_long_a_run_took_is_told_as_its_live_view_told_it(seconds, said):
    assert words(to_html(make_board([make_root(1, "f", "r", took=seconds)]))).startswith(f"✓ Completed f r {said}")


def test_frames_are_set_in_below_the_error_as_in_the_live_view():
    page = to_html(nightly())
    assert "got -3.2\n  Cell In[7], line 4, in score\n----&gt; 4     raise ValueError" in page


def test_an_error_reads_from_left_to_right_though_a_name_in_it_does_not():
    failed = make_run(2, "שלום", "Failed", error=make_error("ValueError: עולם"))
    page = to_html(make_board([make_root(1, "f", "r")], [failed]))
    said = re.search('<pre dir="ltr"[^>]*>(.*?)</pre>', page, re.DOTALL)[1]
    assert said == "שלום failed after 1 try: ValueError: עולם"


def test_a_failed_run_tells_first_what_failed_and_why():
    said = words(to_html(nightly()))
    told = [
        "✕ Failed nightly_scores crimson-fox 0:11.9",
        "✓ 7 Completed ◆ 1 Cached ✕ 2 Failed ⚡\ufe0e 1 Crashed ○ 1 Pending",
        "score[78] failed after 1 try: ValueError: price must be positive, got -3.2",
        "Cell In[7], line 4, in score ----> 4",
        "12 task runs state task tries hooks time ✓ Completed extract 1.9 s ◆ Cached validate cached: same url as",
        "✓ Completed score[77] 2 of 3 1 ok, 1 failed 7.9 s",
        "✕ Failed score[79] KeyError: 'price' 2.5 s ○ Pending report waits for score",
        "2 hooks ok, 1 hook failed (the run went on): post_to_slack TimeoutError: no answer within 2 s outcome hook of",
        "✓ ok on_retry count_retries retries so far: 4",
        "✕ timed out on_retry post_to_slack TimeoutError: no answer within 2 s (the run went on) score[77] 2.0 s",
        "Started 2025-11-20 23:06:40 UTC",
    ]
    places = [said.find(part) for part in told]
    assert -1 not in places, [part for part, place in zip(told, places, strict=True) if place < 0]
    assert places == sorted(places)


def test_a_cancelled_and_a_crashed_run_say_why():
    assert "⊘ Cancelled retrain quiet-heron 0:03.3" in words(to_html(cancelled()))
    assert "Interrupted from the keyboard" in words(to_html(cancelled()))
    assert "⊘ Cancelled publish interrupted before it began" in words(to_html(cancelled()))
    assert words(to_html(crashed())).startswith(
        "⚡\ufe0e Crashed stop amber-lynx 20 ms SystemExit: 3 Cell In[4], line 2, in stop ----> 2 sys.exit(3)"
    )


def test_rows_of_failed_runs_and_hooks_are_tinted_and_no_others():
    assert to_html(nightly()).count('<tr style="background:rgba(207,34,46,0.10)') == 4
    assert "rgba(207,34,46,0.10)" not in to_html(cancelled())


def test_a_completed_run_with_a_warning_shows_it():
    board = make_board([make_root(1, "f", "r", message="the body swallowed an interrupt")])
    assert words(to_html(board)) == "✓ Completed f r the body swallowed an interrupt 400 ms"
    assert to_text(board) == "✓ Completed f (r)\n  the body swallowed an interrupt"


def test_a_failed_task_of_a_completed_flow_is_not_passed_over():
    board = make_board([make_root(1, "f", "r")], [make_run(2, "t", "Failed", error=PRICE)])
    assert "t failed after 1 try: ValueError: price must be positive, got -3.2" in words(to_html(board))
    assert "t failed after 1 try: ValueError: price must be positive, got -3.2" in to_text(board)


WHY_NOT_READY = "score[7] failed after 3 tries: ValueError: price must be positive, got -3.2"


def test_a_run_that_could_not_start_is_told_by_the_task_that_really_failed():
    said, text = words(to_html(not_ready())), to_text(not_ready()).splitlines()
    assert f"{WHY_NOT_READY} Cell In[7], line 4, in score ----> 4" in said
    assert "○ NotReady report UpstreamTaskError: Upstream task run 'score[7]'" in said
    assert text[2:4] == [f"  {WHY_NOT_READY}", "    Cell In[7], line 4, in score"]


def test_the_task_that_really_failed_is_found_where_the_flow_raised_nothing_and_at_the_end_of_a_chain():
    board = not_ready()
    board["runs"][0]["error"] = None
    assert WHY_NOT_READY in words(to_html(board))
    assert WHY_NOT_READY in to_text(board)
    board = not_ready()
    title = board["tasks"][2]["error"]["title"].replace("score[7]", "report").replace("is Failed", "is NotReady")
    board["runs"][0]["error"] = make_error(title)
    assert WHY_NOT_READY in to_text(board)


def test_of_tasks_that_failed_alike_the_one_that_was_named_is_told():
    board = not_ready()
    board["tasks"][0] |= {"error": PRICE, "state": board["tasks"][1]["state"]}
    assert f"  {WHY_NOT_READY}" in to_text(board).splitlines()
    blame = board["runs"][0]["error"]
    blame["title"] = blame["title"][:90] + "…"
    assert f"  {WHY_NOT_READY}" in to_text(board).splitlines()


def test_a_task_that_failed_is_told_before_the_flow_inside_which_it_failed():
    inner = make_run(2, "amber-lynx", "Failed", kind="flow", error=PRICE)
    tasks = [inner, make_run(3, "score", "Failed", error=PRICE, parent=2, depth=2)]
    board = make_board([make_root(1, "f", "r", "Failed", error=PRICE)], tasks)
    assert "  score failed after 1 try: ValueError: price must be positive, got -3.2" in to_text(board).splitlines()


def test_a_failed_subflow_is_named_by_its_flow_too():
    inner = make_run(2, "amber-lynx", "Failed", kind="flow", error=PRICE) | {"of": "load_all"}
    board = make_board([make_root(1, "f", "r", "Failed", error=PRICE)], [inner])
    said = "  load_all amber-lynx failed after 1 try: ValueError: price must be positive, got -3.2"
    assert said in to_text(board).splitlines()


@pytest.mark.parametrize("state", ["NotReady", "Failed"])
def test_a_run_that_never_began_is_not_told_to_have_been_tried(state):
    error = make_error(
        "UpstreamTaskError: Upstream task run 'load' did not reach a 'COMPLETED' state: it is Cancelled."
    )
    waiting = make_run(2, "report", state, error=error, attempt=0) | {"start": None}
    board = make_board([make_root(1, "f", "r", "Failed", error=error)], [waiting])
    assert f"report did not start: {error['title']}" in words(to_html(board))
    assert f"  report did not start: {error['title']}" in to_text(board).splitlines()


def test_a_cancelled_run_says_so_beside_the_failure_of_a_task():
    said = "Flow run was cancelled. Still running, its result will be dropped: score[11]."
    tasks = [make_run(2, "score[7]", "Failed", error=PRICE)]
    page = words(to_html(make_board([make_root(1, "f", "r", "Cancelled", message=said)], tasks)))
    assert f"{said} score[7] failed after 1 try: ValueError" in page


def test_tries_are_told_only_of_a_task_that_was_tried_again():
    tasks = [make_run(2, "score[0]", attempts=3), make_run(3, "score[1]", attempt=2, attempts=3)]
    said = words(to_html(make_board([make_root(1, "f", "r", took=2)], tasks)))
    assert "task tries time ✓ Completed score[0] 400 ms ✓ Completed score[1] 2 of 3 400 ms" in said
    assert "task time" in words(to_html(make_board([make_root(1, "f", "r", took=2)], tasks[:1])))


def test_tasks_between_two_tries_are_counted_among_those_that_retry():
    counts = {"AwaitingRetry": 2, "Completed": 4, "Retrying": 3}
    assert counted(counts) == [("Completed", 4), ("Retrying", 5)]
    page = to_html(make_board([make_root(1, "f", "r", "Running", counts=counts, total=9)]))
    assert "✓ 4 Completed ↻ 5 Retrying" in words(page)
    assert page.count("height:6px;width:") == 2


def test_of_many_tasks_the_troubled_ones_are_shown_and_the_others_counted():
    said = words(to_html(huge()))
    assert said.index("score[485]") < said.index("score[1]")
    assert "and 4,980 more: ✓ 4,786 Completed ◆ 100 Cached ✕ 24 Failed ○ 70 Pending" in said
    assert "and 110 more hook calls" in said


def test_a_board_of_many_runs_shows_the_failed_one_and_counts_the_rest():
    said = words(to_html(several()))
    assert "✕ Failed tick word-31" in said
    assert said.count("1 hook ok") == 7
    assert "and 9,992 more runs: ✓ 9,991 Completed ✕ 1 Failed" in said


def test_a_run_without_tasks_and_hooks_has_no_empty_tables():
    assert "<table" not in to_html(crashed())


def test_an_empty_column_is_left_out():
    said = words(to_html(make_board([make_root(1, "f", "r", took=2)], [make_run(2, "t")])))
    assert "state task time ✓ Completed t 400 ms" in said


def test_a_live_picture_says_that_it_is_not_the_end():
    said = words(to_html(still_running()))
    assert said.startswith("▶\ufe0e Running etl blue-wren 0:11.9 so far")
    assert "↻ Retrying train 2 of 3 10.9 s so far" in said


def test_an_empty_board_says_so():
    assert (words(to_html(make_board([]))), to_text(make_board([]))) == ("No runs.", "No runs.")


def test_a_state_with_a_name_of_its_own_looks_like_its_type():
    assert look_of("Skipped", "COMPLETED") == LOOKS["Completed"]
    assert look_of("TimedOut") == LOOKS["Failed"]
    assert look_of("Skipped").icon == "•"
    assert counted({"Zoo": 1, "Pending": 2, "Ant": 0, "TimedOut": 3, "Completed": 4}) == [
        ("Completed", 4),
        ("TimedOut", 3),
        ("Pending", 2),
        ("Zoo", 1),
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0, "0.1 ms"),
        (0.0004, "0.4 ms"),
        (0.0123, "12 ms"),
        (0.9996, "1.0 s"),
        (11.94, "11.9 s"),
        (59.96, "1:00"),
        (125, "2:05"),
        (3_725, "1:02:05"),
    ],
)
def test_a_duration_is_short(seconds, said):
    assert duration(seconds) == said


def test_boards_made_by_hand_have_the_shape_of_the_wires(recording):
    from hookcell import flow, task
    from hookcell.notebook.snapshots import short_of, snapshot_of

    step = task(lambda n: n, name="step", on_completion=lambda task: None)
    flow(lambda: step.map(range(6)).wait(), name="f")()
    real, made = snapshot_of(recording.of("f")), nightly()
    assert set(made) <= set(real)
    assert set(made["runs"][0]) == set(made["tasks"][0]) <= set(real["runs"][0]) == set(real["tasks"][0])
    assert set(made["tasks"][8]["hooks"][0]) <= set(real["tasks"][0]["hooks"][0])
    assert set(made["groups"][2]) <= set(real["groups"][0])
    assert set(made["groups"][2]["bins"]) <= set(real["groups"][0]["bins"])
    assert set(short_of(recording.of("f"))) <= set(real)


# -- the timeline -----------------------------------------------------------------------------------------------------


def rows_of(page):
    """The rows of the timeline as words: what stands beside a lane, and the lane's own text."""
    table = page[page.index('<th align="left"') :].partition("</table>")[0]
    return [words(row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]


def test_a_timeline_tells_each_run_with_its_story():
    assert rows_of(to_html(nested()))[:2] == [
        "✓ load 900 ms ran 900 ms, ended at 900 ms",
        "✓ clean calm-owl 4.0 s ran 4.0 s, ended at 5.0 s",
    ]


def test_tries_and_waits_are_told_apart():
    row = next(row for row in rows_of(to_html(nightly())) if "score[77]" in row)
    story = "waited 100 ms, failed after 1.3 s, waited 2.0 s, ran 4.6 s, ended at 11.9 s, 1 hook ok, 1 hook failed"
    assert row == f"✓ score[77] try 2 of 3 {story}"


def test_a_run_that_never_ran_says_what_came_of_it():
    rows = rows_of(to_html(nightly())) + rows_of(to_html(cancelled()))
    assert "◆ validate cached cached, ended at 1.9 s" in rows
    assert "○ report waits for score waited 5.9 s, pending" in rows
    assert "⊘ publish Cancelled waited 2.0 s, cancelled, ended at 3.2 s" in rows
    (report,) = [row for row in rows_of(to_html(not_ready())) if row.startswith("○ report")]
    assert report.startswith("○ report NotReady ")


def test_mapped_tasks_fold_into_one_row_and_their_troubles_follow():
    rows = rows_of(to_html(nightly()))
    assert [row.split(" ")[1] for row in rows] == [
        *("extract", "validate", "score", "score[77]", "score[78]", "score[79]", "report", "audit")
    ]
    assert rows[2] == "✕ score × 8 6 ✓ 2 ✕ 8 runs from 2.6 s to 11.9 s, up to 5 at once, first failure at 6.4 s"


def test_a_hundred_thousand_runs_are_one_row_and_the_first_troubles():
    page = to_html(mapped())
    rows = rows_of(page)
    assert len(rows) == 7
    assert rows[2].startswith("✕ score × 100,000 99,963 ✓ 37 ✕ 100,000 runs from 5.0 s to ")
    assert "100,003 task runs" in words(page)
    assert len(page.encode()) < 45_000


def test_rows_of_inner_flows_stand_below_them():
    rows = rows_of(to_html(nested()))
    assert [row.split(" ")[1] for row in rows] == ["load", "clean", "dedupe", "check", "rule", "store"]


def flat(count, **more):
    """A flow of so many tasks, each with a name of its own."""
    tasks = [make_run(n + 2, f"step {n}", of=f"step {n}", start=n / 10, took=0.1, **more) for n in range(count)]
    return make_board([make_root(1, "f", "r", took=count / 10)], tasks)


def test_of_too_many_rows_the_first_are_drawn_and_the_others_counted():
    said = words(to_html(flat(60)))
    assert "step 0 100 ms ran 100 ms" in said
    assert re.search(r"and (36|44|52) more rows", said)


def test_of_too_many_rows_a_failed_one_is_never_left_out():
    board = flat(60)
    board["tasks"][57] |= {"error": PRICE, "state": {**board["tasks"][57]["state"], "type": "FAILED", "name": "Failed"}}
    assert "✕ step 57 100 ms" in words(to_html(board))


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0.5, "0 ms 100 ms 200 ms 300 ms 400 ms 500 ms 600 ms"),
        (0.9, "0.0 s 0.2 s 0.4 s 0.6 s 0.8 s 1.0 s"),
        (2.45, "0.0 s 0.5 s 1.0 s 1.5 s 2.0 s 2.5 s 3.0 s"),
        (7.2, "0 s 2 s 4 s 6 s 8 s"),
        (70, "0:00 0:15 0:30 0:45 1:00 1:15"),
        (4000, "0:00 15:00 30:00 45:00 1:00:00 1:15:00"),
        (40 * 86400, "0:00 192:00:00 384:00:00 576:00:00 768:00:00 960:00:00"),
    ],
)
def test_the_axis_has_the_moments_of_the_live_view(seconds, ticks):
    tasks = [make_run(2, "t", "Failed", took=seconds, error=PRICE)]
    said = words(to_html(make_board([make_root(1, "f", "r", took=seconds)], tasks)))
    assert f"task {ticks} ✕ t" in said


def test_an_axis_gives_way_where_there_is_no_room_for_it():
    """Each name has a box with no width of its own; between the ends it goes out of sight as a whole."""
    page = to_html(nightly())
    breaks = '<span style="display:inline-block;width:0"></span>'
    boxes = re.findall(f'<span style="([^"]*height:18px[^"]*)">({breaks})?', page)
    assert [bool(may_break) for _, may_break in boxes] == [False, *[True] * 6]
    assert all("width:0;" in style for style, _ in boxes)
    assert all(("overflow:hidden" in style and "white-space:normal" in style) == bool(goes) for style, goes in boxes)
    shares = [float(share) for style, _ in boxes for share in re.findall(r"(?:min-width:|0 0 0 )([0-9.]+)%", style)]
    assert 95 < sum(shares) < 100


def test_a_moment_at_the_right_end_of_an_axis_never_reaches_beyond_it():
    page = to_html(make_board([make_root(1, "f", "r", took=2.45)], [make_run(2, "t", took=2)]))
    said = re.search('<span dir="rtl" style="([^"]*)"><span dir="ltr">3.0&nbsp;s</span></span>', page)[1]
    assert "text-align:right" in said
    assert "overflow" not in said


def test_a_flow_nested_deeper_than_the_stack_is_drawn():
    tasks = [
        make_run(n, f"f{n}", "Completed", took=9, of=f"f{n}", kind="flow", parent=n - 1, depth=n) for n in range(2, 402)
    ]
    assert "and 376 more rows" in words(to_html(make_board([make_root(1, "f", "r", took=9)], tasks)))


@pytest.mark.parametrize("jump", [-86_400, 86_400, 1e12, -1e12])
def test_a_clock_that_jumps_leaves_a_picture(jump):
    board = nightly()
    for run in board["tasks"][5:]:
        run |= {key: run[key] and run[key] + jump for key in ("created", "start", "end")}
        run["story"] = [[name, type_, at + jump] for name, type_, at in run["story"]]
        for hook in run["hooks"]:
            hook["at"] += jump
    board["runs"][0]["created"] = board["runs"][0]["start"] = T0 + jump
    page = to_html(board)
    assert read(page).lost == []
    assert "✕ score[78]" in words(page)
    assert to_text(board) == to_text(nightly())


def test_what_a_run_notes_is_shown():
    note = "a done callback of 'f' raised KeyError: 'x'; the run went on"
    board = make_board([make_root(1, "f", "r", took=2, notes=[note])])
    assert note in words(to_html(board))


def unseen(name, error):
    return f"task run {name!r} failed and nobody looked at it: Task run encountered an exception {error['title']}"


def test_a_note_of_the_failure_that_was_told_above_is_not_told_again():
    failed, other = unseen("score[78]", PRICE), unseen("score[79]", make_error("KeyError: 'price'"))
    tasks = [make_run(2, "score[78]", "Failed", error=PRICE)]
    page = words(to_html(make_board([make_root(1, "f", "r", notes=[failed, other])], tasks)))
    assert failed not in page
    assert other in page


def test_a_note_of_another_run_that_failed_alike_is_told():
    error = make_error("E: ")
    tasks = [make_run(n, name, "Failed", error=error) for n, name in ((2, "a"), (3, "b"))]
    notes = [unseen("a", error), unseen("b", error), "the rows are in drive E: "]
    page = words(to_html(make_board([make_root(1, "f", "r", notes=notes)], tasks)))
    assert [note.strip() in page for note in notes] == [False, True, True]


def test_a_note_of_a_flow_that_failed_in_the_background_is_told_with_its_error_alone():
    note = f"flow run 'r' failed in the background: {PRICE['title']}"
    failed = {"state": "Failed", "error": PRICE, "background": True, "notes": [note]}
    for tasks in ([], [make_run(2, "score[78]", "Failed", error=PRICE)]):
        page = words(to_html(make_board([make_root(1, "f", "r", **failed)], tasks)))
        assert page.count(PRICE["title"]) == 1 + len(tasks)  # a task's row tells it too
        assert "failed in the background" not in page


def test_a_note_that_ends_like_the_message_of_its_run_is_told():
    notes = ["3 rows were not ok", "ok"]
    page = words(to_html(make_board([make_root(1, "f", "r", took=2, message="ok", notes=notes)])))
    assert page.startswith("✓ Completed f r 0:02.0 ok 3 rows were not ok Started")


def test_the_engines_notes_of_failures_are_told_but_for_the_one_above(recording):
    from hookcell import flow, task
    from hookcell.notebook.snapshots import snapshot_of

    def fails():
        raise ValueError

    flow(lambda: [task(fails, name=name).submit() for name in "ab"] and None, name="f")(return_state=True)
    run = recording.of("f")
    assert [note[:16] for note in run.notes] == ["task run 'a' fai", "task run 'b' fai"]
    page = words(to_html(snapshot_of(run)))
    assert "a failed after 1 try: ValueError:" in page
    assert ["task run 'a' failed" in page, "task run 'b' failed" in page] == [False, True]


@pytest.mark.parametrize(
    "change",
    [{}, {"attempt": 2, "attempts": 3}, {"state": "Cancelled", "message": "Flow run was cancelled."}],
    ids=["completed", "retried", "cancelled"],
)
def test_what_a_quick_run_notes_is_told_where_its_line_opens(change):
    notes = ["the last row was cut off", "the disk is 99 % full"]
    for some in (notes[:1], notes):
        page = to_html(make_board([make_root(1, "f", "r", notes=some, **change)], [make_run(2, "t")]))
        assert page.startswith("<details style=")
        assert [note in page.partition("</summary>")[2] for note in some] == [True] * len(some)


def test_a_picture_lies_where_the_live_view_did():
    """`.hookcell` is 880 wide, 2 of which are left free on each side."""
    for board in (quick, nightly, several):
        cards = [style for style in read(to_html(board())).styles if "border-radius:6px" in style]
        assert cards
        assert all("max-width:876px;margin:4px 2px 8px 2px" in card for card in cards)


def test_code_is_not_broken_at_any_letter_as_jupyterlab_breaks_what_is_in_pre():
    pres = [style for style in read(to_html(nightly())).styles if "white-space:pre-wrap" in style]
    assert pres
    assert all("word-break:normal" in style for style in pres)


def test_a_lane_takes_the_room_that_words_leave_and_long_names_are_cut():
    page = to_html(nightly())
    assert "overflow:hidden;text-overflow:ellipsis" in page
    assert page.count("width:72%") == page.count("<img ") + 1


def test_a_group_of_which_no_run_was_sent_has_a_row():
    board = nightly()
    board["tasks"] = [run for run in board["tasks"] if run["of"] != "audit"]
    assert "⚡\ufe0e audit × 1 1 ⚡ 1 run" in words(to_html(board))


@pytest.mark.parametrize("state", ["Crashed", "Cancelled"])
def test_a_group_of_which_no_run_was_sent_is_a_bar_in_the_colour_of_its_end(state):
    tasks = [make_run(2, "t", start=0, took=1), make_run(3, "audit", state, start=1, took=1)]
    board = make_board([make_root(1, "f", "r", took=2)], tasks)
    board["tasks"] = board["tasks"][:1]
    picture = base64.b64decode(read(to_html(board)).images[-1]["src"].partition(",")[2])
    assert bytes.fromhex(LOOKS[state].settled[1:]) in picture[picture.index(b"PLTE") : picture.index(b"tRNS")]


def test_a_group_of_which_no_run_began_is_an_empty_lane():
    tasks = [
        make_run(2, "t", took=2),
        *(make_run(n, "u", "Cancelled") | {"start": None, "end": None} for n in range(3, 8)),
    ]
    assert "⊘ u × 5 5 ⊘ 5 runs" in words(to_html(make_board([make_root(1, "f", "r", took=2)], tasks)))


def test_what_people_were_asked_is_kept_with_what_they_answered():
    question = {"id": 2, "at": T0, "run": None, "by": None, "subject": "Publish?", "text": "<b>12 rows"}
    said = [question | {"answer": "approve", "answered": T0 + 9}, question | {"answer": None, "answered": None}]
    page = to_html(quick() | {"questions": said})
    assert read(page).lost == []
    assert words(page).startswith(
        "✓ Approved Publish? <b>12 rows ? Not answered Publish? <b>12 rows ✓ Completed lazy_flow"
    )
