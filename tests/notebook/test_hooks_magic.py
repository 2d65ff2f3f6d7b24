"""`%hooks` in a real kernel: what it lists, how it chooses where alerts go, and what is told of redefined hooks."""

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

SECRET = "sEcReTsEcReT"  # noqa: S105 -- so that it can be looked for
SETUP = """
%load_ext hookcell
import hookcell
from hookcell import Hooks, State, flow, hook, task
from hookcell.notify import alert
"""


@pytest.fixture
def kernel(shared):
    yield shared
    shared.run("%reset -f", "")
    shared.run(SETUP)
    shared.run("%config Hookcell.alerter = ''", "hookcell.notify.use()", "hookcell.zenml.activate_stack(None);")


@pytest.fixture(scope="module")
def shared():
    with running_kernel(SETUP) as kernel:
        yield kernel


def error_of(kernel, line):
    return kernel.run(line).stderr.removeprefix("UsageError: ").removesuffix("\n")


# -- what is attached --------------------------------------------------------------------------------------------------

CELL = f"""
def tell(flow, run, state): pass
def big(run: hookcell.FlowRun): return True
def narrow(error: ValueError, state: State): pass
slack = alert("slack", url="https://hooks.slack.com/services/{SECRET}")
@flow(
    on_completion=[tell, hook(tell, when=big, throttle="1/min", once=True, retries=2, timeout_seconds=3)],
    on_failure=hook(slack, throttle="1/min", digest=True),
    each_task=Hooks(on_failure=narrow),
)
def etl(): return load()
@task(on_failure=[], on_end=hook(tell, timeout_seconds=None, concurrent=True))
def load(): return 3
@task
def bare(): pass
"""
LISTED = """\
alerts go to: notebook

etl (flow)
  on_completion  tell
  on_completion  tell  [when big, at most one in 60 s, once a run, 2 retries, timeout 3 s]
  on_failure     alert(slack)  [digest of 60 s]
  for each task without its own
    on_failure  narrow  [only for ValueError]

load (task)
  on_end      tell  [no timeout, concurrent]
  on_failure  none

without hooks: bare
"""


def test_it_lists_what_is_attached_and_reads_the_same_each_time(kernel):
    kernel.run(CELL)
    assert kernel.run("%hooks").stdout == LISTED
    kernel.run("etl()")
    assert kernel.run("%hooks").stdout == LISTED


def test_a_digest_of_zenmls_alerts_is_told_too(kernel):
    kernel.run(
        "from hookcell.zenml import step",
        "from hookcell.zenml.hooks import alerter_failure_hook",
        "@step(on_failure=hook(alerter_failure_hook, throttle='1/min', digest=True))",
        "def load() -> None: pass",
    )
    assert "  on_failure  alerter_failure_hook  [digest of 60 s]\n" in kernel.run("%hooks").stdout


def test_before_there_is_anything_it_says_so(kernel):
    assert kernel.run("%hooks").stdout == "alerts go to: notebook\n\nno flows or tasks in this notebook yet\n"


def test_of_one_it_tells_what_hooks_are_given_and_where_they_are_from(kernel):
    kernel.run(CELL)
    made = f"Cell In[{number_of(kernel)}]"
    assert kernel.run("%hooks etl").stdout == (
        "etl (flow)\n"
        "  on_completion  tell\n"
        "    is given (flow, flow_run, state)\n"
        f"    is defined in {made}, line 1\n"
        "  on_completion  tell  [when big, at most one in 60 s, once a run, 2 retries, timeout 3 s]\n"
        "    is given (flow, flow_run, state)\n"
        f"    is defined in {made}, line 1\n"
        "  on_failure  alert(slack)  [digest of 60 s]\n"
        "    is given (flow, flow_run, state)\n"
        "    is made by alert()\n"
        "  for each task without its own\n"
        "    on_failure  narrow  [only for ValueError]\n"
        "      is given (error: ValueError, state: State)\n"
        f"      is defined in {made}, line 3\n"
    )
    assert kernel.run("%hooks bare").stdout == "bare (task) has no hooks\n"


def test_hooks_of_every_run_are_listed_too(kernel):
    kernel.run("everywhere = hookcell.every_run(on_end=lambda flow, run: None)", "@task", "def load(): pass")
    assert "every run of this session\n  on_end  <lambda>\n" in kernel.run("%hooks").stdout
    assert "  and, as for every run of this session\n    on_end  <lambda>\n" in kernel.run("%hooks load").stdout
    kernel.run("everywhere.remove()")


