"""Whether an instance can work: what `/readyz` answers."""

from typing import Any

import asyncpg

from chassis.errors import Misconfigured, Transient
from chassis.runtime.leases import Leases
from chassis.runtime.reading import Reading
from chassis.store import schema
from chassis.store.pool import acquire
from chassis.store.schema import Revisions

_WRITABLE = "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean"


async def of_store(
    pool: "asyncpg.Pool[asyncpg.Record]", name: str, ours: Revisions
) -> dict[str, Any]:
    """How the schema stands.

    Raises `Misconfigured` for a store that takes no writes or has a schema that is gone or older,
    `Transient` for one that does not answer.
    """
    async with acquire(pool) as connection:
        if await connection.fetchval(_WRITABLE):
            raise Misconfigured("the store is read-only")
        return {"schema": await schema.standing(connection, name, ours)}


async def standing(leases: Leases, reading: Reading) -> dict[str, Any]:
    """The lanes an instance owns, and how many messages of theirs it has yet to read; raises
    `Transient` when the bus does not answer.
    """
    try:
        ends = await reading.ends()
    except Transient as error:
        raise Transient("the bus does not answer") from error
    return {"lanes": sorted(leases.held), "behind": reading.behind(ends)}
