"""The ledger's own consumer over the same events: decode, validate, inbox, fold, append, state.

What runs is what a live ledger runs to consume, with its leases and default settings; publishing,
wake-ups and views are left out, as the pipe has no such thing either. `--all` leaves nothing out.

Run by `bench.ingest`, once or in several instances that share the lanes:
`python -m bench.ledger BOOTSTRAP TOPIC DSN FOLDER PARTITIONS INSTANCES [--all] [--batch=N]`.
"""

import asyncio
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from arrears.stack import open_stack
from bench.events import CREDITOR
from bench.meter import Meter, Usage
from bench.sides import Begin, wait_for_the_others
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
CONSUME_ONLY: tuple[Loop, ...] = ("leases", "fetch", "places", "lag")
_PLACE: Mapping[str, type] = {
    "bootstrap": str,
    "topic": str,
    "dsn": str,
    "folder": Path,
    "partitions": int,
    "instances": int,
}
_COUNTS = """
select (select count(*) from ledger.dead_letters) as parked,
  (select count(*) from ledger.inbox) as known"""


def settings_for(bootstrap: str, dsn: str, folder: Path, partitions: int, **more: Any) -> Settings:
    """Those of an installation that sets nothing but where things are, and what else is named."""
    return Settings(
        data_dir=folder,
        database_url=dsn,
        bus="kafka",
        kafka_bootstrap=bootstrap,
        partitions=partitions,
        **more,
    )


async def prepare(settings: Settings) -> None:
    """Lay the store out, publish the creditor's terms once, and have the ledger know them."""
    async with open_stack(settings, ["ledger"]) as stack:
        await take_terms(stack.services["ledger"], stack.bus)


async def run(
    settings: Settings, topic: str, instances: int, begin: Begin, *, everything: bool = False
) -> Usage:
    """Let one of several instances consume its lanes of a topic and say what it took, from when it
    may begin.
    """
    async with open_stack(settings, ["ledger"], migrate=False) as stack:
        service = stack.services["ledger"]
        await take_share(service, instances)
        spare_collections()  # as `arrears up` does
        await begin()
        meter = Meter()
        await service.start(LOOPS if everything else CONSUME_ONLY)
        events = await consumed(service, topic)
        return meter.read(events)


async def take_share(service: Instance, instances: int) -> None:
    """Wait for the others and hold as many lanes as each of them."""
    leases = service.leases
    share = leases.partitions // instances
    while len(leases.members) < instances or len(leases.held) != share:
        found = await leases.refresh()
        await leases.release(found.surplus)
        await asyncio.sleep(POLL_SECONDS)


async def consumed(service: Instance, topic: str) -> int:
    """Wait until everything on the topic in this instance's lanes is consumed: so much it is."""
    found = await service.bus.end_offsets([topic])
    lanes = set(service.leases.held)
    ends = {(topic, lane): end for (_, lane), end in found.items() if lane in lanes}
    while not ends.keys() <= service.reading.positions.keys() or service.reading.behind(ends):
        service.check()
        await asyncio.sleep(POLL_SECONDS)
    return sum(ends.values())


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


async def require_complete(dsn: str, events: int) -> None:
    """A figure counts only when every event had its effect."""
    connection = await asyncpg.connect(dsn)
    parked, known = await connection.fetchrow(_COUNTS)
    await connection.close()
    if parked or known < events:
        raise RuntimeError(f"{known} of {events} events were taken, {parked} parked")


def main() -> None:
    """Take what an instance's share is."""
    parser = ArgumentParser()
    for name, kind in _PLACE.items():
        parser.add_argument(name, type=kind)
    parser.add_argument("--all", action="store_true", dest="everything")
    parser.add_argument("--batch", type=int)
    given = parser.parse_args()
    more = {} if given.batch is None else {"batch_size": given.batch}
    settings = settings_for(given.bootstrap, given.dsn, given.folder, given.partitions, **more)
    asyncio.run(
        run(
            settings,
            given.topic,
            given.instances,
            wait_for_the_others,
            everything=given.everything,
        )
    ).report()


if __name__ == "__main__":
    main()
