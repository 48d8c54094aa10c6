"""Which events of an account are contacts of a person."""

from datetime import datetime
from typing import Any

from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.contact.events import DeliveryRecorded, NoticeRequested
from services.dunning.domain.contact.people import WAYS, People, PersonContact
from services.dunning.policy.vocabulary import CONTACT_TASKS


def count_contact(people: People, event: Any, now: datetime) -> People:
    """The people as they are after an event of the account: a contact more, or one that was
    none.
    """
    if isinstance(event, NoticeRequested) and event.case_id:
        return _plus(people, event.channel, PersonContact(ref=event.notice_id, on=event.on, at=now))
    if isinstance(event, TaskRequested) and event.case_id and event.kind in CONTACT_TASKS:
        return _plus(
            people, event.kind, PersonContact(ref=event.task_id, on=event.on, at=now, is_call=True)
        )
    if isinstance(event, DeliveryRecorded) and event.result == "suppressed":
        return _without(people, event.notice_id)
    return people


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
