"""In which order the client gives what it is asked for."""

from __future__ import annotations

from enum import Enum
from typing import Any

from hookcell.prefect.outside import outside


class FlowRunSort(str, Enum):  # noqa: UP042 -- as in Prefect
    """Orders of flow runs."""

    ID_DESC = "ID_DESC"
    START_TIME_ASC = "START_TIME_ASC"
    START_TIME_DESC = "START_TIME_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    END_TIME_DESC = "END_TIME_DESC"


class TaskRunSort(str, Enum):  # noqa: UP042 -- as in Prefect
    """Orders of task runs."""

    ID_DESC = "ID_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    END_TIME_DESC = "END_TIME_DESC"


class LogSort(str, Enum):  # noqa: UP042 -- as in Prefect
    """Orders of log lines."""

    TIMESTAMP_ASC = "TIMESTAMP_ASC"
    TIMESTAMP_DESC = "TIMESTAMP_DESC"


def in_order(several: list[Any], sort: str | None) -> list[Any]:
    """Sort by an attribute; what has none of it comes last.

    Args:
        several: What to sort.
        sort: Its name and ASC or DESC, such as START_TIME_DESC; None leaves them in the order they were made.

    Raises:
        OutOfScope: They have no such attribute.
    """
    if sort is None:
        return several
    word = str(sort.value if isinstance(sort, Enum) else sort)
    name, _, direction = word.rpartition("_")
    attribute = name.lower()
    if direction not in {"ASC", "DESC"} or any(not hasattr(one, attribute) for one in several):
        raise outside(f"The order {word!r}", "ask without sort=, and sort the list")
    known = [one for one in several if getattr(one, attribute) is not None]
    known.sort(key=lambda one: getattr(one, attribute), reverse=direction == "DESC")
    return known + [one for one in several if getattr(one, attribute) is None]


__all__ = ["FlowRunSort", "LogSort", "TaskRunSort", "in_order"]
