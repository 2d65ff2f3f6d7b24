"""Not in hookcell. Nothing is started by the clock."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import DEPLOY

_NAMES = "Cron Interval RRule Schedule"
__getattr__ = stubs_of("schedules", DEPLOY, _NAMES)
