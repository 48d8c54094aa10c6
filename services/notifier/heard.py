"""The calls of providers that were heard before: by the hash of their id, with that of their body,
which has a key since a body may name a debtor's number.

A provider that got no answer calls again under the same id, for days: it is answered as the first
time. The same id with another body is nobody's retry.
"""

import hashlib
from datetime import datetime, timedelta

from asyncpg import Connection

from chassis.errors import Conflict
from chassis.runtime.service import Service
from chassis.store.bodies import Told
from chassis.store.pool import acquire

KEPT = timedelta(days=32)
_SWEPT_MAX = 10_000
_LOOK = "select body_hash from callbacks_heard where channel = $1 and id_hash = $2"
_KEEP = """
insert into callbacks_heard (channel, id_hash, body_hash, at) values ($1, $2, $3, $4)
on conflict (channel, id_hash) do nothing"""
_SWEEP = """
delete from callbacks_heard where (channel, id_hash) in (
  select channel, id_hash from callbacks_heard where at < $1 order by at limit $2)"""


async def is_known(connection: Connection, channel: str, call_id: str, body: Told) -> bool:
    """Whether this call was heard before; raises `Conflict` where its id came with another body."""
    kept = await connection.fetchval(_LOOK, channel, _hash(call_id))
    if kept is not None and not body.is_of(kept):
        raise Conflict(f"webhook-id {call_id}: was used for another call")
    return kept is not None


async def keep(
    connection: Connection, channel: str, call_id: str, body: Told, at: datetime
) -> None:
    """Remember a call whose effect is stored; raises `Conflict` as `is_known` does."""
    await connection.execute(_KEEP, channel, _hash(call_id), body.kept, at)
    await is_known(connection, channel, call_id, body)


async def sweep(service: Service) -> None:
    """Forget some of the calls that no provider repeats any more."""
    async with acquire(service.pool) as connection:
        await connection.execute(_SWEEP, service.clock.now() - KEPT, _SWEPT_MAX)


def _hash(call_id: str) -> bytes:
    return hashlib.sha256(call_id.encode()).digest()
