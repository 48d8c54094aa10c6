"""A schema's tables as files: read in somebody's snapshot, and filled again.

What is made of the events by itself (views) and what is only true of running instances is left
out. Rows travel in PostgreSQL's text form of COPY, which every version reads.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple

from asyncpg import Connection
from msgspec import Struct

from chassis.store import removal

Sink = Callable[[bytes], Awaitable[None]]

_SCHEMAS = "select nspname from pg_namespace where nspname = any($1::text[])"
_TABLES = r"""
select c.relname as name,
  array_agg(a.attname::text order by a.attnum) as columns,
  array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum) as types,
  array(select k.attname::text from pg_index i
    join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any(i.indkey)
    where i.indrelid = c.oid and i.indisprimary) as key,
  array(select f.relname::text from pg_constraint o join pg_class f on f.oid = o.confrelid
    where o.conrelid = c.oid and o.contype = 'f' and f.oid <> c.oid) as needs
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = $1 and c.relkind = 'r' and c.relname not like 'view\_%'
  and c.relname not like '%\_next' and c.relname <> all($2::text[])
group by c.oid, c.relname order by c.relname"""
_NOT_COPIED = ("alembic_version", "members", "traces", "view_cursors")
_SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = $1"
_REVISIONS = "select version_num from {schema}.alembic_version order by 1"
_META = "select epoch, partitions, key_check, next_key_check from {schema}.store_meta"
_RELAYED = "select lane, position from {schema}.relay order by lane"
_OFFSETS = "select topic, lane, next_offset from {schema}.offsets"
_READS = "select topic, topic_id from {schema}.topics order by topic"
_IS_USED = """
select exists (select from {schema}.events) or exists (select from {schema}.inbox)
  or exists (select from {schema}.offsets)"""
_IS_THERE = "select to_regclass($1) is not null"


class Table(NamedTuple):
    """A table, its columns with their types, and which of them are its key."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: tuple[str, ...]


class Store(Struct, frozen=True):
    """What a copy says of the store it is of.

    `relayed` is from before the copy: what was published after it may be in the copy, and may not.
    `reads` are the topics it reads, with their ids.
    """

    revisions: tuple[str, ...]
    epoch: str
    partitions: int | None
    key_check: bytes | None
    sequences: dict[str, int]
    relayed: dict[int, int]
    offsets: tuple[tuple[str, int, int], ...]
    reads: dict[str, str]
    next_key_check: bytes | None = None


async def has_store(connection: Connection, schema: str) -> bool:
    """Whether a schema is that of a service."""
    found: bool = await connection.fetchval(_IS_THERE, f"{schema}.store_meta")
    return found


async def drop(connection: Connection, schema: str) -> None:
    """Take a store away, with all it has."""
    await connection.execute(f"drop schema if exists {schema} cascade")


async def is_used(connection: Connection, schema: str) -> bool:
    """Whether a store has consumed or recorded anything."""
    used: bool = await connection.fetchval(_IS_USED.format(schema=schema))
    return used


async def relayed(connection: Connection, schema: str) -> dict[int, int]:
    """The last position of each lane that is published for certain."""
    rows = await connection.fetch(_RELAYED.format(schema=schema))
    return {row["lane"]: row["position"] for row in rows}


async def describe(connection: Connection, schema: str, relayed: dict[int, int]) -> Store:
    """What a store is, as this connection's transaction sees it."""
    meta = await connection.fetchrow(_META.format(schema=schema))
    sequences = await connection.fetch(_SEQUENCES, schema)
    revisions = await connection.fetch(_REVISIONS.format(schema=schema))
    offsets = await connection.fetch(_OFFSETS.format(schema=schema))
    reads = await connection.fetch(_READS.format(schema=schema))
    return Store(
        revisions=tuple(row[0] for row in revisions),
        epoch=meta["epoch"],
        partitions=meta["partitions"],
        key_check=meta["key_check"],
        sequences={name: last for name, last in sequences if last is not None},
        relayed=relayed,
        offsets=tuple((row[0], row[1], row[2]) for row in offsets),
        reads={row["topic"]: row["topic_id"] for row in reads},
        next_key_check=meta["next_key_check"],
    )


async def tables(connection: Connection, schema: str) -> list[Table]:
    """The tables to copy, each behind those that its rows refer to."""
    rows = await connection.fetch(_TABLES, schema, list(_NOT_COPIED))
    found = {
        row["name"]: Table(
            row["name"], tuple(row["columns"]), tuple(row["types"]), tuple(row["key"])
        )
        for row in rows
    }
    order = TopologicalSorter({row["name"]: row["needs"] for row in rows}).static_order()
    return [found[name] for name in order if name in found]


async def empty(connection: Connection, schema: str, names: Sequence[str]) -> None:
    """Take away what a fresh store has in some tables, in a transaction."""
    there = [
        f'{schema}."{name}"'
        for name in names
        if await connection.fetchval(_IS_THERE, f'{schema}."{name}"')
    ]
    await removal.allow(connection)
    await connection.execute(f"truncate {', '.join(there)} cascade")


async def copy_out(connection: Connection, schema: str, table: Table, sink: Sink) -> int:
    """Write the rows of a table to `sink`, as they come; returns how many there were."""
    status = await connection.copy_from_table(
        table.name, schema_name=schema, columns=table.columns, output=sink, timeout=None
    )
    return int(status.split()[-1])


async def copy_in(
    connection: Connection, schema: str, table: Table, rows: AsyncIterator[bytes]
) -> int:
    """Fill an empty table; returns how many rows it has. One that only stores from earlier versions
    have is made.
    """
    columns = [f'"{one}" {kind}' for one, kind in zip(table.columns, table.types, strict=True)]
    if table.key:
        columns.append(f"primary key ({', '.join(table.key)})")
    name = f'{schema}."{table.name}"'
    await connection.execute(f"create table if not exists {name} ({', '.join(columns)})")
    status = await connection.copy_to_table(
        table.name, schema_name=schema, columns=table.columns, source=rows, timeout=None
    )
    return int(status.split()[-1])
