"""Rebuilding what is derived from the events beside the live tables, while the service runs, then
swapping.

Nothing here can reach the bus or a gateway: a replay has no effects by construction.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from chassis.store import event_letters, replaying
from chassis.store.event_letters import Head
from chassis.store.pool import acquire
from chassis.store.replaying import fold_streams
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.views import Projector, View, create, letters_of, table_of
from contracts.words.streams import kind_of

_COUNT = "select count(*) from events"
_LANES = "select distinct lane from events order by lane"
_NEXT_STATE = "create table state_next (like state including all) with (fillfactor = 85)"
_SAVE = """
insert into state_next (stream, lane, version, data, wake_at)
select * from unnest($1::text[], $2::int[], $3::int[], $4::bytea[], $5::timestamptz[])
on conflict (stream) do update
set version = excluded.version, data = excluded.data, wake_at = excluded.wake_at,
  lane = case when excluded.lane = -1 then state_next.lane else excluded.lane end"""
_LATER_LANE = -1
_LOAD = "select stream, version, data from state_next where stream = any($1::text[])"
_KEEP_OTHERS = """
insert into state_next select * from state where split_part(stream, '-', 1) <> all($1::text[])"""
_LOCK_LANE = "select pg_advisory_xact_lock(hashtext(current_schema()), $1)"
_NO_HURRY = "set statement_timeout = 0"
_AS_BEFORE = "reset statement_timeout"
_COMPARE_SECONDS_MAX = 3600.0
_BATCH = 5000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild found: how many events it read, and whether the new tables differ from the
    old.
    """

    events: int
    streams: int
    different: tuple[str, ...]


async def rebuild(store: Store, projector: Projector, progress: Progress) -> Rebuilt:
    """Rebuild the states and all views, swap them in, and say which tables came out different.

    `progress(done, total)` is called per batch, in events read. Live writers go on until the swap,
    which holds them up for the rest they wrote meanwhile.
    """
    total = await store.pool.fetchval(_COUNT)
    steps = total * (1 + len(projector.views))
    counter = _Counter(progress, steps)
    different: list[str] = []
    async with acquire(store.pool) as connection:
        if await rebuild_states(store, connection, store.aggregates, counter.add):
            different.append("state")
    different += await rebuild_views(store, projector, counter.add)
    streams = await store.pool.fetchval("select count(*) from state")
    return Rebuilt(total, streams, tuple(different))


async def rebuild_views(
    store: Store, projector: Projector, passed: Callable[[int], None]
) -> list[str]:
    """Make all views anew and swap them in; returns which tables came out different.

    `passed` is told how many events were read, batch by batch, of one view after the other.
    """
    return [
        table_of(view)
        for view in projector.views
        if await _rebuild_view(store, projector, view, passed)
    ]


class _Counter:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def add(self, number: int) -> None:
        self._done += number
        self._progress(min(self._done, self._total), self._total)


async def rebuild_states(
    store: Store, connection: Connection, kinds: Collection[str], passed: Callable[[int], None]
) -> bool:
    """Fold the states of some aggregates anew and swap them in; returns whether any is different.

    `passed` is told how many events were read, batch by batch.
    """
    await connection.execute(_NO_HURRY)
    await connection.execute("drop table if exists state_next")
    await connection.execute(_NEXT_STATE)
    reached = await replaying.reached(connection)
    await fold_streams(store, connection, kinds, reached, "state_next", passed)
    await _fold_lanes(store, connection, kinds, reached, passed)
    async with connection.transaction():
        await connection.execute("lock table state in access exclusive mode")
        await _lock_lanes(connection)
        await _fold_lanes(store, connection, kinds, reached, passed)
        await connection.execute(_KEEP_OTHERS, list(kinds))
        changed = await _differ(connection, "state", "state_next")
        await connection.execute("drop table state")
        await connection.execute("alter table state_next rename to state")
        await _rename_indexes(connection, "state_next", "state")
    await connection.execute(_AS_BEFORE)
    return changed


