"""Every record of the topics, noted down as it comes.

What an erasure concerns is taken off a topic with all that lies before it; who judges the whole
run has to have read it by then.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from tests.faults.reading import reading

_PAUSE_SECONDS = 0.2
_QUIET_SECONDS_MAX = 20.0
"""A client that lost its broker may hear nothing for ever: then another begins where it was."""
_REACHED_SECONDS_MAX = 120.0


class Message(NamedTuple):
    """A record of a topic; `event` is empty where it is no JSON object."""

    topic: str
    lane: int
    offset: int
    value: bytes
    event: dict[str, Any]


class Recording:
    """Reads topics from their start for as long as it runs."""

    def __init__(self, bootstrap: Callable[[], str], topics: tuple[str, ...], lanes: int) -> None:
        self._bootstrap = bootstrap
        self._places = [TopicPartition(topic, lane) for topic in topics for lane in range(lanes)]
        self.topics: dict[str, list[Message]] = {topic: [] for topic in topics}
        self.next: dict[tuple[str, int], int] = {(at.topic, at.partition): 0 for at in self._places}
        self.unseen: set[tuple[str, int, int]] = set()
        """Places of records that were taken off before they could be read."""

    async def run(self) -> None:
        """Read until cancelled, whatever the broker goes through."""
        while True:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await self._read()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def reached(
        self, begins: dict[tuple[str, int], int], ends: dict[tuple[str, int], int]
    ) -> None:
        """Wait until all before these ends was read that is still there; raises TimeoutError."""
        left = {at: end for at, end in ends.items() if begins[at] < end}
        async with asyncio.timeout(_REACHED_SECONDS_MAX):
            while any(self.next[at] < end for at, end in left.items()):
                await asyncio.sleep(0.05)
        for at, begin in begins.items():
            self._skip(*at, begin)

    async def _read(self) -> None:
        async with reading(self._bootstrap()) as consumer:
            consumer.assign(self._places)
            for at in self._places:
                consumer.seek(at, self.next[at.topic, at.partition])
            read_at = time.monotonic()
            while time.monotonic() < read_at + _QUIET_SECONDS_MAX:
                for at, records in (await consumer.getmany(timeout_ms=500)).items():
                    read_at = time.monotonic()
                    for one in records:
                        self._note(at.topic, at.partition, one.offset, one.value or b"")

    def _note(self, topic: str, lane: int, offset: int, value: bytes) -> None:
        if offset < self.next[topic, lane]:
            return
        self._skip(topic, lane, offset)
        self.next[topic, lane] = offset + 1
        self.topics[topic].append(Message(topic, lane, offset, value, event_of(value)))

    def _skip(self, topic: str, lane: int, offset: int) -> None:
        """Go on there, where it is not behind already."""
        expected = self.next[topic, lane]
        self.unseen |= {(topic, lane, one) for one in range(expected, offset)}
        self.next[topic, lane] = max(expected, offset)


def event_of(value: bytes | None) -> dict[str, Any]:
    """The record as a JSON object, empty where it is none."""
    try:
        event = json.loads(value or b"")
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
