"""Saying that rows which are written once are to be taken away in a transaction.

Three do: a lane that went to another database, a restore that makes room, and a simulation that
begins again. None is part of serving: a role that may only serve is refused all the same.
"""

from asyncpg import Connection

_ALLOW = "set local arrears.removal = 'on'"


async def allow(connection: Connection) -> None:
    """Until the end of the transaction."""
    await connection.execute(_ALLOW)
