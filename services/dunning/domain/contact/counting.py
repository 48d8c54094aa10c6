"""Which events of an account are contacts of a person."""

from datetime import date, datetime
from typing import Any

import msgspec

from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.contact.events import (
    ContactReported,
    DeliveryRecorded,
    NoticeRequested,
)
from services.dunning.domain.contact.evolve import UNANSWERED
from services.dunning.domain.contact.people import WAYS, People, PersonContact
from services.dunning.policy.vocabulary import CONTACT_TASKS


def count_contact(people: People, event: Any, now: datetime) -> People:
    """The people as they are after an event of the account: a contact more, or one that was
    none. Without a case a notice counts that asks for what is overdue: a bill does not.
    """
    if isinstance(event, NoticeRequested) and (event.case_id or event.needs_overdue):
        return _plus(people, event.channel, PersonContact(ref=event.notice_id, on=event.on, at=now))
    if isinstance(event, TaskRequested) and event.kind in CONTACT_TASKS:
        return _plus(
            people, event.kind, PersonContact(ref=event.task_id, on=event.on, at=now, is_call=True)
        )
    if isinstance(event, ContactReported):
        return _plus(people, event.channel, _reported(event))
    if isinstance(event, DeliveryRecorded) and event.notice_id:
        return _reported_of(people, event, event.notice_id, now)
    return people


def is_counted(people: People, notice_id: str) -> bool:
    """Whether a notice, or a call about it, is among the latest contacts of somebody."""
    known = (one.ref for contacts in people.contacts.values() for one in contacts)
    return any(ref == notice_id or ref.startswith(_call(notice_id)) for ref in known)


def is_called(people: People, notice_id: str, number: int) -> bool:
    """Whether a call about a notice was made or is planned."""
    known = (one.ref for contacts in people.contacts.values() for one in contacts)
    return _call(notice_id, number) in known


def _reported_of(people: People, event: DeliveryRecorded, ref: str, now: datetime) -> People:
    """What became of a notice: suppressed it was no contact, but the calls made about it were; one
    that is planned counts until it is known that it does not come.
    """
    if event.result in UNANSWERED:
        return _called_again(_renamed(people, ref, _call(ref, event.call or 1)), event, ref, now)
    if event.on and event.call:
        made = PersonContact(ref=_call(ref, event.call), on=event.on, at=now)
        known = [one for one in people.reached(event.channel) if one.ref == made.ref]
        if any(not one.planned for one in known):
            return people
        return _plus(_without(people, made.ref), event.channel, made)
    if event.result == "sent":
        return people
    people = _unplanned(people, ref)
    if event.result == "suppressed":
        return _without(people, ref)
    if event.on and event.next:
        return _further(people, event.next, ref, event.on, now)
    return people


def _called_again(people: People, event: DeliveryRecorded, ref: str, now: datetime) -> People:
    if event.on is None:
        return people
    next_one = _call(ref, (event.call or 1) + 1)
    planned = PersonContact(ref=next_one, on=event.on, at=now, planned=True)
    return _plus(_without(people, next_one), event.channel, planned)


def _unplanned(people: People, ref: str) -> People:
    planned = [one.ref for known in people.contacts.values() for one in known if one.planned]
    for each in planned:
        if each.startswith(_call(ref)):
            people = _without(people, each)
    return people


def _call(ref: str, number: int | str = "") -> str:
    """What the calls about a notice are counted by once they were made."""
    return f"{ref}.call{number}"


def _reported(event: ContactReported) -> PersonContact:
    is_call = event.channel in CONTACT_TASKS
    return PersonContact(ref=event.contact_id, on=event.on, at=event.at, is_call=is_call)


def _further(people: People, by: str, ref: str, on: date, now: datetime) -> People:
    """A notice that goes on by another channel may reach somebody else there; the same person is
    contacted once, unless it was called before.
    """
    if not is_counted(people, ref) or any(one.ref == ref for one in people.reached(by)):
        return people
    return _plus(people, by, PersonContact(ref=ref, on=on, at=now))


def _renamed(people: People, ref: str, made: str) -> People:
    """A call that was made stays a contact, whatever becomes of the notice."""
    contacts = {
        person: tuple(
            msgspec.structs.replace(one, ref=made) if one.ref == ref else one for one in known
        )
        for person, known in people.contacts.items()
    }
    return people._replace(contacts=contacts)


def _plus(people: People, by: str, new: PersonContact) -> People:
    person = people.persons.get(WAYS[by])
    if person is None:
        return people
    known = (*people.contacts.get(person, ()), new)
    return people._replace(contacts={**people.contacts, person: known})


def _without(people: People, ref: str | None) -> People:
    if not any(one.ref == ref for known in people.contacts.values() for one in known):
        return people
    left = {
        person: tuple(one for one in known if one.ref != ref)
        for person, known in people.contacts.items()
    }
    return people._replace(contacts=left)
