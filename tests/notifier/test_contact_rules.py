"""Contact hours and contacts per seven days: rule 7."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.contact import first_allowed
from services.notifier.domain.destinations import masked
from services.notifier.domain.events import ContactSeen
from services.notifier.domain.evolve import evolve
from services.notifier.domain.state import Account, Contact
from services.notifier.domain.terms import Terms

SHANGHAI = Terms("acme", "Asia/Shanghai", "CNY")
BERLIN = Terms("acme", "Europe/Berlin", "EUR")
NEW_YORK = Terms("acme", "America/New_York", "USD")
KOLKATA = Terms("acme", "Asia/Kolkata", "INR")


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def contacts(*days: int, case: str = "C-1") -> tuple[Contact, ...]:
    return tuple(Contact(date(2026, 3, day), case) for day in days)


@pytest.mark.parametrize(
    ("terms", "now", "allowed"),
    [
        (SHANGHAI, utc(3, 10, 0), utc(3, 10, 0)),  # 08:00
        (SHANGHAI, utc(3, 9, 23, 59), utc(3, 10, 0)),  # 07:59
        (SHANGHAI, utc(3, 10, 11, 59), utc(3, 10, 11, 59)),  # 19:59
        (SHANGHAI, utc(3, 10, 12), utc(3, 11, 0)),  # 20:00
        (BERLIN, utc(3, 28, 20), utc(3, 29, 6)),  # the night the clocks go forward
        (BERLIN, utc(3, 29, 5, 59), utc(3, 29, 6)),
        (BERLIN, utc(3, 29, 18), utc(3, 30, 6)),  # 20:00 is an hour earlier in UTC now
        (BERLIN, utc(10, 25, 6, 30), utc(10, 25, 7)),  # and back in October
        (NEW_YORK, utc(3, 8, 11, 59), utc(3, 8, 12)),  # 07:59 on the first day of summer time
        (NEW_YORK, utc(11, 1, 12, 30), utc(11, 1, 13)),
        (KOLKATA, utc(3, 10, 2, 29), utc(3, 10, 2, 30)),  # half-hour zone
    ],
)
def test_contacts_are_between_eight_and_twenty_local(
    terms: Terms, now: datetime, allowed: datetime
) -> None:
    until, reason = first_allowed(now, terms, ())
    assert until == allowed
    assert reason == ("" if until == now else "hours")


def test_a_creditors_own_hours_count() -> None:
    terms = Terms("acme", "Asia/Shanghai", "CNY", contact_from=time(9), contact_until=time(18))
    assert first_allowed(utc(3, 10, 0), terms, ())[0] == utc(3, 10, 1)
    assert first_allowed(utc(3, 10, 10), terms, ())[0] == utc(3, 11, 1)


def test_the_seventh_contact_goes_and_the_eighth_waits() -> None:
    now = utc(3, 10, 1)
    six = contacts(4, 5, 6, 7, 8, 9)
    assert first_allowed(now, SHANGHAI, six) == (now, "")
    seven = contacts(4, 5, 6, 7, 8, 9, 10)
    assert first_allowed(now, SHANGHAI, seven) == (utc(3, 11, 0), "frequency")


def test_contacts_leave_the_window_after_seven_days() -> None:
    burst = contacts(4, 4, 4, 4, 4, 4, 4)
    assert first_allowed(utc(3, 10, 1), SHANGHAI, burst) == (utc(3, 11, 0), "frequency")
    assert first_allowed(utc(3, 11, 1), SHANGHAI, burst) == (utc(3, 11, 1), "")


def test_the_contacts_of_another_case_or_of_none_count_too() -> None:
    """It is the same person who is contacted."""
    others = contacts(4, 5, 6, case="C-0") + contacts(7, 8, 9, 10, case="")
    assert first_allowed(utc(3, 10, 1), SHANGHAI, others) == (utc(3, 11, 0), "frequency")


_STEPS = st.tuples(
    st.integers(0, 60 * 40),
    st.sampled_from(["notice", "call", "agency"]),
    st.sampled_from(["C-1", "C-2", ""]),
    st.integers(0, 9),
)
_ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia"])


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    steps=st.lists(_STEPS, min_size=1, max_size=40),
    creditors=_ZONES,
    debtors=_ZONES,
)
def test_no_schedule_ever_breaks_hours_or_frequency(
    start: datetime, steps: list[tuple[int, str, str, int]], creditors: str, debtors: str
) -> None:
    """Notices, calls and what agencies report late, of several cases and none, together."""
    terms = Terms("acme", creditors, "CNY")
    now = start.replace(tzinfo=UTC)
    state = Account("acme", "P-1")
    days: list[date] = []
    for gap, kind, case, late in steps:
        now += timedelta(minutes=gap)
        if kind == "agency":  # done already: it can only be counted
            day = now.astimezone(terms.zone).date() - timedelta(days=late)
        else:
            now, _ = first_allowed(now, terms, state.contacts, debtors)
            assert time(8) <= now.astimezone(ZoneInfo(debtors)).time() < time(20)
            day = now.astimezone(terms.zone).date()
            assert sum((day - one).days < 7 for one in days) < 7
        days.append(day)
        state = evolve(state, ContactSeen(case, day, is_call=kind == "call"))


def test_masks_show_too_little_to_reach_anybody() -> None:
    assert masked("+8613800138000", "sms") == "***8000"
    assert masked("zhang@example.com", "email") == "z***@***.com"
    assert masked("青山县河东路18号", "letter") == "青山***"


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (utc(3, 13, 11), utc(3, 13, 11)),  # Friday 19:00
        (utc(3, 13, 12), utc(3, 16, 1)),  # Friday 20:00: Monday nine o'clock
        (utc(3, 14, 2), utc(3, 16, 1)),  # Saturday
        (utc(3, 15, 23, 30), utc(3, 16, 0)),  # Monday before hours
    ],
)
def test_what_falls_on_a_closed_day_waits_for_nine_of_the_next(
    now: datetime, allowed: datetime
) -> None:
    terms = Terms("acme", "Asia/Shanghai", "CNY", calendar="CN")
    assert first_allowed(now, terms, ())[0] == allowed


def test_the_limit_and_the_closed_days_hold_together() -> None:
    terms = Terms("acme", "Asia/Shanghai", "CNY", contacts_max=1, closed_days=(date(2026, 3, 17),))
    waits = first_allowed(utc(3, 11, 2), terms, contacts(10))
    assert waits == (utc(3, 18, 1), "closed")


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")


@given(
    st.integers(0, 425 * 24 * 60).map(lambda minutes: utc(1, 1, 0) + timedelta(minutes=minutes)),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.sampled_from(["", "CN"]),
)
def test_nobody_is_contacted_outside_the_hours_where_they_are(
    now: datetime, zone: str, creditors: str, calendar: str
) -> None:
    """Whatever the clocks do there, and only on the creditor's working days."""
    terms = Terms("acme", creditors, "CNY", calendar=calendar)
    at, reason = first_allowed(now, terms, (), zone)
    assert at >= now
    assert (at > now) == bool(reason)
    assert time(8) <= at.astimezone(ZoneInfo(zone)).time() < time(20)
    assert terms.working_days.is_open(at.astimezone(terms.zone).date())


def test_where_nobody_knows_the_time_zone_a_notice_waits() -> None:
    at, reason = first_allowed(utc(3, 10, 2), SHANGHAI, (), "Mars/Olympus")
    assert (at, reason) == (utc(3, 10, 3), "time_zone")
