"""What can have happened to an account.

Every event carries the fact that came in and, as `Effects`, all that followed from it, so that the
state, the public messages and the views need nothing else.
"""

import re
from datetime import date, datetime
from typing import TypeAlias

import msgspec

from services.ledger.domain.late_fee import Accrual
from services.ledger.domain.state import Account, Balance, Coming, Item, Waiting
from services.ledger.domain.terms import Terms

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Money allocated to one item."""

    item_id: str
    principal: int
    late_fee: int


class Effects(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What followed from a fact on a local day.

    `items` are the changed items as they are now (a closed one leaves the state), `accruals` their
    late fees beside them (empty where none is agreed), `parts` the money allocated. `prepaid`,
    `prepaid_on`, `waiting`, `lost`, `fee_from`, `coming`, `case_on` and `pinned_through` are the
    account's whole new values; `terms` is there when the account took over new ones. `overdue`,
    `settled` and `reopened` name items of `items`; `cleared` says that nothing is overdue, nor past
    due and disputed, any more.
    """

    day: date
    balance: Balance
    items: tuple[Item, ...] = ()
    accruals: tuple[Accrual | None, ...] = ()
    parts: tuple[Part, ...] = ()
    recovered: tuple[tuple[str, int], ...] = ()
    prepaid: int = 0
    prepaid_on: date | None = None
    waiting: tuple[Waiting, ...] = ()
    lost: tuple[tuple[str, int], ...] = ()
    fee_from: date | None = None
    wake_on: date | None = None
    terms: Terms | None = None
    overdue: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    cleared: bool = False
    coming: tuple[Coming, ...] = ()
    case_on: date | None = None
    pinned_through: date | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The root of the account's events."""

    effects: Effects


class ItemOpened(Event, frozen=True, tag="ItemOpened", gc=False):
    """An invoice, or a fee, is owed; its item is the first of the effects. `amount` is the one it
    came with.
    """

    item_id: str
    amount: int


class PaymentReceived(Event, frozen=True, tag="PaymentReceived", gc=False):
    """Money came in. Told late, with things done since, it counts from then all the same: `account`
    is what the account has become.
    """

    payment_id: str
    amount: int
    method: str
    received_at: datetime
    invoices: tuple[str, ...] = ()
    collected_by: str | None = None
    account: Account | None = None


class PaymentAnnounced(Event, frozen=True, tag="PaymentAnnounced", gc=False):
    """A payment was told that is received later."""

    payment_id: str
    amount: int
    method: str
    received_at: datetime
    invoices: tuple[str, ...] = ()
    collected_by: str | None = None


class MoneyReleased(Event, frozen=True, tag="MoneyReleased", gc=False):
    """Money waited long enough for invoices that nobody knows: it goes where other money goes."""

    payment_ids: tuple[str, ...]


class CreditGranted(Event, frozen=True, tag="CreditGranted", gc=False):
    """A credit note that names no invoice."""

    credit_id: str
    amount: int


class CaseTermsSet(Event, frozen=True, tag="CaseTermsSet", gc=False):
    """The account's case follows terms of its own from the day of the effects on."""


class PaymentReversed(Event, frozen=True, tag="PaymentReversed", gc=False):
    """A payment, or `amount` of it, counts as never made; `account` is what the account has become
    without it.
    """

    payment_id: str
    amount: int
    account: Account


class ItemAdjusted(Event, frozen=True, tag="ItemAdjusted", gc=False):
    """An invoice's amount was changed by a signed amount."""

    item_id: str
    adjustment_id: str
    change: int


class ItemCancelled(Event, frozen=True, tag="ItemCancelled", gc=False):
    """An invoice was cancelled."""

    item_id: str


class ItemsDisputed(Event, frozen=True, tag="ItemsDisputed", gc=False):
    """The debtor objects to items."""

    dispute_id: str
    item_ids: tuple[str, ...]


class DisputeResolved(Event, frozen=True, tag="DisputeResolved", gc=False):
    """A dispute was decided; `amount` is what the disputed items come to when reduced."""

    dispute_id: str
    outcome: str
    item_ids: tuple[str, ...]
    amount: int | None = None


class ItemsDeferred(Event, frozen=True, tag="ItemsDeferred", gc=False):
    """Items fall due on another day."""

    item_ids: tuple[str, ...]
    until: date


class PlanAgreed(Event, frozen=True, tag="PlanAgreed", gc=False):
    """What is open is paid by instalments; it bears no late fee while they are."""

    plan_id: str


class PlanEnded(Event, frozen=True, tag="PlanEnded", gc=False):
    """A plan was broken or completed."""

    plan_id: str


class LateFeeStarted(Event, frozen=True, tag="LateFeeStarted", gc=False):
    """What is overdue bears a late fee from a day on."""

    from_day: date


class LateFeeWaived(Event, frozen=True, tag="LateFeeWaived", gc=False):
    """Late fee was given up: by item, in minor units. `amount` is what was asked for, `None` for
    all of it.
    """

    waived: tuple[tuple[str, int], ...]
    amount: int | None = None


class ItemsWrittenOff(Event, frozen=True, tag="ItemsWrittenOff", gc=False):
    """Items were given up as unrecoverable: principal and late fee by item. `item_ids` are those
    asked for, empty for all.
    """

    written_off: tuple[Part, ...]
    item_ids: tuple[str, ...] = ()


class RefundFellDue(Event, frozen=True, tag="RefundFellDue", gc=False):
    """Prepaid money is to be paid back."""

    refund_id: str
    amount: int


class DayBegan(Event, frozen=True, tag="DayBegan", gc=False):
    """At 00:00 local something happened by itself: prepaid money met a due date, or items became
    overdue.
    """


AccountEvent: TypeAlias = (
    ItemOpened
    | PaymentReceived
    | PaymentAnnounced
    | PaymentReversed
    | MoneyReleased
    | CreditGranted
    | CaseTermsSet
    | ItemAdjusted
    | ItemCancelled
    | ItemsDisputed
    | DisputeResolved
    | ItemsDeferred
    | PlanAgreed
    | PlanEnded
    | LateFeeStarted
    | LateFeeWaived
    | ItemsWrittenOff
    | RefundFellDue
    | DayBegan
)


def name_of(event: Event) -> str:
    """What an event is called outside: `payment_received`."""
    return _WORD.sub("_", type(event).__name__).lower()
