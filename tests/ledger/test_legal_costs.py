"""What pursuing a debt cost is owed like anything else."""

from datetime import date

from contracts import legal
from services.ledger.asked import cost
from services.ledger.handlers import MESSAGES
from tests.ledger.account_book import Book, terms


def test_a_cost_is_an_item_of_its_own_that_becomes_overdue() -> None:
    assert legal.CostIncurred.TYPE in MESSAGES
    told = legal.CostIncurred(
        account_id="A",
        matter_id="A.m1",
        item_id="cost:R-17",
        item="court_fee",
        amount=5000,
        currency="CNY",
        incurred_on=date(2026, 3, 1),
        due_on=date(2026, 3, 10),
    )
    book = Book(terms())
    book.do(date(2026, 3, 1), cost(told))
    book.at(date(2026, 3, 11))
    item = book.item("cost:R-17")
    assert (item.item, item.principal, item.source) == ("court_fee", 5000, "charge")
    assert book.overdue() == ["cost:R-17"]
