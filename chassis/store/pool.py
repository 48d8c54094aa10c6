"""Connections to PostgreSQL, bounded in number and in time."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import md5
from time import perf_counter
from typing import Any

import asyncpg

from chassis import postgres
from chassis.errors import Conflict, Transient

ACQUIRE_SECONDS = 10.0
_COMMAND_SECONDS = 120.0
_IDLE_SECONDS = 15.0
_waiting: Counter[int] = Counter()
"""By pool, how many wait for a connection; one for whom nobody waits is not in it."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
_MICROSECOND = timedelta(microseconds=1)


async def create_pool(
    dsn: str, schema: str, *, size: int = 8, idle_seconds: float = _IDLE_SECONDS, instance: str = ""
) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose connections live in one schema.

    Every wait has an end: acquiring, locks, statements and transactions left idle, so that a fault
    shows as an error and not as a service that hangs. A process stopped inside a transaction loses
    it after `idle_seconds`, most statements end after twice that, and whoever takes the lanes over
    ends the sessions themselves. A wait for a lock ends before its statement does, unless it is the
    statement's second one: who waits for another is told from who takes long.
    """
    return await postgres.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=_COMMAND_SECONDS,
        reset=postgres.leave_clean,
        init=_prepare,
        server_settings=_session(schema, idle_seconds, instance),
    )


@asynccontextmanager
async def connected(dsn: str, schema: str) -> AsyncIterator[Any]:
    """A connection like those of a pool, for a command that needs one alone and no more.

    Raises `Transient` when the store does not answer.
    """
    session = _session(schema, _IDLE_SECONDS, "")
    connection = await postgres.connect(
        dsn, command_timeout=_COMMAND_SECONDS, server_settings=session
    )
    try:
        await _prepare(connection)
        yield connection
    except LOST as error:
        raise Transient("the store does not answer") from error
    finally:
        await connection.close()


def _session(schema: str, idle_seconds: float, instance: str) -> dict[str, str]:
    statement_seconds = max(10.0, 2 * idle_seconds)
    return {
        "search_path": schema,
        "application_name": application_name(schema, instance),
        "statement_timeout": f"{int(statement_seconds * 1000)}",
        "lock_timeout": f"{int(min(20.0, 0.8 * statement_seconds) * 1000)}",
        "idle_in_transaction_session_timeout": f"{int(idle_seconds * 1000)}",
        "jit": "off",
    }


def application_name(schema: str, instance: str) -> str:
    """How the server lists an instance's sessions; `chassis.runtime.leases` finds them by it.

    The instance's name goes in as a digest: PostgreSQL cuts long names, and two must not meet.
    """
    digest = md5(instance.encode(), usedforsecurity=False).hexdigest()
    return f"arrears-{schema}-{digest}"


async def _prepare(connection: Any) -> None:
    """Encode instants by a function of our own: a batch writes the same one thousands of times,
    and asyncpg's own takes as long for it as for all the rest of an event.
    """
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=_microseconds,
        decoder=_instant,
        format="tuple",
    )


@lru_cache(maxsize=4096)
def _microseconds(instant: datetime) -> tuple[int]:
    return ((instant - _EPOCH) // _MICROSECOND,)


def _instant(microseconds: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds[0])


LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server ended the session and its word is half read
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""What a server that is gone, overloaded, full or fallen back to read-only makes of a statement."""


class Unanswered(Transient):
    """The store did not answer a unit of work, or ended it, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the store does not answer")
        self.seconds = seconds


@asynccontextmanager
async def acquire(pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Any]:
    """A connection for one unit of work; raises `Transient` when there is none, `Unanswered` when
    the store does not answer, and `Conflict` when it chose this unit to end a circle of waiting.

    The other connections are then not trusted either: after a failover they may lead to a server
    that takes no writes.
    """
    began: float | None = None
    _count(pool, 1)
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            began = perf_counter()
            _count(pool, -1)
            yield connection
    except asyncpg.TransactionRollbackError as error:
        raise Conflict("the store undid this for the sake of another writer") from error
    except (*LOST, postgres.Unreachable) as error:
        ended = perf_counter()
        await pool.expire_connections()
        if began is None:
            raise Transient("the store does not answer") from error
        raise Unanswered(ended - began) from error
    finally:
        if began is None:
            _count(pool, -1)


def _count(pool: "asyncpg.Pool[asyncpg.Record]", change: int) -> None:
    _waiting[id(pool)] += change
    if not _waiting[id(pool)]:
        del _waiting[id(pool)]


def waiting_for(pool: "asyncpg.Pool[asyncpg.Record]") -> int:
    """How many units of work wait for a connection."""
    return _waiting[id(pool)]
