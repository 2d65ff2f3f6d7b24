"""What is configured beside the code: YAML files, step_configurations, parameters, retry; and order by after=."""

import gc
import json
import sys
import threading
import weakref

import pytest
from small_runs import LIMIT

from hookcell import SelfWaitError, UnknownOptionError, UpstreamTaskError, allow_failure, runs
from hookcell.testing import instant_retries
from hookcell.zenml import OutOfScope, StepContext, StepRetryConfig, get_step_context, pipeline, step
from hookcell.zenml.client import Client
from hookcell.zenml.exceptions import (
    ConfigurationError,
    HookValidationException,
    NotInstalled,
    PipelineInterfaceError,
    StepInterfaceError,
)
from hookcell.zenml.steps import BaseParameters

SEEN = []


def on_failure(exception: BaseException):
    SEEN.append(f"failed: {exception}")


def on_success(context: StepContext):
    SEEN.append(f"succeeded: {context.step_name}")


@pytest.fixture(autouse=True)
def _nothing_seen():
    SEEN.clear()


@pytest.fixture
def _here_by_name(monkeypatch):
    """This module, under the name that the files say."""
    monkeypatch.setitem(sys.modules, "my_hooks", sys.modules[__name__])


def message_of(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


class Rate(BaseParameters):
    rate: float = 0.1
    rounds: int = 1


@step
def load(rows: int = 1) -> int:
    return rows


@step
def train(params: Rate, rows: int) -> str:
    return f"{rows} rows, {params.rate:g}, {params.rounds} rounds"


@step
def report(text: str) -> str:
    return text


@pipeline
def etl(rows: int = 2):
    report(train(load(rows)))


def told(run):
    return run.steps["report"].output.load()


YAML = """
enable_cache: False
run_name: my_great_run
parameters:
  rows: 5
extra:
  team: a
success_hook_source: my_hooks.on_success
steps:
  train:
    parameters:
      rate: 0.5
    success_hook_source:
    failure_hook_source:
      module: my_hooks
      attribute: on_failure
      type: user
"""


class TestAFile:
    @pytest.mark.usefixtures("_here_by_name")
    def test_a_yaml_file_says_what_the_pipeline_and_its_steps_are_to_do(self, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text(YAML)
        configured = etl.with_options(config_path=file)
        run = configured()
        assert (run.name, told(run)) == ("my_great_run", "5 rows, 0.5, 1 rounds")
        assert SEEN == ["succeeded: load", "succeeded: report"]
        assert configured.extra == {"team": "a"}
        assert told(etl()) == "2 rows, 0.1, 1 rounds"

    def test_a_json_file_is_one_too(self, tmp_path):
        file = tmp_path / "run.json"
        file.write_text(json.dumps({"parameters": {"rows": 7}}))
        assert told(etl.with_options(config_path=str(file))()) == "7 rows, 0.1, 1 rounds"

    def test_what_is_said_in_code_goes_before_the_file(self, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text("parameters:\n  rows: 7\nsteps:\n  train:\n    parameters:\n      rate: 0.5\n      rounds: 3\n")
        steps = {"train": {"parameters": {"rounds": 4}}}
        run = etl.with_options(config_path=file, parameters={"rows": 8}, step_configurations=steps)()
        assert told(run) == "8 rows, 0.5, 4 rounds"

    def test_an_empty_file_says_nothing(self, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text("# nothing yet\n")
        assert told(etl.with_options(config_path=file)()) == "2 rows, 0.1, 1 rounds"

    def test_a_prepared_pipeline_takes_a_file_when_it_runs(self, tmp_path):
        from hookcell.zenml.pipelines import pipeline as of_the_document
        from hookcell.zenml.steps import step as made

        @made
        def first() -> int:
            return 1

        @of_the_document
        def p(one):
            one()

        file = tmp_path / "run.yaml"
        file.write_text("run_name: by-file\n")
        assert p(one=first()).run(config_path=file).name == "by-file"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("- 1\n", "configuration file 'run.yaml' holds a list; write keys and values"),
            ("steps: [load]\n", "configuration file 'run.yaml': steps are given by name, and not as a list"),
            ("steps:\n  load: 3\n", "configuration file 'run.yaml': step 'load' is 3; give its options by name"),
            ("parameters: 5\n", "parameters of pipeline is 5; give values by name: {'rate': 0.1}"),
            ("extra: [team]\n", "extra of pipeline is ['team']; give values by name: {'rate': 0.1}"),
            (
                "steps:\n  load:\n    parameters: 5\n",
                "parameters of the configuration of step 'load' is 5; give values by name: {'rate': 0.1}",
            ),
        ],
        ids=["list", "steps", "step", "parameters", "extra", "step-parameters"],
    )
    def test_what_a_file_gets_wrong_is_told_with_its_name(self, text, message, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "run.yaml").write_text(text)
        assert message_of(ConfigurationError, etl.with_options, config_path="run.yaml") == message

    def test_a_file_that_is_no_text_is_told_of(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "run.yaml").write_bytes(b"\xff\xfe\x00")
        assert message_of(ConfigurationError, etl.with_options, config_path="run.yaml") == (
            "configuration file 'run.yaml' cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: "
            "invalid start byte"
        )

    def test_a_file_as_windows_writes_it_is_read(self, tmp_path):
        file = tmp_path / "run.json"
        file.write_text('{"run_name": "marked"}', encoding="utf-8-sig")
        assert etl.with_options(config_path=file)().name == "marked"

    def test_what_is_no_path_is_told_of(self):
        assert message_of(ConfigurationError, etl.with_options, config_path=5) == (
            "there is no configuration file '5'; config_path= is the path of a YAML file"
        )

    def test_a_file_that_is_no_yaml_is_told_with_the_place(self, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text("steps: [\n")
        said = message_of(ConfigurationError, etl.with_options, config_path=file)
        assert said.startswith(f"configuration file '{file}' cannot be read: while parsing")
        assert "line 2" in said

    def test_a_file_that_there_is_not_is_told(self):
        assert message_of(ConfigurationError, etl.with_options, config_path="nope.yaml") == (
            "there is no configuration file 'nope.yaml'; config_path= is the path of a YAML file"
        )

    def test_without_pyyaml_the_error_names_the_extra(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "yaml", None)
        file = tmp_path / "run.yaml"
        file.write_text(YAML)
        assert message_of(NotInstalled, etl.with_options, config_path=file) == (
            f"to read '{file}', PyYAML is needed: pip install \"hookcell[yaml]\"; "
            "or write it as JSON, in a file whose name ends in .json"
        )

    def test_a_source_that_leads_nowhere_is_an_error_before_anything_runs(self, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text("steps:\n  load:\n    failure_hook_source: no_such_module.alert\n")
        assert message_of(ImportError, etl.with_options, config_path=file) == (
            "on_failure hook 'no_such_module.alert' is the path of no function: No module named 'no_such_module'; "
            "give 'package.module.function'"
        )

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "settings:\n  docker: {}\n",
                "ZenML's settings= is not part of hookcell; what they configure runs elsewhere: leave them out",
            ),
            (
                "steps:\n  load:\n    enable_cache: True\n",
                (
                    "ZenML's enable_cache=True is not part of hookcell; every call runs the step: leave it out, or "
                    "write enable_cache=False"
                ),
            ),
            (
                "tags: [a]\n",
                'ZenML\'s tags= is not part of hookcell; write "with hookcell.tags(...):" around the call',
            ),
            (
                "build: 1234\n",
                "ZenML's build= is not part of hookcell; nothing is built: leave it out",
            ),
        ],
        ids=["settings", "cache", "tags", "build"],
    )
    def test_what_hookcell_has_not_is_the_same_error_as_in_code(self, text, message, tmp_path):
        file = tmp_path / "run.yaml"
        file.write_text(text)
        assert message_of(OutOfScope, etl.with_options, config_path=file) == message


class TestStepConfigurations:
    def test_a_misspelt_option_is_named_with_its_step(self):
        steps = {"load": {"retrys": {"max_retries": 2}}}
        assert message_of(UnknownOptionError, etl.with_options, step_configurations=steps) == (
            "the configuration of step 'load' has no option 'retrys'; did you mean retry=?"
        )

    def test_a_hook_that_cannot_be_called_is_an_error_at_once(self):
        steps = {"load": {"on_failure": lambda x: None}}
        said = message_of(HookValidationException, etl.with_options, step_configurations=steps)
        assert said.startswith("If you pass args to a hook, you must annotate them")

    def test_a_step_that_did_not_run_is_told_of(self, caplog):
        etl.with_options(step_configurations={"trian": {"parameters": {"rate": 1.0}}})()
        assert [record.getMessage() for record in caplog.records] == [
            "pipeline 'etl' is configured for 'trian', and no step of that name ran; did you mean 'train'?"
        ]

    def test_a_step_that_is_configured_to_have_another_name_did_run(self, caplog):
        renamed = {"load": {"name": "load_again"}}
        assert "load_again" in etl.with_options(step_configurations=renamed)().steps
        assert caplog.records == []

    def test_values_that_are_not_given_by_name_are_told_of_in_code_too(self):
        assert message_of(ConfigurationError, load.with_options, parameters=5) == (
            "parameters of step is 5; give values by name: {'rate': 0.1}"
        )

    def test_a_configured_value_goes_before_one_that_is_passed_and_says_so(self, caplog):
        run = etl.with_options(step_configurations={"load": {"parameters": {"rows": 9}}})()
        assert told(run) == "9 rows, 0.1, 1 rounds"
        assert [record.getMessage() for record in caplog.records] == [
            "parameter 'rows' of step 'load' is the configured 9, and not the one passed"
        ]

    def test_the_fields_of_a_parameters_object_that_was_passed_are_replaced(self, caplog):
        @pipeline
        def p():
            train(rows=1, params=Rate(rate=0.2, rounds=5))

        run = p.with_options(step_configurations={"train": {"parameters": {"rate": 0.7}}})()
        assert run.steps["train"].output.load() == "1 rows, 0.7, 5 rounds"
        assert len(caplog.records) == 1

    def test_parameters_of_the_decorator_stay_beside_those_configured(self):
        configured = train.with_options(parameters=Rate(rounds=6))

        @pipeline
        def p():
            configured(rows=1)

        run = p.with_options(step_configurations={"train": {"parameters": {"rate": 0.7}}})()
        assert run.steps["train"].output.load() == "1 rows, 0.7, 6 rounds"

    def test_steps_made_anew_in_each_run_are_not_kept(self):
        seen = []

        @pipeline(step_configurations={"load": {"parameters": {"rows": 3}}})
        def p():
            mine = load.with_options(extra={"new": True})
            seen.append(weakref.ref(mine))
            mine()

        p()
        gc.collect()
        assert seen[0]() is None

    def test_a_throttle_counts_over_all_runs_of_a_configured_step(self):
        from hookcell import hook

        said = []
        steps = {"load": {"on_success": hook(lambda: said.append(1), throttle="1/h")}}
        configured = etl.with_options(step_configurations=steps)
        configured()
        configured()
        assert said == [1]


class TestParametersAndRetry:
    def test_a_call_may_say_the_same_and_nothing_else(self):
        configured = etl.with_options(parameters={"rows": 3})
        assert told(configured(3)) == "3 rows, 0.1, 1 rounds"
        assert message_of(PipelineInterfaceError, configured, rows=4) == (
            "Configured parameters for the pipeline 'etl' conflict with parameters passed in runtime: "
            "rows is configured as 3. Leave out one of them"
        )

    def test_a_parameter_that_the_pipeline_does_not_take_is_named(self):
        assert message_of(PipelineInterfaceError, etl.with_options, parameters={"row": 3}) == (
            "Parameters ['row'] are configured for pipeline 'etl', which takes (rows)"
        )

    def test_a_pipelines_retry_is_for_steps_that_do_not_say_it(self):
        tries = []

        @step
        def shaky() -> None:
            tries.append("shaky")
            if len(tries) < 3:
                raise ValueError

        @step(retry={"max_retries": 1})
        def own() -> None:
            tries.append("own")
            raise ValueError

        @pipeline(retry=StepRetryConfig(max_retries=5))
        def p():
            shaky()
            own(return_state=True)

        with instant_retries():
            p()
        assert tries == ["shaky"] * 3 + ["own"] * 2

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"retry": 3}, "retry of pipeline 'etl' is 3; give StepRetryConfig(max_retries=3, delay=10)"),
            (
                {"step_configurations": {"load": {"retry": {"max_retries": 0}}}},
                (
                    "retry of step 'load', as configured, is {'max_retries': 0} (max_retries: Input should be greater "
                    "than 0); give StepRetryConfig(max_retries=3, delay=10)"
                ),
            ),
            (
                {"retry": {"m": 2}},
                "retry of pipeline 'etl' is {'m': 2} (there is no m); give StepRetryConfig(max_retries=3, delay=10)",
            ),
            (
                {"retry": {1: 2}},
                "retry of pipeline 'etl' is {1: 2} (there is no 1); give StepRetryConfig(max_retries=3, delay=10)",
            ),
        ],
        ids=["pipeline", "step", "misspelt", "number"],
    )
    def test_a_retry_that_cannot_be_is_an_error_before_anything_runs(self, changes, message):
        assert message_of(StepInterfaceError, etl.with_options, **changes) == message

    def test_a_step_may_be_configured_to_be_tried_again(self):
        tries = []

        @step
        def shaky() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise ValueError

        @pipeline
        def p():
            shaky()

        p.with_options(step_configurations={"shaky": {"retry": {"max_retries": 1}}})()
        assert tries == [1, 1]


