"""Rule 12: a reversal takes back the whole payment, or the amount it names."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.events import PaymentReversed
from tests.ledger.account_book import Book, terms

D = date


def paid(book: Book) -> Book:
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    book.invoice(D(2026, 1, 1), "B", 1000, D(2026, 1, 20))
    book.pay(D(2026, 1, 20), "P", 2100)
    return book


def left(book: Book) -> tuple[int, int, int]:
    return book.item("A").principal, book.item("B").principal, book.prepaid()


def test_part_takes_what_was_allocated_last_first() -> None:
    book = paid(Book(terms()))
    assert left(book) == (0, 0, 100)
    (event,) = book.do(D(2026, 1, 25), c.ReversePayment("P", 300))
    assert isinstance(event, PaymentReversed)
    assert event.amount == 300
    assert left(book) == (0, 200, 0)


def test_late_fee_is_that_of_the_part_for_all_the_days() -> None:
    book = paid(Book(terms(rate="0.01")))
    before = book.fee(D(2026, 1, 25))
    book.do(D(2026, 1, 25), c.ReversePayment("P", 300))
    assert (before, left(book)[:2]) == (0, (0, 300))
    assert book.fee(D(2026, 1, 25)) == 5 * 3


def test_what_is_left_can_be_taken_back_until_nothing_is() -> None:
    book = paid(Book(terms()))
    book.do(D(2026, 1, 25), c.ReversePayment("P", 300))
    with pytest.raises(Rejected, match="1801 is more than the 1800 left"):
        book.do(D(2026, 1, 26), c.ReversePayment("P", 1801))
    (event,) = book.do(D(2026, 1, 26), c.ReversePayment("P"))
    assert isinstance(event, PaymentReversed)
    assert (event.amount, left(book)) == (1800, (1000, 1000, 0))
    with pytest.raises(Rejected, match="already reversed"):
        book.do(D(2026, 1, 27), c.ReversePayment("P", 1))


def test_later_payments_take_the_place_of_the_part() -> None:
    book = paid(Book(terms()))
    book.pay(D(2026, 1, 22), "Q", 250)
    book.do(D(2026, 1, 25), c.ReversePayment("P", 300))
    assert left(book) == (0, 0, 50)
