"""Blocks that send messages, against servers of our own; a failure is said without the secret URL."""

import asyncio
import json
import logging
import subprocess
import sys
import traceback
import warnings

import pytest
from servers import TOKEN, Server, free_port, serving

from hookcell.notify import NotInstalled
from hookcell.notify.hidden import scrubbed, secrets_of
from hookcell.prefect import flow
from hookcell.prefect.blocks._sending import SendingBlock
from hookcell.prefect.blocks.core import Block
from hookcell.prefect.blocks.notifications import (
    AppriseNotificationBlock,
    CustomWebhookNotificationBlock,
    DiscordWebhook,
    MattermostWebhook,
    MicrosoftTeamsWebhook,
    NotificationBlock,
    NotificationError,
    OpsgenieWebhook,
    PagerDutyWebHook,
    SendgridEmail,
    SlackWebhook,
    TwilioSMS,
)
from hookcell.testing import record


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Server()) as server:
        yield server


@pytest.fixture
def nobody():
    """A URL where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/services/{TOKEN}"


def warnings_in(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def failure_of(block, *message):
    """The text of the error that a message which cannot be sent raises, with no secret anywhere in its traceback."""
    with pytest.raises(NotificationError) as raised, block.raise_on_failure():
        block.notify(*(message or ("hi",)))
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
    assert raised.value.log == str(raised.value)
    return str(raised.value)


# -- Slack


def test_slack_gets_a_text_at_the_very_url(server):
    SlackWebhook(url=server.url("/a/b?c=d")).notify("hello <https://example.com|you>")
    [(method, path, headers, body)] = server.requests
    assert (method, path, headers["Content-Type"]) == ("POST", "/a/b?c=d", "application/json; charset=utf-8")
    assert json.loads(body) == {"text": "hello <https://example.com|you>"}


def test_a_subject_stands_above_the_text(server):
    SlackWebhook(url=server.url()).notify("body", "subject")
    SlackWebhook(url=server.url()).notify(body="body", subject=None)
    assert server.texts == [{"text": "*subject*\nbody"}, {"text": "body"}]


def test_a_message_may_be_awaited_or_sent_at_once_in_async_code(server):
    async def main():
        block = SlackWebhook(url=server.url())
        await block.notify("1")
        block.notify("2")
        await block.anotify("3")
        block.notify("4", _sync=True)

    asyncio.run(main())
    assert server.texts == [{"text": text} for text in "1234"]


def test_awaiting_a_message_does_not_hold_up_the_loop(server):
    server.release.clear()

    async def main():
        sending = asyncio.create_task(SlackWebhook(url=server.url()).anotify("1"))
        await asyncio.sleep(0)
        assert server.texts == []
        server.release.set()
        await sending

    asyncio.run(main())
    assert server.texts == [{"text": "1"}]


def test_the_user_in_a_url_is_sent_as_a_header(server):
    SlackWebhook(url=server.url().replace("http://", "http://me:p%40ss@")).notify("hi")
    assert server.requests[0][2]["Authorization"] == "Basic bWU6cEBzcw=="


# -- failures


def test_a_failure_is_a_line_in_the_log(server, caplog):
    server.status = 500
    SlackWebhook(url=server.url()).notify("hi")
    assert warnings_in(caplog) == [
        "SlackWebhook could not send its message: the server answered 500 Internal Server Error."
    ]


def test_a_failure_is_an_error_where_errors_are_asked_for(server):
    server.status = 500
    block = SlackWebhook(url=server.url())
    block.save("alerts")
    said = "SlackWebhook 'alerts' could not send its message: the server answered 500 Internal Server Error."
    assert failure_of(block) == said


def test_the_log_is_enough_again_after_the_block(server):
    server.status = 500
    block = SlackWebhook(url=server.url())
    failure_of(block)
    assert block.notify("hi") is None


def test_a_failure_is_an_error_for_those_who_await_too(server):
    server.status = 404

    async def main():
        block = SlackWebhook(url=server.url())
        with block.raise_on_failure():
            await block.notify("hi")

    with pytest.raises(NotificationError, match=r"the server answered 404 Not Found\.$"):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "added"),
    [(b"channel_is_archived", " (channel_is_archived)"), (TOKEN.encode(), ""), (b"<html>", ""), (b"", "")],
)
def test_the_word_that_slack_adds_is_told_and_nothing_else(server, text, added):
    server.status, server.text = 403, text
    said = f"SlackWebhook could not send its message: the server answered 403 Forbidden{added}."
    assert failure_of(SlackWebhook(url=server.url())) == said


def test_an_odd_status_is_told_as_it_is(server):
    server.status = 599
    assert failure_of(SlackWebhook(url=server.url())).endswith(": the server answered 599.")


def test_a_redirect_is_a_failure_because_the_message_would_be_lost(server):
    server.status, server.headers = 302, {"Location": server.url("/elsewhere")}
    assert failure_of(SlackWebhook(url=server.url())).endswith(": the server answered 302 Found.")
    assert len(server.requests) == 1


def test_a_dead_server_is_told(nobody):
    said = "SlackWebhook could not send its message: the server cannot be reached (Connection refused)."
    assert failure_of(SlackWebhook(url=nobody)) == said


def test_a_server_that_hangs_is_left_after_a_while(server, monkeypatch):
    monkeypatch.setattr(SendingBlock, "_timeout_seconds", 0.05)
    server.release.clear()
    said = "SlackWebhook could not send its message: there was no answer within 0.05 s."
    assert failure_of(SlackWebhook(url=server.url())) == said


def test_a_name_that_leads_nowhere_is_told():
    said = failure_of(SlackWebhook(url=f"http://nowhere.invalid/{TOKEN}"))
    assert said.startswith("SlackWebhook could not send its message: the server cannot be reached (")


def test_a_url_that_is_none_is_told_without_it():
    assert failure_of(SlackWebhook(url=f"http://example.com:{TOKEN}/x")).startswith(
        "SlackWebhook could not send its message: "
    )


def test_a_url_that_may_not_lead_inside_is_refused(server):
    block = SlackWebhook(url=server.url(), allow_private_urls=False)
    with pytest.raises(ValueError, match="private address") as raised:
        block.notify("hi")
    assert isinstance(raised.value, NotificationError)
    assert str(raised.value) == (
        "SlackWebhook could not send its message: "
        "its URL leads to the private address 127.0.0.1, and allow_private_urls is False."
    )
    assert server.requests == []


def test_secrets_of_a_block_and_the_parts_of_its_urls_are_covered():
    block = SlackWebhook(url=f"https://someone:password@example.com/services/{TOKEN}?key=abcdefgh")
    said = f"at https://example.com/services/{TOKEN} or {TOKEN} with abcdefgh and password of someone"
    assert scrubbed(said, secrets_of(block)) == (
        "at https://example.com/**********/********** or ********** with ********** and ********** of **********"
    )


# -- blocks of one's own


def test_a_notifier_of_ones_own_is_a_block(caplog):
    class Shout(NotificationBlock):
        ending: str

        def notify(self, body, subject=None):
            self.logger.warning("%s%s", body.upper(), self.ending)

    Shout(ending="!").save("main")
    Block.load("shout/main").notify("hey")
    assert warnings_in(caplog) == ["HEY!"]


def test_a_notifier_without_notify_cannot_be_made():
    class Mute(NotificationBlock):
        pass

    with pytest.raises(TypeError, match="notify"):
        Mute()


# -- custom webhooks


def custom(server, **fields):
    return CustomWebhookNotificationBlock(name="ours", url=server.url(), **fields)


def test_a_custom_webhook_fills_in_its_templates(server):
    block = custom(
        server,
        json_data={"text": "{{subject}}: {{ body }}", "who": ["{{name}}"], "key": "{{key}}", "n": 1},
        headers={"X-Key": "Bearer {{key}}"},
        params={"from": "{{name}}"},
        cookies={"a": "{{key}}", "b": "c"},
        secrets={"key": TOKEN},
    )
    block.notify("body", "subject")
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ("POST", f"/services/{TOKEN}?from=ours")
    assert json.loads(body) == {"text": "subject: body", "who": ["ours"], "key": TOKEN, "n": 1}
    assert (headers["X-Key"], headers["Cookie"]) == (f"Bearer {TOKEN}", f"a={TOKEN}; b=c")
    assert block.secrets.get_secret_value() == {"key": TOKEN}


def test_a_subject_that_was_not_given_is_null(server):
    custom(server, json_data={"text": "{{subject}}"}).notify("body")
    assert server.texts == [{"text": "null"}]


def test_a_placeholder_alone_is_the_value_whatever_its_type(server):
    custom(server, json_data={"n": "{{n}}", "text": "{{n}}!"}, secrets={"n": 12}).notify("body")
    assert server.texts == [{"n": 12, "text": "12!"}]


def test_a_form_is_sent_as_one_and_a_text_as_it_is(server):
    custom(server, form_data={"a b": "{{body}}"}).notify("x&y")
    custom(server, form_data="raw {{body}}", method="PUT").notify("x&y")
    custom(server, method="GET").notify("x")
    assert [(method, body) for method, _, _, body in server.requests] == [
        ("POST", "a+b=x%26y"),
        ("PUT", "raw x&y"),
        ("GET", ""),
    ]
    assert server.requests[0][2]["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_query_is_added_to_the_one_there_is(server):
    block = CustomWebhookNotificationBlock(name="x", url=server.url("/a?b=1&c="), params={"d": "e f"}, method="GET")
    block.notify("x")
    assert server.requests[0][1] == "/a?b=1&c=&d=e+f"


def test_a_custom_webhook_that_fails_raises_as_in_prefect(server, nobody):
    server.status = 500
    with pytest.raises(NotificationError, match=r"the server answered 500 Internal Server Error\.$"):
        custom(server).notify("x")
    with pytest.raises(NotificationError, match=r"the server cannot be reached \(Connection refused\)\.$"):
        CustomWebhookNotificationBlock(name="x", url=nobody).notify("x")
    server.release.clear()
    with pytest.raises(NotificationError, match=r"there was no answer within 0\.05 s\.$"):
        custom(server, timeout=0.05).notify("x")


def test_a_secret_that_cannot_be_sent_is_not_shown(server):
    said = failure_of(custom(server, headers={"X-Key": "{{key}}"}, secrets={"key": f"{TOKEN}\nX-Evil: 1"}))
    assert said == "CustomWebhookNotificationBlock could not send its message: ValueError was raised."


def test_a_placeholder_for_nothing_is_an_error_at_once():
    with pytest.raises(KeyError) as raised:
        CustomWebhookNotificationBlock(name="x", url="http://x", json_data={"a": ["{{ key }}"]}, secrets={"k": TOKEN})
    assert raised.value.args == ("json_data/{{key}}: there is no such value; there are body, k, name, subject",)


def test_a_form_and_json_exclude_each_other():
    with pytest.raises(ValueError, match="both `Form Data` and `JSON Data` provided"):
        CustomWebhookNotificationBlock(name="x", url="http://x", json_data={}, form_data={})


def test_a_url_that_is_not_http_is_told(tmp_path):
    with pytest.raises(NotificationError, match=r"its URL must begin with http:// or https://\.$"):
        CustomWebhookNotificationBlock(name="x", url=(tmp_path / "x").as_uri()).notify("x")


def test_a_custom_webhook_comes_back_with_its_secrets(server):
    custom(server, headers={"X-Key": "{{key}}"}, secrets={"key": TOKEN}).save("main")
    block = Block.load("custom-webhook/main")
    assert TOKEN not in repr(block.secrets)
    block.notify("x")
    assert server.requests[0][2]["X-Key"] == TOKEN


# -- by apprise


@pytest.fixture(scope="module")
def _apprise_loaded():
    """Load apprise's services first: some of them import what Python has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise

        apprise.Apprise.instantiate("json://localhost")


