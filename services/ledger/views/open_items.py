"""The read model of open items: one row each, with what its late fee follows from on any day."""

from collections.abc import Iterator, Sequence
from typing import Any

from asyncpg import Connection

from chassis.store.stored import Stored
from chassis.store.views import View
from contracts.words.streams import subject_of
from services.ledger.domain.events import Event
from services.ledger.domain.late_fee import Accrual
from services.ledger.domain.state import Item

_UPSERT = """
insert into {table} as t
  (creditor, account, item_id, item, currency, amount, principal, issued_on, original_due_on,
   due_on, overdue, disputed, in_plan, deferred_until, fee_through, fee_accrued, fee_per_day,
   fee_cap, fee_settled)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
on conflict (creditor, account, item_id) do update set item = excluded.item,
  currency = excluded.currency, amount = excluded.amount, principal = excluded.principal,
  issued_on = excluded.issued_on, original_due_on = excluded.original_due_on,
  due_on = excluded.due_on, overdue = excluded.overdue, disputed = excluded.disputed,
  in_plan = excluded.in_plan, deferred_until = excluded.deferred_until,
  fee_through = excluded.fee_through, fee_accrued = excluded.fee_accrued,
  fee_per_day = excluded.fee_per_day, fee_cap = excluded.fee_cap,
  fee_settled = excluded.fee_settled"""
_DELETE = "delete from {table} where creditor = $1 and account = $2 and item_id = $3"
_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          account text collate "C" not null,
          item_id text collate "C" not null,
          item text not null,
          currency text not null,
          amount bigint not null,
          principal bigint not null,
          issued_on date not null,
          original_due_on date not null,
          due_on date not null,
          overdue boolean not null,
          disputed boolean not null,
          in_plan boolean not null,
          deferred_until date,
          fee_through date,
          fee_accrued numeric,
          fee_per_day numeric,
          fee_cap bigint,
          fee_settled bigint,
          primary key (creditor, account, item_id))"""


async def _apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
    """Keep the changed items that are open, drop those that closed."""
    last = {(row[0], row[1], row[2].id): row for row in _changes(events)}
    closed = [key for key, row in last.items() if row[2].status != "open"]
    kept = [_row(*row) for row in last.values() if row[2].status == "open"]
    if closed:
        await connection.executemany(_DELETE.format(table=table), closed)
    if kept:
        await connection.executemany(_UPSERT.format(table=table), kept)


def _changes(events: Sequence[Stored]) -> Iterator[tuple[str, str, Item, Accrual | None, str]]:
    for stored in events:
        if not isinstance(stored.event, Event):
            continue
        effects = stored.event.effects
        creditor, account = subject_of(stored.stream)
        accruals = effects.accruals or (None,) * len(effects.items)
        for item, accrual in zip(effects.items, accruals, strict=True):
            yield creditor, account, item, accrual, effects.balance.currency


def _row(
    creditor: str, account: str, item: Item, accrual: Accrual | None, currency: str
) -> tuple[Any, ...]:
    fee: tuple[Any, ...] = (None,) * 5
    if accrual is not None:
        fee = (
            accrual.through,
            accrual.accrued,
            accrual.per_day,
            accrual.cap,
            accrual.settled,
        )
    return (
        creditor,
        account,
        item.id,
        item.item,
        currency,
        item.amount,
        item.principal,
        item.issued_on,
        item.original_due_on,
        item.due_on,
        item.overdue,
        bool(item.disputes),
        bool(item.plans),
        item.deferred_until,
        *fee,
    )


OPEN_ITEMS = View("open_items", _SCHEMA, _apply)
"""Open items of all accounts, for listings and ageing."""
