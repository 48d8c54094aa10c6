"""Having events linked into their lane's chain, when nobody waits for anything."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import asyncpg

from chassis.logging import get_logger
from chassis.store.pool import acquire

log = get_logger(__name__)

AT_ONCE_MAX = 10_000
"""Events of one link."""
_LINK = "select link_events($1, $2)"
QUIET_SECONDS = 10.0
LATEST_SECONDS = 3600.0
_LEAVE_SECONDS = 2.0


class _Seen(NamedTuple):
    """Where a lane stood, since when it has, and since when it has events without a link."""

    last: int
    at: float
    since: float


class Chaining:
    """Links the events of lanes that were quiet for ten seconds; of those that never are, what has
    waited for an hour; and once more of all that an instance had when it ends.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", monotonic: Callable[[], float]
    ) -> None:
        self._pool = pool
        self._monotonic = monotonic
        self._seen: dict[int, _Seen] = {}
        self._linked: dict[int, int] = {}

    async def run(self, written: Mapping[int, int]) -> int:
        """Link what is to be linked by now of some lanes, of which one was told their last
        positions; returns how many events that were. The store is not asked where nothing is new.
        """
        now, done = self._monotonic(), 0
        for lane, last in written.items():
            if last == self._linked.get(lane, 0):
                continue
            seen = self._seen.get(lane) or _Seen(last, now, now)
            if seen.last != last:
                seen = _Seen(last, now, seen.since)
            self._seen[lane] = seen
            if now >= min(seen.at + QUIET_SECONDS, seen.since + LATEST_SECONDS):
                done += await self.link(lane)
                self._linked[lane] = last
                del self._seen[lane]
        return done

    async def leave(self, lanes: Iterable[int]) -> None:
        """Link what some lanes have, as far as that takes no time: others go on with it."""
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                for lane in lanes:
                    await self._next(lane)
        # whoever has the lane next does it
        except Exception as error:  # noqa: BLE001
            log.info("not_linked", error=error)

    async def link(self, lane: int) -> int:
        """Link all that a lane has; returns how many events that were."""
        done, last = 0, AT_ONCE_MAX
        while last == AT_ONCE_MAX:
            done += (last := await self._next(lane))
        return done

    async def _next(self, lane: int) -> int:
        async with acquire(self._pool) as connection:
            linked: int = await connection.fetchval(_LINK, lane, AT_ONCE_MAX)
        return linked
