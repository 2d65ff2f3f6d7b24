"""Which notifier is used where none is named: chosen in code, configured by the environment, or nobody."""

import subprocess
import sys

import pytest
from servers import TOKEN

from hookcell import UnknownOptionError, flow, notify
from hookcell.notify import NobodyToAsk, alert, flavours
from hookcell.zenml import Stack, activate_stack, active_stack, step
from hookcell.zenml.hooks import alerter_failure_hook

URL = f"https://hooks.slack.com/services/{TOKEN}"


@pytest.fixture(autouse=True)
def _no_stack(monkeypatch):
    for key in ("", "_URL", "_RETRIES", "_TIMEOUT_SECONDS", "_MARKUP"):
        monkeypatch.delenv(f"HOOKCELL_ALERTER{key}", raising=False)
    notify.use()
    before = activate_stack(None)
    yield
    monkeypatch.undo()
    activate_stack(before)


def test_the_environment_configures_what_is_used_and_the_stack_agrees(monkeypatch, server):
    monkeypatch.setenv("HOOKCELL_ALERTER", "slack")
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", server.url())
    activate_stack(None)
    assert notify.used().name == "slack"
    assert active_stack().alerter.notifier is notify.used()
    notify.notify("native")
    active_stack().alerter.post("zenml")
    assert notify.flush(10)
    assert [post.outcome for post in notify.sent] == ["sent", "sent"]


def test_what_the_environment_says_is_read_by_the_options_type(monkeypatch):
    for key, value in {"": "slack", "_URL": URL, "_RETRIES": "5", "_TIMEOUT_SECONDS": "2.5", "_MARKUP": "yes"}.items():
        monkeypatch.setenv(f"HOOKCELL_ALERTER{key}", value)
    used = notify.used()
    assert (used.retries, used.timeout_seconds, used._markup) == (5, 2.5, True)


def test_mail_settings_are_read_too(monkeypatch):
    settings = {"HOST": "localhost", "SENDER": "me@example.com", "TO": "a@example.com, b@example.com", "PORT": "2525"}
    monkeypatch.setenv("HOOKCELL_ALERTER", "email")
    for key, value in settings.items():
        monkeypatch.setenv(f"HOOKCELL_ALERTER_{key}", value)
    used = notify.used()
    assert (used._to, used._port) == (["a@example.com", "b@example.com"], 2525)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("RETRIES", "often", "retries of notifier 'slack' is 'often'; give a whole number of 0 or more"),
        ("MARKUP", "perhaps", "markup of notifier 'slack' is neither true nor false; give one of them"),
    ],
)
def test_what_the_environment_gets_wrong_is_told(key, value, message, monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER", "slack")
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", URL)
    monkeypatch.setenv(f"HOOKCELL_ALERTER_{key}", value)
    with pytest.raises(UnknownOptionError) as caught:
        notify.used()
    assert str(caught.value) == message


def test_a_choice_in_code_goes_before_the_environment_until_it_is_taken_back(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER", "slack")
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", URL)
    notify.use("notebook")
    assert notify.used().name == "notebook"
    assert active_stack().alerter.notifier.name == "notebook"
    assert notify.use().name == "slack"
    assert notify.used() is notify.used()


def test_a_flavour_has_the_environments_settings_of_the_same_flavour(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", URL)
    assert flavours.configured("slack").name == "slack"
    monkeypatch.setenv("HOOKCELL_ALERTER", "discord")
    with pytest.raises(UnknownOptionError, match="needs the URL of its webhook"):
        flavours.configured("slack")


def test_settings_without_a_flavour_wait_for_one_that_takes_them(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", URL)
    monkeypatch.setenv("HOOKCELL_ALERTER_RETRIES", "5")
    assert (notify.used().name, notify.used().retries) == ("notebook", 5)
    assert flavours.configured("notebook") is notify.used()
    assert flavours.configured("slack").retries == 5


@pytest.mark.parametrize("none", ["none", None])
def test_nobody_is_told_while_alerts_are_off(none, capsys, caplog):
    notify.use(none)

    @flow(on_failure=alert())
    def nightly():
        raise ValueError

    nightly(return_state=True)
    assert repr(notify.notify("rows are missing")) == "<Post to none: off>"
    assert [post.outcome for post in notify.sent] == ["off", "off"]
    assert notify.sent[0].wait(0) is False
    assert (capsys.readouterr().out, caplog.records) == ("", [])


def test_nobody_can_be_asked_while_alerts_are_off():
    notify.use("none")
    with pytest.raises(NobodyToAsk) as caught:
        notify.ask("Deploy?")
    assert str(caught.value) == 'nobody can be asked while alerts are off; to ask in the notebook: use("notebook")'


def test_the_standard_hooks_of_zenml_have_their_documented_warning_then(caplog):
    notify.use("none")

    @step(on_failure=alerter_failure_hook)
    def load() -> None:
        raise ValueError

    load(return_state=True)
    assert active_stack().alerter.post("x") is False
    assert [record.getMessage() for record in caplog.records] == [
        "Specified standard failure hook but no alerter configured in the stack. Skipping.."
    ]


def test_the_environment_may_turn_alerts_off(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER", "none")
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", URL)
    assert notify.notify("x").outcome == "off"


def test_none_takes_no_settings():
    with pytest.raises(UnknownOptionError) as caught:
        notify.use("none", url=URL)
    assert str(caught.value) == "url= goes with a flavour's name: use('slack', url=...)"


def test_a_stack_with_an_alerter_of_its_own_keeps_it():
    activate_stack(Stack("team", alerter="notebook"))
    notify.use("none")
    assert active_stack().alerter.notifier.name == "notebook"


@pytest.mark.parametrize("part", ["notify", "prefect", "testing", "zenml"])
def test_the_parts_are_there_after_import_hookcell_and_loaded_when_asked_for(part):
    code = (
        "import sys, hookcell; "
        f"assert 'hookcell.{part}' not in sys.modules and '{part}' in dir(hookcell); "
        f"assert hookcell.{part} is sys.modules['hookcell.{part}']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_hookcell_has_not_is_an_attribute_error():
    import hookcell

    with pytest.raises(AttributeError) as caught:
        hookcell.notfy  # noqa: B018 -- it raises
    assert str(caught.value) == "module 'hookcell' has no attribute 'notfy'"
