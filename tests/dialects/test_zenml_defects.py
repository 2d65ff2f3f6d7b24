"""What was measured to go wrong in ZenML itself, each in a test that fails if hookcell does it too."""

import functools
import logging
import sys
import threading
from contextlib import redirect_stdout
from io import StringIO

import pytest
from servers import Server, serving

from hookcell import hook
from hookcell.notify import flush, sent
from hookcell.testing import instant_retries
from hookcell.zenml import Stack, activate_stack, get_step_context, pipeline, step
from hookcell.zenml.alerter import NotifierAlerter
from hookcell.zenml.exceptions import StepInterfaceError
from hookcell.zenml.hooks import alerter_failure_hook, alerter_success_hook
from hookcell.zenml.steps import BaseParameters, StepContext


class Posts:
    """An alerter with nothing but a post."""

    def __init__(self):
        self.messages = []

    def post(self, message):
        self.messages.append(message)
        return True


@pytest.fixture
def posts():
    alerter = Posts()
    before = activate_stack(Stack("tested", alerter=alerter))
    yield alerter.messages
    activate_stack(before)


class TestSuccessMeansThatTheOutputsAreInHand:
    """0.36-0.98: the success hook runs, then the outputs are checked, and the step fails without a failure hook."""

    def test_a_wrong_output_fires_the_failure_hook_and_no_other(self):
        seen = []

        def failed(error: StepInterfaceError):
            seen.append("failure")

        @step(on_success=lambda: seen.append("success"), on_failure=failed)
        def load() -> int:
            return "x"

        with pytest.raises(StepInterfaceError):
            load()
        assert seen == ["failure"]

    def test_a_success_hook_finds_the_outputs(self):
        seen = []

        def succeeded(context: StepContext):
            seen.append(context.step_run.outputs["output"].load())

        @step(on_success=succeeded)
        def load() -> int:
            return 3

        load()
        assert seen == [3]


class TestAHookCannotFailAFinishedStep:
    """Every version: `except Exception` lets a KeyboardInterrupt of a hook fail the step and leave the pipeline."""

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, RuntimeError])
    def test_whatever_a_hook_raises_its_step_is_completed(self, error):
        seen = []

        def broken():
            raise error

        @step(on_success=[broken, lambda: seen.append("next")])
        def load() -> int:
            return 3

        @pipeline
        def etl():
            return load()

        run = etl()
        assert (run.status, run.steps["load"].status, seen) == ("completed", "completed", ["next"])


class TestAnyCallableIsAHook:
    """0.98: a lambda, closure, partial or bound method cannot be resolved to a source, and fails at decoration."""

    def test_lambdas_closures_partials_methods_and_objects_are_called(self):
        seen = []

        class Box:
            def method(self, exception: BaseException):
                seen.append("method")

            def __call__(self, context: StepContext):
                seen.append("object")

        def closure():
            seen.append("closure")

        @step(
            on_failure=[
                lambda: seen.append("lambda"),
                closure,
                functools.partial(seen.append, "partial"),
                Box().method,
                Box(),
            ]
        )
        def load() -> None:
            raise ValueError

        load(return_state=True)
        assert seen == ["lambda", "closure", "partial", "method", "object"]

    def test_an_object_that_counts_as_false_is_called(self):
        seen = []

        class Empty:
            def __len__(self):
                return 0

            def __call__(self):
                seen.append(1)

        @step(on_success=Empty())
        def load() -> None: ...

        load()
        assert seen == [1]


