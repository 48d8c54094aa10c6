"""What every bus does; each adapter's test module inherits it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

import pytest

from chassis.bus.base import MESSAGE_BYTES_MAX, Bus, OffsetLost, Outgoing, Reader, Record, lane_of
from chassis.errors import Malformed, Misconfigured

OpenBus = Callable[..., Awaitable[Bus]]
KEY = b"acme/1001"
PLANTED = b"Zhang Weiming"


async def read(reader: Reader, count: int) -> list[Record]:
    """Read until there are `count` records; give up when nothing comes any more."""
    records: list[Record] = []
    while len(records) < count:
        batch = await reader.fetch(1000, 20)
        assert batch, f"only {len(records)} of {count} records came"
        records += batch
    return records


async def read_from_start(bus: Bus, topic: str) -> list[Record]:
    starts, ends = await bus.start_offsets([topic]), await bus.end_offsets([topic])
    reader = await bus.reader(starts)
    try:
        return await read(reader, sum(ends[at] - starts[at] for at in starts))
    finally:
        await reader.close()


def numbered(topic: str, partition: int, numbers: Sequence[int]) -> list[Outgoing]:
    return [Outgoing(topic, partition, KEY, b"%d" % n) for n in numbers]


def values(records: Sequence[Record]) -> list[bytes]:
    return [record.value for record in records]


class BusConformance(ABC):
    """Subclasses give a fixture `open_bus`: it opens one more client of one and the same bus."""

    @abstractmethod
    async def drop_below(self, bus: Bus, topic: str, partition: int, before: int) -> None:
        """Make the server drop the records below an offset."""

    @pytest.fixture
    async def bus(self, open_bus: OpenBus) -> Bus:
        return await open_bus()

    @pytest.fixture
    async def topic(self, bus: Bus) -> str:
        name = f"t{uuid4().hex}"
        await bus.ensure_topics([name])
        return name

    async def test_messages_of_a_partition_are_read_in_the_order_published(
        self, bus: Bus, topic: str
    ) -> None:
        for start in (0, 10, 20):
            await bus.publish(numbered(topic, 2, range(start, start + 10)))
        records = await read_from_start(bus, topic)
        assert values(records) == [b"%d" % n for n in range(30)]
        assert [r.offset for r in records] == list(range(30))
        assert {(r.topic, r.partition, r.key) for r in records} == {(topic, 2, KEY)}

    async def test_nothing_is_missed_or_turned_round_under_concurrent_publishers(
        self, bus: Bus, topic: str, open_bus: OpenBus
    ) -> None:
        async def publish(name: int, to: Bus) -> None:
            for n in range(20):
                both = [Outgoing(topic, p, b"%d" % name, b"%d" % n) for p in (3, 1, 3)]
                await to.publish(both)

        other = await open_bus()
        reader = await bus.reader({(topic, 1): 0, (topic, 3): 0})
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read(reader, 6 * 20 * 3))
            for name in range(6):
                group.create_task(publish(name, (bus, other)[name % 2]))
        await reader.close()
        records = reading.result()
        for partition, copies in ((1, 1), (3, 2)):
            here = [r for r in records if r.partition == partition]
            assert [r.offset for r in here] == list(range(6 * 20 * copies))
            for name in range(6):
                own = [int(r.value) for r in here if r.key == b"%d" % name]
                assert own == [n for n in range(20) for _ in range(copies)]

    async def test_a_waiting_reader_wakes_when_another_client_publishes(
        self, bus: Bus, topic: str, open_bus: OpenBus
    ) -> None:
        other = await open_bus()
        reader = await bus.reader({(topic, 0): 0})
        waiting = asyncio.create_task(reader.fetch(10, 3600))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await other.publish(numbered(topic, 0, [7]))
        async with asyncio.timeout(30):  # far below the reader's patience
            assert values(await waiting) == [b"7"]
        await reader.close()

    async def test_a_reader_with_nothing_to_read_returns_nothing(
        self, bus: Bus, topic: str
    ) -> None:
        reader = await bus.reader({(topic, 0): 0})
        assert await reader.fetch(10, 0.1) == []
        await reader.close()

    async def test_the_rest_of_a_large_backlog_and_what_was_left_out_follow_without_gap(
        self, bus: Bus, topic: str
    ) -> None:
        await bus.publish(numbered(topic, 0, range(25)))
        await bus.publish(numbered(topic, 1, range(25)))
        reader = await bus.reader({(topic, 0): 0, (topic, 1): 0})
        records: list[Record] = []
        while len(records) < 50:
            batch = await reader.fetch(7, 20, without=[1] if len(records) < 20 else [])
            assert 1 <= len(batch) <= 7
            records += batch
        assert {record.partition for record in records[:20]} == {0}
        assert await reader.fetch(7, 0.1, without=[0, 1]) == []
        for partition in (0, 1):
            assert [r.offset for r in records if r.partition == partition] == list(range(25))
        await reader.close()

    async def test_seeking_back_reads_again(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, range(10)))
        reader = await bus.reader({(topic, 0): 0})
        assert len(await read(reader, 10)) == 10
        reader.take({(topic, 0): 4})
        assert values(await read(reader, 6)) == [b"%d" % n for n in range(4, 10)]
        await reader.close()

    async def test_partitions_come_and_go_beside_others(self, bus: Bus, topic: str) -> None:
        await bus.publish([one for n in (0, 1, 2) for one in numbered(topic, n, range(4))])
        reader = await bus.reader({(topic, 0): 0, (topic, 1): 3})
        assert len(await read(reader, 5)) == 5
        reader.take({(topic, 2): 3})
        reader.drop([1])
        await bus.publish([one for n in (0, 1, 2) for one in numbered(topic, n, [4])])
        found = {(one.partition, one.offset) for one in await read(reader, 3)}
        assert found == {(0, 4), (2, 3), (2, 4)}
        await reader.close()

    async def test_one_reader_reads_several_topics(self, bus: Bus, topic: str) -> None:
        second = f"{topic}-b"
        await bus.ensure_topics([second])
        await bus.publish(numbered(topic, 1, range(5)) + numbered(second, 1, range(5, 10)))
        reader = await bus.reader({(topic, 1): 2, (second, 1): 0})
        records = await read(reader, 8)
        await reader.close()
        assert values([r for r in records if r.topic == topic]) == [b"2", b"3", b"4"]
        assert [r.offset for r in records if r.topic == second] == [0, 1, 2, 3, 4]

    async def test_partitions_not_asked_for_are_not_read(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, [1]) + numbered(topic, 1, [2]))
        reader = await bus.reader({(topic, 1): 0})
        assert values(await read(reader, 1)) == [b"2"]
        await bus.publish(numbered(topic, 0, [3]) + numbered(topic, 1, [4]))
        assert values(await read(reader, 1)) == [b"4"]
        await reader.close()

    async def test_two_readers_do_not_disturb_each_other(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, range(6)))
        first, second = await bus.reader({(topic, 0): 0}), await bus.reader({(topic, 0): 3})
        assert len(await read(first, 6)) == 6
        assert values(await read(second, 3)) == [b"3", b"4", b"5"]
        await first.close()
        await bus.publish(numbered(topic, 0, [6]))
        assert values(await read(second, 1)) == [b"6"]
        await second.close()

    async def test_another_client_finds_what_the_first_published_and_where_it_ends(
        self, bus: Bus, topic: str, open_bus: OpenBus
    ) -> None:
        await bus.publish(numbered(topic, 0, range(3)) + numbered(topic, 3, [9]))
        await bus.stop()
        other = await open_bus()
        assert await other.start_offsets([topic]) == {(topic, p): 0 for p in range(4)}
        ends = await other.end_offsets([topic])
        assert ends == {(topic, 0): 3, (topic, 1): 0, (topic, 2): 0, (topic, 3): 1}
        assert sorted(values(await read_from_start(other, topic))) == [b"0", b"1", b"2", b"9"]

    @pytest.mark.parametrize("size", [0, 1, 256 * 1024])
    async def test_bytes_and_headers_come_back_as_they_were(
        self, bus: Bus, topic: str, size: int
    ) -> None:
        value = (bytes(range(256)) * 1024)[:size]
        headers = (("content-type", b"application/json"), ("b", b"\x00\xff"), ("b", b""))
        await bus.publish([Outgoing(topic, 0, b"k\x00\xff", value, headers)])
        await bus.publish([Outgoing(topic, 0, KEY, value)])
        first, second = await read_from_start(bus, topic)
        assert (first.key, first.value, tuple(first.headers)) == (b"k\x00\xff", value, headers)
        assert (second.value, tuple(second.headers)) == (value, ())

    async def test_an_oversize_message_is_refused_with_all_published_beside_it(
        self, bus: Bus, topic: str
    ) -> None:
        large = Outgoing(topic, 0, KEY, b"x" * MESSAGE_BYTES_MAX)
        with pytest.raises(Malformed, match=f"{topic}/0.*acme/1001.*limit is {MESSAGE_BYTES_MAX}"):
            await bus.publish([*numbered(topic, 0, [1]), large])
        assert (await bus.end_offsets([topic]))[topic, 0] == 0
        fitting = Outgoing(topic, 0, KEY, b"x" * (MESSAGE_BYTES_MAX - len(KEY)))
        await bus.publish([fitting])
        assert len((await read_from_start(bus, topic))[0].value) == len(fitting.value)

    async def test_publishing_nothing_is_no_fault(self, bus: Bus, topic: str) -> None:
        await bus.publish([])
        assert set((await bus.end_offsets([topic])).values()) == {0}

    async def test_a_topic_with_another_partition_count_is_refused(
        self, bus: Bus, topic: str, open_bus: OpenBus
    ) -> None:
        other = await open_bus(partitions=5)
        with pytest.raises(Misconfigured, match=f"{topic} has 4 partitions.*5"):
            await other.ensure_topics([topic])

    async def test_several_clients_may_create_the_same_topics_at_once(
        self, bus: Bus, open_bus: OpenBus
    ) -> None:
        topics = [f"t{uuid4().hex}" for _ in range(3)]
        clients = [bus, await open_bus(), await open_bus()]
        await asyncio.gather(*(client.ensure_topics(topics) for client in clients))
        ids = [await client.topic_ids(topics) for client in clients]
        assert ids[0] == ids[1] == ids[2]
        assert len(set(ids[0].values())) == len(topics)

    async def test_what_does_not_exist_is_refused_and_not_created(
        self, bus: Bus, topic: str
    ) -> None:
        missing = f"t{uuid4().hex}"
        with pytest.raises(Misconfigured, match=missing):
            await bus.publish(numbered(missing, 0, [1]))
        with pytest.raises(Misconfigured, match=f"{topic}"):
            await bus.publish(numbered(topic, 4, [1]))
        with pytest.raises(Misconfigured, match=missing):
            await bus.reader({(missing, 0): 0})
        with pytest.raises(Misconfigured, match="4"):
            await bus.reader({(topic, 4): 0})
        for ask in (bus.topic_ids, bus.end_offsets, bus.start_offsets):
            with pytest.raises(Misconfigured, match=missing):
                await ask([topic, missing])

    async def test_an_offset_beyond_the_end_is_refused(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 1, range(3)))
        with pytest.raises(OffsetLost) as lost:
            await bus.reader({(topic, 0): 0, (topic, 1): 4})
        assert (lost.value.topic, lost.value.partition, lost.value.offset) == (topic, 1, 4)

    async def test_a_lost_offset_is_reported_again_and_again_and_nothing_is_guessed(
        self, bus: Bus, topic: str
    ) -> None:
        await bus.publish(numbered(topic, 0, range(10)))
        reader = await bus.reader({(topic, 0): 10})
        await bus.publish(numbered(topic, 0, [10]))
        assert values(await read(reader, 1)) == [b"10"]
        await self.drop_below(bus, topic, 0, 6)
        reader.take({(topic, 0): 2})
        for _ in range(3):
            with pytest.raises(OffsetLost) as lost:
                await _fetch_something(reader)
            assert (lost.value.partition, lost.value.offset) == (0, 2)
        with pytest.raises(OffsetLost):
            await bus.reader({(topic, 0): 5})
        assert (await bus.start_offsets([topic]))[topic, 0] == 6
        reader.take({(topic, 0): 6})
        assert values(await read(reader, 5)) == [b"6", b"7", b"8", b"9", b"10"]
        await reader.close()

    async def test_reported_positions_move_no_reader(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, range(3)))
        await bus.commit_info("ledger", {(topic, 0): 2})
        reader = await bus.reader({(topic, 0): 0})
        assert values(await read(reader, 3)) == [b"0", b"1", b"2"]
        await reader.close()

    async def test_one_key_goes_to_one_partition_in_order(self, bus: Bus, topic: str) -> None:
        keys = [b"acme/%d" % n for n in range(12)]
        lanes = {key: lane_of(key, bus.partitions) for key in keys}
        for n in range(3):
            await bus.publish([Outgoing(topic, lanes[key], key, b"%d" % n) for key in keys])
        records = await read_from_start(bus, topic)
        for key in keys:
            own = [r for r in records if r.key == key]
            assert values(own) == [b"0", b"1", b"2"]
            assert {r.partition for r in own} == {lanes[key]}


async def _fetch_something(reader: Reader) -> list[Record]:
    """Fetch until something comes or is wrong; a client may need a moment to ask its server."""
    for _ in range(50):
        if records := await reader.fetch(10, 1):
            return records
    return []
