"""What is left to do, and how long a lane had something to do and did not move.

Read with SQL from each service's own database, and with a Kafka client: nothing of the services
takes part.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.settings import ServiceName
from tests.faults.reading import reading
from tests.faults.watching import LANES, READS, Lag

DRAIN_SECONDS_MAX = 480.0
_PAUSE_SECONDS = 0.15
_LEFT = """
select
  (select count(*) from {s}.events e join {s}.relay r using (lane) where e.position > r.position),
  (select count(*) from {s}.events e join {s}.view_cursors v using (lane)
   where e.position > v.position),
  (select count(*) from {s}.state where wake_at <= $1)"""
_NOTICES = """
select count(*) from notifier.view_notices
where due or state = 'sending' or state = 'waiting' and reason = 'retry' and attempts = 1"""
"""One that is offered again in a minute is to go in this half day: in the next it may be paid."""
_OFFSETS = "select topic, lane, next_offset from {s}.offsets"

Lane = tuple[str, str, int]
"""Service, topic and number."""


@dataclass
class Standings:
    """How long lanes stood still that had something to read."""

    longest: float = 0.0
    where: Lane | None = None
    _since: dict[Lane, tuple[int, float]] = field(default_factory=dict)
    """Where each is that has something to read, and from when on."""

    def note(self, lane: Lane, offset: int, end: int, at: float) -> None:
        if lane in self._since and at - self._since[lane][1] > self.longest:
            self.longest, self.where = at - self._since[lane][1], lane
        if offset >= end:
            self._since.pop(lane, None)
        elif lane not in self._since or self._since[lane][0] != offset:
            self._since[lane] = (offset, at)

    def __str__(self) -> str:
        return f"{self.longest:.1f} s" + (" {}/{}/{}".format(*self.where) if self.where else "")


@dataclass
class Watch:
    """Looks at one run; `records` is how many the topics held at the last look."""

    connections: "Mapping[str, asyncpg.Connection]"
    consumer: AIOKafkaConsumer
    standings: Standings = field(default_factory=Standings)
    slowest_drain: float = 0.0
    records: int = 0

    async def drain(self, now: datetime) -> None:
        """Wait until nothing is left to do, twice in a row; raises TimeoutError."""
        began = time.monotonic()
        quiet = 0
        while quiet < 2:
            left = await self.look(now)
            quiet = 0 if left.total else quiet + 1
            if time.monotonic() - began > DRAIN_SECONDS_MAX:
                raise TimeoutError(f"not done within {DRAIN_SECONDS_MAX:.0f} s: {left}")
        self.slowest_drain = max(self.slowest_drain, time.monotonic() - began)

    async def look(self, now: datetime) -> Lag:
        """What is left a moment later."""
        await asyncio.sleep(_PAUSE_SECONDS)
        topics = sorted({topic for read in READS.values() for topic in read})
        places = [TopicPartition(topic, lane) for topic in topics for lane in range(LANES)]
        ends = await self.consumer.end_offsets(places)
        self.records = sum(ends.values())
        at = time.monotonic()
        left = Lag(notices=await self.connections["notifier"].fetchval(_NOTICES))
        for service, read in READS.items():
            connection = self.connections[service]
            unpublished, unshown, due = await connection.fetchrow(_LEFT.format(s=service), now)
            left.unpublished += unpublished
            left.unshown += unshown
            left.due += due
            rows = await connection.fetch(_OFFSETS.format(s=service))
            offsets = {(row["topic"], row["lane"]): row["next_offset"] for row in rows}
            for place, end in ends.items():
                if place.topic in read:
                    offset = offsets.get((place.topic, place.partition), 0)
                    left.unread += max(0, end - offset)
                    self.standings.note((service, place.topic, place.partition), offset, end, at)
        return left


@contextlib.asynccontextmanager
async def watching(dsns: Mapping[ServiceName, str], bootstrap: str) -> AsyncIterator[Watch]:
    """A watch with a connection to each database; the topics are there already."""
    async with contextlib.AsyncExitStack() as exits:
        connections: dict[str, asyncpg.Connection] = {}
        for name, dsn in dsns.items():
            connections[name] = connection = await asyncpg.connect(dsn)
            exits.push_async_callback(connection.close)
        yield Watch(connections, await exits.enter_async_context(reading(bootstrap)))
