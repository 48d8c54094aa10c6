"""A store on its way back from a backup: it starts nothing before all of it is done."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from asyncpg import Connection

from chassis.errors import Misconfigured
from chassis.store import copies, offsets
from chassis.store.offsets import Positions

_BEGIN = "update {schema}.store_meta set restoring = true"
_WHOLE = "update {schema}.store_meta set restoring = false"
_IS_RESTORING = "select restoring from {schema}.store_meta"
_IS_RESTORING_HERE = "select restoring from store_meta"
_NOBODYS = "update {schema}.lanes set owner = null, epoch = epoch + 1"
_RELAYED = "update {schema}.relay set position = $2 where lane = $1"
_SET_SEQUENCE = "select setval(format('%I.%I', $1::text, $2::text)::regclass, $3)"
_LAST_POSITION = "select coalesce(max(position), 0) from {schema}.events"
_NEW_EPOCH = """
insert into {schema}.epochs (from_position, epoch) values ($1, $2)
on conflict (from_position) do update set epoch = excluded.epoch"""
_FORGET_BUS = ("delete from {schema}.topics", "delete from {schema}.forget_queue")
_NO_OFFSETS = "delete from {schema}.offsets where topic = any($1::text[])"
_BACKED_UP = """
insert into {schema}.backed_up (topic, lane, next_offset, at)
select topic, lane, next_offset, clock_timestamp()
from unnest($1::text[], $2::int[], $3::bigint[]) n (topic, lane, next_offset)
on conflict (topic, lane) do update
set next_offset = excluded.next_offset, at = excluded.at where $4"""
_NEEDED = """
select topic, lane, next_offset from backed_up
where at > clock_timestamp() - make_interval(days => $1)"""
_BACKED_UP_AT = "select max(at) from backed_up"
_NOT_BACKED_UP = "delete from {schema}.backed_up"


async def begin(connection: Connection, schema: str) -> None:
    """From here on the store starts nothing."""
    await connection.execute(_BEGIN.format(schema=schema))


async def settle(
    connection: Connection, schema: str, store: copies.Store, *, new_bus: bool
) -> None:
    """Make a store out of the rows of its copy, in the transaction that filled them in.

    Its lanes are nobody's. What may not have been published is published again, under the ids it
    had; what is decided from now on gets ids of another epoch.
    """
    await begin(connection, schema)
    await connection.execute(_NOBODYS.format(schema=schema))
    for lane, position in store.relayed.items():
        await connection.execute(_RELAYED.format(schema=schema), lane, position)
    last = await connection.fetchval(_LAST_POSITION.format(schema=schema))
    sequences = store.sequences | {
        "events_position": max(last, store.sequences.get("events_position", 0), 1)
    }
    for name, value in sequences.items():
        await connection.execute(_SET_SEQUENCE, schema, name, value)
    await connection.execute(_NEW_EPOCH.format(schema=schema), last + 1, secrets.token_hex(16))
    await connection.execute(_NOT_BACKED_UP.format(schema=schema))
    for statement in _FORGET_BUS if new_bus else ():
        await connection.execute(statement.format(schema=schema))


async def begin_at(connection: Connection, schema: str, positions: Positions) -> None:
    """Have a service read some topics from these places."""
    await connection.execute(
        _NO_OFFSETS.format(schema=schema), sorted({topic for topic, _ in positions})
    )
    await connection.execute(f"set local search_path = {schema}")
    await offsets.begin_at(connection, positions)


async def backed_up_at(connection: Connection) -> datetime | None:
    """When the last backup of this store was begun; None for a store that has none."""
    at: datetime | None = await connection.fetchval(_BACKED_UP_AT)
    return at


async def needed(connection: Connection, days: int) -> Positions:
    """From where on a restore of the newest backup needs the bus, unless it is older than that."""
    rows = await connection.fetch(_NEEDED, days)
    return {(topic, lane): at for topic, lane, at in rows}


async def note_backup(
    connection: Connection, schema: str, positions: Positions, *, finished: bool
) -> None:
    """Remember up to where a backup has read the bus: what comes behind is needed to restore it.

    One that only begins (not `finished`) changes nothing where there was one before.
    """
    columns = _columns(positions)
    await connection.execute(_BACKED_UP.format(schema=schema), *columns, finished)


async def whole(connection: Connection, schema: str) -> None:
    """Let the store start."""
    await connection.execute(_WHOLE.format(schema=schema))


async def is_restoring(connection: Connection, schema: str) -> bool:
    """Whether a restore of a store began and did not come to its end."""
    found: bool = await connection.fetchval(_IS_RESTORING.format(schema=schema))
    return found


async def require_whole(connection: Connection, service: str) -> None:
    """Raise `Misconfigured` for a store whose restore did not come to its end: erasures may be
    missing, and what was sent already would be sent again.
    """
    if await connection.fetchval(_IS_RESTORING_HERE):
        raise Misconfigured(
            f"the {service} store is being restored: let `arrears restore` come to its end, or "
            "run it again, before anything is started"
        )


def _columns(positions: Mapping[tuple[str, int], int]) -> tuple[list[str], list[int], list[int]]:
    places = list(positions)
    topics, lanes = [topic for topic, _ in places], [lane for _, lane in places]
    return topics, lanes, [positions[place] for place in places]
