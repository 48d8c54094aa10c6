"""Connections to PostgreSQL, bounded in number and in time."""

from datetime import timedelta

import asyncpg

ACQUIRE_SECONDS = 10.0
_STATEMENT_TIMEOUT = timedelta(seconds=60)


async def create_pool(dsn: str, schema: str, *, size: int = 8) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose connections live in one schema.

    Every wait has an end: acquiring, locks, statements and transactions left idle, so that a fault
    shows as an error and not as a service that hangs.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=_STATEMENT_TIMEOUT.total_seconds() * 2,
        server_settings={
            "search_path": schema,
            "application_name": f"arrears-{schema}",
            "statement_timeout": f"{int(_STATEMENT_TIMEOUT.total_seconds() * 1000)}",
            "lock_timeout": "20000",
            "idle_in_transaction_session_timeout": "15000",
            "jit": "off",
        },
    )
