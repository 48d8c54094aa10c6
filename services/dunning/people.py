"""The latest contacts of each person, beside the streams: several lanes count them together.

A person is a keyed hash of the creditor and the `debtor_id`, else of the address: the table names
nobody, and a row is deleted once its contacts count no more (`docs/adr/0008`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from asyncpg import Connection

from chassis.errors import Conflict
from chassis.runtime.service import Service
from chassis.store.beside import SubjectKeys
from chassis.store.pool import acquire
from chassis.store.work import Work
from contracts.words.addresses.mail import mail_addresses
from contracts.words.addresses.phone import by_number, region_of
from contracts.words.addresses.postal import postal_address
from contracts.words.streams import Subject, account_stream, creditor_stream, is_account, subject_of
from services.dunning.daily import Done
from services.dunning.domain.account import Account
from services.dunning.domain.contact.people import WAYS, Contacts, People
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.policy.model import Pack

_READ = """
select creditor, person, version, contacts from person_contacts
where (creditor, person) in (select * from unnest($1::text[], $2::text[]))
order by creditor, person"""
_READ_LOCKED = _READ + " for update"
_WRITE = """
insert into person_contacts as p (creditor, person, version, until, contacts)
select * from unnest($1::text[], $2::text[], $3::int[], $4::date[], $5::bytea[])
  changed (creditor, person, version, until, contacts)
order by creditor, person
on conflict (creditor, person) do update
set version = excluded.version, until = excluded.until, contacts = excluded.contacts
where p.version = excluded.version - 1"""
_FORGET = "delete from person_contacts where until < $1"

_WAYS = frozenset(WAYS.values())
_BY_ID = "id"
_decoder = msgspec.msgpack.Decoder(Contacts)

Key = tuple[str, str]
"""A creditor and a person of it."""


class Known(NamedTuple):
    """A person's row: the version it was read at (0: none yet) and its contacts."""

    version: int
    contacts: Contacts


@dataclass
class Around:
    """What a unit of work knows of the people behind its accounts, and what it changed."""

    persons: dict[Subject, Mapping[str, str]] = field(default_factory=dict)
    known: dict[Key, Known] = field(default_factory=dict)
    until: dict[Key, date] = field(default_factory=dict)

    def of(self, subject: Subject) -> People:
        """The people an account's contacts reach; nobody when it was not loaded."""
        persons = self.persons.get(subject, {})
        contacts = {
            person: self.known[subject.creditor, person].contacts for person in persons.values()
        }
        return People(persons, contacts)

    def keep(self, creditor: str, before: People, after: People, pack: Pack) -> None:
        """Take over what a decision changed; contacts that no longer count are left out."""
        days = timedelta(days=pack.contact.window_days)
        for person, contacts in after.contacts.items():
            if contacts == before.contacts.get(person):
                continue
            key = (creditor, person)
            last = max((one.on for one in contacts), default=date.min)
            # What is planned for a later day lets nothing be forgotten before.
            made = max((one.on for one in contacts if not one.planned), default=last)
            counted = tuple(one for one in contacts if one.on > made - days) if contacts else ()
            self.known[key] = self.known[key]._replace(contacts=counted)
            self.until[key] = last + days if contacts else last


