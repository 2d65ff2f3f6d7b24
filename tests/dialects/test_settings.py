"""Prefect's settings: environment variables of their names, and other values for a while."""

import importlib
import subprocess
import sys
import threading
import timeit
from contextvars import copy_context
from functools import partial
from pathlib import Path

import pytest

from hookcell.errors import UnknownOptionError
from hookcell.prefect import settings
from hookcell.prefect.settings import (
    PREFECT_API_URL,
    PREFECT_DEBUG_MODE,
    PREFECT_DEFAULT_RESULT_STORAGE_BLOCK,
    PREFECT_FLOW_DEFAULT_RETRIES,
    PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_LOG_PRINTS,
    PREFECT_TASK_DEFAULT_RETRIES,
    PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS,
    PREFECT_TASKS_DEFAULT_NO_CACHE,
    PREFECT_TASKS_DEFAULT_RETRIES,
    PREFECT_TASKS_REFRESH_CACHE,
    PREFECT_UI_URL,
    SETTINGS,
    get_current_settings,
    temporary_settings,
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "_told", set())


# -- values


def test_the_defaults_are_prefects(store_home):
    assert {name: one.value() for name, one in SETTINGS.items() if "RETR" not in name} == {
        "PREFECT_API_URL": None,
        "PREFECT_UI_URL": None,
        "PREFECT_HOME": store_home,
        "PREFECT_DEBUG_MODE": False,
        "PREFECT_LOGGING_LOG_PRINTS": False,
        "PREFECT_TASKS_REFRESH_CACHE": False,
        "PREFECT_TASKS_DEFAULT_NO_CACHE": False,
        "PREFECT_LOCAL_STORAGE_PATH": store_home / "storage",
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": None,
    }
    assert {one.value() for name, one in SETTINGS.items() if "RETR" in name} == {0}


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (PREFECT_API_URL, "https://example.com/api", "https://example.com/api"),
        (PREFECT_DEBUG_MODE, "1", True),
        (PREFECT_DEBUG_MODE, "off", False),
        (PREFECT_LOGGING_LOG_PRINTS, "TRUE", True),
        (PREFECT_FLOW_DEFAULT_RETRIES, "3", 3),
        (PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS, "1.5", 1.5),
        (PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS, "1, 10,60", [1.0, 10.0, 60.0]),
        (PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS, " ", 0),
        (PREFECT_LOCAL_STORAGE_PATH, "/x", Path("/x")),
    ],
    ids=repr,
)
def test_the_environment_sets_a_value_of_the_right_type(setting, text, value, monkeypatch):
    monkeypatch.setenv(setting.name, text)
    assert setting.value() == value
    assert type(setting.value()) is type(value)


def test_a_changed_environment_is_seen(monkeypatch):
    for text, value in (("1", 1), ("2", 2)):
        monkeypatch.setenv("PREFECT_FLOW_DEFAULT_RETRIES", text)
        assert PREFECT_FLOW_DEFAULT_RETRIES.value() == value


@pytest.mark.parametrize("name", ["PREFECT_TASK_DEFAULT_RETRIES", "PREFECT_TASKS_DEFAULT_RETRIES"])
def test_a_setting_with_two_names_is_set_by_either(name, monkeypatch):
    monkeypatch.setenv(name, "4")
    assert PREFECT_TASK_DEFAULT_RETRIES.value() == PREFECT_TASKS_DEFAULT_RETRIES.value() == 4
    assert PREFECT_TASK_DEFAULT_RETRIES.name == "PREFECT_TASK_DEFAULT_RETRIES"


@pytest.mark.parametrize(
    ("setting", "text", "instead"),
    [
        (PREFECT_TASKS_REFRESH_CACHE, "maybe", "true or false"),
        (PREFECT_TASK_DEFAULT_RETRIES, "-1", "a whole number of 0 or more"),
        (PREFECT_FLOW_DEFAULT_RETRIES, "1.5", "a whole number of 0 or more"),
        (PREFECT_FLOW_DEFAULT_RETRY_DELAY_SECONDS, "soon", "seconds, or a list of seconds such as 1,10,60"),
    ],
    ids=repr,
)
def test_a_wrong_value_is_an_error_that_names_the_variable(setting, text, instead, monkeypatch):
    monkeypatch.setenv(setting.name, text)
    with pytest.raises(UnknownOptionError) as raised:
        setting.value()
    assert str(raised.value) == f"{setting.name} is {text!r}; give {instead}"