async def _fold_lanes(
    store: Store,
    connection: Connection,
    kinds: Collection[str],
    reached: dict[int, int],
    passed: Callable[[int], None],
) -> None:
    for row in await connection.fetch(_LANES):
        lane = row["lane"]
        while events := await store.lane_after(connection, lane, reached.get(lane, 0), _BATCH):
            await _fold(store, connection, lane, [e for e in events if kind_of(e.stream) in kinds])
            reached[lane] = events[-1].position
            passed(len(events))


async def _fold(store: Store, connection: Connection, lane: int, events: list[Stored]) -> None:
    """Fold some events of a lane; a stream that several lanes write is of the lane it began in."""
    began = {stored.stream for stored in events if stored.version == 1}
    streams = list(dict.fromkeys(stored.stream for stored in events))
    states: dict[str, tuple[Any, int]] = {}
    for stream, version, data in await connection.fetch(_LOAD, streams):
        states[stream] = (store.aggregates[kind_of(stream)].decode_state(data), version)
    for stored in events:
        aggregate = store.aggregates[kind_of(stored.stream)]
        state, version = states.get(stored.stream) or (aggregate.initial(stored.stream), 0)
        states[stored.stream] = (aggregate.evolve(state, stored.event), version + 1)
    saved = [_row(store, stream, *states[stream]) for stream in sorted(states)]
    await connection.execute(
        _SAVE,
        [row[0] for row in saved],
        [lane if row[0] in began else _LATER_LANE for row in saved],
        [row[1] for row in saved],
        [row[2] for row in saved],
        [row[3] for row in saved],
    )


def _row(
    store: Store, stream: str, state: Any, version: int
) -> tuple[str, int, bytes, datetime | None]:
    aggregate = store.aggregates[kind_of(stream)]
    return stream, version, aggregate.encode_state(state), aggregate.wake_at(state)


async def _rebuild_view(
    store: Store, projector: Projector, view: View, passed: Callable[[int], None]
) -> bool:
    live, beside, cursor = table_of(view), f"{table_of(view)}_next", f"{view.name}_next"
    aside: list[Head] = []
    async with acquire(store.pool) as connection:
        await connection.execute(_NO_HURRY)
        await connection.execute(f"drop table if exists {beside}")
        await connection.execute("delete from view_cursors where view = $1", cursor)
        await create(connection, view, beside)
        await _advance_all(projector, connection, view, cursor, beside, passed, aside)
        async with connection.transaction():
            await connection.execute(
                "select 1 from view_cursors where view = $1 for update", view.name
            )
            await _lock_lanes(connection)
            await _advance_all(projector, connection, view, cursor, beside, passed, aside)
            for row in await connection.fetch(_LANES):
                while await projector.advance(connection, view, view.name, live, row["lane"]):
                    pass
            changed = await _differ(connection, live, beside)
            await connection.execute(f"drop table {live}")
            await connection.execute(f"alter table {beside} rename to {live}")
            await _rename_indexes(connection, beside, live)
            await connection.execute("delete from view_cursors where view = $1", cursor)
            await event_letters.resolve(connection, letters_of(view), but=aside)
        await connection.execute(_AS_BEFORE)
        return changed


async def _advance_all(
    projector: Projector,
    connection: Connection,
    view: View,
    cursor: str,
    table: str,
    passed: Callable[[int], None],
    aside: list[Head],
) -> None:
    for (lane,) in await connection.fetch(_LANES):
        while moved := await projector.advance(connection, view, cursor, table, lane, aside):
            passed(moved)


async def _lock_lanes(connection: Connection) -> None:
    for row in await connection.fetch(_LANES):
        await connection.execute(_LOCK_LANE, row["lane"])


async def _differ(connection: Connection, left: str, right: str) -> bool:
    query = f"""select exists (
      (select * from {left} except select * from {right})
      union all (select * from {right} except select * from {left}))"""  # noqa: S608 - our own names
    different: bool = await connection.fetchval(query, timeout=_COMPARE_SECONDS_MAX)
    return different


async def _rename_indexes(connection: Connection, old: str, new: str) -> None:
    names = await connection.fetch(
        "select indexname from pg_indexes where schemaname = current_schema() and tablename = $1",
        new,
    )
    for (name,) in names:
        if name.startswith(old):
            await connection.execute(f'alter index "{name}" rename to "{new}{name[len(old) :]}"')
