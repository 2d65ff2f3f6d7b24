"""Not in hookcell. Results are values, and no store keeps them."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import RESULTS

_NAMES = """
ResultRecord ResultRecordMetadata ResultStore get_result_store get_default_result_storage
get_default_result_serializer resolve_result_storage should_persist_result
"""
__getattr__ = stubs_of("results", RESULTS, _NAMES)
