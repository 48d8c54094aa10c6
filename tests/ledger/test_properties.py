"""What holds of any account whatever happens to it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import ArrearsError
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

START = date(2026, 1, 1)
ITEMS = [f"I{n}" for n in range(5)]
PAYMENTS = [f"P{n}" for n in range(6)]

amounts = st.integers(1, 500)
some_items = st.lists(st.sampled_from(ITEMS), max_size=2, unique=True).map(tuple)
all_terms = st.sampled_from(
    [
        terms(),
        terms(rate="0.01"),
        terms(rate="0.07", charges_first=True),
        terms(rate="0.01", starts_on_notice=True),
    ]
)


@st.composite
def invoices(draw: st.DrawFn) -> tuple[str, Any]:
    due = days(START, draw(st.integers(-20, 40)))
    return "open", (draw(st.sampled_from(ITEMS)), draw(amounts), due)


facts = st.one_of(
    invoices(),
    invoices(),
    st.tuples(st.just("pay"), st.tuples(st.sampled_from(PAYMENTS), amounts, some_items)),
    st.tuples(st.just("pay"), st.tuples(st.sampled_from(PAYMENTS), amounts, st.just(()))),
    st.tuples(st.just("reverse"), st.sampled_from(PAYMENTS)),
    st.tuples(st.just("adjust"), st.tuples(st.sampled_from(ITEMS), st.integers(-200, 100))),
    st.tuples(st.just("cancel"), st.sampled_from(ITEMS)),
    st.tuples(st.just("dispute"), some_items),
    st.tuples(
        st.just("resolve"),
        st.tuples(st.sampled_from(["upheld", "rejected", "reduced"]), st.integers(0, 100)),
    ),
    st.tuples(st.just("defer"), st.tuples(some_items, st.integers(0, 30))),
    st.tuples(st.just("plan"), st.booleans()),
    st.tuples(st.just("start"), st.none()),
    st.tuples(st.just("waive"), st.one_of(st.none(), amounts)),
    st.tuples(st.just("write_off"), st.none()),
    st.tuples(st.just("refund"), amounts),
)
stories = st.lists(st.tuples(st.integers(0, 9), facts), max_size=14)


def command(kind: str, value: Any, day: date) -> c.Command | c.ReversePayment:
    now = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    match kind:
        case "open":
            return c.OpenItem(value[0], "fee", value[1], "CNY", START, value[2])
        case "pay":
            return c.ReceivePayment(value[0], value[1], "CNY", now, "cash", value[2])
        case "reverse":
            return c.ReversePayment(value)
        case "adjust":
            return c.AdjustItem(value[0], f"k{day}", value[1])
        case "cancel":
            return c.CancelItem(value)
        case "dispute":
            return c.DisputeItems("d", value)
        case "resolve":
            return c.ResolveDispute("d", value[0], (), value[1])
        case _:
            return relief(kind, value, day)


def relief(kind: str, value: Any, day: date) -> c.Command:
    match kind:
        case "defer":
            return c.DeferItems(value[0], days(day, value[1]))
        case "plan":
            return c.AgreePlan("p") if value else c.EndPlan("p")
        case "start":
            return c.StartLateFee(day)
        case "waive":
            return c.WaiveLateFee(value)
        case "write_off":
            return c.WriteOff()
        case _:
            return c.Refund(f"r{day}", value)


def play(
    book: Book,
    story: list[tuple[int, tuple[str, Any]]],
    skip: str | None = None,
    start: date = START,
) -> date:
    """Play a story; what the rules refuse leaves no trace. `skip` leaves one payment out."""
    day = start
    for wait, (kind, value) in story:
        day += timedelta(days=wait)
        if skip is not None and kind in ("pay", "reverse"):
            payment = value[0] if kind == "pay" else value
            if payment == skip:
                continue
        try:
            book.do(day, command(kind, value, day))
        except ArrearsError:
            continue
    return day


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
