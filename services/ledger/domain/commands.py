"""What can be asked of an account: one frozen struct each, with `now` given beside it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec


class OpenItem(msgspec.Struct, frozen=True, gc=False):
    """Owe an invoice or a fee; without `due_on` the creditor's terms give the days to pay."""

    item_id: str
    item: str
    amount: int
    currency: str
    issued_on: date
    due_on: date | None = None
    source: Literal["invoice", "charge"] = "invoice"


class ReceivePayment(msgspec.Struct, frozen=True, gc=False):
    """Allocate money, first to the invoices it names; `told_on` is given where that is later than
    the day it was received.
    """

    payment_id: str
    amount: int
    currency: str
    received_at: datetime
    method: str
    invoices: tuple[str, ...] = ()
    collected_by: str | None = None
    told_on: date | None = None


class ReversePayment(msgspec.Struct, frozen=True):
    """Treat a payment as never made: what is left of it, or an amount."""

    payment_id: str
    amount: int | None = None


class GrantCredit(msgspec.Struct, frozen=True):
    """Take in a credit note that names no invoice."""

    credit_id: str
    amount: int
    currency: str


class Money(msgspec.Struct, frozen=True):
    """What of a policy version governs the money of a case."""

    due_days: int | None = None
    charges_first: bool = False
    rate_per_day: Decimal | None = None
    cap_ratio: Decimal = Decimal(1)
    starts_on_notice: bool = False


class SetCaseTerms(msgspec.Struct, frozen=True):
    """Let the account's case follow a policy version's terms from `day` on."""

    money: Money
    day: date


class AdjustItem(msgspec.Struct, frozen=True):
    """Change an invoice's amount from the next day on."""

    item_id: str
    adjustment_id: str
    change: int


class CancelItem(msgspec.Struct, frozen=True):
    """Treat an invoice as never issued."""

    item_id: str


class DisputeItems(msgspec.Struct, frozen=True):
    """Put items in dispute; no ids means all open ones."""

    dispute_id: str
    item_ids: tuple[str, ...]


class ResolveDispute(msgspec.Struct, frozen=True):
    """Decide a dispute over items (no ids: all that stand in it).

    `amount` is what they come to when `reduced`.
    """

    dispute_id: str
    outcome: str
    item_ids: tuple[str, ...]
    amount: int | None = None


class DeferItems(msgspec.Struct, frozen=True):
    """Let items fall due on another day; no ids means all open ones."""

    item_ids: tuple[str, ...]
    until: date


class AgreePlan(msgspec.Struct, frozen=True):
    """Take all open items into an instalment plan."""

    plan_id: str


class EndPlan(msgspec.Struct, frozen=True):
    """End a plan, broken or completed."""

    plan_id: str


class StartLateFee(msgspec.Struct, frozen=True):
    """Let what is overdue bear a late fee from a day on."""

    from_day: date


class WaiveLateFee(msgspec.Struct, frozen=True):
    """Give up late fee: an amount, or all that is due."""

    amount: int | None = None


class WriteOff(msgspec.Struct, frozen=True):
    """Give items up; no ids means all that has fallen due.

    `at_most` says what was given up of each item, (id, principal, late fee), when the decision is
    played again on other facts: nothing more was decided.
    """

    item_ids: tuple[str, ...] = ()
    at_most: tuple[tuple[str, int, int], ...] = ()


class Refund(msgspec.Struct, frozen=True):
    """Pay prepaid money back: an amount, or all of it.

    `paid_out` says that it has been paid whatever the account holds: what it does not hold is owed.
    """

    refund_id: str
    amount: int | None = None
    paid_out: bool = False


Command: TypeAlias = (
    OpenItem
    | ReceivePayment
    | GrantCredit
    | SetCaseTerms
    | AdjustItem
    | CancelItem
    | DisputeItems
    | ResolveDispute
    | DeferItems
    | AgreePlan
    | EndPlan
    | StartLateFee
    | WaiveLateFee
    | WriteOff
    | Refund
)
