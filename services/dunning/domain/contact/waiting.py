"""How often a debtor may be contacted (rules of all packs: contact).

Notices requested and calls and visits asked for count, per case and local day, and per person over
all cases. What is over a limit waits.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from services.dunning.domain.case.state import Case, WaitingContact
from services.dunning.domain.contact.events import ContactDelayed
from services.dunning.domain.contact.people import Contacts
from services.dunning.domain.localtime import ONE_DAY, local_day
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.actions import Action, Task
from services.dunning.policy.model import Contact
from services.dunning.policy.vocabulary import CONTACT_TASKS
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

_LOOK_AGAIN = timedelta(minutes=10)
"""By then it is known whether a notice just asked for found an address; if not, it was none."""


def allowed_at(view: View, by: str) -> datetime:
    """The first instant from now on at which one more contact, by a channel or a kind of task, is
    within limits and hours.

    A notice is held to hours and working days by whoever sends it, so only a call's are looked at.
    """
    if view.state.case is None:
        return view.now
    is_call = by in CONTACT_TASKS
    at = _within_limits(view, _allowed_on(view, view.today, by), by)
    if is_call:
        at = _on_working_day(view, at, by)
    reached = view.people.reached(by)
    if at > view.now and any(_is_fresh(one.at, view.now) for one in reached if not one.is_call):
        again = view.now + _LOOK_AGAIN
        if not is_call or again < view.at(view.today, view.pack.contact.until):
            return min(at, again)
    return at


def contact_by(action: Action, contact: WaitingContact) -> str:
    """What a contact that waits is made by: its channel, else the kind of its task."""
    return contact.channel or (action.kind if isinstance(action, Task) else "")


def goes_out_on(view: View) -> date:
    """The day on which a notice asked for now is sent: after the hours it waits for the next."""
    ended = view.now >= view.at(view.today, view.pack.contact.until)
    return view.working.open_from(view.today + ONE_DAY if ended else view.today)


def _on_working_day(view: View, at: datetime, by: str) -> datetime:
    """That instant, or the step time of the next working day within the limits (rules of all packs:
    working days).
    """
    day = local_day(at, view.zone)
    if view.working.is_open(day):
        return at
    while (free := _allowed_on(view, view.working.open_from(day), by)) != day:
        day = free
    return view.at(day, view.pack.step_time)


def _within_limits(view: View, day: date, by: str) -> datetime:
    limits, is_call = view.pack.contact, by in CONTACT_TASKS
    if day == view.today and not is_call:
        return view.now
    if day == view.today and view.now < view.at(day, limits.until):
        return max(view.now, view.at(day, limits.from_))
    if day == view.today:
        day = _allowed_on(view, day + ONE_DAY, by)
    return view.at(day, limits.from_)


def _allowed_on(view: View, day: date, by: str) -> date:
    """The first day, from `day` on, on which one more contact is within the limits."""
    case, limits, is_call = view.state.case, view.pack.contact, by in CONTACT_TASKS
    reached = view.people.reached(by)
    while case and not (
        _is_free(case, limits, day, is_call=is_call)
        and _is_free_of(reached, limits, day, is_call=is_call)
    ):
        day += ONE_DAY
    return day


def free_for_person(view: View, day: date, by: str) -> date:
    """The first day, from `day` on, on which one more contact is within the person's limits."""
    reached = view.people.reached(by)
    while not _is_free_of(reached, view.pack.contact, day, is_call=False):
        day += ONE_DAY
    return day


def _is_free(case: Case, limits: Contact, day: date, *, is_call: bool) -> bool:
    return _fit(case.contacts, case.calls if is_call else (), limits, day)


def _is_free_of(reached: Contacts, limits: Contact, day: date, *, is_call: bool) -> bool:
    calls = [one.on for one in reached if one.is_call] if is_call else ()
    contacts = [one.on for one in reached]
    # A call that is planned for a later day must still be within the limits on that day.
    ends = {day, *(one.on for one in reached if one.planned and one.on > day)}
    window = timedelta(days=limits.window_days)
    reaching = (end for end in ends if end - window < day)
    return not reached or all(
        _fit(contacts, calls if end == day else (), limits, end) for end in reaching
    )


def _fit(contacts: Iterable[date], calls: Iterable[date], limits: Contact, day: date) -> bool:
    if sum(d == day for d in calls) >= limits.calls_per_day_max:
        return False
    since = day - timedelta(days=limits.window_days)
    return sum(since < d <= day for d in contacts) < limits.contacts_max


def _is_fresh(at: datetime, now: datetime) -> bool:
    return at > now - _LOOK_AGAIN


def is_delayed(rec: Recorder, cause: Cause, by: str) -> bool:
    """Whether a contact has to wait; if so, put it in the queue (a queued one stays there)."""
    if rec.state.case is None or allowed_at(rec, by) <= rec.now:
        return False
    if cause.contact is None:
        rec.effect(
            ContactDelayed(
                contact=rec.new_id("w"),
                on=rec.today,
                path=cause.path,
                channel=None if by in CONTACT_TASKS else by,
                follows=cause.follows,
            ),
            cause,
        )
    return True


def agenda(view: View, _floor: date) -> Iterator[Due]:
    """What waits goes, in the order it came, once the limits allow it; in a pause that is
    not known.
    """
    waiting = view.state.case.waiting if view.state.case else ()
    is_paused = bool(waiting) and view.is_paused
    for contact in waiting:
        action = view.pack.action(contact.step, contact.path)
        if action is not None:
            at = None if is_paused else allowed_at(view, contact_by(action, contact))
            run = partial(_release, contact=contact, action=action)
            why = a.WaitsForLimit(contact.reason)
            yield Due(at, a.Actions((action,)), why, run, contact.step)


def _release(rec: Recorder, contact: WaitingContact, action: Action) -> None:
    """Let it go if the limits still allow it: each that goes counts for those behind it."""
    if rec.is_paused or allowed_at(rec, contact_by(action, contact)) > rec.now:
        return
    cause = Cause(
        contact.step,
        r.WaitedForLimit(contact.reason),
        contact.path,
        contact=contact.contact,
        channel=contact.channel,
        follows=contact.follows,
    )
    rec.act(action, cause)
