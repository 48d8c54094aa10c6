"""Which events of an account are contacts of a person."""

from datetime import date, datetime
from typing import Any

from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.contact.events import (
    ContactReported,
    DeliveryRecorded,
    NoticeRequested,
)
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
    if isinstance(event, DeliveryRecorded) and event.result == "suppressed":
        return _without(people, event.notice_id)
    if isinstance(event, DeliveryRecorded) and event.next and event.notice_id and event.on:
        return _further(people, event.next, event.notice_id, event.on, now)
    return people


def _reported(event: ContactReported) -> PersonContact:
    is_call = event.channel in CONTACT_TASKS
    return PersonContact(ref=event.contact_id, on=event.on, at=event.at, is_call=is_call)


def _further(people: People, by: str, ref: str, on: date, now: datetime) -> People:
    """A notice that goes on by another channel may reach somebody else there; the same person is
    contacted once.
    """
    known = (one.ref for contacts in people.contacts.values() for one in contacts)
    if ref not in known or any(one.ref == ref for one in people.reached(by)):
        return people
    return _plus(people, by, PersonContact(ref=ref, on=on, at=now))


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
