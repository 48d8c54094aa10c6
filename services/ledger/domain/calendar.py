"""Local days and their beginnings, cached: the same few are asked for again and again."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; raises `ZoneInfoNotFoundError` when there is none."""
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def local_day(time_zone: str, now: datetime) -> date:
    """The calendar day of an aware instant in a time zone."""
    return now.astimezone(zone(time_zone)).date()


@lru_cache(maxsize=8192)
def midnight(time_zone: str, day: date) -> datetime:
    """The UTC instant at which a local day begins.

    Where the clocks skip 00:00 (some zones change at midnight) the day begins at the first instant
    that exists.
    """
    tz = zone(time_zone)
    start = datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)
    while start.astimezone(tz).date() < day:
        start += timedelta(minutes=15)
    return start


@lru_cache(maxsize=8192)
def morning(time_zone: str, day: date) -> datetime:
    """The UTC instant of 09:00 local."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=zone(time_zone)).astimezone(UTC)


@lru_cache(maxsize=8192)
def next_day(day: date) -> date:
    """The calendar day after."""
    return day + ONE_DAY
