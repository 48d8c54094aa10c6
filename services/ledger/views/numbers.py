"""The read model of numbers: what people call an account, an invoice or a payment, sealed."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.runtime.service import Service
from chassis.store.stored import Stored
from chassis.store.views import View
from contracts.words.streams import Subject, subject_of
from services.ledger.domain.numbers import Kind, NumberNoted, NumbersErased

_UPSERT = """
insert into {table} (creditor, account, kind, id, sealed, index)
values ($1, $2, $3, $4, $5, $6)
on conflict (creditor, account, kind, id) do update
set sealed = excluded.sealed, index = excluded.index"""
_FORGET = "delete from {table} where creditor = $1 and account = $2"
_OF_IDS = """
select n.creditor, n.account, n.kind, n.id, n.sealed
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) w (creditor, account, kind, id)
join view_numbers n using (creditor, account, kind, id)"""
_FOUND = """
select creditor, account, kind, id, sealed from view_numbers
where creditor = $1 and ($2::bytea is null or index = $2) order by account, kind, id limit $3"""


class Named(NamedTuple):
    """Something that may have a number."""

    creditor: str
    account: str
    kind: Kind
    id: str


_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          account text collate "C" not null,
          kind text not null,
          id text collate "C" not null,
          sealed bytea not null,
          index bytea not null,
          primary key (creditor, account, kind, id));
        create index on {table} (creditor, index)"""


async def _apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
    """Take over new numbers, in order, and let go of erased ones."""
    rows: list[tuple[object, ...]] = []
    for stored in events:
        match stored.event:
            case NumberNoted(kind, id_, sealed, index):
                rows.append((*subject_of(stored.stream), kind, id_, sealed, index))
            case NumbersErased():
                await connection.executemany(_UPSERT.format(table=table), rows)
                rows = []
                await connection.execute(_FORGET.format(table=table), *subject_of(stored.stream))
    if rows:
        await connection.executemany(_UPSERT.format(table=table), rows)


NUMBERS = View("numbers", _SCHEMA, _apply)
"""One row for each thing with a number; an erased debtor has none."""


async def numbers_of(service: Service, things: Iterable[Named]) -> dict[Named, str]:
    """The numbers of some things, those that have one."""
    wanted = list(things)
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    return await _opened(service, await service.pool.fetch(_OF_IDS, *columns))


async def found(service: Service, creditor: str, number: str | None, most: int) -> dict[Named, str]:
    """What has a number, or any where none is given; capitals and full-width letters are alike."""
    index = None if number is None else (await service.keys([])).index(number)
    return await _opened(service, await service.pool.fetch(_FOUND, creditor, index, most))


async def _opened(service: Service, rows: Sequence[Any]) -> dict[Named, str]:
    named = [(Named(*row[:4]), row[4]) for row in rows]
    keys = await service.keys({Subject(one.creditor, one.account) for one, _ in named})
    opened = {
        one: keys.open(Subject(one.creditor, one.account), sealed, "number")
        for one, sealed in named
    }
    return {one: number for one, number in opened.items() if number is not None}
