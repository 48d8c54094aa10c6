"""Rule 11: a payment counts from the instant it was received, whenever it is told."""

from datetime import date

import pytest

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain import resimulate
from services.ledger.domain.by_itself import wake_at
from services.ledger.domain.events import DayBegan, PaymentAnnounced, PaymentReceived
from services.ledger.domain.past import Past
from tests.ledger.account_book import Book, terms

D = date


def overdue(book: Book) -> Book:
    """1000.00 due on the 6th, seen as overdue on the 9th."""
    book.invoice(D(2026, 3, 1), "A", 100000, D(2026, 3, 6))
    book.at(D(2026, 3, 9))
    return book


def test_bill_paid_on_its_due_date_and_told_later_was_never_overdue() -> None:
    book = overdue(Book(terms(rate="0.001")))
    assert (book.overdue(), book.fee(D(2026, 3, 9))) == (["A"], 300)
    (event,) = book.pay(D(2026, 3, 10), "P", 100000, received=D(2026, 3, 6))
    assert isinstance(event, PaymentReceived)
    assert event.effects.cleared
    assert event.effects.settled == ("A",)
    assert [(part.principal, part.late_fee) for part in event.effects.parts] == [(100000, 0)]
    assert (book.principal(), book.fee(D(2026, 3, 10)), book.prepaid()) == (0, 0, 0)


def test_money_told_late_bears_the_late_fee_of_the_days_before_it_came() -> None:
    book = overdue(Book(terms(rate="0.001")))
    book.pay(D(2026, 3, 10), "P", 100000, received=D(2026, 3, 8))
    assert (book.principal(), book.fee(D(2026, 3, 10))) == (0, 200)


def test_what_came_between_is_allocated_again() -> None:
    book = Book(terms())
    book.invoice(D(2026, 3, 1), "A", 100, D(2026, 3, 6))
    book.invoice(D(2026, 3, 1), "B", 100, D(2026, 3, 7))
    book.pay(D(2026, 3, 8), "P", 100)
    book.pay(D(2026, 3, 10), "Q", 150, received=D(2026, 3, 6))
    other = Book(terms())
    other.invoice(D(2026, 3, 1), "A", 100, D(2026, 3, 6))
    other.invoice(D(2026, 3, 1), "B", 100, D(2026, 3, 7))
    other.pay(D(2026, 3, 6), "Q", 150)
    other.pay(D(2026, 3, 8), "P", 100)
    assert (book.principal(), book.prepaid()) == (other.principal(), other.prepaid()) == (0, 50)


def test_history_is_not_asked_for_where_nothing_happened_since() -> None:
    book = Book(terms(rate="0.001"))
    book.invoice(D(2026, 3, 1), "A", 100000, D(2026, 3, 6))
    command = c.ReceivePayment("P", 500, "CNY", book.instant(D(2026, 3, 2)), "transfer")

    def asked() -> list[Past]:
        raise AssertionError("the history was asked for")

    now = book.instant(D(2026, 3, 4))
    (event,) = resimulate.receive_payment(book.account, command, now, book.terms, asked)
    assert isinstance(event, PaymentReceived)
    assert (event.effects.day, event.account) == (D(2026, 3, 2), None)


def test_days_that_began_since_are_told_after_it() -> None:
    book = Book(terms(), lazy=True)
    book.invoice(D(2026, 3, 1), "A", 100, D(2026, 3, 6))
    events = book.pay(D(2026, 3, 10), "P", 40, received=D(2026, 3, 2))
    assert [type(event) for event in events] == [PaymentReceived, DayBegan, DayBegan]
    assert (book.principal(), book.overdue()) == (60, ["A"])


def test_payment_received_later_is_no_money_before() -> None:
    book = overdue(Book(terms(rate="0.001")))
    (event,) = book.pay(D(2026, 3, 10), "P", 100000, received=D(2026, 3, 12))
    assert isinstance(event, PaymentAnnounced)
    book.at(D(2026, 3, 11))
    assert (book.principal(), book.prepaid()) == (100000, 0)
    assert wake_at(book.account) == book.instant(D(2026, 3, 12))
    book.at(D(2026, 3, 12))
    assert (book.principal(), book.fee(D(2026, 3, 12)), book.prepaid()) == (0, 600, 0)


def test_two_payments_of_one_instant_both_come_where_the_first_waits_for_its_invoice() -> None:
    book = overdue(Book(terms()))
    book.pay(D(2026, 3, 10), "P", 300, "X", received=D(2026, 3, 12))
    book.pay(D(2026, 3, 10), "Q", 100000, received=D(2026, 3, 12))
    book.at(D(2026, 3, 12))
    assert (book.principal(), book.account.balance.waiting) == (0, 300)


def test_announced_payment_that_is_taken_back_never_comes() -> None:
    book = overdue(Book(terms()))
    book.pay(D(2026, 3, 10), "P", 100000, received=D(2026, 3, 12))
    book.do(D(2026, 3, 11), c.ReversePayment("P", 40000))
    book.at(D(2026, 3, 12))
    assert book.principal() == 40000
    book.do(D(2026, 3, 13), c.ReversePayment("P"))
    assert book.principal() == 100000


def test_payment_is_told_once_however_late() -> None:
    book = overdue(Book(terms()))
    book.pay(D(2026, 3, 10), "P", 100, received=D(2026, 3, 6))
    with pytest.raises(Rejected, match="payment P is already known"):
        book.pay(D(2026, 3, 11), "P", 100, received=D(2026, 3, 6))


def test_a_past_day_is_shown_as_it_is_known_now() -> None:
    book = overdue(Book(terms(rate="0.001")))
    book.pay(D(2026, 3, 10), "P", 100000, received=D(2026, 3, 6))
    evening = book.instant(D(2026, 3, 8), 23)
    assert resimulate.as_of(book.history, evening).items == ()
    book.do(D(2026, 3, 20), c.ReversePayment("P"))
    (item,) = resimulate.as_of(book.history, evening).items
    assert (item.principal, item.overdue) == (100000, True)


def test_money_of_a_backlog_goes_to_the_invoice_it_names() -> None:
    book = Book(terms())
    book.invoice(D(2026, 3, 20), "A", 100, D(2026, 3, 1))
    book.invoice(D(2026, 3, 20), "B", 30, D(2026, 3, 1))
    book.pay(D(2026, 3, 20), "P", 30, "B", received=D(2026, 3, 2))
    assert (book.item("A").principal, book.principal(), book.prepaid()) == (100, 100, 0)


def test_money_for_an_invoice_nobody_knows_waits_from_when_it_is_told() -> None:
    book = Book(terms())
    book.invoice(D(2026, 3, 1), "A", 100, D(2026, 3, 6))
    book.pay(D(2026, 3, 20), "P", 100, "X", received=D(2026, 3, 2))
    assert (book.principal(), book.account.balance.waiting) == (100, 100)
    book.at(D(2026, 3, 26))
    assert (book.principal(), book.account.balance.waiting) == (0, 0)
