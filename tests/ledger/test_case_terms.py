"""Rule 13: late-fee rate and cap, order of allocation and due days go with the case."""

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from services.ledger.domain import commands as c
from services.ledger.domain.commands import Money
from services.ledger.domain.terms import CreditorTerms, PublishTerms, Terms, decide
from tests.ledger.account_book import Book, terms

D = date


def changed(book: Book, day: date, rate: str, **more: object) -> Terms:
    """The creditor's terms with another rate from a day on."""
    command = PublishTerms("Asia/Shanghai", "CNY", day, rate_per_day=Decimal(rate), **more)  # type: ignore[arg-type]
    (event,) = decide(CreditorTerms(book.terms), command)
    return event.terms


def in_a_case(book: Book) -> Book:
    book.invoice(D(2026, 3, 1), "A", 100000, D(2026, 3, 6))
    book.at(D(2026, 3, 10))
    return book


def test_running_case_keeps_its_rate_whatever_else_happens() -> None:
    idle, busy = in_a_case(Book(terms(rate="0.0005"))), in_a_case(Book(terms(rate="0.0005")))
    idle.terms = busy.terms = changed(idle, D(2026, 3, 16), "0.001")
    busy.pay(D(2026, 3, 18), "P", 1)
    busy.invoice(D(2026, 3, 18), "B", 100, D(2026, 6, 1))
    assert idle.fee(D(2026, 3, 19)) == busy.fee(D(2026, 3, 19)) == 13 * 50


def test_case_that_is_moved_bears_the_new_rate_from_that_day() -> None:
    book = in_a_case(Book(terms(rate="0.0005")))
    book.terms = changed(book, D(2026, 3, 12), "0.001")
    book.do(D(2026, 3, 16), c.SetCaseTerms(Money(rate_per_day=Decimal("0.001")), D(2026, 3, 16)))
    assert book.fee(D(2026, 3, 19)) == 9 * 50 + 4 * 100


def test_what_has_no_case_follows_the_terms_in_force() -> None:
    idle, busy = Book(terms(rate="0.0005")), Book(terms(rate="0.0005"))
    for book in (idle, busy):
        book.invoice(D(2026, 3, 1), "A", 100000, D(2026, 3, 20))
        book.terms = changed(book, D(2026, 3, 16), "0.001")
    busy.invoice(D(2026, 3, 17), "B", 100, D(2026, 6, 1))
    for book in (idle, busy):
        book.at(D(2026, 3, 25))
        assert book.fee(D(2026, 3, 25)) == 5 * 100


def test_days_of_a_closed_case_keep_its_rate_when_the_debt_comes_back() -> None:
    book = in_a_case(Book(terms(rate="0.0005")))
    book.terms = changed(book, D(2026, 3, 16), "0.001")
    book.pay(D(2026, 3, 20), "P", 200000)
    book.do(D(2026, 3, 24), c.ReversePayment("P"))
    # 7 to 20 March: the first case; 21 to 25 March: none, then one under the terms in force
    assert book.fee(D(2026, 3, 25)) == 14 * 50 + 5 * 100


def test_order_of_allocation_goes_with_the_case() -> None:
    book = in_a_case(Book(terms(rate="0.0005", charges_first=True)))
    book.terms = replace(book.terms, revision=2, charges_first=False)
    book.pay(D(2026, 3, 10), "P", 300)
    assert book.principal() == 100000 - 100
    other = in_a_case(Book(terms(rate="0.0005")))
    other.terms = replace(other.terms, revision=2, charges_first=True)
    other.pay(D(2026, 3, 10), "P", 300)
    assert other.principal() == 100000 - 300


def test_below_the_minimum_a_case_is_pinned_only_when_it_opens() -> None:
    book = in_a_case(Book(replace(terms(rate="0.0005"), minimum_overdue=200000)))
    book.terms = replace(
        changed(book, D(2026, 3, 16), "0.001", minimum_overdue=200000), minimum_overdue=200000
    )
    assert book.fee(D(2026, 3, 19)) == 9 * 50 + 4 * 100
    book.do(D(2026, 3, 20), c.SetCaseTerms(Money(rate_per_day=Decimal("0.001")), D(2026, 3, 20)))
    book.terms = changed(book, D(2026, 3, 22), "0.002", minimum_overdue=200000)
    assert book.fee(D(2026, 3, 23)) == 9 * 50 + 8 * 100


def test_case_opening_says_nothing_new_to_an_account_that_has_the_terms() -> None:
    book = in_a_case(Book(terms(rate="0.0005")))
    money = Money(rate_per_day=Decimal("0.0005"))
    assert book.do(D(2026, 3, 10), c.SetCaseTerms(money, D(2026, 3, 7))) == []
    paid = Book(terms(rate="0.0005"))
    assert paid.do(D(2026, 3, 10), c.SetCaseTerms(money, D(2026, 3, 7))) == []
