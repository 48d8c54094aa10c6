"""What is read of many streams at once, outside a unit of work: the states of some, or of all whose
names begin alike, and their histories.

`contracts.words.streams` has what the names of a creditor's streams begin with.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from asyncpg import Connection

from chassis.recorders import recorder_of
from chassis.store.aggregate import Aggregate
from chassis.store.marked import OtherForm
from chassis.store.packing import unpacked
from chassis.store.revisions import fold
from chassis.store.stored import Stored

S = TypeVar("S")

_STATES = "select stream, data from state where stream = any($1::text[])"
_STATES_OF = "select stream, data from state where stream >= $1 and stream < $2 order by stream"
_STREAMS_OF = "select stream from state where stream >= $1 and stream < $2 order by stream"
_EVENTS_OF = """
select stream, type, at, data from events
where stream >= $1 and stream < $2 and at <= $3 order by stream, version"""
_SELECTED = """
select stream, version, type, at, cause, data, lane, position from events
where stream = $1 and version > $2::bigint and ($3::timestamptz is null or at <= $3)
  and ($4::text is null or cause = $4) and ($5::bigint is null or version <= $5)
  and ($6::timestamptz is null or at > $6) and ($7::text is null or type = $7) order by version"""
_ROWS = 500
"""Read at once: between two portions the loop is free for others."""
_PORTION = f"{_SELECTED} limit {_ROWS}"


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
    rows = await connection.fetch(_STATES, list(streams))
    return await _states(connection, aggregate, rows)


async def states_of(connection: Connection, aggregate: Aggregate[S, Any], prefix: str) -> list[S]:
    """The present states of all streams whose names begin so, by name."""
    return [state async for state in each_state_of(connection, aggregate, prefix)]


async def each_state_of(
    connection: Connection, aggregate: Aggregate[S, Any], prefix: str
) -> AsyncIterator[S]:
    """The same, some at a time: for what goes over all of a creditor's and keeps none."""
    async with connection.transaction():
        cursor = await connection.cursor(_STATES_OF, prefix, _after(prefix))
        while rows := await cursor.fetch(_ROWS):
            for state in (await _states(connection, aggregate, rows)).values():
                yield state


async def _states(
    connection: Connection, aggregate: Aggregate[S, Any], rows: Iterable[Any]
) -> dict[str, S]:
    """What rows of stream and state say, in their order; those in another form are told by their
    events.
    """
    found: dict[str, Any] = {}
    other: list[str] = []
    for stream, data in rows:
        try:
            found[stream] = aggregate.decode_state(data)
        except OtherForm:
            found[stream] = None  # its place
            other.append(stream)
    if other:
        found |= {
            stream: state
            for stream, (state, _) in (await fold(connection, aggregate, other)).items()
        }
    return found


async def streams_of(connection: Connection, prefix: str) -> list[str]:
    """All streams whose names begin so, by name."""
    rows = await connection.fetch(_STREAMS_OF, prefix, _after(prefix))
    return [row["stream"] for row in rows]


class Selection(NamedTuple):
    """Which events of a stream: behind a version, up to an instant, those that had a cause, up to a
    version, behind an instant, of one type.
    """

    after: int = 0
    until: datetime | None = None
    cause: str | None = None
    through: int | None = None
    since: datetime | None = None
    type: str | None = None


EVERY = Selection()


async def events_in(
    connection: Connection, aggregate: Aggregate[Any, Any], stream: str, wanted: Selection = EVERY
) -> AsyncIterator[Stored]:
    """Some events of one stream, oldest first; read as they are taken."""
    async with connection.transaction():
        cursor = await connection.cursor(_SELECTED, stream, *wanted)
        while rows := await cursor.fetch(_ROWS):
            for stored in _read(aggregate, rows):
                yield stored


async def portion_of(
    connection: Connection, aggregate: Aggregate[Any, Any], stream: str, wanted: Selection
) -> list[Stored]:
    """The first of these events, so many as are read at once; none where there are no more."""
    return list(_read(aggregate, await connection.fetch(_PORTION, stream, *wanted)))


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
            history.events.append(Dated(at, aggregate.readers[kind](unpacked(data))))
    if history.events:
        yield history


async def batches_of(
    connection: Connection, aggregate: Aggregate[Any, Any], prefix: str, until: datetime
) -> AsyncIterator[list[History]]:
    """The same, several short histories at once: so many as are worth a thread's while."""
    batch: list[History] = []
    size = 0
    async for history in histories_of(connection, aggregate, prefix, until):
        batch.append(history)
        size += len(history.events)
        if size >= _ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(aggregate: Aggregate[Any, Any], rows: Iterable[Any]) -> Iterator[Stored]:
    read = aggregate.readers
    for s, v, t, at, c, data, ln, p in rows:
        told = unpacked(data)
        yield Stored(s, v, t, at, c, read[t](told), ln, p, recorder_of(told))


def _after(prefix: str) -> str:
    """The first text behind all that begin so, in the order of the store's names (by code)."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
