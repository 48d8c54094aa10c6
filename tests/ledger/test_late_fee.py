"""Rule 6: the late fee as a function of the day."""

from datetime import date
from decimal import Decimal

import pytest

from services.ledger.domain import commands as c
from services.ledger.domain.terms import CreditorTerms, PublishTerms, decide, evolve
from tests.ledger.account_book import Book, days, terms

D = date


def owing(rate: str = "0.0005", **more: object) -> Book:
    """360,000 issued on 5 January, due on 31 January 2026."""
    book = Book(terms(rate=rate, **more))  # type: ignore[arg-type]
    book.invoice(D(2026, 1, 5), "A", 360000, D(2026, 1, 31))
    return book


@pytest.mark.parametrize(
    ("day", "fee"),
    [
        (D(2026, 1, 31), 0),
        (D(2026, 2, 1), 180),
        (D(2026, 4, 1), 10800),
        (D(2026, 7, 30), 32400),
    ],
)
def test_runs_from_the_day_after_the_due_date_through_the_current_day(day: date, fee: int) -> None:
    book = owing()
    book.at(day)
    assert book.fee(day) == fee


def test_leap_day_counts() -> None:
    book = Book(terms(rate="0.001"))
    book.invoice(D(2028, 1, 1), "A", 1000, D(2028, 2, 28))
    assert (book.fee(D(2028, 2, 29)), book.fee(D(2028, 3, 1))) == (1, 2)


def test_day_of_a_payment_still_bears_the_fee_of_the_principal_at_its_start() -> None:
    book = owing()
    book.pay(D(2026, 2, 10), "P", 160000)
    # ten days of 180.00 by the payment's day, then 200,000 at 0.05 %
    assert (book.fee(D(2026, 2, 10)), book.fee(D(2026, 2, 12))) == (1800, 2000)


def test_is_rounded_half_up_per_item_when_shown() -> None:
    book = Book(terms(rate="0.001"))
    book.invoice(D(2026, 1, 1), "A", 500, D(2026, 1, 10))
    book.invoice(D(2026, 1, 1), "B", 499, D(2026, 1, 10))
    assert book.fee(D(2026, 1, 11)) == 1


def test_is_exact_over_many_days() -> None:
    book = Book(terms(rate="0.0001"))
    book.invoice(D(2026, 1, 1), "A", 333, D(2026, 1, 10))
    # 0.0333 a day: 15 days make 0.4995, 16 make 0.5328
    assert [book.fee(days(D(2026, 1, 10), n)) for n in (15, 16)] == [0, 1]


def test_is_capped_at_the_original_principal() -> None:
    book = Book(terms(rate="0.1"))
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    assert [book.fee(days(D(2026, 1, 10), n)) for n in (9, 10, 50)] == [900, 1000, 1000]


def test_cap_holds_for_what_was_paid_of_it_too() -> None:
    book = Book(terms(rate="0.1", charges_first=True))
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    book.pay(D(2026, 1, 18), "P", 800)
    assert book.fee(D(2026, 6, 1)) == 200


def test_paying_principal_leaves_the_item_open_for_its_fee() -> None:
    book = owing()
    book.pay(D(2026, 2, 2), "P", 360000)
    assert (book.principal(), book.overdue(), book.fee(D(2026, 9, 1))) == (0, ["A"], 360)
    book.pay(D(2026, 2, 5), "Q", 360)
    assert (book.item("A").status, book.prepaid()) == ("settled", 0)


def test_disputed_days_bear_none_and_are_not_made_up() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.DisputeItems("d", ("A",)))
    assert book.fee(D(2026, 2, 20)) == 5 * 180
    book.do(D(2026, 2, 20), c.ResolveDispute("d", "rejected", ("A",)))
    assert (book.fee(D(2026, 2, 20)), book.fee(D(2026, 2, 21))) == (5 * 180, 6 * 180)
    assert book.overdue() == ["A"]


def test_overlapping_stops_count_once() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 2, 7), c.AgreePlan("p"))
    book.do(D(2026, 2, 10), c.ResolveDispute("d", "rejected", ("A",)))
    book.do(D(2026, 2, 12), c.EndPlan("p"))
    assert book.fee(D(2026, 2, 14)) == (5 + 2) * 180


def test_day_on_which_a_plan_breaks_bears_none() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.AgreePlan("p"))
    book.do(D(2026, 3, 2), c.EndPlan("p"), hour=9)
    assert (book.fee(D(2026, 3, 2)), book.fee(D(2026, 3, 3))) == (5 * 180, 6 * 180)


def test_plan_leaves_an_item_overdue_and_spares_later_items_nothing() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.AgreePlan("p"))
    book.invoice(D(2026, 2, 6), "B", 1000, D(2026, 2, 10))
    book.at(D(2026, 2, 12))
    assert book.overdue() == ["A", "B"]
    assert book.fee(D(2026, 2, 12)) == 5 * 180 + 1


