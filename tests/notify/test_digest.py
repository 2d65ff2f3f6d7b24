"""Thirty failing steps need not be thirty messages."""

from collections import Counter
from types import SimpleNamespace

import pytest
from small_runs import LIMIT

from hookcell import flow, hook, task
from hookcell.errors import UnknownOptionError
from hookcell.notify import alert, digest, flush, sent
from hookcell.notify.digest import Digest, line_of, text_of
from hookcell.testing import record


class Keeping:
    def __init__(self):
        self.posts = []

    def post(self, message):
        self.posts.append(message)


def failing(own, count):
    @task(on_failure=own)
    def step(n):
        raise ValueError(f"no {n % 12}")

    @flow(name="nightly")
    def nightly():
        for n in range(count):
            step(n, return_state=True)

    nightly()
    return nightly


def test_thirty_failures_are_two_messages():
    own = Keeping()
    hooked = hook(alert(own, message=lambda task, run, state: str(state.data)), throttle="1/min", digest=True)
    failing(hooked, 30)
    assert flush(LIMIT)
    first, rest = own.posts
    assert first == "no 0"
    assert rest.splitlines() == [
        "29 more within 1 min:",
        *(f"- no {n} (×3)" for n in range(1, 6)),
        *(f"- no {n} (×2)" for n in range(6, 11)),
        "and 4 more",
    ]
    assert [post.outcome for post in sent] == ["sent", "sent"]


def test_every_call_of_the_hook_is_on_record_though_few_messages_are_sent():
    own = Keeping()
    with record() as recording:
        failing(hook(alert(own), throttle=60, digest=True), 3)
    assert [call.outcome for run in recording.runs for call in run.hooks] == ["ok"] * 3


def test_a_digest_is_shared_by_all_that_its_hook_is_attached_to():
    own = Keeping()
    hooked = hook(alert(own), throttle=60, digest=True)
    for name in ("a", "b", "c"):
        flow(name=name, on_completion=hooked)(lambda: 1)()
    assert flush(LIMIT)
    assert [post.splitlines()[0][:18] for post in own.posts] == ["Flow 'a' completed", "2 more within 1 mi"]


def test_a_digest_is_sent_when_its_time_is_up(monkeypatch):
    own, due = Keeping(), {}
    by_hand = SimpleNamespace(add=lambda key, *timed: due.update({key: timed}), remove=due.pop)
    monkeypatch.setattr(digest, "deadlines", by_hand)
    failing(hook(alert(own), throttle=60, digest=True), 3)
    [(seconds, time_is_up)] = due.values()
    assert (0 < seconds <= 60, len(sent)) == (True, 1)
    time_is_up()
    assert flush(LIMIT)
    assert own.posts[-1].startswith("2 more within 1 min:\n- Task 'step' failed: ValueError: no 1")


def test_after_a_digest_the_next_message_waits_its_time_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(digest.time, "monotonic", lambda: now[0])
    told = []
    one = Digest(60)
    assert one.admits("a", told.append)
    now[0] = 30
    assert not one.admits("b", told.append)
    one.close()
    now[0] = 80
    assert not one.admits("c", told.append)
    one.close()
    now[0] = 200
    assert one.admits("d", told.append)
    one.close()
    assert told == ["1 more within 1 min:\n- b", "1 more within 1 min:\n- c"]


def test_lines_are_short_and_times_are_read_easily():
    assert line_of("\n\nfirst\nsecond") == "first"
    assert line_of("") == ""
    assert len(line_of("x" * 1000)) == 300
    assert text_of(Counter({"a": 1}), 7200) == "1 more within 2 h:\n- a"
    assert text_of(Counter({"a": 2}), 90) == "2 more within 90 s:\n- a (×2)"


def test_without_a_digest_the_throttle_leaves_messages_out():
    own = Keeping()
    failing(hook(alert(own), throttle="1/min"), 5)
    assert flush(LIMIT)
    assert len(own.posts) == 1


def test_a_digest_needs_a_hook_that_gathers_and_a_time_to_gather_for():
    with pytest.raises(UnknownOptionError) as raised:
        hook(len, throttle=1, digest=True)
    assert str(raised.value) == (
        "digest=True of hook 'len' needs a hook that can gather what it tells: "
        "hook(hookcell.notify.alert(...), throttle=..., digest=True)"
    )
    with pytest.raises(UnknownOptionError) as raised:
        hook(alert("notebook"), digest=True)
    assert str(raised.value) == (
        "digest=True of hook 'alert(notebook)' needs a throttle, the time to gather for, such as \"1/min\""
    )
