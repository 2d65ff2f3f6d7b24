"""Not in hookcell. Results are values, and nothing writes them down."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import RESULTS

_NAMES = """
CompressedJSONSerializer CompressedPickleSerializer CompressedSerializer JSONSerializer PickleSerializer
Serializer
"""
__getattr__ = stubs_of("serializers", RESULTS, _NAMES)
