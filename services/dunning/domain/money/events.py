"""What happens to the money owed: items, payments, debits, limitation, commission, fees."""

from datetime import date, datetime

from services.dunning.domain.event import Effect, Event
from services.dunning.domain.money.state import Item, MoneyPart, OwedItem, Recovered


class ItemsUpdated(Event, frozen=True, kw_only=True):
    """The ledger's changed items; `more` says that further parts follow. `prepaid` is the money not
    allocated, `waiting` what of it waits for invoices it names; `released`: some waited until now.
    """

    ledger_version: int
    as_of: date
    currency: str
    items: tuple[Item, ...]
    more: bool = False
    prepaid: int = 0
    waiting: int = 0
    released: bool = False


class PaymentUnmatched(Event, frozen=True, kw_only=True):
    """Money waits for invoices that nobody knows, up to the step time of the day `until`."""

    payment_id: str
    amount: int
    invoices: tuple[str, ...]
    until: date


class AllocationTold(Event, frozen=True, kw_only=True):
    """A share of where a payment over many items went; the payment is recorded with the last, and
    then none is kept: the shares are empty. With `collected_by`, sealed, it says nothing of that,
    but who brought the payment in: `billing` tells it apart, before or after.
    """

    payment_id: str
    part: int = 0
    shares: tuple[MoneyPart, ...] = ()
    collected_by: bytes | None = None


class PaymentRecorded(Event, frozen=True, kw_only=True):
    """`unclaimed` is where it went with the rates it earns at, while nobody knows yet whose
    commission that is.
    """

    payment_id: str
    amount: int
    received_at: datetime
    method: str = ""
    collected_by: bytes | None = None
    unclaimed: tuple[Recovered, ...] = ()


class PaymentReversed(Event, frozen=True, kw_only=True):
    """`amount` of a payment counts as never made; all of it where none is given."""

    payment_id: str
    amount: int | None = None


class LimitationRestarted(Event, frozen=True, kw_only=True):
    """The limitation periods of some items began anew; `cause` is the payment, notice or promise
    that did it. A later one of the same cause takes its place. `amount` is that of the payment.
    """

    item_ids: tuple[str, ...]
    on: date
    cause: str
    amount: int = 0


class InvoiceMarked(Event, frozen=True, kw_only=True):
    """What an invoice says of itself: its attributes that are set and true."""

    item_id: str
    marks: tuple[str, ...]


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    """The bank said that there is no mandate to debit under any more; `reason` is its code."""

    reason: str


class DirectDebitEnded(Event, frozen=True, kw_only=True):
    """The bank answered a request: `paid`, by a payment, or `failed`, with its reason."""

    request_id: str
    outcome: str
    payment_id: str | None = None
    reason: str | None = None


class InvoiceCounted(Event, frozen=True, kw_only=True):
    """What an invoice adds to everything invoiced: its amount in force, 0 once cancelled."""

    item_id: str
    issued_on: date
    amount: int


class DirectDebitRequested(Effect, frozen=True, kw_only=True):
    """The bank is asked to debit what an account owes."""

    request_id: str
    on: date
    amount: int
    currency: str
    items: tuple[OwedItem, ...]
    ledger_version: int


class LimitationReached(Effect, frozen=True, kw_only=True):
    """The limitation period of an item comes near its end (`near`) or to its last day
    (`expired`).
    """

    item_id: str
    stage: str
    on: date
    ends_on: date


class CommissionEarned(Effect, frozen=True, kw_only=True):
    """What whoever collected a payment earned of it; `rates` are those that applied, `paid` is the
    payment, `parts` where it went.
    """

    collected_by: bytes
    amount: int
    payment_id: str = ""
    recovered: int = 0
    rates: tuple[str, ...] = ()
    on: date | None = None
    paid: int = 0
    parts: tuple[Recovered, ...] = ()


class CommissionReversed(Effect, frozen=True, kw_only=True):
    """Commission taken back with its payment: the amount is below zero; `left` still stands."""

    collected_by: bytes
    amount: int
    payment_id: str
    on: date
    left: int = 0


class FeeCharged(Effect, frozen=True, kw_only=True):
    item_id: str
    item: str
    amount: int
    due_on: date
    on: date | None = None
    currency: str = ""


class LateFeeStarted(Effect, frozen=True, kw_only=True):
    from_day: date


class LateFeeWaived(Effect, frozen=True, kw_only=True):
    """`amount` absent: all of it."""

    amount: int | None = None


class WriteOffApproved(Effect, frozen=True, kw_only=True):
    item_ids: tuple[str, ...]
    approval_id: str = ""
