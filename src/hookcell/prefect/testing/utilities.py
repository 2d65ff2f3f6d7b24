"""What tests of flows import from Prefect."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, MagicMock

from hookcell.prefect.client.orchestration import SyncPrefectClient
from hookcell.prefect.exceptions import ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def prefect_test_harness(server_startup_timeout: int | None = None) -> Iterator[None]:
    """Do nothing: there is no server that a test would have to be kept from.

    >>> from hookcell.prefect import flow
    >>> from hookcell.prefect.testing.utilities import prefect_test_harness
    >>> @flow
    ... def nightly():
    ...     return "done"
    >>> with prefect_test_harness():
    ...     nightly()
    'done'
    """
    yield


def exceptions_equal(a: BaseException, b: BaseException) -> bool:
    """Whether two exceptions are of one type and were made with the same arguments."""
    return a is b or (type(a) is type(b) and a.args == b.args)


async def get_most_recent_flow_run(client: Any = None, flow_name: str | None = None) -> Any:
    """Give the newest flow run of this session.

    Args:
        client: Not used: there is one session.
        flow_name: Of which flow; of any if None.

    Raises:
        ObjectNotFound: There is none.
    """
    wanted = None if flow_name is None else {"name": {"any_": [flow_name]}}
    runs = SyncPrefectClient().read_flow_runs(flow_filter=wanted)
    if not runs:
        raise ObjectNotFound(f"this session has no flow run{f' of {flow_name!r}' if flow_name else ''}")
    return runs[-1]


@contextmanager
def assert_does_not_warn(ignore_warnings: list[type[Warning]] | None = None) -> Iterator[None]:
    """Fail if something warns inside a `with` block.

    Args:
        ignore_warnings: What may be warned of all the same.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in ignore_warnings or ():
            warnings.filterwarnings("ignore", category=kind)
        try:
            yield
        except Warning as warning:
            raise AssertionError(f"Warning was raised. {warning!r}") from warning


__all__ = [
    "AsyncMock",
    "MagicMock",
    "assert_does_not_warn",
    "exceptions_equal",
    "get_most_recent_flow_run",
    "prefect_test_harness",
]
