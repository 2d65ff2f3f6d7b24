"""What a saved notebook keeps: the settled picture and the plain text.

The allow list below is that of JupyterLab's sanitizer for untrusted notebooks (jupyterlab/jupyterlab,
packages/apputils/src/sanitizer.ts: CssProp and Sanitizer._options, read in 4.6), cut down to what the picture uses.
Values are matched as there: a declaration that does not match its expression is dropped.
"""

from __future__ import annotations

import copy
import random
import re
import unicodedata
from html.parser import HTMLParser

import pytest

from hookcell.notebook.palette import HATCH, LOOKS, counted, duration, look_of
from hookcell.notebook.settled import MOST_BYTES, to_html, to_text

# -- snapshots to look at ---------------------------------------------------------------------------------------------

T0 = 1763680000.0
TYPES = {word: word.upper() for word in ("Completed", "Failed", "Running", "Crashed", "Paused", "Pending", "Cancelled")}
TYPES |= {"Retrying": "RUNNING", "AwaitingRetry": "SCHEDULED", "Cached": "COMPLETED", "TimedOut": "FAILED"}
TYPES |= {"NotReady": "PENDING"}


def make_hook(name, *, kind="on_completion", outcome="ok", at=T0, seconds=0.0001, printed="", error=None):
    said = {"printed": printed, "error": error}
    return {"kind": kind, "name": name, "outcome": outcome, "at": at, "seconds": seconds} | said


def make_error(title, *where):
    return {"title": title, "where": list(where)}


def make_run(n, name, state="Completed", *, start=0.0, took=0.4, hooks=(), **more):
    ended = TYPES.get(state, "COMPLETED") in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    base = {"n": n, "root": 1, "parent": 1, "depth": 1, "kind": "task", "name": name, "of": name.split("[")[0]}
    base |= {"attempt": 1, "attempts": 1, "waits": None, "retry_at": None, "counts": {}, "total": 0, "error": None}
    base |= {"created": T0 + start, "start": T0 + start, "end": T0 + start + took if ended else None, "story": []}
    base["hooks"] = list(hooks)
    base["state"] = {
        "type": TYPES.get(state, "COMPLETED"),
        "name": state,
        "message": more.pop("message", None),
        "at": T0,
    }
    base["hooks_ok"] = sum(hook["outcome"] == "ok" for hook in hooks)
    base["hooks_failed"] = sum(hook["outcome"] not in {"ok", "running"} for hook in hooks)
    return base | more


def make_root(n, of, name, state="Completed", **more):
    return make_run(n, name, state, **({"of": of, "root": n, "parent": None, "depth": 0, "kind": "flow"} | more))


def make_board(roots, tasks=(), more_runs=None):
    for root in roots:
        own = [task for task in tasks if task["root"] == root["n"] and task["kind"] == "task"]
        root["counts"] = root["counts"] or {s: [t["state"]["name"] for t in own].count(s) for s in TYPES}
        root["counts"] = {name: number for name, number in root["counts"].items() if number}
        root["total"] = root["total"] or len(own)
    live = any(root["end"] is None for root in roots)
    board = {"v": 1, "session": "a1b2c3d4", "board": 3, "seq": 17, "now": T0 + 11.9, "live": live, "hint": None}
    return board | {"runs": list(roots), "tasks": list(tasks), "more_runs": more_runs or {}}


WHERE = ("Cell In[7], line 4, in score", '----> 4     raise ValueError(f"price must be positive, got {row.price}")')
PRICE = make_error("ValueError: price must be positive, got -3.2", *WHERE)


def quick():
    root = make_root(1, "lazy_flow", "silver-otter", took=0.0004, hooks=[make_hook("my_hook")])
    return make_board([root])


