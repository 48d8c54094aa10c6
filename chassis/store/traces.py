"""Which trace an event belongs to, so that what it leads to later, anywhere, belongs to it too.

Rows are beside the events, not in them: an event that belongs to no sampled trace has none, and
costs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from asyncpg import Connection
from msgspec import Struct

from chassis.errors import Conflict
from chassis.store.aggregate import Aggregate
from chassis.store.packing import unpacked
from chassis.store.stored import Stored
from chassis.store.work import Work
from chassis.tracing.traceparent import Context
from contracts.words.streams import kind_of

KEPT_FOR = timedelta(days=90)
"""For how long a chain may wait for its next step and still be one trace."""

_COLUMNS = ("stream", "version", "trace", "at")
_OF_EVENTS = """
select t.stream, t.version, t.trace from traces t
join unnest($1::text[], $2::int[]) wanted (stream, version) using (stream, version)"""
_OF_LAST = """
select t.stream, t.trace from traces t join state s using (stream, version)
where t.stream = any($1::text[])"""
_OF_TYPES = """
select e.stream, e.type, e.data, t.trace from traces t join events e using (stream, version)
where t.stream = any($1::text[]) and e.type = any($2::text[]) order by e.stream, e.version"""
SWEEP = """
delete from traces where ctid in (select ctid from traces where at <= $1 limit $2)"""
"""Deletes some of those from before an instant."""


async def remember(connection: Connection, work: Work) -> None:
    """Write which traces the work's events belong to; raises `Conflict` when another writer was
    first on one of their streams.
    """
    if not work.traced:
        return
    rows = [
        (stream, version, span.context, at)
        for first, last, span in work.traced
        for _, stream, version, _, at, _, _ in work.pending[first:last]
    ]
    if not rows:
        return
    try:
        await connection.copy_records_to_table("traces", records=rows, columns=_COLUMNS)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("another writer was first on one of these streams") from error


async def of_events(
    connection: Connection, events: Sequence[Stored]
) -> Mapping[tuple[str, int], Context]:
    """By stream and version, the traces of those events that have one."""
    streams = [stored.stream for stored in events]
    rows = await connection.fetch(_OF_EVENTS, streams, [stored.version for stored in events])
    return {(stream, version): trace for stream, version, trace in rows}


async def of_last_events(connection: Connection, streams: Sequence[str]) -> Mapping[str, Context]:
    """The traces of what last happened in some streams, where that has one."""
    return dict(await connection.fetch(_OF_LAST, streams))


async def of_types(
    connection: Connection,
    aggregates: Mapping[str, Aggregate[Any, Any]],
    streams: Iterable[str],
    types: Iterable[type[Struct]],
) -> list[tuple[str, Any, Context]]:
    """The events of some types in some streams that belong to a trace, with their stream and it,
    oldest first.
    """
    kinds = [one.__struct_config__.tag for one in types]
    rows = await connection.fetch(_OF_TYPES, list(streams), kinds)
    return [
        (stream, aggregates[kind_of(stream)].readers[kind](unpacked(data)), trace)
        for stream, kind, data, trace in rows
    ]
