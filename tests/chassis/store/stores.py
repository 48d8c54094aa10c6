"""Stores that show what the lane's lock is for."""

import asyncio
import random
from collections.abc import Sequence

from asyncpg import Connection

from chassis.store.migrate import migrate
from chassis.store.pool import create_pool
from chassis.store.store import Store
from chassis.store.work import Work
from chassis.store.wrapping import master_key
from tests.chassis import toy

_FUNCTION = """
select pg_get_functiondef(oid) from pg_proc
where proname = 'commit_few' and pronamespace = current_schema()::regnamespace
order by pronargs limit 1"""
_LOCKS = "perform pg_advisory_xact_lock(hashtext(current_schema()), of_lane);"


class Slow(Store):
    """Holds each transaction open for a moment after its insert, as a busy server does."""

    async def save(self, connection: Connection, work: Work, views: Sequence[str] = ()) -> None:
        await super().save(connection, work, views)
        await asyncio.sleep(random.uniform(0, 0.006))


class Unlocked(Slow):
    """The same without the lane's lock: what the tests must notice."""

    async def open(self, partitions: int) -> None:
        """Take the lock out of the store's function too."""
        await super().open(partitions)
        text = await self.pool.fetchval(_FUNCTION)
        assert _LOCKS in text
        await self.pool.execute(text.replace(_LOCKS, "perform 1;"))

    async def lock_lane(self, connection: Connection, lane: int) -> None:
        """Lock nothing."""


async def open_stores(dsn: str, writers: int) -> dict[str, Store]:
    """A store as it is, and one that is without the lane's lock once it is opened, over the same
    tables.
    """
    await migrate(dsn, "toy")
    pool = await create_pool(dsn, "toy", size=writers + 2)
    aggregates, master = (toy.ACCOUNT, toy.TERMS), master_key(bytes(32))
    return {
        "locked": Slow(pool, aggregates, master),
        "unlocked": Unlocked(pool, aggregates, master),
    }
