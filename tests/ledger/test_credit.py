"""Rules 14 and 15: credits beyond or without an invoice, money that waits for an unknown one."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.by_itself import wake_at
from services.ledger.domain.events import MoneyReleased
from tests.ledger.account_book import Book, terms

D = date


def two(book: Book) -> Book:
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    book.invoice(D(2026, 1, 1), "B", 900, D(2026, 1, 10))
    return book


def test_rest_of_a_credit_note_waits_and_goes_to_what_falls_due() -> None:
    book = two(Book(terms()))
    book.do(D(2026, 1, 5), c.AdjustItem("A", "N", -1500))
    assert (book.item("A").status, book.prepaid()) == ("settled", 500)
    book.at(D(2026, 1, 10))
    assert (book.principal(), book.prepaid()) == (400, 0)


def test_rest_of_a_credit_note_goes_at_once_to_what_has_fallen_due() -> None:
    book = two(Book(terms()))
    book.pay(D(2026, 1, 11), "P", 600, "A")
    book.do(D(2026, 1, 12), c.AdjustItem("A", "N", -1500))
    # 600 paid and 500 of the note are free: 900 for B, 200 wait
    assert (book.principal(), book.prepaid()) == (0, 200)


def test_credit_that_names_no_invoice_goes_where_money_goes() -> None:
    book = two(Book(terms()))
    book.do(D(2026, 1, 12), c.GrantCredit("C", 1200, "CNY"))
    assert (book.item("A").principal, book.item("B").principal) == (0, 700)
    book.do(D(2026, 1, 13), c.GrantCredit("D", 800, "CNY"))
    assert (book.principal(), book.prepaid()) == (0, 100)
    with pytest.raises(Rejected, match="credit E is in USD"):
        book.do(D(2026, 1, 13), c.GrantCredit("E", 1, "USD"))


def test_a_reversal_leaves_the_credit_in_its_place() -> None:
    book = two(Book(terms()))
    book.pay(D(2026, 1, 10), "P", 1000)
    book.do(D(2026, 1, 12), c.GrantCredit("C", 900, "CNY"))
    book.do(D(2026, 1, 14), c.ReversePayment("P"))
    assert (book.item("A").principal, book.item("B").principal) == (100, 900)


def test_money_for_an_unknown_invoice_is_released_on_the_morning_of_the_sixth_day() -> None:
    book = two(Book(terms(rate="0.01")))
    book.pay(D(2026, 1, 9), "P", 2500, "X")
    assert book.account.balance.waiting == 2500
    book.at(D(2026, 1, 14))
    assert (book.principal(), book.prepaid()) == (1900, 2500)
    assert wake_at(book.account) == book.instant(D(2026, 1, 15), 9)
    book.at(D(2026, 1, 15))
    assert isinstance(book.history[-1].event, MoneyReleased)
    # five days of late fee on 1900 are paid with it
    assert (book.principal(), book.prepaid(), book.account.balance.waiting) == (0, 505, 0)


def test_released_money_spares_the_late_fee_of_what_is_invoiced_later() -> None:
    book = Book(terms(rate="0.01"))
    book.pay(D(2026, 1, 1), "P", 1000, "X")
    book.at(D(2026, 1, 7))
    book.invoice(D(2026, 1, 9), "A", 1000, D(2026, 1, 3))
    assert (book.principal(), book.fee(D(2026, 1, 9))) == (0, 0)


def test_payment_that_names_an_invoice_settled_long_ago_does_not_wait() -> None:
    book = Book(terms())
    for number in range(40):
        day = D(2026, 3, 1)
        book.invoice(day, f"INVOICE-WITH-A-LONG-NUMBER-{number:08d}", 10, D(2026, 2, 20))
        book.pay(day, f"PAYMENT-WITH-A-LONG-NUMBER-{number:08d}", 10)
    book.invoice(D(2026, 3, 2), "A", 100, D(2026, 2, 20))
    book.pay(D(2026, 3, 2), "P", 100, "INVOICE-WITH-A-LONG-NUMBER-00000000")
    assert (book.principal(), book.prepaid()) == (0, 0)
