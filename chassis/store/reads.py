"""What is read of many streams at once, outside a unit of work: the states of some, or of all whose
names begin alike, and their histories.

`contracts.words.streams` has what the names of a creditor's streams begin with.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from asyncpg import Connection

from chassis.store.aggregate import Aggregate

S = TypeVar("S")

_STATES = "select stream, data from state where stream = any($1::text[])"
_STATES_OF = "select data from state where stream >= $1 and stream < $2 order by stream"
_EVENTS_OF = """
select stream, type, at, data from events
where stream >= $1 and stream < $2 and at <= $3 order by stream, version"""
_ROWS = 2000


class Dated(NamedTuple):
    """An event and the instant it was stored at."""

    at: datetime
    event: Any


class History(NamedTuple):
    """A stream and its events, oldest first."""

    stream: str
    events: list[Dated]


async def states(
    connection: Connection, aggregate: Aggregate[S, Any], streams: Iterable[str]
) -> dict[str, S]:
    """The present states of some streams; those that have no events are left out."""
    decode = aggregate.decode_state
    return {
        row["stream"]: decode(row["data"]) for row in await connection.fetch(_STATES, list(streams))
    }


async def states_of(connection: Connection, aggregate: Aggregate[S, Any], prefix: str) -> list[S]:
    """The present states of all streams whose names begin so, by name."""
    rows = await connection.fetch(_STATES_OF, prefix, _after(prefix))
    return [aggregate.decode_state(row["data"]) for row in rows]


async def histories_of(
    connection: Connection, aggregate: Aggregate[Any, Any], prefix: str, until: datetime
) -> AsyncIterator[History]:
    """The events up to an instant of all streams whose names begin so, stream by stream.

    Reads as it goes: the connection must be in a transaction.
    """
    history = History("", [])
    cursor = await connection.cursor(_EVENTS_OF, prefix, _after(prefix), until)
    while rows := await cursor.fetch(_ROWS):
        for stream, kind, at, data in rows:
            if stream != history.stream:
                if history.events:
                    yield history
                history = History(stream, [])
            history.events.append(Dated(at, aggregate.readers[kind](data)))
    if history.events:
        yield history


def _after(prefix: str) -> str:
    """The first text behind all that begin so, in the order of the store's names (by code)."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
