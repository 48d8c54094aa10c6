"""Takes what the post says of letters into their accounts, a line at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from asyncpg import Connection

from chassis.errors import ArrearsError, NotFound, Rejected
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.work import Work
from contracts.words.streams import account_stream, key_of, terms_stream
from services.notifier.domain.commands import NoteReceipt, RecordDelivery
from services.notifier.domain.decide import decide
from services.notifier.domain.terms import Terms
from services.notifier.posting.reading import Fault, Line
from services.notifier.views.notices import TABLE

_BY_NOTICE = f"""
select account, notice_id, channel, receipt from {TABLE}
where creditor = $1 and notice_id = $2 and channel = any($3) and sent_at is not null"""  # noqa: S608
_BY_RECEIPT = f"""
select account, notice_id, channel, receipt from {TABLE}
where creditor = $1 and receipt = $2"""  # noqa: S608
_LISTED = f"""
select creditor, account, notice_id, content, receipt, posted_on, result, result_at from {TABLE}
where creditor = $1 and channel = $2 and day = $3 and sent_at is not null
order by sent_at, notice_id, account"""  # noqa: S608
_POSTED = ["registered_letter", "ems"]


@dataclass
class Taken:
    """What became of the lines of a file: each is in one of the four."""

    news: int = 0
    known: int = 0
    empty: int = 0
    refused: list[Fault] = field(default_factory=list)


async def listed(connection: Connection, creditor: str, channel: str, day: date) -> Sequence[Any]:
    """The rows of the letters that went out on a local day, as they were sent."""
    rows: Sequence[Any] = await connection.fetch(_LISTED, creditor, channel, day)
    return rows


async def take(service: Service, creditor: str, lines: Iterable[Line | Fault], by: str) -> Taken:
    """Record receipts and results; what one line says is recorded whole or not at all, and the
    same file again changes nothing.
    """
    taken = Taken()
    for line in lines:
        if isinstance(line, Fault):
            taken.refused.append(line)
        elif line.says_nothing:
            taken.empty += 1
        else:
            try:
                is_news = await _take(service, creditor, line, by)
            except ArrearsError as error:
                taken.refused.append(Fault(line.number, str(error)))
            else:
                taken.news, taken.known = taken.news + is_news, taken.known + (not is_news)
    return taken


async def _take(service: Service, creditor: str, line: Line, by: str) -> bool:
    """Whether a line says something new."""
    row = await _meant(service, creditor, line)
    notice_id, account = row["notice_id"], row["account"]
    stream = account_stream(creditor, account)

    def run(work: Work) -> bool:
        terms: Terms = work.state(terms_stream(creditor, work.lane))
        today = work.now.astimezone(terms.zone).date()
        if max(line.posted_on or today, line.result_on or today) > today:
            raise Rejected("a day that is yet to come")
        found = []
        if line.receipt and line.receipt != row["receipt"]:
            note = NoteReceipt(notice_id, line.receipt, line.posted_on, by)
            found += decide(work.state(stream), note)
        if line.result is not None and line.result_on is not None:
            at = _end_of(line.result_on, terms, work.now)
            told = RecordDelivery(row["channel"], line.result, at, notice_id, by=by)
            found += decide(work.state(stream), told)
        work.append(stream, found)
        return bool(found)

    streams = [stream, terms_stream(creditor, service.lane_of(creditor, account))]
    return await service.execute(key_of(creditor, account), streams, run)


async def _meant(service: Service, creditor: str, line: Line) -> Any:
    """The letter a line is about; raises `NotFound` or `Rejected` where it is not just one."""
    if line.posted_on and line.result_on and line.result_on < line.posted_on:
        raise Rejected("the result is of a day before it was posted")
    async with acquire(service.pool) as connection:
        by_receipt = []
        if line.receipt:
            by_receipt = await connection.fetch(_BY_RECEIPT, creditor, line.receipt)
        if not line.notice_id:
            return _only(by_receipt, f"no letter has the receipt {line.receipt}")
        by_notice = await connection.fetch(_BY_NOTICE, creditor, line.notice_id, _POSTED)
    if by_receipt and by_receipt[0]["notice_id"] != line.notice_id:
        raise Rejected(f"the receipt {line.receipt} is that of another notice")
    return _only(by_notice, f"no letter {line.notice_id} was handed to the post")


def _only(rows: Sequence[Any], otherwise: str) -> Any:
    if not rows:
        raise NotFound(otherwise)
    if len(rows) > 1:
        raise Rejected("several accounts have a notice of this id")
    return rows[0]


def _end_of(day: date, terms: Terms, now: datetime) -> datetime:
    """The last instant of a local day that is over: a list says no hours."""
    return min(datetime.combine(day, time.max, terms.zone).astimezone(UTC), now)
