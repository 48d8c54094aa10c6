"""No sum grows beyond what a message can tell exactly: what would make it grow is refused."""

from datetime import date

import pytest

from chassis.errors import Rejected
from chassis.owed.amounts import overdue_on
from contracts import ledger
from contracts.base import AMOUNT_MAX
from services.dunning.domain.money.commission import due_for_month
from services.dunning.domain.money.state import Earned
from services.ledger.domain import commands as c
from services.ledger.domain.cash import commands as cash
from services.ledger.domain.cash.decide import decide as decide_cash
from services.ledger.domain.cash.state import CashDesk, Moved, Purse
from services.ledger.publish import publish
from services.legal.domain.commands import RequestDocument
from services.legal.domain.decide import decide as decide_legal
from services.legal.domain.events import DocumentRequested
from services.legal.domain.state import initial_matter
from tests.chassis.owed.figures import balance, item, view_of
from tests.ledger.account_book import Book, days, terms
from tests.support.published import AT, told

DAY = date(2026, 3, 2)


def all_told(book: Book) -> list[ledger.BalanceChanged]:
    """Every balance the account's history tells, read again from the bus."""
    return [
        message.data
        for past in book.history
        for message in told(publish, "ledger", "account-acme/A", past.event)
        if message.type == ledger.BalanceChanged.TYPE
    ]


def test_two_invoices_of_the_largest_amount_are_one_too_many() -> None:
    book = Book(terms())
    book.invoice(DAY, "A", AMOUNT_MAX, days(DAY, 5))
    with pytest.raises(Rejected, match="would owe"):
        book.invoice(DAY, "B", AMOUNT_MAX, days(DAY, 5))
    assert [one.principal for one in all_told(book)] == [AMOUNT_MAX]
    book.pay(days(DAY, 6), "P", AMOUNT_MAX)
    book.invoice(days(DAY, 6), "B", AMOUNT_MAX, days(DAY, 9))
    assert all_told(book)[-1].principal == AMOUNT_MAX


def test_a_payment_taken_back_that_would_make_too_much_owed_is_refused() -> None:
    book = Book(terms())
    book.invoice(DAY, "A", AMOUNT_MAX, DAY)
    book.pay(days(DAY, 1), "P", AMOUNT_MAX)
    book.invoice(days(DAY, 1), "B", AMOUNT_MAX, days(DAY, 9))
    with pytest.raises(Rejected, match="would owe"):
        book.do(days(DAY, 2), c.ReversePayment("P"))


@pytest.mark.parametrize("command", [
    c.ReceivePayment("Q", 1, "CNY", Book(terms()).instant(DAY), "transfer"),
    c.ReceivePayment("Q", 1, "CNY", Book(terms()).instant(days(DAY, 3)), "transfer"),
    c.ReceivePayment("Q", 1, "CNY", Book(terms()).instant(days(DAY, -3)), "transfer"),
    c.ReceivePayment("Q", 1, "CNY", Book(terms()).instant(DAY), "transfer", ("unknown",)),
    c.GrantCredit("K", 1, "CNY"),
], ids=["of the day", "to come", "late", "for an invoice nobody knows", "credit note"])  # fmt: skip
def test_more_money_than_can_be_told_is_refused(command: c.Command) -> None:
    book = Book(terms())
    book.pay(DAY, "P", AMOUNT_MAX)
    with pytest.raises(Rejected, match="of money"):
        book.do(DAY, command)


def test_payments_told_before_they_come_count_as_money_too() -> None:
    book = Book(terms())
    book.do(DAY, c.ReceivePayment("P", AMOUNT_MAX, "CNY", book.instant(days(DAY, 5)), "card"))
    with pytest.raises(Rejected, match="of money"):
        book.pay(DAY, "Q", 1)
    book.at(days(DAY, 6))
    assert all_told(book)[-1].prepaid == AMOUNT_MAX


