"""The late fee of a day, worked out from an item's accrual: once in Python and once in SQL.

Nothing is written for a day on which nothing happens: a fee that grows by 50 a day from 1000 on
3 May is 1100 on 5 May, whoever asks. A test holds the function and the SQL to the same figures.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Protocol

import msgspec

_EXACT = Context(prec=80)


class AccrualFigures(Protocol):
    """The figures of an accrual, whichever type holds them; decimals as such or as text.

    `accrued` is exact, up to and including `through`; each later day adds `per_day`; `cap` bounds
    it; `settled` is paid or waived.
    """

    @property
    def through(self) -> date: ...
    @property
    def accrued(self) -> str | Decimal: ...
    @property
    def per_day(self) -> str | Decimal: ...
    @property
    def cap(self) -> int: ...
    @property
    def settled(self) -> int: ...


class Accrual(msgspec.Struct, frozen=True):
    """An accrual as services keep it that follow the ledger: exact decimals as text."""

    through: date
    accrued: str
    per_day: str
    cap: int
    settled: int


def accrual_of(told: AccrualFigures | None) -> Accrual | None:
    """An accrual as the ledger tells it, to be kept."""
    if told is None:
        return None
    return Accrual(
        through=told.through,
        accrued=str(told.accrued),
        per_day=str(told.per_day),
        cap=told.cap,
        settled=told.settled,
    )


def late_fee_at(accrual: AccrualFigures | None, day: date) -> int:
    """The late fee due on a local day, in minor units: exact until the end, rounded half-up,
    capped, less what is settled; 0 without an accrual.

    Before `through` it answers as on `through`: what was then is known to the ledger alone.
    """
    if accrual is None:
        return 0
    days = max(0, (day - accrual.through).days)
    growth = _EXACT.multiply(Decimal(accrual.per_day), Decimal(days))
    total = _EXACT.add(Decimal(accrual.accrued), growth)
    return max(0, half_up(min(Decimal(accrual.cap), total)) - accrual.settled)


def half_up(value: Decimal) -> int:
    """An exact amount rounded to the minor unit, halves up."""
    return int(value.to_integral_value(ROUND_HALF_UP, _EXACT))


def late_fee_sql(row: str, day: str) -> str:
    """The same of a table's row with the columns `fee_through`, `fee_accrued`, `fee_per_day`,
    `fee_cap` and `fee_settled`: an expression of `day`, 0 without an accrual.

    PostgreSQL rounds a numeric's halves away from zero, which is half-up for what is not below 0.
    """
    days = f"greatest(0, {day} - {row}.fee_through)"
    total = f"{row}.fee_accrued + {row}.fee_per_day * {days}"
    rounded = f"round(least({row}.fee_cap, {total}))"
    return f"coalesce(greatest(0, {rounded} - {row}.fee_settled), 0)"