def nightly():
    """Twelve tasks: one failed, one tried twice, one cached, one never started; a hook failed."""
    slow = make_hook("post_to_slack", kind="on_retry", outcome="timed out", at=T0 + 6, seconds=2.0)
    slow["error"] = "TimeoutError: no answer within 2 s"
    counting = make_hook("count_retries", kind="on_retry", at=T0 + 5, printed="retries so far: 4\n")
    told = make_hook("notify", kind="on_failure", at=T0 + 8, seconds=0.012, printed="told the team about score[78]")
    tasks = [
        make_run(2, "extract", took=1.9),
        make_run(3, "validate", "Cached", start=1.9, took=0, message="cached: same url as 2 days ago"),
        *[make_run(n, f"score[{n}]", start=2.2 + n / 10, took=0.6) for n in range(4, 9)],
        make_run(9, "score[77]", start=4, took=7.9, attempt=2, attempts=3, hooks=[counting, slow]),
        make_run(10, "score[78]", "Failed", start=4.2, took=2.4, error=PRICE, hooks=[told]),
        make_run(11, "score[79]", "Failed", start=4.3, took=2.5, error=make_error("KeyError: 'price'")),
        make_run(12, "report", "Pending", start=11, waits="score") | {"start": None},
        make_run(13, "audit", "Crashed", start=9, took=0.1, error=make_error("SystemExit: 3"), attempt=3, attempts=3),
    ]
    root = make_root(1, "nightly_scores", "crimson-fox", "Failed", took=11.9, error=PRICE)
    return make_board([root], tasks)


def cancelled():
    stopped = make_hook("clean_up", kind="on_cancellation", printed="closed 3 connections")
    tasks = [
        make_run(2, "load", took=1.2),
        make_run(3, "train", "Cancelled", start=1.2, took=2, hooks=[stopped], message="interrupted"),
        make_run(4, "publish", "Cancelled", start=1.2, message="interrupted before it began") | {"start": None},
    ]
    root = make_root(1, "retrain", "quiet-heron", "Cancelled", took=3.3, message="Interrupted from the keyboard")
    return make_board([root], tasks)


def not_ready():
    """A task failed after three tries; the task that waited for it, and the flow that asked for that one, told why."""
    blame = "UpstreamTaskError: Upstream task run 'score[7]' did not reach a 'COMPLETED' state: it is Failed. "
    error = make_error(blame + PRICE["title"], "Cell In[5], line 1", "----> 1 nightly_scores(9)")
    tasks = [
        make_run(2, "score[6]", attempts=3),
        make_run(3, "score[7]", "Failed", took=1.1, error=PRICE, attempt=3, attempts=3),
        make_run(4, "report", "NotReady", error=error, attempt=0) | {"start": None, "end": T0 + 2},
    ]
    return make_board([make_root(1, "nightly_scores", "nimble-beetle", "Failed", took=2.3, error=error)], tasks)


def crashed():
    error = make_error("SystemExit: 3", "Cell In[4], line 2, in stop", "----> 2     sys.exit(3)")
    return make_board([make_root(1, "stop", "amber-lynx", "Crashed", took=0.02, error=error)])


def several():
    """A loop over flows: one failed among the first fifty, ten thousand more."""
    roots = [make_root(n, "tick", f"word-{n}", took=0.002, hooks=[make_hook("log")]) for n in range(1, 51)]
    roots[30] = make_root(31, "tick", "word-31", "Failed", took=0.002, error=PRICE)
    return make_board(roots, more_runs={"Completed": 9_949, "Failed": 1})


def huge():
    """Five thousand tasks, of which five hundred are sent."""
    states = ["Failed" if n % 97 == 0 else "Cached" if n % 50 == 0 else "Completed" for n in range(500)]
    hooks = [make_hook("notify", printed="x" * 400, outcome="failed", error="OSError: down")]
    tasks = [make_run(n + 2, f"score[{n}]", state, start=n / 100) for n, state in enumerate(states)]
    for task in tasks:
        if task["state"]["name"] == "Failed":
            task.update(error=PRICE, hooks=hooks * 20, hooks_failed=20)
    counts = {"Completed": 4_800, "Failed": 30, "Cached": 100, "Pending": 70}
    return make_board([make_root(1, "nightly", "crimson-fox", "Failed", took=99, counts=counts, total=5_000)], tasks)


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>&amp;",
    "</pre></table></details><b>",
    "שלום <b> עולם",
    "evil\u202etxt.exe\u2066\u2068",
    "🏳️‍🌈 👩🏽‍🔬 ⚡",
    "\x00\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b5m\x7f\x85",
    "half \ud83d of a character \ufffe",
    "two\r\nlines\rand\u2028more",
    "n" * 10_000,
    "\"'&<>" * 2_000,
]


