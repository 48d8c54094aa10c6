"""An account's book: what its events say of its items, payments and steps up to a day.

Reports are drawn from books, so a report of any day needs nothing but the events up to its end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.dunning.domain.account import Account
from services.dunning.domain.agreements.events import ApplicationDecided
from services.dunning.domain.case.events import CaseOpened, StepTaken, TaskCompleted
from services.dunning.domain.evolve import evolve_account
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.events import (
    CommissionEarned,
    CommissionReversed,
    FeeCharged,
    InvoiceMarked,
    ItemsUpdated,
    PaymentRecorded,
    PaymentReversed,
)
from services.dunning.domain.money.state import Item


@dataclass(frozen=True, slots=True)
class Debt:
    """An item, open or not, and the principal paid on it.

    What was cancelled has an amount of 0; what was written off keeps what had been paid before.
    """

    item: Item
    paid: int

    @property
    def is_open(self) -> bool:
        """Whether it is still owed."""
        return self.item.state == "open"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment that was not reversed.

    `recovered` is the overdue principal it settled, `step` the last step taken before it in the
    running case, `referred` to whom that case had been referred. `collected_by` is sealed.
    """

    payment_id: str
    amount: int
    on: date
    method: str
    collected_by: bytes | None
    step: str | None
    referred: tuple[str, ...]
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Earned:
    """A commission earned (below 0: taken back) on a day; `collected_by` is sealed."""

    on: date
    collected_by: bytes
    amount: int


@dataclass(slots=True)
class Book:
    """One account from its events; `opening` are its items as 1 January of the year began.

    `arrears` holds the largest overdue principal of each item, `results` the latest result of each
    task kind, `fees` the items that this service charged, `approved` what was applied for and
    granted, `marks` what an invoice says of itself by item.
    """

    account: str
    state: Account
    debts: dict[str, Debt] = field(default_factory=dict)
    opening: dict[str, Debt] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    arrears: dict[str, int] = field(default_factory=dict)
    steps: list[tuple[str, date]] = field(default_factory=list)
    results: dict[str, tuple[str, date]] = field(default_factory=dict)
    earned: list[Earned] = field(default_factory=list)
    fees: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    recovering: str | None = None

    def open_debts(self) -> list[Debt]:
        """The open items, oldest due date first."""
        debts = [debt for debt in self.debts.values() if debt.is_open]
        return sorted(debts, key=lambda d: (d.item.due_on, d.item.issued_on, d.item.item_id))


def write(
    initial: Account, events: Iterable[tuple[datetime, Any]], zone: ZoneInfo, year: int
) -> Book:
    """Fold an account's events, each with its instant, into a book; `year` sets the opening."""
    book = Book(initial.account, initial)
    begins = datetime(year, 1, 1, tzinfo=zone)
    begun = False
    for at, event in events:
        if not begun and at >= begins:
            book.opening, begun = dict(book.debts), True
        day = local_day(at, zone)
        if entry := _ENTRIES.get(type(event)):
            entry(book, event, day)
        book.state = evolve_account(book.state, event)
    if not begun:
        book.opening = dict(book.debts)
    return book


def _items(book: Book, event: ItemsUpdated, day: date) -> None:
    recovered = 0
    for item in event.items:
        before = book.debts.get(item.item_id)
        paid = _paid(item, before)
        if item.due_on < day:
            recovered += max(0, paid - (before.paid if before else 0))
            if item.state == "open":
                most = max(book.arrears.get(item.item_id, 0), item.principal)
                book.arrears[item.item_id] = most
        book.debts[item.item_id] = Debt(item, paid)
    if book.recovering in book.receipts and recovered:
        receipt = book.receipts[book.recovering]
        more = replace(receipt, recovered=receipt.recovered + recovered)
        book.receipts[book.recovering] = more
    if not event.more:
        book.recovering = None


def _paid(item: Item, before: Debt | None) -> int:
    if item.state == "written_off":
        return before.paid if before else 0
    return item.amount - item.principal


def _opened(book: Book, event: CaseOpened, day: date) -> None:
    # Items become overdue by the day alone, without an event of theirs.
    _remember_arrears(book, day)


def _remember_arrears(book: Book, day: date) -> None:
    for debt in book.open_debts():
        item = debt.item
        if item.due_on < day:
            most = max(book.arrears.get(item.item_id, 0), item.principal)
            book.arrears[item.item_id] = most


def _payment(book: Book, event: PaymentRecorded, day: date) -> None:
    _remember_arrears(book, day)
    case = book.state.case
    taken = sorted(case.taken.items(), key=lambda step: step[1]) if case else []
    book.receipts[event.payment_id] = Receipt(
        event.payment_id,
        event.amount,
        day,
        event.method,
        event.collected_by,
        taken[-1][0] if taken else None,
        case.referred if case else (),
    )
    book.recovering = event.payment_id


def _reversed(book: Book, event: PaymentReversed, day: date) -> None:
    receipt = book.receipts.pop(event.payment_id, None)
    book.recovering = None
    left = 0 if receipt is None or event.amount is None else receipt.amount - event.amount
    if receipt is not None and left > 0:
        # What was allocated last goes first, and that is what waits or falls due later.
        less = replace(receipt, amount=left, recovered=min(receipt.recovered, left))
        book.receipts[event.payment_id] = less


def _step(book: Book, event: StepTaken, day: date) -> None:
    _remember_arrears(book, day)
    book.steps.append((event.step or "", event.on))


def _result(book: Book, event: TaskCompleted, day: date) -> None:
    book.results[event.kind] = (event.result, day)


def _earned(book: Book, event: CommissionEarned, day: date) -> None:
    book.earned.append(Earned(day, event.collected_by, event.amount))


def _fee(book: Book, event: FeeCharged, day: date) -> None:
    book.fees.add(event.item_id)


def _decided(book: Book, event: ApplicationDecided, day: date) -> None:
    if event.outcome == "approved":
        book.approved.add(event.for_)


def _marked(book: Book, event: InvoiceMarked, day: date) -> None:
    book.marks[event.item_id] = event.marks


_ENTRIES: dict[type, Callable[[Book, Any, date], None]] = {
    ItemsUpdated: _items,
    CaseOpened: _opened,
    PaymentRecorded: _payment,
    PaymentReversed: _reversed,
    StepTaken: _step,
    TaskCompleted: _result,
    CommissionEarned: _earned,
    FeeCharged: _fee,
    ApplicationDecided: _decided,
    InvoiceMarked: _marked,
    CommissionReversed: _earned,
}
