"""The pictures of the timeline: files of few colours, and what can be told from them without their colours."""

import base64
import struct
import zlib
from collections import Counter

import pytest
from boards import PRICE, T0, make_bins, make_hook, make_run, make_story

from hookcell.notebook.palette import HATCH, LOOKS
from hookcell.notebook.settled.density import columns_of, draw_group
from hookcell.notebook.settled.drawing import HEIGHT, SHARP, WIDTH, Span, draw_run, lane
from hookcell.notebook.settled.packed import draw_packed, pack
from hookcell.notebook.settled.png import CLEAR, Canvas

WIDE, HIGH = WIDTH * SHARP, HEIGHT * SHARP
MIDDLE = 23
SPAN = Span(T0, T0 + 10)


class Image:
    """A PNG, read as any viewer would: its dots as colours."""

    def __init__(self, data):
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        chunks, place = {}, 8
        while place < len(data):
            (length,) = struct.unpack(">I", data[place : place + 4])
            kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
            assert struct.unpack(">I", data[place + 8 + length :][:4])[0] == zlib.crc32(kind + body)
            chunks[kind] = body
            place += 12 + length
        self.kinds = list(chunks)
        self.width, self.height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
        assert (depth, kind) == (4, 3)
        colours, alphas = chunks[b"PLTE"].hex(), chunks[b"tRNS"].hex()
        palette = [f"#{colours[k : k + 6]}" for k in range(0, len(colours), 6)]
        alpha = [alphas[k : k + 2] for k in range(0, len(alphas), 2)]
        self.palette = [f"{c}{alpha[k]}" if alpha[k : k + 1] not in ([], ["ff"]) else c for k, c in enumerate(palette)]
        raw, wide = zlib.decompress(chunks[b"IDAT"]), (self.width + 1) // 2 + 1
        self.rows = [self.unpacked(raw[k : k + wide]) for k in range(0, len(raw), wide)]

    def unpacked(self, row):
        assert row[0] == 0
        return [self.palette[dot] for byte in row[1:] for dot in (byte >> 4, byte & 15)][: self.width]

    def column(self, x):
        return [row[x] for row in self.rows]


def drawn(run=None, *, columns=None, end=T0 + 10, now=T0 + 10, span=SPAN):
    canvas = lane()
    if run is not None:
        draw_run(canvas, span, run, now)
    else:
        draw_group(canvas, span, columns, end)
    return Image(canvas.png())


def packed(runs, now=T0 + 10):
    canvas = lane()
    draw_packed(canvas, SPAN, pack(runs, len(runs), now))
    return Image(canvas.png())


def x(seconds):
    return round(seconds / 10 * WIDE)


def colour(state):
    return LOOKS[state].settled


# -- the file ---------------------------------------------------------------------------------------------------------