class TestAfter:
    def test_steps_names_futures_and_outputs_may_come_before(self):
        @pipeline
        def p():
            rows = load()
            future = load.submit(2)
            report("a", after="load")
            report("b", after=[load, future, rows])
            return report.submit("c", after=future).result()

        assert [run.state.name for run in p().steps.values()] == ["Completed"] * 5

    def test_a_submitted_step_is_waited_for(self):
        go, order = threading.Event(), []

        @step
        def slow() -> None:
            go.wait(LIMIT)
            order.append("slow")

        @step
        def then() -> None:
            order.append("then")

        @pipeline
        def p():
            slow.submit()
            second = then.submit(after="slow")
            go.set()
            second.wait()

        p()
        assert order == ["slow", "then"]

    def test_each_run_of_a_mapped_step_waits(self):
        @pipeline
        def p():
            load()
            return report.map(["a", "b"], after="load").result()

        assert len(p().steps) == 3

    def test_an_output_that_is_a_text_is_no_name(self):
        @step
        def names() -> list:
            return ["one", "two"]

        @step
        def both() -> tuple[str, int]:
            return "parts", 2

        @pipeline
        def p():
            text, several, (part, _) = report("a text"), names(), both()
            load(after=text)
            load(after=several)
            load(after=[text, part, "both"])

        assert len(p().steps) == 6

    def test_a_step_that_comes_later_is_told_of(self):
        @pipeline
        def p():
            load()
            report("a", after="train")

        assert message_of(StepInterfaceError, p) == (
            "Step 'report' is to run after 'train', which has not been called in this pipeline before it (called "
            "so far: 'load'). A step runs where it is called: call 'train' first"
        )
        assert message_of(StepInterfaceError, report, "a", after=load).endswith(
            "(called so far: none). A step runs where it is called: call 'load' first"
        )

    def test_after_a_step_that_failed_it_does_not_run(self):
        @step
        def fails() -> None:
            raise ValueError

        @pipeline
        def p():
            fails(return_state=True)
            load(after="fails")

        with pytest.raises(UpstreamTaskError):
            p()

    def test_that_step_is_named(self):
        @step
        def fails() -> None:
            raise ValueError("no rows")

        @pipeline
        def p():
            fails(return_state=True)
            load(after="fails")

        assert message_of(UpstreamTaskError, p) == (
            "Upstream task run 'fails' did not reach a 'COMPLETED' state: it is Failed. ValueError: no rows"
        )

    @pytest.mark.parametrize(
        "order",
        [
            lambda run: {"after": run},
            lambda run: {"after": [run]},
            lambda run: {"after": allow_failure(run)},
            lambda run: {"wait_for": run, "after": []},
            lambda run: {"wait_for": {run}, "after": []},
        ],
        ids=["after", "after several", "after what may fail", "wait_for", "wait_for a set"],
    )
    def test_a_background_run_is_waited_for(self, order, go_on):
        run = pipeline(lambda: go_on.wait(LIMIT), name="before").start()

        @step
        def then() -> bool:
            return run.over

        @pipeline
        def p():
            future = then.submit(**order(run))
            go_on.set()
            assert future.result() is True

        p()

    def test_a_future_that_may_fail_may_come_before(self):
        @step
        def fails() -> None:
            raise ValueError

        @pipeline
        def p():
            return load(after=allow_failure(fails.submit()), return_state=True).name

        assert p().steps["load"].state.name == "Completed"

    def test_a_step_cannot_come_after_the_step_it_is_called_in(self):
        @step
        def outer() -> None:
            load(after=runs.current.get())

        @pipeline
        def p():
            outer()

        told = "task run 'outer' would wait for itself: wait for it outside its code and its hooks"
        assert message_of(SelfWaitError, p) == told

    def test_a_steps_own_input_of_that_name_is_that(self):
        @step
        def wait(after: int) -> int:
            return after

        assert wait(after=3) == 3


