"""Not in hookcell. Flows are called, not deployed."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import DEPLOY

_NAMES = "DeploymentApplyError RunnerDeployment RunnerStorage adeploy deploy"
__getattr__ = stubs_of("deployments.runner", DEPLOY, _NAMES)
