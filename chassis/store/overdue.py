"""Telling one thing that always takes too long from a store that is slow for everybody.

The server ends a statement that takes too long, and the session of a transaction that is left idle:
the latter shows as a lost connection. Either passes by itself where the server is slow, and never
where one record is what takes long.
"""

import asyncio
from typing import Any

import asyncpg

from chassis.errors import Conflict, Transient
from chassis.store.pool import Unanswered, acquire

TIMES = 3
"""How often in a row one thing alone may take too long before it is set aside."""
LATE_PARTS = 8  # each part that takes too long costs all the time a statement may take

_PROMPT_SECONDS = 2.0
# It writes and commits as a record's transaction does: a disk that hangs does not answer.
_ANSWER = """
select extract(epoch from current_setting('idle_in_transaction_session_timeout')::interval)::float8
from pg_logical_emit_message(true, 'arrears', '')"""


class TookTooLong(Transient):
    """One thing alone takes longer than the store lets anything take."""

    def __init__(self) -> None:
        super().__init__(
            f"it took longer than a transaction may, {TIMES} times in a row, while the store "
            "answered others: make what it reads or writes smaller, or lease_seconds longer, and "
            "retry it"
        )


async def took_too_long(pool: "asyncpg.Pool[asyncpg.Record]", error: BaseException) -> bool:
    """Whether a unit of work was ended for taking too long, by a store that answers others
    promptly.
    """
    if not isinstance(error, Unanswered):
        return False
    idle_seconds = await _idle_seconds(pool)
    if idle_seconds is None:
        return False
    is_ended = isinstance(error.__cause__, asyncpg.QueryCanceledError)
    return is_ended or error.seconds >= idle_seconds > 0


async def _idle_seconds(pool: "asyncpg.Pool[asyncpg.Record]") -> Any:
    """How long the store lets a transaction idle; None when it does not say so promptly."""
    try:
        async with asyncio.timeout(_PROMPT_SECONDS), acquire(pool) as connection:
            return await connection.fetchval(_ANSWER)
    except (TimeoutError, Transient, Conflict, asyncpg.PostgresError):
        return None
