"""Local days and times of a creditor's zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
_IN_EVERY_MONTH = 28
_INSTANTS_KEPT = 1024
"""Accounts of a creditor ask for the same few again and again."""


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The creditor's calendar day at an instant."""
    return now.astimezone(zone).date()


@lru_cache(_INSTANTS_KEPT)
def instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time `HH:MM` on a day; 24:00 is the day's end."""
    if clock == "24:00":
        return instant(day + ONE_DAY, "00:00", zone)
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last instant of a local day."""
    return datetime.combine(day + ONE_DAY, time(), zone) - timedelta(microseconds=1)


def monthly(year: int, month: int, day: int) -> date:
    """That day of the month, in a shorter month its last (calendar rule of all packs)."""
    return date(
        year, month, day if day <= _IN_EVERY_MONTH else min(day, monthrange(year, month)[1])
    )


def next_monthly(from_day: date, *days: int) -> date:
    """The first of these days of a month that is not before `from_day`."""
    return min(_next_monthly(from_day, day) for day in days)


def named_day(on: date, days: tuple[int, ...]) -> int:
    """Which of these days of a month a date is."""
    return next(day for day in days if _next_monthly(on, day) == on)


def _next_monthly(from_day: date, day: int) -> date:
    this = monthly(from_day.year, from_day.month, day)
    if this >= from_day:
        return this
    year, month = from_day.year + from_day.month // 12, from_day.month % 12 + 1
    return monthly(year, month, day)


def months_after(day: date, months: int) -> date:
    """The same day some calendar months on, the last of a shorter month."""
    index = day.month - 1 + months
    return monthly(day.year + index // 12, index % 12 + 1, day.day)