class PersonContacts:
    """Reads and writes `person_contacts` with units of work; without a `region` phone numbers are
    read as in the country of their creditor's time zone.
    """

    def __init__(self, region: str) -> None:
        self.region = region

    async def load(
        self,
        store: SubjectKeys,
        connection: Connection,
        work: Work,
        streams: Sequence[str],
        *,
        lock: bool,
    ) -> None:
        """Find out who is behind the accounts, with a case or without, and how often they were
        contacted of late.
        """
        around: Around = work.beside or Around()
        new = [subject_of(stream) for stream in streams if _is_known(work, stream)]
        new = [subject for subject in dict.fromkeys(new) if subject not in around.persons]
        if not new:
            return
        unknown = [subject for subject in new if subject not in work.keys]
        if unknown:
            work.keys.merge(await store.keys(connection, unknown))
        for subject in new:
            around.persons[subject] = self._persons(store, work, subject)
        await _read(connection, around, lock=lock)
        work.beside = around

    async def save(self, connection: Connection, work: Work) -> None:
        """Write the changed rows; raises `Conflict` when another lane wrote one of them first."""
        around: Around = work.beside
        changed = sorted(around.until)
        if not changed:
            return
        status = await connection.execute(
            _WRITE,
            [creditor for creditor, _ in changed],
            [person for _, person in changed],
            [around.known[key].version + 1 for key in changed],
            [around.until[key] for key in changed],
            [msgspec.msgpack.encode(around.known[key].contacts) for key in changed],
        )
        if status != f"INSERT 0 {len(changed)}":
            raise Conflict("another lane contacted one of these people first")

    def _persons(self, store: SubjectKeys, work: Work, subject: Subject) -> Mapping[str, str]:
        state: Account = work.state(account_stream(*subject))
        told = work.open(subject, state.people, "people")
        if told is None:  # an account last told of before this was kept
            creditor: Creditor = work.state(creditor_stream(subject.creditor))
            region = self.region or region_of(creditor.zone)
            told = reached_at(work.open(subject, state.profile, "profile") or {}, region)
        if debtor_id := told.get(_BY_ID):
            return dict.fromkeys(_WAYS, _person(store, subject, _BY_ID, debtor_id))
        return {way: _person(store, subject, *_kind(way, at)) for way, at in told.items()}


def reached_at(profile: Mapping[str, Any], region: str) -> dict[str, str]:
    """What tells who is reached: the `debtor_id`, else the first usable address of each way."""
    if profile.get("debtor_id"):
        return {_BY_ID: profile["debtor_id"]}
    debtor = profile.get("debtor") or {}
    phones, mails = debtor.get("phones") or (), debtor.get("emails") or ()
    posts = [*(debtor.get("addresses") or ()), debtor.get("registered_address") or ""]
    numbers = [one for each in phones for one in by_number(each, region).items()]
    found = {
        "sms": next((one for one, texts in numbers if texts), None),
        "voice": next((one for one, _ in numbers), None),
        "email": next((a for one in mails for a in mail_addresses(one)), None),
        "post": next((a for one in posts if (a := postal_address(one))), None),
    }
    return {way: address for way, address in found.items() if address}


async def forget(service: Service, now: datetime) -> Done:
    """Delete the rows whose contacts count no more."""
    async with acquire(service.pool) as connection:
        await connection.execute(_FORGET, now.date() - ONE_DAY)
    return Done(0)


def _person(store: SubjectKeys, subject: Subject, kind: str, value: str) -> str:
    return store.pseudonym(f"{subject.creditor}\n{kind}\n{value}")


def _kind(way: str, address: str) -> tuple[str, str]:
    """One number is one person's, whether it is called or written to."""
    return ("phone" if way in ("sms", "voice") else way), address.casefold()


def _is_known(work: Work, stream: str) -> bool:
    """Whether it is an account whose debtor was told of; without a case it may be contacted too."""
    if not is_account(stream):
        return False
    state: Account = work.state(stream)
    return bool(state.people or state.profile)


async def _read(connection: Connection, around: Around, *, lock: bool) -> None:
    wanted = {
        (subject.creditor, person)
        for subject, persons in around.persons.items()
        for person in persons.values()
    }
    keys = sorted(wanted - around.known.keys())
    if not keys:
        return
    rows = await connection.fetch(
        _READ_LOCKED if lock else _READ, [key[0] for key in keys], [key[1] for key in keys]
    )
    around.known.update(dict.fromkeys(keys, Known(0, ())))
    for creditor, person, version, contacts in rows:
        around.known[creditor, person] = Known(version, _decoder.decode(contacts))
