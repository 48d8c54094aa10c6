"""`ledger_ingest_ratio`: the ledger's consumer beside a bare pipe, over the same Kafka topic.

The two are measured in turn, each in a process of its own and from an empty database, on one
durable PostgreSQL and one Kafka. The ratio is the median of those of neighbouring runs, so that
what the machine does besides falls on both.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.events import Load, billing_events
from bench.meter import Usage
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database

ROUNDS = 3
TOPIC = "billing"
BATCH_BYTES = 256 * 1024
SIDES = {"ledger": "bench.ledger", "pipe": "bench.pipe"}


async def measure(load: Load | None = None, rounds: int = ROUNDS) -> dict[str, float]:
    """Name → value of every figure of the comparison."""
    load = load or Load()
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        async with LocalKafka(Path(folder) / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            await publish(bootstrap, load)
            runs: dict[str, list[Usage]] = {side: [] for side in SIDES}
            for number in range(rounds):
                for side, usages in runs.items():
                    usages.append(await _run(side, number, load, bootstrap, dsn, server.pid))
    return figures(runs["ledger"], runs["pipe"])


def figures(ledger: Sequence[Usage], pipe: Sequence[Usage]) -> dict[str, float]:
    """The medians of both sides and of their pairwise ratios."""
    ratios = [
        one.events_per_second / other.events_per_second
        for one, other in zip(ledger, pipe, strict=True)
    ]
    found = {"ledger_ingest_ratio": round(statistics.median(ratios), 3)}
    for name, usages in (("ledger_ingest", ledger), ("bare_pipe", pipe)):
        found[f"{name}_events_per_s"] = round(_median(usages, "events_per_second"))
        found[f"{name}_client_cpu_us_per_event"] = round(_median(usages, "client_cpu_us"), 2)
        found[f"{name}_postgres_cpu_us_per_event"] = round(_median(usages, "server_cpu_us"), 2)
        found[f"{name}_peak_memory_mb"] = round(max(usage.peak_memory_mb for usage in usages))
    return found


def _median(usages: Sequence[Usage], name: str) -> float:
    return float(statistics.median(getattr(usage, name) for usage in usages))


async def _run(
    side: str, number: int, load: Load, bootstrap: str, dsn: str, server_pid: int
) -> Usage:
    name = f"{side}_{number}"
    database = await ensure_database(dsn, name)
    await _administer(dsn, "CHECKPOINT")  # nobody pays for what the other one wrote
    arguments = (bootstrap, TOPIC, load.partitions, load.events, database, server_pid)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        SIDES[side],
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{SIDES[side]} ended with status {process.returncode}")
    await _administer(dsn, f"DROP DATABASE {name} WITH (FORCE)")
    return Usage.parse(output.splitlines()[-1])


async def _administer(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def publish(bootstrap: str, load: Load, topic: str = TOPIC) -> None:
    """Create the topic and fill it, partition by key as every producer does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, load.partitions, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=BATCH_BYTES
    )
    async with producer:
        batches = {partition: producer.create_batch() for partition in range(load.partitions)}
        for event in billing_events(load, datetime.now(UTC).date()):
            batch, place = batches[event.partition], event.partition
            if batch.append(key=event.key, value=event.value, timestamp=None) is None:
                await producer.send_batch(batch, topic, partition=place)
                batches[place] = batch = producer.create_batch()
                batch.append(key=event.key, value=event.value, timestamp=None)
        for partition, batch in batches.items():
            if batch.record_count():
                await producer.send_batch(batch, topic, partition=partition)
