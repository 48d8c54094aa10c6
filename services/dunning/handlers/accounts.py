"""What upstream tells of an account: who owes, and how the debtor can be reached."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from chassis.store.work import Work
from contracts import billing
from contracts.codec import Message
from contracts.words.streams import Subject, account_stream
from services.dunning.decisions import Decisions
from services.dunning.domain.account import Account
from services.dunning.domain.contact.commands import UpdateAccount
from services.dunning.domain.contact.state import Person, Sealed
from services.dunning.domain.money.state import Agreement
from services.dunning.people import reached_at
from services.dunning.person_codes import code_of

_REACHED_BY = ("phones", "emails", "addresses", "registered_address")


def account_updated(
    work: Work, who: Subject, message: Message, decisions: Decisions
) -> UpdateAccount:
    """What a message leaves out stays as it was (the contract of `billing.account.upserted.v1`),
    and so does a person responsible who has to keep the account.
    """
    data: billing.AccountUpserted = message.data
    before: Account = work.state(account_stream(*who))
    known = work.open(who, before.profile, "profile")
    profile = known if isinstance(known, dict) else {}
    keeps_responsible = decisions.keeps_responsible(work, who)
    mandate = _has_mandate(before, profile, data)
    for name, value in _kept(data).items():
        if value is not None and not (name == "responsible" and keeps_responsible):
            profile[name] = msgspec.to_builtins(value)
    attributes = profile.get("attributes") or {}
    return UpdateAccount(
        segment=before.segment if data.segment is None else data.segment,
        attributes=tuple(sorted(name for name, value in attributes.items() if value is True)),
        profile=work.seal(who, profile, "profile"),
        reachable=_is_reachable(profile.get("debtor")),
        agreement=_agreement(profile.get("agreement")),
        responsible=_person(work, who, profile.get("responsible")),
        mandate=mandate,
        department=profile.get("department"),
        guarantors=_codes(work, profile.get("guarantors")),
        people=work.seal(who, reached_at(profile, decisions.region(work, who.creditor)), "people"),
        number=_number(work, who, profile.get("number")),
    )


def _kept(data: billing.AccountUpserted) -> dict[str, Any]:
    """What is kept of an account sealed, since it names people or may."""
    return {
        "debtor": data.debtor,
        "agreement": data.agreement,
        "guarantors": data.guarantors,
        "responsible": data.responsible,
        "department": data.department,
        "mandate": data.mandate,
        "attributes": data.attributes,
        "debtor_id": data.debtor_id,
        "number": data.number,
    }


def _number(work: Work, who: Subject, number: str | None) -> Sealed | None:
    """What people call the account, and what it is found by."""
    if not number or work.is_erased(who):
        return None
    return Sealed(sealed=work.seal(who, number, "number"), index=work.keys.index(number))


def _has_mandate(
    before: Account, profile: Mapping[str, Any], data: billing.AccountUpserted
) -> bool:
    """Whether there is a mandate now: an empty one withdraws it, and the one that was known says
    nothing new, which matters after the bank refused it.
    """
    if data.mandate is None or data.mandate == profile.get("mandate"):
        return before.mandate
    return bool(data.mandate)


def _is_reachable(debtor: dict[str, Any] | None) -> bool:
    """Whether any way to reach the debtor is known; of one nobody told of yet, that is not said."""
    if debtor is None:
        return True
    return any(debtor.get(name) for name in _REACHED_BY)


def _agreement(told: dict[str, Any] | None) -> Agreement | None:
    if told is None:
        return None
    days = [told.get(name) for name in ("from", "until")]
    first, last = (None if day is None else date.fromisoformat(str(day)) for day in days)
    return Agreement(valid_from=first, until=last)


def _codes(work: Work, guarantors: list[dict[str, Any]] | None) -> tuple[str, ...]:
    """What stands for the guarantors, whose names are sealed."""
    names = {str(each["name"]) for each in guarantors or ()}
    return tuple(sorted({code_of(work.keys, name) for name in names}))


def _person(work: Work, who: Subject, name: str | None) -> Person | None:
    if not name:
        return None
    return Person(sealed=work.seal(who, name, "person"), code=code_of(work.keys, name))
