"""Reading Kafka from positions that somebody else keeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition, errors

from chassis.bus.base import OffsetLost, Record, next_offset
from chassis.bus.kafka_faults import kafka_faults
from chassis.bus.kafka_producer import within
from chassis.bus.kafka_salvage import NOT_READABLE, fetch_chunk, read_chunk
from chassis.errors import BrokenInvariant, Misconfigured, Transient

_CLOSE_SECONDS = 5.0
_STALL_SECONDS = 30.0
_SALVAGE_BYTES = 4 << 20

log = structlog.get_logger(__name__)

Positions = Mapping[tuple[str, int], int]


class KafkaReader:
    """A `Reader` on a consumer with assigned partitions, no group, and no offset of its own.

    The consumer may get stuck behind a restarted broker (aiokafka issues 703, 1154): when nothing
    came for a while although there is something, it is replaced by a new one at the same positions.
    """

    def __init__(
        self,
        create: Callable[[], AIOKafkaConsumer],
        ends: Callable[[Sequence[str]], Awaitable[dict[tuple[str, int], int]]],
        positions: Positions,
        *,
        stall_seconds: float = _STALL_SECONDS,
    ) -> None:
        self._create = create
        self._ends = ends
        self._positions = {TopicPartition(*at): offset for at, offset in positions.items()}
        self._stall_seconds = stall_seconds
        self._consumer: AIOKafkaConsumer | None = None
        self._progress_at = time.monotonic()

    async def open(self) -> AIOKafkaConsumer:
        """Start a consumer at the positions, unless one runs."""
        if self._consumer is None:
            consumer = self._create()
            try:
                await consumer.start()
                await asyncio.sleep(0)  # its tasks must have begun, or stop() fails on them
            except BaseException:
                await within(_CLOSE_SECONDS, consumer.stop(), "consumer")
                raise
            self._consumer = consumer
            self._assign(consumer)
            self._progress_at = time.monotonic()
        return self._consumer

    async def fetch(
        self, max_records: int, wait_seconds: float, without: Collection[int] = ()
    ) -> list[Record]:
        """See `Reader.fetch`; the records are aiokafka's own.

        With `wait_seconds` 0 it returns what was fetched ahead, which may be nothing.
        """
        with kafka_faults():
            consumer = await self.open()
            wanted = [at for at in self._positions if at.partition not in without]
            if not wanted:  # to the client, none means all
                await asyncio.sleep(wait_seconds)
                return []
            batches = await self._next(consumer, wanted, max_records, wait_seconds)
            if not batches:
                await self._watch(consumer, wanted)
                return []
        self._progress_at = time.monotonic()
        return self._advance(batches)

    def take(self, positions: Positions) -> None:
        """See `Reader.take`."""
        moved = {TopicPartition(*at): offset for at, offset in positions.items()}
        is_had = moved.keys() <= self._positions.keys()
        self._positions.update(moved)
        if self._consumer is None:
            return
        if not is_had:
            self._assign(self._consumer)
            return
        for at, offset in moved.items():
            self._consumer.seek(at, offset)

    def drop(self, partitions: Collection[int]) -> None:
        """See `Reader.drop`."""
        left = {at: n for at, n in self._positions.items() if at.partition not in partitions}
        if left == self._positions:
            return
        self._positions = left
        if self._consumer is not None:
            self._assign(self._consumer)

    async def close(self) -> None:
        """See `Reader.close`."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await within(_CLOSE_SECONDS, consumer.stop(), "consumer")

    async def _next(
        self,
        consumer: AIOKafkaConsumer,
        wanted: Sequence[TopicPartition],
        max_records: int,
        wait_seconds: float,
    ) -> dict[TopicPartition, list[Any]]:
        try:
            batches: dict[TopicPartition, list[Any]] = await consumer.getmany(
                *wanted, timeout_ms=int(wait_seconds * 1000), max_records=max_records
            )
        except errors.OffsetOutOfRangeError as error:
            self._seek_all(consumer)
            self._raise_lost(error.args[0])
            return {}
        except errors.NoOffsetForPartitionError as error:
            raise BrokenInvariant(f"a partition is read without a position: {error}") from error
        except errors.RecordTooLargeError as error:
            self._seek_all(consumer)
            raise Misconfigured(
                f"the fetch size is below the size of a message: {error}"
            ) from error
        except Exception as error:
            # Records of other partitions may have been taken from the buffer and lost on the way.
            self._seek_all(consumer)
            if isinstance(error, errors.KafkaError) and not isinstance(error, NOT_READABLE):
                raise
            # decompressing and parsing raise whatever they like
            return await self._around(consumer, wanted, max_records, error)
        return batches

    async def _around(
        self,
        consumer: AIOKafkaConsumer,
        wanted: Sequence[TopicPartition],
        max_records: int,
        why: Exception,
    ) -> dict[TopicPartition, list[Any]]:
        """What comes next, read by hand, with the place that cannot be read as one record."""
        found: dict[TopicPartition, list[Any]] = {}
        fair_share = max(1, max_records // len(wanted))
        for at in wanted:
            offset = self._positions[at]
            client = consumer._client  # noqa: SLF001 - the consumer has no door to a raw request
            chunk = await fetch_chunk(client, at, offset, _SALVAGE_BYTES)
            records = read_chunk(chunk, min(fair_share, max_records))
            max_records -= len(records)
            if records:
                found[at] = records
            if not max_records:
                break
        if not found:
            raise Transient(f"what Kafka sent cannot be read: {type(why).__name__}") from why
        for at, records in found.items():
            consumer.seek(at, next_offset(records[-1]))
        return found

    def _raise_lost(self, where: Mapping[TopicPartition, int]) -> None:
        for at, offset in where.items():
            if self._positions.get(at) == offset:  # else an answer from before a seek
                raise OffsetLost(at.topic, at.partition, offset)

    def _advance(self, batches: Mapping[TopicPartition, list[Any]]) -> list[Record]:
        records: list[Any] = []
        for at, batch in batches.items():
            if batch[0].offset < self._positions[at]:
                raise BrokenInvariant(f"{at} returned {batch[0].offset} again")
            self._positions[at] = next_offset(batch[-1])
            records.extend(batch)
        for record in records:
            if record.value is None:  # a foreign tombstone; handlers are promised bytes
                record.value = b""
        return records

    def _assign(self, consumer: AIOKafkaConsumer) -> None:
        """Read what there are positions for; what was fetched ahead is fetched again."""
        consumer.assign(list(self._positions))
        # No await between assign and seek: the consumer never looks for an offset itself.
        self._seek_all(consumer)

    def _seek_all(self, consumer: AIOKafkaConsumer) -> None:
        for at, offset in self._positions.items():
            consumer.seek(at, offset)

    async def _watch(self, consumer: AIOKafkaConsumer, wanted: Sequence[TopicPartition]) -> None:
        if time.monotonic() - self._progress_at < self._stall_seconds:
            return
        self._progress_at = time.monotonic()
        ends = await self._ends(sorted({at.topic for at in wanted}))
        for at in wanted:
            async with asyncio.timeout(_CLOSE_SECONDS):
                position = await consumer.position(at)
            if position < ends[at.topic, at.partition]:
                log.warning("kafka_reader_stuck", topic=at.topic, partition=at.partition)
                await self.close()
                return
