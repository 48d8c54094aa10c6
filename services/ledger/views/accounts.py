"""The read model of accounts: one row each, with its sums as of its last event."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Connection

from chassis.store.stored import Stored
from chassis.store.views import View
from contracts.words.streams import subject_of
from services.ledger.domain.events import Event

_UPSERT = """
insert into {table} as t
  (creditor, account, version, currency, principal, overdue, prepaid, oldest_due_on, time_zone)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (creditor, account) do update set version = excluded.version,
  currency = excluded.currency, principal = excluded.principal, overdue = excluded.overdue,
  prepaid = excluded.prepaid, oldest_due_on = excluded.oldest_due_on,
  time_zone = coalesce(excluded.time_zone, t.time_zone)"""
_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          account text collate "C" not null,
          version int not null,
          currency text not null,
          principal bigint not null,
          overdue bigint not null,
          prepaid bigint not null,
          oldest_due_on date,
          time_zone text,
          primary key (creditor, account))"""


async def _apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
    """Take the last event's figures of each account."""
    last: dict[str, Stored] = {}
    zones: dict[str, str] = {}
    for stored in events:
        if isinstance(stored.event, Event):
            last[stored.stream] = stored
            if (terms := stored.event.effects.terms) is not None:
                zones[stored.stream] = terms.time_zone
    rows = [_row(stored, zones.get(stream)) for stream, stored in last.items()]
    if rows:
        await connection.executemany(_UPSERT.format(table=table), rows)


def _row(stored: Stored, time_zone: str | None) -> tuple[Any, ...]:
    balance = stored.event.effects.balance
    return (
        *subject_of(stored.stream),
        stored.version,
        balance.currency,
        balance.principal,
        balance.overdue,
        balance.prepaid,
        balance.oldest_due_on,
        time_zone,
    )


ACCOUNTS = View("accounts", _SCHEMA, _apply)
"""`late_fee` is not kept: it is another every day, `open_items` says what it follows from."""
