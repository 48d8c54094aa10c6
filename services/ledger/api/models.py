"""What the ledger's HTTP answers look like. Amounts are in minor units, days are the creditor's."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.http.proposed import ProposalOut
from contracts.base import PositiveAmount
from contracts.words.vocabulary import ItemStatus


class AccountSummary(BaseModel):
    """One row of the list of accounts; `late_fee` is what is due on `as_of`, `number` what people
    call the account.
    """

    creditor: str
    account_id: str
    number: str | None = None
    as_of: date
    currency: str
    principal: int
    overdue: int
    late_fee: int
    total: int
    prepaid: int
    oldest_due_on: date | None
    version: int


class ItemOut(BaseModel):
    """One item on `as_of`; `principal` is what is left of `amount`."""

    item_id: str
    number: str | None = None
    item: str
    state: ItemStatus
    amount: int
    principal: int
    late_fee: int
    issued_on: date
    due_on: date
    original_due_on: date
    days_overdue: int
    overdue: bool
    disputed: bool
    in_plan: bool
    deferred_until: date | None


class ItemsOut(BaseModel):
    """A page of the items of an account, in the order money reaches them; `next` names the one
    after it. All pages are of the first one's `version` and instant.
    """

    creditor: str
    account_id: str
    number: str | None = None
    as_of: date
    version: int
    currency: str
    items: list[ItemOut]
    next: str | None = None


class StatementLine(BaseModel):
    """One movement: `amount` raises (or, below 0, lowers) the balance to `balance`.

    It was recorded at `at`, on the local day `recorded_on`, and counts from `day`: that of a
    payment is the day it was received on. `number` is what people call the invoice or payment that
    `reference` names.
    """

    version: int
    at: datetime
    day: date
    recorded_on: date
    kind: str
    reference: str | None
    number: str | None = None
    amount: int
    balance: int


class StatementOut(BaseModel):
    """A page of an account's movements; `next` names the one after it. All pages, and their sums,
    are of the first one's `version` and instant.

    `late_fee` is what has accrued and is not paid yet. `balance` is open principal less prepaid
    money, `total` adds the late fee: of the account, whatever the page.
    """

    creditor: str
    account_id: str
    number: str | None = None
    as_of: date
    version: int
    currency: str
    lines: list[StatementLine]
    balance: int
    late_fee: int
    total: int
    next: str | None = None


class AgeingBucket(BaseModel):
    """One bucket: open items and what they owe; bucket 0 is what is not overdue."""

    bucket: str
    items: int
    principal: int
    late_fee: int


class AgeingOut(BaseModel):
    """A creditor's open items by days overdue; disputed and deferred ones count as not overdue."""

    creditor: str
    as_of: date
    currency: str
    buckets: list[AgeingBucket]
    principal: int
    late_fee: int
    total: int


class EventResult(BaseModel):
    """What became of one event."""

    id: str | None
    status: Literal["accepted", "rejected"]
    problem: str | None = None


class EventResults(BaseModel):
    """The answer to a batch, in its order."""

    events: list[EventResult]


class RefundIn(BaseModel):
    """A refund of prepaid money: an amount, or (left out) all of it."""

    model_config = ConfigDict(extra="forbid")

    amount: PositiveAmount | None = None


class RefundOut(BaseModel):
    """A refund that has fallen due; with a `proposal` it waits for a second person."""

    refund_id: str
    account_id: str
    amount: int
    currency: str
    prepaid: int
    proposal: ProposalOut | None = None


class ErasureOut(BaseModel):
    """An erasure on its way to every service."""

    event_id: str
    account_id: str
    status: Literal["accepted"] = "accepted"


class ReceiptOut(BaseModel):
    """A numbered receipt for cash, its amount also in figures and in words as a receipt shows them;
    `taken_back` is what of the payment was reversed, and once that is all the receipt is void.
    """

    receipt: str
    account: str
    payment_id: str
    amount: int
    amount_in_figures: str
    amount_in_words: str
    currency: str
    day: date
    collected_by: str | None
    void: bool
    taken_back: int


class CashOfCollector(BaseModel):
    """A collector's cash of a day; `running` is all collected so far less all deposited."""

    collected_by: str
    collected: int
    deposited: int
    running: int


class CashOut(BaseModel):
    """The cash of all collectors who ever took or handed in any."""

    creditor: str
    day: date
    currency: str
    collectors: list[CashOfCollector]
