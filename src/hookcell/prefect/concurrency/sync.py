"""Not in hookcell. How much runs at once is up to the runner of a flow."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import LIMITS

_NAMES = "concurrency rate_limit"
__getattr__ = stubs_of("concurrency.sync", LIMITS, _NAMES)
