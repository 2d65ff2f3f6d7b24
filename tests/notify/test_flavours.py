"""Flavours of notifiers, against servers of our own; what they are given wrong is told in full, without secrets."""

import shutil
import subprocess
import sys
import traceback
import warnings

import pytest
from servers import PASSWORD, TOKEN, free_port
from small_runs import LIMIT

from hookcell.errors import ParameterTypeError, UnknownOptionError
from hookcell.notify import FLAVOURS, NobodyToAsk, NotificationError, Notifier, NotInstalled, ask, make, notify
from hookcell.notify.notifier import prompted

ADDRESSES = {"host": "127.0.0.1", "sender": "me@example.com", "to": "you@example.com"}


@pytest.fixture(scope="module")
def _apprise_loaded():
    """Load apprise's services first: some of them import what Python has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise

        apprise.Apprise.instantiate("json://localhost")


def letter_to(mail, **options):
    return make("email", **{**ADDRESSES, "port": mail.port, "security": "none", **options})


def failure(notifier):
    """What a message that cannot be sent raises, with no secret anywhere in its traceback."""
    with pytest.raises(NotificationError) as raised:
        notifier.post("hi")
    shown = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in shown
    assert PASSWORD not in shown
    return str(raised.value)


# -- webhooks


def test_slack_gets_text_in_which_nothing_is_markup_unless_asked_for(server):
    make("slack", url=server.url()).post("<!channel> a & b > c *bold*", subject="<x>")
    make("slack", url=server.url(), markup=True).post("see <https://example.com|this>")
    assert server.texts == [
        {"text": "*&lt;x&gt;*\n&lt;!channel&gt; a &amp; b &gt; c *bold*"},
        {"text": "see <https://example.com|this>"},
    ]


def test_discord_gets_a_message_that_mentions_nobody(server):
    server.status, server.text = 204, b""
    assert make("discord", url=server.url(), username="hookcell").post("@everyone", subject="nightly")
    assert server.texts == [
        {"content": "**nightly**\n@everyone", "allowed_mentions": {"parse": []}, "username": "hookcell"}
    ]


def test_a_message_that_is_too_long_is_cut(server):
    make("discord", url=server.url()).post("x" * 3000)
    [text] = server.texts
    assert (len(text["content"]), text["content"][-2:]) == (2000, "x…")


def test_what_the_server_answers_is_told(server):
    server.status, server.text = 404, b"no_service"
    assert failure(make("slack", url=server.url())) == "the server answered 404 Not Found (no_service)"


@pytest.mark.parametrize(
    ("flavour", "like"),
    [("slack", "https://hooks.slack.com/services/..."), ("discord", "https://discord.com/api/webhooks/...")],
)
def test_a_webhook_needs_its_url(flavour, like):
    with pytest.raises(UnknownOptionError) as raised:
        make(flavour)
    assert str(raised.value) == f"notifier '{flavour}' needs the URL of its webhook: make('{flavour}', url=\"{like}\")"
    with pytest.raises(ParameterTypeError) as raised:
        make(flavour, url=12)
    assert str(raised.value) == f"url of notifier '{flavour}' is an int; give a text, such as \"{like}\""
    with pytest.raises(UnknownOptionError) as raised:
        make(flavour, url=" ")
    assert str(raised.value) == f"url of notifier '{flavour}' is empty; give a text, such as \"{like}\""
    for wrong in (TOKEN, f"ftp://x/{TOKEN}", f"https:///{TOKEN}", f"http://example.com:{TOKEN}/x", f"http://[{TOKEN}"):
        with pytest.raises(UnknownOptionError) as raised:
            make(flavour, url=wrong)
        assert str(raised.value) == f"url of notifier '{flavour}' is no web address; give one such as \"{like}\""
        assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_a_url_may_be_one_of_pydantics_secrets(server):
    from pydantic import SecretStr

    make("slack", url=SecretStr(server.url())).post("hi")
    assert server.texts == [{"text": "hi"}]


# -- mail


def test_a_letter_arrives(mail):
    assert letter_to(mail, to=["you@example.com", "her@example.com"]).post("3 rows: ✉\n.\nend", subject="night\nly")
    [letter] = mail.letters
    assert (letter["Subject"], letter["From"], letter["To"]) == (
        "night ly",
        "me@example.com",
        "you@example.com, her@example.com",
    )
    assert letter.get_content().replace("\r\n", "\n") == "3 rows: ✉\n..\nend\n"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert mail.logins == []


def test_a_letter_without_a_subject_has_its_first_line(mail):
    letter_to(mail).post("Flow 'nightly' failed\nbecause")
    assert mail.letters[0]["Subject"] == "Flow 'nightly' failed"


def test_it_logs_in_if_it_is_to(mail):
    notifier = letter_to(mail, user="me", password=PASSWORD)
    notifier.post("hi")
    assert mail.logins == [["me", PASSWORD]]
    assert PASSWORD not in f"{notifier!r} {vars(notifier)!r}"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"AUTH": f"535 wrong: {PASSWORD}"}, "the server refused the login (535)"),
        ({"RCPT": f"550 no such user {PASSWORD}"}, "the server refused every recipient (550)"),
        ({"MAIL": f"452 full {PASSWORD}"}, "the server answered 452"),
        ({"DATA": f"554 spam {PASSWORD}"}, "the server answered 554"),
    ],
    ids=["login", "recipients", "sender", "letter"],
)
def test_what_the_mail_server_refuses_is_told_by_its_number(mail, answers, said):
    mail.answers = answers
    assert failure(letter_to(mail, user="me", password=PASSWORD)) == said


def test_a_recipient_that_is_refused_is_told_and_the_others_have_it(mail):
    mail.refused["her@example.com"] = "550 gone"
    said = failure(letter_to(mail, to=["you@example.com", "her@example.com"]))
    assert said == "the server refused 1 of 2 recipients; the others have it"
    assert len(mail.letters) == 1


def test_a_server_that_does_not_encrypt_gets_no_letter(mail):
    assert failure(letter_to(mail, security="starttls")) == "the server does not offer STARTTLS"
    assert mail.letters == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of this machine that nobody has signed, and its key."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    asked = "req -x509 -nodes -newkey rsa:2048 -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    made = [openssl, *asked.split(), "-keyout", str(path), "-out", str(path.with_name("cert.pem"))]
    subprocess.run(made, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_name("cert.pem").read_text())
    return path


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_letter_is_encrypted_for_a_server_whose_certificate_is_good(mail, certificate, security, monkeypatch):
    mail.encrypt(security, certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
    assert letter_to(mail, security=security, user="me", password=PASSWORD).post("hi")
    assert (len(mail.letters), mail.logins) == (1, [["me", PASSWORD]])


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_server_that_anybody_could_be_gets_neither_password_nor_letter(mail, certificate, security):
    mail.encrypt(security, certificate)
    said = failure(letter_to(mail, security=security, user="me", password=PASSWORD))
    assert said.startswith("the server cannot be reached (")
    assert "certificate verify failed" in said.lower()
    assert (mail.letters, mail.logins) == ([], [])


def test_a_server_that_takes_no_login_is_told(mail):
    mail.offers = []
    assert failure(letter_to(mail, user="me", password=PASSWORD)) == "the server does not offer a login"


def test_a_dead_mail_server_is_told_and_tried_again():
    post = notify("hi", make("email", **ADDRESSES, port=free_port(), security="none"))
    assert not post.wait(LIMIT)
    assert (post.error, post.tries) == ("the server cannot be reached (Connection refused)", 3)


def test_a_mail_server_that_hangs_is_left_after_a_while(mail):
    mail.release.clear()
    assert failure(letter_to(mail, timeout_seconds=0.05)) == "there was no answer within 0.05 s"


def test_a_letter_by_notify_is_on_record(mail):
    assert notify("hi", letter_to(mail, name="ops")).wait(LIMIT)
    assert len(mail.letters) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"host": None, "to": None},
            (
                "notifier 'email' needs host and to: "
                'make("email", host="smtp.example.com", sender="me@example.com", to="you@example.com")'
            ),
        ),
        ({"to": "you"}, "to of notifier 'email' is 'you', which is no address"),
        ({"to": "a@b\nBcc: c@d"}, "to of notifier 'email' is 'a@b\\nBcc: c@d', which is no address"),
        ({"to": []}, "to of notifier 'email' is empty; give an address, or a list of them"),
        ({"to": [3]}, "to of notifier 'email' is an int; give a text, such as \"you@example.com\""),
        ({"security": "tls"}, "security of notifier 'email' is 'tls'; there are starttls, ssl, none"),
        ({"port": "25"}, "port of notifier 'email' is '25'; give a number such as 587"),
        ({"port": 70000}, "port of notifier 'email' is 70000; ports go from 1 to 65535"),
        ({"user": "me"}, "notifier 'email' logs in with user and password, and has no password"),
        ({"password": PASSWORD}, "notifier 'email' logs in with user and password, and has no user"),
        ({"password": 12345678, "user": "me"}, "password of notifier 'email' is an int; give a text"),
        (
            {"user": "me", "password": PASSWORD, "security": "none", "host": "smtp.example.com"},
            "notifier 'email' would send its password in the clear; give security='starttls' or 'ssl'",
        ),
    ],
)
def test_what_mail_cannot_be_sent_with_is_an_error_at_once(options, said):
    with pytest.raises((UnknownOptionError, ParameterTypeError)) as raised:
        make("email", **{**ADDRESSES, **options})
    assert str(raised.value) == said


# -- apprise


@pytest.mark.usefixtures("_apprise_loaded")
def test_any_url_that_apprise_knows_is_a_notifier(server):
    url = f"json://127.0.0.1:{server.server_port}/{TOKEN}"
    assert make("apprise", url=url).post("body", subject="subject")
    assert notify("by url", url).wait(LIMIT)
    assert [(text["title"], text["message"]) for text in server.texts] == [("subject", "body"), ("", "by url")]


@pytest.mark.usefixtures("_apprise_loaded")
def test_what_apprise_cannot_send_is_told_without_secrets(server, caplog):
    server.status = 500
    said = failure(make("apprise", url=f"json://127.0.0.1:{server.server_port}/{TOKEN}"))
    assert "500" in said
    with pytest.raises(TypeError) as raised:
        make("apprise", url=f"nothing://{TOKEN}/{TOKEN}")
    assert str(raised.value).startswith("AppriseNotifier cannot be used: ")
    assert TOKEN not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_without_apprise_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotInstalled) as raised:
        make("apprise", url="json://localhost")
    assert str(raised.value) == 'AppriseNotifier sends by apprise: pip install "hookcell[notify]"'


def test_apprise_needs_a_url():
    with pytest.raises(UnknownOptionError) as raised:
        make("apprise")
    assert str(raised.value) == ("notifier 'apprise' needs a URL: make('apprise', url=\"tgram://{token}/{chat}\")")
    with pytest.raises(UnknownOptionError) as raised:
        make("apprise", url="json://localhost", notify_type="bad")
    assert str(raised.value) == (
        "notify_type of notifier 'apprise' is 'bad'; there are info, success, warning, failure"
    )


# -- flavours by name


def test_there_are_these_flavours():
    assert list(FLAVOURS) == ["notebook", "slack", "discord", "email", "apprise"]


OTHERS = (
    "there are notebook, slack, discord, email, apprise. Other services are URLs of apprise: "
    'make("apprise", url="..."), which needs pip install "hookcell[notify]"'
)


@pytest.mark.parametrize(
    ("flavour", "said"),
    [
        ("slak", f"there is no notifier flavour 'slak'; did you mean 'slack'? {OTHERS}"),
        ("telegram", f"there is no notifier flavour 'telegram'; {OTHERS}"),
        (f"hooks.slack.com/{TOKEN}", f"there is no notifier flavour with the name given; {OTHERS}"),
    ],
)
def test_an_unknown_flavour_names_those_there_are_and_the_extra(flavour, said):
    with pytest.raises(UnknownOptionError) as raised:
        make(flavour)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("flavour", "config", "said"),
    [
        ("slack", {"url": "http://x", "chanel": "a"}, ("notifier 'slack' has no option 'chanel'; there are "
         "url, markup, name, timeout_seconds, retries")),
        ("slack", {"urls": "http://x"}, ("notifier 'slack' has no option 'urls'; did you mean 'url'? there are "
         "url, markup, name, timeout_seconds, retries")),
        ("notebook", {"timeout_seconds": 0}, "timeout_seconds of notifier 'notebook' is 0; give seconds above 0"),
        ("notebook", {"timeout_seconds": "1"}, "timeout_seconds of notifier 'notebook' is '1'; give seconds above 0"),
        ("notebook", {"retries": -1}, "retries of notifier 'notebook' is -1; give a whole number of 0 or more"),
        ("notebook", {"retries": 1.5}, "retries of notifier 'notebook' is 1.5; give a whole number of 0 or more"),
        ("notebook", {"name": 3}, "name of notifier 'notebook' is an int; give a text"),
        (3, {}, "a notifier's flavour is a text, not int; there are notebook, slack, discord, email, apprise"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_is_an_error_at_once(flavour, config, said):
    with pytest.raises((UnknownOptionError, ParameterTypeError)) as raised:
        make(flavour, **config)
    assert str(raised.value) == said


def test_settings_go_with_a_flavours_name():
    from hookcell.notify import alert

    with pytest.raises(UnknownOptionError) as raised:
        alert(make("notebook"), url=TOKEN)
    assert str(raised.value) == "url= goes with a flavour's name: alert('slack', url=...)"


def test_a_class_of_ones_own_may_be_a_flavour(monkeypatch):
    class Pager(Notifier):
        flavour = "pager"

        def __init__(self, number, **options):
            super().__init__(**options)
            self.number = number

        def post(self, message, *, subject=None, **details):
            return True

    monkeypatch.setitem(FLAVOURS, "pager", Pager)
    assert make("pager", number=3, retries=1).number == 3
    with pytest.raises(UnknownOptionError, match="notifier 'pager' has no option 'numbr'; did you mean 'number'"):
        make("pager", numbr=3)


# -- questions


def answers(monkeypatch, *given):
    prompts, left = [], iter(given)

    def answer(prompt):
        prompts.append(prompt)
        said = next(left)
        if isinstance(said, BaseException):
            raise said
        return said

    monkeypatch.setattr("builtins.input", answer)
    return prompts


@pytest.mark.parametrize(
    ("answer", "approved"), [("approve", True), (" LGTM ", True), ("No", False), ("reject", False)]
)
def test_a_question_is_answered_at_the_prompt(monkeypatch, answer, approved):
    prompts = answers(monkeypatch, answer)
    assert ask("deploy?", subject="nightly") is approved
    assert prompts == ["nightly\ndeploy?\napprove or decline: "]


def test_it_asks_again_until_there_is_an_answer(monkeypatch):
    prompts = answers(monkeypatch, "", "maybe", "aprove", "yes")
    assert prompted("deploy?")
    assert prompts == [
        "deploy?\napprove or decline: ",
        "an answer is needed\napprove or decline: ",
        "'maybe' is no answer\napprove or decline: ",
        "'aprove' is no answer (did you mean 'approve'?)\napprove or decline: ",
    ]


@pytest.mark.parametrize("error", [EOFError(), NotImplementedError("no stdin"), OSError()])
def test_where_there_is_no_prompt_nobody_can_be_asked(monkeypatch, error):
    answers(monkeypatch, error)
    with pytest.raises(NobodyToAsk) as raised:
        ask("deploy?")
    assert str(raised.value) == (
        "nobody can be asked here: there is no prompt to answer at; "
        "run it where input() works, or use a notifier with an ask of your own"
    )


def test_a_question_by_slack_is_posted_and_answered_here(server, monkeypatch):
    answers(monkeypatch, "ok")
    assert ask("deploy?", make("slack", url=server.url()))
    assert server.texts == [{"text": "deploy?"}]
    server.status = 500
    with pytest.raises(NotificationError, match=r"^the server answered 500 Internal Server Error$"):
        ask("deploy?", make("slack", url=server.url()))


def test_a_notifier_of_ones_own_asks_as_it_likes(monkeypatch):
    class Own:
        def post(self, message):
            posted.append(message)

    class Asking(Own):
        def ask(self, question, *, subject=None):
            return question == "deploy?"

    posted = []
    assert ask("deploy?", Asking())
    assert posted == []
    answers(monkeypatch, "no")
    assert not ask("deploy?", Own())
    assert posted == ["deploy?"]
