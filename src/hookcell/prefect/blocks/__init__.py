"""Blocks: named settings and credentials, and what sends messages with them."""

# So that Block.load finds the classes of these, whatever has been imported.
from hookcell.prefect.blocks import notifications, system

__all__ = ["notifications", "system"]
