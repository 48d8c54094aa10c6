"""`ledger_ingest_ratio`: the ledger's consumer beside a bare pipe, over the same Kafka topic.

In one process, and in two on both sides (`ledger_ingest_ratio_two_processes`); in two also beside
Kafka Streams with two threads (`ledger_against_streams`, and `ledger_against_warm_streams` for the
second half of its events alone, when its code is compiled).

All are measured in turn, each in processes of its own and from an empty database, on one durable
PostgreSQL and one Kafka. A ratio is the median of those of neighbouring runs, so that what the
machine does besides falls on both.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench import ledger, pipe, sides, streams
from bench.events import Event, Load, billing_events
from bench.meter import Usage
from bench.sides import Side
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database

ROUNDS = 3
TOPIC = "billing"
BATCH_BYTES = 256 * 1024
_SIDES = ("ledger_ingest", "bare_pipe", "kafka_streams")
_COUNTS = (1, 2)
"""Of processes; of Kafka Streams' threads."""

Runs = Mapping[tuple[str, int], Sequence[Usage]]
"""By side and number of processes."""


async def measure(load: Load | None = None, rounds: int = ROUNDS) -> dict[str, float]:
    """Name → value of every figure of the comparison."""
    load = load or Load()
    reason = streams.unavailable()
    if reason is not None:
        print(f"Kafka Streams is left out: {reason}", file=sys.stderr)
    names = _SIDES if reason is None else _SIDES[:2]
    runs: dict[tuple[str, int], list[Usage]] = {(n, c): [] for c in _COUNTS for n in names}
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server, broker = EmbeddedPostgres(folder / "postgres"), LocalKafka(folder / "kafka")
        async with broker as bootstrap, server as dsn:
            await publish(bootstrap, load)
            place = _Place(load, bootstrap, dsn, folder, server, broker)
            for number in range(rounds):
                for (side, count), usages in runs.items():
                    usages.append(await place.run(side, count, number))
    return figures(runs)


class _Place:
    """Where the sides are measured."""

    def __init__(
        self,
        load: Load,
        bootstrap: str,
        dsn: str,
        folder: Path,
        server: EmbeddedPostgres,
        broker: LocalKafka,
    ) -> None:
        if server.pid is None or broker.pid is None:
            raise RuntimeError("a server ended")
        self.load = load
        self.bootstrap = bootstrap
        self.dsn = dsn
        self.folder = folder
        self.server_pid = server.pid
        self.broker_pid = broker.pid

    async def run(self, name: str, count: int, number: int) -> Usage:
        """One side once, in so many processes."""
        if name == "kafka_streams":
            side = await streams.side(
                self.bootstrap, TOPIC, self.load.partitions, self.load.events, count
            )
            return await sides.run(side, self.broker_pid)
        database = f"{name}_{count}_{number}"
        dsn = await ensure_database(self.dsn, database)
        await administer(self.dsn, "CHECKPOINT")  # nobody pays for what the other one wrote
        side = (self._ledger if name == "ledger_ingest" else self._pipe)(dsn, count)
        usage = await sides.run(side, self.server_pid)
        await administer(self.dsn, f"DROP DATABASE {database} WITH (FORCE)")
        return usage

    def _ledger(self, dsn: str, instances: int) -> Side:
        load = self.load
        settings = ledger.settings_for(self.bootstrap, dsn, self.folder, load.partitions)
        arguments = (self.bootstrap, TOPIC, dsn, self.folder, load.partitions, instances)
        command = [sys.executable, "-m", "bench.ledger", *map(str, arguments)]

        async def before() -> None:
            await ledger.prepare(settings)

        async def after() -> None:
            await ledger.require_complete(dsn, load.events)

        return Side([command] * instances, before, after)

    def _pipe(self, dsn: str, processes: int) -> Side:
        load = self.load
        command = [sys.executable, "-m", "bench.pipe", self.bootstrap, TOPIC, dsn]
        shares = [range(one, load.partitions, processes) for one in range(processes)]

        async def before() -> None:
            await pipe.prepare(dsn, TOPIC, load.partitions)

        async def after() -> None:
            await pipe.require_complete(dsn, load.events)

        return Side([[*command, *map(str, share)] for share in shares], before, after)


def figures(runs: Runs) -> dict[str, float]:
    """The medians of all sides and of their pairwise ratios."""
    found: dict[str, float] = {}
    for count, suffix in zip(_COUNTS, ("", "_two_processes"), strict=True):
        ledgers, pipes = runs["ledger_ingest", count], runs["bare_pipe", count]
        found[f"ledger_ingest_ratio{suffix}"] = _ratio(_speeds(ledgers), _speeds(pipes))
    if others := runs.get(("kafka_streams", 2)):
        ours = _speeds(runs["ledger_ingest", 2])
        warm = [usage.warm_events_per_second for usage in others]
        found["ledger_against_streams"] = _ratio(ours, _speeds(others))
        found["ledger_against_warm_streams"] = _ratio(ours, warm)
    for (name, count), usages in runs.items():
        called = name if count == 1 else f"{name}_{_suffix(name)}"
        found[f"{called}_events_per_s"] = round(_median(usages, "events_per_second"))
        found[f"{called}_client_cpu_us_per_event"] = round(_median(usages, "client_cpu_us"), 2)
        found[f"{called}_server_cpu_us_per_event"] = round(_median(usages, "server_cpu_us"), 2)
        found[f"{called}_peak_memory_mb"] = round(max(usage.peak_memory_mb for usage in usages))
    return found


def _suffix(name: str) -> str:
    return "two_threads" if name == "kafka_streams" else "two_processes"


def _speeds(usages: Sequence[Usage]) -> list[float]:
    return [usage.events_per_second for usage in usages]


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return round(statistics.median(ratios), 3)


def _median(usages: Sequence[Usage], name: str) -> float:
    return float(statistics.median(getattr(usage, name) for usage in usages))


async def administer(dsn: str, statement: str) -> None:
    """Run a statement by itself."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def publish(bootstrap: str, load: Load, topic: str = TOPIC) -> None:
    """Create the topic and fill it."""
    await create(bootstrap, load.partitions, topic)
    await fill(bootstrap, load.partitions, billing_events(load, datetime.now(UTC).date()), topic)


async def create(bootstrap: str, partitions: int, topic: str = TOPIC) -> None:
    """Create the topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, partitions, replication_factor=1)])
    await admin.close()


async def fill(bootstrap: str, partitions: int, events: Iterable[Event], topic: str = TOPIC) -> int:
    """Publish events, partition by key as every producer does; returns how many they were."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=BATCH_BYTES
    )
    count = 0
    async with producer:
        batches = {partition: producer.create_batch() for partition in range(partitions)}
        for event in events:
            count += 1
            batch, place = batches[event.partition], event.partition
            if batch.append(key=event.key, value=event.value, timestamp=None) is None:
                await producer.send_batch(batch, topic, partition=place)
                batches[place] = batch = producer.create_batch()
                batch.append(key=event.key, value=event.value, timestamp=None)
        for partition, batch in batches.items():
            if batch.record_count():
                await producer.send_batch(batch, topic, partition=partition)
    return count
