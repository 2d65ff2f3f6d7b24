"""Hooks of steps and pipelines as in ZenML: what may be one, what it is given, which one counts, and when it fires."""

import asyncio
import functools
import os
import sys

import pytest
from small_runs import LIMIT

from hookcell import CancelledRun, HookSignatureError, Task, TaskRun, hook, task
from hookcell.notify import alert
from hookcell.zenml import pipeline, step
from hookcell.zenml.exceptions import HookValidationException, StepContextError
from hookcell.zenml.hooks import resolve_and_validate_hook
from hookcell.zenml.steps import BaseParameters, StepContext

TYPES = "`BaseException`, `BaseParameters`, and/or `StepContext`"
WRITE = (
    "Write def hook(context: StepContext, params: BaseParameters, exception: BaseException), or any of these, in any "
    "order"
)


class Settings(BaseParameters):
    rate: float = 0.1


class Others(BaseParameters):
    pass


def message_of(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def failing(**options):
    @step(**options)
    def fail(params: Settings) -> None:
        raise ValueError("gone")

    return fail


def run(made, *args):
    return made(*args, return_state=True)


class TestSignatures:
    def test_an_un_annotated_parameter_is_an_error_in_zenmls_words(self):
        def hook(error): ...

        expected = (
            f"If you pass args to a hook, you must annotate them with one of the following types: {TYPES}. {WRITE}"
        )
        assert message_of(ValueError, failing, on_failure=hook) == expected

    def test_a_default_does_not_excuse_it(self):
        def hook(a=1): ...

        assert message_of(ValueError, failing, on_failure=hook).startswith("If you pass args to a hook")

    def test_one_of_two_is_not_enough(self):
        def hook(a, *, b: BaseException): ...

        assert message_of(ValueError, failing, on_failure=hook).startswith("If you pass args to a hook")

    def test_a_keyword_only_parameter_is_given_too(self):
        """ZenML's validator takes it, and the call fails silently."""
        seen = []

        def hook(a: StepContext, *, b: BaseException):
            seen.append((a.step_name, str(b)))

        run(failing(on_failure=hook))
        assert seen == [("fail", "gone")]

    def test_what_a_hook_returns_is_not_looked_at(self):
        def hook(error: BaseException) -> int:
            return 3

        assert failing(on_failure=hook).hooks["on_failure"]

    def test_a_decorated_hook_is_read_through_its_wrapper(self):
        seen = []

        def noisy(fn):
            @functools.wraps(fn)
            def wrapper(*args, **kwargs):
                seen.append("wrapper")
                return fn(*args, **kwargs)

            return wrapper

        @noisy
        def hook(error: ValueError):
            seen.append(str(error))

        run(failing(on_failure=hook))
        assert seen == ["wrapper", "gone"]

    def test_a_hook_that_takes_anything_is_no_error(self):
        seen = []

        def hook(*args, **kwargs):
            seen.append(1)

        run(failing(on_failure=hook))
        assert seen == [1]

    def test_an_unknown_annotation_is_an_error_in_zenmls_words(self):
        def hook(number: int): ...

        assert message_of(ValueError, failing, on_failure=hook) == (
            f"Hook parameters must be of type {TYPES}, not <class 'int'>. Parameter 'number' of hook 'hook' is given "
            f"none of these. {WRITE}"
        )

    def test_the_same_twice_is_an_error_in_zenmls_words(self):
        def hook(a: BaseException, b: BaseException): ...

        assert message_of(ValueError, failing, on_failure=hook) == (
            "It looks like your hook function accepts more than of the same argument annotation type. Please ensure "
            f"you pass exactly one of the following: {TYPES}. Currently your function has the following annotations: "
            "{'a': <class 'BaseException'>, 'b': <class 'BaseException'>}"
        )

    def test_what_cannot_be_called_is_an_error_in_zenmls_words(self):
        assert message_of(ValueError, failing, on_failure=3) == (
            "3 is not a valid function. Pass a function, or the path of one: 'package.module.function'"
        )

    def test_an_annotation_that_cannot_be_read_is_told_of(self):
        def hook(error: "NoSuchName"): ...  # noqa: F821 -- that is the point

        assert message_of(ValueError, failing, on_failure=hook) == (
            f"Hook parameters must be of type {TYPES}, not NoSuchName. Parameter 'error' of hook 'hook' has an "
            "annotation that cannot be read: import its name outside `if TYPE_CHECKING:`"
        )

    def test_the_error_is_hookcells_too(self):
        assert issubclass(HookValidationException, HookSignatureError)

    def test_a_success_hook_that_could_never_be_called_is_an_error(self):
        def hook(error: ValueError): ...

        assert message_of(ValueError, failing, on_success=hook) == (
            "on_success hook 'hook' asks for error: ValueError, but a step that did not fail has no exception, so it "
            "would never be called. Attach it as on_failure, or leave that out"
        )

    def test_a_hook_that_asks_for_another_parameters_class_is_an_error(self):
        def hook(params: Others): ...

        assert message_of(ValueError, failing, on_failure=hook) == (
            "hook 'hook' asks for params: Others, but step 'fail' is given Settings; annotate it with BaseParameters, "
            "or leave it out"
        )

    def test_a_run_has_no_parameters_object(self):
        def hook(params: BaseParameters): ...

        assert "asks for params: BaseParameters, but a flow's hook has none" in message_of(
            HookSignatureError, pipeline(on_run_failure=hook), print
        )

    def test_an_alert_of_hookcells_is_a_hook(self):
        assert failing(on_failure=alert()).hooks["on_failure"]


class TestInjection:
    @pytest.mark.parametrize(
        "signature",
        [
            "context: StepContext, params: BaseParameters, exception: BaseException",
            "exception: Exception, context: StepContext, params: Settings",
            "*, params: BaseParameters, exception: ValueError, context: StepContext",
        ],
    )
    @pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"], ids=["plain", "strings"])
    def test_a_hook_is_given_what_it_asks_for_in_any_order(self, signature, future):
        seen = []
        code = f"{future}def hook({signature}):\n    seen.extend([context.step_name, type(params), type(exception)])"
        names = {"StepContext": StepContext, "BaseParameters": BaseParameters, "Settings": Settings, "seen": seen}
        exec(code, names)  # noqa: S102 -- as a cell would
        run(failing(on_failure=names["hook"]))
        assert seen == ["fail", Settings, ValueError]

    def test_the_parameters_are_the_very_object_the_step_ran_with(self):
        seen, given = [], Settings(rate=2.0)

        def hook(params: BaseParameters):
            seen.append(params)

        run(failing(on_failure=hook), given)
        assert seen[0] is given

    def test_a_step_without_parameters_gives_empty_ones(self):
        seen = []

        def hook(params: BaseParameters):
            seen.append(params)

        @step(on_success=hook)
        def load() -> None: ...

        load()
        assert seen == [BaseParameters()]

    def test_a_narrow_exception_is_a_filter_too(self):
        seen = []

        def of_values(error: ValueError):
            seen.append("value")

        def of_keys(error: KeyError):
            seen.append("key")

        run(failing(on_failure=[of_keys, of_values]))
        assert seen == ["value"]

    def test_a_success_hook_with_an_exception_gets_none(self):
        seen = []

        def hook(exception: BaseException):
            seen.append(exception)

        @step(on_success=hook, on_end=hook)
        def load() -> None: ...

        load()
        assert seen == [None, None]

    def test_hookcells_own_types_are_given_too(self):
        seen = []

        def hook(made: Task, of: TaskRun, context: StepContext):
            seen.append((made.name, of.name, context.step_name))

        run(failing(on_failure=hook))
        assert seen == [("fail", "fail", "fail")]

    def test_a_native_task_can_ask_for_a_context(self):
        seen = []

        def hook(context: StepContext, error: ValueError):
            seen.append((context.step_name, context.inputs, str(error)))

        @task(on_failure=hook)
        def native_load(n):
            raise ValueError("gone")

        run(native_load, 3)
        assert seen == [("native_load", {"n": 3}, "gone")]


class TestWhatIsAHook:
    def test_a_path_is_looked_up_when_it_is_given(self, tmp_path, monkeypatch):
        (tmp_path / "some_hooks.py").write_text(
            "calls = []\nclass Box:\n    def __call__(self): calls.append(1)\nbox = Box()\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        run(failing(on_failure="some_hooks.box"))
        assert sys.modules.pop("some_hooks").calls == [1]

    @pytest.mark.parametrize(
        ("path", "error", "said"),
        [
            ("no_such_module.hook", ModuleNotFoundError, "No module named 'no_such_module'"),
            ("sys.no_such_hook", AttributeError, "module 'sys' has no attribute 'no_such_hook'"),
            ("a b.hook", ValueError, "invalid format: 'a b.hook'"),
        ],
    )
    def test_a_path_that_leads_nowhere_fails_at_decoration(self, path, error, said):
        assert message_of(error, failing, on_failure=path) == (
            f"on_failure hook '{path}' is the path of no function: {said}; give 'package.module.function'"
        )

    def test_a_module_that_cannot_be_imported_is_told_with_what_it_raised(self, tmp_path, monkeypatch):
        (tmp_path / "broken_hooks.py").write_text("1 / 0\n")
        monkeypatch.syspath_prepend(tmp_path)
        assert message_of(ImportError, failing, on_failure="broken_hooks.alert") == (
            "on_failure hook 'broken_hooks.alert' is the path of no function: importing it raised "
            "ZeroDivisionError: division by zero"
        )

    def test_a_text_that_is_no_path_says_so(self):
        assert message_of(ValueError, failing, on_failure="hook") == (
            "hook is not a valid function. It is a text: give the path of a function, 'package.module.function'"
        )

    def test_an_async_hook_is_awaited(self):
        seen = []

        async def hook(exception: BaseException):
            await asyncio.sleep(0)
            seen.append(str(exception))

        run(failing(on_failure=hook))
        assert seen == ["gone"]

    def test_conditions_are_kept(self):
        seen = []
        fail = failing(on_failure=hook(lambda: seen.append(1), throttle="1/h"))
        run(fail)
        run(fail)
        assert seen == [1]

    def test_what_a_partial_binds_needs_no_annotation(self):
        seen = []

        def tell(context: StepContext, channel):
            seen.append((context.step_name, channel))

        run(failing(on_failure=functools.partial(tell, channel="#ops")))
        assert seen == [("fail", "#ops")]

    def test_a_decorator_adds_one(self):
        seen, fail = [], failing(on_failure=lambda: seen.append("first"))

        @fail.on_failure
        def second(error: ValueError):
            seen.append("second")

        run(fail)
        run(fail.with_options(name="copy"))
        assert seen == ["first", "second", "first", "second"]

    def test_it_can_be_checked_alone(self):
        def tell(context: StepContext): ...

        assert resolve_and_validate_hook(tell) is tell
        assert resolve_and_validate_hook("os.getcwd") is os.getcwd


class TestScopes:
    def test_a_steps_own_hook_wins_for_its_kind_only(self):
        seen = []

        @step(on_failure=lambda: seen.append("own failure"))
        def load(fail) -> None:
            if fail:
                raise ValueError

        @pipeline(on_failure=lambda: seen.append("default failure"), on_success=lambda: seen.append("default success"))
        def etl(fail):
            load(fail)

        etl(fail=False)
        etl(fail=True, return_state=True)
        assert seen == ["default success", "own failure"]

    @pytest.mark.parametrize("nothing", [None, []])
    def test_none_and_an_empty_list_clear_what_the_pipeline_gives(self, nothing):
        seen = []

        @step(on_success=nothing)
        def load() -> None: ...

        @pipeline(on_success=lambda: seen.append("default"))
        def etl():
            load()
            load.with_options(on_success=lambda: seen.append("own"))()

        etl()
        assert seen == ["own"]

    @pytest.mark.parametrize("nothing", [None, []])
    def test_with_options_clears_a_steps_own(self, nothing):
        seen = []

        @step(on_success=lambda: seen.append("own"))
        def load() -> None: ...

        load.with_options(on_success=nothing)()
        assert seen == []
        load()
        assert seen == ["own"]

    def test_configure_changes_a_pipeline_in_place_and_with_options_a_copy(self):
        seen = []

        @step
        def load() -> None: ...

        @pipeline
        def etl():
            load()

        etl.with_options(on_success=lambda: seen.append("copy"))()
        etl()
        assert etl.configure(on_success=lambda: seen.append("in place")) is etl
        etl()
        assert seen == ["copy", "in place"]

    def test_a_pipelines_hook_does_not_stick_to_a_step(self):
        seen = []

        @step
        def load() -> None: ...

        @pipeline(on_success=lambda: seen.append("default"))
        def etl():
            load()

        etl()
        load()
        assert seen == ["default"]

    def test_a_pipelines_hook_that_asks_for_a_parameters_class_hears_of_steps_with_it(self):
        seen = []

        def tell(params: Settings, context: StepContext):
            seen.append((context.step_name, params.rate))

        @step
        def load() -> None: ...

        @step
        def train(params: Settings) -> None: ...

        @step
        def check(params: Others) -> None: ...

        @pipeline(on_success=tell)
        def etl():
            load()
            train()
            check()

        etl()
        assert seen == [("train", 0.1)]

    def test_it_has_no_further_condition(self):
        def tell(params: Settings): ...

        assert message_of(ValueError, pipeline(on_success=hook(tell, when=lambda: True)), print) == (
            "hook 'tell' of a pipeline asks for Settings and has a when=; annotate it with BaseParameters, and let "
            "when= decide"
        )

    def test_hooks_for_the_run_are_called_once_and_know_the_pipeline(self):
        seen = []

        def failed(context: StepContext, error: BaseException):
            seen.append((context.pipeline_name, context.run_name == context.pipeline_run.name, str(error)))
            seen.append(message_of(StepContextError, lambda: context.step_name))

        @step
        def load(n) -> None:
            if n == 2:
                raise ValueError("gone")

        @pipeline(
            on_run_failure=failed,
            on_run_start=lambda: seen.append("start"),
            on_run_end=lambda: seen.append("end"),
            on_run_success=lambda: seen.append("success"),
        )
        def etl():
            load(1)
            load(2)

        state = run(etl)
        assert state.name == "Failed"
        assert seen[0] == "start"
        assert seen[1] == ("etl", True, "gone")
        assert seen[2].startswith("There is no step in this context: the hook belongs to run '")
        assert seen[2].endswith("' of pipeline 'etl' as a whole; use pipeline_name, run_name and pipeline_run")
        assert seen[3:] == ["end"]

    def test_of_a_dynamic_pipeline_the_plain_names_are_for_the_run(self):
        seen = []

        @step
        def load() -> None: ...

        @pipeline(dynamic=True, on_success=lambda: seen.append("run"))
        def etl():
            load()
            load()

        etl()
        assert seen == ["run"]

    def test_a_decorator_of_a_pipeline_is_for_each_step(self):
        seen = []

        @step
        def load() -> None: ...

        @pipeline
        def etl():
            load()
            load()

        etl.on_success(lambda: seen.append("step"))
        etl()
        assert seen == ["step", "step"]


class TestWhenTheyFire:
    def test_a_failure_hook_hears_of_sys_exit(self):
        seen = []

        def failed(exception: BaseException):
            seen.append(type(exception))

        @step(on_failure=failed)
        def leave() -> None:
            sys.exit(3)

        with pytest.raises(SystemExit):
            leave()
        assert seen == [SystemExit]

    def test_a_step_that_is_stopped_has_not_failed(self, go_on):
        seen = []

        @step(
            on_failure=lambda: seen.append("failure"),
            on_cancellation=lambda: seen.append("cancellation"),
            on_end=lambda: seen.append("end"),
        )
        def wait(context: StepContext) -> None:
            context.step_run.cancel()
            go_on.wait(LIMIT)

        with pytest.raises(CancelledRun):
            wait()
        assert seen == ["cancellation", "end"]

    def test_a_hook_that_hangs_is_abandoned(self, go_on, recording):
        @step(on_success=hook(lambda: go_on.wait(LIMIT) and None, timeout_seconds=0.01))
        def load() -> int:
            return 3

        assert load() == 3
        assert recording.runs[1].hooks[0].outcome == "timed out"

    def test_start_body_then_success_and_end(self):
        seen = []

        @step(
            on_start=lambda: seen.append("start"),
            on_success=lambda: seen.append("success"),
            on_end=lambda: seen.append("end"),
        )
        def load() -> None:
            seen.append("body")

        load()
        assert seen == ["start", "body", "success", "end"]

    def test_a_hook_that_raises_or_exits_leaves_the_step_completed(self, caplog):
        def broken():
            raise RuntimeError("hook")

        def leaving():
            sys.exit(3)

        @step(on_success=[broken, leaving])
        def load() -> int:
            return 3

        assert load() == 3
        assert [record.getMessage().partition(" of ")[0] for record in caplog.records] == [
            "on_completion hook 'broken'",
            "on_completion hook 'leaving'",
        ]