FIELDS = {
    DiscordWebhook: {"webhook_id": "123456", "webhook_token": "abc123EFG"},
    MattermostWebhook: {"hostname": "example.com", "token": "abc123EFG"},
    MicrosoftTeamsWebhook: {
        "url": "https://prod-1.logic.azure.com:443/workflows/3e6e1b2c/triggers/manual/paths/invoke"
        "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abc123EFG"
    },
    OpsgenieWebhook: {"apikey": "abc123EFG", "target_user": ["me"], "details": {"a": "b"}},
    PagerDutyWebHook: {"integration_key": "int_key_1", "api_key": "abc123EFG"},
    SendgridEmail: {"api_key": "abc-123-EFG", "sender_email": "a@example.com", "to_emails": ["b@example.com"]},
    TwilioSMS: {
        "account_sid": "ACabcdefabcdefabcdefabcdef",
        "auth_token": "X" * 24,
        "from_phone_number": "+15555555555",
        "to_phone_numbers": ["+15555555556"],
    },
}
SCHEMAS = ("discord:", "mmost:", "opsgenie:", "pagerduty:", "sendgrid:", "twilio:", "workflow")
SLUGS = {
    DiscordWebhook: "discord-webhook",
    MattermostWebhook: "mattermost-webhook",
    MicrosoftTeamsWebhook: "ms-teams-webhook",
    OpsgenieWebhook: "opsgenie-webhook",
    PagerDutyWebHook: "pager-duty-webhook",
    SendgridEmail: "sendgrid-email",
    TwilioSMS: "twilio-sms",
}


