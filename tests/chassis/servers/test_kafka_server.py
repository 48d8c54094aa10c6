"""The local broker: real, strict about topics, and its log survives a restart."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from chassis.errors import Misconfigured
from chassis.servers.kafka import LocalKafka


async def create_topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    await admin.close()


async def publish(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def read_one(bootstrap: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="none")
    async with consumer:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        return bytes((await consumer.getone()).value)


async def test_what_was_published_is_there_after_a_restart_on_other_ports(
    tmp_path: Path, kafka_bootstrap: str
) -> None:
    async with LocalKafka(tmp_path) as bootstrap:
        assert bootstrap != kafka_bootstrap
        await create_topic(bootstrap, "billing")
        await publish(bootstrap, "billing", b"an invoice")
    async with LocalKafka(tmp_path) as bootstrap:
        assert await read_one(bootstrap, "billing") == b"an invoice"


async def test_a_mistyped_topic_is_not_created(kafka_bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    (described,) = await admin.describe_topics(["biling"])
    assert described["error_code"] == UnknownTopicOrPartitionError.errno
    assert "biling" not in await admin.list_topics()
    await admin.close()


async def test_a_port_in_use_is_named(tmp_path: Path, kafka_bootstrap: str) -> None:
    taken = int(kafka_bootstrap.rpartition(":")[2])
    with pytest.raises(Misconfigured, match=f"no Kafka on port {taken}: Address already in use"):
        await LocalKafka(tmp_path, port=taken).start()


async def test_a_broker_that_cannot_start_says_why(tmp_path: Path, kafka_bootstrap: str) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").write_text("cluster.id=another\nversion=1\n")
    with pytest.raises(Misconfigured, match=r"did not start.*broker\.log"):
        await LocalKafka(tmp_path).start()
