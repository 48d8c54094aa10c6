"""What may be asked of an account about its case."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    """The time the aggregate asked for has come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reassess:
    """`ledger.item.overdue.v1`, `ledger.account.cleared.v1`: look again at what is owed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordObservation:
    kind: str
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmRestriction:
    service: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordLegalProgress:
    """filed, hearing, judgment, settled, enforced, frozen or seized; `on` is the day it was
    recorded, today when absent.
    """

    progress: str
    amount: int | None = None
    on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CompleteTask:
    """The oldest open task of a kind, or the one with an id, is done."""

    result: str
    kind: str | None = None
    task_id: str | None = None
    note: bytes | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decide:
    """Decides the oldest application of that name, else the oldest approval asked for under it;
    `subject` is that of the token that asks for it, whatever `by` says; `codes` are all that may
    have been kept of these two, as `MakeApplication` says.
    """

    for_: str
    outcome: str
    by: str | None = None
    subject: str | None = None
    codes: frozenset[str] = frozenset()
    amount: int | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceHold:
    """`ground` is the debtor's right, where it is one: `objection` or `restriction`."""

    reason: bytes | None = None
    by: str | None = None
    ground: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseHold:
    by: str | None = None
    ground: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EndRetention:
    """The creditor's period is over: the account has been closed since that day, for so many."""

    closed_on: date
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowPolicy:
    """Move the running case to the pack that comes beside the command."""

    by: str
    note: bytes | None = None
