"""The tables and the append function of the embedded bus, which `arrears migrate` lays out."""

import asyncio
import re

from asyncpg import Connection

from chassis import postgres
from chassis.errors import Misconfigured, WrongSchema

VERSION = 1
"""Of what is below: raise it with every change."""

_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")
_IS_THERE = "select to_regnamespace($1) is not null"
_CREATE = "create schema {schema}"
_SAYS = "arrears bus "
_SAID = "select obj_description(to_regnamespace($1)::oid, 'pg_namespace')"
_SAY = f"comment on schema {{schema}} is '{_SAYS}{VERSION}'"

# A publisher holds the row locks of its partitions until it commits, so offsets are handed out in
# the order of commits: a reader never sees offset n + 1 before n. Locks are taken in one order, so
# publishers cannot deadlock.
_LOCK = "select pg_advisory_xact_lock(hashtextextended('arrears bus {schema}', 0))"
DDL = """
create table if not exists {schema}.topics (
    topic text primary key,
    id uuid not null default gen_random_uuid(),
    partitions integer not null check (partitions > 0)
);
create table if not exists {schema}.partitions (
    topic text not null references {schema}.topics on delete cascade,
    partition integer not null,
    first_offset bigint not null default 0,
    next_offset bigint not null default 0,
    primary key (topic, partition),
    check (first_offset between 0 and next_offset)
) with (fillfactor = 50);
create table if not exists {schema}.log (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key bytea,
    value bytea not null,
    headers bytea,
    primary key (topic, partition, "offset"),
    foreign key (topic, partition) references {schema}.partitions on delete cascade
);
create table if not exists {schema}.readings (
    reader text not null,
    topic text not null references {schema}.topics on delete cascade,
    partition integer not null,
    next_offset bigint not null,
    primary key (reader, topic, partition)
);
create or replace function {schema}.append(
    in_topics text[], in_partitions integer[],
    in_keys bytea[], in_values bytea[], in_headers bytea[]
) returns void language plpgsql as $append$
declare
    appended bigint;
begin
    perform 1 from {schema}.partitions p
     where (p.topic, p.partition) in (select t, n from unnest(in_topics, in_partitions) u(t, n))
     order by p.topic, p.partition
       for update;

    insert into {schema}.log (topic, partition, "offset", key, value, headers)
    select p.topic, p.partition, p.next_offset + g.nth, g.key, g.value, g.headers
      from (select u.*,
                   row_number() over (partition by u.topic, u.partition order by u.ord) - 1 as nth
              from unnest(in_topics, in_partitions, in_keys, in_values, in_headers)
                   with ordinality u(topic, partition, key, value, headers, ord)) g
      join {schema}.partitions p using (topic, partition);
    get diagnostics appended = row_count;
    if appended <> cardinality(in_topics) then
        raise exception 'a topic or partition does not exist' using errcode = 'no_data_found';
    end if;

    update {schema}.partitions p set next_offset = p.next_offset + c.n
      from (select t, n as part, count(*) as n
              from unnest(in_topics, in_partitions) u(t, n) group by 1, 2) c
     where p.topic = c.t and p.partition = c.part;

    perform pg_notify('{schema}', u.t || ' ' || u.n)
       from (select distinct t, n from unnest(in_topics, in_partitions) x(t, n)) u;
end
$append$;
"""
# Whoever reads the server's files should not find what was deleted: rows are cleaned up within the
# minute however few they are, and no sample of them is kept. No version: it changes nothing else.
_CLEAN = """
alter table {schema}.log set (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
alter table {schema}.log alter column value set statistics 0;
"""


async def lay_out(dsn: str, schema: str = "bus") -> None:
    """Create what is missing; raises `WrongSchema` where a later version did. Safe when several
    processes do it at once.
    """
    connection = await postgres.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(in_schema(_LOCK, schema))
            if await _laid_out(connection, schema) > VERSION:
                raise _newer(schema)
            if not await connection.fetchval(
                _IS_THERE, schema
            ):  # a role of its own may create none
                await connection.execute(in_schema(_CREATE, schema))
            await connection.execute(in_schema(DDL + _CLEAN, schema))
            await connection.execute(in_schema(_SAY, schema))
    finally:
        await asyncio.shield(connection.close())


async def require_this_version(connection: Connection, schema: str = "bus") -> None:
    """Raise `WrongSchema` for a bus that is missing, older or newer, with what to do about it."""
    found = await _laid_out(connection, schema)
    if found > VERSION:
        raise _newer(schema)
    if found < VERSION:
        raise WrongSchema(
            f"the database of the embedded bus has no schema {schema} of this version: run "
            "`arrears migrate bus` first"
        )


async def _laid_out(connection: Connection, schema: str) -> int:
    """The version of a bus; 0 of one that does not say it, or is not there."""
    said = await connection.fetchval(_SAID, in_schema("{schema}", schema)) or ""
    number = said.removeprefix(_SAYS)
    return int(number) if number.isdecimal() else 0


def _newer(schema: str) -> WrongSchema:
    return WrongSchema(
        f"the embedded bus in schema {schema} is newer than this version: use the version that "
        "laid it out, or a later one"
    )


def in_schema(sql: str, schema: str) -> str:
    """Return `sql` with the schema's name, which is checked, for it cannot be bound."""
    if not _SCHEMA_NAME.fullmatch(schema):
        raise Misconfigured(f"bus schema {schema!r}: expected lower-case letters, digits and _")
    return sql.replace("{schema}", schema)
