"""Closed accounts whose creditor's retention is over are found, once a day."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from asyncpg import Record

from chassis.errors import ArrearsError
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, creditor_stream, key_of
from services.dunning.daily import Done
from services.dunning.decisions import Decisions
from services.dunning.domain.case.commands import EndRetention
from services.dunning.domain.localtime import local_day

log = get_logger(__name__)

_TODO = (
    "nothing, unless it comes again in an hour: the debtor is kept for longer than the creditor set"
)
_PAGE = 500
# A creditor's accounts come in the order they were closed: nothing that is kept is looked at.
_OVER = """
select a.creditor, a.account, a.closed_at, r.days, r.zone
from view_retention r
cross join lateral (
  select creditor, account, closed_at from view_accounts
  where creditor = r.creditor and closed_at <= $1::timestamptz - make_interval(days => r.days)
    and (closed_at, account) > ($2::timestamptz, $3)
  order by closed_at, account limit $4) a
where r.creditor = $5"""
_CREDITORS = "select creditor from view_retention where days is not null order by creditor"
_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), "")


async def end_retentions(service: Service, now: datetime, *, decisions: Decisions) -> Done:
    """End the retention of what has been closed for long enough; answers of how many accounts, and
    how many could not be decided on.
    """
    async with acquire(service.pool) as connection:
        rows = await connection.fetch(_CREDITORS)
    done = [await _of(service, decisions, row["creditor"], now) for row in rows]
    return Done(sum(one.number for one in done), sum(one.left for one in done))


async def _of(service: Service, decisions: Decisions, creditor: str, now: datetime) -> Done:
    ended, left, after = 0, 0, _FIRST
    while True:
        async with acquire(service.pool) as connection:
            rows = await connection.fetch(_OVER, now, *after, _PAGE, creditor)
        for row in rows:
            events = await _end(service, decisions, row)
            ended, left = ended + (events or 0), left + (events is None)
        if len(rows) < _PAGE:
            return Done(ended, left)
        after = rows[-1]["closed_at"], rows[-1]["account"]


async def _end(service: Service, decisions: Decisions, row: Record) -> int | None:
    """One account that cannot be decided on, which is `None`, keeps no other from its end."""
    subject = Subject(row["creditor"], row["account"])
    command = EndRetention(
        closed_on=local_day(row["closed_at"], ZoneInfo(row["zone"])), days=row["days"]
    )
    streams = [account_stream(*subject), creditor_stream(subject.creditor)]
    try:
        run = partial(_decide, decisions=decisions, subject=subject, command=command)
        return await service.execute(key_of(*subject), streams, run, subjects=[subject])
    except ArrearsError as error:
        creditor, account = subject
        log.warning(
            "retention_not_ended", creditor=creditor, account=account, error=error, todo=_TODO
        )
        return None


def _decide(work: Work, *, decisions: Decisions, subject: Subject, command: EndRetention) -> int:
    return len(decisions.account(work, subject, command))