def test_steps_and_pipelines_are_told_of_in_zenmls_words(kernel):
    cell = """
from hookcell.zenml import StepContext, pipeline, step
def failed(exception: ValueError, context: StepContext): pass
@step(on_failure=failed, on_start=lambda: None)
def load() -> int: return 3
@pipeline(on_success=lambda: None, on_run_end=lambda: None)
def etl(): load()
"""
    kernel.run(cell)
    assert kernel.run("%hooks").stdout == (
        "alerts go to: notebook\n\n"
        "etl (pipeline)\n  on_run_end  <lambda>\n  for each step without its own\n    on_success  <lambda>\n\n"
        "load (step)\n  on_start    <lambda>\n  on_failure  failed  [only for ValueError]\n"
    )
    assert "is given (exception: ValueError, context: StepContext)" in kernel.run("%hooks load").stdout


def test_no_secret_is_told(kernel):
    url = f"https://hooks.slack.com/services/{SECRET}"
    kernel.run(CELL, f'hookcell.notify.use("slack", url="{url}", name="team-{SECRET}");')
    told = "".join(kernel.run(line).stdout for line in ("%hooks", "%hooks etl", "%hooks alerter"))
    assert "team-**********" in told
    assert SECRET not in told


def test_what_there_is_not_is_told_with_the_nearest(kernel):
    kernel.run(CELL, "rows = 3")
    assert error_of(kernel, "%hooks lod") == "%hooks: the notebook has no flow or task 'lod'; did you mean load?"
    assert error_of(kernel, "%hooks alertr slack") == (
        "%hooks: the notebook has no flow or task 'alertr'; did you mean alerter?"
    )
    assert error_of(kernel, "%hooks rows") == (
        "%hooks: 'rows' is no flow or task but an int; there are bare, etl, load"
    )
    assert SECRET not in error_of(kernel, f"%hooks https://example.com/{SECRET}")
    assert error_of(kernel, "%hooks etl load") == "%hooks takes one name, and was given 2: 'etl' 'load'"
    assert error_of(kernel, "%hooks --all") == "%hooks has no option '--all'; %hooks -h prints what there is"
    assert error_of(kernel, "%hooks 'etl") == "%hooks: No closing quotation"


def test_a_name_that_is_no_variable_and_an_attribute_are_found(kernel):
    kernel.run("class made:", "    load = task(name='load rows')(lambda: None)", "loaded = made.load")
    assert kernel.run("%hooks 'load rows'").stdout == "load rows (task) has no hooks\n"
    assert kernel.run("%hooks made.load").stdout == "made.load (task 'load rows') has no hooks\n"
    assert "without hooks: loaded" in kernel.run("%hooks").stdout


def test_an_attribute_that_raises_is_none(kernel):
    kernel.run("class Odd:", "    def __getattr__(self, name): raise RuntimeError", "odd = Odd()")
    assert error_of(kernel, "%hooks odd.load") == (
        "%hooks: the notebook has no flow or task 'odd.load'; there are none yet"
    )


def test_it_is_listed_documented_and_helps(kernel):
    assert "%hooks" in kernel.run("%lsmagic").results[0]
    helped = kernel.run("%hooks -h").stdout
    assert "%hooks alerter slack --url $SLACK_URL --retries 3" in helped
    assert kernel.value("get_ipython().find_line_magic('hooks').__doc__.strip()") == repr(helped.strip())


# -- where alerts go ---------------------------------------------------------------------------------------------------


def test_an_alerter_is_chosen_with_settings_from_the_notebook_and_the_environment(kernel):
    kernel.run(f'URL = "https://hooks.slack.com/services/{SECRET}"', "%env H2_RETRIES=5")
    chosen = kernel.run("%hooks alerter slack --url $URL --retries $H2_RETRIES --timeout-seconds=2.5 --markup")
    assert (chosen.stdout, chosen.stderr) == ("alerts go to: slack\n", "")
    kernel.run("one = hookcell.notify.used()")
    assert kernel.value("one.retries, one.timeout_seconds, one._markup") == "(5, 2.5, True)"
    assert kernel.value("hookcell.zenml.active_stack().alerter.notifier is one") == "True"
    assert kernel.run("%hooks alerter").stdout == "alerts go to: slack\n"
    assert kernel.run("%hooks alerter notebook").stdout == "alerts go to: notebook\n"


