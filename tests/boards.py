"""Boards as the wire tells them, made by hand: what settled pictures, texts and the terminal are tested with."""

import itertools
import random

T0 = 1763680000.0
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
TYPES = {word: word.upper() for word in ("Completed", "Failed", "Running", "Crashed", "Paused", "Pending", "Cancelled")}
TYPES |= {"Retrying": "RUNNING", "AwaitingRetry": "SCHEDULED", "Cached": "COMPLETED", "TimedOut": "FAILED"}
TYPES |= {"NotReady": "PENDING", "Cancelling": "CANCELLING", "Scheduled": "SCHEDULED"}
FOLD = 4


def make_hook(name, *, kind="on_completion", outcome="ok", at=T0, seconds=0.0001, printed="", error=None):
    said = {"printed": printed, "error": error}
    return {"kind": kind, "name": name, "outcome": outcome, "at": at, "seconds": seconds} | said


def make_error(title, *where):
    return {"title": title, "where": list(where)}


def make_run(n, name, state="Completed", *, start=0.0, took=0.4, hooks=(), **more):
    ended = TYPES.get(state, "COMPLETED") in FINAL
    base = {"n": n, "root": 1, "parent": 1, "depth": 1, "kind": "task", "name": name, "of": name.split("[")[0]}
    base |= {"attempt": 1, "attempts": 1, "waits": None, "retry_at": None, "counts": {}, "total": 0, "error": None}
    base |= {"created": T0 + start, "start": T0 + start, "end": T0 + start + took if ended else None}
    base |= {"g": None, "logged": 0, "notes": [], "background": False, "after": []}
    base["hooks"] = list(hooks)
    base["state"] = {
        "type": TYPES.get(state, "COMPLETED"),
        "name": state,
        "message": more.pop("message", None),
        "at": T0 + start + took,
    }
    base["hooks_ok"] = sum(hook["outcome"] == "ok" for hook in hooks)
    base["hooks_failed"] = sum(hook["outcome"] not in {"ok", "running"} for hook in hooks)
    run = base | more
    run.setdefault("story", story_of(run))
    return run


def story_of(run):
    """A story that fits a run: created, started, ended; or what `make_story` was given."""
    story = [["Pending", "PENDING", run["created"]]]
    if run["start"] is not None and run["state"]["name"] not in {"Pending", "Cached"}:
        story.append(["Running", "RUNNING", run["start"]])
    if run["state"]["name"] not in {"Pending", "Running"}:
        story.append([run["state"]["name"], run["state"]["type"], run["end"] or run["state"]["at"]])
    return story


def make_story(*states):
    """`("Pending", 0), ("Running", 0.1), …`: names and seconds."""
    return [[name, TYPES[name], T0 + at] for name, at in states]


def make_root(n, of, name, state="Completed", **more):
    return make_run(n, name, state, **({"of": of, "root": n, "parent": None, "depth": 0, "kind": "flow"} | more))


def make_board(roots, tasks=(), more_runs=None, groups=None):
    for root in roots:
        own = [task for task in tasks if task["root"] == root["n"] and task["kind"] == "task"]
        root["counts"] = root["counts"] or {s: [t["state"]["name"] for t in own].count(s) for s in TYPES}
        root["counts"] = {name: number for name, number in root["counts"].items() if number}
        root["total"] = root["total"] or len(own)
    live = any(root["end"] is None for root in roots)
    board = {"v": 2, "session": "a1b2c3d4", "board": 3, "seq": 17, "now": T0 + 11.9, "live": live, "hint": None}
    board |= {"questions": [], "more_questions": 0, "can": ["cancel"], "more_runs": more_runs or {}}
    groups = groups_of(tasks) if groups is None else groups
    return board | {"runs": list(roots), "tasks": list(tasks), "groups": groups}


def groups_of(tasks):
    """The groups that tasks are in; it tells each task its number."""
    several = {}
    for task in tasks:
        several.setdefault((task["root"], task["parent"], task["of"], task["kind"]), []).append(task)
    for g, own in enumerate(several.values(), 1):
        for task in own:
            task["g"] = g
    of_run = {task["n"]: task["g"] for task in tasks}
    return [make_group(own, inside=of_run.get(own[0]["parent"])) for own in several.values()]


