"""What nobody but an administrator of the database can do."""

from typing import Any

import asyncpg


async def as_administrator(
    pool: "asyncpg.Pool[asyncpg.Record]", statement: str, *values: Any
) -> list[Any]:
    """Run a statement that no trigger stops."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        found: list[Any] = await connection.fetch(statement, *values)
        return found