def test_an_object_with_a_post_can_be_chosen(kernel):
    kernel.run("class Pager:", "    name = 'pager'", "    def post(self, message): print('beep', message)")
    kernel.run("pager = Pager()")
    assert kernel.run("%hooks alerter pager").stdout == "alerts go to: pager\n"
    assert kernel.run("%hooks alerter $pager").stdout == "alerts go to: pager\n"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (f"%hooks alerter slack --url https://hooks.slack.com/services/{SECRET}", ("slack", "the URL", "SLACK_URL")),
        (f"%hooks alerter mailto://me:{SECRET}@example.com", ("apprise", "the URL", "ALERT_URL")),
        (
            f"%hooks alerter email --host h --sender a@b.c --to a@b.c --user me --password {SECRET}",
            ("email", "the password", "EMAIL_PASSWORD"),
        ),
    ],
    ids=["slack", "url", "password"],
)
def test_a_secret_written_out_works_and_is_warned_of(line, where, kernel):
    label, what, suggested = where
    assert kernel.run(line).stdout == (
        f"alerts go to: {label}\n{what} stands in the cell, so whoever gets the notebook gets it too: "
        f"put it into a variable of the environment, and write ${suggested}\n"
    )


def test_alerts_are_turned_off_and_back_to_what_is_configured(kernel):
    off = "alerts go to: nobody (%hooks alerter notebook shows them here)\n"
    for line in ("%hooks alerter --off", "%hooks alerter none"):
        assert kernel.run(line).stdout == off
    assert kernel.value("hookcell.notify.notify('x')") == "<Post to none: off>"
    assert kernel.run("%hooks alerter configured").stdout == "alerts go to: notebook\n"
    assert kernel.run("%hooks alerter --reset").stdout == "alerts go to: notebook\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "slak --url $URL",
            (
                "there is no notifier flavour 'slak'; did you mean 'slack'? there are notebook, slack, discord, email, "
                'apprise. Other services are URLs of apprise: make("apprise", url="..."), which needs '
                'pip install "hookcell[notify]"; here: %hooks alerter slack --url $SLACK_URL'
            ),
        ),
        (
            "slack --ulr $URL",
            (
                "notifier 'slack' has no option 'ulr'; did you mean 'url'? there are url, markup, name, "
                "timeout_seconds, retries"
            ),
        ),
        (
            "slack",
            (
                "notifier 'slack' needs the URL of its webhook: make('slack', url=\"https://hooks.slack.com/services/...\")"
                "; here: %hooks alerter slack --url $SLACK_URL"
            ),
        ),
        (
            "slack --url $URL --retries often",
            "retries of notifier 'slack' is 'often'; give a whole number of 0 or more",
        ),
        ("slack --url $ULR", "neither the notebook nor the environment has a variable 'ULR'; did you mean $URL?"),
        ("none --url $URL", "url= goes with a flavour's name: use('slack', url=...)"),
    ],
    ids=["flavour", "option", "missing", "value", "variable", "none"],
)
def test_what_cannot_be_chosen_is_told_with_what_to_write(line, message, kernel):
    kernel.run(f'URL = "https://hooks.slack.com/services/{SECRET}"')
    assert error_of(kernel, f"%hooks alerter {line}") == f"%hooks: {message}"
    assert kernel.run("%hooks alerter").stdout == "alerts go to: notebook\n"


def test_options_are_written_with_dashes_and_values(kernel):
    assert error_of(kernel, "%hooks alerter slack retries 3") == (
        "%hooks alerter slack: options are written --name VALUE, such as --retries 3"
    )
    assert error_of(kernel, "%hooks alerter slack --url") == "%hooks alerter slack: --url needs a value"
    assert SECRET not in error_of(kernel, f"%hooks alerter https://example.com/{SECRET} --url")


def test_options_before_a_flavour_are_told_of(kernel):
    assert error_of(kernel, "%hooks alerter --url $URL") == (
        "%hooks alerter: name a flavour before its options: slack --url $SLACK_URL"
    )


def test_a_text_that_a_variable_holds_is_not_shown_when_it_is_no_flavour(kernel):
    kernel.run(f'TOKEN = "xoxb{SECRET}"')
    assert error_of(kernel, "%hooks alerter $TOKEN") == (
        "%hooks: the text in $TOKEN is no flavour and no URL; there are notebook, slack, discord, email, apprise"
    )


