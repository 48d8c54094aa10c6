"""Which failures of PostgreSQL may pass."""

import contextlib
from collections.abc import Iterator

import asyncpg

from chassis.errors import Transient

_PASSING = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
)


@contextlib.contextmanager
def transient_faults() -> Iterator[None]:
    """Turn what says "PostgreSQL is away, busy or failing over" into `Transient`."""
    try:
        yield
    except _PASSING as error:
        # by its class alone: what it says may quote what was to be stored
        raise Transient(f"the bus in PostgreSQL did not answer: {type(error).__name__}") from error
