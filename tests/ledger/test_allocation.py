"""Rule 5: where money goes."""

from datetime import date

import pytest

from chassis.errors import NotFound, Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.decide import decide
from services.ledger.domain.events import PaymentReceived
from services.ledger.domain.state import Account
from tests.ledger.account_book import Book, terms

D = date


@pytest.fixture
def book() -> Book:
    return Book(terms())


def two_overdue(book: Book) -> Book:
    book.invoice(D(2026, 1, 5), "B", 200, D(2026, 1, 20))
    book.invoice(D(2026, 1, 6), "A", 100, D(2026, 1, 10))
    return book


def test_money_settles_the_oldest_item_first(book: Book) -> None:
    two_overdue(book).pay(D(2026, 2, 1), "P", 150)
    assert book.item("A").status == "settled"
    assert book.item("B").principal == 150


def test_items_due_on_the_same_day_are_settled_in_issue_order(book: Book) -> None:
    book.invoice(D(2026, 1, 7), "late", 100, D(2026, 1, 20))
    book.do(D(2026, 1, 8), c.OpenItem("early", "fee", 100, "CNY", D(2026, 1, 2), D(2026, 1, 20)))
    book.pay(D(2026, 1, 25), "P", 100)
    assert book.item("early").status == "settled"
    assert book.item("late").principal == 100


def test_named_invoice_is_settled_first_even_before_it_is_due(book: Book) -> None:
    two_overdue(book).pay(D(2026, 1, 12), "P", 250, "B")
    assert book.item("B").status == "settled"
    assert book.item("A").principal == 50


def test_rest_waits_and_is_applied_when_the_next_invoice_falls_due(book: Book) -> None:
    book.pay(D(2026, 1, 1), "P", 80)
    book.invoice(D(2026, 1, 2), "A", 100, D(2026, 1, 10))
    book.at(D(2026, 1, 9))
    assert (book.prepaid(), book.item("A").principal) == (80, 100)
    book.wake_until(book.instant(D(2026, 1, 10), 0))
    assert (book.prepaid(), book.item("A").principal) == (0, 20)


def test_payment_takes_an_item_that_falls_due_today(book: Book) -> None:
    book.invoice(D(2026, 1, 2), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    assert book.item("A").status == "settled"


def test_payment_leaves_what_is_not_due_yet(book: Book) -> None:
    book.invoice(D(2026, 1, 2), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 9), "P", 100)
    assert (book.prepaid(), book.item("A").principal) == (100, 100)


def test_payment_naming_an_unknown_invoice_waits_for_it_alone(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 5))
    book.pay(D(2026, 1, 10), "P", 70, "Z")
    assert (book.prepaid(), book.item("A").principal) == (70, 100)
    book.invoice(D(2026, 1, 11), "Z", 50, D(2026, 3, 1))
    assert book.item("Z").status == "settled"
    assert (book.prepaid(), book.item("A").principal) == (0, 80)


def test_named_money_waits_for_each_unknown_invoice(book: Book) -> None:
    book.pay(D(2026, 1, 10), "P", 100, "Y", "Z")
    book.invoice(D(2026, 1, 11), "Z", 60, D(2026, 3, 1))
    book.invoice(D(2026, 1, 12), "Y", 60, D(2026, 3, 1))
    assert (book.item("Z").principal, book.item("Y").principal, book.prepaid()) == (0, 20, 0)


def test_disputed_item_is_passed_over(book: Book) -> None:
    two_overdue(book).do(D(2026, 2, 1), c.DisputeItems("d", ("A",)))
    book.pay(D(2026, 2, 2), "P", 250)
    assert (book.item("A").principal, book.item("B").principal, book.prepaid()) == (100, 0, 50)


def test_disputed_item_takes_money_that_names_it(book: Book) -> None:
    two_overdue(book).do(D(2026, 2, 1), c.DisputeItems("d", ("A",)))
    book.pay(D(2026, 2, 2), "P", 100, "A")
    assert book.item("A").status == "settled"


def test_waiting_money_goes_to_an_item_whose_dispute_is_rejected(book: Book) -> None:
    two_overdue(book).do(D(2026, 2, 1), c.DisputeItems("d", ("A", "B")))
    book.pay(D(2026, 2, 2), "P", 120)
    book.do(D(2026, 2, 3), c.ResolveDispute("d", "rejected", ("A", "B")))
    assert (book.item("A").status, book.item("B").principal) == ("settled", 180)


def test_principal_then_late_fee_then_the_next_item() -> None:
    book = two_overdue(Book(terms(rate="0.01")))
    # By 30 January A bears 20 days of 1.00, B 10 days of 2.00.
    book.pay(D(2026, 1, 30), "P", 130)
    assert (book.item("A").status, book.item("B").principal) == ("settled", 190)


