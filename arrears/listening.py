"""Reads what the services publish, as any other subscriber would."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from chassis.bus.base import Bus

_RECORDS_MAX = 2_000
_WAIT_SECONDS = 0.5


class Listener:
    """Reads topics from where they stand when it begins to listen."""

    def __init__(self, bus: Bus, topics: Sequence[str]) -> None:
        self._bus = bus
        self._topics = topics
        self._positions: dict[tuple[str, int], int] = {}

    async def begin(self) -> None:
        """What is on the topics already is not for this listener."""
        await self._bus.ensure_topics(self._topics)
        self._positions = await self._bus.end_offsets(self._topics)

    async def from_the_start(self) -> None:
        """Everything that is still on the topics is for this listener."""
        await self._bus.ensure_topics(self._topics)
        self._positions = await self._bus.start_offsets(self._topics)

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the CloudEvents published since the last call, per account in order."""
        ends = await self._bus.end_offsets(self._topics)
        reader = await self._bus.reader(self._positions)
        try:
            while self._behind(ends):
                for record in await reader.fetch(_RECORDS_MAX, _WAIT_SECONDS):
                    self._positions[record.topic, record.partition] = record.offset + 1
                    yield orjson.loads(record.value)
        finally:
            await reader.close()

    def _behind(self, ends: dict[tuple[str, int], int]) -> bool:
        return any(self._positions[place] < end for place, end in ends.items())
