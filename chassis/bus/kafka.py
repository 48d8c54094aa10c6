"""The bus on Kafka; offsets are kept by the readers, never by Kafka."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chassis.bus.base import MESSAGE_BYTES_MAX, OffsetLost, Outgoing, Reader, require_fitting
from chassis.bus.kafka_faults import kafka_faults
from chassis.bus.kafka_producer import Publisher, within
from chassis.bus.kafka_protocol import commit_offsets, find_coordinator
from chassis.bus.kafka_reader import KafkaReader
from chassis.bus.kafka_security import refusal
from chassis.bus.kafka_topics import AS_THE_BROKER_SAYS, Durability, Topics
from chassis.errors import BrokenInvariant, Misconfigured, Transient

_CLOSE_SECONDS = 5.0
_BATCH_BYTES = 512 * 1024
_SECURITY = {
    "security_protocol",
    "ssl_context",
    "sasl_mechanism",
    "sasl_plain_username",
    "sasl_plain_password",
    "sasl_oauth_token_provider",
}

log = structlog.get_logger(__name__)


class KafkaBus:
    """A `Bus` on a Kafka cluster of version 3.1 or later.

    `security` is what `kafka_security.security` makes of the settings.
    """

    def __init__(
        self,
        bootstrap: str,
        partitions: int = 4,
        *,
        client_id: str = "arrears",
        security: Mapping[str, Any] | None = None,
        durability: Durability = AS_THE_BROKER_SAYS,
        linger_ms: int = 0,
        compression: str | None = None,
        partition_fetch_bytes: int = 4 << 20,
        fetch_wait_ms: int = 100,
        request_seconds: float = 10.0,
        publish_seconds: float = 30.0,
        stall_seconds: float = 30.0,
    ) -> None:
        unknown = sorted(set(security or ()) - _SECURITY)
        if unknown:
            raise Misconfigured(f"unknown Kafka security settings: {', '.join(unknown)}")
        self.partitions = partitions
        self._common: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "client_id": client_id,
            "request_timeout_ms": int(request_seconds * 1000),
            **(security or {}),
        }
        self._producing = {"linger_ms": linger_ms, "compression_type": compression}
        self._fetching = {
            "max_partition_fetch_bytes": partition_fetch_bytes,
            "fetch_max_bytes": 4 * partition_fetch_bytes,
            "fetch_max_wait_ms": fetch_wait_ms,
        }
        self._request_seconds = request_seconds
        self._stall_seconds = stall_seconds
        self._publisher = Publisher(self._create_producer, publish_seconds)
        self._admin: AIOKafkaAdminClient | None = None
        self._probe: AIOKafkaConsumer | None = None
        self._topics = Topics(lambda: self._running_admin, partitions, request_seconds, durability)

    async def start(self) -> None:
        """Connect; raises `Transient` when no broker answers."""
        if self._admin is not None:
            return
        admin, probe = AIOKafkaAdminClient(**self._common), self._create_consumer()
        try:
            async with self._asking():
                await admin.start()
                await probe.start()
                await self._publisher.start()
        except BaseException:
            await self._close(admin, probe)
            raise
        self._admin, self._probe = admin, probe

    async def stop(self) -> None:
        """Close all connections but the readers'; what hangs is cut off."""
        await self._publisher.stop()
        admin, probe = self._admin, self._probe
        self._admin = self._probe = None
        if admin is not None and probe is not None:
            await self._close(admin, probe)

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """See `Bus.ensure_topics`."""
        await self._topics.ensure(topics)

    async def grow_topics(self, topics: Sequence[str]) -> None:
        """See `Bus.grow_topics`."""
        await self._topics.grow(topics)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `Bus.publish`."""
        require_fitting(messages)
        await self._topics.require((m.topic, m.partition) for m in messages)
        if messages:
            with kafka_faults():
                await self._publisher.publish(messages)

    async def reader(self, positions: Mapping[tuple[str, int], int]) -> Reader:
        """See `Bus.reader`."""
        await self._topics.require(positions)
        topics = sorted({topic for topic, _ in positions})
        starts, ends = await self.start_offsets(topics), await self.end_offsets(topics)
        for at, offset in positions.items():
            if not starts[at] <= offset <= ends[at]:
                raise OffsetLost(*at, offset)
        reader = KafkaReader(
            self._create_consumer, self.end_offsets, positions, stall_seconds=self._stall_seconds
        )
        with kafka_faults():
            await reader.open()
        return reader

    async def start_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """See `Bus.start_offsets`."""
        return await self._offsets("beginning_offsets", topics)

    async def end_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """See `Bus.end_offsets`."""
        return await self._offsets("end_offsets", topics)

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """See `Bus.topic_ids`."""
        found = await self._topics.describe(topics)
        return {topic: description.id for topic, description in found.items()}

    async def commit_info(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """Report next offsets under a group name, for lag tools and `forget`; no reader uses them.

        A failure is logged and otherwise without effect.
        """
        try:
            with kafka_faults():
                async with asyncio.timeout(self._request_seconds):
                    await commit_offsets(self._client, group, positions)
        except Transient as error:
            log.warning("kafka_commit_info_failed", state=group, error=error)

    async def forget(
        self, topic: str, partition: int, key: bytes, before: int, readers: Sequence[str] = ()
    ) -> None:
        """Delete **everything** of the partition below `before`: Kafka cannot delete by key.

        So it must know who still has to read what: without `readers` it raises `Misconfigured`.
        Raises `Transient` as long as one of them has not read up to `before`.
        """
        at = TopicPartition(topic, partition)
        if not readers:
            raise Misconfigured(f"forgetting on {topic} needs the names of all its readers")
        with kafka_faults():
            async with asyncio.timeout(self._request_seconds):
                for group in readers:
                    await self._require_past(group, at, before)
            end = (await self.end_offsets([topic]))[topic, partition]
            await self._running_admin.delete_records({at: RecordsToDelete(min(before, end))})

    async def read_by_all(
        self,
        readers: Mapping[str, Sequence[str]],
    ) -> dict[tuple[str, int], int]:
        """Nothing: Kafka lets go by itself, after each topic's `retention.ms`."""
        return {}

    async def trim(self, topic: str, partition: int, before: int) -> None:
        """Nothing, as `read_by_all`."""

    async def _require_past(self, group: str, at: TopicPartition, before: int) -> None:
        node = await find_coordinator(self._client, group)
        offsets = await self._running_admin.list_consumer_group_offsets(group, node, [at])
        committed = offsets[at].offset if at in offsets else -1
        if committed < before:
            raise Transient(
                f"group {group} has read {at.topic}/{at.partition} up to {max(committed, 0)}, "
                f"deleting below {before} has to wait"
            )

    async def _offsets(self, method: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        if self._probe is None:
            raise BrokenInvariant("the bus is used before start() or after stop()")
        at = [TopicPartition(*place) for place in await self._topics.places(topics)]
        async with self._asking():
            async with asyncio.timeout(self._request_seconds):
                found = await getattr(self._probe, method)(at)
        return {(each.topic, each.partition): offset for each, offset in found.items()}

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Faults of the client as ours, with the reason that it hides."""
        try:
            with kafka_faults():
                yield
        except Transient as error:
            reason = await refusal(self._common)
            if reason is None:
                raise
            raise Transient(reason) from error

    @property
    def _running_admin(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            raise BrokenInvariant("the bus is used before start() or after stop()")
        return self._admin

    @property
    def _client(self) -> Any:
        return self._running_admin._client  # noqa: SLF001  # the admin has no door to a raw request

    def _create_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._common,
            **self._producing,
            enable_idempotence=True,
            acks="all",
            max_batch_size=_BATCH_BYTES,
            max_request_size=MESSAGE_BYTES_MAX + 48_000,  # room for the record's own framing
        )

    def _create_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._common,
            **self._fetching,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
        )

    async def _close(self, admin: AIOKafkaAdminClient, probe: AIOKafkaConsumer) -> None:
        await within(_CLOSE_SECONDS, probe.stop(), "probe")
        await within(_CLOSE_SECONDS, admin.close(), "admin")
