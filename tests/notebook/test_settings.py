"""Settings: what each may be, by configuration, `%config` and the environment, and what a mistake is told."""

import pytest
from kernels import running_kernel
from traitlets import TraitError
from traitlets.config import Config

from hookcell.notebook.settings import Hookcell, Manner, in_environment

WRONG = {
    "flow_magic": ("my flow", "Hookcell.flow_magic cannot be 'my flow'; write a name, such as 'my_flow'"),
    "task_magic": ("", "Hookcell.task_magic cannot be ''; write a name, such as 'my_task'"),
    "hooks_magic": ("a b", "Hookcell.hooks_magic cannot be 'a b'; write a name, such as 'my_hooks'"),
    "alerter": (
        3,
        "Hookcell.alerter cannot be 3; write text as after %hooks alerter, such as 'slack --url $SLACK_URL'",
    ),
    "view": ("maybe", "Hookcell.view cannot be 'maybe'; write True or False, or 'on' or 'off'"),
    "layout": (
        "grap",
        "Hookcell.layout cannot be 'grap'; write one of 'timeline', 'tasks', 'graph', 'hooks', 'log', 'compact'",
    ),
    "show_after": (
        "soon",
        "Hookcell.show_after cannot be 'soon'; write seconds, such as 0.2, or 'always' or 'never'",
    ),
    "settle_seconds": (-1, "Hookcell.settle_seconds cannot be -1; write seconds, such as 10"),
    "log_lines": (1.5, "Hookcell.log_lines cannot be 1.5; write a whole number of lines, from 0 to 100000"),
    "messages_per_second": (26, "Hookcell.messages_per_second cannot be 26; write a number from 0.1 to 25"),
    "hold_seconds": ([], "Hookcell.hold_seconds cannot be []; write seconds, such as 60, or None"),
}


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("view", *WRONG):
        monkeypatch.delenv(f"HOOKCELL_{name.upper()}", raising=False)


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_is_refused_at_once_with_what_to_write(name):
    value, told = WRONG[name]
    settings = Hookcell()
    before = getattr(settings, name)
    with pytest.raises(TraitError) as caught:
        setattr(settings, name, value)
    assert str(caught.value) == told
    assert getattr(settings, name) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settle_seconds", True),
        ("settle_seconds", "nan"),
        ("settle_seconds", None),
        ("log_lines", 100_001),
        ("messages_per_second", 0),
        ("show_after", None),
        ("view", 2),
        ("layout", 3),
    ],
)
def test_other_values_are_refused_too(name, value):
    with pytest.raises(TraitError, match=f"Hookcell.{name} cannot be"):
        setattr(Hookcell(), name, value)


def test_every_setting_of_ours_has_a_message_that_is_tested():
    assert set(Hookcell.class_own_traits(config=True)) == set(WRONG)


def test_without_a_choice_the_manner_is_the_default_one():
    assert Hookcell().manner() == Manner()


@pytest.mark.parametrize(
    ("chosen", "manner"),
    [
        ({"layout": "Graph"}, Manner(layout="graph")),
        ({"show_after": "never"}, Manner(show_after=None)),
        ({"show_after": "always"}, Manner(show_after=0.0, always=True)),
        ({"show_after": 3}, Manner(show_after=3.0)),
        ({"settle_seconds": "5"}, Manner(settle_seconds=5.0)),
        ({"settle_seconds": float("inf")}, Manner(settle_seconds=float("inf"))),
        ({"log_lines": 0}, Manner(log_lines=0)),
        ({"messages_per_second": 10}, Manner(interval=0.1)),
    ],
)
def test_a_configuration_makes_the_manner(chosen, manner):
    assert Hookcell(config=Config(Hookcell=chosen)).manner() == manner


# -- the environment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, {}),
        ({"HOOKCELL_VIEW": ""}, {}),
        ({"HOOKCELL_VIEW": "off"}, {"view": False}),
        ({"HOOKCELL_VIEW": " ON "}, {"view": True}),
        ({"HOOKCELL_VIEW": "0"}, {"view": False}),
        ({"HOOKCELL_VIEW": "graph"}, {"view": True, "layout": "graph"}),
        ({"HOOKCELL_VIEW": "compact"}, {"view": True, "layout": "compact"}),
        ({"HOOKCELL_VIEW": "terminal"}, {}),
        ({"HOOKCELL_VIEW": "lines"}, {}),
        ({"HOOKCELL_SHOW_AFTER": "never"}, {"show_after": "never"}),
        ({"HOOKCELL_SHOW_AFTER": "1.5"}, {"show_after": 1.5}),
        ({"HOOKCELL_SETTLE_SECONDS": "5"}, {"settle_seconds": 5.0}),
        ({"HOOKCELL_LOG_LINES": "50"}, {"log_lines": 50}),
        ({"HOOKCELL_MESSAGES_PER_SECOND": "4"}, {"messages_per_second": 4.0}),
        ({"HOOKCELL_HOLD_SECONDS": "60"}, {"hold_seconds": 60.0}),
        ({"HOOKCELL_HOLD_SECONDS": "none"}, {"hold_seconds": None}),
    ],
)
def test_the_environment_makes_settings(environment, told):
    assert in_environment(environment) == told