def test_charges_first_takes_the_late_fee_before_the_principal() -> None:
    book = two_overdue(Book(terms(rate="0.01", charges_first=True)))
    book.pay(D(2026, 1, 30), "P", 110)
    item = book.item("A")
    assert (item.principal, item.fee.paid if item.fee else None) == (10, 20)


def test_credit_note_on_a_settled_invoice_frees_money_for_what_has_fallen_due(book: Book) -> None:
    two_overdue(book).pay(D(2026, 1, 15), "P", 100)
    book.do(D(2026, 2, 1), c.AdjustItem("A", "K", -30))
    assert (book.item("A").amount, book.item("B").principal, book.prepaid()) == (70, 170, 0)


def test_money_freed_while_nothing_is_due_waits(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    book.do(D(2026, 1, 12), c.CancelItem("A"))
    assert (book.item("A").status, book.prepaid()) == ("cancelled", 100)


def test_raised_amount_reopens_a_settled_invoice(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    events = book.do(D(2026, 1, 12), c.AdjustItem("A", "K", 40))
    assert (book.item("A").principal, book.overdue()) == (40, ["A"])
    assert events[-1].effects.reopened == ("A",)


def test_reduced_dispute_frees_what_was_paid_too_much(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 90)
    book.do(D(2026, 1, 12), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 1, 13), c.ResolveDispute("d", "reduced", ("A",), 60))
    assert (book.item("A").status, book.item("A").amount, book.prepaid()) == ("settled", 60, 30)


def test_reduced_amount_is_shared_out_in_proportion(book: Book) -> None:
    two_overdue(book).do(D(2026, 2, 1), c.DisputeItems("d", ("A", "B")))
    book.do(D(2026, 2, 2), c.ResolveDispute("d", "reduced", ("A", "B"), 100))
    assert (book.item("A").amount, book.item("B").amount) == (33, 67)


def test_upheld_dispute_cancels_a_paid_item_and_its_money_may_be_refunded(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    book.do(D(2026, 1, 12), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 1, 13), c.ResolveDispute("d", "upheld", ("A",)))
    book.do(D(2026, 1, 14), c.Refund("r", 60))
    assert (book.item("A").status, book.prepaid()) == ("cancelled", 40)
    with pytest.raises(Rejected, match="more than the 40 prepaid"):
        book.do(D(2026, 1, 15), c.Refund("r2", 60))


def test_payment_after_a_write_off_is_a_recovery_up_to_what_was_lost(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.do(D(2026, 6, 1), c.WriteOff())
    assert (book.item("A").status, book.principal(), book.overdue()) == ("written_off", 0, [])
    events = book.pay(D(2026, 7, 1), "P", 130)
    assert events[-1].effects.recovered == (("A", 100),)
    assert (book.prepaid(), book.account.lost) == (30, ())


def test_known_ids_are_refused(book: Book) -> None:
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    with pytest.raises(Rejected, match="invoice A is already known"):
        book.invoice(D(2026, 1, 11), "A", 5, D(2026, 1, 20))
    with pytest.raises(Rejected, match="payment P is already known"):
        book.pay(D(2026, 1, 11), "P", 5)


def test_other_currency_is_refused(book: Book) -> None:
    command = c.OpenItem("A", "fee", 1, "USD", D(2026, 1, 1), D(2026, 1, 1))
    with pytest.raises(Rejected, match="USD; the creditor's accounts are kept in CNY"):
        book.do(D(2026, 1, 1), command)


def test_creditor_that_is_not_set_up_is_not_found(book: Book) -> None:
    command = c.OpenItem("A", "fee", 1, "CNY", D(2026, 1, 1), D(2026, 1, 1))
    with pytest.raises(NotFound, match="not set up"):
        decide(Account(), command, book.instant(D(2026, 1, 1)), None)


def test_unnamed_part_is_reported_with_the_payment(book: Book) -> None:
    (event,) = two_overdue(book).pay(D(2026, 2, 1), "P", 350)
    assert isinstance(event, PaymentReceived)
    assert [(part.item_id, part.principal) for part in event.effects.parts] == [
        ("A", 100),
        ("B", 200),
    ]
    assert event.effects.balance.prepaid == 50
    assert event.effects.cleared


def test_money_that_waited_for_another_invoice_spares_no_late_fee_of_those_days() -> None:
    book = Book(terms(rate="0.01"))
    book.invoice(D(2026, 1, 1), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 150, "Z")
    book.invoice(D(2026, 1, 15), "Z", 10, D(2026, 3, 1))
    assert book.item("A").status == "settled"
    assert book.prepaid() == 150 - 10 - 100 - 5
