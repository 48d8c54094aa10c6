"""A whole service on Kafka goes on behind what cannot be read."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from chassis.bus.base import lane_of
from chassis.bus.kafka import KafkaBus
from chassis.store import dead_letters
from tests.chassis import toy
from tests.chassis.bus.raw_kafka import CODECS, send_raw, with_a_header_that_is_no_text
from tests.chassis.conftest import OpenToy
from tests.chassis.test_faults import delete_topics

LANE = lane_of(b"acme/a", 2)


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> AsyncIterator[KafkaBus]:
    await delete_topics(kafka_bootstrap)
    bus = KafkaBus(kafka_bootstrap, 2)
    await bus.start()
    await bus.ensure_topics(["billing", "ledger", "billing.dlq"])
    yield bus
    await bus.stop()


async def test_payments_in_every_codec_arrive_and_what_cannot_be_read_is_a_dead_letter(
    open_toy: OpenToy, kafka: KafkaBus, kafka_bootstrap: str
) -> None:
    for number, codec in enumerate(CODECS):
        kind = None if codec == "none" else codec
        upstream = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, compression_type=kind)
        await upstream.start()
        await upstream.send("billing", toy.payment(number, "a", 100), b"acme/a", LANE)
        await upstream.stop()
        broken = with_a_header_that_is_no_text([toy.payment(100 + number, "a", 9)])
        await send_raw(kafka_bootstrap, "billing", LANE, broken)
    service = await open_toy(bus=kafka)
    while await service.step():
        pass
    assert (await service.read("account-acme/a"))[0].amount == 500
    async with service.pool.acquire() as connection:
        letters = await dead_letters.listing(connection)
    assert [(one["lane"], one["source_offset"]) for one in letters] == [
        (LANE, 2 * number + 1) for number in range(5)
    ]
    assert "offset 1 cannot be read" in letters[0]["reason"]
    assert sum((await kafka.end_offsets(["billing.dlq"])).values()) == 5
