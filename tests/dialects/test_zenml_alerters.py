"""The active stack and its alerter: chosen in code or by the environment, asked by hooks and steps."""

import pytest

from hookcell import HookSignatureError, ParameterTypeError, UnknownOptionError, flow, notify
from hookcell.zenml import Stack, activate_stack, active_stack, step
from hookcell.zenml.alerter import BaseAlerter, BaseAlerterStepParameters, NotifierAlerter
from hookcell.zenml.client import Client
from hookcell.zenml.exceptions import ZenMLBaseException
from hookcell.zenml.hooks import alerter_failure_hook
from hookcell.zenml.steps import StepContext


class Posts(BaseAlerter):
    def __init__(self):
        self.messages = []

    def post(self, message, params=None):
        self.messages.append((message, params))
        return True


@pytest.fixture(autouse=True)
def _own_stack():
    before = activate_stack(Stack())
    yield
    activate_stack(before)


def message_of(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_the_default_stacks_alerter_shows_its_messages_in_the_cell(capsys, monkeypatch):
    monkeypatch.delenv("HOOKCELL_ALERTER", raising=False)
    activate_stack(None)
    assert active_stack().name == "default"
    assert active_stack().alerter.post("3 rows are missing")
    assert capsys.readouterr().out == "✉ 3 rows are missing\n"


def test_the_default_stacks_alerter_is_the_notifier_that_hookcell_uses(monkeypatch):
    monkeypatch.delenv("HOOKCELL_ALERTER", raising=False)
    activate_stack(None)
    posts = Posts()
    notify.use(posts)
    try:
        active_stack().alerter.post("3 rows are missing")
        assert notify.flush()
    finally:
        notify.use()
    assert posts.messages == [("3 rows are missing", None)]


def test_a_flavor_is_chosen_by_its_name():
    assert repr(Stack("team", alerter="notebook")) == (
        "<Stack 'team', alerter <NotifierAlerter <NotebookNotifier 'notebook'>>>"
    )


def test_an_unknown_flavor_is_told_of_with_those_there_are():
    assert message_of(UnknownOptionError, Stack, alerter="slak").startswith(
        "there is no notifier flavour 'slak'; did you mean 'slack'? there are notebook, slack, discord, email, apprise"
    )


def test_a_webhook_without_its_url_is_told_of():
    assert "needs the URL of its webhook" in message_of(UnknownOptionError, NotifierAlerter, "slack")


@pytest.mark.parametrize(("alerter", "error"), [(3, ParameterTypeError), (Posts, ParameterTypeError)])
def test_what_has_no_post_is_no_alerter(alerter, error):
    message_of(error, Stack, alerter=alerter)


def test_a_post_that_takes_no_message_is_refused():
    class Odd:
        def post(self):
            pass

    message_of(HookSignatureError, Stack, alerter=Odd())


def test_the_environment_configures_a_stack(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER", "slack")
    monkeypatch.setenv("HOOKCELL_ALERTER_URL", "https://example.com/hook")
    activate_stack(None)
    assert active_stack().name == "configured"
    assert active_stack().alerter.notifier.name == "slack"


def test_what_the_environment_gets_wrong_is_told_of(monkeypatch):
    monkeypatch.setenv("HOOKCELL_ALERTER", "slak")
    assert "did you mean 'slack'?" in message_of(UnknownOptionError, activate_stack, None)


def test_activating_gives_the_stack_from_before():
    first, second = Stack("first"), Stack("second")
    activate_stack(first)
    assert activate_stack(second) is first
    assert active_stack() is second is Stack.active() is Client().active_stack
    Client().activate_stack(first)
    assert active_stack() is first


def test_what_is_no_stack_is_refused():
    assert message_of(ZenMLBaseException, activate_stack, "team") == (
        'activate_stack() got \'team\'; make one: Stack("team", alerter="notebook")'
    )


def test_an_alerter_of_ones_own_is_the_object_itself_with_zenmls_signature():
    posts = Posts()
    activate_stack(Stack("own", alerter=posts))

    def tell(context: StepContext):
        context.stack.alerter.post(f"{context.step_name} is done", params=BaseAlerterStepParameters(channel="#ops"))

    @step(on_success=tell)
    def load() -> None: ...

    load()
    assert [(message, params.channel) for message, params in posts.messages] == [("load is done", "#ops")]


def test_the_base_class_says_yes():
    assert BaseAlerter().post("x")
    assert BaseAlerter().ask("x?")


def test_a_question_goes_to_the_notifier():
    class Asked:
        def post(self, message):
            return True

        def ask(self, question, subject=None):
            return question == "Deploy?"

    alerter = NotifierAlerter(Asked())
    assert alerter.ask("Deploy?")
    assert not alerter.ask("Really?")


def test_a_native_flow_can_use_the_standard_hooks():
    posts = Posts()
    activate_stack(Stack("own", alerter=posts))

    @flow(on_failure=alerter_failure_hook)
    def nightly():
        raise ValueError("gone")

    nightly(return_state=True)
    assert notify.flush()
    assert posts.messages[0][0].startswith("*Failure Hook Notification! Run failed!*\n\nPipeline name: `nightly`\n")
