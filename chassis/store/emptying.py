"""Emptying a store, for the next simulation on the same start."""

from asyncpg import Connection

from chassis.store import offsets, removal
from chassis.store.offsets import Positions

_KEPT = frozenset({"store_meta", "topics", "alembic_version"})
_TABLES = "select tablename from pg_tables where schemaname = $1"


async def empty(connection: Connection, schema: str, *, begin_at: Positions) -> None:
    """Truncate every table of a schema but those that say which store it is; it then begins to read
    at the given places.
    """
    async with connection.transaction():
        names = {row["tablename"] for row in await connection.fetch(_TABLES, schema)} - _KEPT
        await removal.allow(connection)
        await connection.execute(f"truncate {', '.join(sorted(names))} cascade")
        await offsets.begin_at(connection, begin_at)
