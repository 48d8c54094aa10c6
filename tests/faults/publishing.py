"""The billing system's own connection to Kafka, past the proxies."""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

TOPIC = "billing"
_AGAIN_SECONDS = 1.0
_SEND_SECONDS = 30.0


class Upstream:
    """Publishes until the broker has taken it, more than once where it is in doubt."""

    def __init__(self, bootstrap: Callable[[], str]) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, records: Sequence[tuple[bytes, bytes]]) -> None:
        while not await self._published(records):
            await self.close()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _published(self, records: Sequence[tuple[bytes, bytes]]) -> bool:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                producer = await self._running()
                await asyncio.gather(*[await _sent(producer, *one) for one in records])
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    async def _running(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap(), acks="all", enable_idempotence=True
            )
            try:
                await producer.start()
            except BaseException:
                await _end(producer)
                raise
            self._producer = producer
        return self._producer

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer)


async def _sent(producer: AIOKafkaProducer, key: bytes, value: bytes) -> "asyncio.Future[object]":
    sent: asyncio.Future[object] = await producer.send(TOPIC, value, key=key)
    return sent


async def _end(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(5):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError):
        return
