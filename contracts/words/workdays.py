"""On which days a creditor works: its country's calendar, or a list of closed days.

China's comes from what the State Council announced (with the weekends that are made up for);
`holidays`, which knows the other countries, would have to guess it. Both libraries are loaded when
a calendar is first asked for.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_CHINA = "CN"
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_CLOSED_DAYS_MAX = 400


@dataclass(frozen=True)
class WorkingDays:
    """A calendar: of a `country` (ISO 3166, two capitals), or with its `closed` days listed.

    With neither every day works.
    """

    country: str = ""
    closed: tuple[date, ...] = ()

    def is_open(self, day: date) -> bool:
        """Whether the creditor works on a day; in a year nobody knows yet from Monday to Friday."""
        if not self.country:
            return day not in self.closed
        if not self.knows(day.year):
            return day.weekday() < _SATURDAY
        if self.country == _CHINA:
            return _is_workday_in_china(day)
        return bool(_of_country(self.country).is_working_day(day))

    def open_from(self, day: date) -> date:
        """The first working day from a day on; the day itself where none is near."""
        for ahead in range(_CLOSED_DAYS_MAX):
            if self.is_open(day + ahead * _ONE_DAY):
                return day + ahead * _ONE_DAY
        return day

    def knows(self, year: int) -> bool:
        """Whether the calendar of a year is known; a list of closed days is complete."""
        if not self.country:
            return True
        if self.country == _CHINA:
            return _china_knows(year)
        known = _of_country(self.country)
        return bool(known.start_year <= year <= known.end_year)


EVERY_DAY = WorkingDays()


def is_country(code: str) -> bool:
    """Whether the calendar of a country is at hand."""
    if code == _CHINA:
        return True
    import holidays

    return code in holidays.list_supported_countries(include_aliases=False)


def _is_workday_in_china(day: date) -> bool:
    import chinese_calendar

    return bool(chinese_calendar.is_workday(day))


@lru_cache
def _china_knows(year: int) -> bool:
    try:
        _is_workday_in_china(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache
def _of_country(code: str) -> Any:
    import holidays

    return holidays.country_holidays(code)
