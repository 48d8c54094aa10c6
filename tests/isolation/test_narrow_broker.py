"""A broker that takes smaller messages than the services send stops no lane."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.bus.kafka import KafkaBus
from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_faults import delete_topics
from tests.chassis.toy import PATIENT, parked
from tests.isolation.test_events_set_aside import BAD

_NARROW = {"max.message.bytes": "620"}


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> AsyncIterator[KafkaBus]:
    """A Kafka whose topic `ledger` takes no batch of more than 620 bytes."""
    await delete_topics(kafka_bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("ledger", 2, 1, topic_configs=_NARROW)])
    await admin.close()
    bus = KafkaBus(kafka_bootstrap, 2)
    await bus.start()
    await bus.ensure_topics(["billing", "ledger", "billing.dlq"])
    yield bus
    await bus.stop()
    await delete_topics(kafka_bootstrap)


async def test_a_message_the_broker_refuses_for_its_size_does_not_stop_the_relay(
    open_toy: OpenToy, kafka: KafkaBus
) -> None:
    def publish(stored: Stored) -> list[Outgoing]:
        sent = toy.publish(stored)
        if getattr(stored.event, "amount", 0) == BAD:
            sent = [replace(one, correlation="c" * 256) for one in sent]
        return sent

    blueprint = replace(toy.blueprint(), publish=publish)
    service = await open_toy(settings=PATIENT, blueprint=blueprint, bus=kafka)
    for number, amount in enumerate((1, 2, BAD, 3)):
        await toy.send(kafka, "a", toy.payment(number, "a", amount))
    while await service.step():
        pass
    (letter,) = await parked(service)
    assert (letter["source"], letter["version"]) == ("publication", 3)
    assert "size" in letter["reason"]
    assert sum((await kafka.end_offsets(["ledger"])).values()) >= 3
