"""Running a flow by function, as Prefect's engine modules do: the calls are hookcell's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookcell import shield
from hookcell.prefect.exceptions import FlowRunTimeoutError
from hookcell.prefect.intent import wished
from hookcell.prefect.outside import stub
from hookcell.prefect.strictness import NotSet
from hookcell.prefect.utilities.callables import parameters_to_args_kwargs

if TYPE_CHECKING:
    from typing import Literal

    ReturnType = Literal["state", "result"]

_INSTEAD = "call the flow: my_flow(...), or my_flow(..., return_state=True)"

FlowRunEngine = stub("FlowRunEngine", _INSTEAD)
AsyncFlowRunEngine = stub("AsyncFlowRunEngine", _INSTEAD)
load_flow_and_flow_run = stub("load_flow_and_flow_run", "import the flow from its module")


def run_flow(
    flow: Any,
    flow_run: Any = None,
    parameters: dict[str, Any] | None = None,
    wait_for: Any = None,
    return_type: ReturnType = "result",
    **_options: Any,
) -> Any:
    """Run a flow; of an async flow, give the coroutine that does.

    Args:
        flow: The flow.
        flow_run: A run that a client made: its parameters count if none are given here.
        parameters: The flow's arguments by name.
        wait_for: Futures and background runs to wait for first.
        return_type: "state" gives the final state, and does not raise if the flow failed.

    Raises:
        Exception: Whatever the flow raised.
    """
    __tracebackhide__ = True
    if parameters is None:
        parameters = flow_run.parameters if flow_run is not None else None
    args, kwargs = parameters_to_args_kwargs(flow.fn, parameters or {})
    return flow(*args, wait_for=wait_for, return_state=return_type == "state", **kwargs)


def run_flow_sync(flow: Any, *args: Any, **options: Any) -> Any:
    """Run a sync flow; the arguments are those of `run_flow`."""
    __tracebackhide__ = True
    return run_flow(flow, *args, **options)


async def run_flow_async(flow: Any, *args: Any, **options: Any) -> Any:
    """Run an async flow; the arguments are those of `run_flow`."""
    __tracebackhide__ = True
    return await run_flow(flow, *args, **options)


def get_intent() -> str | None:
    """Say what a SIGTERM means: "cancel" cancels the runs, None crashes them. Tests put their own in its place."""
    return wished()


def _intent() -> str | None:
    return get_intent()  # looked up at each signal, so that it can be replaced


shield.termination_intent = _intent

__all__ = [
    "AsyncFlowRunEngine",
    "FlowRunEngine",
    "FlowRunTimeoutError",
    "NotSet",
    "get_intent",
    "load_flow_and_flow_run",
    "run_flow",
    "run_flow_async",
    "run_flow_sync",
]
