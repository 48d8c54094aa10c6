"""What the tables of the services take on disk."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from asyncpg import Connection

from arrears.stack import Stack
from chassis.store.pool import acquire

_TABLES = """
select c.relname::text as name, pg_relation_size(c.oid)
  + coalesce((select sum(pg_relation_size(i.indexrelid)) from pg_index i
              where i.indrelid in (c.oid, c.reltoastrelid)), 0)::bigint
  + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) as bytes
from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
order by 1"""
_NO_HURRY = "set statement_timeout = 0"
_AS_BEFORE = "reset statement_timeout"


class Place(NamedTuple):
    """A table of a service."""

    service: str
    table: str


async def sizes(stack: Stack) -> Mapping[Place, int]:
    """The bytes of each table with its indexes and what is kept beside it; the maps of free space,
    which do not grow with few rows, are left out.
    """
    found: dict[Place, int] = {}
    async for service, connection in _each(stack):
        for name, size in await connection.fetch(_TABLES):
            found[Place(service, name)] = size
    return found


async def vacuum(stack: Stack, *, full: bool = False) -> None:
    """Make what dead rows took free for others, as autovacuum does, or write all tables anew."""
    options = "(full)" if full else "(truncate)"
    async for _, connection in _each(stack):
        for name, _size in await connection.fetch(_TABLES):
            await connection.execute(f'vacuum {options} "{name}"')


async def _each(stack: Stack) -> AsyncIterator[tuple[str, Connection]]:
    for name, service in stack.services.items():
        async with acquire(service.store.pool) as connection:
            await connection.execute(_NO_HURRY)
            try:
                yield name, connection
            finally:
                await connection.execute(_AS_BEFORE)