def hostile(bad):
    error = make_error(bad, bad, bad)
    hook = make_hook(bad, kind=bad, outcome="failed", printed=bad, error=bad)
    tasks = [make_run(2 + n, bad, "Failed", message=bad, waits=bad, error=error, hooks=[hook]) for n in range(300)]
    roots = [make_root(1, bad, bad + bad, "Failed", error=error, message=bad, hooks=[hook])]
    roots += [make_root(n, bad, bad + bad, "Failed", error=error, hooks=[hook] * 20) for n in range(400, 449)]
    roots[-1]["state"] = {"type": bad, "name": bad, "message": bad, "at": T0}
    return make_board(roots, tasks, more_runs={bad: 5, **{f"{bad[:9]}{n}": n for n in range(1, 900)}})


def still_running():
    tasks = [make_run(2, "load"), make_run(3, "train", "Retrying", start=1, attempt=2, attempts=3)]
    return make_board([make_root(1, "etl", "blue-wren", "Running")], tasks)


BOARDS = [quick, nightly, cancelled, not_ready, crashed, several, huge, still_running]


# -- what JupyterLab lets through -------------------------------------------------------------------------------------

TAGS = {"b", "bdi", "details", "div", "pre", "span", "summary", "table", "td", "th", "tr"}
ATTRIBUTES = {"*": {"dir", "style"}, "details": {"open"}, "table": {"cellpadding"}, "th": {"align"}}

NUMBER, POSITIVE = r"[+-]?([0-9]*[.])?[0-9]+(e-?[0-9]*)?", r"[+]?([0-9]*[.])?[0-9]+(e-?[0-9]*)?"
UNIT = "(px|em|rem|ex|in|cm|mm|pt|pc)"
LENGTH, LENGTH_POSITIVE, PERCENT = f"({NUMBER}{UNIT}|0)", f"({POSITIVE}{UNIT}|0)", f"{POSITIVE}%"
LENGTH_OR_PERCENT = f"(0|{NUMBER}(px|em|rem|ex|in|cm|mm|pt|pc|%))"
ZERO_ONE = "[+]?(1([.][0]+)?|0([.][0-9]+)?)"
COLOUR = (
    rf"#(0x)?[0-9a-f]+|rgba\(\s*(\d{{1,3}})\s*,\s*(\d{{1,3}})\s*,\s*(\d{{1,3}})\s*,\s*({ZERO_ONE})\s*\)|transparent"
)
BORDER_STYLE = "none|hidden|dotted|dashed|solid|double|groove|ridge|inset|outset"
BORDER = rf"(((thin|medium|thick|{LENGTH})|({BORDER_STYLE})|({COLOUR}))\s*){{1,3}}"
IDENT = "-?[_a-z][_a-z0-9-]*"
STOP = rf"({COLOUR})(\s*({LENGTH_OR_PERCENT}\s*){{1,2}})?"
PROPERTIES = {
    "background": rf"(({COLOUR})\s*)+",
    "background-image": rf"linear-gradient\(({NUMBER}deg\s*,\s*)?\s*(({STOP})\s*,\s*)+({STOP})\s*\)",
    "background-size": rf"({LENGTH_POSITIVE}\s*){{1,2}}",
    "border": BORDER,
    "border-collapse": "collapse|separate",
    "border-left": BORDER,
    "border-radius": rf"({LENGTH_OR_PERCENT}\s*){{1,4}}",
    "border-top": BORDER,
    "box-sizing": "content-box|padding-box|border-box",
    "color": COLOUR,
    "cursor": "pointer",
    "display": "inline-block",
    "float": "left|right|none",
    "font-family": rf"{IDENT}(,\s*{IDENT})*",
    "font-size": f"{LENGTH_POSITIVE}|{PERCENT}",
    "font-weight": "normal|bold|bolder|lighter|[1-9]00",
    "height": f"{LENGTH}|{PERCENT}|auto",
    "line-height": f"normal|{POSITIVE}|{LENGTH_POSITIVE}|{PERCENT}",
    "margin": rf"(({LENGTH_OR_PERCENT}|auto)\s*){{1,4}}",
    "max-width": f"{LENGTH_POSITIVE}|{PERCENT}|none|auto",
    "min-width": f"{LENGTH_POSITIVE}|{PERCENT}|auto",
    "opacity": ZERO_ONE,
    "overflow": "visible|hidden|scroll|auto",
    "overflow-wrap": "normal|break-word",
    "overflow-x": "visible|hidden|scroll|auto",
    "padding": rf"(({LENGTH_POSITIVE}|{PERCENT})\s*){{1,4}}",
    "table-layout": "auto|fixed",
    "text-align": "left|right|center|justify",
    "vertical-align": "baseline|sub|super|top|text-top|middle|bottom|text-bottom",
    "white-space": "normal|pre|nowrap|pre-wrap|pre-line",
    "width": f"{LENGTH_POSITIVE}|{PERCENT}|auto",
}


