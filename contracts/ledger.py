"""What the ledger tells: what is owed, what was paid, what is overdue.

`ledger_version` counts an account's ledger events: of two messages the higher one is newer. `as_of`
is the local day they speak of.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.base import (
    Amount,
    Contract,
    Count,
    Currency,
    Day,
    DecimalText,
    Flag,
    Identifier,
    Instant,
    Label,
    Part,
    PositiveAmount,
    SignedAmount,
)
from contracts.words.late_fee import late_fee_at
from contracts.words.vocabulary import ItemStatus


class Accrual(Part):
    """The late fee of an item as a function of the day.

    `accrued` is exact, up to and including `through`; each later day adds `per_day`; `cap` bounds
    it; `settled` is paid or waived.
    """

    through: Day
    accrued: DecimalText
    per_day: DecimalText
    cap: Amount
    settled: Amount

    def at(self, day: date) -> int:
        """The late fee due on a local day, in minor units."""
        return late_fee_at(self, day)


class ItemState(Part):
    """An open item as it is now. `amount` is after adjustments, `principal` what is left of it,
    `due_on` the effective due date.
    """

    item_id: Identifier
    item: Identifier
    amount: Amount
    due_on: Day
    original_due_on: Day
    issued_on: Day
    principal: Amount
    accrual: Accrual | None = None
    overdue: Flag = False
    disputed: Flag = False
    deferred_until: Day | None = None
    in_plan: Flag = False
    state: ItemStatus = "open"


class AllocationPart(Part):
    """Money put on one item."""

    item_id: Identifier
    principal: Amount
    late_fee: Amount


class LedgerContract(Contract):
    TOPIC: ClassVar[str] = "ledger"


class AccountMessage(LedgerContract):
    """The base of what is said about one account."""

    account_id: Identifier
    ledger_version: Count
    as_of: Day


class ItemOpened(AccountMessage):
    """Something is owed."""

    TYPE: ClassVar[str] = "ledger.item.opened.v1"

    item_id: Identifier
    item: Identifier
    amount: PositiveAmount
    currency: Currency
    issued_on: Day
    due_on: Day


class ItemOverdue(AccountMessage):
    """An item was not paid in full by its due date; said at 00:00 local of the day after it."""

    TYPE: ClassVar[str] = "ledger.item.overdue.v1"

    item_id: Identifier
    item: Identifier
    due_on: Day
    outstanding: Amount
    currency: Currency


class ItemSettled(AccountMessage):
    """Nothing is left to pay on an item."""

    TYPE: ClassVar[str] = "ledger.item.settled.v1"

    item_id: Identifier
    item: Identifier


class ItemReopened(AccountMessage):
    """An item that was closed is owed again, with its original due date."""

    TYPE: ClassVar[str] = "ledger.item.reopened.v1"

    item_id: Identifier
    item: Identifier
    due_on: Day
    outstanding: Amount
    currency: Currency


class ItemWrittenOff(AccountMessage):
    """An item was given up: what was left of its principal and the late fee of the day."""

    TYPE: ClassVar[str] = "ledger.item.written_off.v1"

    item_id: Identifier
    item: Identifier
    principal: Amount
    late_fee: Amount
    currency: Currency


class BalanceChanged(AccountMessage):
    """An account's figures. `items` are the changed ones only; `more` says that further parts of
    the same change follow.

    `principal` is of all open items, `overdue` the principal of the overdue ones, `late_fee` what
    is due on `as_of`, `prepaid` money not allocated, `waiting` what of that waits for invoices it
    names that nobody knows, `oldest_due_on` the due date of the oldest overdue item.
    """

    TYPE: ClassVar[str] = "ledger.balance.changed.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("items",)

    currency: Currency
    principal: Amount
    overdue: Amount
    late_fee: Amount
    prepaid: Amount
    waiting: Amount = 0
    oldest_due_on: Day | None = None
    reason: Identifier
    items: tuple[ItemState, ...] = ()
    more: Flag = False
    part: Count | None = None


class AccountCleared(AccountMessage):
    """Nothing is overdue any more."""

    TYPE: ClassVar[str] = "ledger.account.cleared.v1"


class PaymentAllocated(AccountMessage):
    """Where a payment went; `prepaid` is what is left of it on the account, `recovered` what it
    brought in of items that were written off. One over many items is told in parts.
    """

    TYPE: ClassVar[str] = "ledger.payment.allocated.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("parts", "recovered")

    payment_id: Identifier
    amount: PositiveAmount
    currency: Currency
    method: Identifier
    collected_by: Label | None = None
    received_at: Instant
    parts: tuple[AllocationPart, ...] = ()
    recovered: tuple[AllocationPart, ...] = ()
    prepaid: Amount = 0
    more: Flag | None = None
    part: Count | None = None


class PaymentUnmatched(AccountMessage):
    """Money waits for invoices it names that nobody knows; on `until`, at 09:00, it goes to what
    has fallen due.
    """

    TYPE: ClassVar[str] = "ledger.payment.unmatched.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("invoices",)

    payment_id: Identifier
    amount: PositiveAmount
    currency: Currency
    invoices: tuple[Identifier, ...]
    until: Day
    more: Flag | None = None
    part: Count | None = None


class PaymentReversed(AccountMessage):
    """A payment, or `amount` of it, counts as never made."""

    TYPE: ClassVar[str] = "ledger.payment.reversed.v1"

    payment_id: Identifier
    amount: PositiveAmount
    currency: Currency


class LateFeeCharged(AccountMessage):
    """Late fee became money: the amount that was paid or fixed for an item."""

    TYPE: ClassVar[str] = "ledger.late_fee.charged.v1"

    item_id: Identifier
    amount: PositiveAmount
    currency: Currency


class RecoveryBooked(AccountMessage):
    """Money came in for what was written off."""

    TYPE: ClassVar[str] = "ledger.recovery.booked.v1"

    item_id: Identifier | None = None
    payment_id: Identifier | None = None
    amount: PositiveAmount
    currency: Currency
    collected_by: Label | None = None


class RefundDue(AccountMessage):
    """Money is to be paid back."""

    TYPE: ClassVar[str] = "ledger.refund.due.v1"

    refund_id: Identifier
    amount: PositiveAmount
    currency: Currency


class CashDifferenceFound(LedgerContract):
    """A collector's cash of a day is not what was handed in; about the creditor as a whole.

    `difference` is that day's collected less deposited, `running` the collector's total of all days
    so far.
    """

    TYPE: ClassVar[str] = "ledger.cash.difference_found.v1"

    collected_by: Label
    day: Day
    collected: Amount
    deposited: Amount
    difference: SignedAmount
    running: SignedAmount
    currency: Currency


class CreditorSourcesChanged(LedgerContract):
    """Who may publish `billing` for the creditor from now on; without a source: anybody."""

    TYPE: ClassVar[str] = "ledger.creditor.sources_changed.v1"

    sources: Annotated[tuple[Label, ...], Field(max_length=100)] = ()


class AccountErasureConfirmed(LedgerContract):
    """A person confirmed that the debtor's personal data are to be destroyed: every service does it
    now. `billing.account.erased` alone only asks for it.
    """

    TYPE: ClassVar[str] = "ledger.account.erasure_confirmed.v1"

    account_id: Identifier


class AccountErasureLapsed(LedgerContract):
    """An erasure that was asked for on the bus was not confirmed in time: nothing happens."""

    TYPE: ClassVar[str] = "ledger.account.erasure_lapsed.v1"

    account_id: Identifier
