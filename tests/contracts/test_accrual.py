"""The late fee of a day follows from the accrual alone."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from contracts.ledger import Accrual
from contracts.twins import twin
from contracts.words.late_fee import late_fee_at

DAY = date(2026, 3, 18)


def accrual(**changes: Any) -> Accrual:
    figures = {"through": DAY, "accrued": "0", "per_day": "0.25", "cap": 100, "settled": 0}
    return Accrual.model_validate({**figures, **changes})


@pytest.mark.parametrize(("days", "due"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 1), (6, 2), (10, 3)])
def test_it_grows_each_day_and_rounds_half_up(days: int, due: int) -> None:
    assert accrual().at(DAY + timedelta(days=days)) == due


def test_it_stops_at_the_cap() -> None:
    assert accrual(cap=7).at(DAY + timedelta(days=3650)) == 7


def test_what_is_settled_is_not_due() -> None:
    assert accrual(accrued="10", settled=4).at(DAY) == 6


def test_it_is_never_below_zero() -> None:
    assert accrual(accrued="3.4", settled=5).at(DAY) == 0


def test_an_earlier_day_is_answered_as_the_last_known_one() -> None:
    assert accrual(accrued="8.5").at(DAY - timedelta(days=5)) == 9


def test_long_decimals_stay_exact() -> None:
    fee = accrual(accrued="0.499999999999999999999999", per_day="0.000000000000000000000001")
    assert fee.at(DAY) == 0
    assert fee.at(DAY + timedelta(days=1)) == 1


def test_the_twin_and_any_other_holder_answer_alike() -> None:
    fee = accrual(accrued="8.5")
    as_twin = msgspec.json.decode(fee.model_dump_json(), type=twin(Accrual))
    day = DAY + timedelta(days=9)
    holder = SimpleNamespace(through=DAY, accrued="8.5", per_day="0.25", cap=100, settled=0)
    assert fee.at(day) == late_fee_at(as_twin, day) == late_fee_at(holder, day) == 11  # type: ignore[arg-type]
    assert as_twin.at(day) == 11  # type: ignore[attr-defined]


def test_a_decimal_is_written_without_an_exponent() -> None:
    assert accrual(accrued=Decimal("1E+3"), per_day=Decimal("1E-7")).accrued == "1000"
