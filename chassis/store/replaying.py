"""Folding streams anew from their events, one stream after the other, into a table of states.

No state is read back or written twice, as it would be lane by lane; the next events are on their
way while those before are folded.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.store.aggregate import Aggregate
from chassis.store.packing import unpacked
from chassis.store.pool import acquire
from chassis.store.store import Store

_REACHED = """
select lane, position from (
  select lane, (select max(position) from events where events.lane = all_lanes.lane) as position
  from generate_series(0, (select partitions - 1 from store_meta)) all_lanes (lane)) found
where position is not null"""
_EVENTS = """
select stream, version, type, lane, data from events
where (stream, version) > ($1, $2) and stream < $3 and position <= ($4::bigint[])[lane + 1]
order by stream, version limit $5"""
_COLUMNS = ("stream", "lane", "version", "data", "wake_at")
_ROWS = 500
"""Read at once: so many fit into the connection's buffer, so the store need not wait for us."""
_STATES = 2_000
"""Written at once."""


class _Folded(NamedTuple):
    """How far a stream is folded."""

    stream: str
    lane: int
    version: int
    state: Any


async def reached(connection: Connection) -> dict[int, int]:
    """Up to which position each lane has events: nothing comes before that any more."""
    return {row["lane"]: row["position"] for row in await connection.fetch(_REACHED)}


async def fold_streams(
    store: Store,
    connection: Connection,
    kinds: Collection[str],
    through: Mapping[int, int],
    table: str,
    passed: Callable[[int], None],
    at_once: int = _ROWS,
) -> None:
    """Fold the streams of some aggregates up to a position of each lane, and write their states to
    an empty table, on the connection given. `passed` is told how many events were read, portion by
    portion of so many `at_once`.
    """
    places = [through.get(lane) for lane in range(max(through, default=-1) + 1)]
    async with acquire(store.pool) as reader:
        for kind in sorted(kinds):
            writer = _Writer(store.aggregates[kind], connection, table)
            async for rows in _portions(reader, kind, places, at_once):
                writer.fold(rows)
                await writer.write(_STATES)
                passed(len(rows))
            writer.end()
            await writer.write(1)


class _Writer:
    """Folds what comes, and writes the states of the streams that are complete."""

    def __init__(self, aggregate: Aggregate[Any, Any], connection: Connection, table: str) -> None:
        self._aggregate = aggregate
        self._connection = connection
        self._table = table
        self._last: _Folded | None = None
        self._done: list[tuple[Any, ...]] = []

    def fold(self, rows: Sequence[Any]) -> None:
        """Fold some events behind those before."""
        aggregate = self._aggregate
        evolve, readers = aggregate.evolve, aggregate.readers
        last = self._last or _Folded("", 0, 0, None)
        current, began, at, state = last
        for stream, version, kind, lane, data in rows:
            if stream != current:
                self._keep(current, began, at, state)
                current, began, state = stream, lane, aggregate.initial(stream)
            state, at = evolve(state, readers[kind](unpacked(data))), version
        self._last = _Folded(current, began, at, state)

    def end(self) -> None:
        """There are no more events: the last stream is complete too."""
        if self._last is not None:
            self._keep(*self._last)
            self._last = None

    def _keep(self, stream: str, lane: int, version: int, state: Any) -> None:
        if version:
            aggregate = self._aggregate
            row = (stream, lane, version, aggregate.encode_state(state), aggregate.wake_at(state))
            self._done.append(row)

    async def write(self, number: int) -> None:
        """Write the complete ones, if there are so many."""
        if len(self._done) >= number:
            done, self._done = self._done, []
            await self._connection.copy_records_to_table(
                self._table, records=done, columns=_COLUMNS
            )


async def _portions(
    connection: Connection, kind: str, places: Sequence[int | None], at_once: int
) -> AsyncIterator[Sequence[Any]]:
    """The events of an aggregate's streams, stream by stream; the next are asked for before."""
    end = f"{kind}."  # "." comes after "-"

    def ask(stream: str, version: int) -> "asyncio.Task[Sequence[Any]]":
        asked = connection.fetch(_EVENTS, stream, version, end, places, at_once)
        return asyncio.ensure_future(asked)

    asked = ask(f"{kind}-", 0)
    try:
        while rows := await asked:
            last = rows[-1]
            asked = ask(last["stream"], last["version"])
            await asyncio.sleep(0)  # it is sent before anything is done about these
            yield rows
    finally:
        asked.cancel()
