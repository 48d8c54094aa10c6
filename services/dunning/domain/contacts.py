"""How often a debtor may be contacted (rules of all packs: contact).

Notices requested and calls and visits asked for count, per case and local day. What is over a limit
waits.
"""

from datetime import date, datetime, timedelta

from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.recorder import Recorder
from services.dunning.domain.state import Case
from services.dunning.policy.model import Contact


def allowed_on(case: Case, limits: Contact, day: date, *, is_call: bool) -> date:
    """The first day, from `day` on, on which one more contact is within the limits."""
    while not _is_free(case, limits, day, is_call=is_call):
        day += ONE_DAY
    return day


def allowed_at(rec: Recorder, *, is_call: bool) -> datetime:
    """The first instant from now on at which one more contact is within limits and hours.

    A notice is held to the hours by whoever sends it, so only a call's hour is looked at here.
    """
    limits = rec.pack.contact
    if rec.state.case is None:
        return rec.now
    day = allowed_on(rec.state.case, limits, rec.today, is_call=is_call)
    if day == rec.today and not is_call:
        return rec.now
    if day == rec.today and rec.now < rec.at(day, limits.until):
        return max(rec.now, rec.at(day, limits.from_))
    if day == rec.today:
        day = allowed_on(rec.state.case, limits, day + ONE_DAY, is_call=is_call)
    return rec.at(day, limits.from_)


def goes_out_on(rec: Recorder) -> date:
    """The day on which a notice asked for now is sent: after the hours it waits for the next."""
    ended = rec.now >= rec.at(rec.today, rec.pack.contact.until)
    return rec.today + ONE_DAY if ended else rec.today


def _is_free(case: Case, limits: Contact, day: date, *, is_call: bool) -> bool:
    if is_call and sum(d == day for d in case.calls) >= limits.calls_per_day_max:
        return False
    since = day - timedelta(days=limits.window_days)
    return sum(since < d <= day for d in case.contacts) < limits.contacts_max
