"""Prefect's makers of states for sync code; here they are those for all code."""

from hookcell.prefect.states import exception_to_crashed_state as exception_to_crashed_state_sync
from hookcell.prefect.states import exception_to_failed_state as exception_to_failed_state_sync
from hookcell.prefect.states import return_value_to_state as return_value_to_state_sync

__all__ = ["exception_to_crashed_state_sync", "exception_to_failed_state_sync", "return_value_to_state_sync"]
