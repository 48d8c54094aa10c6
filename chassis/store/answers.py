"""What requests under an Idempotency-Key were answered, for a day.

A key belongs to one caller of one issuer, about the same creditors. An answer is kept with the
rights that were asked for to get it: whoever lost one of them does not get it again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from asyncpg import Connection

KEPT_FOR = timedelta(hours=24)
# Whoever claimed a key and answered nothing for this long has crashed; ids derive from the key, so
# doing it again is safe.
_ABANDONED_AFTER = timedelta(seconds=60)

# A row without issuer was written by a version that knew none: its key is taken until it expires.
_CLAIM = """
insert into idempotency (issuer, subject, creditors, key, body_hash, at)
select $1, $2, $3, $4, $5, $6 where not exists (
  select 1 from idempotency where subject = $2 and key = $4 and issuer = '' and at > $7)
on conflict (subject, key, issuer, creditors) do update
set at = excluded.at, body_hash = excluded.body_hash, status = null, response = null,
  content_type = null, granted = '[]'
where idempotency.at <= $7
  or (idempotency.status is null and idempotency.at < $8
      and idempotency.body_hash in (excluded.body_hash, $9))
returning true
"""
_LOOK = """
select issuer, body_hash, status, response, content_type, granted from idempotency
where subject = $2 and key = $4 and (issuer, creditors) in (($1, $3), ('', ''))
order by issuer desc limit 1
"""
_ANSWER = """
update idempotency set status = $5, response = $6, content_type = $7, granted = $8
where issuer = $1 and subject = $2 and creditors = $3 and key = $4
"""
_RELEASE = """
delete from idempotency
where issuer = $1 and subject = $2 and creditors = $3 and key = $4 and status is null
"""
SWEEP = """
delete from idempotency where ctid in (select ctid from idempotency where at <= $1 limit $2)
"""
"""Deletes some of what was kept since before an instant."""

Right = tuple[str, ...]
"""A right that was asked for and held: its kind and what it is about."""


class Scope(NamedTuple):
    """Whose key it is: the token's issuer and subject, and the creditors it is about."""

    issuer: str
    subject: str
    creditors: str


class Claim(NamedTuple):
    """One request under a key."""

    scope: Scope
    key: str
    body_hash: bytes
    bare: bytes
    """The hash without a key, as versions before kept it."""


class Kept(NamedTuple):
    """What there is under a key that was claimed before; no status while it is at work."""

    body_hash: bytes
    status: int | None
    response: bytes | None
    content_type: str | None
    granted: list[Right]
    of_earlier_version: bool


class Answer(NamedTuple):
    """An answer to keep, and the rights it took."""

    status: int
    response: bytes
    content_type: str | None
    granted: Sequence[Right]


async def claim(connection: Connection, wanted: Claim, now: datetime) -> bool:
    """Take a key for a request; False when it is taken: `look` then says by what."""
    values = (*wanted.scope, wanted.key, wanted.body_hash, now, now - KEPT_FOR)
    return bool(await connection.fetchval(_CLAIM, *values, now - _ABANDONED_AFTER, wanted.bare))


async def look(connection: Connection, wanted: Claim) -> Kept | None:
    """What is kept under a key."""
    row: Any = await connection.fetchrow(_LOOK, *wanted.scope, wanted.key)
    if row is None:
        return None
    granted = [tuple(right) for right in orjson.loads(row["granted"])]
    return Kept(
        row["body_hash"],
        row["status"],
        row["response"],
        row["content_type"],
        granted,
        not row["issuer"],
    )


async def keep(connection: Connection, wanted: Claim, answer: Answer) -> None:
    """Keep what a request was answered."""
    granted = orjson.dumps(sorted(answer.granted)).decode()
    await connection.execute(_ANSWER, *wanted.scope, wanted.key, *answer[:3], granted)


async def release(connection: Connection, wanted: Claim) -> None:
    """Give a key back that was claimed for nothing."""
    await connection.execute(_RELEASE, *wanted.scope, wanted.key)
