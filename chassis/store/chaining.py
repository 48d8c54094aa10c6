"""Having events linked into their lane's chain, when nobody waits for anything."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import asyncpg

from chassis.logging import get_logger
from chassis.store.pool import acquire

log = get_logger(__name__)

AT_ONCE_MAX = 10_000
"""Events of one link."""
WAIT_SECONDS = 10.0
_LINK = "select lane, link_events(lane, $2) as linked from unnest($1::int[]) as lane"
_LEAVE_SECONDS = 2.0


class Chaining:
    """Links what was written since ten seconds ago, of all lanes in one statement; and once more
    all that an instance had when it ends.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", monotonic: Callable[[], float]
    ) -> None:
        self._pool = pool
        self._monotonic = monotonic
        self._linked: dict[int, int] = {}
        self._next_at = monotonic()

    async def run(self, written: Mapping[int, int]) -> int:
        """Link what is new by now of some lanes, of which one was told their last positions;
        returns how many events that were. The store is not asked where nothing is new.
        """
        linked = self._linked
        new = {lane: last for lane, last in written.items() if last != linked.get(lane, 0)}
        if not new or self._monotonic() < self._next_at:
            return 0
        done = await self.link(*new)
        linked.update(new)
        self._next_at = self._monotonic() + WAIT_SECONDS
        return done

    async def leave(self, lanes: Sequence[int]) -> None:
        """Link what some lanes have, as far as that takes no time: others go on with it."""
        if not lanes:
            return
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._next(lanes)
        # whoever has the lane next does it
        except Exception as error:  # noqa: BLE001
            log.info("not_linked", error=error)

    async def link(self, *lanes: int) -> int:
        """Link all that some lanes have; returns how many events that were."""
        done, left = 0, lanes
        while left:
            linked = await self._next(left)
            done += sum(linked.values())
            left = tuple(lane for lane, events in linked.items() if events == AT_ONCE_MAX)
        return done

    async def _next(self, lanes: Sequence[int]) -> dict[int, int]:
        async with acquire(self._pool) as connection:
            return dict(await connection.fetch(_LINK, lanes, AT_ONCE_MAX))