class Sanitizer(HTMLParser):
    """Reads a picture and notes what an untrusted notebook would lose of it."""

    def __init__(self):
        super().__init__()
        self.lost, self.open, self.text, self.styles = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.lost += [] if tag in TAGS else [f"<{tag}>"]
        for name, value in attrs:
            allowed = name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set())
            self.lost += [] if allowed else [f"<{tag} {name}>"]
            self.styles += [value] if name == "style" else []
            self.lost += self.lost_of(value) if name == "style" else []

    def lost_of(self, style):
        for declaration in style.split(";"):
            name, _, value = declaration.partition(":")
            if not re.fullmatch(PROPERTIES.get(name.strip(), "(?!)"), value.strip(), re.IGNORECASE):
                yield declaration

    def handle_endtag(self, tag):
        self.lost += [] if self.open and self.open.pop() == tag else [f"</{tag}> out of place"]

    def handle_data(self, data):
        self.text.append(data)

    def handle_decl(self, decl):
        self.lost.append(decl)

    handle_comment = handle_pi = unknown_decl = handle_decl


def read(page):
    reader = Sanitizer()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page):
    """What is left of a picture where every tag is dropped."""
    return " ".join(" ".join(read(page).text).split())


@pytest.mark.parametrize("board", BOARDS)
def test_an_untrusted_notebook_keeps_the_whole_picture(board):
    assert read(to_html(board())).lost == []


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_text(bad):
    page = to_html(hostile(bad))
    assert read(page).lost == []
    assert len(page.encode()) < MOST_BYTES
    assert "onerror=" not in re.sub(r">[^<]*<", "><", page)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_on_its_line_of_the_text(bad):
    text = to_text(hostile(bad))
    text.encode()
    assert len(text.splitlines()) == len(text.split("\n")) <= 20
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", text)
    assert text.count("\u2068") == text.count("\u2069")


def test_each_user_string_is_isolated_from_the_writing_direction_around_it():
    hello = "שלום"
    page, text = to_html(hostile(hello)), to_text(hostile(hello))
    assert hello not in re.sub('<bdi>.*?</bdi>|<pre dir="ltr".*?</pre>', "", page, flags=re.DOTALL)
    assert f"\u2068{hello}\u2069" in text


def test_terminal_colours_vanish_and_other_controls_become_visible():
    hook = make_hook("h", printed="\x1b[1;31mred\x1b[0m \x07 \ud83d")
    page = to_html(make_board([make_root(1, "f", "r", hooks=[hook])]))
    assert ">red ␇ \ufffd<" in page


def test_a_picture_loads_nothing_and_runs_nothing():
    for board in BOARDS:
        page = to_html(board())
        assert not re.search(r"https?:|url\(|var\(|<svg|<style|<script|class=|\son\w+=|src=|href=", page), board


@pytest.mark.parametrize("board", BOARDS)
def test_a_picture_is_under_60_kb(board):
    assert len(to_html(board()).encode()) < MOST_BYTES == 60_000


def test_a_usual_picture_is_small():
    assert len(to_html(quick()).encode()) < 2_500
    assert len(to_html(nightly()).encode()) < 20_000
    assert len(to_html(several()).encode()) < 35_000


# -- colours ----------------------------------------------------------------------------------------------------------

PAGES = {"#ffffff": "#1f2328", "#f5f5f5": "#1f2328", "#111111": "#e8eaed", "#1e1e1e": "#e8eaed"}


def channels(colour):
    short = colour.lstrip("#")
    full = "".join(c * 2 for c in short) if len(short) == 3 else short
    return [int(full[i : i + 2], 16) for i in (0, 2, 4)]


