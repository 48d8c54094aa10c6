"""The read model of payments: one row each, with what of it was not taken back."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Connection

from chassis.store.stored import Stored
from chassis.store.views import View
from contracts.words.streams import subject_of
from services.ledger.domain.events import PaymentAnnounced, PaymentReceived, PaymentReversed

_INSERT = """
insert into {table}
  (creditor, account, payment_id, amount, left_amount, method, received_at, invoices)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[],
  $7::timestamptz[], $8::text[])
on conflict do nothing"""
_TAKE_BACK = """
update {table} set left_amount = greatest(0, left_amount - $4),
  taken_back_by = array_append(taken_back_by, $5)
where creditor = $1 and account = $2 and payment_id = $3"""
_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          account text collate "C" not null,
          payment_id text collate "C" not null,
          amount bigint not null,
          left_amount bigint not null,
          method text not null,
          received_at timestamptz not null,
          invoices text not null,
          taken_back_by text[] not null default '{{}}',
          primary key (creditor, account, payment_id))"""


async def _apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
    """Add payments, with one statement for those between two reversals."""
    new: list[tuple[Any, ...]] = []
    for stored in events:
        if isinstance(stored.event, PaymentAnnounced | PaymentReceived):
            new.append(_row(stored, stored.event))
        elif isinstance(stored.event, PaymentReversed):
            await _insert(connection, table, new)
            new = []
            event = stored.event
            await connection.execute(
                _TAKE_BACK.format(table=table),
                *subject_of(stored.stream),
                event.payment_id,
                event.amount,
                stored.cause or "",
            )
    await _insert(connection, table, new)


async def _insert(connection: Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(_INSERT.format(table=table), *columns)


def _row(stored: Stored, event: PaymentAnnounced | PaymentReceived) -> tuple[Any, ...]:
    return (
        *subject_of(stored.stream),
        event.payment_id,
        event.amount,
        event.amount,
        event.method,
        event.received_at,
        " ".join(event.invoices),
    )


PAYMENTS = View("payments", _SCHEMA, _apply)
"""Payments by account, those told before they are received too, to match what a bank or cash
desk tells with what is known.

`invoices` are the identifiers named, with blanks between; `taken_back_by` the ids of the
messages that took it back, wholly or in part.
"""
