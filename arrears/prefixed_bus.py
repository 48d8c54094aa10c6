"""Topics under names of their own: a simulation on a shared broker touches nobody else's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chassis.bus.base import Bus, Outgoing, PlainRecord, Reader, Record

Places = dict[tuple[str, int], int]


class PrefixedBus:
    """A bus whose topics carry a prefix on the broker and none towards the services."""

    def __init__(self, bus: Bus, prefix: str) -> None:
        self._bus = bus
        self.prefix = prefix

    @property
    def partitions(self) -> int:
        return self._bus.partitions

    async def start(self) -> None:
        await self._bus.start()

    async def stop(self) -> None:
        await self._bus.stop()

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        await self._bus.ensure_topics(self._out(topics))

    async def grow_topics(self, topics: Sequence[str]) -> None:
        await self._bus.grow_topics(self._out(topics))

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        await self._bus.publish([replace(m, topic=self.prefix + m.topic) for m in messages])

    async def reader(self, positions: Mapping[tuple[str, int], int]) -> Reader:
        outside = {(self.prefix + topic, n): at for (topic, n), at in positions.items()}
        return _PrefixedReader(await self._bus.reader(outside), self.prefix)

    async def start_offsets(self, topics: Sequence[str]) -> Places:
        return self._in(await self._bus.start_offsets(self._out(topics)))

    async def end_offsets(self, topics: Sequence[str]) -> Places:
        return self._in(await self._bus.end_offsets(self._out(topics)))

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        found = await self._bus.topic_ids(self._out(topics))
        return {topic.removeprefix(self.prefix): identity for topic, identity in found.items()}

    async def commit_info(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        outside = {(self.prefix + topic, n): at for (topic, n), at in positions.items()}
        await self._bus.commit_info(self.prefix + group, outside)

    async def forget(
        self, topic: str, partition: int, key: bytes, before: int, readers: Sequence[str] = ()
    ) -> None:
        outside = [self.prefix + reader for reader in readers]
        await self._bus.forget(self.prefix + topic, partition, key, before, outside)

    async def read_by_all(self, readers: Mapping[str, Sequence[str]]) -> Places:
        outside = {
            self.prefix + topic: [self.prefix + reader for reader in all_]
            for topic, all_ in readers.items()
        }
        return self._in(await self._bus.read_by_all(outside))

    async def trim(self, topic: str, partition: int, before: int) -> None:
        await self._bus.trim(self.prefix + topic, partition, before)

    def _out(self, topics: Sequence[str]) -> list[str]:
        return [self.prefix + topic for topic in topics]

    def _in(self, places: Mapping[tuple[str, int], int]) -> Places:
        return {(topic.removeprefix(self.prefix), n): at for (topic, n), at in places.items()}


class _PrefixedReader:
    def __init__(self, reader: Reader, prefix: str) -> None:
        self._reader = reader
        self._prefix = prefix

    async def fetch(
        self, max_records: int, wait_seconds: float, without: Collection[int] = ()
    ) -> list[Record]:
        records = await self._reader.fetch(max_records, wait_seconds, without)
        return [self._plain(record) for record in records]

    def take(self, positions: Mapping[tuple[str, int], int]) -> None:
        self._reader.take({(self._prefix + topic, n): at for (topic, n), at in positions.items()})

    def drop(self, partitions: Collection[int]) -> None:
        self._reader.drop(partitions)

    async def close(self) -> None:
        await self._reader.close()

    def _plain(self, record: Record) -> Record:
        topic = record.topic.removeprefix(self._prefix)
        return PlainRecord(
            topic,
            record.partition,
            record.offset,
            record.key,
            record.value,
            tuple(record.headers),
        )
