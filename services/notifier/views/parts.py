"""Which notice each part of a message belongs to, by the name its gateway gave it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.owed.debtor import DebtorErased
from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from contracts.words.streams import subject_of
from contracts.words.vocabulary import DeliveryResult
from services.notifier.domain import events as e

TABLE = "view_parts"
KEPT = timedelta(days=14)
"""Longer than any centre tries to deliver a message."""
_SWEPT_MAX = 10_000

_SCHEMA = """
create table {table} (
    gateway text not null,
    part text collate "C" not null,
    lane int not null,
    creditor text not null,
    account text not null,
    notice_id text not null,
    number int not null,
    sent_at timestamptz not null,
    primary key (gateway, part)
);
create index on {table} (creditor, account, notice_id);
create index on {table} (sent_at)
"""
_INSERT = """
insert into {table} (gateway, part, lane, creditor, account, notice_id, number, sent_at)
select $1, part, $3, $4, $5, $6, $7, $8 from unnest($2::text[]) part
on conflict (gateway, part) do update set
  lane = excluded.lane, creditor = excluded.creditor, account = excluded.account,
  notice_id = excluded.notice_id, number = excluded.number, sent_at = excluded.sent_at
"""
_ERASE = "delete from {table} where creditor = $1 and account = $2"

_HEAR = """
insert into receipts_heard (gateway, part, result, at) values ($1, $2, $3, $4)
on conflict (gateway, part) do update set result = excluded.result, at = excluded.at"""
_TOLD = f"""
select part.creditor, part.account, part.notice_id, part.gateway,
  case when bool_or(heard.result = 'failed') then 'failed' else 'delivered' end as result,
  max(heard.at) as at, array_agg(heard.part) as parts
from receipts_heard heard join {TABLE} part using (gateway, part)
where part.lane = any($1::int[])
group by part.creditor, part.account, part.notice_id, part.gateway, part.number, part.sent_at
having count(*) >= part.number or bool_or(heard.result = 'failed')
order by at limit $2
"""  # noqa: S608 - a constant
_SETTLED = "delete from receipts_heard where gateway = $1 and part = any($2::text[]) and at <= $3"
_SWEEP = (
    """
delete from receipts_heard where (gateway, part) in (
  select gateway, part from receipts_heard where at < $1 order by at limit $2)""",
    f"""
delete from {TABLE} where (gateway, part) in (
  select gateway, part from {TABLE} where sent_at < $1 order by sent_at limit $2)""",  # noqa: S608
)


class Told(NamedTuple):
    """What the receipts of a notice's parts say of it."""

    creditor: str
    account: str
    notice_id: str
    gateway: str
    result: DeliveryResult
    at: datetime
    parts: Sequence[str]


def _change(stored: Stored) -> tuple[str, Sequence[Any]] | None:
    event, subject = stored.event, subject_of(stored.stream)
    match event:
        case e.NoticeSent() if event.parts:
            parts = sorted({*event.parts})
            place = (stored.lane, *subject, event.notice_id)
            return _INSERT, (event.gateway, parts, *place, len(parts), event.at)
        case DebtorErased():
            return _ERASE, subject
        case _:
            return None


PARTS = View("parts", _SCHEMA, by_statement(_change), HEARD | {"invoice_detailed"})
"""Forgotten after some days, but for a rebuild, which knows all of them again until then."""


async def hear(
    connection: Connection, gateway: str, part: str, result: DeliveryResult, at: datetime
) -> None:
    """Keep what a centre reports of a part until it is known of the notice."""
    await connection.execute(_HEAR, gateway, part, result, at)


async def told(connection: Connection, lanes: Sequence[int], limit: int) -> list[Told]:
    """The notices of these lanes that all parts are reported of, or one as failed."""
    return [Told(*row) for row in await connection.fetch(_TOLD, lanes, limit)]


async def settle(connection: Connection, one: Told) -> None:
    """Forget the receipts of a notice whose result is stored."""
    await connection.execute(_SETTLED, one.gateway, list(one.parts), one.at)


async def sweep(connection: Connection, now: datetime) -> None:
    """Forget some of what is so old that nothing is reported of it any more."""
    for statement in _SWEEP:
        await connection.execute(statement, now - KEPT, _SWEPT_MAX)
