"""A backup of several databases is of one moment: nobody in it has heard what nobody in it said."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from arrears.backup.moment import connected, one_moment
from chassis.errors import Transient
from chassis.servers.postgres import ensure_database
from chassis.settings import ServiceName
from tests.support.databases import execute

Databases = dict[ServiceName, str]
_OFFSETS = "create schema {0}; create table {0}.offsets (next_offset bigint)"
_READ = "insert into {0}.offsets values (1)"
_COUNT = "select count(*) from {0}.offsets"
_WAITING = """
select count(*) from pg_locks where not granted and relation = 'dunning.offsets'::regclass"""


@pytest.fixture
async def apart(postgres_dsn: str) -> AsyncIterator[Databases]:
    found: Databases = {}
    names: tuple[ServiceName, ...] = ("ledger", "dunning")
    for name in names:
        found[name] = await ensure_database(postgres_dsn, f"moment_{name}")
        await execute(found[name], _OFFSETS.format(name))
    yield found
    for name in names:
        await execute(postgres_dsn, f"drop database moment_{name} with (force)")


async def _until_the_moment_waits(dunning: "asyncpg.Connection") -> None:
    while not await dunning.fetchval(_WAITING):
        await asyncio.sleep(0.01)


async def test_who_reads_while_it_is_found_has_read_before_or_after_it(apart: Databases) -> None:
    async with asyncio.timeout(30), connected(apart) as connections:
        dunning = await asyncpg.connect(apart["dunning"])
        transaction = dunning.transaction()
        await transaction.start()
        await dunning.execute(_READ.format("dunning"))
        seen: dict[str, int] = {}

        async def look() -> None:
            async with one_moment(apart, connections):
                for name, connection in connections.items():
                    seen[name] = await connection.fetchval(_COUNT.format(name))

        looking = asyncio.create_task(look())
        await _until_the_moment_waits(dunning)
        late = asyncio.create_task(execute(apart["ledger"], _READ.format("ledger")))
        await asyncio.sleep(0)
        await transaction.commit()
        await asyncio.gather(looking, late)
        await dunning.close()
    assert seen == {"ledger": 0, "dunning": 1}


async def test_a_transaction_without_an_end_is_not_waited_for(apart: Databases) -> None:
    async with connected(apart) as connections:
        dunning = await asyncpg.connect(apart["dunning"])
        async with dunning.transaction():
            await dunning.execute(_READ.format("dunning"))
            with pytest.raises(Transient, match="a transaction of dunning takes too long"):
                async with one_moment(apart, connections):
                    pass
        await dunning.close()
        async with one_moment(apart, connections):
            assert await connections["ledger"].fetchval(_COUNT.format("ledger")) == 0