def test_deferred_days_bear_none_and_the_item_falls_due_anew() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.DeferItems(("A",), D(2026, 3, 31)))
    assert (book.overdue(), book.item("A").due_on) == ([], D(2026, 3, 31))
    book.at(D(2026, 3, 31))
    assert (book.overdue(), book.fee(D(2026, 3, 31))) == ([], 5 * 180)
    book.at(D(2026, 4, 1))
    assert (book.overdue(), book.fee(D(2026, 4, 1))) == (["A"], 6 * 180)


def test_deferral_ends_earlier_when_deferred_again() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.DeferItems(("A",), D(2026, 3, 31)))
    book.do(D(2026, 2, 10), c.DeferItems(("A",), D(2026, 2, 15)))
    assert book.fee(D(2026, 2, 17)) == (5 + 2) * 180


def test_reducing_decision_counts_from_the_beginning() -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 2, 10), c.ResolveDispute("d", "reduced", ("A",), 180000))
    assert book.fee(D(2026, 2, 10)) == 5 * 90


@pytest.mark.parametrize(
    ("amount", "fee"), [(180000, 8 * 90), (450000, 5 * 180 + 3 * 225), (360000, 8 * 180)]
)
def test_reducing_decision_takes_back_a_debit_note_first(amount: int, fee: int) -> None:
    book = owing()
    book.do(D(2026, 2, 5), c.AdjustItem("A", "up", 360000))
    book.do(D(2026, 2, 8), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 2, 10), c.ResolveDispute("d", "reduced", ("A",), amount))
    assert (book.item("A").principal, book.fee(D(2026, 2, 10))) == (amount, fee)


def test_reducing_decision_frees_late_fee_paid_too_much() -> None:
    book = owing(charges_first=True)
    book.do(D(2026, 2, 10), c.DisputeItems("d", ("A",)))
    book.pay(D(2026, 2, 10), "P", 1800, "A")
    book.do(D(2026, 2, 11), c.ResolveDispute("d", "reduced", ("A",), 180000))
    # 900 of the 1,800 paid are free again and go to the principal
    assert (book.item("A").principal, book.fee(D(2026, 2, 11))) == (179100, 0)


def test_upheld_dispute_leaves_no_fee_and_frees_what_was_paid_on_it() -> None:
    book = owing(charges_first=True)
    book.pay(D(2026, 2, 10), "P", 1800)
    book.do(D(2026, 2, 10), c.DisputeItems("d", ("A",)))
    book.do(D(2026, 2, 11), c.ResolveDispute("d", "upheld", ("A",)))
    assert (book.item("A").status, book.fee(D(2026, 3, 1)), book.prepaid()) == (
        "cancelled",
        0,
        1800,
    )


def test_credit_note_counts_from_the_day_after_it_is_recorded() -> None:
    book = owing()
    book.do(D(2026, 2, 10), c.AdjustItem("A", "K", -180000))
    assert (book.fee(D(2026, 2, 10)), book.fee(D(2026, 2, 11))) == (1800, 1890)


def test_waiver_lowers_the_fee_and_it_runs_on() -> None:
    book = owing()
    book.do(D(2026, 2, 10), c.WaiveLateFee(500))
    assert (book.fee(D(2026, 2, 10)), book.fee(D(2026, 2, 11))) == (1300, 1480)
    book.do(D(2026, 2, 11), c.WaiveLateFee())
    assert book.fee(D(2026, 2, 11)) == 0


def test_waiver_settles_an_item_that_owed_its_fee_alone() -> None:
    book = owing()
    book.pay(D(2026, 2, 2), "P", 360000)
    events = book.do(D(2026, 2, 3), c.WaiveLateFee())
    assert (book.item("A").status, events[-1].effects.cleared) == ("settled", True)


def test_fee_that_waits_for_its_start_runs_from_the_day_named() -> None:
    book = owing(starts_on_notice=True)
    book.at(D(2026, 3, 1))
    assert book.fee(D(2026, 3, 1)) == 0
    book.do(D(2026, 3, 2), c.StartLateFee(D(2026, 3, 2)))
    assert (book.fee(D(2026, 3, 2)), book.fee(D(2026, 3, 3))) == (180, 360)


def test_item_overdue_later_in_the_case_bears_the_started_fee_from_its_first_day() -> None:
    book = owing(starts_on_notice=True)
    book.do(D(2026, 3, 2), c.StartLateFee(D(2026, 3, 2)))
    book.invoice(D(2026, 3, 3), "B", 10000, D(2026, 3, 10))
    book.at(D(2026, 3, 12))
    assert book.item("B").fee is not None
    assert book.fee(D(2026, 3, 12)) == 11 * 180 + 2 * 5


