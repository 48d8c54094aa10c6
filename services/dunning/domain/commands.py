"""What may be asked of an account or a creditor, in the imperative.

Texts that may hold personal data come sealed. `by` names the person at work (the subject of a
token), never the debtor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.dunning.domain.values import Instalment, Item


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    """The time the aggregate asked for has come."""


# ---- from the ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateItems:
    """`ledger.balance.changed.v1`: the items that changed. Older than what is known: nothing
    happens.
    """

    ledger_version: int
    as_of: date
    currency: str
    items: tuple[Item, ...]
    more: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reassess:
    """`ledger.item.overdue.v1`, `ledger.account.cleared.v1`: look again at what is owed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPayment:
    """`ledger.payment.allocated.v1`; allocating the same payment again changes nothing here."""

    payment_id: str
    amount: int
    received_at: datetime
    method: str = ""
    collected_by: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReversePayment:
    """`ledger.payment.reversed.v1`."""

    payment_id: str


# ---- from billing


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAccount:
    """`billing.account.upserted.v1`; `attributes` names those that are set and true."""

    segment: str | None = None
    attributes: tuple[str, ...] = ()
    profile: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseAccount:
    """`billing.account.erased.v1`: forget what is sealed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordObservation:
    kind: str
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmRestriction:
    service: str


# ---- from notifier and legal


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDelivery:
    """The fate of a notice: by id, else of the latest by that channel."""

    channel: str
    result: str
    notice_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordLegalProgress:
    """filed, hearing, judgment, settled, enforced, frozen or seized; `on` is the day it was
    recorded, today when absent.
    """

    progress: str
    amount: int | None = None
    on: date | None = None


# ---- from operators


@dataclass(frozen=True, kw_only=True, slots=True)
class CompleteTask:
    """The oldest open task of a kind, or the one with an id, is done."""

    result: str
    kind: str | None = None
    task_id: str | None = None
    note: bytes | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordReply:
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MakePromise:
    amount: int
    by: date
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreePlan:
    instalments: tuple[Instalment, ...]
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDispute:
    """`item_id` absent: everything that is open."""

    kind: str = "objection"
    item_id: str | None = None
    reason: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveDispute:
    """The oldest open dispute, or the one with an id; `amount` is the new amount, for `reduced`."""

    outcome: str
    amount: int | None = None
    dispute_id: str | None = None
    by: str | None = None
    reason: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeApplication:
    for_: str
    amount: int | None = None
    until: date | None = None
    by: str | None = None
    reason: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decide:
    """Decides the oldest application of that name, else the oldest approval asked for under it."""

    for_: str
    outcome: str
    by: str | None = None
    amount: int | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceHold:
    reason: bytes | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseHold:
    by: str | None = None


# ---- to a creditor


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigureCreditor:
    """Set up or change a creditor; the pack (with its parameters) comes beside the command."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...] = ("zh",)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCalendar:
    """The creditor's wake-up; `reports` holds the reports its entries store (name → values) as they
    stand now, `any_overdue` whether any item of any account is overdue.
    """

    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_overdue: bool = False


AccountCommand = (
    Wake
    | UpdateItems
    | Reassess
    | RecordPayment
    | ReversePayment
    | UpdateAccount
    | EraseAccount
    | RecordObservation
    | ConfirmRestriction
    | RecordDelivery
    | RecordLegalProgress
    | CompleteTask
    | RecordReply
    | MakePromise
    | AgreePlan
    | OpenDispute
    | ResolveDispute
    | MakeApplication
    | Decide
    | PlaceHold
    | ReleaseHold
)
CreditorCommand = ConfigureCreditor | RunCalendar | CompleteTask