@pytest.mark.parametrize(
    ("variable", "text", "wanted"),
    [
        ("VIEW", "purple", "one of on, off, timeline, tasks, graph, hooks, log, compact"),
        ("SHOW_AFTER", "soon", "seconds, such as 0.2, or always or never"),
        ("SETTLE_SECONDS", "-1", "seconds, such as 10"),
        ("LOG_LINES", "all", "a whole number of lines, from 0 to 100000"),
        ("MESSAGES_PER_SECOND", "1000", "a number from 0.1 to 25"),
        ("HOLD_SECONDS", "ever", "seconds, such as 60, or None"),
    ],
)
def test_what_cannot_be_read_in_the_environment_is_a_warning(variable, text, wanted):
    told = rf"^HOOKCELL_{variable}='{text}' is not understood, and left aside; set it to {wanted}$"
    with pytest.warns(UserWarning, match=told):
        assert in_environment({f"HOOKCELL_{variable}": text}) == {}


def test_the_environment_comes_before_a_configuration_file_and_config_before_both(monkeypatch):
    monkeypatch.setenv("HOOKCELL_SETTLE_SECONDS", "5")
    configured = Config(Hookcell={"settle_seconds": 7, "log_lines": 9})
    settings = Hookcell(config=configured)
    assert (settings.settle_seconds, settings.log_lines) == (5, 9)
    assert configured == Config(Hookcell={"settle_seconds": 7, "log_lines": 9})
    settings.update_config(Config(Hookcell={"log_lines": 1}))
    assert (settings.settle_seconds, settings.log_lines) == (5, 1)
    settings.update_config(Config(Hookcell={"settle_seconds": 2}))
    assert (settings.settle_seconds, settings.log_lines) == (2, 1)


# -- in a kernel ------------------------------------------------------------------------------------------------------

SLEEPY = """
import time
from hookcell import flow, task
from hookcell.session import session
def board():
    return [one for one in session._listeners if type(one).__name__ == "Painter"][0]
@flow
def sleepy(seconds): time.sleep(seconds)
@flow
def quick(): pass
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def kernel():
    with running_kernel("%load_ext hookcell", SLEEPY) as kernel:
        yield kernel


@pytest.mark.kernel
def test_a_refused_value_is_told_under_the_cell_and_the_next_is_taken(kernel):
    cell = kernel.run("%config Hookcell.settle_seconds = -1")
    assert "Hookcell.settle_seconds cannot be -1; write seconds, such as 10" in cell.stderr
    assert kernel.run("%config Hookcell.settle_seconds = 60").stderr == ""
    assert kernel.value("board().manner.settle_seconds") == "60.0"


@pytest.mark.kernel
def test_a_setting_that_there_is_not_is_told_with_those_like_it(kernel):
    cell = kernel.run("%config Hookcell.lay_out = 'graph'")
    assert "Config option `lay_out` not recognized by `Hookcell`.  Did you mean `layout`?" in cell.stderr


def live(cell):
    return any(WIDGET in mimes for mimes in cell.mimes())


@pytest.mark.kernel
def test_never_means_the_picture_when_the_run_is_over(kernel):
    kernel.run("%config Hookcell.show_after = 'never'")
    cell = kernel.run("sleepy(0.4)", looked_at=True)
    assert not live(cell)
    assert "Completed sleepy" in cell.shown[0]
    kernel.run("%config Hookcell.show_after = 0.2")


@pytest.mark.kernel
def test_always_means_live_however_quick(kernel):
    kernel.run("%config Hookcell.show_after = 60")
    assert not live(kernel.run("quick()", looked_at=True))
    kernel.run("%config Hookcell.show_after = 'always'")
    cell = kernel.run("quick()", looked_at=True)
    kernel.run("%config Hookcell.show_after = 0.2")
    assert live(cell)


@pytest.mark.kernel
def test_the_layout_stands_in_the_snapshot(kernel):
    kernel.run("%config Hookcell.layout = 'graph'", "%config Hookcell.show_after = 'always'")
    opened = "[one.board.snapshot()['look'] for one in board()._easel._open]"
    kernel.run("quick()", looked_at=True)
    assert kernel.value(opened).endswith("{'layout': 'graph'}]")
    kernel.run("%config Hookcell.layout = 'timeline'", "%config Hookcell.show_after = 0.2")


@pytest.mark.kernel
def test_without_a_view_nothing_is_shown(monkeypatch):
    monkeypatch.setenv("HOOKCELL_VIEW", "off")
    monkeypatch.setenv("HOOKCELL_LOG_LINES", "many")
    with running_kernel() as kernel:
        loaded = kernel.run("%load_ext hookcell")
        assert loaded.status == "ok"
        assert "HOOKCELL_LOG_LINES='many' is not understood, and left aside; set it to a whole number" in loaded.stderr
        kernel.run(SLEEPY)
        assert [kind for kind, _ in kernel.run("quick()").outputs] == ["execute_input"]
