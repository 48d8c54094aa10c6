"""Instants of a local day, and the day of an instant."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def at(day: date, clock: str, zone: str) -> datetime:
    """The instant in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """The wall clock."""
    return instant.astimezone(ZoneInfo(zone))
