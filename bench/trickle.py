"""`trickle_transactions_per_notice`, `trickle_cpu_ratio`, `chain_ratio`, `notice_latency_ratio` and
`payment_to_restored_ratio`: what the four services make of single events, in one process on a real
Kafka and a durable PostgreSQL.

Every invoice is of a debtor of its own and already past due, and the creditor's policy has a text
message sent as soon as a case opens, at any hour. It counts as sent when its file was written.
The service of a debtor who pays counts as restored when upstream has read the request and noted it
with a row.

What depends on the machine is divided by what the same run measures of it: rates and processor
time by those of the bare pipe (`bench.pipe`), latencies by bare hops (`bench.upstream`). A latency
has as many hops as there are topics on the way: `NOTICE` and `RESTORATION` name the message on
each. At half of the most chains a second the 99th percentile is told in hops.
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import idle
from bench.beside import PipeBeside
from bench.chain import Chain, Passage, open_chain
from bench.events import Load
from bench.meter import Usage
from bench.upstream import Hop
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres
from contracts.base import Contract
from contracts.billing import InvoiceIssued, PaymentReceived
from contracts.dunning import NoticeRequested, RestorationRequested
from contracts.ledger import AccountCleared, ItemOverdue

STEADY = 10
"""Invoices a second at which latencies are measured."""
BUSY = 50
"""Those at which processor time is."""
IDLE_SECONDS = 30
NOTICE: Sequence[type[Contract]] = (InvoiceIssued, ItemOverdue, NoticeRequested)
RESTORATION: Sequence[type[Contract]] = (PaymentReceived, AccountCleared, RestorationRequested)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    seconds: Mapping[int, int] = field(default_factory=lambda: {STEADY: 20, BUSY: 15, 200: 10})
    """How long at each rate."""
    backlog: int = 4_000
    """Invoices that wait when the most chains a second are measured."""
    restorations: int = 150
    half_seconds: int = 10
    hops: int = 50
    """Before and after the passages."""
    pipe: Load = field(default_factory=lambda: Load(events=200_000))
    pipe_rounds: int = 2
    """Before and after the chain."""


@dataclass(frozen=True)
class Found:
    """What was measured of the chain."""

    passages: Mapping[int, Passage]
    most: Passage
    half: Passage
    restorations: Sequence[float]
    hops: Sequence[float]


async def measure() -> dict[str, float]:
    """Every figure of the group, those of an idle process too."""
    return await measure_chain(Plan()) | await idle.measure(IDLE_SECONDS)


async def measure_chain(plan: Plan) -> dict[str, float]:
    """The figures of the chain, the pipe and bare hops."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            pipe = PipeBeside(bootstrap, dsn, server.pid, plan.pipe)
            await pipe.fill()
            await pipe.run(plan.pipe_rounds)
            async with open_chain(folder, bootstrap, dsn, server.pid) as chain:
                found = await _measure(chain, plan)
            await pipe.run(plan.pipe_rounds)
    return figures(found, pipe.usages)


async def _measure(chain: Chain, plan: Plan) -> Found:
    await chain.passage(STEADY, STEADY)  # what is done once is done
    hops = await chain.upstream.do(Hop(plan.hops, STEADY))
    passages = {
        per_second: await chain.passage(per_second * seconds, per_second)
        for per_second, seconds in plan.seconds.items()
    }
    restorations = await chain.restorations(plan.restorations, STEADY)
    hops += await chain.upstream.do(Hop(plan.hops, STEADY))
    most = await chain.passage(plan.backlog, per_second=0)
    rate = most.number / most.seconds / 2
    half = await chain.passage(max(1, round(rate * plan.half_seconds)), rate)
    return Found(passages, most, half, restorations, hops)


def figures(found: Found, pipe: Sequence[Usage]) -> dict[str, float]:
    """The figures of what was measured beside some runs of the pipe."""
    rate = statistics.median(one.events_per_second for one in pipe)
    cpu_us = statistics.median(one.client_cpu_us + one.server_cpu_us for one in pipe)
    hop = statistics.median(found.hops)
    chains = found.most.number / found.most.seconds
    latencies = found.passages[STEADY].latencies
    busy = found.passages[BUSY].usage
    return {
        "chain_ratio": round(chains / rate, 4),
        "trickle_cpu_ratio": round((busy.client_cpu_us + busy.server_cpu_us) / cpu_us),
        "notice_latency_ratio": _in_hops(latencies, hop, NOTICE),
        "payment_to_restored_ratio": _in_hops(found.restorations, hop, RESTORATION),
        "notice_latency_p99_hops": round(_percentile(found.half.latencies, 99) / hop, 1),
        "chains_per_second": round(chains, 1),
        **_milliseconds("bare_hop", found.hops),
        **_milliseconds("payment_to_restored", found.restorations),
        **_milliseconds("notice_latency_at_half", found.half.latencies),
        "bare_pipe_beside_events_per_s": round(rate),
        "bare_pipe_beside_cpu_us_per_event": round(cpu_us, 2),
        **{
            name: value
            for per_second, passage in found.passages.items()
            for name, value in _at(per_second, passage).items()
        },
    }


def _at(per_second: int, passage: Passage) -> dict[str, float]:
    """The figures of one rate."""
    number, usage, counts = passage.number, passage.usage, passage.counts
    return {
        f"trickle_transactions_per_notice_at_{per_second}": round(counts.transactions / number, 2),
        f"trickle_rows_per_notice_at_{per_second}": round(counts.rows / number, 2),
        f"trickle_python_cpu_ms_per_notice_at_{per_second}": round(usage.client_cpu_us / 1000, 2),
        f"trickle_postgres_cpu_ms_per_notice_at_{per_second}": round(usage.server_cpu_us / 1000, 2),
        **_milliseconds(f"notice_latency_at_{per_second}", passage.latencies),
    }


def _in_hops(seconds: Sequence[float], hop: float, messages: Sequence[type[Contract]]) -> float:
    """A median as a multiple of as many bare hops as there are topics on the way."""
    return round(statistics.median(seconds) / (len({each.TOPIC for each in messages}) * hop), 2)


def _milliseconds(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{n}_ms": round(_percentile(seconds, n) * 1000, 1) for n in (50, 99)}


def _percentile(seconds: Sequence[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]
