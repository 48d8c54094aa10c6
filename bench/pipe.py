"""The bare pipe: what it costs to bring events from Kafka into PostgreSQL exactly once, no more.

Batches of a partition are parsed and written with one COPY, one row per event under a unique
(stream, version), and the partition's offset moves in the same transaction.

Run by `bench.ingest`, once or in several processes that share the partitions:
`python -m bench.pipe BOOTSTRAP TOPIC DSN PARTITION…`.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.meter import Meter, Usage
from bench.sides import Begin, wait_for_the_others

BATCH_RECORDS_MAX = 10_000
FETCH_BYTES_MAX = 4 << 20
_SCHEMA = """
create table events (stream text collate "C" not null, version int not null, body bytea not null);
create unique index on events (stream, version);
create table offsets (topic text, partition int, next bigint not null,
  primary key (topic, partition))"""
_BEGIN = "insert into offsets values ($1, $2, 0)"
_MOVE = "update offsets set next = $3 where topic = $1 and partition = $2"


class Pipe:
    """Rows and their versions; the versions are kept in memory."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._versions: defaultdict[str, int] = defaultdict(int)

    async def write(self, place: TopicPartition, batch: Sequence[Any]) -> None:
        """All of a batch and its offset, or nothing."""
        rows = list(self._rows(batch))
        async with self._connection.transaction():
            await self._connection.copy_records_to_table(
                "events", records=rows, columns=("stream", "version", "body")
            )
            moved = (place.topic, place.partition, batch[-1].offset + 1)
            await self._connection.execute(_MOVE, *moved)

    def _rows(self, batch: Sequence[Any]) -> Iterator[tuple[str, int, bytes]]:
        versions = self._versions
        for record in batch:
            event = orjson.loads(record.value)
            stream = f"account-{event['creditor']}/{event['subject']}"
            versions[stream] += 1
            yield stream, versions[stream], record.value


async def prepare(dsn: str, topic: str, partitions: int) -> None:
    """Create the tables, and the place of each partition."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(_SCHEMA)
    await connection.executemany(_BEGIN, [(topic, each) for each in range(partitions)])
    await connection.close()


async def require_complete(dsn: str, events: int) -> None:
    """A figure counts only when every event is stored."""
    connection = await asyncpg.connect(dsn)
    stored = await connection.fetchval("select count(*) from events")
    await connection.close()
    if stored != events:
        raise RuntimeError(f"{stored} events are stored, not {events}")


async def run(
    bootstrap: str, topic: str, dsn: str, partitions: Sequence[int], begin: Begin
) -> Usage:
    """Bring all events of some partitions over and say what it took, from when it may begin."""
    connection = await asyncpg.connect(dsn)
    pipe = Pipe(connection)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        fetch_max_bytes=FETCH_BYTES_MAX * len(partitions),
    )
    await begin()
    meter = Meter()  # both sides open their reader on the clock
    await consumer.start()
    places = [TopicPartition(topic, each) for each in partitions]
    consumer.assign(places)
    for place in places:
        consumer.seek(place, 0)
    left = events = sum((await consumer.end_offsets(places)).values())
    while left > 0:
        batches = await consumer.getmany(
            timeout_ms=1_000, max_records=BATCH_RECORDS_MAX * len(partitions)
        )
        for place, records in batches.items():
            for first in range(0, len(records), BATCH_RECORDS_MAX):
                await pipe.write(place, records[first : first + BATCH_RECORDS_MAX])
            left -= len(records)
    usage = meter.read(events)
    await consumer.stop()
    await connection.close()
    return usage


if __name__ == "__main__":
    _, bootstrap, topic, dsn, *partitions = sys.argv
    asyncio.run(run(bootstrap, topic, dsn, [*map(int, partitions)], wait_for_the_others)).report()
