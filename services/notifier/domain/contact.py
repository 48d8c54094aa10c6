"""When a debtor may be contacted: hours of the day and contacts per case in seven days (rule 7 of
the collection policies).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifier.domain.rules import CONTACT_WINDOW_DAYS
from services.notifier.domain.state import Contact
from services.notifier.domain.terms import Terms

_OPENS = time(9)
"""When what waited for the next working day goes out (rule 19)."""


def first_allowed(
    now: datetime, terms: Terms, contacts: tuple[Contact, ...], case_id: str
) -> tuple[datetime, str]:
    """The first instant, not before `now`, at which the case may be contacted, and what made it
    wait.

    The reason is empty when it may be contacted at once, else `frequency`, `hours` or `closed`.
    """
    start = _within_hours(now, terms)
    today = start.astimezone(terms.zone).date()
    free_day = _first_free_day(today, terms.contacts_max, contacts, case_id)
    open_day = terms.working_days.open_from(free_day)
    if open_day > free_day:
        return _local(open_day, max(_OPENS, terms.contact_from), terms.zone), "closed"
    if free_day > today:
        return _local(free_day, terms.contact_from, terms.zone), "frequency"
    return start, "" if start <= now else "hours"


def after_todays_call(
    now: datetime, terms: Terms, contacts: tuple[Contact, ...], case_id: str
) -> datetime | None:
    """When the debtor may be called where there was a call or a visit today; `None`: now."""
    today = now.astimezone(terms.zone).date()
    if not any(one.is_call and one.day == today and one.case_id == case_id for one in contacts):
        return None
    tomorrow = _local(today + timedelta(days=1), time.min, terms.zone)
    return first_allowed(tomorrow, terms, contacts, case_id)[0]


def window_end(now: datetime, terms: Terms) -> datetime:
    """Until when a call that is handed over now may be made."""
    return _local(now.astimezone(terms.zone).date(), terms.contact_until, terms.zone)


def _within_hours(now: datetime, terms: Terms) -> datetime:
    local = now.astimezone(terms.zone)
    today = local.date()
    opens = _local(today, terms.contact_from, terms.zone)
    if now < opens:
        return opens
    if now < _local(today, terms.contact_until, terms.zone):
        return now
    return _local(today + timedelta(days=1), terms.contact_from, terms.zone)


def _first_free_day(today: date, limit: int, contacts: tuple[Contact, ...], case_id: str) -> date:
    days = sorted((one.day for one in contacts if one.case_id == case_id), reverse=True)
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