class TestARedefinedHookIsToldOf:
    """0.98 in a notebook: hooks are looked up by name, so that a later cell silently changes what a step runs."""

    CELLS = (
        "def tell():\n    print('first')\n",
        "@step(on_success=tell)\ndef load() -> None: ...\n",
        "def tell():\n    print('second')\n",
    )

    def cells(self, *cells):
        names = {"__name__": "__main__", "step": step, "pipeline": pipeline}
        for cell in cells:
            exec(cell, names)  # noqa: S102 -- as a notebook would
        return names

    def test_the_step_runs_what_it_was_made_with_and_says_so_once(self, capsys, caplog, recording):
        load = self.cells(*self.CELLS)["load"]
        load()
        load()
        assert capsys.readouterr().out == "first\nfirst\n"
        told = (
            "step 'load' runs the hook 'tell' (line 1) it was made with, which has been redefined since; make the step "
            "(or its pipeline) again to use the new one"
        )
        assert [record.getMessage() for record in caplog.records] == [told]
        assert recording.runs[1].notes == (told,)

    def test_made_again_it_runs_the_new_one(self, capsys, caplog):
        self.cells(*self.CELLS, self.CELLS[1])["load"]()
        assert (capsys.readouterr().out, caplog.records) == ("second\n", [])

    def test_a_hook_that_a_pipeline_gives_is_looked_at_too(self, caplog):
        made = "@pipeline(on_success=tell)\ndef etl():\n    load()\n"
        plain = "@step\ndef load() -> None: ...\n"
        self.cells(self.CELLS[0], plain, made, self.CELLS[2])["etl"]()
        assert len(caplog.records) == 1

    def test_a_hook_of_a_whole_run_is_looked_at_too(self, caplog):
        made = "@pipeline(on_run_success=tell)\ndef etl(): ...\n"
        self.cells(self.CELLS[0], made, self.CELLS[2])["etl"]()
        assert [record.getMessage() for record in caplog.records] == [
            (
                "pipeline 'etl' runs the hook 'tell' (line 1) it was made with, which has been redefined since; make "
                "the pipeline again to use the new one"
            )
        ]

    def test_a_cell_that_is_run_again_unchanged_redefines_nothing(self, caplog):
        self.cells(*self.CELLS[:2], self.CELLS[0])["load"]()
        assert caplog.records == []

    def test_deleting_the_name_changes_nothing(self, capsys, caplog):
        self.cells(*self.CELLS[:2], "del tell")["load"]()
        assert (capsys.readouterr().out, caplog.records) == ("first\n", [])


class TestHooksSeeAFinalStatus:
    """0.98: the step's run is `running` in its hooks, because the context is not refreshed."""

    @pytest.mark.parametrize(("fail", "status"), [(True, "failed"), (False, "completed")])
    def test_the_status_is_what_the_step_ended_in(self, fail, status):
        seen = []

        def tell(context: StepContext):
            seen.append(str(context.step_run.status))

        @step(on_failure=tell, on_success=tell, on_end=tell)
        def load() -> None:
            if fail:
                raise ValueError

        load(return_state=True)
        assert seen == [status, status]


class TestParametersReachTheHook:
    """0.36-0.39: a hook gets an empty BaseParameters, and `from __future__ import annotations` breaks every hook."""

    def test_every_field_is_there(self):
        seen = []

        class Settings(BaseParameters):
            rate: float = 0.1

        def tell(params: "BaseParameters"):
            seen.append(params.rate)

        @step(on_success=tell)
        def train(params: Settings) -> None: ...

        train(Settings(rate=0.5))
        assert seen == [0.5]


