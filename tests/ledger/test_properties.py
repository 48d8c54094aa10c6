"""What holds of any account whatever happens to it."""

from typing import Any

from hypothesis import given, settings

from services.ledger.domain import commands as c
from services.ledger.domain import quick
from services.ledger.domain.aggregates import ACCOUNT
from services.ledger.domain.by_itself import begin_days
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import ItemAdjusted, PaymentReceived, PaymentReversed
from services.ledger.domain.evolve import evolve
from services.ledger.domain.items import open_item
from services.ledger.domain.late_fee import project
from services.ledger.domain.past import archive
from services.ledger.domain.payments import receive_payment
from services.ledger.domain.state import Account, pack
from services.ledger.domain.terms import Terms
from tests.ledger.account_book import Book, days, terms
from tests.ledger.stories import START, all_terms, play, stories


@settings(max_examples=300, deadline=None)
@given(all_terms, stories)
def test_no_money_appears_or_disappears(agreed: Terms, story: Any) -> None:
    book = Book(agreed)
    play(book, story)
    reversed_ids = {
        past.event.payment_id for past in book.history if isinstance(past.event, PaymentReversed)
    }
    received = sum(
        past.event.amount
        for past in book.history
        if isinstance(past.event, PaymentReceived) and past.event.payment_id not in reversed_ids
    )
    items = archive(book.history).values()
    written_off = {i.id: i for i in items if i.status == "written_off"}
    lost = dict(book.account.lost)
    spent = sum(
        i.amount - i.principal + (i.fee.paid if i.fee else 0)
        for i in items
        if i.status != "written_off" and not i.id.startswith("refund:")
    )
    refunds = refunded(book)
    if not written_off and not lost:
        assert spent + book.prepaid() + refunds == received + reclaimed(book) + credited(book)
    assert book.prepaid() >= 0
    assert all(left > 0 for left in lost.values())


def credited(book: Book) -> int:
    """What credit notes had above their invoices."""
    above, amounts = 0, dict[str, int]()
    for _, event in book.history:
        if isinstance(event, ItemAdjusted):
            above += max(0, -(amounts[event.item_id] + event.change))
        amounts |= {item.id: item.amount for item in event.effects.items}
    return above


def refunded(book: Book) -> int:
    """Money paid back."""
    return sum(
        getattr(past.event, "amount", 0)
        for past in book.history
        if type(past.event).__name__ == "RefundFellDue"
    )


def reclaimed(book: Book) -> int:
    """Refunds of money that was reversed: they are owed, less what was paid of that."""
    return sum(
        i.principal - (i.fee.paid if i.fee else 0)
        for i in archive(book.history).values()
        if i.id.startswith("refund:")
    )


@settings(max_examples=300, deadline=None)
@given(all_terms, stories)
def test_sums_agree_with_the_items(agreed: Terms, story: Any) -> None:
    book = Book(agreed)
    day = play(book, story)
    if not book.history:
        return
    _, account = begin_days(book.account, day)
    sums = Draft(account, agreed, day).balance()
    assert account.balance.principal == sums.principal == sum(i.principal for i in account.items)
    assert account.balance.overdue == sum(i.principal for i in account.items if i.overdue)
    assert account.balance.prepaid == sums.prepaid
    for item in account.items:
        assert 0 <= item.principal <= item.amount
        assert item.overdue == (item.due_on < day and not item.disputes)
        assert item.principal > 0 or book.fee(day) > 0


@settings(max_examples=300, deadline=None)
@given(all_terms, stories)
def test_replayed_events_give_the_same_state_byte_by_byte(agreed: Terms, story: Any) -> None:
    book = Book(agreed)
    play(book, story)
    state = ACCOUNT.initial("")
    for past in book.history:
        event = ACCOUNT.decode_event(ACCOUNT.encode_event(past.event))
        state = ACCOUNT.decode_state(ACCOUNT.encode_state(ACCOUNT.evolve(state, event)))
    assert state == book.account
    assert ACCOUNT.encode_state(state) == ACCOUNT.encode_state(book.account)


@settings(max_examples=300, deadline=None)
@given(all_terms, stories)
def test_late_timers_change_nothing(agreed: Terms, story: Any) -> None:
    prompt, late = Book(agreed), Book(agreed, lazy=True)
    day = play(prompt, story)
    play(late, story)
    assert begin_days(late.account, day)[1] == begin_days(prompt.account, day)[1]


@settings(max_examples=300, deadline=None)
@given(all_terms, stories)
def test_accrual_tells_the_fee_of_every_later_day(agreed: Terms, story: Any) -> None:
    book = Book(agreed)
    day = play(book, story)
    book.at(day)
    for item in book.account.items:
        accrual = project(item, agreed, day)
        if accrual is None:
            assert book.fee(day) == 0
            continue
        for ahead in (0, 1, 7, 40):
            later = days(day, ahead)
            lone = Account(terms=agreed, open=pack([item]))
            assert accrual.at(later) == Draft(lone, agreed, later).balance().late_fee


@settings(max_examples=400, deadline=None)
@given(stories)
def test_quick_path_answers_what_the_general_one_would(story: Any) -> None:
    agreed = terms()
    book = Book(agreed)
    day = max(play(book, story), days(START, 30))
    _, account = begin_days(book.account, day)
    now = book.instant(day)
    for due in (10, 30, 50):
        opening = c.OpenItem("new", "fee", 70, "CNY", START, days(START, due))
        opened = quick.open_item(account, opening, day, agreed)
        if opened is not None:
            event = open_item(Draft(account, agreed, day), opening)
            assert opened == (event, evolve(account, event))
    for amount in (1, 100, 5000):
        paying = c.ReceivePayment("new", amount, "CNY", now, "cash")
        received = quick.receive_payment(account, paying, day, agreed)
        if received is not None:
            event = receive_payment(Draft(account, agreed, day), paying)
            assert received == (event, evolve(account, event))
