"""The people behind accounts: who a contact reaches, and how often they were contacted of late.

The same debtor with several accounts is one person (rules of all packs: contact). Who that is, is
known here by a name that says nothing: the same `debtor_id`, else the same address.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from msgspec import Struct

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
    """One contact of a person: by which notice or task, on which local day, asked for when; or a
    call that is `planned` for that day, since nobody took the one before.
    """

    ref: str
    on: date
    at: datetime
    is_call: bool = False
    planned: bool = False


Contacts = tuple[PersonContact, ...]


class People(NamedTuple):
    """Whom an account's contacts reach: `persons` by way, and the latest contacts of each."""

    persons: Mapping[str, str] = {}
    contacts: Mapping[str, Contacts] = {}

    def reached(self, by: str) -> Contacts:
        """The latest contacts of whoever a channel or task of this kind reaches."""
        person = self.persons.get(WAYS.get(by, ""))
        return () if person is None else self.contacts.get(person, ())


NOBODY = People()
"""Nobody in particular: the limits of the case alone count."""