class TestAlerts:
    """0.37-0.98: the text begins with ZenML's frames, sys.stdout is swapped, run-level hooks fail, 30 are 30."""

    def test_the_traceback_begins_with_the_users_frames(self, posts):
        @step(on_failure=alerter_failure_hook)
        def load(rate: float) -> None:
            raise ValueError("gone")

        @pipeline(run_name="nightly")
        def etl():
            load(rate=0.1)

        etl(return_state=True)
        assert flush()
        lines = posts[0].splitlines()
        assert lines[:7] == [
            "*Failure Hook Notification! Step failed!*",
            "",
            "Pipeline name: `etl`",
            "Run name: `nightly`",
            "Step name: `load`",
            "Parameters: `{'rate': 0.1}`",
            "Exception: `(<class 'ValueError'>) Traceback (most recent call last):",
        ]
        assert [line for line in lines[7:] if line.startswith("  File")] == [lines[7]]
        assert f'File "{__file__}"' in lines[7]
        assert lines[-1] == "ValueError: gone`"

    def test_nothing_is_swapped_while_an_alert_is_made(self, posts):
        streams = set()

        class Watching(ValueError):
            def __str__(self):
                streams.add(sys.stdout)
                return "gone"

        @step(on_failure=alerter_failure_hook)
        def load() -> None:
            raise Watching

        with redirect_stdout(StringIO()) as ours:
            load(return_state=True)
        assert streams == {ours}

    def test_a_step_in_a_thread_alerts_too(self, posts):
        @step(on_success=alerter_success_hook)
        def load() -> None:
            assert threading.current_thread() is not threading.main_thread()

        @pipeline
        def etl():
            load.submit().result()

        etl()
        assert flush()
        assert len(posts) == 1

    def test_the_standard_hooks_work_for_whole_runs(self, posts):
        @step
        def load(fail) -> None:
            if fail:
                raise ValueError("gone")

        @pipeline(run_name="nightly", on_run_success=alerter_success_hook, on_run_failure=alerter_failure_hook)
        def etl(fail):
            load(fail)

        etl(fail=False)
        etl(fail=True, return_state=True)
        assert flush()
        assert posts[0] == (
            "*Success Hook Notification! Run completed successfully*\n\nPipeline name: `etl`\nRun name: `nightly`\n"
        )
        assert posts[1].startswith(
            "*Failure Hook Notification! Run failed!*\n\nPipeline name: `etl`\nRun name: `nightly`\nException: "
        )

    def test_thirty_failures_need_not_be_thirty_messages(self, posts):
        @step
        def load(n: int) -> None:
            raise ValueError(n)

        @pipeline(on_failure=hook(alerter_failure_hook, throttle="1/min"))
        def etl():
            for n in range(30):
                load(n, return_state=True)

        etl()
        assert flush()
        assert len(posts) == 1

    def test_a_digest_tells_of_all_of_them_in_two_messages(self, posts):
        @step
        def load(n: int) -> None:
            if n % 2:
                raise ValueError("gone")

        @pipeline(
            on_failure=hook(alerter_failure_hook, throttle="1/min", digest=True),
            on_success=hook(alerter_success_hook, throttle="1/min", digest=True),
        )
        def etl():
            for n in range(30):
                load(n, return_state=True)

        etl()
        assert flush()
        first, digest = (message for message in posts if "failed" in message)
        assert len(posts) == 4
        assert first.startswith("*Failure Hook Notification! Step failed!*")
        assert digest.count("- Step 'load' failed: ValueError: gone") == 10
        assert digest.endswith("and 4 more")

    def test_a_digest_of_whole_runs_is_one_too(self, posts):
        @pipeline(on_run_failure=hook(alerter_failure_hook, throttle="1/min", digest=True))
        def etl():
            raise ValueError("gone")

        for _ in range(5):
            etl(return_state=True)
        assert flush()
        first, digest = posts
        assert first.startswith("*Failure Hook Notification! Run failed!*")
        assert digest.startswith("4 more within 1 min:\n- Pipeline 'etl' failed: ValueError: gone")

    def test_a_server_that_does_not_answer_holds_no_step_up(self, caplog, recording):
        with serving(Server()) as server:
            server.release.clear()
            before = activate_stack(Stack("slow", alerter=NotifierAlerter("slack", url=server.url())))
            try:

                @step(on_success=alerter_success_hook)
                def load() -> int:
                    return 3

                assert load() == 3
                assert sent[-1].outcome == "waiting"
                server.status = 500
                server.release.set()
                with instant_retries():
                    assert flush()
            finally:
                activate_stack(before)
        assert sent[-1].outcome == "failed"
        assert len(recording.runs[1].notes) == 1

    def test_an_alerter_that_fails_is_a_line_of_the_run_and_nothing_else(self, caplog, recording):
        class Broken:
            def post(self, message):
                raise OSError("down")

        before = activate_stack(Stack("broken", alerter=Broken()))
        try:

            @step(on_success=alerter_success_hook)
            def load() -> int:
                return 3

            with instant_retries():
                assert load() == 3
                assert flush()
        finally:
            activate_stack(before)
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert recording.runs[1].hooks[0].outcome == "ok"

    @pytest.mark.parametrize(("fail", "kind"), [(True, "failure"), (False, "success")])
    def test_without_an_alerter_there_is_the_documented_warning(self, fail, kind, recording, caplog):
        before = activate_stack(Stack("silent"))
        try:

            @step(on_success=alerter_success_hook, on_failure=alerter_failure_hook)
            def load() -> None:
                if fail:
                    raise ValueError

            load(return_state=True)
        finally:
            activate_stack(before)
        told = f"Specified standard {kind} hook but no alerter configured in the stack. Skipping.."
        assert recording.runs[1].notes == (told,)
        assert [record.getMessage() for record in caplog.records] == [told]


class TestPipelineHooksStayWithThePipeline:
    """0.36-0.39: compiling a pipeline writes its hooks into the step objects; nothing can clear them."""

    def test_a_step_used_in_two_pipelines_has_the_hooks_of_each(self):
        seen = []

        @step
        def load() -> None: ...

        def body():
            load()

        first = pipeline(name="a", on_success=functools.partial(seen.append, "a"))(body)
        second = pipeline(name="b", on_success=functools.partial(seen.append, "b"))(body)
        first()
        second()
        first()
        assert seen == ["a", "b", "a"]


def test_get_step_context_works_in_a_run_level_hook_too():
    seen = []

    @pipeline(on_run_success=lambda: seen.append(get_step_context().pipeline_name))
    def etl(): ...

    etl()
    assert seen == ["etl"]
