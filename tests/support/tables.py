"""What is in a table, for comparing."""

from typing import Any

from asyncpg import Connection

from chassis.errors import BrokenInvariant


async def rows(connection: Connection, table: str) -> list[bytes]:
    """Every row of a table as PostgreSQL writes it, sorted: equal lists mean equal bytes."""
    if not table.replace("_", "").isalnum():
        raise BrokenInvariant(f"{table!r} is no table name")
    found: list[Any] = await connection.fetch(
        f'select t::text from {table} t order by t::text collate "C"'  # noqa: S608 - checked above
    )
    return [row[0].encode() for row in found]
