"""What is recorded has happened, whatever the clock says afterwards."""

from datetime import date

from services.ledger.domain import commands as c
from tests.ledger.account_book import Book, terms

D = date


def test_an_invoice_recorded_before_the_clock_went_back_is_owed_when_a_payment_is_told_late() -> (
    None
):
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100000, D(2026, 2, 1), hour=11)
    book.pay(D(2026, 1, 5), "P", 30000, "A", received=D(2026, 1, 4), hour=10)
    assert (book.principal(), book.prepaid()) == (70000, 0)


def test_an_invoice_recorded_before_the_clock_went_back_is_owed_when_a_payment_is_taken_back() -> (
    None
):
    book = Book(terms())
    book.pay(D(2026, 1, 4), "P", 30000)
    book.invoice(D(2026, 1, 5), "A", 100000, D(2026, 2, 1), hour=11)
    book.do(D(2026, 1, 5), c.ReversePayment("P"), hour=10)
    assert (book.principal(), book.prepaid()) == (100000, 0)
