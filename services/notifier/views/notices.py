"""One row per notice: what the API lists, and what the dispatcher has to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.owed.debtor import DebtorErased
from chassis.owed.hearing import HEARD
from chassis.store.changed_rows import Change, Statement, by_row
from chassis.store.stored import Stored
from chassis.store.views import View, page_after
from contracts.words.streams import subject_of
from services.notifier.domain import events as e
from services.notifier.domain.charges import ChannelChosen, NoticeMoved
from services.notifier.views import tried

TABLE = "view_notices"
UNJUDGED = "state = 'waiting' and reason in ('time_zone', 'terms', 'profile', 'ledger')"
"""Notices that wait since a rule cannot be evaluated."""

_SCHEMA = (
    """
create table {table} (
    creditor text not null,
    account text not null,
    notice_id text not null,
    lane int not null,
    requested_at timestamptz not null,
    state text not null,
    reason text not null default '',
    due boolean not null default true,
    purge boolean not null default false,
    case_id text,
    purpose text not null,
    channel text not null,
    policy text not null,
    policy_version int not null,
    step text,
    respond_by date,
    attempts int not null default 0,
    day date,
    sent_at timestamptz,
    to_masked text,
    reference text,
    sha256 text,
    content bytea,
    gateway text,
    result text,
    result_at timestamptz,
    result_by text,
    receipt text,
    posted_on date,
    tried jsonb not null default '[]',
    primary key (creditor, account, notice_id)
);
create index on {table} (lane, requested_at, account, notice_id) where due;
create index on {table} (lane) where purge;
create index on {table} (notice_id);
create index on {table} (lane, channel, sent_at, notice_id collate "C") where state = 'sent';
create index on {table} (creditor, requested_at, notice_id);
create index on {table} (creditor, channel, day) where channel in ('registered_letter', 'ems');
create index on {table} (creditor, receipt) where receipt is not null;
create index on {table} (creditor, reason) where """
    + UNJUDGED
)
_KEY = ("creditor", "account", "notice_id")
_TYPES = {
    **dict.fromkeys(_KEY, "text"),
    "lane": "int",
    "requested_at": "timestamptz",
    "state": "text",
    "reason": "text",
    "due": "boolean",
    "case_id": "text",
    "purpose": "text",
    "channel": "text",
    "policy": "text",
    "policy_version": "int",
    "step": "text",
    "respond_by": "date",
    "attempts": "int",
    "day": "date",
    "sent_at": "timestamptz",
    "to_masked": "text",
    "reference": "text",
    "sha256": "text",
    "content": "bytea",
    "gateway": "text",
    "result": "text",
    "result_at": "timestamptz",
    "result_by": "text",
    "receipt": "text",
    "posted_on": "date",
    "tried": "jsonb",
}
_ERASE = """
update {table} set content = null, purge = true where creditor = $1 and account = $2
"""
_PURGED = "update {table} set purge = false where creditor = $1 and account = $2"

_COLUMNS = """
creditor, account, notice_id, requested_at, state, reason, case_id, purpose, channel, policy,
policy_version, step, respond_by, attempts, day, sent_at, to_masked, reference, sha256, content,
result, result_at, result_by, receipt, posted_on, tried
"""
_LIST = f"""
select {_COLUMNS} from {TABLE}
where ($1::text[] is null or creditor = any($1)) and ($2::text is null or account = $2)
  and ($3::text is null or purpose = $3) and ($4::text is null or channel = $4)
  and ($5::text is null or state = $5) and ($6::text is null or case_id = $6)
  and ($7::timestamptz is null or (requested_at, creditor, account, notice_id) > ($7, $8, $9, $10))
order by requested_at, creditor, account, notice_id limit $11
"""  # noqa: S608 - columns and table are constants above
_ONE = f"""
select {_COLUMNS} from {TABLE}
where notice_id = $1 and ($2::text[] is null or creditor = any($2)) order by creditor, account
"""  # noqa: S608
_TO_DO = f"""
(select false, due.* from unnest($1::int[]) held (lane) cross join lateral (
  select creditor, account, notice_id, lane, channel, state, requested_at from {TABLE} notice
  where due and notice.lane = held.lane and (state = 'unknown' or not channel = any($3::text[]))
  order by requested_at, account, notice_id limit $2) due)