@pytest.mark.parametrize("cls", FIELDS, ids=lambda cls: cls.__name__)
@pytest.mark.usefixtures("_apprise_loaded")
def test_a_block_of_apprises_is_kept_under_prefects_slug_and_knows_its_service(cls):
    cls(**FIELDS[cls]).save("main")
    block = Block.load(f"{SLUGS[cls]}/main")
    assert type(block) is cls
    assert block._service().url().startswith(SCHEMAS)


@pytest.mark.usefixtures("_apprise_loaded")
def test_a_message_by_apprise_arrives(server):
    block = MattermostWebhook(hostname="127.0.0.1", port=server.server_port, token=TOKEN, channels=["a", "b"])
    block.notify("body", "subject")
    assert {path for _, path, _, _ in server.requests} == {f"/hooks/{TOKEN}"}
    assert sorted(text["channel"] for text in server.texts) == ["a", "b"]
    assert all(text["text"].split() == ["subject", "body"] for text in server.texts)


@pytest.mark.usefixtures("_apprise_loaded")
def test_apprise_works_where_a_loop_runs(server):
    block = MattermostWebhook(hostname="127.0.0.1", port=server.server_port, token=TOKEN)

    async def main():
        block.notify("1")
        await block.notify("2")
        await block.anotify("3")

    asyncio.run(main())
    assert [text["text"].strip() for text in server.texts] == ["1", "2", "3"]


