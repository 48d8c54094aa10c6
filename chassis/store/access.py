"""The access record: who was answered what about whom, in a chain of hashes.

A row's hash is over the hash before it and the row, so that none can be changed, or taken from the
middle, without all after it telling.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
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
  and ($5::timestamptz is null or at < $5) and ($6::bigint is null or number > $6)
order by number limit $7"""
_CHAIN = "select gone, gone_hash, number, hash from access_chain"
_PORTION = """
select number, at, issuer, subject, token, creditor, accounts, route, status, hash
from access_records where number > $1 order by number limit $2"""
_EXPIRE = "select expire_access($1, $2)"
_EXPIRED_AT_ONCE = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE_MAX = 200
_PORTION_MAX = 5_000


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


class Verified(NamedTuple):
    """How many records the chain has, how many went with their time, where it is broken, and where
    it ends.
    """

    records: int
    gone: int
    broken: Sequence[Broken]
    end: End


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
            rows = orjson.dumps([_row(one) for records, _ in told for one in records]).decode()
            async with acquire(self._pool) as connection:
                await connection.execute(_RECORD, rows)
        except Exception as caught:  # noqa: BLE001 - whoever waits for it raises it
            error = caught
        for _, done in told:
            if not done.done():
                done.set_result(None) if error is None else done.set_exception(error)


async def listing(
    connection: Connection, wanted: Filter, after: int | None, limit: int
) -> list[Any]:
    """The next records in the order in which they were written."""
    found: list[Any] = await connection.fetch(_LIST, *wanted, after, limit)
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


async def verify(connection: Connection, seen: End = NOWHERE) -> Verified:
    """Go through the whole chain, in one snapshot of it; `seen` is where it ended before."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        chain = await connection.fetchrow(_CHAIN)
        if chain is None:  # nobody was ever recorded, or the end of the chain was taken away
            gone, gone_hash, number, hash_ = 0, b"", 0, b""
        else:
            gone, gone_hash, number, hash_ = chain
        broken: list[Broken] = []
        last, link, records = gone, bytes(gone_hash), 0
        async for row in _each(connection, gone):
            records += 1
            broken += _faults(row, last, link)
            if row["number"] == seen.number and row["hash"] != seen.hash:
                broken.append(Broken(seen.number, "another one than was seen before"))
            last, link = row["number"], row["hash"]
        if (last, link) != (number, hash_):
            broken.append(Broken(number, f"the chain ends at record {last}, not at {number}"))
        elif last < seen.number:
            broken.append(Broken(seen.number, f"seen before; the chain ends at record {last} now"))
    return Verified(records, gone, broken, End(last, link))


async def _each(connection: Connection, after: int) -> AsyncIterator[Any]:
    while rows := await connection.fetch(_PORTION, after, _PORTION_MAX):
        for row in rows:
            yield row
        after = rows[-1]["number"]


def _faults(row: Any, last: int, link: bytes) -> Iterable[Broken]:
    number = row["number"]
    if number != last + 1:
        gap = f"{last + 1} to {number - 1}" if number > last + 2 else str(last + 1)
        yield Broken(last + 1, f"missing: {gap}")
    elif hash_of(row, link) != row["hash"]:
        yield Broken(number, "changed: its hash is not over the record before it and what it says")


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
