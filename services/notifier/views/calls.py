"""The calls of notices that nobody took."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Connection

from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from contracts.words.streams import subject_of
from services.notifier.domain import events as e

TABLE = "view_calls"

_SCHEMA = """
create table {table} (
    creditor text not null,
    account text not null,
    version bigint not null,
    notice_id text not null,
    at timestamptz not null,
    result text not null,
    primary key (creditor, account, version)
);
create index on {table} (notice_id)
"""
_INSERT = """
insert into {table} (creditor, account, version, notice_id, at, result)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing"""
_OF = f"""
select at, result from {TABLE}
where notice_id = $1 and creditor = $2 and account = $3 order by version
"""  # noqa: S608 - a constant


def _change(stored: Stored) -> tuple[str, Sequence[Any]] | None:
    event = stored.event
    if not isinstance(event, e.CallUnanswered):
        return None
    values = stored.version, event.notice_id, event.at, event.how
    return _INSERT, (*subject_of(stored.stream), *values)


CALLS = View("calls", _SCHEMA, by_statement(_change), HEARD | {"invoice_detailed"})


async def of(connection: Connection, notice: Any) -> list[dict[str, Any]]:
    """The calls of a notice that nobody took, in the order they were told of."""
    key = notice["notice_id"], notice["creditor"], notice["account"]
    return [dict(row) for row in await connection.fetch(_OF, *key)]
