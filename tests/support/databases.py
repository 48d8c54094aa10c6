"""Statements on databases by tests that look, or reach, past a service."""

import asyncpg


async def execute(dsn: str, statement: str) -> None:
    """Run one statement over a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
