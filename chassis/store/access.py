"""The access record: who was answered what about whom, in a chain of hashes.

A row's hash is over the hash before it and the row, so that none can be changed, or taken from the
middle, without all after it telling.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import orjson
from asyncpg import Connection

from chassis.store.pool import acquire

_RECORD = "select record_access($1::jsonb)"
_LIST = """
select number, at, issuer, subject, token, creditor, accounts, route, status, hash
from access_records
where ($1::text[] is null or creditor = any($1))
  and ($2::text is null or accounts && array[$2, '*'])
  and ($3::text is null or subject = $3) and ($4::timestamptz is null or at >= $4)
  and ($5::timestamptz is null or at < $5)
  and ($6::timestamptz is null or (at, number) > ($6, $7))
order by at, number limit $8"""
_CHAIN = "select gone, gone_hash, number, hash from access_chain"
_PORTION = """
select number, case when at between '0002-01-01' and '9998-01-01' then at end as at,
  issuer, subject, token, creditor, accounts, route, status, hash
from access_records where number > $1 order by number limit $2"""
_IS_THERE = """
select coalesce((select gone from access_chain), 0) >= $1
  or exists (select from access_records where number = $1 and hash = $2)"""
_EXPIRE = "select expire_access($1, $2)"
_EXPIRED_AT_ONCE = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE_MAX = 200
_PORTION_MAX = 5_000
_LINE = "\n"


class Access(NamedTuple):
    """One answer: to whom (by which token), about which accounts of a creditor, by which route.

    Without a creditor it was about those of the token, of whom it named none; the account `*` is
    every one.
    """

    at: datetime
    issuer: str
    subject: str
    token: str
    creditor: str | None
    accounts: Sequence[str]
    route: str
    status: int


class Filter(NamedTuple):
    """Which records are wanted; `creditors` None: of all."""

    creditors: Sequence[str] | None = None
    account: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Broken(NamedTuple):
    """Where a chain is not what it was, and in what way."""

    number: int
    what: str


class End(NamedTuple):
    """Where a chain ends."""

    number: int
    hash: bytes


NOWHERE = End(0, b"")
_NO_CHAIN = (0, b"", *NOWHERE)
"""Nobody was ever recorded, or where the chain ends was taken away."""


class Verified(NamedTuple):
    """Some records that were verified: how many, how many of the chain went with their time, where
    it is broken, up to which record that is, and the first record of each day (UTC).
    """

    records: int
    gone: int
    broken: Sequence[Broken]
    reached: End
    days: Mapping[str, int]


class AccessBook:
    """Writes records; those that are told of while some are being written go together."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._waiting: list[tuple[Sequence[Access], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, records: Sequence[Access]) -> None:
        """Return when they are committed; raises what kept them from it."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((records, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                now, self._waiting = self._waiting[:_AT_ONCE_MAX], self._waiting[_AT_ONCE_MAX:]
                await self._write_some(now)
        finally:
            self._writing = None

    async def _write_some(
        self, told: Sequence[tuple[Sequence[Access], "asyncio.Future[None]"]]
    ) -> None:
        error: BaseException | None = None
        try:
            rows = orjson.dumps(
                [_row(_in_a_line(one)) for records, _ in told for one in records]
            ).decode()
            async with acquire(self._pool) as connection:
                await connection.execute(_RECORD, rows)
        except Exception as caught:  # noqa: BLE001 - whoever waits for it raises it
            error = caught
        for _, done in told:
            if not done.done():
                done.set_result(None) if error is None else done.set_exception(error)


async def listing(
    connection: Connection, wanted: Filter, after: tuple[datetime, int] | None, limit: int
) -> list[Any]:
    """The next records behind a time and number, in that order."""
    found: list[Any] = await connection.fetch(_LIST, *wanted, *(after or (None, None)), limit)
    return found


async def expire(connection: Connection, before: datetime) -> int:
    """Delete records from before an instant, from the front, up to the first that is younger;
    returns how many that were.
    """
    done, last = 0, _EXPIRED_AT_ONCE
    while last == _EXPIRED_AT_ONCE:
        last = await connection.fetchval(_EXPIRE, before, _EXPIRED_AT_ONCE)
        done += last
    return done


async def verify(
    connection: Connection,
    after: End = NOWHERE,
    seen: End = NOWHERE,
    at_once: int = _PORTION_MAX,
) -> AsyncIterator[Verified]:
    """Go through the chain behind a record, a portion at a time; `seen` is where it ended before.

    Records are written and go with their time meanwhile: each portion is one snapshot.
    """
    is_over = False
    while not is_over:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            gone, gone_hash, *end = await connection.fetchrow(_CHAIN) or _NO_CHAIN
            if gone > after.number:
                after = End(gone, gone_hash)
            rows = await connection.fetch(_PORTION, after.number, at_once)
        broken: list[Broken] = []
        days: dict[str, int] = {}
        for row in rows:
            if row["at"] is not None:
                days.setdefault(_day(row["at"]), row["number"])
            broken += _faults(row, after)
            if row["number"] == seen.number and row["hash"] != seen.hash:
                broken.append(Broken(seen.number, "another one than was seen before"))
            after = End(row["number"], row["hash"])
        is_over = len(rows) < at_once
        if is_over:
            broken += _faults_of_end(after, End(*end), seen)
        yield Verified(len(rows), gone, broken, after, days)


def gone_early(gone: int, days: Mapping[str, int], since: datetime) -> Iterable[Broken]:
    """Where records were seen that are not there any more, of days after that of an instant: `days`
    says which one was the first of each.
    """
    first = min(days_since(days, since).values(), default=gone + 1)
    if gone >= first:
        yield Broken(first, f"gone before its time, as are all up to {gone}")


def days_since(days: Mapping[str, int], since: datetime) -> dict[str, int]:
    """Those after that of an instant."""
    return {day: number for day, number in days.items() if day > _day(since)}


async def is_there(connection: Connection, seen: End) -> bool:
    """Whether a record that was seen is there, or went from the front."""
    found: bool = await connection.fetchval(_IS_THERE, *seen)
    return found


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _faults_of_end(last: End, end: End, seen: End) -> Iterable[Broken]:
    if last != end:
        yield Broken(end.number, f"the chain ends at record {last.number}, not at {end.number}")
    elif last.number < seen.number:
        yield Broken(seen.number, f"seen before; the chain ends at record {last.number} now")


def _faults(row: Any, before: End) -> Iterable[Broken]:
    number, last = row["number"], before.number
    if number != last + 1:
        gap = f"{last + 1} to {number - 1}" if number > last + 2 else str(last + 1)
        yield Broken(last + 1, f"missing: {gap}")
    elif not _could_be_written(row) or hash_of(row, before.hash) != row["hash"]:
        yield Broken(number, "changed: its hash is not over the record before it and what it says")


def _could_be_written(row: Any) -> bool:
    """Whether a row says what it does in the one way in which it is written: others have the same
    text, of which the hash is.
    """
    creditor, accounts = row["creditor"], row["accounts"]
    texts = [row["issuer"], row["subject"], row["token"], row["route"], creditor or ""]
    return (
        row["at"] is not None
        and creditor != ""
        and not any(_LINE in text for text in texts)
        and all(isinstance(one, str) and one.split() == [one] for one in accounts)
    )


def hash_of(row: Any, before: bytes) -> bytes:
    """The hash of a record behind another, as `record_access` of the store makes it."""
    told = Access(*(row[name] for name in Access._fields))
    shown = _row(told)
    shown["creditor"] = shown["creditor"] or ""
    parts = [str(row["number"]), *(str(shown[name]) for name in Access._fields)]
    return hashlib.sha256(before + "\n".join(parts).encode()).digest()


def _row(one: Access) -> dict[str, Any]:
    micros = (one.at.astimezone(UTC) - _EPOCH) // _MICROSECOND
    return {**one._asdict(), "at": str(micros), "accounts": " ".join(one.accounts)}


def _in_a_line(one: Access) -> Access:
    """Where a line ends, the hash takes the next text to begin."""
    return one._replace(
        issuer=one.issuer.replace(_LINE, " "),
        subject=one.subject.replace(_LINE, " "),
        token=one.token.replace(_LINE, " "),
    )
