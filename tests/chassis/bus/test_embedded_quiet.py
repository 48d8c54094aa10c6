"""A reader of the embedded bus that is told of what is published asks for nothing else."""

import asyncio
from typing import Any

import asyncpg

from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_reader import EmbeddedReader
from tests.chassis import toy


class Deaf:
    """Says that it is told of everything, and is told of nothing."""

    connected = True

    def register(self, _event: asyncio.Event, _partitions: frozenset[str]) -> None: ...
    def unregister(self, _event: asyncio.Event) -> None: ...


async def test_a_reader_that_is_told_nothing_looks_after_a_while(
    bus: EmbeddedBus, database: str
) -> None:
    await bus.ensure_topics(["billing"])
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        waker: Any = Deaf()
        places = {("billing", lane): 0 for lane in range(2)}
        reader = EmbeddedReader(pool, "bus", waker, places, look_seconds=0.2)
        assert await reader.fetch(10, 0) == []
        await toy.send(bus, "a", toy.payment(1, "a", 5))
        assert await reader.fetch(10, 0) == []  # nobody told it
        async with asyncio.timeout(60):
            while not await reader.fetch(10, 0.05):
                pass
