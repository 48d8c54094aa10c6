"""The people behind accounts: who a contact reaches, and how often they were contacted of late.

The same debtor with several accounts is one person (rules of all packs: contact). Who that is, is
known here by a name that says nothing: the same `debtor_id`, else the same address.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import Struct

from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.contact.events import DeliveryRecorded, NoticeRequested
from services.dunning.policy.vocabulary import CONTACT_TASKS

WAYS = {
    "sms": "sms",
    "voice": "voice",
    "phone_call": "voice",
    "email": "email",
    "letter": "post",
    "registered_letter": "post",
    "ems": "post",
    "visit": "post",
    "public_list": "public",
}
"""By channel or task kind: the kind of address it goes to."""


class PersonContact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contact of a person: by which notice or task, on which local day, asked for when."""

    ref: str
    on: date
    at: datetime
    is_call: bool = False


Contacts = tuple[PersonContact, ...]


class People(NamedTuple):
    """Whom an account's contacts reach: `persons` by way, and the latest contacts of each."""

    persons: Mapping[str, str] = {}
    contacts: Mapping[str, Contacts] = {}

    def reached(self, by: str) -> Contacts:
        """The latest contacts of whoever a channel or task of this kind reaches."""
        person = self.persons.get(WAYS.get(by, ""))
        return () if person is None else self.contacts.get(person, ())

    def after(self, event: Any, now: datetime) -> "People":
        """As it is after an event of the account: a contact more, or one that was none."""
        if isinstance(event, NoticeRequested) and event.case_id:
            return self._plus(event.channel, event.notice_id, event.on, now, is_call=False)
        if isinstance(event, TaskRequested) and event.case_id and event.kind in CONTACT_TASKS:
            return self._plus(event.kind, event.task_id, event.on, now, is_call=True)
        if isinstance(event, DeliveryRecorded) and event.result == "suppressed":
            return self._without(event.notice_id)
        return self

    def _plus(self, by: str, ref: str, on: date, now: datetime, *, is_call: bool) -> "People":
        person = self.persons.get(WAYS[by])
        if person is None:
            return self
        new = PersonContact(ref=ref, on=on, at=now, is_call=is_call)
        known = (*self.contacts.get(person, ()), new)
        return self._replace(contacts={**self.contacts, person: known})

    def _without(self, ref: str | None) -> "People":
        if not any(one.ref == ref for known in self.contacts.values() for one in known):
            return self
        left = {
            person: tuple(one for one in known if one.ref != ref)
            for person, known in self.contacts.items()
        }
        return self._replace(contacts=left)


NOBODY = People()
"""Nobody in particular: the limits of the case alone count."""
