"""Rule 1: when an item is overdue, noticed by timer at the beginning of the local day."""

from datetime import UTC, date, datetime

import pytest

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.by_itself import wake_at
from services.ledger.domain.events import DayBegan
from tests.ledger.account_book import Book, terms

D = date


def test_item_is_overdue_from_the_local_day_after_its_due_date() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    # 00:00 on 11 January in Shanghai
    assert wake_at(book.account) == datetime(2026, 1, 10, 16, tzinfo=UTC)
    book.at(D(2026, 1, 10))
    assert book.overdue() == []
    book.wake_until(datetime(2026, 1, 10, 16, tzinfo=UTC))
    assert book.overdue() == ["A"]


def test_nothing_is_written_for_a_day_on_which_nothing_happens() -> None:
    book = Book(terms(rate="0.001"))
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    book.at(D(2026, 12, 31))
    assert sum(isinstance(past.event, DayBegan) for past in book.history) == 1
    assert wake_at(book.account) is None


def test_overdue_is_said_once_per_item_and_episode() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 20), "P", 40)
    book.do(D(2026, 1, 21), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 1, 22), c.ResolveDispute("d", "rejected", ("A",)))
    said = [past.event.effects.overdue for past in book.history if past.event.effects.overdue]
    assert said == [("A",), ("A",)]


@pytest.mark.parametrize(
    ("zone", "due", "instant"),
    [
        # clocks go forward on 29 March 2026 in Berlin
        ("Europe/Berlin", D(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", D(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        # Santiago skips 00:00 on 6 September 2026: the day begins at 01:00
        ("America/Santiago", D(2026, 9, 5), datetime(2026, 9, 6, 4, tzinfo=UTC)),
        ("Asia/Kathmandu", D(2028, 2, 28), datetime(2028, 2, 28, 18, 15, tzinfo=UTC)),
    ],
)
def test_day_begins_when_the_zone_says(zone: str, due: date, instant: datetime) -> None:
    book = Book(terms(zone=zone))
    book.invoice(due, "A", 100, due)
    assert wake_at(book.account) == instant


def test_invoice_past_its_due_date_is_overdue_at_once() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 11), "A", 100, D(2026, 1, 10))
    assert book.overdue() == ["A"]
    assert book.history[-1].event.effects.overdue == ("A",)


def test_paid_in_time_is_never_overdue() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 100)
    book.at(D(2026, 2, 1))
    assert not any(past.event.effects.overdue for past in book.history)


def test_clearing_is_said_when_nothing_is_overdue_any_more() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    book.invoice(D(2026, 1, 5), "B", 100, D(2026, 1, 11))
    (first,) = book.pay(D(2026, 1, 20), "P", 100)
    (second,) = book.pay(D(2026, 1, 20), "Q", 100)
    assert (first.effects.cleared, second.effects.cleared) == (False, True)


def test_dispute_over_all_that_is_past_due_does_not_clear_until_it_is_decided() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    (opened,) = book.do(D(2026, 1, 20), c.DisputeItems("d", ("A",)))
    assert (book.overdue(), opened.effects.cleared) == ([], False)
    (decided,) = book.do(D(2026, 1, 25), c.ResolveDispute("d", "upheld", ("A",)))
    assert decided.effects.cleared


def test_disputed_item_that_falls_due_is_overdue_when_the_dispute_is_rejected() -> None:
    book = Book(terms())
    book.invoice(D(2026, 1, 5), "A", 100, D(2026, 1, 10))
    book.do(D(2026, 1, 6), c.DisputeItems("d", ("A",)))
    book.at(D(2026, 1, 20))
    assert book.overdue() == []
    book.do(D(2026, 1, 21), c.ResolveDispute("d", "rejected", ("A",)))
    assert book.overdue() == ["A"]


def test_terms_give_the_due_date_an_invoice_lacks() -> None:
    book = Book(terms(due_days=7))
    book.invoice(D(2028, 2, 24), "A", 100, None)
    assert book.item("A").due_on == D(2028, 3, 2)
    with pytest.raises(Rejected, match="no due date"):
        Book(terms()).invoice(D(2028, 2, 24), "A", 100, None)


def test_timer_that_fires_late_changes_nothing_but_when_it_is_noticed() -> None:
    def play(book: Book) -> Book:
        book.pay(D(2026, 1, 1), "P", 60)
        book.invoice(D(2026, 1, 2), "A", 100, D(2026, 1, 10))
        book.invoice(D(2026, 1, 2), "B", 100, D(2026, 1, 15))
        book.pay(D(2026, 3, 1), "Q", 200)
        return book

    late, prompt = play(Book(terms(rate="0.001"), lazy=True)), play(Book(terms(rate="0.001")))
    assert late.account == prompt.account


def test_item_that_a_late_timer_closes_can_be_cancelled_in_the_same_breath() -> None:
    book = Book(terms(), lazy=True)
    book.pay(D(2026, 1, 1), "P", 100)
    book.invoice(D(2026, 1, 2), "A", 100, D(2026, 1, 10))
    book.do(D(2026, 1, 20), c.CancelItem("A"))
    assert (book.item("A").status, book.prepaid()) == ("cancelled", 100)