def luminance(colour):
    linear = [v / 3294.6 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in channels(colour)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(ink, ground, alpha):
    mixed = (round(alpha * a + (1 - alpha) * b) for a, b in zip(channels(ink), channels(ground), strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


@pytest.mark.parametrize("name", LOOKS)
def test_a_state_is_readable_in_each_of_its_colours(name):
    look = LOOKS[name]
    assert all(contrast(look.light, page) >= 4.5 for page in ("#fff", "#f5f5f5"))
    assert all(contrast(look.dark, page) >= 4.5 for page in ("#111", "#1e1e1e"))
    assert contrast(look.settled, "#fff") >= 4.5
    assert contrast(HATCH, "#fff") >= 4.5
    assert all(contrast(look.settled, page) >= 3 for page in PAGES)


@pytest.mark.parametrize("board", BOARDS)
def test_an_ink_is_only_set_together_with_a_ground_it_reads_on(board):
    inked = [dict(d.split(":", 1) for d in style.split(";")) for style in read(to_html(board())).styles]
    pairs = {(style["color"], style["background"]) for style in inked if "color" in style}
    assert pairs
    assert all(contrast(ink, ground) >= 4.5 for ink, ground in pairs)


@pytest.mark.parametrize("tint", ["#808080 0.14", "#cf222e 0.10", "#808080 0"])
@pytest.mark.parametrize(("page", "ink"), PAGES.items())
def test_faded_text_still_reads_on_tinted_rows_of_every_page(page, ink, tint):
    colour, alpha = tint.split()
    ground = over(colour, page, float(alpha))
    assert contrast(over(ink, ground, 0.75), ground) >= 4.5


def test_no_colour_reads_on_white_and_on_dark_pages_alike():
    """Why a badge has a ground of its own."""
    greys = [f"#{v:02x}{v:02x}{v:02x}" for v in range(256)]
    assert max(min(contrast(grey, "#fff"), contrast(grey, "#111")) for grey in greys) < 4.5


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
        {"total": 11, "counts": {"Completed": 11}},
        {"counts": {"Failed": 1}, "total": 1},
        {"attempt": 2, "attempts": 3},
        {"hooks": [make_hook("h", outcome="failed")]},
        {"state": "Cancelled"},
        {"state": "Failed", "error": PRICE},
    ],
    ids=["slow", "many", "failed task", "retried", "failed hook", "cancelled", "failed"],
)
def test_a_run_with_a_story_is_drawn_in_full(change):
    assert "Started 2025-11-20 23:06:40 UTC" in to_html(make_board([make_root(1, "f", "r", **change)]))


def test_a_failed_run_tells_first_what_failed_and_why():
    said = words(to_html(nightly()))
    told = [
        "✕ Failed nightly_scores crimson-fox 11.9 s",
        "✓ 7 Completed ◆ 1 Cached ✕ 2 Failed ⚡\ufe0e 1 Crashed ○ 1 Pending",
        "score[78] failed after 1 try: ValueError: price must be positive, got -3.2",
        "Cell In[7], line 4, in score ----> 4",
        "12 task runs state task tries hooks time ✓ Completed extract 1.9 s ◆ Cached validate cached: same url as",
        "✓ Completed score[77] 2 of 3 1 ok, 1 failed 7.9 s",
        "✕ Failed score[79] KeyError: 'price' 2.5 s ○ Pending report waits for score",
        "2 hooks ok, 1 hook failed (the run went on) outcome hook of time",
        "✓ ok on_retry count_retries retries so far: 4",
        "✕ timed out on_retry post_to_slack TimeoutError: no answer within 2 s (the run went on) score[77] 2.0 s",
        "Started 2025-11-20 23:06:40 UTC",
    ]
    places = [said.find(part) for part in told]
    assert -1 not in places, [part for part, place in zip(told, places, strict=True) if place < 0]
    assert places == sorted(places)


def test_a_cancelled_and_a_crashed_run_say_why():
    assert "⊘ Cancelled retrain quiet-heron 3.3 s" in words(to_html(cancelled()))
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
    assert said.startswith("▶\ufe0e Running etl blue-wren 11.9 s so far")
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


# -- the plain text ---------------------------------------------------------------------------------------------------


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