@pytest.mark.usefixtures("_apprise_loaded")
def test_what_apprise_says_of_a_failure_is_told_without_secrets(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.status = 500
    said = failure_of(MattermostWebhook(hostname="127.0.0.1", port=server.server_port, token=TOKEN))
    assert said.startswith("MattermostWebhook could not send its message: Failed to send Mattermost ")
    assert "500" in said
    assert TOKEN not in caplog.text


@pytest.mark.usefixtures("_apprise_loaded")
def test_apprise_is_left_after_a_while_too(server, monkeypatch):
    monkeypatch.setattr(SendingBlock, "_timeout_seconds", 0.05)
    server.release.clear()
    said = failure_of(MattermostWebhook(hostname="127.0.0.1", port=server.server_port, token=TOKEN))
    assert said == "MattermostWebhook could not send its message: there was no answer within 0.05 s."


@pytest.mark.usefixtures("_apprise_loaded")
def test_a_wrong_field_is_found_when_the_block_is_made(caplog):
    with pytest.raises(TypeError) as raised:
        TwilioSMS(**{**FIELDS[TwilioSMS], "from_phone_number": "0000000"})
    assert str(raised.value).startswith("TwilioSMS cannot be used: ")
    assert "0000000" in str(raised.value)
    with pytest.raises(TypeError) as raised:
        DiscordWebhook(webhook_id=TOKEN, webhook_token=" ")  # noqa: S106 -- nobody's
    assert TOKEN not in "".join(traceback.format_exception(raised.value)) + caplog.text


@pytest.mark.usefixtures("_apprise_loaded")
def test_a_teams_url_has_to_be_a_workflows():
    with pytest.raises(ValueError, match=r"^Invalid Microsoft Teams Workflow URL provided\.$"):
        MicrosoftTeamsWebhook(url=f"https://example.com/{TOKEN}")


@pytest.mark.usefixtures("_apprise_loaded")
def test_a_block_for_any_url_of_apprises(server, caplog):

    class Anywhere(AppriseNotificationBlock):
        pass

    Anywhere(url=f"json://127.0.0.1:{server.server_port}/{TOKEN}").notify("body", "subject")
    assert [(text["title"], text["message"]) for text in server.texts] == [("subject", "body")]
    with pytest.raises(TypeError, match="Anywhere cannot be used: ") as raised:
        Anywhere(url=f"nothing://{TOKEN}/{TOKEN}")
    assert TOKEN not in "".join(traceback.format_exception(raised.value)) + caplog.text


@pytest.mark.usefixtures("_apprise_loaded")
def test_pager_duty_gets_the_body_as_a_detail_beside_a_subject():
    block = PagerDutyWebHook(**FIELDS[PagerDutyWebHook], custom_details={"a": "b"})
    assert block._service({"Prefect Notification Body": "the body"}).details == {
        "a": "b",
        "Prefect Notification Body": "the body",
    }
    assert block.custom_details == {"a": "b"}


def test_without_apprise_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotInstalled) as raised:
        DiscordWebhook(**FIELDS[DiscordWebhook])
    assert str(raised.value) == 'DiscordWebhook sends by apprise: pip install "hookcell[notify]"'
    assert isinstance(raised.value, ImportError)


