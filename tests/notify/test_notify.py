"""Messages leave outside the engine's path; what came of each is on record and shown, and never raised."""

import asyncio
import logging
import threading
import time

import pytest
from servers import TOKEN
from small_runs import LIMIT

from hookcell import FlowRun, Hooks, every_run, flow, prefect, remembered, task
from hookcell.errors import HookSignatureError, ParameterTypeError
from hookcell.notify import (
    NotificationError,
    Notifier,
    SlackNotifier,
    alert,
    alerts,
    flush,
    make,
    notify,
    outbox,
    sent,
    use,
    used,
)
from hookcell.testing import capture_prints


class Keeping:
    """A notifier of a user's: any class with a post."""

    def __init__(self):
        self.posts, self.threads = [], []

    def post(self, message, *, subject=None, **details):
        self.posts.append((message, subject, details))
        self.threads.append(threading.current_thread())


def warned(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


# -- notify


def test_a_message_leaves_on_another_thread_and_its_record_says_so(server):
    post = notify("hello", to=SlackNotifier(server.url()), subject="nightly")
    assert post.wait(LIMIT)
    assert server.texts == [{"text": "*nightly*\nhello"}]
    assert (post.message, post.subject, post.to, post.outcome, post.error) == (
        "hello",
        "nightly",
        "slack",
        "sent",
        None,
    )
    assert (post.tries, post.run, list(sent)) == (1, None, [post])
    assert abs(post.at - time.time()) < 60


def test_a_custom_notifier_is_a_class_with_post():
    own = Keeping()
    assert notify("hello", own, subject="s", answer=42).wait(LIMIT)
    assert own.posts == [("hello", "s", {"answer": 42})]
    assert own.threads != [threading.main_thread()]


def test_a_post_gets_no_more_than_it_takes():
    class Short:
        def post(self, message):
            got.append(message)

    class Half:
        def post(self, message, run):
            got.append((message, run))

        post.__defaults__ = (None,)

    got = []
    notify("a", Short(), subject="s", run="r")
    notify("b", Half(), run="r")
    assert flush(LIMIT)
    assert sorted(map(str, got)) == ["('b', 'r')", "s\na"]


def test_a_post_may_be_async():
    class Async:
        async def post(self, message):
            await asyncio.sleep(0)
            got.append(message)

    got = []
    assert notify("a", Async()).wait(LIMIT)
    assert got == ["a"]


def test_messages_to_one_notifier_leave_in_order():
    own = Keeping()
    posts = [notify(str(n), own) for n in range(50)]
    assert all(post.wait(LIMIT) for post in posts)
    assert [message for message, *_ in own.posts] == [str(n) for n in range(50)]


def test_what_is_told_without_a_name_goes_to_the_one_that_is_used():
    own = Keeping()
    assert use(own) is own is used()
    notify("hello").wait(LIMIT)
    assert own.posts == [("hello", None, {})]
    use()
    assert used().name == "notebook"


def test_the_default_shows_it_where_the_code_prints(capsys):
    assert notify("3 rows\nare missing", subject="nightly").outcome == "sent"
    assert capsys.readouterr().out == "✉ nightly\n  3 rows\n  are missing\n"


def test_a_message_to_the_notebook_belongs_to_the_hook_that_told_it():
    @flow(on_completion=lambda flow, run, state: notify("done"))
    def nightly(): ...

    with capture_prints():
        nightly()
        assert remembered.flow_runs[-1].hooks[0].printed == "✉ done\n"


def test_notify_says_what_it_cannot_send():
    with pytest.raises(ParameterTypeError) as raised:
        notify(12)
    assert str(raised.value) == "message of notify() is an int; give a text: str(...) makes one"
    with pytest.raises(ParameterTypeError) as raised:
        notify("a", subject=ValueError())
    assert str(raised.value) == "subject of notify() is a ValueError; give a text: str(...) makes one"
    with pytest.raises(ParameterTypeError) as raised:
        notify(flow(name="nightly")(lambda: 1))
    assert str(raised.value) == (
        "notify() was given flow 'nightly', as a hook is; for a hook, write alert(...) in its place"
    )
    assert not sent


@pytest.mark.parametrize(
    ("to", "error", "said"),
    [
        (Keeping, ParameterTypeError, "notifier Keeping is a class; make one: Keeping()"),
        (
            12,
            ParameterTypeError,
            (
                "a notifier is an int, which has no post(message); "
                "give a flavour's name, a URL that apprise knows, or an object with a post"
            ),
        ),
        (
            type("Odd", (), {"post": lambda self: None})(),
            HookSignatureError,
            (
                "post of notifier 'Odd' cannot be called with a message alone; "
                "write def post(self, message, *, subject=None, **details)"
            ),
        ),
    ],
    ids=["a class", "a number", "a post without a message"],
)
def test_what_can_be_no_notifier_is_an_error_at_once(to, error, said):
    for attach in (alert, lambda to: notify("x", to), use):
        with pytest.raises(error) as raised:
            attach(to)
        assert str(raised.value) == said


# -- failures


def test_a_dead_server_is_a_record_and_a_line_of_the_run_and_nothing_else(nobody, caplog):
    @flow
    def nightly():
        notify("hello", to=SlackNotifier(nobody, retries=1))
        return 1

    state = nightly(return_state=True)
    assert flush(LIMIT)
    assert (state.name, state.data) == ("Completed", 1)
    [post] = sent
    assert repr(post) == "<Post to slack: failed: the server cannot be reached (Connection refused)>"
    said = "a message to slack was not sent: the server cannot be reached (Connection refused) (tried 2 times)"
    assert warned(caplog) == [said]
    assert remembered.flow_runs[-1].notes == (said,)
    assert post.run == remembered.flow_runs[-1].name


def test_outside_runs_a_failure_is_a_line_in_the_log(server, caplog):
    server.status = 404
    assert not notify("hello", to=SlackNotifier(server.url())).wait(LIMIT)
    assert warned(caplog) == ["a message to slack was not sent: the server answered 404 Not Found"]


def test_a_server_that_hangs_delays_nothing(server):
    server.release.clear()

    @flow(on_completion=alert("slack", url=server.url(), timeout_seconds=LIMIT * 10))
    def nightly():
        return 1

    assert nightly() == 1
    [post] = sent
    assert post.outcome == "waiting"
    server.release.set()
    assert post.wait(LIMIT)


def test_a_try_that_takes_too_long_is_left_behind(server, caplog):
    server.release.clear()
    post = notify("hello", to=SlackNotifier(server.url(), timeout_seconds=0.05, retries=1))
    assert not post.wait(LIMIT)
    assert (post.error, post.tries) == ("there was no answer within 0.05 s", 2)
    assert len(warned(caplog)) == 1


def test_one_notifier_that_hangs_does_not_hold_up_another(server):
    server.release.clear()
    stuck = notify("a", SlackNotifier(server.url()))
    own = Keeping()
    assert notify("b", own).wait(LIMIT)
    assert stuck.outcome == "waiting"
    server.release.set()
    assert stuck.wait(LIMIT)


def test_a_failure_that_may_pass_is_tried_again(server):
    server.next_statuses = [503, 429]
    post = notify("hello", SlackNotifier(server.url()))
    assert post.wait(LIMIT)
    assert (post.tries, len(server.requests)) == (3, 3)


def test_a_failure_that_stays_is_not_tried_again(server):
    server.status = 403
    post = notify("hello", SlackNotifier(server.url(), retries=5))
    assert not post.wait(LIMIT)
    assert (post.tries, post.error) == (1, "the server answered 403 Forbidden")


def test_the_server_says_how_long_to_wait(server, monkeypatch):
    waits = []
    with monkeypatch.context() as patch:  # undone before `instant_retries` is
        patch.setattr(outbox.waiting, "pace", lambda seconds: waits.append(seconds) or 0)
        server.status, server.headers = 429, {"Retry-After": "7"}
        notify("a", SlackNotifier(server.url(), retries=3)).wait(LIMIT)
        server.headers = {"Retry-After": "999"}
        notify("a", SlackNotifier(server.url(), retries=1)).wait(LIMIT)
        server.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
        notify("a", SlackNotifier(server.url(), retries=3)).wait(LIMIT)
    assert waits == [7, 7, 7, 30, 1, 4, 4]


def test_a_server_that_has_just_failed_is_tried_once_for_each_message_that_waits(server):
    server.release.clear()
    server.status = 503
    slack = SlackNotifier(server.url())
    posts = [notify(str(n), slack) for n in range(5)]
    server.release.set()
    assert flush(LIMIT)
    assert [post.tries for post in posts] == [3, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("raised", "error", "tries"),
    [
        (NotificationError("the pager is off"), "the pager is off", 1),
        (NotificationError("the line is busy", passing=True), "the line is busy", 3),
        (ConnectionError(TOKEN), "its post raised ConnectionError", 3),
        (ValueError(f"http://x/{TOKEN}"), "its post raised ValueError", 1),
        (SystemExit(TOKEN), "its post raised SystemExit", 1),
        (KeyboardInterrupt(TOKEN), "its post raised KeyboardInterrupt", 1),
    ],
    ids=repr,
)
def test_whatever_a_post_raises_is_on_record_and_only_what_it_says_on_purpose_is_told(raised, error, tries, caplog):
    class Broken:
        def post(self, message):
            raise raised

    post = notify("hello", Broken())
    assert not post.wait(LIMIT)
    assert (post.error, post.tries) == (error, tries)
    assert TOKEN not in caplog.text


def test_a_notifier_whose_attributes_raise_leaves_the_others_their_turn():
    class Odd(Keeping):
        @property
        def timeout_seconds(self):
            raise LookupError(TOKEN)

    odd = Odd()
    posts = [notify(text, odd) for text in "ab"]
    assert flush(LIMIT)
    assert [post.error for post in posts] == ["its notifier raised LookupError"] * 2


def test_a_post_that_gives_false_has_failed():
    class Refusing:
        def post(self, message):
            return False

    assert not notify("hello", Refusing()).wait(LIMIT)
    assert sent[-1].error == "its post gave False"


def test_a_notifier_that_shows_at_once_and_breaks_is_a_record_too(caplog):
    class Here:
        at_once = True

        def post(self, message):
            raise OSError("the terminal is gone")

    assert notify("hello", Here()).outcome == "failed"
    assert warned(caplog) == ["a message to Here was not sent: its post raised OSError"]


def test_more_than_can_wait_is_a_failure_at_once(server, monkeypatch, caplog):
    monkeypatch.setattr(outbox, "MOST_WAITING", 2)
    server.release.clear()
    slack = SlackNotifier(server.url())
    first = notify("0", slack)
    while outbox._carriers[id(slack)].carried is None:
        pass
    posts = [notify(str(n), slack) for n in range(1, 4)]
    assert [post.outcome for post in (first, *posts)] == ["waiting", "waiting", "waiting", "failed"]
    assert posts[-1].error == "2 messages are waiting for it already"
    server.release.set()


# -- secrets


def test_no_secret_is_in_records_lines_or_reprs(nobody, caplog):
    slack = make("slack", url=nobody, retries=0)
    hook = alert(slack)

    @flow(on_failure=hook)
    def nightly():
        raise ValueError(f"could not post to {nobody}")

    nightly(return_state=True)
    notify(f"at {nobody}", slack, subject=TOKEN)
    assert flush(LIMIT)
    told = [f"{post!r} {[getattr(post, slot) for slot in post.__slots__]}" for post in sent]
    shown = f"{told} {slack!r} {vars(slack)!r} {hook!r} {hook.__name__}"
    assert TOKEN not in shown + "".join(warned(caplog))
    assert [post.message for post in sent] == [
        f"Flow 'nightly' failed: ValueError: could not post to ********** (run {sent[0].run!r})",
        "at **********",
    ]


# -- as hooks


def test_an_alert_tells_what_has_become_of_a_run():
    own = Keeping()

    @task(on_failure=alert(own), retries=1)
    def load():
        raise LookupError("no rows")

    @flow(name="nightly", on_failure=alert(own), on_completion=alert(own))
    def nightly(fail):
        return load() if fail else 1

    nightly(fail=True, return_state=True)
    nightly(fail=False)
    assert flush(LIMIT)
    failed, whole, fine = own.posts
    name = whole[2]["run"]
    assert [message for message, *_ in own.posts] == [
        f"Task 'load' failed: LookupError: no rows (in flow run {name!r}, try 2)",
        f"Flow 'nightly' failed: LookupError: no rows (run {name!r})",
        f"Flow 'nightly' completed (run {fine[2]['run']!r})",
    ]
    assert failed[2] == {"definition": "load", "run": "load", "state": "Failed", "error": "LookupError: no rows"}
    assert fine[2]["error"] is None


def test_an_alert_tells_other_states_too():
    own = Keeping()

    @task(on_transition=alert(own), retries=1, retry_delay_seconds=5)
    def fetch_prices():
        raise SystemExit(next(codes))

    codes = iter([3])
    with pytest.raises(SystemExit):
        fetch_prices()
    assert flush(LIMIT)
    assert [message for message, *_ in own.posts] == [
        "Task 'fetch_prices' is Pending",
        "Task 'fetch_prices' is Running",
        "Task 'fetch_prices' crashed: SystemExit: 3",
    ]


def test_an_alert_is_a_hook_wherever_hooks_go():
    own = Keeping()

    @task
    def load():
        raise LookupError("no rows")

    @flow(each_task=Hooks(on_failure=alert(own)))
    def nightly():
        load(return_state=True)

    nightly()
    with every_run(on_completion=[alert(own)]):
        nightly()
    assert flush(LIMIT)
    assert [details["definition"] for *_, details in own.posts] == ["load", "load", "nightly"]


def test_an_alert_says_what_its_message_gives_called_as_a_hook_is():
    own = Keeping()

    def say(error: LookupError, run: FlowRun):
        return f"{run.definition.name}: {error}!"

    @flow(on_failure=alert(own, message=say))
    def nightly():
        raise LookupError("no rows")

    nightly(return_state=True)
    flow(name="plain", on_completion=alert(own, message=lambda flow: flow.name))(lambda: 1)()
    assert flush(LIMIT)
    assert [message for message, *_ in own.posts] == ["nightly: no rows!", "plain"]


def test_an_alert_whose_message_is_none_tells_nothing():
    own = Keeping()
    flow(on_completion=alert(own, message=lambda: None), name="nightly")(lambda: 1)()
    assert not sent


def test_an_alert_that_cannot_be_made_is_an_error_where_it_is_written():
    with pytest.raises(HookSignatureError) as raised:
        alert("notebook", message="hello")
    assert str(raised.value) == (
        "message= of alert() is a str, which is not callable; pass a function that gives the text"
    )

    async def ask_first(run): ...

    with pytest.raises(HookSignatureError) as raised:
        alert("notebook", message=ask_first)
    assert str(raised.value) == (
        "message= of alert() is the async function 'ask_first'; give one that is not, or write a hook: "
        "async def my_hook(run: FlowRun): notify(await ...)"
    )

    def say(flow, run, state, address): ...

    with pytest.raises(HookSignatureError, match="message of an alert hook 'say' needs 'address'"):
        alert("notebook", message=say)


def test_a_flow_of_prefects_dialect_has_alerts_too():
    own = Keeping()

    @prefect.flow(on_failure=[alert(own)])
    def price_list():
        raise LookupError("no rows")

    assert price_list(return_state=True).is_failed()
    assert flush(LIMIT)
    [(message, _, details)] = own.posts
    assert message == f"Flow 'price-list' failed: LookupError: no rows (run {details['run']!r})"


def test_an_alert_that_names_nobody_goes_to_the_one_that_is_used_by_then():
    hook, own = alert(), Keeping()
    use(own)
    flow(name="nightly", on_completion=hook)(lambda: 1)()
    assert flush(LIMIT)
    assert len(own.posts) == 1
    assert (repr(hook), repr(alert(own)), repr(alert("notebook"))) == (
        "<alert()>",
        "<alert(Keeping)>",
        "<alert(notebook)>",
    )


def test_an_alert_in_async_flows_holds_up_no_loop(server):
    server.release.clear()

    @flow(on_completion=alert("slack", url=server.url()))
    async def nightly():
        return 1

    assert asyncio.run(nightly()) == 1
    server.release.set()
    assert sent[-1].wait(LIMIT)


def test_an_error_that_cannot_say_what_it_is_is_told_by_its_name():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    assert alerts._error_text(Mute()) == "Mute"
    assert alerts._error_text(ValueError()) == "ValueError"


def test_a_notifier_of_ones_own_may_be_a_subclass():
    class Pager(Notifier):
        def post(self, message, *, subject=None, **details):
            got.append(message)
            return True

    got = []
    assert notify("a", Pager(name="ops")).wait(LIMIT)
    assert (got, sent[-1].to, repr(Pager())) == (["a"], "ops", "<Pager 'Pager'>")
