"""Having events linked into their lane's chain, when nobody waits for anything."""

from collections.abc import Callable, Collection
from typing import NamedTuple

import asyncpg

from chassis.store.pool import acquire

AT_ONCE_MAX = 10_000
"""Events of one link."""
_LINK = "select link_events($1, $2)"
_STANDING = """
select lane, (select max(position) from events e where e.lane = l.lane) as last,
  (select to_position from event_chain c where c.lane = l.lane order by number desc limit 1)
    as linked
from unnest($1::int[]) l (lane)"""
LOOK_SECONDS = 30.0
_LATEST_SECONDS = 3600.0


class _Seen(NamedTuple):
    """Where a lane stood, and since when it has events without a link."""

    last: int
    since: float


class Chaining:
    """Links the events of lanes that were quiet since the last look, half a minute before; of those
    that never are, what has waited for an hour.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", monotonic: Callable[[], float]
    ) -> None:
        self._pool = pool
        self._monotonic = monotonic
        self._look_at = monotonic() + LOOK_SECONDS
        self._seen: dict[int, _Seen] = {}

    async def run(self, lanes: Collection[int]) -> int:
        """Link what is to be linked by now of the lanes held; returns how many events that were."""
        now = self._monotonic()
        if now < self._look_at or not lanes:
            return 0
        self._look_at = now + LOOK_SECONDS
        async with acquire(self._pool) as connection:
            rows = await connection.fetch(_STANDING, list(lanes))
        before, self._seen = self._seen, {}
        done = 0
        for lane, last, linked in rows:
            if last is None or last == linked:
                continue
            seen = before.get(lane)
            if seen is not None and (seen.last == last or seen.since < now - _LATEST_SECONDS):
                done += await self.link(lane)
            else:
                self._seen[lane] = _Seen(last, now if seen is None else seen.since)
        return done

    async def link(self, lane: int) -> int:
        """Link all that a lane has; returns how many events that were."""
        done, last = 0, AT_ONCE_MAX
        while last == AT_ONCE_MAX:
            async with acquire(self._pool) as connection:
                last = await connection.fetchval(_LINK, lane, AT_ONCE_MAX)
            done += last
        return done
