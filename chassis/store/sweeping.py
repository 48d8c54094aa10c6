"""Deleting what is kept for a time only."""

from datetime import datetime, timedelta

import asyncpg

from chassis.store import access, answers, inbox, traces
from chassis.store.pool import acquire

_EVERY = timedelta(minutes=30)
_AT_ONCE = 10_000
_KEPT = (
    (answers.SWEEP, answers.KEPT_FOR),
    (traces.SWEEP, traces.KEPT_FOR),
    (inbox.SWEEP, inbox.KEPT_FOR),
)


class Sweeper:
    """Deletes what is kept for a time when that is over: answers to requests, traces of events,
    ids of our own services' messages, access records; every half hour, some thousands at once.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", access_kept_for: timedelta | None = None
    ) -> None:
        self._pool = pool
        self._access_kept_for = access_kept_for
        self._next: datetime | None = None

    async def sweep(self, now: datetime) -> None:
        """Delete, unless that was done a short while ago."""
        if self._next is not None and now < self._next:
            return
        full = f"DELETE {_AT_ONCE}"
        async with acquire(self._pool) as connection:
            for statement, kept_for in _KEPT:
                while await connection.execute(statement, now - kept_for, _AT_ONCE) == full:
                    pass
            if self._access_kept_for is not None:
                await access.expire(connection, now - self._access_kept_for)
        self._next = now + _EVERY
