"""Which days are worked, by country or by list."""

from datetime import date

import pytest

from contracts.words.workdays import EVERY_DAY, WorkingDays, is_country

CHINA = WorkingDays("CN")


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        (CHINA, date(2026, 2, 14), True),  # a Saturday that is made up for
        (CHINA, date(2026, 2, 16), False),  # a Monday of the Spring Festival
        (CHINA, date(2026, 3, 7), False),
        (CHINA, date(2040, 2, 13), True),  # not announced: a Monday works
        (CHINA, date(2040, 2, 12), False),
        (WorkingDays("DE"), date(2026, 5, 1), False),
        (WorkingDays("DE"), date(2026, 5, 2), False),
        (WorkingDays("DE"), date(2026, 5, 4), True),
        (WorkingDays("SA"), date(2026, 5, 1), False),  # weekends are Friday and Saturday
        (WorkingDays("SA"), date(2026, 5, 3), True),
        (WorkingDays(closed=(date(2026, 5, 4),)), date(2026, 5, 4), False),
        (WorkingDays(closed=(date(2026, 5, 4),)), date(2026, 5, 3), True),
        (EVERY_DAY, date(2026, 2, 16), True),
    ],
)
def test_a_day_is_worked_or_not(calendar: WorkingDays, day: date, works: bool) -> None:
    assert calendar.is_open(day) is works


def test_the_next_working_day_is_the_day_itself_when_it_is_one() -> None:
    assert CHINA.open_from(date(2026, 2, 14)) == date(2026, 2, 14)
    assert CHINA.open_from(date(2026, 2, 15)) == date(2026, 2, 24)


def test_a_year_is_known_once_it_is_announced() -> None:
    assert CHINA.knows(2026)
    assert not CHINA.knows(2040)
    assert WorkingDays("DE").knows(2040)
    assert WorkingDays(closed=(date(2026, 5, 4),)).knows(2040)


def test_a_country_is_named_by_its_code() -> None:
    assert is_country("CN")
    assert is_country("DE")
    assert not is_country("XX")
    assert not is_country("cn")
