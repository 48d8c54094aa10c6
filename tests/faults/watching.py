"""How far the services are, read from their stores and from Kafka, past the proxies."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from aiokafka import TopicPartition

from tests.faults.reading import reading

LANES = 3
_BOUNDS_SECONDS_MAX = 45.0
_QUERY_SECONDS_MAX = 60.0
READS = {
    "ledger": ("billing", "dunning", "legal"),
    "dunning": ("billing", "ledger", "notifier", "legal"),
    "notifier": ("billing", "ledger", "dunning"),
    "legal": ("billing", "ledger", "dunning"),
}
_UNPUBLISHED = """
select count(*) from {s}.events e join {s}.relay r using (lane) where e.position > r.position"""
_NOT_SHOWN = """
select count(*) from {s}.events e join {s}.view_cursors v using (lane)
where e.position > v.position"""
_DUE = "select count(*) from {s}.state where wake_at <= $1"
_NOTICES = "select count(*) from notifier.view_notices where due or state = 'sending'"
_OFFSETS = "select topic, lane, next_offset from {s}.offsets"
_UNFORGOTTEN = "select count(*) from ledger.forget_queue"


@dataclass
class Lag:
    """What is left to do; 0 everywhere when everything was handled."""

    unread: int = 0
    unpublished: int = 0
    unshown: int = 0
    due: int = 0
    notices: int = 0
    unforgotten: int = 0

    @property
    def total(self) -> int:
        return sum(vars(self).values())


@dataclass
class Watch:
    """Measures the lag; offsets must never go back."""

    dsn: Callable[[], str]
    bootstrap: str
    highest: dict[tuple[str, str, int], int] = field(default_factory=dict)
    backwards: list[str] = field(default_factory=list)
    waits_for_erasures: bool = True
    """Until the erased are taken off the topics, which is after the next backup where there was
    one.
    """
    lag_max: int = 0
    drained_max: float = 0.0
    """Records a second."""
    _last: tuple[int, float] = (0, 0.0)

    async def lag(self, now: datetime) -> Lag:
        read = {topic for topics in READS.values() for topic in topics}
        ends = await end_offsets(self.bootstrap, read)
        connection = await asyncpg.connect(
            self.dsn(), timeout=10, command_timeout=_QUERY_SECONDS_MAX
        )
        try:
            found = Lag(notices=await connection.fetchval(_NOTICES))
            if self.waits_for_erasures:
                found.unforgotten = await connection.fetchval(_UNFORGOTTEN)
            for service, topics in READS.items():
                found.unpublished += await connection.fetchval(_UNPUBLISHED.format(s=service))
                found.unshown += await connection.fetchval(_NOT_SHOWN.format(s=service))
                found.due += await connection.fetchval(_DUE.format(s=service), now)
                rows = await connection.fetch(_OFFSETS.format(s=service))
                offsets = {(row["topic"], row["lane"]): row["next_offset"] for row in rows}
                self._compare(service, offsets)
                found.unread += sum(
                    max(0, end - offsets.get(at, 0)) for at, end in ends.items() if at[0] in topics
                )
        finally:
            await connection.close()
        self._measure(found.unread)
        return found

    def _measure(self, unread: int) -> None:
        now = time.monotonic()
        before, at = self._last
        if unread < before:
            self.drained_max = max(self.drained_max, (before - unread) / (now - at))
        self._last = (unread, now)
        self.lag_max = max(self.lag_max, unread)

    def _compare(self, service: str, offsets: dict[tuple[str, int], int]) -> None:
        for (topic, lane), offset in offsets.items():
            place = (service, topic, lane)
            if offset < self.highest.get(place, 0):
                self.backwards.append(f"{place} from {self.highest[place]} to {offset}")
            self.highest[place] = offset


async def end_offsets(bootstrap: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Where each lane of the topics ends; a broker that does not know them all yet is no answer."""
    return (await bounds(bootstrap, topics))[1]


async def bounds(
    bootstrap: str, topics: Iterable[str]
) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Where each lane of the topics begins, and where it ends."""
    places = [TopicPartition(topic, lane) for topic in topics for lane in range(LANES)]
    async with asyncio.timeout(_BOUNDS_SECONDS_MAX), reading(bootstrap) as consumer:
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
    return (
        {(at.topic, at.partition): offset for at, offset in begins.items()},
        {(at.topic, at.partition): offset for at, offset in ends.items()},
    )
