"""Ageing: what a creditor's accounts owe, by how long it has been overdue."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from asyncpg import Connection

from chassis.aside import aside
from chassis.store.reads import History, batches_of
from contracts.words.ageing import BUCKET_NAMES, bucket_of
from contracts.words.late_fee import late_fee_sql
from contracts.words.streams import accounts_of
from services.ledger.domain import late_fee
from services.ledger.domain.aggregates import ACCOUNT
from services.ledger.domain.by_itself import catch_up
from services.ledger.domain.state import Account, Item

_TODAY = f"""
select i.currency,
  case when i.disputed or i.due_on >= $2 then 0 else $2 - i.due_on end as days,
  count(*) as items, sum(i.principal) as principal,
  sum({late_fee_sql("i", "$2")}) as late_fee
from view_open_items i where i.creditor = $1 group by 1, 2 order by 1, 2"""  # noqa: S608 - text of ours


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
    rows = await connection.fetch(_TODAY, creditor, today)
    # numeric, since the sums of many accounts fit no bigint
    return [Aged(*row[:3], *map(int, row[3:])) for row in rows]


async def aged_as_of(
    connection: Connection, creditor: str, day: date, until: datetime
) -> list[Aged]:
    """What was open at the end of a day, folded from the events up to that instant."""
    aged: list[Aged] = []
    async with connection.transaction(readonly=True):
        async for batch in batches_of(connection, ACCOUNT, accounts_of(creditor), until):
            aged += await aside(_all_aged, batch, day, until)
    return aged


def _all_aged(histories: Iterable[History], day: date, until: datetime) -> list[Aged]:
    aged: list[Aged] = []
    for _, events in histories:
        account = Account()
        for _, event in events:
            account = ACCOUNT.evolve(account, event)
        aged += _aged(account, day, until)
    return aged


def buckets(aged: Iterable[Aged]) -> list[Bucket]:
    """The ageing table: every bucket, empty ones too."""
    sums = {name: [0, 0, 0] for name in BUCKET_NAMES}
    for entry in aged:
        total = sums[bucket_of(entry.days)]
        total[0] += entry.items
        total[1] += entry.principal
        total[2] += entry.late_fee
    return [Bucket(name, *total) for name, total in sums.items()]


def _aged(account: Account, day: date, until: datetime) -> list[Aged]:
    terms = account.terms
    if terms is None:
        return []
    _, account = catch_up(account, until, terms)
    return [
        Aged(
            currency=terms.currency,
            days=days_overdue(item, day),
            items=1,
            principal=item.principal,
            late_fee=late_fee.due(item.fee, terms, day),
        )
        for item in account.items
    ]


def days_overdue(item: Item, day: date) -> int:
    """How long an item has been overdue; 0 when it is not, or is disputed or deferred."""
    return 0 if item.disputes else max(0, (day - item.due_on).days)
