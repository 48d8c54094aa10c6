"""How many partitions a store was laid out for, and giving it more.

Accounts need not move: a stream's events stay in the lane it began in, whichever partition the
messages about it come in from now on.
"""

from typing import NamedTuple

from asyncpg import Connection

from chassis.bus.base import Bus
from chassis.errors import Misconfigured
from chassis.store.offsets import Positions

_NUMBER = "select partitions from store_meta"
_GROW = "update store_meta set partitions = $1 where partitions < $1"
_RUNNING = """
select instance from members
where seen_at > clock_timestamp() - make_interval(secs => $1) limit 1"""
_READS = "select topic from topics order by topic"
_OFFSETS = "select topic, lane, next_offset from offsets"
_UNPUBLISHED = """
select count(*) from relay join events
on events.lane = relay.lane and events.position > relay.position"""


class Waiting(NamedTuple):
    """What a service has yet to do: messages it did not read, events it did not publish."""

    unread: int
    unpublished: int


async def number_of(connection: Connection) -> int | None:
    """How many partitions the store was laid out for; None before its first start."""
    found: int | None = await connection.fetchval(_NUMBER)
    return found


async def require_stopped(connection: Connection, service: str, lease_seconds: float) -> None:
    """Raise `Misconfigured` while an instance on this store was seen within a lease."""
    running = await connection.fetchval(_RUNNING, lease_seconds)
    if running is not None:
        raise Misconfigured(
            f"instance {running} of {service} is running: stop all instances of all services first "
            f"(one that crashed counts for {lease_seconds:g} seconds)"
        )


async def waiting(connection: Connection, bus: Bus, partitions: int) -> Waiting:
    """What is left of what is in the first partitions of the bus, and of what should be."""
    topics = [row["topic"] for row in await connection.fetch(_READS)]
    starts, ends = await bus.start_offsets(topics), await bus.end_offsets(topics)
    rows = await connection.fetch(_OFFSETS)
    at: Positions = {(row["topic"], row["lane"]): row["next_offset"] for row in rows}
    unread = sum(
        max(0, end - at.get(place, starts[place]))
        for place, end in ends.items()
        if place[1] < partitions
    )
    return Waiting(unread, await connection.fetchval(_UNPUBLISHED))


async def grow(connection: Connection, partitions: int) -> None:
    """Have the store take up messages of more partitions with its next start."""
    await connection.execute(_GROW, partitions)
