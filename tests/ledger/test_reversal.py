"""Rule 5: a reversed payment counts as never made."""

from datetime import date

import pytest

from chassis.errors import NotFound, Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.events import PaymentReversed
from tests.ledger.account_book import Book, terms

D = date


def paid_twice(book: Book) -> Book:
    book.invoice(D(2026, 1, 1), "A", 100000, D(2026, 1, 10))
    book.invoice(D(2026, 1, 1), "B", 100000, D(2026, 1, 20))
    book.pay(D(2026, 1, 10), "P", 100000)
    book.pay(D(2026, 1, 20), "Q", 100000)
    return book


def test_later_payments_are_allocated_again_without_it() -> None:
    book = paid_twice(Book(terms()))
    (event,) = book.do(D(2026, 2, 1), c.ReversePayment("P"))
    assert (book.item("A").status, book.item("B").principal) == ("settled", 100000)
    assert isinstance(event, PaymentReversed)
    assert event.effects.reopened == ("B",)
    assert event.effects.overdue == ("B",)


def test_items_reopen_with_their_due_date_and_the_late_fee_of_the_days_between() -> None:
    book = Book(terms(rate="0.001"))
    book.invoice(D(2026, 1, 1), "A", 100000, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100000)
    book.do(D(2026, 2, 9), c.ReversePayment("P"))
    assert (book.item("A").due_on, book.overdue()) == (D(2026, 1, 10), ["A"])
    assert book.fee(D(2026, 2, 9)) == 30 * 100


def test_prepayment_that_is_reversed_is_gone() -> None:
    book = Book(terms())
    book.pay(D(2026, 1, 1), "P", 500)
    book.do(D(2026, 1, 2), c.ReversePayment("P"))
    assert (book.prepaid(), book.account.items) == (0, ())


def test_two_reversals_leave_what_the_third_payment_did() -> None:
    book = paid_twice(Book(terms(rate="0.001")))
    book.pay(D(2026, 1, 25), "R", 50000)
    book.do(D(2026, 2, 1), c.ReversePayment("P"))
    book.do(D(2026, 2, 2), c.ReversePayment("Q"))
    other = Book(terms(rate="0.001"))
    other.invoice(D(2026, 1, 1), "A", 100000, D(2026, 1, 10))
    other.invoice(D(2026, 1, 1), "B", 100000, D(2026, 1, 20))
    other.pay(D(2026, 1, 25), "R", 50000)
    assert book.account.items == other.account.items


def test_reversal_of_a_recovery_restores_the_loss() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.do(D(2026, 6, 1), c.WriteOff())
    book.pay(D(2026, 7, 1), "P", 70)
    assert book.account.lost == (("A", 30),)
    book.do(D(2026, 7, 2), c.ReversePayment("P"))
    assert book.account.lost == (("A", 100),)


def test_money_refunded_from_a_reversed_payment_is_owed() -> None:
    book = Book(terms())
    book.pay(D(2026, 1, 1), "P", 500)
    book.do(D(2026, 1, 2), c.Refund("r", 300))
    book.do(D(2026, 1, 5), c.ReversePayment("P"))
    assert (book.prepaid(), book.principal()) == (0, 300)
    assert book.overdue() == ["refund:r"]


def test_unknown_payment_cannot_be_reversed() -> None:
    with pytest.raises(NotFound, match="payment Z is not known"):
        paid_twice(Book(terms())).do(D(2026, 2, 1), c.ReversePayment("Z"))


def test_payment_is_reversed_once() -> None:
    book = paid_twice(Book(terms()))
    book.do(D(2026, 2, 1), c.ReversePayment("P"))
    with pytest.raises(Rejected, match="already reversed"):
        book.do(D(2026, 2, 2), c.ReversePayment("P"))


def test_late_fee_waived_while_none_was_due_is_waived_of_what_comes_back() -> None:
    book = Book(terms(rate="0.01"))
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 1000)
    book.do(D(2026, 1, 20), c.WaiveLateFee(70))
    book.do(D(2026, 1, 21), c.ReversePayment("P"))
    assert (book.principal(), book.fee(D(2026, 1, 21))) == (1000, 11 * 10 - 70)


def test_reversal_after_a_write_off_owes_what_was_not_given_up() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 1), "A", 800, D(2026, 1, 10))
    book.pay(D(2026, 1, 20), "P", 300)
    book.do(D(2026, 6, 1), c.WriteOff())
    book.do(D(2026, 6, 5), c.ReversePayment("P"))
    assert (book.principal(), book.overdue()) == (300, ["A"])
    book.pay(D(2026, 6, 6), "Q", 500)
    # 300 settle what is owed, the rest recovers what was written off
    assert (book.principal(), book.prepaid(), dict(book.account.lost)) == (0, 0, {"A": 300})
