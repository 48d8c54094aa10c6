"""Stories of an account for property tests: what may happen to it, in any order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from chassis.errors import ArrearsError
from services.ledger.domain import commands as c
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