def test_a_canvas_becomes_a_picture_that_anything_can_read():
    canvas = Canvas(5, 3)
    canvas.fill(1, 3, 1, 2, "#ff0000")
    canvas.fill(-9, 99, 2, 99, "#00ff0080")
    canvas.dots([(4, 0), (9, 9)], "#0000ff")
    image = Image(canvas.png())
    assert (image.width, image.height, image.kinds) == (5, 3, [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"])
    assert image.rows == [
        [CLEAR] * 4 + ["#0000ff"],
        [CLEAR, "#ff0000", "#ff0000", CLEAR, CLEAR],
        ["#00ff0080"] * 5,
    ]
    assert base64.b64decode(canvas.address().partition(",")[2]) == canvas.png()


def test_the_page_shines_through_where_nothing_is_drawn():
    assert set(drawn(make_run(1, "t", start=2, took=3)).column(x(8))) == {CLEAR}


def test_a_lane_uses_no_more_colours_than_its_file_can_hold():
    spans = [(T0 + n / 9, T0 + n / 9 + 1, state) for n, state in enumerate(LOOKS)]
    image = drawn(columns=columns_of(make_bins(spans)))
    assert len(image.palette) <= 16


# -- one run ----------------------------------------------------------------------------------------------------------


def test_a_run_is_a_bar_from_its_start_to_its_end_in_the_colour_of_its_end():
    image = drawn(make_run(1, "t", start=2, took=3))
    assert image.rows[MIDDLE][x(2) : x(5)] == [colour("Completed")] * (x(5) - x(2))
    assert set(image.rows[MIDDLE][: x(2)] + image.rows[MIDDLE][x(5) :]) == {CLEAR}


def test_a_run_that_goes_on_is_a_bar_up_to_now_in_the_colour_of_running():
    image = drawn(make_run(1, "t", "Running", start=2), now=T0 + 6)
    assert Counter(image.rows[MIDDLE]) == {CLEAR: WIDE - x(6) + x(2), colour("Running"): x(6) - x(2)}


def test_a_wait_is_dashed_and_hollow():
    image = drawn(make_run(1, "t", start=4, took=3, created=T0 + 1))
    assert set(image.rows[MIDDLE][x(1) + 2 : x(4) - 2]) == {CLEAR}
    edge = "".join("#" if dot == colour("Pending") else "." for dot in image.rows[14][x(1) : x(1) + 30])
    assert edge == "######....######....######...."


RETRIED = make_story(("Pending", 0), ("Running", 1), ("AwaitingRetry", 3), ("Retrying", 5), ("Completed", 9))


def test_each_try_is_a_bar_of_its_own_and_the_wait_between_is_dashed():
    image = drawn(make_run(1, "t", start=1, took=8, attempt=2, attempts=3, story=RETRIED))
    middle = image.rows[MIDDLE]
    assert set(middle[x(1) : x(3)]) == {colour("Failed")}
    assert set(middle[x(3) + 4 : x(5) - 4]) == {CLEAR}
    assert set(middle[x(5) : x(9)]) == {colour("Completed")}


def test_tries_without_a_wait_between_are_told_apart():
    story = make_story(("Pending", 0), ("Running", 1), ("Retrying", 3), ("Retrying", 5), ("Failed", 9))
    image = drawn(make_run(1, "t", "Failed", start=1, took=8, attempt=3, attempts=3, story=story))
    assert [image.rows[6][x(at) - 1] for at in (3, 5, 9)] == [colour("Failed")] * 3
    assert image.rows[6][x(4)] == CLEAR


def test_a_try_that_failed_stands_out_without_its_colour():
    failed, fine = (drawn(make_run(1, "t", state, start=2, took=3)) for state in ("Failed", "Completed"))
    taller = [sum(dot != CLEAR for dot in image.column(x(5) - 1)) for image in (failed, fine)]
    assert taller[0] > taller[1]


def test_what_was_stopped_is_hatched():
    story = make_story(("Pending", 0), ("Running", 1), ("Cancelling", 4), ("Cancelled", 6))
    image = drawn(make_run(1, "t", "Cancelled", start=1, took=5, story=story))
    assert set(image.rows[MIDDLE][x(1) : x(6) - 1]) == {HATCH, colour("Cancelled")}


def test_a_result_from_a_cache_is_a_hollow_mark():
    middle = drawn(make_run(1, "t", "Cached", start=5, took=0)).rows[MIDDLE]
    assert [dot for dot in middle if dot != CLEAR] == [colour("Cached")] * 6
    assert middle[x(5)] == CLEAR


def test_a_run_too_short_to_see_is_seen():
    assert drawn(make_run(1, "t", start=2, took=0.0001)).rows[MIDDLE].count(colour("Completed")) == 4
    assert drawn(make_run(1, "t", start=10, took=0.0001)).rows[MIDDLE].count(colour("Completed")) == 4


def test_hooks_are_diamonds_above_in_the_colour_of_their_outcome():
    hooks = [make_hook("a", at=T0 + 3), make_hook("b", at=T0 + 7, outcome="failed"), make_hook("c", at=T0 + 99)]
    image = drawn(make_run(1, "t", start=2, took=6, hooks=hooks))
    assert image.rows[8][x(3) - 6 : x(3) + 7] == [colour("Completed")] * 13
    assert image.rows[8][x(7) - 6 : x(7) + 7] == [colour("Failed")] * 13
    assert image.rows[8][WIDE - 8] == colour("Completed")
    assert image.rows[2][x(3) - 1] == CLEAR


@pytest.mark.parametrize("jump", [-1e12, -86_400, 86_400, 1e12, float("inf"), float("-inf")])
def test_a_clock_that_jumps_leaves_a_bar_inside_the_picture(jump):
    run = make_run(1, "t", start=2, took=3)
    run["story"] = [["Pending", "PENDING", T0], ["Running", "RUNNING", T0 + jump], ["Completed", "COMPLETED", T0 + 5]]
    assert drawn(run).rows[MIDDLE].count(colour("Completed")) >= 4


def test_a_bar_lies_as_high_in_its_row_as_in_the_live_view():
    """There it reaches from 8 to 18 of a row's 26 dots; above an image are 2 more."""
    bar = drawn(make_run(1, "t", start=2, took=3)).column(x(3))
    assert [place for place, dot in enumerate(bar) if dot != CLEAR] == list(range((8 - 2) * SHARP, (18 - 2) * SHARP))


# -- few runs ---------------------------------------------------------------------------------------------------------


def bars(image, column):
    """From where to where the bars reach that a column goes through."""
    dots = [dot != CLEAR for dot in image.column(column)]
    return [k for k in range(1, len(dots)) if dots[k] != dots[k - 1]]


def test_runs_one_after_the_other_are_bars_of_their_own_on_one_floor():
    image = packed([make_run(n, "t", start=n, took=1) for n in range(1, 5)])
    assert [bars(image, x(at)) for at in (1.5, 2.5, 4.5)] == [[12, 32]] * 3
    assert [image.rows[MIDDLE][x(at) - 1] for at in (2, 3, 4)] == [CLEAR] * 3
    assert bars(image, x(5.5)) == bars(image, x(0.5)) == []


def test_runs_at_the_same_time_lie_one_above_the_other_and_a_free_floor_is_taken_again():
    image = packed([make_run(1, "t", start=1, took=6), make_run(2, "t", start=2, took=2), make_run(3, "t", start=5)])
    assert bars(image, x(1.5)) == bars(image, x(4.5)) == [20, 34]
    assert bars(image, x(3)) == bars(image, x(5.2)) == [4, 18, 20, 34]


def test_each_try_of_a_few_runs_is_a_bar_and_a_failed_one_is_told():
    image = packed([make_run(1, "t", start=1, took=8, attempt=2, attempts=3, story=RETRIED)])
    assert set(image.rows[MIDDLE][x(1) : x(3) - SHARP]) == {colour("Failed")}
    assert set(image.rows[MIDDLE][x(3) : x(5)]) == {CLEAR}
    assert set(image.rows[MIDDLE][x(5) : x(9) - SHARP]) == {colour("Completed")}


def test_a_run_that_goes_on_among_few_reaches_up_to_now():
    image = packed([make_run(1, "t", "Running", start=2)], now=T0 + 6)
    assert bars(image, x(5.9)) == [12, 32]
    assert bars(image, x(6.1)) == []


@pytest.mark.parametrize(
    "runs",
    [
        [make_run(n, "t", start=n, took=1) for n in range(61)],
        [make_run(n, "t", start=1, took=1) for n in range(7)],
        [make_run(1, "t", "Cancelled") | {"start": None}],
    ],
    ids=["many", "at once", "none that ran"],
)
def test_runs_whose_density_tells_more_are_not_packed(runs):
    assert pack(runs, len(runs), T0 + 99) is None


def test_runs_of_which_some_are_not_known_are_not_packed():
    assert pack([make_run(n, "t", start=n, took=1) for n in range(5)], 6, T0 + 99) is None


# -- many runs --------------------------------------------------------------------------------------------------------


def heights(image):
    return [sum(dot != CLEAR for dot in image.column(column)) for column in range(WIDE)]


def test_a_density_is_as_high_as_many_runs_are_active():
    spans = [(T0 + 1, T0 + 3, "Completed")] + [(T0 + 5, T0 + 7, "Completed")] * 4
    tall = heights(drawn(columns=columns_of(make_bins(spans))))
    assert tall[x(6)] == 29
    assert tall[x(2)] == 7
    assert tall[x(4.5)] == 0


def test_one_failure_among_a_hundred_thousand_is_seen():
    spans = [(T0 + n / 10_000, T0 + n / 10_000 + 0.5, "Completed") for n in range(100_000)]
    spans[50_000] = (T0 + 5, T0 + 5.5, "Failed")
    image = drawn(columns=columns_of(make_bins(spans)))
    assert sum(dot == colour("Failed") for row in image.rows for dot in row) >= 16
    assert image.column(x(1)).count(colour("Failed")) == 0


def test_the_numbers_of_a_density_are_exact():
    spans = [(T0 + n, T0 + n + 2.5, "Failed" if n == 3 else "Completed") for n in range(6)]
    columns = columns_of(make_bins(spans))
    assert sum(number for column in columns for _, number in column.ended) == 6
    assert max(column.left for column in columns) == 3
    assert columns[-1].left == 0


def test_runs_that_ended_without_having_run_are_no_debt():
    columns = columns_of(
        {"from": T0, "step": 1, "started": [0, 2], "ended": {"Cancelled": [3, 0], "Completed": [0, 2]}}
    )
    assert [(column.active, column.left) for column in columns] == [(3, 0), (2, 0)]


def test_what_was_at_work_lies_on_what_completed_in_the_colour_of_running():
    spans = [(T0 + n / 100, T0 + n / 100 + 0.5, "Completed") for n in range(800)]
    middle = [dot for dot in drawn(columns=columns_of(make_bins(spans))).column(x(4)) if dot != CLEAR]
    running = middle.count(colour("Running"))
    assert middle == [colour("Running")] * running + [colour("Completed")] * (len(middle) - running)
    assert 0 < running < len(middle)


def layers(ended, running=0):
    """The colours of a column, from below, each with its height."""
    bins = {
        "from": T0,
        "step": 5,
        "started": [sum(ended.values()) + running],
        "ended": {k: [n] for k, n in ended.items()},
    }
    column = drawn(columns=columns_of(bins), end=T0 + 5).column(x(2))
    return [(dot, column.count(dot)) for dot in dict.fromkeys(reversed(column)) if dot != CLEAR]


def test_runs_that_ended_otherwise_than_they_do_in_the_live_view_are_no_layer():
    assert layers({"Completed": 40, "Cancelled": 60}) == layers({"Completed": 40})
    assert layers({"Completed": 30, "Cached": 10, "Odd": 5, "NotReady": 3}) == layers({"Completed": 40})


def test_what_failed_crashed_and_timed_out_is_one_layer():
    assert layers({"Completed": 4, "Failed": 3, "Crashed": 2, "TimedOut": 1}) == layers({"Completed": 4, "Failed": 6})
    assert [name for name, _ in layers({"Completed": 4, "Crashed": 1}, running=2)] == [
        *(colour(state) for state in ("Completed", "Running", "Failed"))
    ]


@pytest.mark.parametrize("rare", [1, 2])
def test_one_failure_is_seen_whole_though_a_lane_is_full(rare):
    assert layers({"Completed": 100_000 - 2 * rare, "Failed": rare}, running=rare)[-1] == (colour("Failed"), 5)
    assert layers({"Failed": rare}, running=100_000 - rare)[-1] == (colour("Failed"), 5)


def test_a_failure_is_seen_among_many_states_with_names_of_their_own():
    assert layers({f"Odd {n}": 1 for n in range(18)} | {"Completed": 100, "Failed": 1})[-1][0] == colour("Failed")


def test_nothing_is_drawn_after_the_last_run_of_a_group_has_ended():
    spans = [(T0 + 1, T0 + 4.01, "Completed")] * 5
    columns = columns_of({"from": T0 + 1, "step": 2.0, "started": [5, 0], "ended": {"Completed": [0, 5]}})
    assert columns[-1].end == T0 + 5 > spans[0][1]
    tall = heights(drawn(columns=columns, end=T0 + 4.01))
    assert tall[x(4)] > 0
    assert set(tall[x(4.01) + 1 :]) == {0}


def test_a_group_that_still_runs_has_the_colour_of_running():
    columns = columns_of(make_bins([(T0 + 1, None, "Running")] * 5))
    assert colour("Running") in drawn(columns=columns).rows[39]


def test_a_group_without_numbers_is_an_empty_lane():
    assert set(heights(drawn(columns=[]))) == {0}


def test_a_run_with_a_strange_story_is_drawn():
    for story in ([], [["Odd", "ODD", T0]], [["Failed", "FAILED", T0 + 3]] * 3):
        drawn(make_run(1, "t", "Failed", error=PRICE, story=story))