def test_slack_needs_no_apprise_and_nothing_loads_it(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    SlackWebhook(url=server.url()).notify("hi")
    assert server.texts == [{"text": "hi"}]
    code = "import sys, hookcell.prefect.blocks.notifications; print('apprise' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


# -- the document's own example

SLACK = """
from prefect import flow
from prefect.blocks.core import Block
from prefect.settings import PREFECT_API_URL

def notify_slack(flow, flow_run, state):
    slack_webhook_block = Block.load(
        "slack-webhook/my-slack-webhook"
    )

    slack_webhook_block.notify(
        (
            f"Your job {flow_run.name} entered {state.name} "
            f"with message:\\n\\n"
            f"See <https://{PREFECT_API_URL.value()}/flow-runs/"
            f"flow-run/{flow_run.id}|the flow run in the UI>\\n\\n"
            f"Tags: {flow_run.tags}\\n\\n"
            f"Scheduled start: {flow_run.expected_start_time}"
        )
    )

@flow(on_failure=[notify_slack], retries=1)
def failing_flow():
    raise ValueError("oops!")

if __name__ == "__main__":
    failing_flow()
"""


def run_document():
    """Run the block as a script, with Prefect's root replaced; give its flow's run."""
    names = {"__name__": "__main__"}
    with record() as recording, pytest.raises(ValueError, match="oops!"):
        exec(SLACK.replace("prefect", "hookcell.prefect"), names)  # noqa: S102 -- a script of ours
    return recording.of("failing-flow")


def message_about(run):
    """What the document's hook writes."""
    return (
        f"Your job {run.name} entered Failed with message:\n\n"
        f"See <https://None/flow-runs/flow-run/{run.id}|the flow run in the UI>\n\n"
        f"Tags: []\n\n"
        f"Scheduled start: {run.expected_start_time}"
    )


def test_the_documents_slack_hook_tells_of_the_failure_once_after_the_retries(server):
    SlackWebhook(url=server.url()).save("my-slack-webhook")
    run = run_document()
    assert server.texts == [{"text": message_about(run)}]
    assert [(call.kind, call.outcome) for call in run.hooks] == [("on_failure", "ok")]
    assert run.attempt == 2


def test_a_dead_server_does_not_hurt_the_flow_and_is_told_with_the_run(nobody, caplog):
    SlackWebhook(url=nobody).save("my-slack-webhook")
    run = run_document()
    assert run.state.name == "Failed"
    [line] = [one for one in caplog.records if "could not send" in one.getMessage()]
    assert line.getMessage() == (
        "SlackWebhook 'my-slack-webhook' could not send its message: the server cannot be reached (Connection refused)."
    )
    assert line.flow_run_name == run.name


def test_a_block_that_was_never_kept_is_a_failed_hook_that_says_so():
    run = run_document()
    [call] = run.hooks
    assert call.outcome == "failed"
    assert "Unable to find block document named my-slack-webhook for block type slack-webhook." in str(call.error)


def test_an_async_hook_of_an_async_flow_sends_too(server):
    block = SlackWebhook(url=server.url())

    async def tell(flow, flow_run, state):
        await block.notify(state.name)

    @flow(on_completion=[tell])
    async def work():
        pass

    asyncio.run(work())
    assert server.texts == [{"text": "Completed"}]
