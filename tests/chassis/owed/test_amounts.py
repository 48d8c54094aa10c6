"""What is owed on a day."""

from datetime import date
from typing import Any

import pytest

from chassis.owed.amounts import Owed, OwedItem, less, overdue_on
from tests.chassis.owed.figures import DUE, TODAY, balance, item, view_of

ACCRUAL = {"through": TODAY, "accrued": "100.4", "per_day": "2.5", "cap": 10000, "settled": 20}
TWO = Owed(
    "CNY",
    300,
    30,
    (OwedItem("I-1", "rent", DUE, 100, 10), OwedItem("I-2", "rent", DUE, 200, 20)),
)


@pytest.mark.parametrize(
    # 100.4 and 2.5 a day, rounded, less the 20 that are settled
    ("day", "late_fee"),
    [(date(2026, 3, 10), 80), (date(2026, 3, 11), 83), (date(2026, 3, 20), 105)],
)
def test_the_late_fee_is_that_of_the_day(day: date, late_fee: int) -> None:
    owed = overdue_on(view_of(balance(1, item(accrual=ACCRUAL))), day)
    assert (owed.principal, owed.late_fee, owed.total) == (1000, late_fee, 1000 + late_fee)


def test_what_is_not_overdue_is_not_in_it() -> None:
    owed = overdue_on(view_of(balance(1, item("I-1"), item("I-2", overdue=False))), TODAY)
    assert [one.item_id for one in owed.items] == ["I-1"]


def test_the_oldest_item_comes_first() -> None:
    older: dict[str, Any] = {"due_on": date(2026, 1, 31)}
    owed = overdue_on(view_of(balance(1, item("I-1"), item("I-3"), item("I-2", **older))), TODAY)
    assert [one.item_id for one in owed.items] == ["I-2", "I-1", "I-3"]


def test_money_that_waits_is_not_asked_for() -> None:
    owed = overdue_on(view_of(balance(1, item(), prepaid=400)), TODAY)
    assert (owed.principal, owed.items[0].principal) == (600, 600)


@pytest.mark.parametrize(
    ("money", "principal", "late_fee", "left"),
    [
        (-5, 300, 30, [(100, 10), (200, 20)]),
        (0, 300, 30, [(100, 10), (200, 20)]),
        (60, 240, 30, [(40, 10), (200, 20)]),
        (105, 200, 25, [(0, 5), (200, 20)]),
        (110, 200, 20, [(200, 20)]),
        (330, 0, 0, []),
        (900, 0, 0, []),
    ],
)
def test_money_pays_the_items_in_their_order_and_the_principal_of_each_first(
    money: int, principal: int, late_fee: int, left: list[tuple[int, int]]
) -> None:
    found = less(TWO, money)
    assert (found.principal, found.late_fee) == (principal, late_fee)
    assert [(one.principal, one.late_fee) for one in found.items] == left
