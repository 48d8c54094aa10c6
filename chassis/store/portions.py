"""How much of what is next is done at once: less where that failed, until the one at fault stands
alone.
"""

from collections.abc import Awaitable, Callable, Hashable

import asyncpg

from chassis.store.faults import is_its_own
from chassis.store.overdue import LATE_PARTS, TIMES, TookTooLong, took_too_long


class Portions:
    """The size of the next part of each place (a lane, a view in a lane): `size_max`, or less.

    What fails for its own fault is taken in halves at once. A part that takes too long costs all
    the time a transaction may take, so it is raised, and a smaller one is left for the next time:
    other places have their turns before that. `pool` is that of the store in which it happens.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", size_max: int) -> None:
        self._pool = pool
        self._size_max = size_max
        self._late: dict[Hashable, tuple[int, int]] = {}
        """Of places that took too long, the next size, and how often one alone did so in a row."""

    def is_late(self, place: Hashable) -> bool:
        """Whether a place is done in smaller parts because it took too long."""
        return place in self._late

    async def next(
        self,
        place: Hashable,
        take: Callable[[int], Awaitable[int]],
        set_aside: Callable[[Exception], Awaitable[int]],
    ) -> int:
        """Do what is next of a place; returns how many that were, 0 at the end.

        `take(size)` answers how many it did, 0 at the end, and has done nothing when it raises.
        """
        first, _ = self._late.get(place, (self._size_max, 0))
        size, done = first, 0
        while True:
            try:
                moved = await take(size)
            except Exception as error:
                if is_its_own(error) and size > 1:
                    size //= 2
                    continue
                if is_its_own(error):
                    return done + await set_aside(error)
                if not await self.is_overdue(place, size, error):
                    raise
                done += await set_aside(TookTooLong())
                self._late[place] = 1, 0
                return done
            done += moved
            if size == first or not moved:
                if moved and place in self._late:
                    self._grow(place, size)
                return done

    async def is_overdue(self, place: Hashable, size: int, error: Exception) -> bool:
        """Whether one alone has taken too long too often now; a part that did is smaller next."""
        if not await took_too_long(self._pool, error):
            return False
        times = self._late.get(place, (1, 0))[1] + 1 if size == 1 else 0
        self._late[place] = max(1, size // LATE_PARTS), times
        return times >= TIMES

    def _grow(self, place: Hashable, size: int) -> None:
        if 2 * size < self._size_max:
            self._late[place] = 2 * size, 0
        else:
            del self._late[place]
