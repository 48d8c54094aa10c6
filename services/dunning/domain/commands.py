"""What may be asked of an account or a creditor, in the imperative.

Texts that may hold personal data come sealed. `by` names the person at work (the subject of a
token), never the debtor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.dunning.domain.values import Agreement, Instalment, Item, MoneyPart, Person, Sealed


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    """The time the aggregate asked for has come."""


# ---- from the ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateItems:
    """`ledger.balance.changed.v1`: the items that changed, and the money on the account. Older than
    what is known: nothing happens.
    """

    ledger_version: int
    as_of: date
    currency: str
    items: tuple[Item, ...]
    more: bool = False
    prepaid: int = 0
    waiting: int = 0
    released: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteUnmatched:
    """`ledger.payment.unmatched.v1`: money waits, up to the step time of the day `until`, for
    invoices that nobody knows.
    """

    payment_id: str
    amount: int
    invoices: tuple[str, ...]
    until: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Reassess:
    """`ledger.item.overdue.v1`, `ledger.account.cleared.v1`: look again at what is owed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPayment:
    """`ledger.payment.allocated.v1`; allocating the same payment again only says where it went.

    `parts` are what it settled, written-off items included; `collecting_since` is when whoever
    collected it began to, None when that is not known.
    """

    payment_id: str
    amount: int
    received_at: datetime
    method: str = ""
    collected_by: bytes | None = None
    parts: tuple[MoneyPart, ...] = ()
    collecting_since: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReversePayment:
    """`ledger.payment.reversed.v1`; no amount: all of it."""

    payment_id: str
    amount: int | None = None


# ---- from billing


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAccount:
    """`billing.account.upserted.v1`; `attributes` names those that are set and true."""

    segment: str | None = None
    attributes: tuple[str, ...] = ()
    profile: bytes = b""
    reachable: bool = True
    agreement: Agreement | None = None
    responsible: Person | None = None
    mandate: bool = False
    department: str | None = None
    guarantors: tuple[str, ...] = ()
    people: bytes = b""
    number: Sealed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseAccount:
    """`billing.account.erased.v1`: forget what is sealed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkInvoice:
    """`billing.invoice.issued.v1`: the attributes of an invoice that are set and true."""

    item_id: str
    marks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FailDirectDebit:
    """`billing.direct_debit.failed.v1`; without an id the oldest request is meant."""

    request_id: str | None = None
    reason: str | None = None


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
    """The fate of a notice: by id, else of the latest by that channel; `reason` says why it was
    suppressed.
    """

    channel: str
    result: str
    notice_id: str | None = None
    reason: str | None = None


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
    """`collateral` is what secures the plan, in words."""

    instalments: tuple[Instalment, ...]
    note: bytes | None = None
    collateral: bytes | None = None


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


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowPolicy:
    """Move the running case to the pack that comes beside the command."""

    by: str
    note: bytes | None = None


# ---- to a creditor


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigureCreditor:
    """Set up or change a creditor; the pack (with its parameters) comes beside the command."""

    name: str
    zone: str
    currency: str
    languages: tuple[str, ...] = ("zh",)
    calendar: str = ""
    closed_days: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposePolicy:
    """Propose the pack that comes beside the command for the cases to come."""

    by: str
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DecidePolicy:
    """Approve or reject a proposal; its pack comes beside the command."""

    proposal_id: str
    outcome: str
    by: str
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCalendar:
    """The creditor's wake-up; `reports` holds the reports its entries store (name → values) as they
    stand now, `any_overdue` whether any item of any account is overdue.

    `segments` are those with open items, `arrears` the overdue principal of all accounts,
    `invoiced` everything invoiced in the calendar year so far, `commission` what the month before
    earned (None: nothing).
    """

    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_overdue: bool = False
    segments: tuple[str, ...] = ()
    arrears: int = 0
    invoiced: int = 0
    commission: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CountCash:
    """`ledger.cash.difference_found.v1`: a collector's cash at the end of a day; `running` is all
    collected so far less all deposited.
    """

    day: date
    collected: int
    deposited: int
    running: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StartCollector:
    """Since when somebody collects for the creditor."""

    collector: Person
    started_on: date
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertifyClearance:
    """A person asks to hand over their accounts; `owing` are those that still owe."""

    person: Person
    accounts: int
    owing: tuple[str, ...] = ()
    by: str | None = None


AccountCommand = (
    Wake
    | UpdateItems
    | NoteUnmatched
    | Reassess
    | RecordPayment
    | ReversePayment
    | UpdateAccount
    | EraseAccount
    | MarkInvoice
    | FailDirectDebit
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
    | FollowPolicy
)
CreditorCommand = (
    ConfigureCreditor
    | RunCalendar
    | CompleteTask
    | Decide
    | CountCash
    | StartCollector
    | CertifyClearance
    | ProposePolicy
    | DecidePolicy
)
