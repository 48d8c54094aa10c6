"""A payment told late, or taken back, leads to where telling it in time, or never, would have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ledger.domain import commands as c
from services.ledger.domain.by_itself import begin_days
from services.ledger.domain.events import PaymentReceived
from services.ledger.domain.past import archive
from services.ledger.domain.terms import Terms
from tests.ledger.account_book import Book, days
from tests.ledger.stories import PAYMENTS, START, all_terms, amounts, play, some_items, stories


@settings(max_examples=400, deadline=None)
@given(all_terms, stories, st.sampled_from(PAYMENTS))
def test_reversal_equals_never_having_paid(agreed: Terms, story: Any, payment: str) -> None:
    story = without_what_money_decides(story)
    book, other = Book(agreed), Book(agreed)
    day = play(book, story)
    play(other, story, skip=payment)
    if not any(
        isinstance(past.event, PaymentReceived) and past.event.payment_id == payment
        for past in book.history
    ):
        return
    book.do(day, c.ReversePayment(payment))
    _, never = begin_days(other.account, day)
    assert book.account.items == never.items
    assert book.account.waiting == never.waiting
    assert book.account.prepaid == never.prepaid


@settings(max_examples=300, deadline=None)
@given(all_terms, stories, amounts, some_items, st.integers(0, 60))
def test_payment_told_late_equals_one_told_in_time(
    agreed: Terms, story: Any, amount: int, names: tuple[str, ...], received: int
) -> None:
    told = [step for step in without_what_money_decides(story) if step[1][0] != "plan"]
    late, prompt = Book(agreed), Book(agreed)
    last = play(late, told)
    day = min(last, days(START, received))
    wait = timedelta(days=0)
    before: list[Any] = []
    after: list[Any] = []
    for step in told:
        wait += timedelta(days=step[0])
        (before if START + wait <= day else after).append(step)
    reached = play(prompt, before)
    # Money for an unknown invoice waits some days from when it is told: that is another thing late.
    known = tuple(name for name in names if name in archive(prompt.history))
    prompt.pay(day, "late", amount, *known)
    if after:
        after[0] = (after[0][0] - (day - reached).days, after[0][1])
        play(prompt, after, start=day)
    late.pay(last, "late", amount, *known, received=day, hour=11)
    for book in (late, prompt):
        book.at(days(last, 10))
    assert late.account.items == prompt.account.items
    assert late.account.waiting == prompt.account.waiting
    assert late.account.prepaid == prompt.account.prepaid
    assert late.fee(days(last, 10)) == prompt.fee(days(last, 10))


@settings(max_examples=300, deadline=None)
@given(all_terms, stories, amounts, amounts, st.integers(0, 20))
def test_part_taken_back_equals_having_paid_less(
    agreed: Terms, story: Any, left: int, part: int, at: int
) -> None:
    told = without_what_money_decides(story)
    taken, never = Book(agreed), Book(agreed)
    last = START
    for book, amount in ((taken, left + part), (never, left)):
        last = play(book, [*told[:at], (0, ("pay", ("less", amount, ()))), *told[at:]])
    taken.do(last, c.ReversePayment("less", part))
    _, account = begin_days(never.account, last)
    assert taken.account.items == account.items
    assert taken.account.waiting == account.waiting
    assert taken.account.prepaid == account.prepaid


def without_what_money_decides(story: Any) -> Any:
    """A story without facts that mean another thing when there is other money."""
    kinds = ("open", "pay", "adjust", "cancel", "dispute", "resolve", "defer", "plan")
    unnamed = [("dispute", ()), *(("defer", ((), n)) for n in range(31))]
    return [step for step in story if step[1][0] in kinds and step[1] not in unnamed]


@settings(max_examples=200, deadline=None)
@given(all_terms, amounts, amounts, st.integers(0, 30), st.integers(0, 30), st.booleans())
def test_payment_and_invoice_may_come_in_either_order(
    agreed: Terms, amount: int, paid: int, due: int, later: int, named: bool
) -> None:
    due_on = days(START, due)
    names = ("A",) if named else ()
    invoice = c.OpenItem("A", "fee", amount, "CNY", START, due_on)
    payment = c.ReceivePayment("P", paid, "CNY", datetime(2026, 1, 1, tzinfo=UTC), "cash", names)
    one, other = Book(agreed), Book(agreed)
    one.do(START, invoice)
    one.do(START, payment)
    other.do(START, payment)
    other.do(days(START, later), invoice)
    day = days(START, 60)
    one.at(day)
    other.at(day)
    assert (one.principal(), one.prepaid()) == (other.principal(), other.prepaid())
    assert one.fee(day) == other.fee(day)
