"""When a debtor may be contacted: hours of the day and contacts in seven days (rule 7 of
the collection policies).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.notifier.domain.rules import CONTACT_WINDOW_DAYS
from services.notifier.domain.state import Contact
from services.notifier.domain.terms import Terms

_LOOK_AGAIN = timedelta(hours=1)
_DAYS_MAX = 400
"""Looked at for hours and working days that fit together."""
_OPENS = time(9)
"""When what waited for the next working day goes out (rule 19)."""


def first_allowed(
    now: datetime, terms: Terms, contacts: tuple[Contact, ...], zone: str = ""
) -> tuple[datetime, str]:
    """The first instant, not before `now`, at which the debtor may be contacted, and what made it
    wait.

    Hours are those where the debtor is (`zone`; empty: where the creditor is), days and working
    days the creditor's; both must allow it. The reason is empty when it may go at once, else
    `frequency`, `hours`, `closed`, or `time_zone` where nobody knows what time it is there.
    """
    there = zone_of(zone, terms)
    if there is None:
        return now + _LOOK_AGAIN, "time_zone"
    start, reason = _within_hours(now, terms, there), ""
    for _ in range(_DAYS_MAX):
        today = start.astimezone(terms.zone).date()
        free_day = _first_free_day(today, terms.contacts_max, contacts)
        open_day = terms.working_days.open_from(free_day)
        if open_day == today:
            return start, reason or ("" if start <= now else "hours")
        opens = terms.contact_from if open_day == free_day else max(_OPENS, terms.contact_from)
        reason = "frequency" if open_day == free_day else "closed"
        start = _within_hours(_local(open_day, opens, terms.zone), terms, there)
    return now + _LOOK_AGAIN, "time_zone"


def zone_of(name: str, terms: Terms) -> ZoneInfo | None:
    """The debtor's time zone; `None` where this machine does not know it."""
    try:
        return ZoneInfo(name) if name else terms.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def after_todays_call(
    now: datetime, terms: Terms, contacts: tuple[Contact, ...], case_id: str, zone: str = ""
) -> datetime | None:
    """When the debtor may be called where there was a call or a visit today; `None`: now."""
    today = now.astimezone(terms.zone).date()
    if not any(one.is_call and one.day == today and one.case_id == case_id for one in contacts):
        return None
    tomorrow = _local(today + timedelta(days=1), time.min, terms.zone)
    return first_allowed(tomorrow, terms, contacts, zone)[0]


def window_end(now: datetime, terms: Terms, zone: str = "") -> datetime:
    """Until when a call that is handed over now may be made."""
    there = zone_of(zone, terms) or terms.zone
    return _local(now.astimezone(there).date(), terms.contact_until, there)


def _within_hours(now: datetime, terms: Terms, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    opens = _local(today, terms.contact_from, zone)
    if now < opens:
        return opens
    if now < _local(today, terms.contact_until, zone):
        return now
    return _local(today + timedelta(days=1), terms.contact_from, zone)


def _first_free_day(today: date, limit: int, contacts: tuple[Contact, ...]) -> date:
    """Contacts count for the account, whatever case they belong to, or to none."""
    days = sorted((one.day for one in contacts), reverse=True)
    if len(days) < limit:
        return today
    # A contact leaves the window seven days after its day; the limit-th newest is the one
    # that must have left.
    return max(today, days[limit - 1] + timedelta(days=CONTACT_WINDOW_DAYS))


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant; in the gap of a clock change it moves forward, of two it is
    the first.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)
