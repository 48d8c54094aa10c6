"""One row per requested document."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.owed.debtor import DebtorErased
from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement, page_after
from contracts.words.streams import subject_of
from services.legal.domain import events as e

TABLE = "view_documents"

_SCHEMA = """
create table {table} (
    creditor text not null,
    account text not null,
    document_id text not null,
    lane int not null,
    document text not null,
    state text not null,
    reason text not null default '',
    requested_at timestamptz not null,
    case_id text not null,
    matter_id text,
    policy text not null,
    policy_version int not null,
    step text,
    issued_at timestamptz,
    issued_on date,
    principal bigint,
    late_fee bigint,
    total bigint,
    currency text,
    sha256 text,
    content bytea,
    to_file boolean not null default false,
    purge boolean not null default false,
    primary key (creditor, account, document_id)
);
create index on {table} (lane) where to_file or purge;
create index on {table} (document_id);
create index on {table} (creditor, requested_at, document_id)
"""
_INSERT = """
insert into {table} (
    creditor, account, document_id, lane, document, state, requested_at, case_id, policy,
    policy_version, step
) values ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9, $10)
on conflict (creditor, account, document_id) do update set
    lane = excluded.lane, document = excluded.document, state = 'waiting', reason = '',
    requested_at = excluded.requested_at, case_id = excluded.case_id, policy = excluded.policy,
    policy_version = excluded.policy_version, step = excluded.step
"""
"""One whose id was used long ago, and is forgotten, is the new one from now on."""
_DEFERRED = """
update {table} set reason = $4 where creditor = $1 and account = $2 and document_id = $3
"""
_REFUSED = """
update {table} set state = 'refused', reason = $4
where creditor = $1 and account = $2 and document_id = $3
"""
_ISSUED = """
update {table} set state = 'issued', reason = '', to_file = true, matter_id = $4, issued_at = $5,
    issued_on = $6, principal = $7, late_fee = $8, total = $9, currency = $10, sha256 = $11,
    content = $12
where creditor = $1 and account = $2 and document_id = $3
"""
_FILED = """
update {table} set to_file = false where creditor = $1 and account = $2 and document_id = $3
"""
_ERASE = """
update {table} set content = null, to_file = false, purge = true
where creditor = $1 and account = $2
"""
_PURGED = "update {table} set purge = false where creditor = $1 and account = $2"

_COLUMNS = """
creditor, account, document_id, document, state, reason, requested_at, case_id, matter_id, policy,
policy_version, step, issued_at, issued_on, principal, late_fee, total, currency, sha256, content
"""
_LIST = f"""
select {_COLUMNS} from {TABLE}
where ($1::text[] is null or creditor = any($1)) and ($2::text is null or account = $2)
  and ($3::text is null or document = $3) and ($4::text is null or state = $4)
  and ($5::text is null or case_id = $5)
  and ($6::timestamptz is null
       or (requested_at, creditor, account, document_id) > ($6, $7, $8, $9))
order by requested_at, creditor, account, document_id limit $10
"""  # noqa: S608 - columns and table are constants above
_ONE = f"""
select {_COLUMNS} from {TABLE}
where document_id = $1 and ($2::text[] is null or creditor = any($2))
order by creditor, account limit 1
"""  # noqa: S608
_TO_DO = f"""
(select false, creditor, account, document_id, lane, document, issued_on, content from {TABLE}
where to_file and lane = any($1::int[]) order by lane, requested_at, account limit $2)
union all
(select true, creditor, account, document_id, lane, document, issued_on, content from {TABLE}
where purge and lane = any($1::int[]) order by lane, creditor, account, document_id)
"""  # noqa: S608


class Paper(NamedTuple):
    """An issued document whose file is to be written, or deleted."""

    creditor: str
    account: str
    document_id: str
    lane: int
    document: str
    issued_on: date | None
    content: bytes | None


class Filter(NamedTuple):
    """Which documents a listing shows; `None` leaves a column open."""

    creditors: list[str] | None = None
    account: str | None = None
    document: str | None = None
    state: str | None = None
    case_id: str | None = None


def _change(stored: Stored) -> tuple[str, tuple[Any, ...]] | None:
    """The statement of an event, and its values."""
    event, subject = stored.event, subject_of(stored.stream)
    match event:
        case e.DocumentRequested():
            return _INSERT, (
                *subject,
                event.request_id,
                stored.lane,
                event.document,
                event.requested_at,
                event.case_id,
                event.policy,
                event.policy_version,
                event.step,
            )
        case e.DocumentDeferred():
            return _DEFERRED, (*subject, event.request_id, event.reason)
        case e.DocumentRefused():
            return _REFUSED, (*subject, event.request_id, event.reason)
        case e.DocumentIssued():
            return _ISSUED, (
                *subject,
                event.document_id,
                event.matter_id,
                stored.at,
                event.day,
                event.principal,
                event.late_fee,
                event.total,
                event.currency,
                event.sha256,
                event.content,
            )
        case e.DocumentFiled():
            return _FILED, (*subject, event.document_id)
        case DebtorErased():
            return _ERASE, subject
        case e.FilesPurged():
            return _PURGED, subject
        case _:
            return None


DOCUMENTS = View("documents", _SCHEMA, by_statement(_change), HEARD)
"""The table `view_documents`; the text stays sealed in it."""


async def to_do(
    connection: Connection, lanes: list[int], limit: int
) -> tuple[list[Paper], list[Paper]]:
    """Issued documents without a file, so many at most, and those of erased debtors whose files may
    still exist, in the lanes given.
    """
    to_file: list[Paper] = []
    purges: list[Paper] = []
    for is_purge, *columns in await connection.fetch(_TO_DO, lanes, limit):
        (purges if is_purge else to_file).append(Paper(*columns))
    return to_file, purges


async def listing(
    connection: Connection, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Any]:
    """Documents in the order they were asked for.

    `after` is the sort key of the last row before: requested_at, creditor, account, document_id.
    """
    return await page_after(connection, _LIST, wanted, after, limit)


async def one(connection: Connection, document_id: str, creditors: list[str] | None) -> Any:
    """One document of the creditors given (all for `None`), or `None`."""
    return await connection.fetchrow(_ONE, document_id, creditors)
