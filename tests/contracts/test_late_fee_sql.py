"""The late fee of a day is the same in Python and in SQL."""

import random
from datetime import date, timedelta
from decimal import Decimal

import asyncpg

from contracts.words.late_fee import Accrual, late_fee_at, late_fee_sql

ACCRUALS = 2000
FIRST = date(2026, 1, 1)
_ASK = f"""
select {late_fee_sql("i", "day")}
from (select $1::date as fee_through, $2::numeric as fee_accrued, $3::numeric as fee_per_day,
  $4::bigint as fee_cap, $5::bigint as fee_settled) i, (select $6::date as day) d"""  # noqa: S608


def _accrual(dice: random.Random) -> Accrual:
    """Halves and long decimals, caps that bind, more settled than is due: all are frequent."""
    places = dice.choice((0, 1, 3, 30))
    return Accrual(
        through=FIRST + timedelta(days=dice.randrange(60)),
        accrued=str(
            Decimal(dice.choice((0, 5, dice.randrange(10**6)))).scaleb(-dice.choice((0, 1)))
        ),
        per_day=f"{Decimal(dice.choice((0, 5, dice.randrange(10**9)))).scaleb(-places):f}",
        cap=dice.choice((0, 7, dice.randrange(10**4), 2**53 - 1)),
        settled=dice.choice((0, 0, dice.randrange(10**4))),
    )


async def test_python_and_sql_work_out_the_same_late_fee(database: str) -> None:
    dice = random.Random(20260301)
    connection = await asyncpg.connect(database)
    try:
        ask = await connection.prepare(_ASK)
        for _ in range(ACCRUALS):
            fee, day = _accrual(dice), FIRST + timedelta(days=dice.randrange(400))
            told = await ask.fetchval(
                fee.through, Decimal(fee.accrued), Decimal(fee.per_day), fee.cap, fee.settled, day
            )
            assert told == late_fee_at(fee, day), (fee, day)
        assert await ask.fetchval(None, None, None, None, None, FIRST) == late_fee_at(None, FIRST)
    finally:
        await connection.close()
