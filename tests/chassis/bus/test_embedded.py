import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import orjson
import pytest

from chassis.bus.base import Bus, Outgoing
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.errors import BrokenInvariant, Misconfigured
from chassis.servers.postgres import EmbeddedPostgres
from tests.chassis.bus.forgetting import ForgettingConformance
from tests.chassis.bus.outage import OutageConformance, Server
from tests.chassis.bus.suite import (
    KEY,
    BusConformance,
    OpenBus,
    numbered,
    read,
    read_from_start,
    values,
)


@pytest.fixture
async def open_bus(database: str) -> AsyncIterator[OpenBus]:
    await lay_out(database)
    opened: list[EmbeddedBus] = []

    async def open_one(partitions: int = 4) -> Bus:
        bus = EmbeddedBus(database, partitions=partitions)
        opened.append(bus)
        await bus.start()
        return bus

    yield open_one
    for bus in opened:
        await bus.stop()


class TestEmbeddedBus(BusConformance, ForgettingConformance):
    async def drop_below(self, bus: Bus, topic: str, partition: int, before: int) -> None:
        assert isinstance(bus, EmbeddedBus)
        await bus.trim(topic, partition, before)

    async def test_an_erased_message_is_a_cloudevent_at_its_old_offset(
        self, bus: Bus, topic: str
    ) -> None:
        await bus.publish([Outgoing(topic, 0, KEY, b"a name", (("ce_type", b"x"),))])
        await bus.forget(topic, 0, KEY, 1)
        (record,) = await read_from_start(bus, topic)
        event = orjson.loads(record.value)
        assert (record.offset, record.key) == (0, KEY)
        assert tuple(record.headers) == (("content-type", b"application/cloudevents+json"),)
        assert (event["type"], event["creditor"], event["subject"]) == (
            "arrears.erased",
            "acme",
            "1001",
        )
        assert event["specversion"] == "1.0"
        assert event["data"] == {}

    async def test_a_topic_created_anew_has_another_identity(
        self, bus: Bus, topic: str, database: str
    ) -> None:
        before = await bus.topic_ids([topic])
        connection = await asyncpg.connect(database)
        await connection.execute("delete from bus.topics where topic = $1", topic)
        await connection.close()
        await bus.ensure_topics([topic])
        assert await bus.topic_ids([topic]) != before

    async def test_a_failed_publish_leaves_nothing(self, bus: Bus, topic: str) -> None:
        with pytest.raises(Misconfigured):
            await bus.publish(numbered(topic, 0, [1]) + numbered(topic, 9, [2]))
        assert (await bus.end_offsets([topic]))[topic, 0] == 0

    async def test_a_busy_partition_does_not_starve_the_others(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, range(100)) + numbered(topic, 1, range(100)))
        reader = await bus.reader({(topic, 0): 0, (topic, 1): 0})
        seen = {record.partition for _ in range(2) for record in await reader.fetch(10, 5)}
        assert seen == {0, 1}
        await reader.close()

    async def test_a_reader_is_woken_after_its_listening_connection_was_cut(
        self, bus: Bus, topic: str, open_bus: OpenBus, database: str
    ) -> None:
        other = await open_bus()
        reader = await bus.reader({(topic, 0): 0})
        waiting = asyncio.create_task(reader.fetch(10, 3600))
        await asyncio.sleep(0.2)
        connection = await asyncpg.connect(database)
        cut = await connection.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'"
        )
        await connection.close()
        assert len(cut) == 2
        await other.publish(numbered(topic, 0, [1]))
        async with asyncio.timeout(30):  # far below the reader's patience
            assert values(await waiting) == [b"1"]
        await reader.close()

    async def test_the_bytes_of_one_fetch_are_bounded(self, bus: Bus, topic: str) -> None:
        large = [Outgoing(topic, 0, KEY, b"x" * 900_000) for _ in range(12)]
        await bus.publish(large)
        reader = await bus.reader({(topic, 0): 0})
        assert len(await reader.fetch(100, 5)) < len(large)
        assert [r.offset for r in await read(reader, 1)][-1] <= 11
        await reader.close()


class TestSetUp:
    async def test_a_pool_of_others_is_left_open(self, database: str) -> None:
        await lay_out(database)
        async with asyncpg.create_pool(database, min_size=1, max_size=3) as pool:
            bus = EmbeddedBus(pool)
            await bus.start()
            await bus.ensure_topics(["a"])
            await bus.publish(numbered("a", 0, [1]))
            assert values(await read_from_start(bus, "a")) == [b"1"]
            await bus.stop()
            assert await pool.fetchval("select count(*) from bus.log") == 1

    async def test_many_processes_may_set_up_the_schema_at_once(self, database: str) -> None:
        await asyncio.gather(*(lay_out(database, "log_of_all") for _ in range(5)))
        buses = [EmbeddedBus(database, schema="log_of_all") for _ in range(5)]
        await asyncio.gather(*(bus.start() for bus in buses))
        await buses[0].ensure_topics(["a"])
        assert await buses[1].end_offsets(["a"]) == {("a", p): 0 for p in range(4)}
        for bus in buses:
            await bus.stop()

    async def test_a_schema_name_that_is_no_identifier_is_refused(self, database: str) -> None:
        bus = EmbeddedBus(database, schema='bus"; drop schema public')
        with pytest.raises(Misconfigured, match="lower-case"):
            await bus.start()
        await bus.stop()

    async def test_use_before_start_is_a_fault_of_ours(self, database: str) -> None:
        with pytest.raises(BrokenInvariant):
            await EmbeddedBus(database).end_offsets(["a"])


class _OwnPostgres(Server):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: EmbeddedPostgres | None = None
        self._bus: EmbeddedBus | None = None

    async def up(self) -> Bus:
        self._running = EmbeddedPostgres(self._folder)
        dsn = await self._running.start()
        if self._bus is None:
            await lay_out(dsn)
            self._bus = EmbeddedBus(dsn)
            await self._bus.start()
        return self._bus

    async def down(self) -> None:
        if self._running is not None:
            await self._running.stop()
            self._running = None

    async def close(self) -> None:
        if self._bus is not None:
            await self._bus.stop()
        await self.down()


class TestOutage(OutageConformance):
    @pytest.fixture
    async def server(self, tmp_path: Path) -> AsyncIterator[Server]:
        server = _OwnPostgres(tmp_path / "pg")
        yield server
        await server.close()