def test_next_case_waits_for_a_new_start() -> None:
    book = owing(starts_on_notice=True)
    book.do(D(2026, 3, 2), c.StartLateFee(D(2026, 3, 2)))
    book.pay(D(2026, 3, 2), "P", 360180)
    assert book.item("A").status == "settled"
    book.invoice(D(2026, 3, 3), "B", 10000, D(2026, 3, 10))
    book.at(D(2026, 3, 20))
    assert book.fee(D(2026, 3, 20)) == 0


def test_other_zones_count_their_own_days() -> None:
    # On 8 March 2026 New York's day has 23 hours.
    book = Book(terms(rate="0.01", zone="America/New_York"))
    book.invoice(D(2026, 3, 1), "A", 1000, D(2026, 3, 7))
    book.at(D(2026, 3, 9))
    assert book.fee(D(2026, 3, 9)) == 20


def test_invoice_that_arrives_late_bears_the_fee_of_the_days_since_its_due_date() -> None:
    book = Book(terms(rate="0.01"))
    book.do(D(2026, 3, 1), c.OpenItem("A", "fee", 1000, "CNY", D(2026, 2, 1), D(2026, 2, 19)))
    assert (book.overdue(), book.fee(D(2026, 3, 1))) == (["A"], 100)


def test_money_held_when_a_late_invoice_arrives_spares_its_fee() -> None:
    book = Book(terms(rate="0.01"))
    book.pay(D(2026, 2, 10), "P", 1000)
    book.do(D(2026, 3, 1), c.OpenItem("A", "fee", 1000, "CNY", D(2026, 2, 1), D(2026, 2, 19)))
    assert (book.item("A").status, book.prepaid()) == ("settled", 0)


def test_changed_rate_holds_from_its_day_on() -> None:
    state = CreditorTerms()
    for day, rate in ((D(2026, 1, 1), "0.001"), (D(2026, 2, 10), "0.002")):
        command = PublishTerms("Asia/Shanghai", "CNY", day, rate_per_day=Decimal(rate))
        for published in decide(state, command):
            state = evolve(state, published)
    assert state.current is not None
    book = Book(state.current)
    book.invoice(D(2026, 1, 5), "A", 1000, D(2026, 1, 31))
    # 1–9 February at 1 a day, from the 10th at 2
    assert (book.fee(D(2026, 2, 9)), book.fee(D(2026, 2, 11))) == (9, 13)


def test_accrual_says_the_fee_of_any_later_day() -> None:
    book = owing()
    events = book.pay(D(2026, 2, 10), "P", 160000)
    (accrual,) = events[-1].effects.accruals
    assert accrual is not None
    for day in (D(2026, 2, 10), D(2026, 2, 12), D(2026, 12, 31)):
        assert accrual.at(day) == book.fee(day)


def test_accrual_of_a_deferred_item_stands_still_until_its_date() -> None:
    book = owing()
    events = book.do(D(2026, 2, 5), c.DeferItems(("A",), D(2026, 3, 31)))
    (accrual,) = events[-1].effects.accruals
    assert accrual is not None
    for day in (D(2026, 2, 5), D(2026, 3, 31), D(2026, 4, 2)):
        assert accrual.at(day) == book.fee(day)


def test_a_year_of_late_fee_from_the_second_notice_is_paid_to_the_cent() -> None:
    book = Book(terms(rate="0.0005", starts_on_notice=True))
    book.invoice(D(2026, 1, 5), "A", 486000, D(2026, 1, 31))
    book.do(D(2026, 3, 2), c.StartLateFee(D(2026, 3, 2)), hour=9)
    assert book.fee(D(2027, 3, 9)) == 90639
    (event,) = book.pay(D(2027, 3, 10), "P", 576882)
    assert (book.item("A").status, book.prepaid(), event.effects.cleared) == ("settled", 0, True)


def test_payments_on_days_in_a_row_each_count_from_their_next_day() -> None:
    book = Book(terms(rate="0.01"))
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    for day in (11, 12, 13):
        book.pay(D(2026, 1, day), f"P-{day}", 200)
    # 10 on the 11th, then 8, 6 and 4
    assert [book.fee(D(2026, 1, day)) for day in (13, 14)] == [10 + 8 + 6, 10 + 8 + 6 + 4]


def test_payment_on_the_due_date_spares_the_first_day() -> None:
    book = Book(terms(rate="0.01"))
    book.invoice(D(2026, 1, 1), "A", 1000, D(2026, 1, 10))
    book.pay(D(2026, 1, 10), "P", 600)
    book.pay(D(2026, 1, 11), "Q", 100)
    assert [book.fee(D(2026, 1, day)) for day in (11, 12)] == [4, 4 + 3]
