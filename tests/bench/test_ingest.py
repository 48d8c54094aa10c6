"""The measurement measures what it says: real messages, all of them, and honest medians."""

import os
from collections import Counter
from datetime import date

import asyncpg
import pytest

from bench.events import Load, billing_events
from bench.ingest import figures, publish
from bench.meter import Meter, Usage
from bench.pipe import run
from contracts.codec import decode

TODAY = date(2026, 3, 1)


def usage(events_per_second: float, *, cpu_seconds: float = 1.0, memory_mb: float = 100.0) -> Usage:
    return Usage(1000, 1000 / events_per_second, cpu_seconds, cpu_seconds * 2, memory_mb)


def test_every_event_is_a_valid_billing_message_under_its_accounts_key() -> None:
    kinds: Counter[str] = Counter()
    for event in billing_events(Load(events=1_000, accounts=100), TODAY):
        message = decode(event.value)
        assert event.key == f"{message.creditor}/{message.subject}".encode()
        kinds[message.type] += 1
    assert kinds.keys() == {"billing.invoice.issued.v1", "billing.payment.received.v1"}
    assert kinds["billing.invoice.issued.v1"] == pytest.approx(700, abs=50)


def test_the_same_seed_gives_the_same_events() -> None:
    one, again, other = Load(100, 10), Load(100, 10), Load(100, 10, seed=1)
    assert list(billing_events(one, TODAY)) == list(billing_events(again, TODAY))
    assert list(billing_events(one, TODAY)) != list(billing_events(other, TODAY))


def test_the_ratio_is_the_median_of_neighbouring_runs() -> None:
    ledger = [usage(40), usage(30), usage(90)]
    pipe = [usage(100), usage(50), usage(100)]
    found = figures(ledger, pipe)
    assert found["ledger_ingest_ratio"] == 0.6
    assert found["ledger_ingest_events_per_s"] == 40
    assert found["ledger_ingest_client_cpu_us_per_event"] == 1000
    assert found["ledger_ingest_postgres_cpu_us_per_event"] == 2000


def test_processor_time_of_the_server_is_seen() -> None:
    meter = Meter(os.getpid())
    sum(number * number for number in range(2_000_000))
    seen = meter.read(1)
    assert seen.server_cpu_seconds > 0
    assert seen.client_cpu_seconds > 0


async def test_the_pipe_stores_every_event_once_and_its_offsets(
    kafka_bootstrap: str, database: str
) -> None:
    load = Load(events=3_000, accounts=200)
    await publish(kafka_bootstrap, load, "bench-pipe")
    seen = await run(kafka_bootstrap, "bench-pipe", load.partitions, 3_000, database, os.getpid())
    assert seen.events == 3_000
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT sum(next) FROM offsets") == 3_000
    assert await connection.fetchval("SELECT count(DISTINCT stream) FROM events") == 200
    await connection.close()
