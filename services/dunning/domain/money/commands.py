"""What the ledger, billing and banks tell of an account's money."""

from dataclasses import dataclass
from datetime import date, datetime

from services.dunning.domain.money.state import Item, MoneyPart


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
class RecordPayment:
    """`ledger.payment.allocated.v1`; allocating the same payment again only says where it went.

    `parts` are what it settled, written-off items included; `collecting_since` is when whoever
    collected it began to, None when that is not known. `unnamed`: somebody did, and `billing` has
    not told yet who. `more`, `part`: it is told in parts.
    """

    payment_id: str
    amount: int
    received_at: datetime
    method: str = ""
    collected_by: bytes | None = None
    parts: tuple[MoneyPart, ...] = ()
    collecting_since: date | None = None
    unnamed: bool = False
    more: bool = False
    part: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NameCollector:
    """`billing.payment.received.v1` of a payment that somebody collected, whether the ledger told
    of it before or not; `collecting_since` as for `RecordPayment`.
    """

    payment_id: str
    collected_by: bytes
    collecting_since: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReversePayment:
    """`ledger.payment.reversed.v1`; no amount: all of it."""

    payment_id: str
    amount: int | None = None


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
