"""Handling a message ahead of its turn: its lane meets it again later, and knows it then."""

from chassis.bus.base import lane_of
from chassis.runtime.handling import run
from chassis.runtime.routes import MessageRoute
from chassis.runtime.service import Service
from chassis.store import inbox
from chassis.store.pool import acquire
from contracts.codec import Message
from contracts.words.streams import Subject, key_of


async def take_ahead(service: Service, route: MessageRoute, message: Message) -> None:
    """Handle a message of which it does no harm that it was handled before; raises what the
    handler refused it for.
    """
    key = key_of(message.creditor, message.subject).encode()
    lane = lane_of(key, service.bus.partitions)
    streams = route.streams(message, lane)
    store = service.store
    async with acquire(service.pool) as connection, connection.transaction():
        work = await store.load(
            connection,
            now=service.clock.now(),
            lane=lane,
            streams=streams,
            subjects=[Subject(message.creditor, message.subject)],
            histories=streams if route.history else (),
        )
        beside = streams if route.asks_beside(message) else ()
        await store.load_beside(connection, work, beside, lock=True)
        refusal = run(work, route, message, streams)
        if refusal is not None:
            raise refusal
        asks = store.has_inbox_before
        await inbox.remember_once(connection, lane, message, service.bodies.now, asks_before=asks)
        await store.save(connection, work)
    store.committed(work)
