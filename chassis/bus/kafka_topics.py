"""The topics of a Kafka cluster: created, checked, and never guessed into being."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.bus.kafka_faults import kafka_faults
from chassis.bus.kafka_protocol import TopicDescription, describe_topics
from chassis.errors import Misconfigured, Transient

_BROKERS_DEFAULT = -1
_MIN_INSYNC = "min.insync.replicas"


class Durability(NamedTuple):
    """Replicas of the topics we make and the fewest of those we find; None leaves it to the broker.

    Whoever asks for a number relies on it, so a topic that has less is refused, not warned of.
    """

    replicas: int | None = None
    min_insync: int | None = None

    def require(self, topic: str, replicas: int, min_insync: int | None) -> None:
        """Raise `Misconfigured` for a topic that keeps less than was asked for."""
        for has, wanted, what, setting in (
            (replicas, self.replicas, "replicas", "REPLICATION_FACTOR"),
            (min_insync, self.min_insync, _MIN_INSYNC, "MIN_INSYNC_REPLICAS"),
        ):
            if wanted is not None and has is not None and has < wanted:
                raise Misconfigured(
                    f"topic {topic} has {what} {has}, ARREARS_KAFKA_{setting} asks for {wanted}: "
                    "raise it for the topic first, or ask for less"
                )


AS_THE_BROKER_SAYS = Durability()


class Topics:
    """Knows the partition counts of the topics asked for so far; `grow` alone changes them."""

    def __init__(
        self,
        admin: Callable[[], AIOKafkaAdminClient],
        partitions: int,
        request_seconds: float,
        durability: Durability,
    ) -> None:
        self._admin = admin
        self._partitions = partitions
        self._request_seconds = request_seconds
        self._durability = durability
        self._known: dict[str, int] = {}

    async def ensure(self, topics: Sequence[str]) -> None:
        """See `Bus.ensure_topics`."""
        names = sorted(set(topics))
        missing = sorted(set(names) - (await self._find(names)).keys())
        if missing:
            await self._create(missing)
        found = await self._settled(names)
        min_insync = await self._min_insync(names)
        for topic, description in found.items():
            self._durability.require(topic, description.replicas, min_insync.get(topic))
            if description.partitions != self._partitions:
                raise self._unfitting(topic, description)

    async def grow(self, topics: Sequence[str]) -> None:
        """See `Bus.grow_topics`."""
        names = sorted(set(topics))
        found = await self.describe(names)
        for topic, description in found.items():
            if description.partitions > self._partitions:
                raise self._unfitting(topic, description)
        few = [name for name in names if found[name].partitions < self._partitions]
        if few:
            with kafka_faults():
                new = {name: NewPartitions(self._partitions) for name in few}
                await self._admin().create_partitions(new)
        await self._settled(names, self._partitions)

    def _unfitting(self, topic: str, description: TopicDescription) -> Misconfigured:
        return Misconfigured(
            f"topic {topic} has {description.partitions} partitions, the settings say "
            f"{self._partitions}; `arrears partitions` adds some, none can be taken away"
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

    async def _min_insync(self, topics: Sequence[str]) -> dict[str, int]:
        """What is in force; asked only when it matters, for it needs one right more."""
        if self._durability.min_insync is None:
            return {}
        wanted = [
            ConfigResource(ConfigResourceType.TOPIC, topic, {_MIN_INSYNC: None}) for topic in topics
        ]
        found: dict[str, int] = {}
        with kafka_faults():
            for response in await self._admin().describe_configs(wanted):
                for code, _, _, topic, entries in response.resources:
                    if code:
                        raise errors.for_code(code)(topic)
                    found[topic] = int(dict(entry[:2] for entry in entries)[_MIN_INSYNC])
        return found

    async def _create(self, topics: Sequence[str]) -> None:
        replicas, min_insync = self._durability
        settings = {} if min_insync is None else {_MIN_INSYNC: str(min_insync)}
        new = [NewTopic(name, self._partitions, replicas or 1, None, settings) for name in topics]
        for topic in new if replicas is None else ():
            topic.replication_factor = _BROKERS_DEFAULT  # which the client's constructor refuses
        with kafka_faults():
            response: Any = await self._admin().create_topics(new)
            for topic, code, why in response.topic_errors:
                error = errors.for_code(code)
                if error not in {errors.NoError, errors.TopicAlreadyExistsError}:
                    raise error(f"{topic}: {why}")

    async def _settled(
        self, topics: Sequence[str], partitions: int = 1
    ) -> dict[str, TopicDescription]:
        """Wait until topics made or grown a moment ago are known to the broker asked."""
        try:
            async with asyncio.timeout(self._request_seconds):
                # Polled: Kafka tells nobody when a topic is known everywhere.
                while True:
                    found = await self._find(topics)
                    large = {name for name, one in found.items() if one.partitions >= partitions}
                    if large == set(topics):
                        break
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise Transient(f"Kafka does not show all of {sorted(topics)} yet") from error
        return found
