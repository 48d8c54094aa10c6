"""What was consumed: one row per message, so that a duplicate has no effect and a changed one is
noticed.
"""

from collections.abc import Sequence
from hashlib import blake2b

from asyncpg import Connection

from contracts.codec import Message, body_hash

Row = tuple[bytes, bytes]
"""Of the inbox: the key of a message, the hash of its body."""

_ID = blake2b(digest_size=16)  # copying it is quicker than making one

_KNOWN = "select id, body from inbox where id = any($1::bytea[])"

_REMEMBER_ONCE = """
insert into inbox (id, body) values ($1, $2)
on conflict (id) do update set body = inbox.body returning body"""


def inbox_id(message: Message) -> bytes:
    """The de-duplication key of a CloudEvent: its source and id, hashed to 16 bytes."""
    hashed = _ID.copy()
    hashed.update(f"{message.source}\0{message.id}".encode())
    return hashed.digest()


def inbox_row(message: Message) -> Row:
    """The inbox row of a message: (id, body hash)."""
    return inbox_id(message), body_hash(message)


async def known(connection: Connection, ids: Sequence[bytes]) -> dict[bytes, bytes]:
    """The body hashes of those ids that were consumed before."""
    return {row["id"]: row["body"] for row in await connection.fetch(_KNOWN, ids)}


async def remember(connection: Connection, rows: Sequence[Row]) -> None:
    """Record messages as consumed; raises `asyncpg.UniqueViolationError` when one was consumed
    before.
    """
    await connection.copy_records_to_table("inbox", records=rows, columns=("id", "body"))


async def remember_once(connection: Connection, row: Row) -> bytes:
    """Record one message unless it is there; returns the body hash that stands for its id."""
    body: bytes = await connection.fetchval(_REMEMBER_ONCE, *row)
    return body