class TestWhatThereIsNot:
    @pytest.mark.parametrize(
        ("ask", "message"),
        [
            (
                lambda context: context.get_output_artifact_uri(),
                (
                    "ZenML's context.get_output_artifact_uri() is not part of hookcell; results stay in memory: write "
                    "a file of your own, and return its path"
                ),
            ),
            (
                lambda context: context.get_output_materializer("output"),
                (
                    "ZenML's context.get_output_materializer() is not part of hookcell; results stay in memory: return "
                    "the value itself"
                ),
            ),
            (
                lambda context: context.model,
                (
                    "ZenML's context.model is not part of hookcell; there is no registry of models: note what you need "
                    "by add_output_metadata()"
                ),
            ),
            (
                lambda context: context.pipeline_state,
                (
                    "ZenML's context.pipeline_state is not part of hookcell; make it in the pipeline's function, and "
                    "pass it to the steps"
                ),
            ),
        ],
        ids=["uri", "materializer", "model", "state"],
    )
    def test_what_a_context_cannot_have_here_says_what_to_use(self, ask, message):
        @step
        def asks() -> None:
            ask(get_step_context())

        assert message_of(OutOfScope, asks) == message

    def test_a_misspelt_attribute_is_named_with_the_one_that_was_meant(self):
        @step
        def asks(context: StepContext) -> None:
            context.step_nam  # noqa: B018 -- it raises

        assert message_of(AttributeError, asks) == (
            "'StepContext' object has no attribute 'step_nam'; did you mean 'step_name'?"
        )

    def test_the_older_name_of_the_step_run_works(self):
        @step
        def asks(context: StepContext) -> bool:
            return context.step_run_info is context.step_run

        assert asks() is True

    def test_a_client_has_no_server_to_ask(self):
        assert message_of(OutOfScope, lambda: Client().list_hook_invocations) == (
            "ZenML's Client().list_hook_invocations is not part of hookcell; there is no server: a pipeline gives its "
            "run, and the run has steps, outputs and states"
        )
