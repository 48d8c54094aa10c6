"""What billing tells of a debtor, and what is kept of it."""

import os
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chassis.owed.debtor import Profile, described, kept_latest
from chassis.owed.hearing import Told, profile_told
from chassis.store.vault import KeyRing
from chassis.store.work import Work
from chassis.store.wrapping import master_key
from contracts import billing
from contracts.codec import decode, encode
from contracts.words.streams import Subject

SUBJECT = Subject("acme", "P-1")
PERSON = {"name": "张三丰", "kind": "natural_person", "phones": ["13800138000"], "language": "zh"}


def _work() -> Work:
    keys = KeyRing(master_key(os.urandom(32)), {})
    return Work(now=datetime(2026, 3, 10, tzinfo=UTC), lane=0, keys=keys)


def _tell(known: Profile, data: billing.AccountUpserted) -> Profile | None:
    return None if data.debtor is None else described(known, data.debtor)


def _told(work: Work, sealed: bytes = b"", **data: Any) -> Told[Profile] | None:
    value = encode(
        billing.AccountUpserted.model_validate({"account_id": "P-1"} | data),
        id="m1",
        source="test",
        time=work.now,
        creditor="acme",
        subject="P-1",
    )
    return profile_told(work, decode(value, ()), sealed, Profile, _tell)


def test_what_is_told_is_sealed() -> None:
    work = _work()
    told = _told(work, debtor=PERSON)
    assert told is not None
    assert (told.before, told.profile.name) == (None, "张三丰")
    assert msgspec.convert(work.open(SUBJECT, told.sealed, "profile"), Profile) == told.profile


def test_what_was_known_is_told_beside() -> None:
    work = _work()
    first = _told(work, debtor=PERSON)
    assert first is not None
    second = _told(work, first.sealed, debtor=PERSON | {"phones": []})
    assert second is not None
    assert (second.before, second.profile.phones) == (first.profile, ())


def test_a_message_that_says_nothing_of_the_debtor_keeps_nothing() -> None:
    assert _told(_work(), segment="gold") is None


def test_nothing_is_kept_of_an_erased_debtor() -> None:
    work = _work()
    work.erase(SUBJECT)
    assert _told(work, debtor=PERSON) is None


def test_a_description_leaves_alone_what_billing_tells_apart() -> None:
    known = Profile(name="before", number="京A·12345")
    after = described(known, billing.DebtorPart.model_validate(PERSON))
    assert (after.name, after.phones, after.number) == ("张三丰", ("13800138000",), "京A·12345")


@pytest.mark.parametrize(("kind", "company"), [("natural_person", False), ("government", True)])
def test_somebody_represents_all_but_persons(kind: str, company: bool) -> None:
    assert Profile(kind=kind).is_company is company


def test_only_the_latest_items_are_remembered() -> None:
    known = kept_latest({"a": b"1", "b": b"2"}, "c", b"3", most=2)
    assert known == {"b": b"2", "c": b"3"}
    assert kept_latest(known, "b", b"4", most=3) == {"b": b"4", "c": b"3"}