def test_a_debit_note_raises_no_invoice_too_far() -> None:
    book = Book(terms())
    book.invoice(DAY, "A", AMOUNT_MAX, DAY)
    book.pay(DAY, "P", AMOUNT_MAX)
    with pytest.raises(Rejected, match="would come to"):
        book.do(DAY, c.AdjustItem("A", "N", 1))


def test_an_invoice_leaves_room_for_its_late_fee() -> None:
    book = Book(terms(rate="0.001"))
    with pytest.raises(Rejected, match="with its late fees"):
        book.invoice(DAY, "A", AMOUNT_MAX, DAY)
    book.invoice(DAY, "B", AMOUNT_MAX // 2, DAY)
    book.pay(days(DAY, 60_000), "P", 1)
    (*_, last) = all_told(book)
    assert last.principal + last.late_fee <= AMOUNT_MAX


def test_a_late_fee_agreed_later_grows_no_further_than_it_can_be_told() -> None:
    book = Book(terms())
    book.invoice(DAY, "A", AMOUNT_MAX, DAY)
    book.at(days(DAY, 2))
    book.terms = terms(rate="1", cap_ratio="9", revision=2)
    for number in range(3):
        book.pay(days(DAY, 9 + number), f"P{number}", 1)
        (*_, last) = all_told(book)
        assert last.principal + last.late_fee <= AMOUNT_MAX


def test_no_collector_hands_in_more_than_can_be_told() -> None:
    full = Purse(AMOUNT_MAX, AMOUNT_MAX, {DAY.isoformat(): Moved(AMOUNT_MAX, AMOUNT_MAX)})
    desk = CashDesk("Asia/Shanghai", "CNY", is_home=True, purses={"Li": full})
    with pytest.raises(Rejected, match="cash of this collector"):
        decide_cash(desk, cash.TakeDeposit("Li", 1), AT)
    with pytest.raises(Rejected, match="cash of this collector"):
        decide_cash(desk, cash.TakeCash("P", "A", 1, "Li", "R-1"), AT)


def test_the_commission_of_a_month_goes_no_further_than_it_can_be_told() -> None:
    earned = [Earned(amount=AMOUNT_MAX, on=DAY, collected_by=b"sealed")] * 2
    assert due_for_month(earned, date(2026, 4, 10), 10) == AMOUNT_MAX


def test_what_is_claimed_with_its_late_fees_goes_no_further_than_it_can_be_told() -> None:
    accrual = {"through": DAY, "accrued": "0", "per_day": str(AMOUNT_MAX), "cap": AMOUNT_MAX}
    items = [
        item(f"I-{number}", AMOUNT_MAX // 2, accrual=accrual | {"settled": 0}) for number in (1, 2)
    ]
    day = days(DAY, 3)
    owed = overdue_on(view_of(balance(1, *items)), day)
    assert owed.total == AMOUNT_MAX
    owed = overdue_on(view_of(balance(1, *items, prepaid=AMOUNT_MAX)), day)
    assert 0 <= owed.principal <= owed.total <= AMOUNT_MAX


def test_money_beyond_the_principal_told_with_it_leaves_nothing_to_claim_instead_of_less() -> None:
    items = [item(f"I-{number}", AMOUNT_MAX) for number in (1, 2)]
    between_parts = balance(1, *items, principal=1, overdue=1, prepaid=AMOUNT_MAX)
    assert overdue_on(view_of(between_parts), DAY).principal == 0


def test_a_document_that_would_claim_more_than_can_be_told_is_refused() -> None:
    wanted = DocumentRequested("L-1", "complaint", "C-1", 1, AT, "CNY", AMOUNT_MAX, 1, AMOUNT_MAX)
    matter = initial_matter("matter-acme/P-1")
    for more in (False, True):
        with pytest.raises(Rejected, match="can be claimed"):
            decide_legal(matter, RequestDocument(wanted, more=more))
