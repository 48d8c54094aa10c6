"""A Kafka client for who judges: it is ended whatever becomes of it, and never waits for ever."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer

_START_SECONDS_MAX = 30.0
_STOP_SECONDS_MAX = 5.0


@contextlib.asynccontextmanager
async def reading(bootstrap: str) -> "AsyncIterator[AIOKafkaConsumer]":
    """A client without a group, from the start of what it is assigned; may raise TimeoutError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", request_timeout_ms=10_000
    )
    try:
        async with asyncio.timeout(_START_SECONDS_MAX):
            await consumer.start()
        yield consumer
    finally:
        # In a task of its own: a client that ends as soon as it began says that we were cancelled.
        ending = asyncio.ensure_future(consumer.stop())
        await asyncio.wait({ending}, timeout=_STOP_SECONDS_MAX)
        if not ending.done():
            ending.cancel()
        elif not ending.cancelled():
            ending.exception()  # looked at; there is nothing to be done about it
