"""More partitions for topics that hold messages, while no service runs.

Accounts stay where they are: a stream's events are stored, published and woken in the lane it began
in (decision record 21), and only what upstream says of it comes in another partition from now on.
What every lane must know of a creditor is said again to those that are new.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from asyncpg import Connection

from arrears.databases import open_databases
from arrears.stack import open_bus
from chassis.bus.base import Bus
from chassis.bus.base import Outgoing as BusMessage
from chassis.errors import Misconfigured
from chassis.runtime.outgoing import Publish, to_bus
from chassis.settings import SERVICES, ServiceName, Settings
from chassis.store import elsewhere, epochs, partitions
from chassis.store.aggregate import Aggregate
from chassis.store.pool import connected
from chassis.store.reads import events_in, streams_of
from contracts.registry import TOPICS
from services.dunning.domain.aggregates import CREDITOR
from services.dunning.publish import publish as tell_of_dunning
from services.ledger.domain.aggregates import SOURCES
from services.ledger.publish import publish as tell_of_ledger

TOLD_TO_EVERY_LANE: Mapping[ServiceName, tuple[Aggregate[Any, Any], Publish]] = {
    "dunning": (CREDITOR, tell_of_dunning),
    "ledger": (SOURCES, tell_of_ledger),
}
"""Whose events every lane is told of."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Grown:
    """How many partitions there were and are, and how many messages new ones were told."""

    before: int
    partitions: int
    told: int


async def grow(settings: Settings, number: int, *, although_waiting: bool = False) -> Grown:
    """Give all topics and stores as many partitions; safe to repeat when it was cut off.

    Raises `Misconfigured` while an instance runs, for fewer partitions than there are, and where
    messages wait to be read or events to be published: an account's next message could overtake
    them in its new partition. `although_waiting` takes that into account.
    """
    wider = settings.model_copy(update={"partitions": number})
    async with AsyncExitStack() as exits:
        databases = await exits.enter_async_context(open_databases(settings))
        bus = await exits.enter_async_context(open_bus(wider, databases))
        stores: dict[ServiceName, Connection] = {}
        for name in SERVICES:
            store = connected(databases.owned[name], name)
            stores[name] = await exits.enter_async_context(store)
        before = await _before(stores, number, settings.lease_seconds)
        if not although_waiting:
            await _require_done(stores, bus, before)
        await bus.grow_topics([*TOPICS, *(f"{topic}.dlq" for topic in TOPICS)])
        told = 0
        for name in TOLD_TO_EVERY_LANE:
            told += await _tell(stores[name], name, bus, before)
        for store in stores.values():
            await partitions.grow(store, number)
    return Grown(before, number, told)


async def _before(
    stores: Mapping[ServiceName, Connection], number: int, lease_seconds: float
) -> int:
    """The smallest number a store has: those with more were done when this was cut off."""
    found = []
    for name, store in stores.items():
        await partitions.require_stopped(store, name, lease_seconds)
        await elsewhere.require_together(store, name, "`arrears partitions`")
        was = await partitions.number_of(store)
        if was is None:
            raise Misconfigured(
                f"the {name} store was never started: set ARREARS_PARTITIONS, and start it"
            )
        found.append(was)
    if max(found) > number:
        raise Misconfigured(f"there are {max(found)} partitions: none can be taken away")
    return min(found)


async def _require_done(stores: Mapping[ServiceName, Connection], bus: Bus, before: int) -> None:
    waiting = {n: await partitions.waiting(store, bus, before) for n, store in stores.items()}
    said = [
        f"{name} has {left.unread} messages to read and {left.unpublished} events to publish"
        for name, left in waiting.items()
        if any(left)
    ]
    if said:
        raise Misconfigured(
            f"{'; '.join(said)}: start the services as they were, let them finish while upstream "
            "waits, and stop them again"
        )


async def _tell(store: Connection, service: ServiceName, bus: Bus, before: int) -> int:
    """Say to the new partitions, in order, what every lane was told."""
    told, waiting = 0, list[BusMessage]()
    async for message in _messages(store, service, bus.partitions):
        if message.partition < before:
            continue
        waiting.append(message)
        if len(waiting) == _AT_ONCE:
            await bus.publish(waiting)
            told, waiting = told + len(waiting), []
    await bus.publish(waiting)
    return told + len(waiting)


async def _messages(
    store: Connection, service: ServiceName, number: int
) -> AsyncIterator[BusMessage]:
    aggregate, publish = TOLD_TO_EVERY_LANE[service]
    known = await epochs.of_store(store)
    for stream in await streams_of(store, f"{aggregate.name}-"):
        async for stored in events_in(store, aggregate, stream):
            for place, outgoing in enumerate(publish(stored)):
                if outgoing.lanes != "every":
                    continue
                for message in to_bus(
                    outgoing,
                    stored=stored,
                    number=place,
                    service=service,
                    epoch=known.at(stored.position),
                    partitions=number,
                ):
                    yield message
