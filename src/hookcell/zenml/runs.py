"""Runs of steps and pipelines: hookcell's own, with the names and the status that ZenML's have."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hookcell import runs as native
from hookcell.errors import describe
from hookcell.states import StateType
from hookcell.zenml.exceptions import StepInterfaceError

if TYPE_CHECKING:
    from hookcell.zenml.exceptions import ZenMLBaseException


class ExecutionStatus(StrEnum):
    """What a run is in, in ZenML's words."""

    INITIALIZING = "initializing"
    RUNNING = "running"
    RETRYING = "retrying"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    COMPLETED = "completed"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self in {ExecutionStatus.STOPPED, ExecutionStatus.FAILED, ExecutionStatus.COMPLETED}

    @property
    def is_successful(self) -> bool:
        """Whether it went well."""
        return self is ExecutionStatus.COMPLETED


_STATUS = {
    StateType.SCHEDULED: ExecutionStatus.RETRYING,
    StateType.PENDING: ExecutionStatus.INITIALIZING,
    StateType.RUNNING: ExecutionStatus.RUNNING,
    StateType.PAUSED: ExecutionStatus.PAUSED,
    StateType.CANCELLING: ExecutionStatus.STOPPING,
    StateType.CANCELLED: ExecutionStatus.STOPPED,
    StateType.FAILED: ExecutionStatus.FAILED,
    StateType.CRASHED: ExecutionStatus.FAILED,
    StateType.COMPLETED: ExecutionStatus.COMPLETED,
}


class Artifact:
    """A value that a step has given; `.load()` gives it, as in ZenML."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name: str = name
        self.value: Any = value

    def load(self) -> Any:
        """Give the value."""
        return self.value

    def __repr__(self) -> str:
        return f"<Artifact {self.name!r}: {type(self.value).__name__}>"


class _Run(native.Run):
    __slots__ = ()

    @property
    def status(self) -> ExecutionStatus:
        """What it is in, in ZenML's words; of a run that has ended the final one, in its hooks too."""
        return _STATUS[self.state.type]


class StepRun(_Run, native.TaskRun):
    """One execution of a step."""

    __slots__ = ("_noted",)

    def __init__(self, *args: Any, **options: Any) -> None:
        native.TaskRun.__init__(self, *args, **options)
        self._noted: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def name(self) -> str:
        """The step's name; from its second run in a pipeline run on with a number, as in ZenML."""
        count = self.ordinal if self.ordinal >= 0 else ~self.ordinal
        return self.given_name or (f"{self.definition.name}_{count + 1}" if count else self.definition.name)

    def check_result(self, value: Any) -> ZenMLBaseException | None:
        """Give the error for a value that is not what the step's annotation promises; None if it is."""
        step: Any = self.definition
        try:
            return step.promise.broken_by(value, self.name)  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001 -- what `isinstance` and `len` do is the user's code too
            return StepInterfaceError(f"The outputs of step '{self.name}' could not be checked: {describe(error)}")

    @property
    def outputs(self) -> dict[str, Artifact]:
        """What it gave, by the names of its outputs; empty until it is completed."""
        if not self.state.is_completed():
            return {}
        step: Any = self.definition
        return {name: Artifact(name, value) for name, value in step.promise.named(self.state.data).items()}

    @property
    def output(self) -> Artifact:
        """Its only output.

        Raises:
            ValueError: It has none, or several.
        """
        outputs = self.outputs
        if len(outputs) != 1:
            raise ValueError(f"step run {self.name!r} has {len(outputs)} outputs: {list(outputs)}; use outputs[name]")
        return next(iter(outputs.values()))

    def noted(self, output: str) -> dict[str, dict[str, Any]]:
        """Give what is noted about an output: its metadata and tags."""
        return self._noted.setdefault(output, {"metadata": {}, "tags": {}})


class PipelineRun(_Run, native.FlowRun):
    """One execution of a pipeline."""

    __slots__ = ()

    @property
    def pipeline(self) -> Any:
        """The pipeline."""
        return self.definition

    @property
    def steps(self) -> dict[str, Any]:
        """The runs of its steps by their names, in order of start."""
        return {run.name: run for run in self.children if isinstance(run, native.TaskRun)}