def make_group(own, inside=None, **more):
    first = own[0]
    ends = [task["end"] for task in own]
    starts = [task["start"] for task in own if task["start"] is not None]
    states = [task["state"]["name"] for task in own]
    group = {key: first[key] for key in ("g", "root", "parent", "depth", "kind", "of")}
    group |= {"in": inside, "total": len(own), "counts": {name: states.count(name) for name in states}}
    group |= {"first": min(task["created"] for task in own), "start": min(starts, default=None)}
    group |= {"end": None if None in ends else max(ends), "after": []}
    group |= {key: sum(task[key] for task in own) for key in ("hooks_ok", "hooks_failed")}
    group |= {"retries": sum(max(0, task["attempt"] - 1) for task in own), "trouble": 0}
    spans = [(task["start"], task["end"], task["state"]["name"]) for task in own]
    return group | {"bins": make_bins(spans) if len(own) >= FOLD else None} | more


def make_bins(spans, most=64):
    """Numbers over time, of runs as `(start, end, state)`; one that never ran started when it ended."""
    spans = [(end if start is None else start, end, name) for start, end, name in spans]
    spans = [(start, end, name) for start, end, name in spans if start is not None]
    if not spans:
        return None
    first = min(start for start, _, _ in spans)
    last = max(max(start, end or start) for start, end, _ in spans)
    step = next(step for step in (0.001 * 2**k for k in itertools.count()) if (last - first) / step < most)
    length = int((last - first) / step) + 1
    started, ended = [0] * length, {}
    for start, end, name in spans:
        started[int((start - first) / step)] += 1
        if end is not None:
            ended.setdefault(name, [0] * length)[int((end - first) / step)] += 1
    return {"from": first, "step": step, "started": started, "ended": ended}


# -- boards to look at ------------------------------------------------------------------------------------------------

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
    again = make_story(("Pending", 3.9), ("Running", 4), ("AwaitingRetry", 5.3), ("Retrying", 7.3), ("Completed", 11.9))
    tasks = [
        make_run(2, "extract", took=1.9, created=T0 - 0.3),
        make_run(3, "validate", "Cached", start=1.9, took=0, message="cached: same url as 2 days ago"),
        *[make_run(n, f"score[{n}]", start=2.2 + n / 10, took=0.6) for n in range(4, 9)],
        make_run(9, "score[77]", start=4, took=7.9, attempt=2, attempts=3, hooks=[counting, slow], story=again),
        make_run(10, "score[78]", "Failed", start=4.2, took=2.4, error=PRICE, hooks=[told]),
        make_run(11, "score[79]", "Failed", start=4.3, took=2.5, error=make_error("KeyError: 'price'")),
        make_run(12, "report", "Pending", start=11, waits="score", created=T0 + 6) | {"start": None},
        make_run(13, "audit", "Crashed", start=9, took=0.1, error=make_error("SystemExit: 3"), attempt=3, attempts=3),
    ]
    root = make_root(1, "nightly_scores", "crimson-fox", "Failed", took=11.9, error=PRICE)
    return make_board([root], tasks)


def cancelled():
    stopped = make_hook("clean_up", kind="on_cancellation", at=T0 + 2.8, printed="closed 3 connections")
    story = make_story(("Pending", 1), ("Running", 1.2), ("Cancelling", 2.7), ("Cancelled", 3.2))
    tasks = [
        make_run(2, "load", took=1.2),
        make_run(3, "train", "Cancelled", start=1.2, took=2, hooks=[stopped], message="interrupted", story=story),
        make_run(4, "publish", "Cancelled", start=1.2, took=2, message="interrupted before it began") | {"start": None},
    ]
    tasks[2]["story"] = make_story(("Pending", 1.2), ("Cancelled", 3.2))
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


def still_running():
    again = make_story(("Pending", 1), ("Running", 1), ("AwaitingRetry", 3), ("Retrying", 5))
    tasks = [make_run(2, "load"), make_run(3, "train", "Retrying", start=1, attempt=2, attempts=3, story=again)]
    return make_board([make_root(1, "etl", "blue-wren", "Running")], tasks)


