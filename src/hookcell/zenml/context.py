"""The context: what a step, and a hook of a step or a pipeline's run, can ask about where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hookcell.injection import provide
from hookcell.runs import FlowRun, current, flow_run_of
from hookcell.zenml.exceptions import StepContextError, outside
from hookcell.zenml.parameters import BaseParameters
from hookcell.zenml.stack import active_stack

if TYPE_CHECKING:
    from hookcell.runs import Run
    from hookcell.zenml.stack import Stack


class StepContext:
    """What a step or a hook is told of its run: annotate a parameter with it, or call `get_step_context()`.

    Of a hook for a whole pipeline run it knows the pipeline and the run; asking it for the step is an error.

    Args:
        run: The run of the step, or of the pipeline.

    >>> from hookcell.zenml import step
    >>> from hookcell.zenml.steps import StepContext
    >>> def tell(context: StepContext):
    ...     print(context.pipeline_name, context.step_name, context.step_run.status)
    >>> @step(on_success=tell)
    ... def my_step() -> int:
    ...     return 3
    >>> my_step()
    my_step my_step completed
    3
    """

    def __init__(self, run: Run) -> None:
        self._run: Run = run

    # -- where it is

    @property
    def step_run(self) -> Any:
        """The run of the step.

        Raises:
            StepContextError: It is of a hook for a whole pipeline run.
        """
        if isinstance(self._run, FlowRun):
            raise StepContextError(
                f"There is no step in this context: the hook belongs to run '{self._run.name}' of pipeline "
                f"'{self._run.definition.name}' as a whole; use pipeline_name, run_name and pipeline_run"
            )
        return self._run

    @property
    def step_name(self) -> str:
        """The step's name; from its second run in a pipeline run on with a number, as in ZenML."""
        return self.step_run.name  # type: ignore[no-any-return]

    @property
    def pipeline_run(self) -> Any:
        """The run of the pipeline around it; None for a task of hookcell's outside any."""
        return flow_run_of(self._run)

    @property
    def pipeline(self) -> Any:
        """The pipeline around it; None if there is none."""
        around = self.pipeline_run
        return around.definition if around is not None else None

    @property
    def pipeline_name(self) -> str:
        """The pipeline's name; the step's if there is none."""
        around = self.pipeline
        return str(around.name if around is not None else self._run.definition.name)

    @property
    def run_name(self) -> str:
        """The name of the pipeline's run; the step's if there is none."""
        around = self.pipeline_run
        return str(around.name if around is not None else self._run.name)

    # -- what it was given

    @property
    def inputs(self) -> dict[str, Any]:
        """What the step was called with, by name; its parameters object and context left out."""
        named: dict[str, Any] = self.step_run.parameters
        return {name: value for name, value in named.items() if not isinstance(value, BaseParameters | StepContext)}

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields of its parameters object; of a step that takes none, what it was called with."""
        for value in self.step_run.parameters.values():
            if isinstance(value, BaseParameters):
                return {name: getattr(value, name) for name in type(value).model_fields}
        return self.inputs

    @property
    def cache_enabled(self) -> bool:
        """Whether its result may come from a cache: hookcell's steps always run."""
        return False

    # -- the stack

    @property
    def active_stack(self) -> Stack:
        """The stack in force, with its alerter."""
        return active_stack()

    stack = active_stack

    @property
    def step_run_info(self) -> Any:
        """The run of the step, by its older name."""
        return self.step_run

    # -- what is noted about outputs

    def _noted(self, output_name: str | None) -> dict[str, Any]:
        notes = getattr(self.step_run, "noted", None)
        if notes is None:
            raise StepContextError(
                f"Outputs of '{self._run.name}' cannot be noted about: it is no step; make it with @step"
            )
        names = list(self._run.definition.promise.outputs)  # type: ignore[attr-defined]
        if output_name is None and len(names) != 1:
            raise StepContextError(f"Step '{self._run.name}' has {len(names)} outputs; say which: {names}")
        if output_name is not None and output_name not in names:
            raise StepContextError(f"Step '{self._run.name}' has no output '{output_name}'; there are {names}")
        return notes(output_name or names[0])  # type: ignore[no-any-return]

    def add_output_metadata(self, metadata: dict[str, Any], output_name: str | None = None) -> None:
        """Note something about an output; it stays with the step's run.

        Args:
            metadata: What to note, by name.
            output_name: Which output; may be left out if there is one.

        Raises:
            StepContextError: There is no such output.
        """
        self._noted(output_name)["metadata"].update(metadata)

    def get_output_metadata(self, output_name: str | None = None) -> dict[str, Any]:
        """Give what was noted about an output."""
        return dict(self._noted(output_name)["metadata"])

    def add_output_tags(self, tags: list[str], output_name: str | None = None) -> None:
        """Give tags to an output."""
        self._noted(output_name)["tags"].update(dict.fromkeys(tags))

    def get_output_tags(self, output_name: str | None = None) -> list[str]:
        """Give the tags of an output."""
        return list(self._noted(output_name)["tags"])

    def remove_output_tags(self, tags: list[str], output_name: str | None = None) -> None:
        """Take tags from an output."""
        kept = self._noted(output_name)["tags"]
        for tag in tags:
            kept.pop(tag, None)

    # -- what there is none of

    def get_output_artifact_uri(self, output_name: str | None = None) -> NoReturn:
        """Nothing that hookcell has: results stay in memory.

        Raises:
            OutOfScope: Always.
        """
        raise outside(
            "context.get_output_artifact_uri()",
            "results stay in memory: write a file of your own, and return its path",
        )

    def get_output_materializer(
        self, output_name: str | None = None, custom_materializer_class: Any = None, data_type: Any = None
    ) -> NoReturn:
        """Nothing that hookcell has: results stay in memory.

        Raises:
            OutOfScope: Always.
        """
        raise outside("context.get_output_materializer()", "results stay in memory: return the value itself")

    def __getattr__(self, name: str) -> NoReturn:
        """Say of what ZenML's contexts have besides what to use instead."""
        if name in _ELSEWHERE:
            raise outside(f"context.{name}", _ELSEWHERE[name])
        raise AttributeError(_no_such(name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StepContext) and self._run is other._run

    def __hash__(self) -> int:
        return hash(self._run)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._run!r}>"


_ELSEWHERE = {
    "model": "there is no registry of models: note what you need by add_output_metadata()",
    "model_version": "there is no registry of models: note what you need by add_output_metadata()",
    "pipeline_state": "make it in the pipeline's function, and pass it to the steps",
    "output_materializers": "results stay in memory",
    "output_artifact_uris": "results stay in memory",
    "add_model_metadata": "there is no registry of models: use add_output_metadata()",
    "remove_output_metadata": "add_output_metadata({name: None}) says that there is none",
    "set_output_metadata": "use add_output_metadata()",
}


def _no_such(name: str) -> str:
    import difflib  # noqa: PLC0415 -- needed for the message only

    known = [one for one in dir(StepContext) if not one.startswith("_")]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"'StepContext' object has no attribute {name!r}; {hint}"


def get_step_context() -> StepContext:
    """Give the context of the step, or of the hook, whose code this is.

    Raises:
        RuntimeError: It is neither.
    """
    run = current.get()
    if run is None:
        raise RuntimeError("The step context is only available inside a step function.")
    return StepContext(run)


provide(StepContext, lambda moment: StepContext(moment.run))
