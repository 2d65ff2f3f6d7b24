"""Prefect's dialect: the names, signatures and strictness of Prefect 3; what happens comes from hookcell.

Change `from prefect import flow` to `from hookcell.prefect import flow`, and the rest of a notebook stays as it is.
"""

from __future__ import annotations

from pathlib import Path

from hookcell import __version__
from hookcell.annotations import allow_failure, opaque, quote, unmapped
from hookcell.definitions import tags
from hookcell.prefect import context, exceptions, runtime, states, variables
from hookcell.prefect.client.orchestration import get_client
from hookcell.prefect.flows import Flow, flow, serve
from hookcell.prefect.logging import get_run_logger
from hookcell.prefect.outside import DEPLOY, TRANSACTIONS, OutOfScope, stub
from hookcell.prefect.states import State
from hookcell.prefect.tasks import Task, task

__development_base_path__ = Path(__file__).parents[3]

deploy = stub("deploy", DEPLOY)
Transaction = stub("Transaction", TRANSACTIONS)
pause_flow_run = stub("pause_flow_run", "ask with input() in the flow")
suspend_flow_run = stub("suspend_flow_run", "return from the flow, and call it again later")
resume_flow_run = stub("resume_flow_run", "call the flow again")

__all__ = [
    "Flow",
    "OutOfScope",
    "State",
    "Task",
    "Transaction",
    "__version__",
    "allow_failure",
    "context",
    "deploy",
    "exceptions",
    "flow",
    "get_client",
    "get_run_logger",
    "opaque",
    "pause_flow_run",
    "quote",
    "resume_flow_run",
    "runtime",
    "serve",
    "states",
    "suspend_flow_run",
    "tags",
    "task",
    "unmapped",
    "variables",
]
