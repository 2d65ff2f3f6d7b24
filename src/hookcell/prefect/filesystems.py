"""Not in hookcell. Files are for the task to write."""

from hookcell.prefect.elsewhere import stubs_of
from hookcell.prefect.outside import RESULTS

_NAMES = """
LocalFileSystem NullFileSystem ReadableDeploymentStorage ReadableFileSystem RemoteFileSystem SMB
WritableDeploymentStorage WritableFileSystem
"""
__getattr__ = stubs_of("filesystems", RESULTS, _NAMES)