# -- stacks ------------------------------------------------------------------------------------------------------------


def test_a_stack_is_put_in_force_and_taken_back(kernel):
    kernel.run("from hookcell.zenml import Stack", "team = Stack('team', alerter='notebook')", "x = 3")
    assert kernel.run("%hooks stack team").stdout == "stack: 'team', alerts go to: notebook\n"
    assert kernel.run("%hooks alerter none").stdout == (
        "alerts go to: nobody (%hooks alerter notebook shows them here)\n"
        "but stack 'team' of ZenML's dialect is in force, and sends its alerts to: notebook; "
        "to have it follow, run: %hooks stack default\n"
    )
    assert error_of(kernel, "%hooks stack tem") == (
        "%hooks stack: 'tem' is no variable of the notebook; did you mean team?"
    )
    assert error_of(kernel, "%hooks stack x") == "%hooks stack: 'x' is no stack but an int; there are team, default"
    assert kernel.run("%hooks stack default").stdout == "stack: 'default', alerts go to: nobody\n"
    assert kernel.run("%hooks stack").stdout == "stack: 'default', alerts go to: nobody\n"


def test_variables_that_say_nothing_of_their_class_do_no_harm(kernel):
    kernel.run(
        "class Proxy:",
        "    @property",
        "    def __class__(self): raise RuntimeError('working outside of a context')",
    )
    assert kernel.run("proxy = Proxy()", "from hookcell.zenml import Stack", "team = Stack('team')").stdout == ""
    assert kernel.run("%hooks").stdout.endswith("no flows or tasks in this notebook yet\n")
    assert kernel.run("%hooks stack team").stdout == "stack: 'team', alerts go to: nobody\n"
    assert error_of(kernel, "%hooks proxy").startswith("%hooks: 'proxy' is no flow or task but a Proxy; ")


# -- redefined hooks ---------------------------------------------------------------------------------------------------

HOOK = "def tell(flow, run, state): print({!r})"


def number_of(kernel):
    """The number of the cell before."""
    return int(kernel.value("len(In) - 2"))


def test_after_a_hook_is_redefined_its_cell_says_who_calls_the_old_one(kernel):
    kernel.run(HOOK.format("old"))
    kernel.run(
        "@flow(on_completion=tell)", "def etl(): pass", "@task(on_end=hook(tell, once=True))", "def load(): pass"
    )
    assert kernel.run(HOOK.format("old")).stdout == ""
    old = number_of(kernel)
    told = kernel.run(HOOK.format("new")).stdout
    new = number_of(kernel)
    assert told == (
        f"hook 'tell' was redefined (Cell In[{new}], line 1); flow 'etl', task 'load' still call the version of "
        f"Cell In[{old}], line 1: to have the new one, run their cells again\n"
    )
    assert kernel.run("etl()").stdout == "old\n"
    assert f"was redefined in Cell In[{new}], line 1; this one still calls the version above" in (
        kernel.run("%hooks etl").stdout
    )
    assert kernel.run("@flow(on_completion=tell)", "def etl(): pass").stdout == ""


@pytest.mark.parametrize("attached", ["tell", "hook(tell, once=True)", "functools.partial(tell)", "[tell]"])
@pytest.mark.parametrize("again", [HOOK.format("new"), "tell = lambda flow, run, state: print('new')"])
def test_a_hook_is_known_by_its_name_however_it_is_attached_and_redefined(attached, again, kernel):
    kernel.run("import functools", HOOK.format("old"), f"@flow(on_completion={attached})", "def etl(): pass")
    assert kernel.run(again).stdout.startswith("hook 'tell' was redefined (Cell In[")


@pytest.mark.parametrize(
    "cell", ["tell = hook(tell, once=True)", "del tell", "tell = 3", "tell = task(tell)", "other = tell"]
)
def test_what_is_no_new_version_of_a_hook_is_not_told_of(cell, kernel):
    kernel.run(HOOK.format("old"), "@flow(on_completion=tell)", "def etl(): pass")
    assert kernel.run(cell).stdout == ""


def test_a_hook_of_every_run_that_is_redefined_is_told_of(kernel):
    kernel.run(HOOK.format("old"), "everywhere = hookcell.every_run(on_end=tell)")
    told = kernel.run(HOOK.format("new")).stdout
    kernel.run("everywhere.remove()")
    assert "; every_run(...) still calls the version of Cell In[" in told


