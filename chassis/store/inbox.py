"""What was consumed: one row per message, so that a duplicate has no effect and a changed one is
noticed.

A message is known by its creditor, topic, source and id: whoever guesses source and id of another
creditor's message stops nothing. Messages consumed by versions that did not know creditor and topic
are in `inbox_before`, which only stores filled by such a version have.

Ids of `billing` are kept for good: upstream may say anything again at any time. What our own
services say comes again only where one of them was restored from a backup or cut off while it
published: those ids have the instant at which they were consumed, and are kept for a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from asyncpg import Connection, UniqueViolationError

from contracts.codec import BodyHash, Message
from contracts.registry import MODELS, OWNERS

Row = tuple[bytes, bytes, bool]
"""Of the inbox: the key of a message, the hash of its body, whether it is kept for a time only."""
KEPT_FOR = timedelta(days=32)
"""Longer than a backup is restored from (`chassis/runtime/forgetting.py`)."""
SWEEP = """
delete from inbox where message in (
  select message from inbox where at <= $1 order by at limit $2)"""
"""Deletes some of those consumed before an instant."""


class BodyBefore(bytes):
    """The hash of a body that an earlier version consumed under the same source and id.

    It covers creditor, type and data: the same hash is the same message. Another one may be of the
    same creditor, changed, or of another creditor who chose the same id; the row does not tell.
    """


_ID = blake2b(digest_size=16)  # copying it is quicker than making one

_KNOWN = "select message, body from inbox where message = any($1::bytea[])"
_KNOWN_BEFORE = "select id, body from inbox_before where id = any($1::bytea[])"

_REMEMBER_ONCE = """
insert into inbox (message, body, lane) values ($1, $2, $3)
on conflict (message) do nothing returning body"""
_REMEMBER = """
insert into inbox (message, body, at, lane)
select *, $4 from unnest($1::bytea[], $2::bytea[], $3::timestamptz[])"""
_COLUMNS = ("message", "body", "at", "lane")
_FEW = 200
"""So many rows at most go with a statement; COPY takes a round trip more, and pays for others."""
_FORGET = "delete from inbox where message = $1"
_FORGET_BEFORE = "delete from inbox_before where id = $1"


def inbox_id(message: Message) -> bytes:
    """The de-duplication key of a CloudEvent: creditor, topic, source and id, hashed to 16
    bytes.
    """
    hashed = _ID.copy()
    topic = MODELS[message.type].TOPIC
    hashed.update(f"{message.creditor}\0{topic}\0{message.source}\0{message.id}".encode())
    return hashed.digest()


def id_before(message: Message) -> bytes:
    """The key under which earlier versions kept it: source and id alone."""
    hashed = _ID.copy()
    hashed.update(f"{message.source}\0{message.id}".encode())
    return hashed.digest()


def inbox_row(message: Message, hashed: BodyHash) -> Row:
    """The inbox row of a message."""
    return inbox_id(message), hashed.of(message), MODELS[message.type].TOPIC in OWNERS


def dated(rows: Iterable[Row], now: datetime) -> list[tuple[bytes, bytes, datetime | None]]:
    """The columns of some rows that are written now."""
    return [(key, body, now if is_own else None) for key, body, is_own in rows]


async def known(
    connection: Connection, ids: Sequence[bytes], before: Mapping[bytes, bytes]
) -> dict[bytes, bytes]:
    """The body hashes of those ids that were consumed before; `before` gives the id today of each
    key of earlier versions that is to be asked for.
    """
    found = await connection.fetch(_KNOWN_BEFORE, list(before)) if before else []
    return {before[row["id"]]: BodyBefore(row["body"]) for row in found} | {
        row["message"]: row["body"] for row in await connection.fetch(_KNOWN, ids)
    }


async def remember(
    connection: Connection,
    lane: int,
    rows: Sequence[Row],
    before: Mapping[bytes, bytes],
    now: datetime,
) -> None:
    """Record messages of a lane as consumed; raises `asyncpg.UniqueViolationError` when one was
    consumed before, by an earlier version too (`before`, as for `known`).
    """
    if before and await connection.fetch(_KNOWN_BEFORE, list(before)):
        raise UniqueViolationError("a message was consumed by an earlier version")
    if len(rows) <= _FEW:
        await connection.execute(_REMEMBER, *zip(*dated(rows, now), strict=True), lane)
    else:
        records = [(*row, lane) for row in dated(rows, now)]
        await connection.copy_records_to_table("inbox", records=records, columns=_COLUMNS)


async def remember_once(
    connection: Connection, lane: int, message: Message, hashed: BodyHash, *, asks_before: bool
) -> bytes | None:
    """Record one message of a lane; where its id is there, the body hash that stands for it."""
    before = [id_before(message)] if asks_before else []
    for row in await connection.fetch(_KNOWN_BEFORE, before) if before else ():
        return BodyBefore(row["body"])
    row = inbox_row(message, hashed)
    if await connection.fetchval(_REMEMBER_ONCE, row[0], row[1], lane) is not None:
        return None
    found = await known(connection, [row[0]], {})
    return found[row[0]]


async def forget(connection: Connection, message: Message, *, asks_before: bool) -> None:
    """Give an id up that its own message holds without having had an effect."""
    await connection.execute(_FORGET, inbox_id(message))
    if asks_before:
        await connection.execute(_FORGET_BEFORE, id_before(message))
