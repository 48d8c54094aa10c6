import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.bus.base import Bus, Unreadable, next_offset
from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_reader import KafkaReader
from chassis.errors import BrokenInvariant, Misconfigured, Transient
from chassis.servers.kafka import LocalKafka, available
from tests.chassis.bus.forgetting import ForgettingConformance
from tests.chassis.bus.outage import OutageConformance, Server
from tests.chassis.bus.raw_kafka import (
    CODECS,
    NOT_UTF8,
    send_raw,
    with_a_header_that_is_no_text,
)
from tests.chassis.bus.suite import (
    KEY,
    BusConformance,
    OpenBus,
    numbered,
    read,
    read_from_start,
    values,
)
from tests.support.processes import free_ports

pytestmark = pytest.mark.kafka


@pytest.fixture
async def open_bus(kafka_bootstrap: str) -> AsyncIterator[OpenBus]:
    opened: list[KafkaBus] = []

    async def open_one(partitions: int = 4, **settings: Any) -> Bus:
        bus = KafkaBus(kafka_bootstrap, partitions, **settings)
        opened.append(bus)
        await bus.start()
        return bus

    yield open_one
    for bus in opened:
        await bus.stop()


class TestKafkaBus(BusConformance, ForgettingConformance):
    async def drop_below(self, bus: Bus, topic: str, partition: int, before: int) -> None:
        await bus.commit_info("ledger", {(topic, partition): before})
        await bus.forget(topic, partition, KEY, before, ["ledger"])

    async def test_messages_say_when_they_came(self, bus: Bus, topic: str) -> None:
        before = time.time()
        await bus.publish(numbered(topic, 0, [1]))
        (record,) = await read_from_start(bus, topic)
        assert record.timestamp is not None
        assert before - 1 <= record.timestamp / 1000 <= time.time() + 1

    async def test_forgetting_without_knowing_the_readers_is_refused(
        self, bus: Bus, topic: str
    ) -> None:
        with pytest.raises(Misconfigured, match=f"{topic}.*readers"):
            await bus.forget(topic, 0, KEY, 1)

    async def test_a_topic_created_anew_has_another_identity(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        before = await bus.topic_ids([topic])
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        await admin.delete_topics([topic])
        await admin.close()
        while await _exists(bus, topic):
            await asyncio.sleep(0.1)
        await bus.ensure_topics([topic])
        assert await bus.topic_ids([topic]) != before

    async def test_aborted_transactions_are_skipped_and_their_gaps_are_no_loss(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        upstream = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, transactional_id=topic)
        await upstream.start()
        for number, commit in enumerate([True, False, True]):
            await upstream.begin_transaction()
            await upstream.send_and_wait(topic, b"%d" % number, partition=0)
            await (upstream.commit_transaction if commit else upstream.abort_transaction)()
        await upstream.stop()
        reader = await bus.reader({(topic, 0): 0})
        records = await read(reader, 2)
        assert values(records) == [b"0", b"2"]
        assert [record.offset for record in records] == [0, 4]
        await bus.publish(numbered(topic, 0, [3]))
        assert values(await read(reader, 1)) == [b"3"]
        await reader.close()

    async def test_a_foreign_tombstone_reads_as_no_bytes(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        upstream = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
        await upstream.start()
        await upstream.send_and_wait(topic, None, key=KEY, partition=0)
        await upstream.stop()
        (record,) = await read_from_start(bus, topic)
        assert (record.key, record.value) == (KEY, b"")

    async def test_records_of_every_codec_are_read(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        for codec in CODECS:
            kind = None if codec == "none" else codec
            upstream = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, compression_type=kind)
            await upstream.start()
            for number in range(3):
                await upstream.send(topic, f"{codec} {number}".encode() * 50, KEY, partition=0)
            await upstream.stop()
        records = await read_from_start(bus, topic)
        wanted = [f"{codec} {number}".encode() * 50 for codec in CODECS for number in range(3)]
        assert values(records) == wanted

    async def test_what_cannot_be_read_is_one_record_and_the_rest_follows(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        await bus.publish(numbered(topic, 0, range(3)) + numbered(topic, 1, range(20)))
        await send_raw(kafka_bootstrap, topic, 0, with_a_header_that_is_no_text([b"a", b"b"]))
        await bus.publish(numbered(topic, 0, [7, 8]))
        reader = await bus.reader({(topic, 0): 0, (topic, 1): 0})
        records = await read(reader, 26)
        await bus.publish(numbered(topic, 0, [9]))
        records += await read(reader, 1)
        await reader.close()
        here = [record for record in records if record.partition == 0]
        assert [record.offset for record in here] == [0, 1, 2, 3, 5, 6, 7]
        bad = here.pop(3)
        assert isinstance(bad, Unreadable)
        assert (bad.last, bad.key) == (4, None)
        assert "offsets 3 to 4 cannot be read (no codec, UnicodeDecodeError)" in bad.reason
        assert NOT_UTF8 in bad.value
        assert values(here) == [b"0", b"1", b"2", b"7", b"8", b"9"]
        assert len(records) == 7 + 20

    async def test_a_reader_may_start_in_the_middle_of_what_cannot_be_read(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        await send_raw(kafka_bootstrap, topic, 0, with_a_header_that_is_no_text([b"a", b"b"]))
        await bus.publish(numbered(topic, 0, [7]))
        reader = await bus.reader({(topic, 0): 1})
        records = await read(reader, 2)
        await reader.close()
        assert [(record.offset, next_offset(record)) for record in records] == [(1, 2), (2, 3)]

    async def test_a_stuck_consumer_is_replaced_and_goes_on_where_it_was(
        self, bus: Bus, topic: str, kafka_bootstrap: str
    ) -> None:
        def create() -> AIOKafkaConsumer:
            return AIOKafkaConsumer(
                bootstrap_servers=kafka_bootstrap,
                auto_offset_reset="none",
                enable_auto_commit=False,
            )

        reader = KafkaReader(create, bus.end_offsets, {(topic, 0): 0}, stall_seconds=0)
        await bus.publish(numbered(topic, 0, range(2)))
        await reader.open()
        assert values(await read(reader, 2)) == [b"0", b"1"]
        stuck = await reader.open()
        stuck.pause(TopicPartition(topic, 0))
        await bus.publish(numbered(topic, 0, [2]))
        assert await reader.fetch(10, 0.5) == []
        assert values(await read(reader, 1)) == [b"2"]
        assert await reader.open() is not stuck
        await reader.close()

    async def test_a_consumer_without_positions_reads_nothing_rather_than_guess(
        self, bus: Bus, topic: str
    ) -> None:
        assert isinstance(bus, KafkaBus)
        await bus.publish(numbered(topic, 0, range(3)))
        await bus.commit_info("ledger", {(topic, 0): 2})
        reader = await bus.reader({(topic, 0): 0})
        assert isinstance(reader, KafkaReader)
        consumer = await reader.open()
        consumer.assign([TopicPartition(topic, 0)])  # forgets the position, as a rebalance does
        with pytest.raises(BrokenInvariant, match="without a position"):
            await read(reader, 1)
        await reader.close()


async def _exists(bus: Bus, topic: str) -> bool:
    try:
        await bus.topic_ids([topic])
    except Misconfigured:
        return False
    return True


class TestSetUp:
    async def test_no_broker_is_a_passing_fault(self) -> None:
        bus = KafkaBus("127.0.0.1:1")
        with pytest.raises(Transient):
            await bus.start()
        await bus.stop()

    async def test_an_unknown_security_setting_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="sasl_pasword"):
            KafkaBus("127.0.0.1:1", security={"sasl_pasword": "x"})


class _OwnKafka(Server):
    def __init__(self, folder: Path) -> None:
        self._broker = LocalKafka(folder, port=free_ports(1)[0])
        self._bus: KafkaBus | None = None

    async def up(self) -> Bus:
        bootstrap = await self._broker.start()
        if self._bus is None:
            self._bus = KafkaBus(bootstrap, request_seconds=3, publish_seconds=3, stall_seconds=3)
            await self._bus.start()
        return self._bus

    async def down(self) -> None:
        await self._broker.stop()

    async def close(self) -> None:
        if self._bus is not None:
            await self._bus.stop()
        await self.down()


class TestOutage(OutageConformance):
    @pytest.fixture
    async def server(self, tmp_path: Path) -> AsyncIterator[Server]:
        if (reason := available()) is not None:
            pytest.skip(f"no Kafka here: {reason}")
        server = _OwnKafka(tmp_path / "kafka")
        yield server
        await server.close()
