"""Prefect's client: here it answers from this session's own records."""

from hookcell.prefect.client.orchestration import get_client

__all__ = ["get_client"]
