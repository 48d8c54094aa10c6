"""Ageing: what a creditor's accounts owe, by how long it has been overdue."""

from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from typing import NamedTuple

from asyncpg import Connection

from services.ledger.domain import late_fee
from services.ledger.domain.aggregates import ACCOUNT
from services.ledger.domain.decide import catch_up
from services.ledger.domain.state import Account, Item

BUCKETS: tuple[tuple[str, int], ...] = (
    ("0", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    ("91-180", 180),
    ("181-365", 365),
)
"""Name and last day of each bucket but the last; 0 is what is not overdue."""
LAST_BUCKET = "366+"

_TODAY = """
select i.currency,
  case when i.disputed or i.due_on >= $2 then 0 else $2 - i.due_on end as days,
  count(*) as items, sum(i.principal)::bigint as principal,
  sum(coalesce(greatest(0, round(least(i.fee_cap, i.fee_accrued
    + i.fee_per_day * greatest(0, $2 - i.fee_through))) - i.fee_settled), 0))::bigint as late_fee
from view_open_items i where i.creditor = $1 group by 1, 2 order by 1, 2"""
_PAST = """
select stream, data from events
where stream >= $1 and stream < $2 and at <= $3 order by stream, version"""
_BATCH = 2000


class Aged(NamedTuple):
    """Open items of one age: days overdue (0: not overdue), how many, and what they owe."""

    currency: str
    days: int
    items: int
    principal: int
    late_fee: int


class Bucket(NamedTuple):
    """One bucket of an ageing table."""

    bucket: str
    items: int
    principal: int
    late_fee: int


async def aged_today(connection: Connection, creditor: str, today: date) -> list[Aged]:
    """What is open now, by days overdue."""
    return [Aged(*row) for row in await connection.fetch(_TODAY, creditor, today)]


async def aged_as_of(
    connection: Connection, creditor: str, day: date, until: datetime
) -> list[Aged]:
    """What was open at the end of a day, folded from the events up to that instant."""
    aged: list[Aged] = []
    async with connection.transaction(readonly=True):
        async for account in _accounts(connection, creditor, until):
            aged.extend(_aged(account, day, until))
    return aged


def buckets(aged: Iterable[Aged]) -> list[Bucket]:
    """The ageing table: every bucket, empty ones too."""
    sums = {name: [0, 0, 0] for name in (*(name for name, _ in BUCKETS), LAST_BUCKET)}
    for entry in aged:
        total = sums[bucket_of(entry.days)]
        total[0] += entry.items
        total[1] += entry.principal
        total[2] += entry.late_fee
    return [Bucket(name, *total) for name, total in sums.items()]


def bucket_of(days: int) -> str:
    """The bucket of a number of days overdue."""
    return next((name for name, last in BUCKETS if days <= last), LAST_BUCKET)


async def _accounts(
    connection: Connection, creditor: str, until: datetime
) -> AsyncIterator[Account]:
    stream, account = "", Account()
    first, after = f"account-{creditor}/", f"account-{creditor}0"  # "0" follows "/"
    async for row in connection.cursor(_PAST, first, after, until, prefetch=_BATCH):
        if row["stream"] != stream:
            if stream:
                yield account
            stream, account = row["stream"], Account()
        account = ACCOUNT.evolve(account, ACCOUNT.decode_event(row["data"]))
    if stream:
        yield account


def _aged(account: Account, day: date, until: datetime) -> list[Aged]:
    terms = account.terms
    if terms is None:
        return []
    _, account = catch_up(account, until, terms)
    return [
        Aged(
            terms.currency,
            days_overdue(item, day),
            1,
            item.principal,
            late_fee.due(item.fee, terms, day),
        )
        for item in account.items
    ]


def days_overdue(item: Item, day: date) -> int:
    """How long an item has been overdue; 0 when it is not, or is disputed or deferred."""
    return 0 if item.disputes else max(0, (day - item.due_on).days)
