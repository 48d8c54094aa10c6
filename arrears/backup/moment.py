"""One moment of all stores, also where they are in several databases.

PostgreSQL has no snapshot across databases, but services learn of one another from the bus alone,
and what they heard is committed together with their offsets. So the offsets of all stores are held
for the moment in which the snapshots are opened: no snapshot then has the effect of something that
the snapshot of whoever said it does not have.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import asyncpg
from asyncpg import Connection

from chassis import postgres
from chassis.errors import Transient
from chassis.settings import ServiceName

Connections = Mapping[ServiceName, Connection]
"""To the database of each service; those that share one share the connection."""

_UNHURRIED = """
set statement_timeout = 0; set idle_in_transaction_session_timeout = 0"""
_HOLD = "lock table {schema}.offsets in share mode"
_WAIT_NOT_LONG = "set lock_timeout = '5s'"
_OPEN = "select clock_timestamp()"  # the first statement of a transaction opens its snapshot


@contextlib.asynccontextmanager
async def connected(databases: Mapping[ServiceName, str]) -> AsyncIterator[Connections]:
    """Connections for work that takes as long as it takes."""
    async with contextlib.AsyncExitStack() as exits:
        opened = {dsn: await exits.enter_async_context(_to(dsn)) for dsn in {*databases.values()}}
        yield {name: opened[dsn] for name, dsn in databases.items()}


@contextlib.asynccontextmanager
async def one_moment(
    databases: Mapping[ServiceName, str], connections: Connections
) -> AsyncIterator[datetime]:
    """Have all connections see the stores as they are now; yields when that is.

    Raises `Transient` where a store cannot be held because somebody works on it for too long.
    """
    readers = list(dict.fromkeys(connections.values()))
    async with contextlib.AsyncExitStack() as exits:
        async with contextlib.AsyncExitStack() as held:
            if len(readers) > 1:
                for name, dsn in databases.items():
                    await held.enter_async_context(_held(name, dsn))
            opened = []
            for reader in readers:
                await exits.enter_async_context(
                    reader.transaction(isolation="repeatable_read", readonly=True)
                )
                opened.append(await reader.fetchval(_OPEN))
        yield opened[0]


@contextlib.asynccontextmanager
async def _held(name: ServiceName, dsn: str) -> AsyncIterator[None]:
    async with _to(dsn) as connection, connection.transaction():
        await connection.execute(_WAIT_NOT_LONG)
        try:
            await connection.execute(_HOLD.format(schema=name))
        except asyncpg.LockNotAvailableError as error:
            raise Transient(
                f"a transaction of {name} takes too long: stores in several databases are backed "
                "up between two transactions of each. Run it again"
            ) from error
        yield


@contextlib.asynccontextmanager
async def _to(dsn: str) -> AsyncIterator[Connection]:
    connection = await postgres.connect(dsn, command_timeout=None)
    try:
        await connection.execute(_UNHURRIED)
        yield connection
    finally:
        await connection.close()
