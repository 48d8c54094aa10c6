"""The measured chain is whole: each invoice has its notice, each payment its restoration."""

from pathlib import Path

import pytest

from bench.chain import Counts, Passage, open_chain
from bench.meter import Usage
from bench.trickle import BUSY, STEADY, Found, figures
from bench.upstream import Hop
from chassis.servers.kafka import LocalKafka, available
from chassis.servers.postgres import EmbeddedPostgres


def passage(latency: float, *, seconds: float = 1.0, number: int = 10) -> Passage:
    usage = Usage(number, seconds, client_cpu_seconds=0.02, server_cpu_seconds=0.01)
    counts = Counts(transactions=5 * number, rows=20 * number)
    return Passage([latency] * number, seconds, usage, counts)


def found(latency: float = 0.06) -> Found:
    passages = {STEADY: passage(latency), BUSY: passage(latency)}
    half = passage(0.1)
    return Found(passages, passage(1.0, number=500), half, [0.03, 0.03], [0.008, 0.01, 0.02])


PIPE = [Usage(1_000, 0.01, client_cpu_seconds=0.006, server_cpu_seconds=0.004)]


def test_rates_and_processor_time_are_those_of_the_pipe_times_their_ratios() -> None:
    seen = figures(found(), PIPE)
    assert seen["chain_ratio"] == 500 / 100_000
    assert seen["trickle_cpu_ratio"] == 3_000 / 10


def test_latencies_are_told_in_bare_hops() -> None:
    seen = figures(found(latency=0.06), PIPE)
    assert seen["notice_latency_ratio"] == 2.0
    assert seen["payment_to_restored_ratio"] == 1.0
    assert seen["notice_latency_p99_hops"] == 10.0


def test_counts_are_told_for_each_notice() -> None:
    seen = figures(found(), PIPE)
    for rate in (STEADY, BUSY):
        assert seen[f"trickle_transactions_per_notice_at_{rate}"] == 5
        assert seen[f"trickle_rows_per_notice_at_{rate}"] == 20


@pytest.mark.kafka
@pytest.mark.skipif(available() is not None, reason="no Kafka can be started here")
async def test_every_invoice_has_its_notice_and_every_payment_its_restoration(
    tmp_path: Path,
) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    async with LocalKafka(tmp_path / "kafka") as bootstrap, server as dsn:
        assert server.pid is not None
        async with open_chain(tmp_path, bootstrap, dsn, server.pid) as chain:
            slow = await chain.passage(3, per_second=20)
            at_once = await chain.passage(20, per_second=0)
            restored = await chain.restorations(2, per_second=20)
            hops = await chain.upstream.do(Hop(2, 20))
    assert [each.number for each in (slow, at_once)] == [3, 20]
    assert len(list((tmp_path / "outbox").glob("*/*/sms/*"))) == 23
    assert min(*slow.latencies, *at_once.latencies, *restored, *hops) > 0
    assert [len(restored), len(hops)] == [2, 2]
    assert at_once.counts.rows >= 20  # a notice is at least one event
    assert at_once.counts.transactions > 0
