"""Publishing to Kafka with an idempotent producer that is replaced when it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiokafka import AIOKafkaProducer, errors

from chassis.bus.base import Outgoing

_CLOSE_SECONDS = 5.0

log = structlog.get_logger(__name__)


async def within(seconds: float, closing: Awaitable[object], what: str) -> None:
    """Await the end of a client that may hang in it, and go on without it."""
    task = asyncio.current_task()
    try:
        async with asyncio.timeout(seconds):
            await closing
    except asyncio.CancelledError:
        # A client stopped at once after its start lets the end of its own tasks out.
        if task is None or task.cancelling():
            raise
        log.warning("kafka_close_cut_off", state=what, error="cancelled inside")
    except (TimeoutError, errors.KafkaError, OSError) as error:
        log.warning("kafka_close_cut_off", state=what, error=error)


class Publisher:
    """Sends messages through one producer at a time.

    Idempotence keeps the order of a partition as long as the producer lives: the broker refuses
    what follows a lost batch. A producer that failed is therefore never used again (it may refuse
    everything for ever, aiokafka issue 1017); the next `publish` starts a new one.
    """

    def __init__(self, create: Callable[[], AIOKafkaProducer], publish_seconds: float) -> None:
        self._create = create
        self._publish_seconds = publish_seconds
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> AIOKafkaProducer:
        """Return the running producer, a new one when there is none."""
        async with self._starting:
            if self._producer is None:
                producer = self._create()
                try:
                    async with asyncio.timeout(self._publish_seconds):
                        await producer.start()
                except BaseException:
                    await _abandon(producer)
                    raise
                self._producer = producer
            return self._producer

    async def stop(self) -> None:
        """Send what is queued, or give up after some seconds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await within(_CLOSE_SECONDS, producer.flush(), "producer")
            await _abandon(producer)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when the broker has acknowledged every message; raises the first failure."""
        producer = await self.start()
        sent: list[asyncio.Future[object]] = []
        try:
            async with asyncio.timeout(self._publish_seconds):
                await _send(producer, messages, sent)
        except (errors.KafkaError, TimeoutError, OSError):
            if self._producer is producer:
                self._producer = None
                await _abandon(producer)
            raise
        finally:
            _settle(sent)


async def _send(
    producer: AIOKafkaProducer, messages: Sequence[Outgoing], sent: list[asyncio.Future[object]]
) -> None:
    # The producer reads each (topic, partition) in the order of these calls; each send is awaited
    # in turn, but only until the message is queued.
    sent.extend(
        [
            await producer.send(
                m.topic, m.value, key=m.key, partition=m.partition, headers=list(m.headers)
            )
            for m in messages
        ]
    )
    await asyncio.gather(*sent)


def _settle(sent: Sequence[asyncio.Future[object]]) -> None:
    """Look at every failure, so that none is reported as overlooked."""
    for future in sent:
        if future.done() and not future.cancelled():
            future.exception()
        else:
            future.cancel()


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Close without sending what is queued: the sender of the messages will offer them again.

    Its own `stop()` would flush first, for ever when the broker is away, and what it flushed at
    last would arrive behind the repetition; so the sending task is ended by hand.
    """
    producer._closed = True  # noqa: SLF001 - no public way to close without flushing
    await within(_CLOSE_SECONDS, producer._sender.close(), "producer")  # noqa: SLF001
    await within(_CLOSE_SECONDS, producer.client.close(), "producer's connections")
