"""Not in hookcell. Flows are called, not deployed."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import DEPLOY

_NAMES = "arun_deployment deploy initialize_project run_deployment"
__getattr__ = stubs_of("deployments", DEPLOY, _NAMES)
