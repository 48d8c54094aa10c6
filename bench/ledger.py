"""The ledger's own consumer over the same events: decode, validate, inbox, fold, append, state.

What runs is what a live ledger runs to consume, with its leases; publishing, wake-ups and views are
left out, as the pipe has no such thing either. `--all` leaves nothing out.

Run by `bench.ingest`: `python -m bench.ledger BOOTSTRAP TOPIC PARTITIONS EVENTS DSN SERVER_PID`.
"""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from arrears.stack import open_stack
from bench.events import CREDITOR
from bench.meter import Meter, Usage
from bench.pipe import BATCH_RECORDS_MAX
from chassis.bus.base import Bus, Outgoing
from chassis.runtime.garbage import spare_collections
from chassis.runtime.instance import Instance
from chassis.runtime.live import LOOPS, Loop
from chassis.settings import Settings
from contracts.codec import NO_ACCOUNT, encode
from contracts.dunning.terms import TermsPublished
from contracts.registry import source_of

TERMS_TOPIC = "dunning"
POLL_SECONDS = 0.01
CONSUME_ONLY: tuple[Loop, ...] = ("leases", "fetch", "lag")


async def run(
    bootstrap: str,
    topic: str,
    partitions: int,
    events: int,
    dsn: str,
    server_pid: int,
    *,
    everything: bool = False,
) -> Usage:
    """Let the ledger consume all events and say what it took."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url=dsn,
            bus="kafka",
            kafka_bootstrap=bootstrap,
            partitions=partitions,
            batch_size=BATCH_RECORDS_MAX,
        )
        async with open_stack(settings, ["ledger"]) as stack:
            service = stack.services["ledger"]
            await take_terms(service, stack.bus)
            spare_collections()  # as `arrears up` does
            meter = Meter(server_pid)
            await service.start(LOOPS if everything else CONSUME_ONLY)
            await consumed(service, topic, partitions)
            usage = meter.read(events)
            await require_complete(service, events)
    return usage


async def consumed(service: Instance, topic: str, partitions: int) -> None:
    """Wait until everything on the topic is consumed."""
    found = await service.bus.end_offsets([topic])
    ends = {(topic, lane): end for (_, lane), end in found.items()}
    while len(service.reading.positions) < partitions or service.reading.behind(ends):
        service.check()
        await asyncio.sleep(POLL_SECONDS)


async def take_terms(service: Instance, bus: Bus) -> None:
    """Publish the creditor's terms to every lane, once, and have the ledger know them."""
    ends = await bus.end_offsets([TERMS_TOPIC])
    if not any(ends.values()):
        await bus.publish([terms(lane) for lane in range(bus.partitions)])
    await service.leases.refresh()
    for lane in range(bus.partitions):
        positions = {(TERMS_TOPIC, lane): 0}
        reader = await bus.reader(positions)
        records = await reader.fetch(1, 10.0)
        await service.consumer.consume(lane, records, positions)
        await reader.close()


def terms(lane: int) -> Outgoing:
    """Terms without a late fee; amounts are allocated as they come.

    In the time zone of the events: their payments are of today at every hour, while one told on a
    later day goes the longer way of corrections.
    """
    data = TermsPublished(
        creditor=CREDITOR, time_zone="UTC", currency="CNY", policy="bench", version=1
    )
    value = encode(
        data,
        id=f"terms-{lane}",
        source=source_of(TERMS_TOPIC),
        time=datetime.now(UTC),
        creditor=CREDITOR,
        subject=NO_ACCOUNT,
    )
    return Outgoing(TERMS_TOPIC, lane, f"{CREDITOR}/*".encode(), value)


async def require_complete(service: Instance, events: int) -> None:
    """A figure counts only when every event had its effect."""
    parked = await service.pool.fetchval("select count(*) from dead_letters")
    known = await service.pool.fetchval("select count(*) from inbox")
    if parked or known < events:
        raise RuntimeError(f"{known} of {events} events were taken, {parked} parked")


if __name__ == "__main__":
    arguments = [each for each in sys.argv[1:] if each != "--all"]
    bootstrap, topic, partitions, events, dsn, server_pid = arguments
    asyncio.run(
        run(
            bootstrap,
            topic,
            int(partitions),
            int(events),
            dsn,
            int(server_pid),
            everything="--all" in sys.argv,
        )
    ).report()