def mapped(total=100_000, failed=37, seconds=70.0):
    """A map of very many runs, of which the kernel sent what it sends; around it an extract and a report."""
    chance = random.Random(7)  # noqa: S311 -- no secret
    starts = sorted(5 + chance.betavariate(1.4, 1.8) * (seconds - 8) for _ in range(total))
    bad = set(chance.sample(range(total), failed))
    spans = [
        (T0 + at, T0 + at + 0.05 + chance.random(), "Failed" if n in bad else "Completed")
        for n, at in enumerate(starts)
    ]
    sent = [*range(400), *sorted(n for n in bad if n >= 400)[:100]]
    tasks = [
        make_run(2, "extract", took=4.6, created=T0 - 0.3, g=1),
        make_run(3, "validate", "Cached", start=4.7, took=0, g=2),
    ]
    for n in sent:
        start, end, state = spans[n]
        more = {"error": PRICE} if state == "Failed" else {}
        tasks.append(
            make_run(10 + n, f"score[{n}]", state, start=start - T0, took=end - start, of="score", g=3, **more)
        )
    tasks.append(make_run(10 + total, "report", start=seconds - 1.5, took=1.2, created=T0 + 6, g=4))
    groups = [make_group([tasks[0]]), make_group([tasks[1]]), make_group(tasks[2:-1]), make_group([tasks[-1]])]
    counts = {"Completed": total - failed, "Failed": failed}
    groups[2] |= {"total": total, "counts": counts, "bins": make_bins(spans), "trouble": failed}
    groups[2]["end"] = max(end for _, end, _ in spans)
    root = make_root(1, "nightly_scores", "crimson-fox", "Failed", took=seconds, error=PRICE, total=total + 3)
    root["counts"] = {"Completed": total - failed + 2, "Failed": failed, "Cached": 1}
    return make_board([root], tasks, groups=groups) | {"now": T0 + seconds}


def failing():
    """Four hundred runs of as many tasks, each failed with texts as long as the wire lets them be."""
    error = make_error("ValueError: " + "price " * 330, *["a" * 2_000] * 6)
    hook = make_hook("notify", outcome="failed", printed="x" * 400, error="OSError: " + "down " * 390)
    tasks = [
        make_run(n, f"score {n} " * 20, "Failed", start=n / 50, error=error, hooks=[hook] * 20, message="m" * 2_000)
        for n in range(2, 402)
    ]
    return make_board([make_root(1, "nightly", "crimson-fox", "Failed", took=9, error=error)], tasks)


def nested():
    """A flow in a flow in a flow, each with tasks of its own."""
    tasks = [
        make_run(2, "load", took=0.9),
        make_run(3, "calm-owl", of="clean", kind="flow", start=1, took=4),
        make_run(4, "dedupe", start=1.1, took=1.7, parent=3, depth=2),
        make_run(5, "warm-fox", of="check", kind="flow", start=3, took=1.8, parent=3, depth=2),
        *[make_run(6 + n, f"rule[{n}]", start=3 + n / 5, took=0.5, parent=5, depth=3) for n in range(6)],
        make_run(20, "store", start=5.1, took=2),
    ]
    return make_board([make_root(1, "pipeline", "blue-wren", took=7.2)], tasks)


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
    "{run} %s $x \\ `code` ${1} [bold]no markup[/bold] [/] :smile:",
]


def hostile(bad):
    error = make_error(bad, bad, bad)
    hook = make_hook(bad, kind=bad, outcome="failed", printed=bad, error=bad)
    said = {"message": bad, "waits": bad, "error": error, "hooks": [hook], "notes": [bad] * 3}
    tasks = [make_run(2 + n, bad, "Failed", of=f"{bad}{n // 9}", **said) for n in range(300)]
    roots = [make_root(1, bad, bad + bad, "Failed", error=error, message=bad, hooks=[hook], notes=[bad] * 10)]
    roots += [make_root(n, bad, bad + bad, "Failed", error=error, hooks=[hook] * 20) for n in range(400, 449)]
    roots[-1]["state"] = {"type": bad, "name": bad, "message": bad, "at": T0}
    return make_board(roots, tasks, more_runs={bad: 5, **{f"{bad[:9]}{n}": n for n in range(1, 900)}})


BOARDS = [quick, nightly, cancelled, not_ready, crashed, several, huge, still_running, mapped, nested, failing]
