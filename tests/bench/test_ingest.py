"""The measurement measures what it says: real messages, all of them, and honest medians."""

import os
import sys
from collections import Counter
from datetime import date

import asyncpg
import pytest

from bench import pipe, sides, streams
from bench.events import Load, billing_events
from bench.ingest import figures, publish
from bench.meter import Meter, Usage
from bench.sides import Side, at_once
from contracts.codec import decode

TODAY = date(2026, 3, 1)


def usage(events_per_second: float, *, warm: float | None = None) -> Usage:
    warm_seconds = None if warm is None else 500 / warm
    return Usage(1000, 1000 / events_per_second, 1.0, 2.0, 100.0, warm_seconds)


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


def test_the_ratios_are_the_medians_of_neighbouring_runs() -> None:
    found = figures(
        {
            ("ledger_ingest", 1): [usage(40), usage(30), usage(90)],
            ("bare_pipe", 1): [usage(100), usage(50), usage(100)],
            ("kafka_streams", 1): [usage(10), usage(10), usage(10)],
            ("ledger_ingest", 2): [usage(80), usage(60), usage(180)],
            ("bare_pipe", 2): [usage(100), usage(100), usage(200)],
            ("kafka_streams", 2): [usage(40, warm=80), usage(60, warm=80), usage(90, warm=90)],
        }
    )
    assert found["ledger_ingest_ratio"] == 0.6
    assert found["ledger_ingest_ratio_two_processes"] == 0.8
    assert found["ledger_against_streams"] == 2.0
    assert found["ledger_against_warm_streams"] == 1.0
    assert found["ledger_ingest_events_per_s"] == 40
    assert found["ledger_ingest_two_processes_events_per_s"] == 80
    assert found["kafka_streams_two_threads_events_per_s"] == 60
    assert found["ledger_ingest_client_cpu_us_per_event"] == 1000
    assert found["ledger_ingest_server_cpu_us_per_event"] == 2000


def test_processor_time_of_the_server_is_seen() -> None:
    meter = Meter(os.getpid())
    sum(number * number for number in range(2_000_000))
    seen = meter.read(1)
    assert seen.server_cpu_seconds > 0
    assert seen.client_cpu_seconds > 0


_PROCESS = """
import sys
from bench.meter import Usage
sys.stdout.write("ready\\n")
sys.stdout.flush()
assert sys.stdin.readline() == "go\\n"
Usage(int(sys.argv[1]), float(sys.argv[2]), 1.0, peak_memory_mb=10.0).report()
"""


def _side(*processes: tuple[str, str], told: list[str]) -> Side:
    async def before() -> None:
        told.append("before")

    async def after() -> None:
        told.append("after")

    return Side([[sys.executable, "-c", _PROCESS, *one] for one in processes], before, after)


async def test_processes_of_a_side_begin_together_and_are_counted_together() -> None:
    told: list[str] = []
    seen = await sides.run(_side(("10", "2.0"), ("30", "4.0"), told=told), os.getpid())
    assert told == ["before", "after"]
    assert (seen.events, seen.seconds) == (40, 4.0)
    assert (seen.client_cpu_seconds, seen.peak_memory_mb) == (2.0, 20.0)


async def test_a_process_that_fails_makes_no_figure() -> None:
    with pytest.raises(RuntimeError, match="status 1"):
        await sides.run(_side(("10", "2.0"), ("no number", "4.0"), told=[]), os.getpid())


async def test_pipes_that_share_the_partitions_store_every_event_once_and_their_offsets(
    kafka_bootstrap: str, database: str
) -> None:
    load = Load(events=3_000, accounts=200)
    await publish(kafka_bootstrap, load, "bench-pipe")
    await pipe.prepare(database, "bench-pipe", load.partitions)
    seen = [
        await pipe.run(kafka_bootstrap, "bench-pipe", database, places, at_once)
        for places in ([0, 2], [1, 3])
    ]
    assert sum(one.events for one in seen) == 3_000
    await pipe.require_complete(database, 3_000)
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT sum(next) FROM offsets") == 3_000
    assert await connection.fetchval("SELECT count(DISTINCT stream) FROM events") == 200
    await connection.close()


@pytest.mark.skipif(streams.unavailable() is not None, reason=f"{streams.unavailable()}")
async def test_the_peer_takes_every_event(kafka_bootstrap: str) -> None:
    load = Load(events=500, accounts=50)
    await publish(kafka_bootstrap, load, "bench-streams")
    side = await streams.side(kafka_bootstrap, "bench-streams", load.partitions, load.events, 2)
    seen = await sides.run(side, os.getpid())
    assert seen.events == 500
    assert seen.warm_events_per_second > 0
