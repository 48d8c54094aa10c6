"""The topics of a Kafka cluster: created, checked, and never guessed into being."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.bus.kafka_faults import kafka_faults
from chassis.bus.kafka_protocol import TopicDescription, describe_topics
from chassis.errors import Misconfigured, Transient


class Topics:
    """Knows the partition counts of the topics asked for so far; counts never change."""

    def __init__(
        self, admin: Callable[[], AIOKafkaAdminClient], partitions: int, request_seconds: float
    ) -> None:
        self._admin = admin
        self._partitions = partitions
        self._request_seconds = request_seconds
        self._known: dict[str, int] = {}

    async def ensure(self, topics: Sequence[str], replication_factor: int) -> None:
        """See `Bus.ensure_topics`."""
        names = sorted(set(topics))
        missing = sorted(set(names) - (await self._find(names)).keys())
        if missing:
            await self._create(missing, replication_factor)
        for topic, description in (await self._settled(names)).items():
            if description.partitions != self._partitions:
                raise Misconfigured(
                    f"topic {topic} has {description.partitions} partitions, the settings say "
                    f"{self._partitions}; the number is fixed once messages are published"
                )

    async def describe(self, topics: Sequence[str]) -> dict[str, TopicDescription]:
        """Ask the cluster now; raises `Misconfigured` for topics that do not exist."""
        found = await self._find(topics)
        missing = sorted(set(topics) - found.keys())
        if missing:
            raise Misconfigured(f"topics that do not exist: {', '.join(missing)}")
        return found

    async def places(self, topics: Sequence[str]) -> list[tuple[str, int]]:
        """Return every (topic, partition) of existing topics."""
        await self._learn(topics)
        return [(topic, n) for topic in topics for n in range(self._known[topic])]

    async def require(self, places: Iterable[tuple[str, int]]) -> None:
        """Refuse what does not exist; the client would have the broker create it."""
        wanted = set(places)
        await self._learn({topic for topic, _ in wanted})
        for topic, partition in wanted:
            if not 0 <= partition < self._known[topic]:
                raise Misconfigured(f"there is no partition {partition} of topic {topic}")

    async def _learn(self, topics: Iterable[str]) -> None:
        new = sorted(set(topics) - self._known.keys())
        if new:
            await self.describe(new)

    async def _find(self, topics: Sequence[str]) -> dict[str, TopicDescription]:
        client = self._admin()._client  # noqa: SLF001  # the admin has no door to a raw request
        with kafka_faults():
            found = await describe_topics(client, topics)
        self._known.update({topic: description.partitions for topic, description in found.items()})
        return found

    async def _create(self, topics: Sequence[str], replication_factor: int) -> None:
        new = [NewTopic(topic, self._partitions, replication_factor) for topic in topics]
        with kafka_faults():
            response: Any = await self._admin().create_topics(new)
            for topic, code, *_ in response.topic_errors:
                error = errors.for_code(code)
                if error not in {errors.NoError, errors.TopicAlreadyExistsError}:
                    raise error(topic)

    async def _settled(self, topics: Sequence[str]) -> dict[str, TopicDescription]:
        """Wait until topics created a moment ago are known to the broker asked."""
        try:
            async with asyncio.timeout(self._request_seconds):
                # Polled: Kafka tells nobody when a topic is known everywhere.
                while (found := await self._find(topics)).keys() != set(topics):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise Transient(f"Kafka does not show all of {sorted(topics)} yet") from error
        return found