def test_an_alert_of_zenmls_dialect_names_cells_as_the_notebook_does(kernel):
    cell = """
from hookcell.zenml import step
from hookcell.zenml.hooks import alerter_failure_hook
@step(on_failure=alerter_failure_hook)
def load() -> None:
    raise ValueError("gone")
"""
    kernel.run(cell)
    number = number_of(kernel)
    kernel.run("load(return_state=True);")
    assert f'File "Cell In[{number}]", line 5, in load' in kernel.value("hookcell.notify.sent[-1].message")


def test_a_hook_attached_by_a_cell_that_was_run_again_is_told_of(kernel):
    kernel.run("@flow", "def etl(): pass")
    kernel.run("@etl.on_completion", HOOK.format("old"))
    assert kernel.run("@etl.on_completion", HOOK.format("new")).stdout == (
        "flow 'etl' has two hooks 'tell' for on_completion, an old one and a new one: "
        "to have the new one only, run the cell that makes the flow again, then this one\n"
    )
    assert kernel.run("etl()").stdout == "old\nnew\n"


# -- configuration, completion, loading --------------------------------------------------------------------------------


def test_the_alerter_is_configured(kernel):
    kernel.run(f'URL = "https://hooks.slack.com/services/{SECRET}"')
    assert kernel.run("%config Hookcell.alerter = 'slack --url $URL'").stderr == ""
    assert kernel.run("%hooks alerter").stdout == "alerts go to: slack\n"
    told = kernel.run("%config Hookcell.alerter = 'slak'").stderr
    assert "Hookcell.alerter: there is no notifier flavour 'slak'; did you mean 'slack'?" in told
    assert kernel.run("%config Hookcell.alerter = ''").stderr == ""
    assert kernel.run("%hooks alerter").stdout == "alerts go to: notebook\n"


def test_a_mistake_in_the_environment_is_told_and_can_be_worked_around(kernel):
    kernel.run("%env HOOKCELL_ALERTER=slak")
    told = kernel.run("%hooks").stdout
    assert told.startswith(
        "alerts go to: nobody, because of HOOKCELL_ALERTER in the environment: there is no notifier flavour 'slak'; "
        "did you mean 'slack'?"
    )
    assert kernel.run("%hooks alerter notebook").stdout == "alerts go to: notebook\n"
    kernel.run("import os; del os.environ['HOOKCELL_ALERTER']")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%hooks ", ["--help", "alerter", "etl", "stack"]),
        ("%hooks e", ["etl"]),
        ("%hooks alerter s", ["slack"]),
        ("%hooks alerter n", ["none", "notebook"]),
        ("%hooks alerter slack --ti", ["--timeout-seconds"]),
        ("%hooks stack te", ["team"]),
    ],
)
def test_names_flavours_and_options_are_completed(line, offered, kernel):
    kernel.run("@flow", "def etl(): pass", "team = hookcell.zenml.Stack('team')")
    assert kernel.value(f"sorted(get_ipython().complete({line!r})[1])") == repr(offered)


def test_another_extensions_magic_is_left_alone_and_unloading_leaves_nothing():
    with running_kernel() as kernel:
        kernel.run("from IPython.core.magic import register_line_magic")
        kernel.run("@register_line_magic", "def hooks(line): print('theirs')")
        kernel.run("look = lambda: len(get_ipython().Completer.custom_matchers)", "before = look()")
        loaded = kernel.run("%load_ext hookcell")
        assert (
            "%hooks already belongs to another extension, so hookcell's is %hookcell_hooks here; "
            "to choose a name, run: %config Hookcell.hooks_magic = 'my_hooks'"
        ) in loaded.stderr
        assert kernel.run("%hooks").stdout == "theirs\n"
        assert kernel.run("%hookcell_hooks").stdout.startswith("alerts go to: notebook\n")
        kernel.run("%config Hookcell.hooks_magic = 'mine'", "%config Hookcell.alerter = 'none'")
        assert kernel.run("%mine").stdout.startswith("alerts go to: nobody (%mine alerter notebook shows them here)\n")
        kernel.run("%unload_ext hookcell")
        assert kernel.run("%hooks").stdout == "theirs\n"
        assert "not found" in kernel.run("%mine").stderr
        assert kernel.value("look() == before") == "True"
        assert (
            kernel.run("import hookcell", "print(hookcell.notify.used())").stdout == "<NotebookNotifier 'notebook'>\n"
        )
