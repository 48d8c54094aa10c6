"""On Kafka an erasure takes all that is older off `billing`: what a backup needs stays for it."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import asyncpg
import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.forgetting import BACKUP_DAYS_MAX, Forgetting
from chassis.store.migrate import migrate
from chassis.store.pool import create_pool
from chassis.store.restored import note_backup

QUEUED = "insert into forget_queue values ('billing', 0, 'acme/P-1', 10)"
AGED = "update backed_up set at = at - $1::interval"


class Trimmed(EmbeddedBus):
    """Notes what it is to forget."""

    def __init__(self) -> None:
        super().__init__("", partitions=1)
        self.before: list[int] = []

    async def forget(
        self, topic: str, partition: int, key: bytes, before: int, readers: Sequence[str] = ()
    ) -> None:
        self.before.append(before)


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    await migrate(database, "toy")
    opened = await create_pool(database, "toy")
    await opened.execute(QUEUED)
    yield opened
    await opened.close()


async def _forgotten(pool: "asyncpg.Pool[asyncpg.Record]") -> list[int]:
    bus = Trimmed()
    await Forgetting(pool, bus, ("ledger",)).run()
    return bus.before


async def _backed_up(
    pool: "asyncpg.Pool[asyncpg.Record]", offset: int, *, finished: bool = True
) -> None:
    async with pool.acquire() as connection:
        await note_backup(connection, "toy", {("billing", 0): offset}, finished=finished)


async def test_without_backups_an_erasure_waits_for_none(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    assert await _forgotten(pool) == [10]


async def test_an_erasure_does_not_take_what_the_newest_backup_has_not_read(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    await _backed_up(pool, 9)
    assert await _forgotten(pool) == []
    await _backed_up(pool, 10)
    assert await _forgotten(pool) == [10]


async def test_a_backup_that_only_begins_does_not_free_what_the_one_before_needs(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    await _backed_up(pool, 9)
    await _backed_up(pool, 12, finished=False)
    assert await _forgotten(pool) == []


async def test_an_erasure_does_not_wait_for_ever(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    await _backed_up(pool, 9)
    await pool.execute(AGED, timedelta(days=BACKUP_DAYS_MAX))
    assert await _forgotten(pool) == [10]
