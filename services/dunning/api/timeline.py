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

from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject
from services.dunning.domain import events as e
from services.dunning.domain.values import Person, Sealed

KINDS: Mapping[type[e.Event], str] = {
    e.NoticeRequested: "notice",
    e.TaskRequested: "task",
    e.RestrictionRequested: "restrict",
    e.RestorationRequested: "restore",
    e.ReferralMade: "refer",
    e.LegalRequested: "legal",
    e.ApprovalRequested: "approval",
    e.AlertRaised: "alert",
    e.CommissionEarned: "commission",
    e.CommissionReversed: "commission",
    e.ReportStored: "report",
}
"""Kinds that have a name of their own; the others are called like their event, in snake case."""

HIDDEN: frozenset[type[e.Event]] = frozenset(
    {
        e.ItemsUpdated,
        e.AccountUpdated,
        e.WakeScheduled,
        e.Reacted,
        e.ActionReached,
        e.DecisionFoundLate,
        e.InvoiceCounted,
        e.OverdueEnded,
        e.LimitationReached,
    }
)
"""Bookkeeping that says nothing to a reader."""

_WHY = frozenset({"case_id", "step", "reason", "policy", "policy_version"})
_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Entry(BaseModel):
    """One thing that happened.

    `day` is the creditor's local day. `why` names the step, the day, the reason and the policy
    where a policy brought it about. Of a person who was erased, `fields` show nothing and `erased`
    is true.
    """

    number: int
    at: datetime
    day: str
    kind: str
    case_id: str | None = None
    step: str | None = None
    why: str | None = None
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
    hidden: frozenset[type[e.Event]] = field(default=HIDDEN)

    def entries(self, events: Iterable[Stored]) -> list[Entry]:
        """The entries of some events, in their order."""
        return [self.entry(stored) for stored in events if type(stored.event) not in self.hidden]

    def entry(self, stored: Stored) -> Entry:
        """The entry of one event."""
        event = stored.event
        day = stored.at.astimezone(self.zone).date().isoformat()
        fields, erased = self._fields(event)
        if isinstance(event, e.PaymentRecorded):
            # It counts from the day it came in, which may be days before it was told.
            fields["received_on"] = event.received_at.astimezone(self.zone).date().isoformat()
        return Entry(
            number=stored.version,
            at=stored.at,
            day=day,
            kind=kind_of(type(event)),
            case_id=getattr(event, "case_id", None),
            step=getattr(event, "step", None),
            why=why(event, day),
            fields=fields,
            erased=erased,
        )

    def _fields(self, event: e.Event) -> tuple[dict[str, Any], bool]:
        shown: dict[str, Any] = {}
        erased = False
        for info in msgspec.structs.fields(event):
            value = getattr(event, info.name)
            if info.name in _WHY and not isinstance(value, bytes):
                continue
            if isinstance(value, bytes):
                if self.keys is None:
                    continue
                value = self._open(value)
                erased = erased or value is None
            elif isinstance(value, Person | Sealed):
                value = None if self.keys is None else self._open(value.sealed)
                if value is None:
                    erased = erased or self.keys is not None
                    continue
                if info.name == "person" and "owner" in shown:
                    shown["owner"] = value
                    continue
            shown[info.encode_name] = msgspec.to_builtins(value)
        return _named_as_in_messages(shown), erased

    def _open(self, sealed: bytes) -> Any:
        if self.keys is None or self.subject is None:
            return None
        return self.keys.open(self.subject, sealed)


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


def kind_of(event: type[e.Event]) -> str:
    """What the timeline calls an event: `task`, `case_opened`, …"""
    return KINDS.get(event) or _INNER_CAPITAL.sub("_", event.__name__).lower()


def why(event: e.Event, day: str) -> str | None:
    """The sentence that answers "why": step, day, reason, policy with its version."""
    if not isinstance(event, e.Effect) or not event.reason:
        return None
    start = f"step {event.step} on {day}" if event.step else f"on {day}"
    return f"{start}: {event.reason}"
