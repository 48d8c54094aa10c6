"""Who takes the database of the embedded bus finds no debtor in it, erased or not: what all
services have read is gone.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from arrears.billing import cloud_event
from arrears.scenario.worlds import open_scenario_world
from arrears.upstream import send
from arrears.world import World
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.forgetting import group_of
from chassis.runtime.trimming import Trimming
from chassis.settings import Settings
from chassis.store.migrate import migrate
from chassis.store.pool import create_pool
from chassis.store.restored import note_backup
from tests.support.dump import dump_over

START = datetime(2026, 4, 1, tzinfo=UTC)
NAME = "Sybil Bystander"
MINUTE = timedelta(minutes=1)
BILLING = ("billing", 0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as opened:
        await opened.begin(START)
        yield opened


async def _told(world: World, number: int) -> None:
    """Upstream tells of a debtor; nobody ever asks for an erasure."""
    debtor = {"name": NAME, "kind": "natural_person"}
    event = cloud_event(
        "account.upserted.v1",
        creditor="lender",
        account="A-1",
        id=f"e-{number}",
        at=world.clock.now(),
        data={"account_id": "A-1", "debtor": debtor},
        source="upstream",
    )
    assert await send(world.apis, [event]) == []


async def _minutes_pass(world: World) -> None:
    """What running services do by themselves every few seconds."""
    for _ in range(2):
        world.clock.set(world.clock.now() + MINUTE)
        for service in world.stack.services.values():
            await service.round.report_positions()
        for service in world.stack.services.values():
            await service.round.forget()


async def _stored(world: World) -> str:
    async with world.stack.services["ledger"].pool.acquire() as connection:
        return await dump_over(connection)


async def test_what_all_have_read_is_gone_and_what_one_has_yet_to_read_stays(world: World) -> None:
    await _told(world, 1)
    assert NAME in await _stored(world)
    await _minutes_pass(world)
    assert NAME in await _stored(world)
    await world.simulation().settle()
    await _minutes_pass(world)
    assert NAME not in await _stored(world)
    assert sum((await world.bus.end_offsets(["billing"])).values()) == 1
    await _told(world, 2)
    await world.simulation().settle()
    for service in world.stack.services.values():
        assert service.round.reading.behind(await service.round.reading.ends()) == 0
    _knows_who_reads_each_topic(world)


def _knows_who_reads_each_topic(world: World) -> None:
    services = [service.blueprint for service in world.stack.services.values()]
    (said,) = [one.read_by for one in services if one.read_by]
    assert {topic: set(all_) for topic, all_ in said.items()} == {
        topic: {one.name for one in services if topic in one.reads}
        for one in services
        for topic in one.reads
    }


async def test_rows_that_are_gone_are_cleaned_up_however_few_and_no_sample_is_kept(
    world: World,
) -> None:
    async with world.stack.services["ledger"].pool.acquire() as connection:
        (found,) = await connection.fetch(
            "select c.reloptions, a.attstattarget from pg_class c join pg_attribute a on "
            "a.attrelid = c.oid where c.relname = 'log' and a.attname = 'value'"
        )
    assert "autovacuum_vacuum_threshold=0" in found["reloptions"]
    assert found["attstattarget"] == 0


class Noting(EmbeddedBus):
    """A bus that all have read up to where the test says, and what it was to let go of."""

    def __init__(self, *read: int) -> None:
        super().__init__("", partitions=1)
        self.read = list(read)
        self.before: list[int] = []

    async def read_by_all(self, readers: object) -> dict[tuple[str, int], int]:
        assert readers == {"billing": [group_of("toy")]}
        return {BILLING: self.read.pop(0)}

    async def trim(self, topic: str, partition: int, before: int) -> None:
        self.before.append(before)


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    await migrate(database, "toy")
    opened = await create_pool(database, "toy")
    yield opened
    await opened.close()


async def _let_go(
    pool: "asyncpg.Pool[asyncpg.Record]", read: Sequence[int], every: timedelta = MINUTE
) -> list[int]:
    bus = Noting(*read)
    trimming = Trimming(pool, bus, {"billing": ["toy"]})
    for number in range(len(read)):
        await trimming.run(START + number * every)
    return bus.before


async def test_what_was_read_a_minute_ago_goes_once_a_minute(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    assert await _let_go(pool, [3, 8, 9]) == [3, 8]
    assert await _let_go(pool, [3, 8, 9], timedelta(seconds=1)) == []
    assert await _let_go(pool, [3, 9_999, 9_999]) == [9_999]


async def test_what_the_newest_backup_needs_of_a_bus_that_outlives_the_stores_stays(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    async with pool.acquire() as connection:
        await note_backup(connection, "toy", {BILLING: 5}, finished=True)
    assert await _let_go(pool, [3, 8, 9]) == [3, 5]
