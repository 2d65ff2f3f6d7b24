"""Not in hookcell: runs do not pause. The names can be imported, and say so when they are called."""

from hookcell.prefect import pause_flow_run, resume_flow_run, suspend_flow_run
from hookcell.prefect.outside import DEPLOY, stub

wait_for_flow_run = stub("wait_for_flow_run", DEPLOY)

__all__ = ["pause_flow_run", "resume_flow_run", "suspend_flow_run", "wait_for_flow_run"]
