"""One row per matter."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.owed.hearing import HEARD
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement, page_after
from contracts.words.streams import subject_of
from services.legal.domain import events as e

TABLE = "view_matters"

_SCHEMA = """
create table {table} (
    creditor text not null,
    account text not null,
    matter_id text not null,
    case_id text,
    stage text not null,
    opened_at timestamptz not null,
    opened_on date not null,
    documents int not null default 0,
    progressed_on date,
    judgment_on date,
    judgment_amount bigint,
    pay_by date,
    term text not null default '',
    closed_at timestamptz,
    closed_reason text,
    primary key (creditor, account, matter_id)
);
create index on {table} (creditor, opened_at)
"""
_OPENED = """
insert into {table} (creditor, account, matter_id, case_id, stage, opened_at, opened_on)
values ($1, $2, $3, $4, 'opened', $5, $6)
"""
_ISSUED = """
update {table} set documents = documents + 1
where creditor = $1 and account = $2 and matter_id = $3
"""
_PROGRESSED = """
update {table} set stage = $4, progressed_on = $5,
    judgment_on = case when $4 = 'judgment' then $5 else judgment_on end,
    judgment_amount = case when $4 = 'judgment' then $6 else judgment_amount end,
    pay_by = coalesce($7, pay_by),
    term = case when $7::date is null then term else 'running' end
where creditor = $1 and account = $2 and matter_id = $3
"""
_TERM = """
update {table} set term = $4 where creditor = $1 and account = $2 and matter_id = $3
"""
_CLOSED = """
update {table} set stage = 'closed', closed_at = $4, closed_reason = $5
where creditor = $1 and account = $2 and matter_id = $3
"""
_COLUMNS = """
creditor, account, matter_id, case_id, stage, opened_at, opened_on, documents, progressed_on,
judgment_on, judgment_amount, pay_by, term, closed_at, closed_reason
"""
_LIST = f"""
select {_COLUMNS} from {TABLE}
where ($1::text[] is null or creditor = any($1)) and ($2::text is null or account = $2)
  and ($3::text is null or stage = $3) and ($4::text is null or term = $4)
  and ($5::timestamptz is null or (opened_at, creditor, account, matter_id) > ($5, $6, $7, $8))
order by opened_at, creditor, account, matter_id limit $9
"""  # noqa: S608 - columns and table are constants above


class Filter(NamedTuple):
    """Which matters a listing shows; `None` leaves a column open."""

    creditors: list[str] | None = None
    account: str | None = None
    stage: str | None = None
    term: str | None = None


def _change(stored: Stored) -> tuple[str, tuple[Any, ...]] | None:
    """The statement of an event, and its values."""
    event, subject = stored.event, subject_of(stored.stream)
    match event:
        case e.MatterOpened():
            return _OPENED, (*subject, event.matter_id, event.case_id, stored.at, event.day)
        case e.DocumentIssued():
            return _ISSUED, (
                *subject,
                event.matter_id,
            )
        case e.MatterProgressed():
            return _PROGRESSED, (
                *subject,
                event.matter_id,
                event.step,
                event.day,
                event.amount,
                event.pay_by,
            )
        case e.JudgmentTermExpired():
            return _TERM, (*subject, event.matter_id, "expired")
        case e.JudgmentMet():
            return _TERM, (*subject, event.matter_id, "met")
        case e.MatterClosed():
            return _CLOSED, (*subject, event.matter_id, stored.at, event.reason)
        case _:
            return None


MATTERS = View("matters", _SCHEMA, by_statement(_change), HEARD)
"""The table `view_matters`; `term` tells how the time for paying a judgment stands: empty,
running, expired or met.
"""


async def listing(
    connection: Connection, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Any]:
    """Matters in the order they were opened.

    `after` is the sort key of the last row before: opened_at, creditor, account, matter_id.
    """
    return await page_after(connection, _LIST, wanted, after, limit)