def test_the_ui_is_taken_to_be_beside_the_api(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://localhost:4200/api")
    assert PREFECT_UI_URL.value() == "http://localhost:4200"
    monkeypatch.setenv("PREFECT_UI_URL", "http://ui")
    assert PREFECT_UI_URL.value() == "http://ui"


def test_a_setting_can_be_used_like_its_value(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://x/api")
    assert f"{PREFECT_API_URL}" == "http://x/api"
    assert repr(PREFECT_API_URL) == "<PREFECT_API_URL: 'http://x/api'>"
    assert PREFECT_API_URL == "http://x/api"
    assert PREFECT_API_URL != PREFECT_UI_URL
    assert bool(PREFECT_API_URL)
    assert not PREFECT_DEBUG_MODE
    assert {PREFECT_API_URL: 1}[PREFECT_API_URL] == 1


def test_a_setting_that_is_not_here_says_which_are():
    with pytest.raises(AttributeError) as raised:
        settings.PREFECT_SERVER_API_HOST  # noqa: B018
    assert str(raised.value).startswith(
        "PREFECT_SERVER_API_HOST is not a setting of hookcell; there are PREFECT_API_URL, "
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        settings.nothing  # noqa: B018


# -- for a while


def test_settings_are_changed_inside_the_block_only():
    with temporary_settings({PREFECT_API_URL: "x", PREFECT_TASK_DEFAULT_RETRIES: "2"}):
        assert PREFECT_API_URL.value() == "x"
        assert PREFECT_TASK_DEFAULT_RETRIES.value() == 2
    assert PREFECT_API_URL.value() is None
    assert PREFECT_TASK_DEFAULT_RETRIES.value() == 0


def test_both_names_of_a_setting_are_changed():
    with temporary_settings({PREFECT_TASK_DEFAULT_RETRIES: 2}):
        assert PREFECT_TASKS_DEFAULT_RETRIES.value() == 2


def test_updates_win_over_the_environment_and_defaults_do_not(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "environment")
    with temporary_settings(set_defaults={PREFECT_API_URL: "default", PREFECT_FLOW_DEFAULT_RETRIES: 2}):
        assert PREFECT_API_URL.value() == "environment"
        assert PREFECT_FLOW_DEFAULT_RETRIES.value() == 2
    with temporary_settings(updates={PREFECT_API_URL: None}):
        assert PREFECT_API_URL.value() is None


def test_defaults_are_restored_whatever_is_set(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "environment")
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert PREFECT_API_URL.value() is None
        with temporary_settings(set_defaults={PREFECT_API_URL: "default"}):
            assert PREFECT_API_URL.value() == "default"
        with temporary_settings(updates={PREFECT_API_URL: "update"}):
            assert PREFECT_API_URL.value() == "update"
            with temporary_settings(restore_defaults=[PREFECT_API_URL]):
                assert PREFECT_API_URL.value() is None
    assert PREFECT_API_URL.value() == "environment"


def test_blocks_inside_each_other_add_up():
    with temporary_settings({PREFECT_API_URL: "a"}), temporary_settings({PREFECT_DEBUG_MODE: True}):
        assert (PREFECT_API_URL.value(), PREFECT_DEBUG_MODE.value()) == ("a", True)


def test_an_error_inside_the_block_ends_it_too():
    with pytest.raises(ZeroDivisionError), temporary_settings({PREFECT_API_URL: "x"}):
        1 / 0  # noqa: B018
    assert PREFECT_API_URL.value() is None


def test_a_thread_with_a_copy_of_the_context_sees_them():
    seen = []
    with temporary_settings({PREFECT_API_URL: "x"}):
        look = partial(copy_context().run, lambda: seen.append(PREFECT_API_URL.value()))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == ["x"]


def test_settings_may_be_named_by_their_places():
    with temporary_settings({"tasks.refresh_cache": True, "PREFECT_DEBUG_MODE": "on"}) as inside:
        assert PREFECT_TASKS_REFRESH_CACHE.value() is True
        assert inside.tasks.refresh_cache is inside.debug_mode is True


@pytest.mark.parametrize("key", ["tasks.nothing", "PREFECT_NOTHING"])
def test_a_setting_that_does_not_exist_cannot_be_changed(key):
    with (
        pytest.raises(UnknownOptionError, match=f"^there is no setting '{key}'; there are api.url, "),
        temporary_settings({key: 1}),
    ):
        pass


def test_a_wrong_value_is_an_error_before_the_block():
    with (
        pytest.raises(
            UnknownOptionError, match=r"^PREFECT_FLOW_DEFAULT_RETRIES is 'x'; give a whole number of 0 or more$"
        ),
        temporary_settings({PREFECT_FLOW_DEFAULT_RETRIES: "x"}),
    ):
        pass


def test_a_setting_that_changes_nothing_is_told_once(caplog, tmp_path):
    for _ in range(2):
        with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path, PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: "a/b"}):
            assert PREFECT_LOCAL_STORAGE_PATH.value() == tmp_path
    assert [record.getMessage() for record in caplog.records] == [
        "PREFECT_LOCAL_STORAGE_PATH is set, but hookcell does not use it.",
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK is set, but hookcell does not use it.",
    ]


# -- all of them


def test_current_settings_have_prefects_places(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://x")
    now = get_current_settings()
    assert (now.api.url, now.flows.default_retries, now.tasks.default_no_cache) == ("http://x", 0, False)
    assert (now.logging.log_prints, now.debug_mode, now.home) == (False, False, PREFECT_HOME.value())
    assert PREFECT_TASKS_DEFAULT_NO_CACHE.value() is False


def test_current_settings_keep_what_was_temporary():
    with temporary_settings({PREFECT_API_URL: "x"}):
        inside = get_current_settings()
    assert (inside.api.url, get_current_settings().api.url) == ("x", None)


def test_a_place_that_does_not_exist_says_which_do():
    with pytest.raises(AttributeError) as raised:
        get_current_settings().api.nothing  # noqa: B018
    assert str(raised.value).startswith("there is no setting 'api.nothing'; there are api.url, debug_mode, ")


def test_settings_show_themselves():
    assert repr(get_current_settings().flows) == (
        "Settings(flows.default_retries=0, flows.default_retry_delay_seconds=0)"
    )


def test_reading_a_setting_takes_microseconds():
    runs = 2000
    assert min(timeit.repeat(PREFECT_TASK_DEFAULT_RETRIES.value, number=runs, repeat=5)) / runs < 20e-6


def test_settings_and_variables_load_nothing_heavy():
    code = (
        "import sys, hookcell.prefect.settings, hookcell.prefect.variables\n"
        "print(*{'sqlite3', 'platformdirs', 'pydantic', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"


def test_the_module_is_importable_by_prefects_path():
    assert importlib.import_module("hookcell.prefect.settings").temporary_settings is temporary_settings


def test_what_is_no_setting_cannot_be_changed():
    with pytest.raises(ValueError, match=r"there is no setting 5; there are api\.url, "), temporary_settings({5: 1}):
        pass
