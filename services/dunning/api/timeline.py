"""What happened to an account or a creditor, as people read it: kind, instant, local day, fields
and why.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel

from chassis.recorders import shown
from chassis.store.stored import Stored
from chassis.store.vault import Field, KeyRing
from contracts.words.streams import Subject
from services.dunning.domain.agreements.events import DecisionFoundLate
from services.dunning.domain.case.events import (
    ActionReached,
    AlertRaised,
    ApprovalRequested,
    CasePaused,
    LegalRequested,
    OverdueEnded,
    Reacted,
    ReferralMade,
    RestorationRequested,
    RestrictionRequested,
    TaskRequested,
    WakeScheduled,
)
from services.dunning.domain.contact.events import AccountUpdated, NoticeRequested
from services.dunning.domain.contact.state import Person, Sealed
from services.dunning.domain.creditor.events import ReportStored
from services.dunning.domain.event import Effect, Event, case_of
from services.dunning.domain.money.events import (
    CommissionEarned,
    CommissionReversed,
    InvoiceCounted,
    ItemsUpdated,
    LimitationReached,
    PaymentRecorded,
)
from services.dunning.reasons.english import pauses_in_words, why_in_words

KINDS: Mapping[type[Event], str] = {
    NoticeRequested: "notice",
    TaskRequested: "task",
    RestrictionRequested: "restrict",
    RestorationRequested: "restore",
    ReferralMade: "refer",
    LegalRequested: "legal",
    ApprovalRequested: "approval",
    AlertRaised: "alert",
    CommissionEarned: "commission",
    CommissionReversed: "commission",
    ReportStored: "report",
}
"""Kinds that have a name of their own; the others are called like their event, in snake case."""

HIDDEN: frozenset[type[Event]] = frozenset(
    {
        ItemsUpdated,
        AccountUpdated,
        WakeScheduled,
        Reacted,
        ActionReached,
        DecisionFoundLate,
        InvoiceCounted,
        OverdueEnded,
        LimitationReached,
    }
)
"""Bookkeeping that says nothing to a reader."""

_SEALED_AS: Mapping[str, Field] = {
    "profile": "profile",
    "people": "people",
    "collected_by": "collector",
}
_WHY = frozenset({"case_id", "step", "reason", "policy", "policy_version"})
_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class RecordedBy(BaseModel):
    """Issuer and subject of a token; a service of ours has no issuer. `proposed_by` is the subject
    of who asked for what this one approved.
    """

    issuer: str | None
    subject: str
    proposed_by: str | None = None


class Entry(BaseModel):
    """One thing that happened.

    `day` is the creditor's local day. `why` names the step, the day, the reason and the policy
    where a policy brought it about. `recorded_by` is whose token asked for it, the service itself
    without an issuer; null for what was asked for before it was kept. Of a person who was erased,
    `fields` show nothing and `erased` is true.
    """

    number: int
    at: datetime
    day: str
    kind: str
    case_id: str | None = None
    step: str | None = None
    why: str | None = None
    recorded_by: RecordedBy | None = None
    fields: dict[str, Any]
    erased: bool = False


@dataclass(frozen=True)
class Reader:
    """Turns stored events into entries; opens sealed fields with the subject's key, and leaves them
    out where it is given none.
    """

    zone: ZoneInfo
    keys: KeyRing | None = None
    subject: Subject | None = None
    hidden: frozenset[type[Event]] = field(default=HIDDEN)
    said: Field = "note"
    """As what the words of people are sealed: those about a creditor as its people's names are."""

    def entries(self, events: Iterable[Stored]) -> list[Entry]:
        """The entries of some events, in their order."""
        return [self.entry(stored) for stored in events if type(stored.event) not in self.hidden]

    def entry(self, stored: Stored) -> Entry:
        """The entry of one event."""
        event = stored.event
        day = stored.at.astimezone(self.zone).date().isoformat()
        fields, erased = self._fields(event)
        if isinstance(event, PaymentRecorded):
            # It counts from the day it came in, which may be days before it was told.
            fields["received_on"] = event.received_at.astimezone(self.zone).date().isoformat()
        return Entry(
            number=stored.version,
            at=stored.at,
            day=day,
            kind=kind_of(type(event)),
            case_id=case_of(event),
            step=event.step if isinstance(event, Effect) else None,
            why=why(event, day),
            recorded_by=_recorded_by(stored),
            fields=fields,
            erased=erased,
        )

    def _fields(self, event: Event) -> tuple[dict[str, Any], bool]:
        shown: dict[str, Any] = {}
        erased = False
        fields = zip(msgspec.structs.fields(event), msgspec.structs.astuple(event), strict=True)
        for info, told in fields:
            if _is_said_by_why(event, info.name) and not isinstance(told, bytes):
                continue
            value = told
            if isinstance(told, bytes | Person | Sealed):
                if self.keys is None:
                    continue
                value = self._open(told, info.name)
                erased = erased or value is None
                if value is None and not isinstance(told, bytes):
                    continue
            is_owner = isinstance(told, Person) and info.name == "person" and "owner" in shown
            shown["owner" if is_owner else info.encode_name] = msgspec.to_builtins(value)
        if isinstance(event, CasePaused):
            shown["reasons"] = pauses_in_words(event.reasons)
        return _named_as_in_messages(shown), erased

    def _open(self, told: bytes | Person | Sealed, name: str) -> Any:
        if self.keys is None or self.subject is None:
            return None
        sealed, what = _sealed_as(told, name, self.said)
        return self.keys.open(self.subject, sealed, what)


def _sealed_as(told: bytes | Person | Sealed, name: str, said: Field) -> tuple[bytes, Field]:
    if isinstance(told, Person):
        return told.sealed, "person"
    if isinstance(told, Sealed):
        return told.sealed, "number"
    return told, _SEALED_AS.get(name, said)


def _recorded_by(stored: Stored) -> RecordedBy | None:
    found = shown("dunning", stored.recorder, stored.event, stored.cause)
    return None if found is None else RecordedBy.model_validate(msgspec.to_builtins(found))


def _is_said_by_why(event: Event, name: str) -> bool:
    """Only what a policy brought about has a sentence that says its reason."""
    return name in _WHY and (name != "reason" or isinstance(event, Effect))


def _named_as_in_messages(shown: dict[str, Any]) -> dict[str, Any]:
    """Fields by the names they have in messages and requests; `for` stays beside `purpose` for
    those who read it.
    """
    if "for" in shown:
        shown["purpose"] = shown["for"]
    if "instalments" in shown:
        shown["instalments"] = [
            {"due_on": one["due"], "amount": one["amount"]} for one in shown["instalments"]
        ]
    return shown


def kind_of(event: type[Event]) -> str:
    """What the timeline calls an event: `task`, `case_opened`, …"""
    return KINDS.get(event) or _INNER_CAPITAL.sub("_", event.__name__).lower()


def why(event: Event, day: str) -> str | None:
    """The sentence that answers "why": step, day, reason, policy with its version."""
    if not isinstance(event, Effect) or not event.reason:
        return None
    start = f"step {event.step} on {day}" if event.step else f"on {day}"
    return f"{start}: {why_in_words(event)}"