union all
(select true, creditor, account, notice_id, lane, used.channel, state, requested_at
from {TABLE} kept cross join lateral (
  select kept.channel union select jsonb_array_elements(kept.tried) ->> 'channel') used (channel)
where purge and lane = any($1::int[]) order by lane, creditor, account, notice_id)
"""  # noqa: S608


class Task(NamedTuple):
    """A notice the dispatcher has to do something about."""

    creditor: str
    account: str
    notice_id: str
    lane: int
    channel: str
    state: str
    requested_at: datetime


class Filter(NamedTuple):
    """Which notices a listing shows; `None` leaves a column open."""

    creditors: list[str] | None = None
    account: str | None = None
    purpose: str | None = None
    channel: str | None = None
    state: str | None = None
    case_id: str | None = None


def _changes(event: Any) -> dict[str, Any]:
    """The columns an event about a single notice sets."""
    match event:
        case e.NoticeDeferred() | e.NoticePaused() | e.CallUnanswered():
            return {"state": "waiting", "reason": event.reason, "due": False}
        case e.NoticeReleased() | NoticeMoved():
            return {"state": "ready", "reason": "", "due": True}
        case e.NoticeAttempted():
            return {
                "state": "sending",
                "reason": "",
                "due": False,
                "attempts": event.attempt,
                "day": event.day,
                "to_masked": event.to_masked,
                "sha256": event.sha256,
                "content": event.content,
            }
        case e.NoticeSent():
            return {
                "state": "sent",
                "reason": "",
                "due": False,
                "sent_at": event.at,
                "reference": event.reference,
                "gateway": event.gateway or None,
            }
        case e.NoticeInDoubt():
            return {"state": "unknown", "reason": "", "due": True}
        case e.LookupPostponed():
            return {"state": "unknown", "reason": "lookup", "due": False}
        case e.NoticeFailed():
            return {"state": "failed", "reason": event.reason, "due": False}
        case e.NoticeSuppressed():
            return {"state": "suppressed", "reason": event.reason, "due": False}
        case e.DeliveryRecorded():
            return {
                "state": event.result,
                "result": event.result,
                "result_at": event.at,
                "result_by": event.by or None,
            }
        case _:
            return {}


def _change(stored: Stored) -> Change | Statement | None:
    event, subject = stored.event, subject_of(stored.stream)
    match event:
        case e.NoticeRequested():
            # One whose id was used before, and is over and forgotten, is the new one from now on.
            return Change((*subject, event.notice_id), _requested(event, stored.lane), makes=True)
        case e.NoticeRerouted():
            return tried.rerouted(stored)
        case e.DeliveryRecorded() if event.late:
            return tried.told_late(stored)
        case ChannelChosen():
            return Change((*subject, event.notice_id), {"channel": event.channel})
        case e.CallUnanswered() if event.last:
            return None  # what became of the notice is told by itself
        case DebtorErased():
            return Statement(_ERASE, subject)
        case e.OutboxPurged():
            return Statement(_PURGED, subject)
        case e.ReceiptNoted():
            told = {"receipt": event.number, "posted_on": event.posted_on}
            return Change((*subject, event.notice_id), told)
        case _:
            changes = _changes(event)
            return Change((*subject, event.notice_id), changes) if changes else None


def _requested(event: e.NoticeRequested, lane: int) -> dict[str, Any]:
    return {
        "lane": lane,
        "requested_at": event.requested_at,
        "state": "ready",
        "reason": "",
        "due": True,
        "case_id": event.case_id,
        "purpose": event.purpose,
        "channel": event.channel,
        "policy": event.policy,
        "policy_version": event.policy_version,
        "step": event.step,
        "respond_by": event.respond_by,
        "tried": "[]",
    }


NOTICES = View("notices", _SCHEMA, by_row(_KEY, _TYPES, _change), HEARD | {"invoice_detailed"})
"""The text stays sealed in it."""


async def to_do(
    connection: Connection, lanes: list[int], limit: int, resting: Sequence[str] = ()
) -> tuple[list[Task], list[Task]]:
    """Notices that are ready to be sent or in doubt, so many of each lane at most, and those of
    erased debtors whose files may still exist, in the lanes given. By channels that are `resting`
    nothing is sent now.
    """
    due: list[Task] = []
    purges: list[Task] = []
    for is_purge, *columns in await connection.fetch(_TO_DO, lanes, limit, list(resting)):
        (purges if is_purge else due).append(Task(*columns))
    return due, purges


async def listing(
    connection: Connection, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Any]:
    """Notices in the order they were asked for.

    `after` is the sort key of the last row before: requested_at, creditor, account, notice_id.
    """
    return await page_after(connection, _LIST, wanted, after, limit)


async def one(connection: Connection, notice_id: str, creditors: list[str] | None) -> Any:
    """One notice of the creditors given (all for `None`), or `None`."""
    rows = await connection.fetch(_ONE, notice_id, creditors)
    return rows[0] if rows else None


async def sent_by(connection: Connection, notice_id: str, channel: str) -> Any:
    """The notice of a channel, now or before, whoever's; `None` unless it is exactly one."""
    rows = await connection.fetch(_ONE, notice_id, None)
    found = [row for row in rows if channel in (row["channel"], *tried.channels(row))]
    return found[0] if len(found) == 1 else None
