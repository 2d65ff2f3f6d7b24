"""Times as Prefect spells them; all of them know their zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

DateTime = datetime
Date = date
Duration = timedelta
Interval = timedelta
Timezone = ZoneInfo


def now(tz: str | tzinfo = "UTC") -> datetime:
    """Give the present time.

    Args:
        tz: The zone, or its name.
    """
    return datetime.now(_zone(tz))


def from_timestamp(ts: float, tz: str | tzinfo = "UTC") -> datetime:
    """Give the time that is so many seconds after 1970 UTC."""
    return datetime.fromtimestamp(ts, _zone(tz))


def parse_datetime(dt: str) -> datetime:
    """Read a time in ISO 8601, such as 2026-05-13 20:00:00; it is UTC unless it says otherwise.

    Raises:
        ValueError: It is no such time.
    """
    read = datetime.fromisoformat(dt)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _zone(tz: str | tzinfo) -> tzinfo:
    if isinstance(tz, tzinfo):
        return tz
    return UTC if tz.upper() == "UTC" else ZoneInfo(tz)


__all__ = ["Date", "DateTime", "Duration", "Interval", "Timezone", "from_timestamp", "now", "parse_datetime"]
